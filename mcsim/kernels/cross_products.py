"""From the columns of one replication to the cross-products of its clusters, which is all a fit needs of them."""

import math
from typing import Any

from mcsim.kernels.columns import ABSENT
from mcsim.kernels.compiled import compact, part, step
from mcsim.kernels.lanes import scale, segment_add, segment_dot
from mcsim.kernels.layout import X_FAMILY, Z_FAMILY
from mcsim.kernels.reasons import (
    NO_ROWS,
    NO_VARIATION,
    NOT_FINITE,
    OK,
    TOO_FEW_CLUSTERS,
    TOO_FEW_ROWS,
    TOO_MANY_RANDOM,
    X_DEPENDENT,
    Z_DEPENDENT,
)
from mcsim.kernels.workspace import CLUSTERS, CROSS, LENGTHS, X_TRIANGLE, Z_TRIANGLE, N

_AGAIN = 0.01  # a column that kept less than this share of its squared length is orthogonalised again
_DEPENDENT = 1e-22  # squared share of its length below which a column counts as a combination of those before it
_EXPLAINED = 1e-26  # the same of the response
_TINY = 1e-290  # squared lengths below have lost their digits


@step
def prepare(own: Any, shared: Any, starts: Any, layout: Any, work: Any) -> int:
    """Fill, clean and orthogonalise the columns of one replication; a code of `REASONS`."""
    compact()
    _fill(own, shared, layout.terms, work.columns)
    work.counts[N], work.counts[CLUSTERS] = own.shape[1], starts.shape[0] - 1
    for j in range(starts.shape[0]):
        work.bounds[j] = starts[j]
    if not _is_finite(work):
        if _has_infinite(own, shared, layout.terms):
            return NOT_FINITE
        _leave_out(starts, work)
        if not _is_finite(work):
            return NOT_FINITE
    reason = _too_few(layout, work)
    if reason == OK:
        reason = _orthogonalise_x(layout, work)
    return reason if reason != OK else _orthogonalise_z(layout, work)


@part
def _too_few(layout: Any, work: Any) -> int:
    n, clusters = work.counts[N], work.counts[CLUSTERS]
    reason = OK
    if n == 0:
        reason = NO_ROWS
    elif n <= layout.p:
        reason = TOO_FEW_ROWS
    elif clusters < 2:
        reason = TOO_FEW_CLUSTERS
    elif clusters * (layout.q if layout.correlated else 1) >= n:
        reason = TOO_MANY_RANDOM
    return reason


@step
def _fill(own: Any, shared: Any, terms: Any, columns: Any) -> None:
    n = own.shape[1]
    for c in range(terms.shape[0]):
        for i in range(n):
            columns[c, i] = 1.0
        for t in range(terms.shape[1]):
            place = terms[c, t]
            if place == ABSENT:
                continue
            source, row = (own, place) if place >= 0 else (shared, -place - 1)
            for i in range(n):
                columns[c, i] *= source[row, i]


@step
def _is_finite(work: Any) -> bool:
    """Whether the squared lengths of all columns are finite; sets them."""
    compact()
    finite = True
    for c in range(work.columns.shape[0]):
        length = segment_dot(work.columns, c, c, (0, work.counts[N]))
        work.vectors[LENGTHS, c] = length
        finite = finite and math.isfinite(length)
    return finite


@part
def _has_infinite(own: Any, shared: Any, terms: Any) -> bool:
    found = False
    for c in range(terms.shape[0]):
        for t in range(terms.shape[1]):
            place = terms[c, t]
            if place != ABSENT:
                source, row = (own, place) if place >= 0 else (shared, -place - 1)
                for i in range(own.shape[1]):
                    found = found or math.isinf(source[row, i])
    return found


@part
def _leave_out(starts: Any, work: Any) -> None:
    """Move the rows without NaN to the front; clusters left without rows vanish."""
    columns, bounds = work.columns, work.bounds
    n = clusters = 0
    for j in range(starts.shape[0] - 1):
        for i in range(starts[j], starts[j + 1]):
            complete = True
            for c in range(columns.shape[0]):
                complete = complete and not math.isnan(columns[c, i])
            if complete:
                for c in range(columns.shape[0]):
                    columns[c, n] = columns[c, i]
                n += 1
        if n > bounds[clusters]:
            clusters += 1
            bounds[clusters] = n
    work.counts[N], work.counts[CLUSTERS] = n, clusters


@part
def _orthogonalise_x(layout: Any, work: Any) -> int:
    reason = OK
    for t in range(layout.p + 1):
        kept = _orthogonalise(layout, work, t, (X_FAMILY, X_TRIANGLE))
        if reason == OK and t < layout.p and not kept > _DEPENDENT:
            reason = X_DEPENDENT
        if reason == OK and t == layout.p and not kept > _EXPLAINED:
            reason = NO_VARIATION
    return reason


@part
def _orthogonalise_z(layout: Any, work: Any) -> int:
    """The shared columns stand as they are in X; the others are orthogonalised if Z may be transformed at all."""
    reason, small = OK, work.small
    for a in range(layout.q):
        kept = 1.0
        for b in range(layout.q):
            small[Z_TRIANGLE, b, a] = 1.0 if a == b else 0.0
            if b < a < layout.shared:
                small[Z_TRIANGLE, b, a] = small[X_TRIANGLE, b, a]
        if layout.correlated and a >= layout.shared:
            kept = _orthogonalise(layout, work, a, (Z_FAMILY, Z_TRIANGLE))
        if not (kept > _DEPENDENT and work.vectors[LENGTHS, a] > _TINY):
            reason = Z_DEPENDENT
    return reason


@step
def _orthogonalise(layout: Any, work: Any, t: int, place: tuple[int, int]) -> float:
    """Take from a column of a family what lies along those before it, adding the amounts to a triangle's column t.

    Modified Gram-Schmidt, again where much was lost (Bjorck 1996, Numerical Methods for Least Squares Problems,
    sec. 2.4). Returns the share of its squared length that is left; 0 where it had none.
    """
    compact()
    family, triangle = place
    columns, lengths, n, small = work.columns, work.vectors, work.counts[N], work.small
    column = layout.orders[family, t]
    for r in range(t):
        small[triangle, r, t] = 0.0
    small[triangle, t, t] = 1.0
    first = lengths[LENGTHS, column]
    if not first > _TINY:
        return 0.0
    for _ in range(3):
        before = lengths[LENGTHS, column]
        for r in range(t):
            other = layout.orders[family, r]
            amount = segment_dot(columns, other, column, (0, n)) / lengths[LENGTHS, other]
            small[triangle, r, t] += amount
            segment_add(columns, column, other, (-amount, n))
        if t > 0:
            lengths[LENGTHS, column] = segment_dot(columns, column, column, (0, n))
        left = lengths[LENGTHS, column]
        if left > _AGAIN * before or left <= 1e-4 * _EXPLAINED * first:
            break
    return float(left / first) if left > _TINY else 0.0


@step
def cross_products(layout: Any, work: Any) -> None:
    """Set CROSS, with all columns at unit root mean square, and zeros after the last cluster, which add nothing."""
    compact()
    lengths, bounds, rows = work.vectors[LENGTHS], work.bounds, work.rows
    clusters, q, c = work.counts[CLUSTERS], layout.q, layout.terms.shape[0]
    for a in range(q):
        for b in range(a, c):
            factor = work.counts[N] / (math.sqrt(lengths[a]) * math.sqrt(lengths[b]))
            for j in range(clusters):
                rows[CROSS, a * c + b, j] = factor * segment_dot(work.columns, a, b, (bounds[j], bounds[j + 1]))
            for j in range(clusters, rows.shape[2]):
                rows[CROSS, a * c + b, j] = 0.0
            if a < b < q:
                scale(rows, (CROSS, b * c + a), (CROSS, a * c + b), 1.0)
