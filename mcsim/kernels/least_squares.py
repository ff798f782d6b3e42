"""Least squares of many replications in one call, also within clusters, with robust covariance matrices if wished.

Everything is computed in the orthogonal basis of `mcsim.kernels.orthogonal` and carried back by its triangle.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.cluster_robust import cluster_robust
from mcsim.kernels.columns import ABSENT, Columns, read_only
from mcsim.kernels.compiled import compiled
from mcsim.kernels.orthogonal import (
    DEPENDENT,
    absorb_means,
    is_constant,
    keep_all,
    leave_out,
    load,
    measure,
    orthogonalise,
    to_unit,
)
from mcsim.kernels.reasons import (
    ABSORBED,
    NO_ROBUST_VARIANCE,
    NO_VARIATION,
    NOT_FINITE,
    OK,
    PARTLY_ALONE,
    TOO_FEW_CLUSTERS,
    TOO_FEW_ROWS,
    X_DEPENDENT,
)
from mcsim.kernels.regression import (
    ABSORBED_MEANS,
    ALONE,
    GROUPS,
    INVERSE,
    KEPT,
    LENGTHS,
    SPREAD,
    SQUARES,
    TRACES,
    TRIANGLE,
    Design,
    N,
    new_room,
)
from mcsim.kernels.variants import BELL_MCCAFFREY, CLASSICAL, CLUSTERS, CR1, CR1S, CR2, RESIDUAL

Floats = npt.NDArray[np.float64]

_EXPLAINED = 1e-13  # the response counts as explained if no more than this share of its length is left
_CANCELLED = 1e-13  # what rounding the response leaves of a standard error that is zero, for responses of length 1


class ClusterDesign(NamedTuple):
    """What clusters have to do with a regression; rows of a cluster lie together."""

    starts: npt.NDArray[np.int64]
    """(J + 1,), or (R, J + 1) where they differ between replications: where each cluster begins, and the number of rows
    in all places that are left."""
    within: bool
    """Whether every cluster has an intercept of its own (within estimator)."""
    covariance: int
    """A code of `mcsim.kernels.variants.COVARIANCES`."""
    df: int
    """A code of `mcsim.kernels.variants.DEGREES`."""


class LeastSquaresFits(NamedTuple):
    """The fits of R replications with p coefficients; NaN where a fit failed or there is no coefficient."""

    reason: npt.NDArray[np.int8]
    """(R,) index into `mcsim.kernels.reasons.REASONS`; 0 is a fit that did not fail."""
    asides: npt.NDArray[np.int8]
    """(R, p) the same of what is to be said of one coefficient; 0 is nothing."""
    n_obs: npt.NDArray[np.int64]
    """(R,) rows without a missing value."""
    sigma: Floats
    """(R,) residual standard deviation, with n - p degrees of freedom; within clusters n - J - the coefficients."""
    beta: Floats
    """(R, p) coefficients."""
    beta_cov: Floats
    """(R, p, p) their covariance matrix; the classical one is sigma**2 * inv(X'X)."""
    df: Floats
    """(R, p) degrees of freedom of every coefficient."""


def fit_least_squares(
    columns: Columns,
    response: int,
    fixed: npt.NDArray[np.int64],
    *,
    clusters: ClusterDesign | None = None,
    rows: npt.NDArray[np.int64] | None = None,
) -> LeastSquaresFits:
    """Regress the response on the fixed effects, one replication after the other.

    Parameters
    ----------
    columns : Columns
        ``own`` (R, C, n) and ``shared`` (S, n); rows with NaN in a column that is used are left out.
    response : int
        The place of the response: c >= 0 is ``own[:, c]``, c < 0 is ``shared[-c - 1]``.
    fixed : array (p, order) of int64
        The fixed effects, each a product of the columns at these places; unused places hold `ABSENT`.
    clusters : ClusterDesign, optional
        The clusters of the rows, and what to do with them; without, rows are independent.
    rows : array (R,) of int64, optional
        How many rows each replication has, where there are no clusters to say so; the others are not looked at.

    Returns
    -------
    LeastSquaresFits
        One row a replication; each depends on nothing but the columns of its own replication.
    """
    (replications, _, n), p = columns.own.shape, fixed.shape[0]
    fits = LeastSquaresFits(
        np.zeros(replications, dtype=np.int8),
        np.zeros((replications, p), dtype=np.int8),
        np.zeros(replications, dtype=np.int64),
        np.full(replications, np.nan),
        np.full((replications, p), np.nan),
        np.full((replications, p, p), np.nan),
        np.full((replications, p), np.nan),
    )
    terms = np.full((p + 1, fixed.shape[1]), ABSENT, dtype=np.int64)
    terms[:p] = fixed
    terms[p, :1] = response
    ends = np.array([n]) if rows is None else rows
    given = clusters or ClusterDesign(np.stack([np.zeros_like(ends), ends], axis=1), False, CLASSICAL, RESIDUAL)
    starts = np.array(np.atleast_2d(given.starts), dtype=np.int64)  # contiguous and writeable: one compiled form
    design = Design(terms, starts, given.within, given.covariance, given.df)
    _fit_all(read_only(columns), design, clusters is not None, new_room(design, n), fits)
    return fits


@compiled
def _fit_all(columns: Any, design: Any, clustered: bool, room: Any, fits: Any) -> None:
    for rep in range(columns.own.shape[0]):
        n = _begin(design.starts[rep % design.starts.shape[0]], room)
        for j in range(design.terms.shape[0]):
            load(columns.own[rep], columns.shared, design.terms[j], room.columns[j, :n])
        reason = _prepare(design, clustered, room, fits.asides[rep])
        fits.n_obs[rep] = room.counts[N]
        if reason == OK and room.counts[KEPT] > 0:
            reason = _triangle(clustered, room)
            if reason == OK:
                _report(design, room, rep, fits)
                if not clustered and _is_explained(room):
                    fits.asides[rep] = NO_VARIATION
        fits.reason[rep] = reason


@compiled
def _begin(starts: Any, room: Any) -> int:
    """Write down the clusters of a replication, and return how many rows it has."""
    n = room.counts[N] = starts[starts.shape[0] - 1]
    room.counts[GROUPS] = 0
    for j in range(starts.shape[0]):
        room.bounds[j] = starts[j]
        if starts[j] < n:
            room.counts[GROUPS] += 1
    return int(n)


@compiled
def _prepare(design: Any, clustered: bool, room: Any, aside: Any) -> int:
    """Clean the columns, and take out means of clusters if there are to be any; a code of `REASONS`."""
    for j in range(aside.shape[0]):
        aside[j] = ABSORBED if design.within and is_constant(design.terms[j]) else OK
    if not measure(room, room.vectors[LENGTHS]):
        leave_out(room)
        if not measure(room, room.vectors[LENGTHS]):
            return NOT_FINITE
    if room.counts[N] == 0:
        return TOO_FEW_ROWS
    if clustered and room.counts[GROUPS] < 2:
        return TOO_FEW_CLUSTERS
    if design.within:
        absorb_means(room, aside)
    else:
        keep_all(room)
    few = room.counts[KEPT] > 0 and room.counts[N] <= room.counts[KEPT] + room.counts[ABSORBED_MEANS]
    return TOO_FEW_ROWS if few else OK


@compiled
def _triangle(clustered: bool, room: Any) -> int:
    """Orthogonalise the columns and invert their triangle; a code of `REASONS`."""
    k, r, lengths = room.counts[KEPT], room.small[TRIANGLE], room.vectors[LENGTHS]
    for j in range(k + 1):
        left = orthogonalise(room, j)
        if j < k and left <= DEPENDENT * lengths[j]:
            return X_DEPENDENT
        if j < k:
            to_unit(room, j)
    if clustered and _is_explained(room):
        return NO_VARIATION
    inverse = room.small[INVERSE]
    for j in range(k):
        inverse[j, j] = 1.0 / r[j, j]
        for i in range(j - 1, -1, -1):
            total = 0.0
            for m in range(i + 1, j + 1):
                total += r[i, m] * inverse[m, j]
            inverse[i, j] = -total / r[i, i]
    return OK


@compiled
def _is_explained(room: Any) -> bool:
    k = room.counts[KEPT]
    return bool(room.small[TRIANGLE, k, k] <= _EXPLAINED * room.vectors[LENGTHS, k])


@compiled
def _report(design: Any, room: Any, rep: int, fits: Any) -> None:
    """The coefficients, their covariance matrix and degrees of freedom, each where its term stands."""
    k, places, inverse, r = room.counts[KEPT], room.places, room.small[INVERSE], room.small[TRIANGLE]
    rest = room.counts[N] - k - room.counts[ABSORBED_MEANS]
    fits.sigma[rep] = r[k, k] / math.sqrt(rest)
    if design.covariance == CLASSICAL:
        _classical(room, fits.sigma[rep])
    else:
        cluster_robust(room, k, design.covariance == CR2, design.df == BELL_MCCAFFREY)
        _correct(room, design.covariance, rest)
    for i in range(k):
        fits.beta[rep, places[i]] = 0.0
        for j in range(i, k):
            fits.beta[rep, places[i]] += inverse[i, j] * r[j, k]
        for j in range(k):
            fits.beta_cov[rep, places[i], places[j]] = room.small[SPREAD, i, j]
        df = float(rest)
        if design.df == CLUSTERS:
            df = room.counts[GROUPS] - 1.0
        elif design.df == BELL_MCCAFFREY:
            df = room.vectors[TRACES, i] ** 2 / room.vectors[SQUARES, i]
        fits.df[rep, places[i]] = df
        if design.covariance != CLASSICAL:
            fits.asides[rep, places[i]] = _robust_aside(room, i)


@compiled
def _classical(room: Any, sigma: float) -> None:
    k, inverse, spread = room.counts[KEPT], room.small[INVERSE], room.small[SPREAD]
    for i in range(k):
        for j in range(i + 1):
            total = 0.0
            for m in range(i, k):
                total += inverse[i, m] * inverse[j, m]
            spread[i, j] = spread[j, i] = sigma * sigma * total


@compiled
def _correct(room: Any, covariance: int, rest: int) -> None:
    """Multiply SPREAD for few clusters: J / (J - 1) in CR1; in CR1S, Stata's, (n - 1) / (n - p) times that."""
    groups = room.counts[GROUPS]
    factor = groups / (groups - 1.0) if covariance in (CR1, CR1S) else 1.0
    if covariance == CR1S:
        factor *= (room.counts[N] - 1.0) / rest
    for i in range(room.counts[KEPT]):
        for j in range(room.counts[KEPT]):
            room.small[SPREAD, i, j] *= factor


@compiled
def _robust_aside(room: Any, i: int) -> int:
    """What is to be said of the robust standard error of a coefficient."""
    k, squared = room.counts[KEPT], 0.0
    for j in range(i, k):
        squared += room.small[INVERSE, i, j] ** 2
    rounding = _CANCELLED * room.vectors[LENGTHS, k]
    aside = OK
    if room.small[SPREAD, i, i] <= rounding * rounding * squared:
        aside = NO_ROBUST_VARIANCE
    elif room.vectors[ALONE, i] > DEPENDENT * squared:
        aside = PARTLY_ALONE
    return aside
