"""The profiled criterion of a two-level model and its gradient, from the cross-products of its clusters.

Notation of Bates et al. (2015), J. Stat. Softw. 67(1), sec. 3: Sigma = sigma^2 D, D = Lambda Lambda', and per cluster
V = I + Z D Z'. What a function reads and writes is named in `workspace`.
"""

import math
from typing import Any

from mcsim.kernels.compiled import compact, step
from mcsim.kernels.lanes import add_scaled, dot, invert_root, multiply, scale, subtract_product
from mcsim.kernels.layout import X_FAMILY
from mcsim.kernels.small_matrix import cholesky
from mcsim.kernels.workspace import (
    CRITERION,
    CROSS,
    DEGREES,
    EVALUATIONS,
    GRADIENT,
    LEFT,
    NUMBERS,
    RANK,
    ROOT,
    ROOT_X,
    SIGMA2,
    SOLVED,
    SPARE,
    TRACES,
    WEIGHTS,
    N,
)


@step
def evaluate(layout: Any, work: Any, which: int) -> float:
    """The ML or REML criterion at the Lambda in a small matrix, for columns at unit root mean square.

    Infinite where [X | y]' inv(V) [X | y] is numerically singular.
    """
    compact()
    numbers, small, p, c = work.vectors[NUMBERS], work.small, layout.p, layout.terms.shape[0]
    numbers[EVALUATIONS] += 1.0
    _apply(layout, work, which)
    log_determinant = _factorise(layout, work)
    for r in range(p + 1):
        for s in range(r + 1):
            total = float(work.counts[N]) if r == s else 0.0
            for a in range(work.counts[RANK]):
                left, right = a * c + layout.orders[X_FAMILY, r], a * c + layout.orders[X_FAMILY, s]
                total -= dot(work.rows, (SOLVED, left), (SOLVED, right))
            small[ROOT_X, r, s] = total
    if not cholesky(small, ROOT_X, p + 1, 0.0):
        numbers[CRITERION] = math.inf
        return math.inf
    if layout.reml:
        for r in range(p):
            log_determinant += 2.0 * math.log(small[ROOT_X, r, r])
    degrees = numbers[DEGREES]
    numbers[SIGMA2] = small[ROOT_X, p, p] * small[ROOT_X, p, p] / degrees
    numbers[CRITERION] = log_determinant + degrees * (1.0 + math.log(2.0 * math.pi * numbers[SIGMA2]))
    return float(numbers[CRITERION])


@step
def _apply(layout: Any, work: Any, which: int) -> None:
    """Set SOLVED to Lambda' Z'[Z | X | y], and ROOT to Lambda' Z'Z Lambda + I."""
    compact()
    q, c, rows, small = layout.q, layout.terms.shape[0], work.rows, work.small
    for a in range(work.counts[RANK]):
        for b in range(c):
            scale(rows, (SOLVED, a * c + b), (CROSS, a * c + b), small[which, a, a])
            for d in range(q):
                if d != a and small[which, d, a] != 0.0:
                    add_scaled(rows, (SOLVED, a * c + b), (CROSS, d * c + b), small[which, d, a])
        for b in range(a + 1):
            scale(rows, (ROOT, a * q + b), (SPARE, 0), 1.0 if a == b else 0.0)
            for d in range(q):
                if small[which, d, b] != 0.0:
                    add_scaled(rows, (ROOT, a * q + b), (SOLVED, a * c + d), small[which, d, b])


@step
def _factorise(layout: Any, work: Any) -> float:
    """Replace ROOT by its Cholesky factor L and SOLVED by inv(L) SOLVED; returns the sum of log |L L'|."""
    compact()
    q, c, rows = layout.q, layout.terms.shape[0], work.rows
    scale(rows, (SPARE, 1), (SPARE, 0), 1.0)
    for a in range(work.counts[RANK]):
        for b in range(a + 1):
            for d in range(b):
                subtract_product(rows, (ROOT, a * q + b), (ROOT, a * q + d), (ROOT, b * q + d))
            if b < a:
                multiply(rows, (ROOT, a * q + b), (ROOT, b * q + b))
        multiply(rows, (SPARE, 1), (ROOT, a * q + a))
        invert_root(rows, (ROOT, a * q + a))
        for b in range(c):
            for d in range(a):
                subtract_product(rows, (SOLVED, a * c + b), (SOLVED, d * c + b), (ROOT, a * q + d))
            multiply(rows, (SOLVED, a * c + b), (ROOT, a * q + a))
    total, product = 0.0, 1.0
    for j in range(rows.shape[2]):
        product *= rows[SPARE, 1, j]
        if product > 1e150:  # each is at least 1, so a logarithm is needed only now and then
            total += math.log(product)
            product = 1.0
    return total + math.log(product)


@step
def differentiate(layout: Any, work: Any) -> None:
    """Set LEFT, WEIGHTS, blocks, TRACES and GRADIENT at the Lambda of the last `evaluate`."""
    compact()
    p, blocks, traces = layout.p, work.blocks, work.vectors[TRACES]
    _set_left(layout, work)
    _set_weights(layout, work)
    for u in range(layout.directions.shape[0]):
        a, b = layout.directions[u, 0], layout.directions[u, 1]
        times = 1.0 if a == b else 2.0
        _set_block(layout, work, u)
        traces[u] = times * dot(work.rows, (LEFT, a * layout.terms.shape[0] + b), (SPARE, 0))
        explained = blocks[u, p, p]
        if layout.reml:
            for r in range(p):
                explained += blocks[u, r, r]
        work.small[GRADIENT, a, b] = work.small[GRADIENT, b, a] = (traces[u] - explained) / times


@step
def _set_left(layout: Any, work: Any) -> None:
    compact()
    q, c, rows = layout.q, layout.terms.shape[0], work.rows
    for a in range(q):
        for b in range(c):
            if b <= a or b >= q:
                scale(rows, (LEFT, a * c + b), (CROSS, a * c + b), 1.0)
                for d in range(work.counts[RANK]):
                    subtract_product(rows, (LEFT, a * c + b), (SOLVED, d * c + a), (SOLVED, d * c + b))


@step
def _set_weights(layout: Any, work: Any) -> None:
    compact()
    q, c, m, rows = layout.q, layout.terms.shape[0], layout.p + 1, work.rows
    for a in range(q):
        for r in range(m):
            b = layout.orders[X_FAMILY, r]
            source = b * c + a if a < b < q else a * c + b
            pivot = work.small[ROOT_X, r, r] if r < m - 1 else math.sqrt(work.vectors[NUMBERS, SIGMA2])
            scale(rows, (WEIGHTS, a * m + r), (LEFT, source), 1.0 / pivot)
            for s in range(r):
                add_scaled(rows, (WEIGHTS, a * m + r), (WEIGHTS, a * m + s), -work.small[ROOT_X, r, s] / pivot)


@step
def _set_block(layout: Any, work: Any, u: int) -> None:
    compact()
    a, b, m = layout.directions[u, 0], layout.directions[u, 1], layout.p + 1
    for r in range(m):
        for s in range(r + 1):
            total = dot(work.rows, (WEIGHTS, a * m + r), (WEIGHTS, b * m + s))
            if a != b:
                total += dot(work.rows, (WEIGHTS, b * m + r), (WEIGHTS, a * m + s))
            work.blocks[u, r, s] = work.blocks[u, s, r] = total
