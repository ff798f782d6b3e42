"""One mixed model fitted to one data frame: `fit` and what it returns."""

from typing import TYPE_CHECKING, Any

from mcsim.errors import ParameterError
from mcsim.fit.frame import ModelData, read_frame
from mcsim.fit.result import MixedModelFit
from mcsim.formula import Formula, parse_formula, require_mixed, require_one_group
from mcsim.parameters import Check, flag, number

if TYPE_CHECKING:
    from mcsim.kernels.mixed_model import MixedModelFits

__all__ = ["MixedModelFit", "fit"]


def fit(formula: str, frame: Any, *, reml: bool = True, level: float = 0.95) -> MixedModelFit:
    """Fit a mixed model to a data frame.

    Parameters
    ----------
    formula : str
        In lme4's notation, such as ``"y ~ x + (1 + x | cluster)"``.
    frame : pandas.DataFrame or mapping of str to array (n,)
        Numeric columns for the response and the predictors (True and False are 1 and 0); the grouping factor may hold
        anything, strings too. Rows with a missing value in a column that is used are left out and counted.
    reml : bool, optional
        Restricted maximum likelihood (True) or maximum likelihood.
    level : float, optional
        The confidence level of the intervals.

    Returns
    -------
    MixedModelFit
        Its quantities are attributes; printed, it is a summary. A fit that failed says why in `note`.

    Raises
    ------
    FormulaError
        If the formula is outside the grammar or has no random effects.
    DataError
        If a column is missing, is not numeric or holds infinite values; if no row is complete; if there is one
        cluster.
    ParameterError
        If `level` is not between 0 and 1, or `reml` is not True or False.
    """
    level = _checked("level", level, number(above=0, below=1))
    reml = _checked("reml", reml, flag())
    parsed = require_mixed(parse_formula(formula))
    data = read_frame(parsed, frame)
    return MixedModelFit(parsed, data, _fit(parsed, data, reml), reml, level)


def _checked(name: str, given: Any, check: Check) -> Any:
    try:
        return check.canonical(given)
    except (ValueError, OverflowError):
        raise ParameterError("fit", [f"{name}: given {given!r}; allowed: {check.allowed}"]) from None


def _fit(formula: Formula, data: ModelData, reml: bool) -> "MixedModelFits":
    import numpy as np

    from mcsim.kernels.columns import Columns, term_places
    from mcsim.kernels.mixed_model import ModelTerms, fit_mixed_models

    places = {name: place for place, name in enumerate(formula.columns)}
    bar = require_one_group(formula)
    terms = ModelTerms(
        places[formula.response],
        term_places([term.names for term in formula.fixed], places),
        term_places([term.names for term in bar.terms], places),
        np.zeros(len(bar.terms), dtype=np.int64) if bar.correlated else np.arange(len(bar.terms)),
        np.zeros(len(bar.terms), dtype=np.int64),
    )
    n = data.values.shape[1]
    return fit_mixed_models(Columns(data.values[None], np.empty((0, n))), data.starts, terms, reml)
