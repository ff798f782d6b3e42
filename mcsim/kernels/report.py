"""From the optimum for columns as scaled to the estimates for columns as given."""

import math
from typing import Any

from mcsim.kernels.compiled import compact, part, step
from mcsim.kernels.layout import FIXED, RANDOM, X_FAMILY
from mcsim.kernels.small_matrix import cholesky, invert, lower_factor
from mcsim.kernels.workspace import (
    BASIS,
    CLUSTERS,
    CRITERION,
    DAMPED,
    DEGREES,
    FACTOR,
    HALF,
    INVERSE,
    LENGTHS,
    LOWER,
    MOMENTS,
    NUMBERS,
    RAW,
    ROOT_X,
    SIGMA2,
    TRACES,
    X_TRIANGLE,
    Z_TRIANGLE,
    N,
)

_CANCELLED = 1e-8  # a share of information so small that it has lost its digits


@step
def is_identified(layout: Any, work: Any) -> bool:
    """Invert the information; False if what the fixed effects leave of it is rounding error."""
    compact()
    k, small = layout.directions.shape[0], work.small
    identified = small[MOMENTS, k, k] > _CANCELLED * work.vectors[NUMBERS, DEGREES]
    for u in range(k):
        if layout.directions[u, 0] == layout.directions[u, 1]:
            level = 0
            while layout.directions[u, 0] >= layout.ends[level]:
                level += 1
            whole = work.vectors[TRACES, u] * work.vectors[TRACES, u] / work.counts[CLUSTERS + level]
            identified = identified and small[MOMENTS, u, u] > _CANCELLED * whole
    identified = identified and cholesky(small, MOMENTS, k + 1, 1e-12)
    if identified:
        invert(small, MOMENTS, k + 1, INVERSE)
    return identified


@step
def report(layout: Any, work: Any, out: Any) -> None:
    """Write one after the other: criterion, sigma, beta, its covariance, theta, Sigma, the covariance of variances."""
    compact()
    numbers, lengths, n = work.vectors[NUMBERS], work.vectors[LENGTHS], work.counts[N]
    y_variance = lengths[layout.orders[X_FAMILY, layout.p]] / n
    # Orthogonalising keeps the determinant of X' inv(V) X; scaling does not.
    criterion = numbers[CRITERION] + numbers[DEGREES] * math.log(y_variance)
    if layout.reml:
        for r in range(layout.p):
            criterion += math.log(lengths[layout.orders[X_FAMILY, r]] / n)
    out[0] = criterion
    out[1] = math.sqrt(numbers[SIGMA2] * y_variance)
    at = _report_fixed(layout, work, out, 2)
    _set_basis(layout, work)
    lower_factor(work.small, layout.q)
    at = _report_random(layout, work, out, at)
    _report_errors(layout, work, out, at)


@part
def _report_fixed(layout: Any, work: Any, out: Any, at: int) -> int:
    p, small, n = layout.p, work.small, work.counts[N]
    y_scale = math.sqrt(work.vectors[LENGTHS, layout.orders[X_FAMILY, p]] / n)
    for j in range(p):
        _set_half(layout, work, j)
    for r in range(p - 1, -1, -1):
        total = small[X_TRIANGLE, r, p]
        for s in range(r + 1, p):
            total -= small[X_TRIANGLE, r, s] * small[HALF, s, p]
        small[HALF, r, p] = total  # by least squares
    for r in range(p):
        total = 0.0
        for j in range(p):
            total += small[HALF, r, j] * small[ROOT_X, p, j]
        out[at + layout.orders[FIXED, r]] = small[HALF, r, p] + y_scale * total
    for r in range(p):
        for s in range(p):
            total = 0.0
            for j in range(p):
                total += small[HALF, r, j] * small[HALF, s, j]
            out[at + p + layout.orders[FIXED, r] * p + layout.orders[FIXED, s]] = out[1] * out[1] * total
    return int(at + p + p * p)


@part
def _set_half(layout: Any, work: Any, j: int) -> None:
    """Set column j of HALF: inv(X_TRIANGLE) times inverse scales times inv(R_X)."""
    p, small, lengths = layout.p, work.small, work.vectors[LENGTHS]
    for r in range(p - 1, -1, -1):
        total = 1.0 if r == j else 0.0
        for s in range(r + 1, p):
            total -= small[ROOT_X, s, r] * small[HALF, s, j]
        small[HALF, r, j] = total / small[ROOT_X, r, r]
    for r in range(p - 1, -1, -1):
        small[HALF, r, j] /= math.sqrt(lengths[layout.orders[X_FAMILY, r]] / work.counts[N])
        for s in range(r + 1, p):
            small[HALF, r, j] -= small[X_TRIANGLE, r, s] * small[HALF, s, j]


@part
def _set_basis(layout: Any, work: Any) -> None:
    """Set BASIS, with the random effects in the order of the model, and RAW to BASIS Lambda."""
    q, small = layout.q, work.small
    for b in range(q):
        for a in range(q - 1, -1, -1):
            total = 1.0 / math.sqrt(work.vectors[LENGTHS, b] / work.counts[N]) if a == b else 0.0
            for d in range(a + 1, q):
                total -= small[Z_TRIANGLE, a, d] * small[BASIS, layout.orders[RANDOM, d], b]
            small[BASIS, layout.orders[RANDOM, a], b] = total
    for a in range(q):
        for b in range(q):
            total = 0.0
            for d in range(q):
                total += small[BASIS, a, d] * small[FACTOR, d, b]
            small[RAW, a, b] = total


@part
def _report_random(layout: Any, work: Any, out: Any, at: int) -> int:
    k, q, small = layout.directions.shape[0], layout.q, work.small
    for u in range(k):
        out[at + u] = small[LOWER, layout.reported[u, 0], layout.reported[u, 1]]
    for a in range(q):
        for b in range(q):
            total = 0.0
            for d in range(min(a, b) + 1):
                total += small[LOWER, a, d] * small[LOWER, b, d]
            out[at + k + a * q + b] = out[1] * out[1] * total
    return int(at + k + q * q)


@part
def _report_errors(layout: Any, work: Any, out: Any, at: int) -> None:
    """The (co)variances are linear in those of the columns as scaled."""
    k, small, unit = layout.directions.shape[0], work.small, 2.0 * out[1] ** 4
    for t in range(k + 1):
        for v in range(k + 1):
            total = 0.0
            for u in range(k + 1):
                weight = _weight(layout, work, t, u)
                if weight != 0.0:
                    total += weight * small[INVERSE, u, v]
            small[DAMPED, t, v] = total
    for t in range(k + 1):
        for s in range(t + 1):
            total = 0.0
            for v in range(k + 1):
                total += small[DAMPED, t, v] * _weight(layout, work, s, v)
            out[at + t * (k + 1) + s] = out[at + s * (k + 1) + t] = unit * total


@part
def _weight(layout: Any, work: Any, t: int, u: int) -> float:
    """The derivative of a reported (co)variance, or of sigma^2, in one for the columns as scaled."""
    k, small, weight = layout.directions.shape[0], work.small, 0.0
    if t < k and u < k:
        a, b, d, e = layout.reported[t, 0], layout.reported[t, 1], layout.directions[u, 0], layout.directions[u, 1]
        weight = small[BASIS, a, d] * small[BASIS, b, e]
        if d != e:
            weight += small[BASIS, a, e] * small[BASIS, b, d]
    elif t == u:
        weight = 1.0
    return weight
