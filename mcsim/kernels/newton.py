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
    GRADIENT,
    JACOBIAN,
    NUMBERS,
    SECOND,
    SLOPE,
    STEP,
    TRIAL,
)

_RAISES = 40
_HALVINGS = 40


@step
def newton_step(layout: Any, work: Any) -> int:
    """Set STEP and SLOPE; returns the number of free elements. Where curvature is not positive it is raised."""
    compact()
    small, free = work.small, 0
    set_curvature(layout, work)
    for t in range(layout.directions.shape[0]):
        if small[FACTOR, layout.directions[t, 1], layout.directions[t, 1]] != 0.0:
            _set_jacobian(layout, work, t, free)
            free += 1
    _set_second(layout, work, free)
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


@part
def _set_jacobian(layout: Any, work: Any, t: int, free: int) -> None:
    """Derivatives of D, and of the criterion, in element (a, b) of Lambda.

    It moves row and column a of D along column b of Lambda.
    """
    small, slope = work.small, 0.0
    a, b = layout.directions[t, 0], layout.directions[t, 1]
    for u in range(layout.directions.shape[0]):
        d, e = layout.directions[u, 0], layout.directions[u, 1]
        moved = small[FACTOR, e, b] if d == a else 0.0
        if e == a:
            moved += small[FACTOR, d, b]
        small[JACOBIAN, u, free] = moved
        slope += moved * small[GRADIENT, d, e] * (1.0 if d == e else 2.0)
    work.vectors[SLOPE, free] = slope
    # Within a column of Lambda, D is quadratic: remember where its second derivatives stand.
    work.vectors[STEP, free] = float(t)


@part
def _set_second(layout: Any, work: Any, free: int) -> None:
    """Set the lower triangle of SECOND: JACOBIAN' CURVATURE JACOBIAN, and what D's own curvature adds."""
    k, small = layout.directions.shape[0], work.small
    for i in range(free):
        one = int(work.vectors[STEP, i])
        for j in range(i + 1):
            other = int(work.vectors[STEP, j])
            total = 0.0
            if layout.directions[one, 1] == layout.directions[other, 1]:
                total = 2.0 * small[GRADIENT, layout.directions[one, 0], layout.directions[other, 0]]
            for u in range(k):
                if small[JACOBIAN, u, i] != 0.0:
                    for v in range(k):
                        total += small[JACOBIAN, u, i] * small[CURVATURE, u, v] * small[JACOBIAN, v, j]
            small[SECOND, i, j] = total


@step
def move(layout: Any, work: Any, best: float, free: int) -> float:
    """Go along STEP, less far while the criterion does not fall; returns the criterion there."""
    compact()
    small, promise, share, reached = work.small, 0.0, 1.0, best
    for i in range(free):
        promise += work.vectors[STEP, i] * work.vectors[SLOPE, i]
    noise = 1e-12 * (abs(best) + work.vectors[NUMBERS, DEGREES])
    for _ in range(_HALVINGS):
        i = 0
        for t in range(layout.directions.shape[0]):
            a, b = layout.directions[t, 0], layout.directions[t, 1]
            small[TRIAL, a, b] = 0.0
            if small[FACTOR, b, b] != 0.0:
                small[TRIAL, a, b] = small[FACTOR, a, b] + share * work.vectors[STEP, i]
                i += 1
        reached = evaluate(layout, work, TRIAL)
        if reached <= best + 1e-4 * share * promise + noise:
            break
        share *= 0.5
    for a in range(layout.q):
        for b in range(a + 1):
            small[FACTOR, a, b] = small[TRIAL, a, b]
    return reached
