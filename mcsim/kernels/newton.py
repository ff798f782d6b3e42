"""A Newton step in the free elements of Lambda, and how far along it to go."""

from typing import Any

from mcsim.kernels.compiled import compact, part, step
from mcsim.kernels.criterion import evaluate
from mcsim.kernels.information import set_curvature
from mcsim.kernels.small_matrix import cholesky, solve
from mcsim.kernels.workspace import (
    CURVATURE,
    DAMPED,
    DEGREES,
    FACTOR,
    FREE_COLUMNS,
    FREE_ROWS,
    GRADIENT,
    JACOBIAN,
    NUMBERS,
    PIVOTS,
    RANK,
    SECOND,
    SIGMA2,
    SLOPE,
    STEP,
    TRIAL,
    N,
)

_RAISES = 40
_HALVINGS = 40


@step
def newton_step(layout: Any, work: Any) -> int:
    """Set STEP and SLOPE; returns the number of free elements. Where curvature is not positive it is raised."""
    compact()
    small = work.small
    free = set_hessian(layout, work)
    ridge = 0.0
    for _ in range(_RAISES):
        for i in range(free):
            for j in range(i + 1):
                small[DAMPED, i, j] = small[SECOND, i, j]
            small[DAMPED, i, i] += ridge * (abs(small[SECOND, i, i]) + 1e-12)
        if cholesky(small, DAMPED, free, 1e-12):
            break
        ridge = max(1e-3, 4.0 * ridge)
    for i in range(free):
        work.vectors[STEP, i] = -work.vectors[SLOPE, i]
    solve(small, DAMPED, free, work.vectors[STEP])
    return free


@step
def set_hessian(layout: Any, work: Any) -> int:
    """Set JACOBIAN, SLOPE and the lower triangle of SECOND; returns the number of free elements of Lambda."""
    compact()
    set_curvature(layout, work)
    free = _set_free(layout, work)
    for i in range(free):
        _set_jacobian(layout, work, i)
    _set_second(layout, work, free)
    return free


@part
def _set_free(layout: Any, work: Any) -> int:
    """List the free elements of Lambda, those of the triangle of each block; how many they are."""
    free = 0
    for b in range(work.counts[RANK]):
        for a in range(layout.q):
            taken = False
            for d in range(b):
                taken = taken or work.places[PIVOTS, d] == a
            if not taken and layout.blocks[work.places[PIVOTS, b]] == layout.blocks[a]:
                work.places[FREE_ROWS, free], work.places[FREE_COLUMNS, free] = a, b
                free += 1
    return free


@part
def _set_jacobian(layout: Any, work: Any, i: int) -> None:
    """Derivatives of D, and of the criterion, in free element i of Lambda.

    Element (a, b) of Lambda moves row and column a of D along column b of Lambda.
    """
    small, slope = work.small, 0.0
    a, b = work.places[FREE_ROWS, i], work.places[FREE_COLUMNS, i]
    for u in range(layout.directions.shape[0]):
        d, e = layout.directions[u, 0], layout.directions[u, 1]
        moved = small[FACTOR, e, b] if d == a else 0.0
        if e == a:
            moved += small[FACTOR, d, b]
        small[JACOBIAN, u, i] = moved
        slope += moved * small[GRADIENT, d, e] * (1.0 if d == e else 2.0)
    work.vectors[SLOPE, i] = slope


@part
def _set_second(layout: Any, work: Any, free: int) -> None:
    """Set the lower triangle of SECOND: JACOBIAN' CURVATURE JACOBIAN, and what D's own curvature adds."""
    k, small, places = layout.directions.shape[0], work.small, work.places
    for i in range(free):
        for j in range(i + 1):
            total = 0.0
            if places[FREE_COLUMNS, i] == places[FREE_COLUMNS, j]:
                total = 2.0 * small[GRADIENT, places[FREE_ROWS, i], places[FREE_ROWS, j]]
            for u in range(k):
                if small[JACOBIAN, u, i] != 0.0:
                    for v in range(k):
                        total += small[JACOBIAN, u, i] * small[CURVATURE, u, v] * small[JACOBIAN, v, j]
            small[SECOND, i, j] = total


@step
def move(layout: Any, work: Any, best: float, free: int) -> float:
    """Go along STEP, less far while the criterion does not fall; returns the criterion there."""
    compact()
    small, places, promise, share, reached = work.small, work.places, 0.0, 1.0, best
    for i in range(free):
        promise += work.vectors[STEP, i] * work.vectors[SLOPE, i]
    # The residual sum of squares is a difference: where it is small, the criterion carries more rounding.
    noise = (
        1e-12 * (abs(best) + work.vectors[NUMBERS, DEGREES]) + 1e-15 * work.counts[N] / work.vectors[NUMBERS, SIGMA2]
    )
    for a in range(layout.q):
        for b in range(layout.q):
            small[TRIAL, a, b] = 0.0
    for _ in range(_HALVINGS):
        for i in range(free):
            a, b = places[FREE_ROWS, i], places[FREE_COLUMNS, i]
            small[TRIAL, a, b] = small[FACTOR, a, b] + share * work.vectors[STEP, i]
        reached = evaluate(layout, work, TRIAL)
        if reached <= best + 1e-4 * share * promise + noise:
            break
        share *= 0.5
    for i in range(free):
        a, b = places[FREE_ROWS, i], places[FREE_COLUMNS, i]
        small[FACTOR, a, b] = small[TRIAL, a, b]
    return reached
