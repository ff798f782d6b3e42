"""One mixed model fitted to one data frame: `fit` and what it returns."""

from dataclasses import replace
from typing import Any, TypedDict, Unpack

from mcsim.errors import ParameterError
from mcsim.fit.frame import read_frame
from mcsim.fit.result import MixedModelFit
from mcsim.formula import parse_formula, require_mixed
from mcsim.methods.linear_mixed_model import LinearMixedModel
from mcsim.parameters import nearest
from mcsim.terms import Scale

__all__ = ["MixedModelFit", "fit"]


class FitOptions(TypedDict, total=False):
    """The options of `fit`; they mean what they mean in `mcsim.methods.LinearMixedModel`."""

    reml: bool
    df: str
    intervals: str
    scale: Scale
    level: float
    n_boot: int


def fit(formula: str, frame: Any, *, seed: int = 1, **options: Unpack[FitOptions]) -> MixedModelFit:
    """Fit a mixed model to a data frame.

    Parameters
    ----------
    formula : str
        In lme4's notation, such as ``"y ~ x + (1 + x | cluster)"`` or ``"y ~ x + (1 | school/classroom)"``. It may
        name ``x_within``, ``x_between``, ``x_mean`` and ``x_centred``, made from a column x (`mcsim.centring`).
    frame : pandas.DataFrame or mapping of str to array (n,)
        Numeric columns for the response and the predictors (True and False are 1 and 0); grouping factors may hold
        anything, strings too. Rows with a missing value in a column that is used are left out and counted.
    seed : int, optional
        What a bootstrap is drawn from.
    **options : FitOptions
        Those of `mcsim.methods.LinearMixedModel`, with its defaults: `reml`, `df`, `intervals`, `scale` (of the
        intervals of variances), `level` and `n_boot`.

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
        cluster; if grouping factors are crossed.
    ParameterError
        If an option is unknown or has an impossible value.
    """
    import numpy as np

    from mcsim.kernels.columns import Columns
    from mcsim.methods.inference import infer
    from mcsim.methods.mixed_model import model_of

    parsed = require_mixed(parse_formula(formula))
    method = _method(options)
    data = read_frame(parsed, frame)
    places = {name: place for place, name in enumerate(parsed.columns)}
    inside_out = [level.group for level in data.levels]  # the order in which lme4 has grouping factors
    parsed = replace(parsed, random=tuple(sorted(parsed.random, key=lambda bar: inside_out.index(bar.group))))
    columns = Columns(data.values[None], np.empty((0, data.values.shape[1])))
    found = infer(model_of(parsed, columns, places, data.levels), method, lambda _: np.random.default_rng(seed))
    return MixedModelFit(parsed, data, found, method)


def _method(options: FitOptions) -> LinearMixedModel:
    """The options, checked as those of the method are, under the name of this function."""
    known = FitOptions.__annotations__
    if unknown := [
        f"{name} is unknown{nearest(name, known)}; known: {', '.join(known)}, seed"
        for name in options
        if name not in known
    ]:
        raise ParameterError("fit", unknown)
    try:
        return LinearMixedModel(**options)
    except ParameterError as error:
        raise ParameterError("fit", error.faults) from None
