"""From a start to a certified minimum of the criterion.

The criterion is even in each column of Lambda, so a column of zeros is stationary whether it is best or not. What
decides is G, the derivative in D = Lambda Lambda': at a minimum D G = 0 and G is positive semi-definite. Where it is
not, its most negative eigenvalue is the direction in which to go on.
"""

import math
from typing import Any

from mcsim.kernels.compiled import compact, part, step
from mcsim.kernels.criterion import differentiate, evaluate
from mcsim.kernels.information import set_curvature
from mcsim.kernels.newton import move, newton_step
from mcsim.kernels.small_matrix import eigen, pivoted_factor, set_covariance
from mcsim.kernels.workspace import (
    CLUSTERS,
    COVARIANCE,
    CURVATURE,
    EVALUATIONS,
    FACTOR,
    GRADIENT,
    NUMBERS,
    PIVOTS,
    RANK,
    RAW,
    SIGMA2,
    SQUARE,
    TRACES,
    VALUES,
    VECTORS,
    N,
)

PERFECT = 1e-12  # a residual variance, relative to that of the response, that rounding cannot tell from zero
_EVALUATIONS = 500
_STEPS = 60
_ROUNDS = 12
_CONVERGED = 1e-10  # |D G| a cluster
_STALLED = 1e-6  # the same where rounding allows no less
_NEGATIVE = 1e-6  # an eigenvalue of G, relative to its largest term, that counts as negative
_SMALL = 1e-3  # an eigenvalue of D, times the mean cluster size, that is first tried as zero


@step
def settle(layout: Any, work: Any) -> bool:
    """Go down from the Lambda in FACTOR to a minimum; whether it is certified."""
    compact()
    small = _SMALL * work.counts[CLUSTERS] / work.counts[N]
    certified = False
    for _ in range(_ROUNDS):
        if not _descend(layout, work):
            break
        if _drop_small(layout, work, small):
            continue
        if not _leave(layout, work):
            certified = True
            break
        small *= 1e-3
    return certified


@step
def set_factor(layout: Any, work: Any, least: float) -> None:
    """Set Lambda from eigenvalues and -vectors of D, those not above `least` taken as zero."""
    compact()
    small = work.small
    for b in range(layout.q):
        size = math.sqrt(work.vectors[VALUES, b]) if work.vectors[VALUES, b] > least else 0.0
        for a in range(layout.q):
            small[RAW, a, b] = size * small[VECTORS, a, b]
    pivoted_factor(work, layout.q, layout.q)


@part
def _descend(layout: Any, work: Any) -> bool:
    """Newton steps in the columns of Lambda that are not zero, until D G is zero."""
    before, best = math.inf, evaluate(layout, work, FACTOR)
    converged = False
    for _ in range(_STEPS):
        differentiate(layout, work)
        size = _stationarity(layout, work) / work.counts[CLUSTERS]
        rounding = _STALLED + 1e-15 * work.counts[N] / (work.counts[CLUSTERS] * work.vectors[NUMBERS, SIGMA2])
        converged = size <= _CONVERGED or (size <= rounding and size > 0.5 * before)
        lost = not (math.isfinite(best) and math.isfinite(size) and work.vectors[NUMBERS, SIGMA2] > PERFECT)
        if converged or lost or work.vectors[NUMBERS, EVALUATIONS] > _EVALUATIONS:
            break
        before = size
        _pivot(layout, work)
        best = move(layout, work, best, newton_step(layout, work))
    return converged


@part
def _pivot(layout: Any, work: Any) -> None:
    """Begin each column of Lambda in the row with most left, unless that is nearly so.

    From a small element on the diagonal a long bent valley would lead to the minimum.
    """
    q, small, uneven = layout.q, work.small, False
    for b in range(work.counts[RANK]):
        pivot = work.places[PIVOTS, b]
        for a in range(q):
            total = 0.0
            for d in range(b, q):
                total += small[FACTOR, a, d] * small[FACTOR, a, d]
            for d in range(b):
                total = 0.0 if work.places[PIVOTS, d] == a else total
            uneven = uneven or small[FACTOR, pivot, b] * small[FACTOR, pivot, b] < 0.25 * total
    if uneven:
        for a in range(q):
            for b in range(q):
                small[RAW, a, b] = small[FACTOR, a, b]
        pivoted_factor(work, q, q)


@part
def _stationarity(layout: Any, work: Any) -> float:
    """Set D; the largest element of D G."""
    q, small, largest = layout.q, work.small, 0.0
    set_covariance(small, q)
    for a in range(q):
        for b in range(q):
            total = 0.0
            for d in range(q):
                total += small[COVARIANCE, a, d] * small[GRADIENT, d, b]
            largest = math.nan if math.isnan(total + largest) else max(largest, abs(total))
    return largest


@part
def _drop_small(layout: Any, work: Any, least: float) -> bool:
    """Set the eigenvalues of D not above `least` to zero; whether that lowered its rank."""
    q, small, left, pivot = layout.q, work.small, 0, math.inf
    for b in range(work.counts[RANK]):
        a = work.places[PIVOTS, b]
        pivot = min(pivot, small[FACTOR, a, b] * small[FACTOR, a, b])
    if not pivot < 1e3 * least:
        return False
    for a in range(q):
        for b in range(q):
            small[SQUARE, a, b] = small[COVARIANCE, a, b]
    eigen(small, work.vectors, q)
    for a in range(q):
        left += 1 if work.vectors[VALUES, a] > least else 0
    lowered = bool(left < work.counts[RANK])
    if lowered:
        set_factor(layout, work, least)
    return lowered


@part
def _leave(layout: Any, work: Any) -> bool:
    """If G has a negative eigenvalue at a singular D, go on along its eigenvector; whether it has."""
    q, small = layout.q, work.small
    if work.counts[RANK] == q:
        return False
    worst, least = _worst_direction(layout, work)
    if least >= 0.0:
        return False
    size = math.sqrt(_length(layout, work, worst))
    for a in range(q):
        for b in range(q):
            small[RAW, a, b] = small[FACTOR, a, b]
        small[RAW, a, q] = size * small[VECTORS, a, worst]
    pivoted_factor(work, q, q + 1)
    return True


@part
def _worst_direction(layout: Any, work: Any) -> tuple[int, float]:
    """Which eigenvalue of G is least, and it, or 0 if it is no more negative than rounding makes it."""
    small, worst, scale = work.small, 0, 0.0
    for a in range(layout.q):
        for b in range(layout.q):
            small[SQUARE, a, b] = small[GRADIENT, a, b]
    for u in range(layout.directions.shape[0]):
        if layout.directions[u, 0] == layout.directions[u, 1]:
            scale = max(scale, work.vectors[TRACES, u])
    eigen(small, work.vectors, layout.q)
    for a in range(layout.q):
        if work.vectors[VALUES, a] < work.vectors[VALUES, worst]:
            worst = a
    least = work.vectors[VALUES, worst]
    return worst, least if least < -_NEGATIVE * scale else 0.0


@part
def _length(layout: Any, work: Any, worst: int) -> float:
    """How much to add to D along an eigenvector of G, as its curvature suggests."""
    k, small, bend = layout.directions.shape[0], work.small, 0.0
    set_curvature(layout, work)
    for u in range(k):
        one = small[VECTORS, layout.directions[u, 0], worst] * small[VECTORS, layout.directions[u, 1], worst]
        for v in range(k):
            two = small[VECTORS, layout.directions[v, 0], worst] * small[VECTORS, layout.directions[v, 1], worst]
            bend += one * two * small[CURVATURE, u, v]
    return -work.vectors[VALUES, worst] / bend if bend > 0.0 else 1.0
