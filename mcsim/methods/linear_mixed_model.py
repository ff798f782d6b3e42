"""The two-level linear mixed model, fitted by REML or maximum likelihood."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mcsim.errors import FormulaError
from mcsim.formula import Formula, covariance_estimands, parse_formula, require_mixed
from mcsim.methods.block_columns import cluster_rows, lacking
from mcsim.methods.block_method import BlockMethod, alone, joined, notes_of
from mcsim.model import QUANTITIES, DatasetBlock, Estimates, Floats, Mechanism
from mcsim.parameters import absent_or, flag, number, parameter, text

if TYPE_CHECKING:
    from mcsim.kernels.mixed_model import MixedModelFits

RESIDUAL = "var_residual"


@dataclass(frozen=True, kw_only=True)
class LinearMixedModel(BlockMethod):
    """Fixed effects, and random effects of one grouping factor, as lme4 fits them.

    Reports the fixed effects, the variances and covariances of the random effects, and the residual variance, with
    standard errors and Wald intervals on the normal quantile; intervals of variances are not cut off at 0. Standard
    errors of (co)variances come from the expected information (of the restricted likelihood, or under ML of the
    likelihood). Rows with a missing value are left out and counted in the note. A model that the data cannot tell
    anything about (linearly dependent predictors, too few clusters or rows, no residual variation) is a failed fit.

    Parameters
    ----------
    formula : str, optional
        The model; without one, the model that generated the data.
    reml : bool, optional
        Restricted maximum likelihood, or maximum likelihood.
    level : float, optional
        The confidence level of the intervals.
    """

    formula: str | None = parameter(
        "the model in lme4's notation; None: the one that generated the data", absent_or(text()), None, positional=True
    )
    reml: bool = parameter("restricted maximum likelihood (True) or maximum likelihood (False)", flag(), True)
    level: float = parameter("confidence level of the intervals", number(above=0, below=1), 0.95)

    def estimands(self, condition: Mechanism) -> tuple[str, ...]:
        """The fixed effects, the (co)variances of the random effects in lme4's order, and the residual variance.

        Raises
        ------
        FormulaError
            If the formula is outside the grammar or has no random effects.
        """
        return _estimands(self._parsed(condition.formula()))

    def misfits(self, condition: Mechanism) -> list[str]:
        """Why the model cannot be fitted under a condition, one line each.

        Columns that it lacks; no random effects; clusters or rows too few for the model, where the condition says how
        many it has as `n_clusters` and `cluster_size`.

        Raises
        ------
        FormulaError
            If the formula is outside the grammar.
        """
        parsed = parse_formula(condition.formula() if self.formula is None else self.formula)
        try:
            require_mixed(parsed)
        except FormulaError as error:
            return [str(error)]
        given = condition.columns()
        needed = dict.fromkeys([*parsed.columns, *parsed.groups])
        missing = [lacking(name, parsed, given) for name in needed if name not in given]
        return [*missing, *_no_groups(parsed, condition), *_too_few(parsed, condition)]

    def _parsed(self, generating: str) -> Formula:
        return require_mixed(parse_formula(generating if self.formula is None else self.formula))

    def analyse(self, block: DatasetBlock) -> Estimates:
        """Analyse every replication of a block; see `fit_block`."""
        formula = self._parsed(block.formula)
        if formula.groups[0] in block.names:
            parts = [self.analyse(alone(block.dataset(rep))) for rep in range(len(block))]
            return joined(parts, _estimands(formula))
        from mcsim.kernels.columns import term_places
        from mcsim.kernels.mixed_model import ModelTerms, fit_mixed_models

        data, bar = cluster_rows(block, formula), formula.random[0]
        fixed, random = (term_places([t.names for t in part], data.places) for part in (formula.fixed, bar.terms))
        terms = ModelTerms(data.places[formula.response], fixed, random, bar.correlated)
        fits = fit_mixed_models(data.columns, data.starts, terms, self.reml)
        estimands = _estimands(formula)
        status = np.repeat(fits.status[:, None], len(estimands), axis=1)
        return Estimates(
            estimands,
            _values(fits, self.level),
            status,
            notes_of(fits.reason, fits.n_obs, (block.values.shape[2], len(estimands))),
        )


def _estimands(formula: Formula) -> tuple[str, ...]:
    return (*(term.label for term in formula.fixed), *covariance_estimands(formula.random[0]), RESIDUAL)


def _no_groups(formula: Formula, condition: Mechanism) -> list[str]:
    """Whether the grouping factor is a column of something else, if the condition says which columns group rows."""
    known = getattr(condition, "grouping_factors", formula.groups)
    wrong = [name for name in formula.groups if name in condition.columns() and name not in known]
    return [
        f"{formula.text!r} groups by {name}, a column of values; grouping factors: {', '.join(known)}" for name in wrong
    ]


def _too_few(formula: Formula, condition: Mechanism) -> list[str]:
    """What is wrong with the numbers of clusters and rows, if the condition states them."""
    clusters, size = getattr(condition, "n_clusters", None), getattr(condition, "cluster_size", None)
    if not isinstance(clusters, int):
        return []
    of_clusters = set(getattr(condition, "cluster_columns", ()))
    constant = [term.label for term in formula.fixed if set(term.names) <= of_clusters]
    if clusters <= len(constant):
        effects = ", ".join(constant)
        least = f"needs more than {len(constant)} clusters"
        return [f"{formula.text!r} has fixed effects of clusters ({effects}): {least}; given {clusters}"]
    bar = formula.random[0]
    effects_each = len(bar.terms) if bar.correlated else 1
    if isinstance(size, int) and size <= effects_each:
        return [f"{formula.text!r} needs cluster_size above {effects_each}, its random effects; given {size}"]
    return []


def _values(fits: "MixedModelFits", level: float) -> Floats:
    """The quantities of every estimand, (R, p + k + 1, 6)."""
    from scipy.special import ndtr, ndtri

    p, q = fits.beta.shape[1], fits.covariance.shape[1]
    values = np.full((len(fits.status), p + fits.variance_se.shape[1], len(QUANTITIES)), np.nan)
    estimate, std_error = values[:, :, 0], values[:, :, 1]
    estimate[:, :p] = fits.beta
    std_error[:, :p] = np.sqrt(np.diagonal(fits.beta_cov, axis1=1, axis2=2))
    columns, rows = np.triu_indices(q) if fits.theta.shape[1] == q * (q + 1) // 2 else (np.arange(q), np.arange(q))
    estimate[:, p:-1] = fits.covariance[:, rows, columns]
    estimate[:, -1] = fits.sigma**2
    std_error[:, p:] = fits.variance_se
    half_width = ndtri((1 + level) / 2) * std_error
    values[:, :, 3] = estimate - half_width
    values[:, :, 4] = estimate + half_width
    values[:, :p, 5] = 2 * ndtr(-np.abs(fits.beta / std_error[:, :p]))
    return values
