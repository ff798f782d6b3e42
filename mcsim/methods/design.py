"""From one data set to the matrices of a model, for packages that fit one data set at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.errors import DataError
from mcsim.formula import Formula, RandomTerm, Term
from mcsim.methods.block_columns import lacking, numeric_columns
from mcsim.methods.block_method import alone
from mcsim.model import Dataset, Floats

Integers = npt.NDArray[np.int64]

_EXPLAINED = 1e-26  # squared share of the response that rounding cannot tell from zero
_PERFECT = 1e-12  # the same of a residual variance, relative to the variance of the response


class Groups(NamedTuple):
    """The random effects of one term."""

    Z: Floats
    """(n, q) their predictors."""
    codes: Integers
    """(n,) the group of each row, numbered from 0 in order of appearance."""
    correlated: bool

    @property
    def levels(self) -> int:
        """How many groups there are."""
        return int(self.codes.max(initial=-1)) + 1


class Design(NamedTuple):
    """The complete rows of a data set as a model sees them."""

    y: Floats
    """(n,) the response."""
    X: Floats
    """(n, p) the predictors of the fixed effects."""
    random: tuple[Groups, ...]
    """One a term of random effects."""
    rows: int
    """How many rows the data set has, those with a missing value included."""

    @property
    def left_out(self) -> str:
        """How many rows have a missing value, in words; empty if none."""
        missing = self.rows - len(self.y)
        return f"{missing} of {self.rows} rows left out: missing values" if missing else ""


def read_design(dataset: Dataset, formula: Formula) -> Design:
    """Put the rows that have no missing value into matrices.

    Parameters
    ----------
    dataset : Dataset
        Numeric columns (n,); a grouping factor may hold anything.
    formula : Formula
        A term of random effects may have no predictor: then it only says which rows belong together.

    Raises
    ------
    DataError
        If a column is missing, or one that should be is not numeric.
    """
    held, places = numeric_columns(alone(dataset), formula)
    columns = {name: held.shared[-place - 1] for name, place in places.items()}
    codes = [_codes(dataset, term, formula) for term in formula.random]
    complete = np.all([~np.isnan(column) for column in columns.values()] + [code >= 0 for code in codes], axis=0)
    kept = {name: column[complete] for name, column in columns.items()}
    random = tuple(
        Groups(_matrix(term.terms, kept, complete.sum()), _numbered(code[complete]), term.correlated)
        for term, code in zip(formula.random, codes, strict=True)
    )
    X = _matrix(formula.fixed, kept, complete.sum())
    return Design(kept[formula.response], X, random, len(complete))


def fault_of(design: Design, *, residual: bool = True) -> str:
    """Why no package could fit a model, in the words of `mcsim.kernels.reasons`; empty if nothing speaks against it.

    Parameters
    ----------
    design : Design
        The model's matrices.
    residual : bool, optional
        Whether the model has a residual variance, for which the effects must leave something to explain.
    """
    from mcsim.kernels import reasons
    from mcsim.kernels.reasons import REASONS

    n, p = design.X.shape
    parts = [design.y[:, None], design.X, *(groups.Z for groups in design.random)]
    with np.errstate(over="ignore", invalid="ignore"):
        finite = all(np.isfinite(np.sum(part**2, axis=0)).all() for part in parts)
    dependent, unexplained = _regressed(design.X, design.y) if finite and n > p else (False, np.inf)
    found = {
        reasons.NOT_FINITE: not finite,
        reasons.NO_ROWS: n == 0,
        reasons.TOO_FEW_ROWS: n <= p,
        reasons.TOO_FEW_CLUSTERS: any(groups.levels < 2 for groups in design.random),
        reasons.TOO_MANY_RANDOM: residual and any(_as_many(groups) for groups in design.random),
        reasons.X_DEPENDENT: dependent,
        reasons.NO_VARIATION: residual and not unexplained > _EXPLAINED,
    }
    if code := next((code for code, holds in found.items() if holds), reasons.OK):
        return REASONS[code]
    any_dependent = any(_regressed(groups.Z, design.y)[0] for groups in design.random)
    return REASONS[reasons.Z_DEPENDENT] if any_dependent else ""


def perfect_fit(residual: float, design: Design) -> str:
    """The fault of a fit whose residual variance rounding cannot tell from zero; empty if it can."""
    from mcsim.kernels.reasons import PERFECT_FIT, REASONS

    return "" if residual > _PERFECT * np.var(design.y) else REASONS[PERFECT_FIT]


def _codes(dataset: Dataset, term: RandomTerm, formula: Formula) -> Integers:
    """The group of every row, -1 where a factor has no value."""
    import pandas as pd

    combined = None
    for factor in term.factors:
        if factor not in dataset.columns:
            raise DataError(lacking(factor, formula, tuple(dataset.columns)))
        codes, levels = pd.factorize(np.asarray(dataset.columns[factor]))
        known = codes if combined is None else combined * len(levels) + codes
        combined = np.where((codes < 0) | (known < 0) | (False if combined is None else combined < 0), -1, known)
    assert combined is not None
    return combined.astype(np.int64)


def _numbered(codes: Integers) -> Integers:
    """The same groups without gaps in their numbers, in order of appearance."""
    import pandas as pd

    return pd.factorize(codes)[0].astype(np.int64)


def _matrix(terms: Sequence[Term], columns: dict[str, Floats], rows: int) -> Floats:
    """The column of each term, (rows, terms)."""
    matrix = np.ones((rows, len(terms)))
    for k, term in enumerate(terms):
        for name in term.names:
            matrix[:, k] *= columns[name]
    return matrix


def _as_many(groups: Groups) -> bool:
    """Whether the effects of a term are as many as the rows; under `||` each column counts for itself."""
    n, q = groups.Z.shape
    return bool(q > 0 and groups.levels * (q if groups.correlated else 1) >= n)


def _regressed(A: Floats, y: Floats) -> tuple[bool, float]:
    """Whether the columns of A (n, k) are dependent; the squared share of y (n,) that they leave unexplained."""
    from mcsim.kernels.columns import Columns
    from mcsim.kernels.least_squares import fit_least_squares
    from mcsim.kernels.reasons import OK

    n, k = A.shape
    if k == 0 or n <= k:
        return False, 1.0
    columns = Columns(np.column_stack([A, y]).T[None], np.empty((0, n)))
    fits = fit_least_squares(columns, k, np.arange(k)[:, None])
    length = float(y @ y)
    left = float(fits.sigma[0] ** 2) * (n - k)
    return bool(fits.reason[0] != OK), left / length if length > 0 else 0.0
