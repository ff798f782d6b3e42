"""Two-level linear mixed models of many replications in one call."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.columns import ABSENT, Columns
from mcsim.kernels.compiled import compiled
from mcsim.kernels.criterion import CRITERION, DEGREES, EVALUATIONS, ROWS, SIGMA2, State, new_state
from mcsim.kernels.cross_products import Prepared, cross_products, prepare
from mcsim.kernels.information import information
from mcsim.kernels.layout import Layout, ModelTerms, lay_out
from mcsim.kernels.optimum import PERFECT, Search, minimise, new_search
from mcsim.kernels.reasons import (
    FAILED,
    FINE,
    NO_OPTIMUM,
    NOT_CONVERGED,
    NOT_IDENTIFIED,
    OK,
    PERFECT_FIT,
    REASONS,
    SINGULAR,
)
from mcsim.kernels.small_matrix import cholesky, inverse, lower_factor

Floats = npt.NDArray[np.float64]

__all__ = ["ABSENT", "REASONS", "Columns", "MixedModelFits", "ModelTerms", "fit_mixed_models"]


class MixedModelFits(NamedTuple):
    """The fits of R replications with p fixed effects, q random effects and k (co)variances; NaN where one failed."""

    status: npt.NDArray[np.int8]
    """(R,) 0 ok, 1 singular, 2 not converged (the numbers are those of the last step), 3 failed."""
    reason: npt.NDArray[np.int8]
    """(R,) index into `REASONS`: why a fit did not converge or failed."""
    n_obs: npt.NDArray[np.int64]
    """(R,) rows without a missing value."""
    n_clusters: npt.NDArray[np.int64]
    """(R,) clusters with such rows."""
    iterations: npt.NDArray[np.int64]
    """(R,) evaluations of the criterion."""
    criterion: Floats
    """(R,) the REML criterion, or -2 log likelihood."""
    sigma: Floats
    """(R,) residual standard deviation."""
    beta: Floats
    """(R, p) fixed effects."""
    beta_cov: Floats
    """(R, p, p) their covariance matrix."""
    theta: Floats
    """(R, k) the elements of Lambda, lower triangle by column; under ``||`` its diagonal."""
    covariance: Floats
    """(R, q, q) Sigma = sigma^2 Lambda Lambda'."""
    variance_se: Floats
    """(R, k + 1) standard errors of the (co)variances, in the order of theta, and of sigma^2."""


class _Room(NamedTuple):
    """Everything that one replication after the other is fitted in."""

    prepared: Prepared
    state: State
    search: Search
    half: Floats
    """(p, p) a square root of the covariance matrix of the fixed effects, over sigma^2."""
    basis: Floats
    """(q, q) random effects = basis times those of the columns as scaled."""
    lower: Floats
    """(q, q) Lambda of the columns as given."""
    inverse: Floats
    """(k + 1, k + 1) inverse of the information."""


def fit_mixed_models(columns: Columns, starts: npt.NDArray[np.int64], terms: ModelTerms, reml: bool) -> MixedModelFits:
    """Fit one model to every replication of a block.

    Parameters
    ----------
    columns : Columns
        ``own`` (R, C, n) and ``shared`` (S, n); rows sorted by cluster. Rows with NaN in a column that is used are
        left out.
    starts : array (J + 1,) of int64
        The row at which each cluster begins, and n.
    terms : ModelTerms
        The model.
    reml : bool
        REML, or maximum likelihood.

    Returns
    -------
    MixedModelFits
        One row a replication; each depends on nothing but the columns of its own replication.
    """
    layout = lay_out(terms, reml)
    replications, n = columns.own.shape[0], columns.own.shape[2]
    p, q, k = len(layout.fixed_order), len(layout.z_family), len(layout.directions)
    fits = MixedModelFits(
        *(np.zeros(replications, dtype=np.int8) for _ in range(2)),
        *(np.zeros(replications, dtype=np.int64) for _ in range(3)),
        *(np.full((replications, *s), np.nan) for s in ((), (), (p,), (p, p), (k,), (q, q), (k + 1,))),
    )
    _fit_all(columns.own, columns.shared, starts, (layout, _new_room(layout, starts, n)), fits)
    return fits


def _new_room(layout: Layout, starts: npt.NDArray[np.int64], n: int) -> _Room:
    p, q, k = len(layout.fixed_order), len(layout.z_family), len(layout.directions)
    prepared = Prepared(
        np.empty((len(layout.terms), n)),
        np.zeros(len(starts), dtype=np.int64),
        np.zeros((p + 1, p + 1)),
        np.zeros((q, q)),
        np.zeros(len(layout.terms)),
        np.zeros(2, dtype=np.int64),
    )
    small = (np.zeros(shape) for shape in ((p, p), (q, q), (q, q), (k + 1, k + 1)))
    return _Room(prepared, new_state(layout, len(starts) - 1), new_search(layout), *small)


@compiled
def _fit_all(own: Any, shared: Any, starts: Any, model: Any, fits: Any) -> None:
    layout, room = model
    for rep in range(own.shape[0]):
        reason = prepare(own[rep], shared, starts, layout, room.prepared)
        fits.n_obs[rep], fits.n_clusters[rep] = room.prepared.counts[0], room.prepared.counts[1]
        fits.reason[rep] = reason
        fits.status[rep] = FAILED
        if reason == OK:
            _fit_one(layout, room, fits, rep)


@compiled
def _fit_one(layout: Any, room: Any, fits: Any, rep: int) -> None:
    prepared, state, search = room.prepared, room.state, room.search
    p, k = layout.fixed_order.shape[0], layout.directions.shape[0]
    rows, clusters = prepared.counts[0], prepared.counts[1]
    state.numbers[ROWS] = rows
    state.numbers[DEGREES] = rows - p if layout.reml else rows
    cross_products(layout, prepared, state.cross)
    found = minimise(layout, state, search, clusters)
    fits.iterations[rep] = int(state.numbers[EVALUATIONS])
    if not state.numbers[SIGMA2] > PERFECT:
        fits.reason[rep] = PERFECT_FIT
        return
    information(layout, state, search.covariance, search.moments)
    if not _is_identified(layout, state, search, clusters):
        fits.reason[rep] = NOT_IDENTIFIED
        return
    inverse(search.moments, k + 1, room.inverse)
    y_scale = math.sqrt(prepared.lengths[layout.family[p]] / rows)
    fits.sigma[rep] = math.sqrt(state.numbers[SIGMA2]) * y_scale
    fits.criterion[rep] = _criterion_as_given(layout, state, prepared)
    _report_fixed(layout, room, fits, rep)
    rank = _report_random(layout, room, fits, rep)
    _report_errors(layout, room, fits, rep)
    if not found:
        fits.reason[rep] = NO_OPTIMUM
        fits.status[rep] = NOT_CONVERGED
    else:
        fits.status[rep] = FINE if rank == layout.z_family.shape[0] else SINGULAR


@compiled
def _is_identified(layout: Any, state: Any, search: Any, clusters: int) -> bool:
    """Factorise the information; False if what the fixed effects leave of it is rounding error."""
    k = layout.directions.shape[0]
    for u in range(k):
        if layout.directions[u, 0] == layout.directions[u, 1]:
            whole = state.traces[u] * state.traces[u] / clusters
            if not search.moments[u, u] > 1e-10 * whole:
                return False
    return bool(cholesky(search.moments, k + 1, 1e-12))


@compiled
def _criterion_as_given(layout: Any, state: Any, prepared: Any) -> float:
    """The criterion of the columns as they were before scaling; orthogonalising keeps the determinant of X'X."""
    p, rows = layout.fixed_order.shape[0], state.numbers[ROWS]
    total = state.numbers[CRITERION] + state.numbers[DEGREES] * math.log(prepared.lengths[layout.family[p]] / rows)
    if layout.reml:
        for r in range(p):
            total += math.log(prepared.lengths[layout.family[r]] / rows)
    return float(total)


@compiled
def _report_fixed(layout: Any, room: Any, fits: Any, rep: int) -> None:
    prepared, root_x, half = room.prepared, room.state.root_x, room.half
    p, rows = layout.fixed_order.shape[0], prepared.counts[0]
    y_scale = math.sqrt(prepared.lengths[layout.family[p]] / rows)
    variance = fits.sigma[rep] * fits.sigma[rep]
    for j in range(p):
        _back(prepared, root_x, layout.family, (half, j))
    for r in range(p - 1, -1, -1):
        total = prepared.x_triangle[r, p]
        for s in range(r + 1, p):
            total -= prepared.x_triangle[r, s] * fits.beta[rep, layout.fixed_order[s]]
        fits.beta[rep, layout.fixed_order[r]] = total
    for r in range(p):
        for j in range(p):
            fits.beta[rep, layout.fixed_order[r]] += y_scale * half[r, j] * root_x[p, j]
        for s in range(p):
            total = 0.0
            for j in range(p):
                total += half[r, j] * half[s, j]
            fits.beta_cov[rep, layout.fixed_order[r], layout.fixed_order[s]] = variance * total


@compiled
def _back(prepared: Any, root_x: Any, family: Any, out: Any) -> None:
    """Column j of half = inv(triangle) scale inv(R_X), both upper triangles."""
    half, j = out
    p = half.shape[0]
    for r in range(p - 1, -1, -1):
        total = 1.0 if r == j else 0.0
        for s in range(r + 1, p):
            total -= root_x[s, r] * half[s, j]
        half[r, j] = total / root_x[r, r]
    for r in range(p - 1, -1, -1):
        half[r, j] /= math.sqrt(prepared.lengths[family[r]] / prepared.counts[0])
        for s in range(r + 1, p):
            half[r, j] -= prepared.x_triangle[r, s] * half[s, j]


@compiled
def _report_random(layout: Any, room: Any, fits: Any, rep: int) -> int:
    """Set theta and the covariance matrix; returns its rank."""
    prepared, basis, search, lower = room.prepared, room.basis, room.search, room.lower
    q = layout.z_family.shape[0]
    for b in range(q):
        for a in range(q - 1, -1, -1):
            total = 1.0 / math.sqrt(prepared.lengths[b] / prepared.counts[0]) if a == b else 0.0
            for d in range(a + 1, q):
                total -= prepared.z_triangle[a, d] * basis[layout.random_order[d], b]
            basis[layout.random_order[a], b] = total
    for a in range(q):
        search.raw[a, q] = 0.0
        for b in range(q):
            search.raw[a, b] = 0.0
            for d in range(q):
                search.raw[a, b] += basis[a, d] * search.factor[d, b]
    rank = lower_factor(search.raw, lower)
    variance = fits.sigma[rep] * fits.sigma[rep]
    for a in range(q):
        for b in range(a + 1):
            total = 0.0
            for d in range(b + 1):
                total += lower[a, d] * lower[b, d]
            fits.covariance[rep, a, b] = fits.covariance[rep, b, a] = variance * total
    for u in range(layout.directions.shape[0]):
        fits.theta[rep, u] = lower[layout.directions[u, 0], layout.directions[u, 1]]
    return int(rank)


@compiled
def _report_errors(layout: Any, room: Any, fits: Any, rep: int) -> None:
    """Standard errors of the (co)variances, which are linear in those of the columns as scaled."""
    k, basis, inverse_information, weights = layout.directions.shape[0], room.basis, room.inverse, room.search.targets
    spread = math.sqrt(2.0) * fits.sigma[rep] * fits.sigma[rep]
    for t in range(k):
        a, b = layout.directions[t, 0], layout.directions[t, 1]
        for u in range(k):
            d, e = layout.directions[u, 0], layout.directions[u, 1]
            weights[u] = basis[a, d] * basis[b, e]
            if d != e:
                weights[u] += basis[a, e] * basis[b, d]
        total = 0.0
        for u in range(k):
            for v in range(k):
                total += weights[u] * weights[v] * inverse_information[u, v]
        fits.variance_se[rep, t] = spread * math.sqrt(total)
    fits.variance_se[rep, k] = spread * math.sqrt(inverse_information[k, k])
