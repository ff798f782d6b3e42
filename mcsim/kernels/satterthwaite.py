"""Satterthwaite's degrees of freedom of each fixed effect, at the optimum that a workspace holds.

The variance of an effect, f = sigma^2 c' inv(X' inv(V) X) c, is a function of the variance parameters; with g its
gradient and A the inverse of the observed information in them, df = 2 f^2 / (g' A g) (Giesbrecht & Burns 1985,
Biometrics 41, 477-486; Fai & Cornelius 1996, J. Stat. Comput. Simul. 54, 363-378). The parameters are, as in lmerTest
(Kuznetsova, Brockhoff & Christensen 2017, J. Stat. Softw. 82(13)), the elements of Lambda and sigma; a column of Lambda
that is zero has neither a derivative nor a part in the information. sigma^2 at its best for Lambda, times a factor, is
independent of Lambda, and 2 / nu is the variance of the factor's logarithm.
"""

from typing import Any

from mcsim.kernels.compiled import compact, compiled, part
from mcsim.kernels.layout import FIXED
from mcsim.kernels.newton import set_hessian
from mcsim.kernels.small_matrix import eigen
from mcsim.kernels.workspace import (
    DEGREES,
    HALF,
    JACOBIAN,
    NUMBERS,
    SECOND,
    SQUARE,
    STEP,
    TARGETS,
    VALUES,
    VECTORS,
)

_NO_CURVATURE = 1e-10  # an eigenvalue of the information, relative to the largest, in whose direction nothing is known


@compiled
def satterthwaite_df(layout: Any, work: Any, out: Any) -> None:
    """Write the degrees of freedom of the fixed effects, out (p,), in the order of the model."""
    compact()
    free = _set_directions(layout, work)
    degrees = work.vectors[NUMBERS, DEGREES]
    for r in range(layout.p):
        variance = _set_gradient(layout, work, r, free)
        spread, largest = 2.0 * variance * variance / degrees, 0.0
        for i in range(free):
            largest = max(largest, work.vectors[VALUES, i])
        for i in range(free):
            along = 0.0
            for j in range(free):
                along += work.small[VECTORS, j, i] * work.vectors[STEP, j]
            if work.vectors[VALUES, i] > _NO_CURVATURE * largest:
                spread += 2.0 * along * along / work.vectors[VALUES, i]
        out[layout.orders[FIXED, r]] = 2.0 * variance * variance / spread


@part
def _set_directions(layout: Any, work: Any) -> int:
    """Set the eigenvalues and -vectors of the Hessian in the free elements of Lambda; how many they are."""
    free = set_hessian(layout, work)
    for i in range(free):
        for j in range(i + 1):
            work.small[SQUARE, i, j] = work.small[SQUARE, j, i] = work.small[SECOND, i, j]
    eigen(work.small, work.vectors, free)
    return free


@part
def _set_gradient(layout: Any, work: Any, r: int, free: int) -> float:
    """Set STEP to the gradient of the variance of effect r over sigma^2 in the free elements; returns the variance."""
    k, p, small, by_element = layout.directions.shape[0], layout.p, work.small, work.vectors[TARGETS]
    variance = 0.0
    for j in range(p):
        variance += small[HALF, r, j] * small[HALF, r, j]
    for u in range(k):
        by_element[u] = -work.blocks[u, p, p] / work.vectors[NUMBERS, DEGREES] * variance
        for i in range(p):
            for j in range(p):
                by_element[u] += small[HALF, r, i] * work.blocks[u, i, j] * small[HALF, r, j]
    for i in range(free):
        total = 0.0
        for u in range(k):
            total += small[JACOBIAN, u, i] * by_element[u]
        work.vectors[STEP, i] = total
    return variance
