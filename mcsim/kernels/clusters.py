"""One level of clusters: what the criterion and its derivatives need, as sums over clusters of small matrices.

Per cluster V = I + Z D Z', D = Lambda Lambda', L L' = Lambda' Z'Z Lambda + I (Bates et al. 2015, J. Stat. Softw. 67(1),
sec. 3). Arithmetic runs over all clusters at once; what a function reads and writes is named in `workspace`.
"""

import math
from typing import Any

from mcsim.kernels.compiled import compact, step
from mcsim.kernels.lanes import (
    add_product,
    add_scaled,
    dot,
    invert_root,
    multiply,
    scale,
    segment_dot,
    subtract_product,
)
from mcsim.kernels.layout import X_FAMILY
from mcsim.kernels.workspace import (
    CLUSTERS,
    CROSS,
    FIXED_EFFECT,
    HELD_RIGHT,
    INNER,
    KIND,
    LEFT,
    LENGTHS,
    NUMBERS,
    RANK,
    ROOT,
    ROOT_X,
    SECOND_BLOCK,
    SIGMA2,
    SOLVED,
    SPARE,
    TRACES,
    WEIGHTS,
    N,
)


@step
def cross_clusters(layout: Any, work: Any, first: int) -> None:
    """Set CROSS of the columns from `first` on, at unit root mean square, with zeros after the last cluster."""
    compact()
    lengths, bounds, rows = work.vectors[LENGTHS], work.bounds[0], work.rows
    clusters, q, c = work.counts[CLUSTERS], layout.q, layout.terms.shape[0]
    for a in range(q):
        for b in range(max(a, first), c):
            factor = work.counts[N] / (math.sqrt(lengths[a]) * math.sqrt(lengths[b]))
            for j in range(clusters):
                rows[CROSS, a * c + b, j] = factor * segment_dot(work.columns, a, b, (bounds[j], bounds[j + 1]))
            for j in range(clusters, rows.shape[2]):
                rows[CROSS, a * c + b, j] = 0.0
            if a < b < q:
                scale(rows, (CROSS, b * c + a), (CROSS, a * c + b), 1.0)


@step
def eliminate_clusters(layout: Any, work: Any, which: int) -> float:
    """Set the lower triangle of ROOT_X to [X | y]' inv(V) [X | y] at the Lambda in a small matrix; returns log |V|."""
    compact()
    p, c = layout.p, layout.terms.shape[0]
    _apply(layout, work, which)
    log_determinant = _factorise(layout, work)
    for r in range(p + 1):
        for s in range(r + 1):
            total = float(work.counts[N]) if r == s else 0.0
            for a in range(work.counts[RANK]):
                left, right = a * c + layout.orders[X_FAMILY, r], a * c + layout.orders[X_FAMILY, s]
                total -= dot(work.rows, (SOLVED, left), (SOLVED, right))
            work.small[ROOT_X, r, s] = total
    return float(log_determinant)


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
def differentiate_clusters(layout: Any, work: Any) -> None:
    """Set LEFT, WEIGHTS, blocks and TRACES at the Lambda of the last `evaluate`."""
    compact()
    _set_left(layout, work)
    _set_weights(layout, work)
    for u in range(layout.directions.shape[0]):
        a, b = layout.directions[u, 0], layout.directions[u, 1]
        _set_block(layout, work, u)
        times = 1.0 if a == b else 2.0
        work.vectors[TRACES, u] = times * dot(work.rows, (LEFT, a * layout.terms.shape[0] + b), (SPARE, 0))


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
        if work.counts[KIND] == FIXED_EFFECT:
            _hold_effect(layout, work, a)


@step
def _hold_effect(layout: Any, work: Any, a: int) -> None:
    """Leave of the weights of X those of the fixed effects that are still free."""
    compact()
    m, rows, held = layout.p + 1, work.rows, work.vectors[HELD_RIGHT]
    scale(rows, (SPARE, 1), (SPARE, 0), 0.0)
    for r in range(layout.p):
        add_scaled(rows, (SPARE, 1), (WEIGHTS, a * m + r), held[r])
    for r in range(layout.p):
        add_scaled(rows, (WEIGHTS, a * m + r), (SPARE, 1), -held[r])


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


@step
def set_inner_clusters(layout: Any, work: Any, own: float, shares: tuple[float, float]) -> None:
    """Set INNER to own Z' inv(V) Z + the first share of Q Q' + the second of e e'."""
    compact()
    q, c, m, rows = layout.q, layout.terms.shape[0], layout.p + 1, work.rows
    for a in range(q):
        for b in range(a + 1):
            scale(rows, (INNER, a * q + b), (LEFT, a * c + b), own)
            for r in range(m):
                share = shares[0] if r < m - 1 else shares[1]
                if share != 0.0:
                    add_product(rows, (INNER, a * q + b), (WEIGHTS, a * m + r), (WEIGHTS, b * m + r), share)


@step
def trace_clusters(layout: Any, work: Any, u: int, v: int) -> float:
    """Sum over clusters of tr(Z' inv(V) Z U INNER U')."""
    compact()
    a, b = layout.directions[u, 0], layout.directions[u, 1]
    d, e = layout.directions[v, 0], layout.directions[v, 1]
    total = 0.0
    for turn in range(4):
        if (turn % 2 == 0 or a != b) and (turn < 2 or d != e):
            first, last = (b, a) if turn % 2 == 0 else (a, b)
            second, third = (d, e) if turn < 2 else (e, d)
            left = max(first, second) * layout.terms.shape[0] + min(first, second)
            inner = max(third, last) * layout.q + min(third, last)
            total += dot(work.rows, (LEFT, left), (INNER, inner))
    return total


@step
def set_second_clusters(layout: Any, work: Any, u: int, v: int) -> None:
    """Set SECOND_BLOCK to the sum over clusters of Q' U Z' inv(V) Z U' Q, symmetrised."""
    compact()
    a, b = layout.directions[u, 0], layout.directions[u, 1]
    d, e = layout.directions[v, 0], layout.directions[v, 1]
    p, m, rows, out = layout.p, layout.p + 1, work.rows, work.small[SECOND_BLOCK]
    for r in range(p):
        for s in range(p):
            out[r, s] = 0.0
    for turn in range(4):
        if (turn % 2 == 0 or a != b) and (turn < 2 or d != e):
            first, second = (a, b) if turn % 2 == 0 else (b, a)
            third, last = (d, e) if turn < 2 else (e, d)
            left = max(second, third) * layout.terms.shape[0] + min(second, third)
            for s in range(p):
                scale(rows, (SPARE, 1), (LEFT, left), 1.0)
                multiply(rows, (SPARE, 1), (WEIGHTS, last * m + s))
                for r in range(p):
                    half = 0.5 * dot(rows, (WEIGHTS, first * m + r), (SPARE, 1))
                    out[r, s] += half
                    out[s, r] += half
