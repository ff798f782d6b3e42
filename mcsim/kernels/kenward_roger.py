"""Kenward & Roger's (1997, Biometrics 53, 983-997) covariance matrix and degrees of freedom of the fixed effects.

Var(y) is linear in its parameters, the elements of Sigma and sigma^2, so that the adjusted covariance matrix of their
eq. 3 is Phi + 2 Phi (sum of W_ij (Q_ij - P_i Phi P_j)) Phi, with W the inverse of the expected information. Both W and
the sum keep their value if the parameters are recombined linearly. Here the last of them multiplies V as a whole; its
P is then -inv(Phi), its Q what P Phi P is, and it drops out of the sum. For a single effect c their statistic has the
scale 1, and 2 / A_1 degrees of freedom, with A_1 the sum of W_ij t_i t_j and t_i = c' Phi P_i Phi c / c' Phi c.
"""

from typing import Any

from mcsim.kernels.compiled import compact, compiled, part
from mcsim.kernels.layout import FIXED
from mcsim.kernels.structure import set_second_block
from mcsim.kernels.workspace import (
    ADJUSTMENT,
    COVARIANCE,
    DAMPED,
    HALF,
    INVERSE,
    NUMBERS,
    SECOND_BLOCK,
    SIGMA2,
    TARGETS,
)


@compiled
def kenward_roger(layout: Any, work: Any, y_variance: float, out: Any) -> None:
    """Write the degrees of freedom, out[0], and the adjusted covariance matrix, out[1:], of the fixed effects.

    Parameters
    ----------
    layout, work : NamedTuple
        A REML fit, with INVERSE, HALF and what derivatives need.
    y_variance : float
        The sigma^2 of the response as given over that of the response as scaled.
    out : array (1 + p, p)
        Overwritten, in the order of the model.
    """
    compact()
    _set_weights(layout, work)
    _set_adjustment(layout, work)
    p, small = layout.p, work.small
    for r in range(p):
        out[0, layout.orders[FIXED, r]] = 2.0 / _spread(layout, work, r)
        for s in range(p):
            total = 0.0
            for i in range(p):
                for j in range(p):
                    own = 1.0 if i == j else 0.0
                    total += small[HALF, r, i] * (own + 2.0 * small[ADJUSTMENT, i, j]) * small[HALF, s, j]
            sigma2 = work.vectors[NUMBERS, SIGMA2] * y_variance
            out[1 + layout.orders[FIXED, r], layout.orders[FIXED, s]] = sigma2 * total


@part
def _set_weights(layout: Any, work: Any) -> None:
    """Set DAMPED to W for the elements of Sigma and the multiple of V, from that for Sigma and sigma^2."""
    k, small = layout.directions.shape[0], work.small
    for u in range(k + 1):
        for v in range(k + 1):
            of_u = -small[COVARIANCE, layout.directions[u, 0], layout.directions[u, 1]] if u < k else 0.0
            of_v = -small[COVARIANCE, layout.directions[v, 0], layout.directions[v, 1]] if v < k else 0.0
            total = small[INVERSE, u, v] + of_u * of_v * small[INVERSE, k, k]
            small[DAMPED, u, v] = 2.0 * (total + of_u * small[INVERSE, k, v] + of_v * small[INVERSE, u, k])


@part
def _set_adjustment(layout: Any, work: Any) -> None:
    """Set ADJUSTMENT to the sum over i and j of W_ij (Q_ij - P_i Phi P_j), whitened."""
    k, p, small, blocks = layout.directions.shape[0], layout.p, work.small, work.blocks
    for r in range(p):
        for s in range(p):
            small[ADJUSTMENT, r, s] = 0.0
    for u in range(k):
        for v in range(u + 1):
            set_second_block(layout, work, u, v)
            weight = small[DAMPED, u, v] * (1.0 if u == v else 2.0)
            for r in range(p):
                for s in range(p):
                    total = small[SECOND_BLOCK, r, s]
                    for i in range(p):
                        total -= 0.5 * (blocks[u, r, i] * blocks[v, i, s] + blocks[v, r, i] * blocks[u, i, s])
                    small[ADJUSTMENT, r, s] += weight * total


@part
def _spread(layout: Any, work: Any, r: int) -> float:
    """A_1 of one fixed effect."""
    k, p, small, shares = layout.directions.shape[0], layout.p, work.small, work.vectors[TARGETS]
    whole = total = 0.0
    for i in range(p):
        whole += small[HALF, r, i] * small[HALF, r, i]
    for u in range(k):
        shares[u] = 0.0
        for i in range(p):
            for j in range(p):
                shares[u] += small[HALF, r, i] * work.blocks[u, i, j] * small[HALF, r, j] / whole
    shares[k] = 1.0
    for u in range(k + 1):
        for v in range(k + 1):
            total += small[DAMPED, u, v] * shares[u] * shares[v]
    return total
