"""Several levels of clusters: what the criterion and its derivatives need, from the elimination in `sweep`."""

import math
from typing import Any

from mcsim.kernels.compiled import compact, step
from mcsim.kernels.lanes import segment_dot
from mcsim.kernels.sweep import second_place, sweep
from mcsim.kernels.workspace import (
    CLUSTERS,
    CROSSED,
    FACTOR,
    FIXED_EFFECT,
    HELD_RIGHT,
    KIND,
    LENGTHS,
    NUMBERS,
    OWN_SHARE,
    ROOT_X,
    SECOND_BLOCK,
    SIGMA2,
    TRACES,
    WHITEN,
    X_SHARE,
    Y_SHARE,
    N,
)


@step
def cross_nested(layout: Any, work: Any, first: int) -> None:
    """Set the products of the columns from `first` on with all others, at unit root mean square."""
    compact()
    lengths, bounds, c = work.vectors[LENGTHS], work.bounds[0], layout.terms.shape[0]
    for b in range(first, c):
        for a in range(b + 1):
            factor = work.counts[N] / (math.sqrt(lengths[a]) * math.sqrt(lengths[b]))
            for j in range(work.counts[CLUSTERS]):
                total = factor * segment_dot(work.columns, a, b, (bounds[j], bounds[j + 1]))
                work.products[j, a, b] = work.products[j, b, a] = total


@step
def eliminate_nested(layout: Any, work: Any, which: int) -> float:
    """Set the lower triangle of ROOT_X to [X | y]' inv(V) [X | y] at the Lambda in a small matrix; returns log |V|."""
    compact()
    sweep(layout, work, (which, False))
    top, q = layout.ends.shape[0], layout.q
    for r in range(layout.p + 1):
        for s in range(r + 1):
            work.small[ROOT_X, r, s] = work.jets[top, 0, q + r, q + s]
    return float(work.traces[0])


@step
def differentiate_nested(layout: Any, work: Any) -> None:
    """Set blocks and TRACES, and in `jets` and `traces` all derivatives, at the Lambda of the last `evaluate`."""
    compact()
    sweep(layout, work, (FACTOR, True))
    _set_whiten(layout, work)
    m, top = layout.p + 1, layout.ends.shape[0]
    for u in range(layout.directions.shape[0]):
        work.vectors[TRACES, u] = work.traces[1 + u]
        _whiten(layout, work, (top, 1 + u))
        for r in range(m):
            for s in range(m):
                work.blocks[u, r, s] = -work.small[CROSSED, r, s]


@step
def set_inner_nested(  # as the form for one level
    layout: Any,  # noqa: ARG001
    work: Any,
    own: float,
    shares: tuple[float, float],
) -> None:
    """Keep the three numbers for `trace_nested`."""
    compact()
    numbers = work.vectors[NUMBERS]
    numbers[OWN_SHARE], numbers[X_SHARE], numbers[Y_SHARE] = own, shares[0], shares[1]


@step
def trace_nested(layout: Any, work: Any, u: int, v: int) -> float:
    """As `clusters.trace_clusters`, from the second derivatives of log |V| and of [X | y]' inv(V) [X | y]."""
    compact()
    p, small, k, numbers = layout.p, work.small, layout.directions.shape[0], work.vectors[NUMBERS]
    own, of_x, of_y = numbers[OWN_SHARE], numbers[X_SHARE], numbers[Y_SHARE]
    at = second_place(k, u, v)
    total = -own * work.traces[at]
    if of_x != 0.0 or of_y != 0.0:
        _whiten(layout, work, (layout.ends.shape[0], at))
        for r in range(p):
            total += 0.5 * of_x * small[CROSSED, r, r]
        total += 0.5 * of_y * small[CROSSED, p, p]
    return float(total)


@step
def set_second_nested(layout: Any, work: Any, u: int, v: int) -> None:
    """As `clusters.set_second_clusters`."""
    compact()
    _whiten(layout, work, (layout.ends.shape[0], second_place(layout.directions.shape[0], u, v)))
    for r in range(layout.p):
        for s in range(layout.p):
            work.small[SECOND_BLOCK, r, s] = 0.5 * work.small[CROSSED, r, s]


@step
def _set_whiten(layout: Any, work: Any) -> None:
    """Set WHITEN to the inverse of R_X, bordered by what makes (y - X beta) / sigma of y."""
    compact()
    m, small, held = layout.p + 1, work.small, work.vectors[HELD_RIGHT]
    for r in range(m):
        pivot = small[ROOT_X, r, r] if r < m - 1 else math.sqrt(work.vectors[NUMBERS, SIGMA2])
        for t in range(m):
            total = 1.0 if t == r else 0.0
            for s in range(r):
                total -= small[ROOT_X, r, s] * small[WHITEN, t, s]
            small[WHITEN, t, r] = total / pivot
    if work.counts[KIND] == FIXED_EFFECT:
        for t in range(m):
            along = 0.0
            for r in range(layout.p):
                along += held[r] * small[WHITEN, t, r]
            for r in range(layout.p):
                small[WHITEN, t, r] -= held[r] * along


@step
def _whiten(layout: Any, work: Any, place: tuple[int, int]) -> None:
    """Set CROSSED to WHITEN' times the [X | y] part of a matrix in `jets` times WHITEN."""
    compact()
    m, q, small = layout.p + 1, layout.q, work.small
    for r in range(m):
        for s in range(r + 1):
            total = 0.0
            for t in range(m):
                if small[WHITEN, t, r] != 0.0:
                    part_sum = 0.0
                    for w in range(m):
                        part_sum += work.jets[place[0], place[1], q + t, q + w] * small[WHITEN, w, s]
                    total += small[WHITEN, t, r] * part_sum
            small[CROSSED, r, s] = small[CROSSED, s, r] = total
