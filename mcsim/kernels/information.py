"""Second derivatives: the Hessian of the criterion in D, and the expected information of the variances."""

from typing import Any

from mcsim.kernels.compiled import compiled
from mcsim.kernels.criterion import DEGREES
from mcsim.kernels.lanes import dot, scale


@compiled
def hessian(layout: Any, state: Any, out: Any) -> None:
    """The second derivatives of the criterion in the free elements of D, into out (k, k)."""
    _set_inner(layout, state, -1.0, (2.0 if layout.reml else 0.0, 2.0))
    _second_order(layout, state, out, (-1.0 if layout.reml else 0.0, -2.0, -1.0 / state.numbers[DEGREES]))


@compiled
def information(layout: Any, state: Any, covariance: Any, out: Any) -> None:
    """tr(P G_k P G_l), in units of sigma^2, of the free elements of Sigma and of sigma^2, into out (k + 1, k + 1).

    Half of it is the expected information (Searle, Casella & McCulloch 1992, Variance Components, sec. 6.6), under ML
    with inv(V) in place of P. The row of sigma^2 follows from P V P = P with V = I + Z D Z'.
    """
    m, k = layout.family.shape[0], layout.directions.shape[0]
    _set_inner(layout, state, 1.0, (-2.0 if layout.reml else 0.0, 0.0))
    _second_order(layout, state, out, (1.0 if layout.reml else 0.0, 0.0, 0.0))
    corner = state.numbers[DEGREES]
    for u in range(k):
        trace = state.traces[u]
        if layout.reml:
            for r in range(m - 1):
                trace -= state.blocks[u, r * m + r]
        product = 0.0
        for v in range(k):
            product += out[u, v] * covariance[layout.directions[v, 0], layout.directions[v, 1]]
        out[u, k] = out[k, u] = trace - product
        corner -= (2.0 * trace - product) * covariance[layout.directions[u, 0], layout.directions[u, 1]]
    out[k, k] = corner


@compiled
def _set_inner(layout: Any, state: Any, own: float, shares: tuple[float, float]) -> None:
    """Set inner, per cluster, to own Z' inv(V) Z + the first share of Q Q' + the second of e e' / sigma^2."""
    q, c, m = layout.z_family.shape[0], layout.terms.shape[0], layout.family.shape[0]
    inner, weights = state.inner, state.weights
    for a in range(q):
        for b in range(a + 1):
            scale(inner, a * q + b, own, state.left, a * c + b)
            for r in range(m):
                share = shares[0] if r < m - 1 else shares[1]
                if share != 0.0:
                    for j in range(inner.shape[1]):
                        inner[a * q + b, j] += share * weights[a * m + r, j] * weights[b * m + r, j]


@compiled
def _second_order(layout: Any, state: Any, out: Any, shares: tuple[float, float, float]) -> None:
    """Sum of tr(Z' inv(V) Z U inner U') over clusters, and shares of tr(block of U, block of U'), of all U and U'.

    The shares are of the rows and columns of X, of X and y, and of y.
    """
    m = layout.family.shape[0]
    for u in range(layout.directions.shape[0]):
        for v in range(u + 1):
            total = _traces(layout, state, u, v)
            for r in range(m):
                for s in range(r + 1):
                    both = state.blocks[u, r * m + s] * state.blocks[v, r * m + s]
                    if r < m - 1:
                        total += shares[0] * both * (1.0 if r == s else 2.0)
                    else:
                        total += (shares[2] if s == r else shares[1]) * both
            out[u, v] = out[v, u] = total


@compiled
def _traces(layout: Any, state: Any, u: int, v: int) -> float:
    a, b = layout.directions[u, 0], layout.directions[u, 1]
    d, e = layout.directions[v, 0], layout.directions[v, 1]
    total = _pair(layout, state, (b, d), (e, a))
    if a != b:
        total += _pair(layout, state, (a, d), (e, b))
    if d != e:
        total += _pair(layout, state, (b, e), (d, a))
    if a != b and d != e:
        total += _pair(layout, state, (a, e), (d, b))
    return total


@compiled
def _pair(layout: Any, state: Any, one: tuple[int, int], other: tuple[int, int]) -> float:
    """The sum over clusters of an element of Z' inv(V) Z times one of inner."""
    c, q = layout.terms.shape[0], layout.z_family.shape[0]
    return dot(
        state.left,
        max(one[0], one[1]) * c + min(one[0], one[1]),
        state.inner,
        max(other[0], other[1]) * q + min(other[0], other[1]),
    )
