"""Ordinary least squares of many replications in one call.

Orthogonalises ``[X | y]`` column by column (modified Gram-Schmidt, each column again where it lost most of its length:
Björck 1996, Numerical Methods for Least Squares Problems, sec. 2.4), so that an offset in y or in a predictor costs
no digits, as it would in the normal equations.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.columns import ABSENT, Columns, read_only
from mcsim.kernels.compiled import compiled
from mcsim.kernels.lanes import segment_dot
from mcsim.kernels.reasons import NOT_FINITE, OK, TOO_FEW_ROWS, X_DEPENDENT

Floats = npt.NDArray[np.float64]

_DEPENDENT = 1e-12  # a column counts as a combination of those before it if no more than this share of it is left
_AGAIN = 0.1  # a column that kept less than this share of its length is orthogonalised once more


class LeastSquaresFits(NamedTuple):
    """The fits of R replications with p coefficients; NaN where a fit failed."""

    reason: npt.NDArray[np.int8]
    """(R,) index into `mcsim.kernels.reasons.REASONS`; 0 is a fit that did not fail."""
    n_obs: npt.NDArray[np.int64]
    """(R,) rows without a missing value."""
    sigma: Floats
    """(R,) residual standard deviation, with n - p degrees of freedom."""
    beta: Floats
    """(R, p) coefficients."""
    beta_cov: Floats
    """(R, p, p) their covariance matrix, sigma**2 * inv(X'X)."""


def fit_least_squares(columns: Columns, response: int, fixed: npt.NDArray[np.int64]) -> LeastSquaresFits:
    """Regress the response on the fixed effects, one replication after the other.

    Parameters
    ----------
    columns : Columns
        ``own`` (R, C, n) and ``shared`` (S, n); rows with NaN in a column that is used are left out.
    response : int
        The place of the response: c >= 0 is ``own[:, c]``, c < 0 is ``shared[-c - 1]``.
    fixed : array (p, order) of int64
        The fixed effects, each a product of the columns at these places; unused places hold `ABSENT`.

    Returns
    -------
    LeastSquaresFits
        One row a replication; each depends on nothing but the columns of its own replication.
    """
    replications, p = columns.own.shape[0], fixed.shape[0]
    fits = LeastSquaresFits(
        np.zeros(replications, dtype=np.int8),
        np.zeros(replications, dtype=np.int64),
        np.full(replications, np.nan),
        np.full((replications, p), np.nan),
        np.full((replications, p, p), np.nan),
    )
    places = np.full((p + 1, fixed.shape[1]), ABSENT, dtype=np.int64)
    places[:p] = fixed
    places[p, :1] = response
    _fit_all(read_only(columns), places, fits)
    return fits


@compiled
def _fit_all(columns: Any, places: Any, fits: Any) -> None:
    work = np.empty((places.shape[0], columns.own.shape[2]))
    for rep in range(columns.own.shape[0]):
        _fit_one(columns, places, work, rep, fits)


@compiled
def _fit_one(columns: Any, places: Any, work: Any, rep: int, fits: Any) -> None:
    p = places.shape[0] - 1
    for j in range(p + 1):
        _load(columns.own[rep], columns.shared, places[j], work[j])
    n = work.shape[1]
    length = np.empty(p + 1)
    if not _measure(work, n, length):
        n = _leave_out(work)
        if not _measure(work, n, length):
            fits.reason[rep] = NOT_FINITE
    fits.n_obs[rep] = n
    if fits.reason[rep] == OK and n <= p:
        fits.reason[rep] = TOO_FEW_ROWS
    if fits.reason[rep] != OK:
        return
    r = np.zeros((p + 1, p + 1))
    for j in range(p + 1):
        r[j, j] = _orthogonalise(work, n, j, length[j], r)
        if j < p and r[j, j] <= _DEPENDENT * length[j]:
            fits.reason[rep] = X_DEPENDENT
            return
        if j < p:
            _scale(work[j], n, 1.0 / r[j, j])
    fits.sigma[rep] = r[p, p] / math.sqrt(n - p)
    _solve(r, fits.sigma[rep], fits.beta[rep], fits.beta_cov[rep])


@compiled
def _load(own: Any, shared: Any, term: Any, out: Any) -> None:
    """The product of a term's columns; without any, 1."""
    empty = True
    for place in term:
        if place == ABSENT:
            continue
        column = own[place] if place >= 0 else shared[-place - 1]
        for i in range(out.shape[0]):
            out[i] = column[i] if empty else out[i] * column[i]
        empty = False
    if empty:
        out[:] = 1.0


@compiled
def _measure(work: Any, n: int, length: Any) -> bool:
    """The length of every column; False if one is not finite."""
    finite = True
    for j in range(work.shape[0]):
        length[j] = math.sqrt(segment_dot(work, j, j, (0, n)))
        finite = finite and math.isfinite(length[j])
    return finite


@compiled
def _leave_out(work: Any) -> int:
    """Move the rows without NaN to the front; how many there are."""
    kept = 0
    for i in range(work.shape[1]):
        complete = True
        for j in range(work.shape[0]):
            complete = complete and not math.isnan(work[j, i])
        if complete:
            for j in range(work.shape[0]):
                work[j, kept] = work[j, i]
            kept += 1
    return kept


@compiled
def _orthogonalise(work: Any, n: int, j: int, length: float, r: Any) -> float:
    """Take from column j what lies along those before it, adding the amounts to r[:, j]; the length that is left."""
    column = work[j]
    before, left = math.inf, length
    while left < _AGAIN * before and j > 0 and left > _DEPENDENT * 1e-6 * length:
        before = left
        for i in range(j):
            amount = segment_dot(work, i, j, (0, n))
            r[i, j] += amount
            for k in range(n):
                column[k] -= amount * work[i, k]
        left = math.sqrt(segment_dot(work, j, j, (0, n)))
    return left


@compiled
def _scale(column: Any, n: int, factor: float) -> None:
    for i in range(n):
        column[i] *= factor


@compiled
def _solve(r: Any, sigma: float, beta: Any, beta_cov: Any) -> None:
    """The coefficients from the triangle, its last column being the response's, and their covariance."""
    p = r.shape[0] - 1
    inverse = np.zeros((p, p))
    for j in range(p):
        inverse[j, j] = 1.0 / r[j, j]
        for i in range(j - 1, -1, -1):
            total = 0.0
            for k in range(i + 1, j + 1):
                total += r[i, k] * inverse[k, j]
            inverse[i, j] = -total / r[i, i]
    for i in range(p):
        beta[i] = 0.0
        for j in range(i, p):
            beta[i] += inverse[i, j] * r[j, p]
        for j in range(i + 1):
            total = 0.0
            for k in range(i, p):
                total += inverse[i, k] * inverse[j, k]
            beta_cov[i, j] = beta_cov[j, i] = sigma * sigma * total
