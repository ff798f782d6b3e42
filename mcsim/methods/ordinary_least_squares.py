"""Ordinary least squares: what ignoring the clusters costs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mcsim.formula import Formula, parse_formula
from mcsim.methods.block_columns import lacking, numeric_columns
from mcsim.methods.block_method import BlockMethod, Draws, notes_of
from mcsim.model import QUANTITIES, DatasetBlock, Estimates, Floats, Mechanism, Status
from mcsim.parameters import absent_or, number, parameter, text

if TYPE_CHECKING:
    from mcsim.kernels.least_squares import LeastSquaresFits


@dataclass(frozen=True, kw_only=True)
class OrdinaryLeastSquares(BlockMethod):
    """Regression on the fixed effects of a formula, as if rows of one cluster were independent.

    Reports every fixed effect with its classical standard error and t interval on n - p degrees of freedom. Rows with
    a missing value are left out and counted in the note. A model with linearly dependent fixed effects, or with as
    many of them as rows, is a failed fit.

    Parameters
    ----------
    formula : str, optional
        Its random effects are ignored; without one, the formula of the model that generated the data.
    level : float, optional
        The confidence level of the intervals.
    """

    formula: str | None = parameter(
        "the model in lme4's notation, random effects ignored; None: the one that generated the data",
        absent_or(text()),
        None,
        positional=True,
    )
    level: float = parameter("confidence level of the intervals", number(above=0, below=1), 0.95)

    def estimands(self, condition: Mechanism) -> tuple[str, ...]:
        """The fixed effects, as lme4 names them.

        Raises
        ------
        FormulaError
            If the formula is outside the grammar.
        """
        return _labels(self._parsed(condition.formula()))

    def misfits(self, condition: Mechanism) -> list[str]:
        """The columns that the model needs and the condition lacks, one line each.

        Raises
        ------
        FormulaError
            If the formula is outside the grammar.
        """
        formula, given = self._parsed(condition.formula()), condition.columns()
        return [lacking(name, formula, given) for name in formula.columns if name not in given]

    def _parsed(self, generating: str) -> Formula:
        return parse_formula(generating if self.formula is None else self.formula).fixed_part

    def analyse(self, block: DatasetBlock, draws: Draws) -> Estimates:
        """Analyse every replication of a block; see `fit_block`."""
        del draws
        from mcsim.kernels.columns import term_places
        from mcsim.kernels.least_squares import fit_least_squares

        formula = self._parsed(block.formula)
        columns, places = numeric_columns(block, formula)
        fixed = term_places([term.names for term in formula.fixed], places)
        fits = fit_least_squares(columns, places[formula.response], fixed)
        status = np.where(fits.reason == 0, Status.OK, Status.FAILED).astype(np.int8)
        estimands = _labels(formula)
        return Estimates(
            estimands,
            _values(fits, self.level),
            np.repeat(status[:, None], len(estimands), axis=1),
            notes_of(fits.reason, fits.n_obs, (columns.own.shape[2], len(estimands))),
        )


def _labels(formula: Formula) -> tuple[str, ...]:
    return tuple(term.label for term in formula.fixed)


def _values(fits: "LeastSquaresFits", level: float) -> Floats:
    """The quantities of every coefficient, (R, p, 6)."""
    from scipy.special import stdtr, stdtrit

    values = np.full((*fits.beta.shape, len(QUANTITIES)), np.nan)
    if not fits.beta.shape[0]:
        return values
    std_error = np.sqrt(np.diagonal(fits.beta_cov, axis1=1, axis2=2))
    df = np.where(fits.reason == 0, fits.n_obs - fits.beta.shape[1], np.nan)[:, None]
    known, place = np.unique(df[:, 0], return_inverse=True)
    half_width = stdtrit(known, (1 + level) / 2)[place][:, None] * std_error
    # A perfect fit has a standard error of 0: its p-value is 0, and that of a coefficient of 0 is undefined.
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * stdtr(df, -np.abs(fits.beta / std_error))
    quantities = (fits.beta, std_error, df, fits.beta - half_width, fits.beta + half_width, p_value)
    for q, quantity in enumerate(quantities):
        values[:, :, q] = quantity
    return values
