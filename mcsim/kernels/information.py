"""Second derivatives: the Hessian of the criterion in D, and the expected information of the variances."""

from typing import Any

from mcsim.kernels.compiled import compact, step
from mcsim.kernels.held import add_curvature
from mcsim.kernels.structure import set_inner, trace_second
from mcsim.kernels.workspace import (
    COVARIANCE,
    COVARIANCE_ELEMENT,
    CURVATURE,
    DEGREES,
    FREE,
    KIND,
    MOMENTS,
    NUMBERS,
    RESIDUAL,
    TRACES,
)


@step
def set_curvature(layout: Any, work: Any) -> None:
    """Set CURVATURE to the second derivatives of the criterion in the free elements of D."""
    compact()
    of_x, kind = 1.0 if layout.reml else 0.0, work.counts[KIND]
    # Where sigma^2 is free it follows D.
    of_y = 0.0 if kind in (RESIDUAL, COVARIANCE_ELEMENT) else -1.0 / work.vectors[NUMBERS, DEGREES]
    set_inner(layout, work, -1.0, (2.0 * of_x, 2.0))
    _second_order(layout, work, CURVATURE, (-of_x, -2.0, of_y))
    if kind != FREE:
        add_curvature(layout, work)


@step
def set_moments(layout: Any, work: Any) -> None:
    """Set MOMENTS to tr(P G_k P G_l), in units of sigma^2, of the free elements of Sigma and of sigma^2.

    Half of it is the expected information (Searle, Casella & McCulloch 1992, Variance Components, sec. 6.6), under ML
    with inv(V) in place of P. The row of sigma^2 follows from P V P = P with V = I + Z D Z'.
    """
    compact()
    k, of_x, out = layout.directions.shape[0], 1.0 if layout.reml else 0.0, work.small
    set_inner(layout, work, 1.0, (-2.0 * of_x, 0.0))
    _second_order(layout, work, MOMENTS, (of_x, 0.0, 0.0))
    corner = work.vectors[NUMBERS, DEGREES]
    for u in range(k):
        trace = work.vectors[TRACES, u]
        for r in range(layout.p):
            trace -= of_x * work.blocks[u, r, r]
        product = 0.0
        for v in range(k):
            product += out[MOMENTS, u, v] * out[COVARIANCE, layout.directions[v, 0], layout.directions[v, 1]]
        out[MOMENTS, u, k] = out[MOMENTS, k, u] = trace - product
        corner -= (2.0 * trace - product) * out[COVARIANCE, layout.directions[u, 0], layout.directions[u, 1]]
    out[MOMENTS, k, k] = corner


@step
def _second_order(layout: Any, work: Any, out: int, shares: tuple[float, float, float]) -> None:
    """Sum of `trace_second` and shares of tr(block of U, block of U'), of all U and U'.

    The shares are of the rows and columns of X, of X and y, and of y.
    """
    compact()
    p = layout.p
    for u in range(layout.directions.shape[0]):
        for v in range(u + 1):
            total = trace_second(layout, work, u, v)
            for r in range(p + 1):
                for s in range(r + 1):
                    share = shares[0] * (1.0 if r == s else 2.0)
                    if r == p:
                        share = shares[1] if s < p else shares[2]
                    total += share * work.blocks[u, r, s] * work.blocks[v, r, s]
            work.small[out, u, v] = work.small[out, v, u] = total
