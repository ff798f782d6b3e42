"""The minimum of the criterion: where to start, and whether to start again."""

import math
from typing import Any

from mcsim.kernels.certificate import set_factor, settle
from mcsim.kernels.compiled import compact, part, step
from mcsim.kernels.criterion import differentiate, evaluate
from mcsim.kernels.information import set_moments
from mcsim.kernels.small_matrix import cholesky, eigen, pivoted_factor, set_covariance, solve
from mcsim.kernels.workspace import (
    BEST,
    CLUSTERS,
    COVARIANCE,
    CRITERION,
    DEGREES,
    EVALUATIONS,
    FACTOR,
    GRADIENT,
    MOMENTS,
    NUMBERS,
    PIVOTS,
    RANK,
    RAW,
    SQUARE,
    TARGETS,
    N,
)

_WEAK = 2.0  # an eigenvalue of D, times the mean cluster size, below which there may be more than one minimum
_LOW = 0.3  # the same of the second start


@step
def minimise(layout: Any, work: Any) -> bool:
    """Find the Lambda with the least criterion, for columns at unit root mean square; whether it is certified."""
    compact()
    small, numbers = work.small, work.vectors[NUMBERS]
    numbers[EVALUATIONS] = 0.0
    _start(layout, work)
    certified = settle(layout, work)
    if not _is_weak(layout, work):
        return certified
    # With small variances there may be several minima: look from below too, and keep the better.
    first = numbers[CRITERION] if certified else math.inf
    for a in range(layout.q):
        for b in range(layout.q):
            small[BEST, a, b] = small[FACTOR, a, b]
    _set_diagonal(layout, work, math.sqrt(_LOW * work.counts[CLUSTERS] / work.counts[N]))
    again = settle(layout, work)
    if again and numbers[CRITERION] < first:
        return True
    for a in range(layout.q):
        for b in range(layout.q):
            small[RAW, a, b] = small[BEST, a, b]
    pivoted_factor(work, layout.q, layout.q)
    set_covariance(small, layout.q)
    evaluate(layout, work, FACTOR)
    differentiate(layout, work)
    return certified


@part
def _is_weak(layout: Any, work: Any) -> bool:
    """Whether a variance, in some direction, is zero or not much more than the clusters' own errors."""
    least = math.inf if work.counts[RANK] == layout.q else 0.0
    for b in range(work.counts[RANK]):
        pivot = work.small[FACTOR, work.places[PIVOTS, b], b]
        least = min(least, pivot * pivot)
    return bool(layout.q > 1 and least * work.counts[N] < _WEAK * work.counts[CLUSTERS])


@part
def _set_diagonal(layout: Any, work: Any, size: float) -> None:
    """Set Lambda to a multiple of I."""
    for a in range(layout.q):
        for b in range(layout.q):
            work.small[FACTOR, a, b] = size if a == b else 0.0
            work.small[COVARIANCE, a, b] = size * size if a == b else 0.0
        work.places[PIVOTS, a] = a
    work.counts[RANK] = layout.q


@part
def _start(layout: Any, work: Any) -> None:
    """Minimum norm quadratic unbiased estimates with D = I as prior guess, projected on covariance matrices.

    One step of scoring in the variances from there (Anderson 1973, Annals of Statistics 1(1), 135-141); exact where
    clusters are alike.
    """
    k, small, targets = layout.directions.shape[0], work.small, work.vectors[TARGETS]
    for a in range(layout.q):
        for b in range(layout.q):
            small[SQUARE, a, b] = small[GRADIENT, a, b] = 0.0
    _set_diagonal(layout, work, 1.0)
    evaluate(layout, work, FACTOR)
    differentiate(layout, work)
    set_moments(layout, work)
    targets[k] = work.vectors[NUMBERS, DEGREES]
    for u in range(k):
        targets[u] = work.blocks[u, layout.p, layout.p]
        if layout.directions[u, 0] == layout.directions[u, 1]:
            targets[k] -= targets[u]
    if not cholesky(small, MOMENTS, k + 1, 1e-10):
        return
    solve(small, MOMENTS, k + 1, targets)
    if not targets[k] > 0.0:
        return
    for u in range(k):
        a, b = layout.directions[u, 0], layout.directions[u, 1]
        small[SQUARE, a, b] = small[SQUARE, b, a] = targets[u] / targets[k]
    eigen(small, work.vectors, layout.q)
    set_factor(layout, work, 0.0)
