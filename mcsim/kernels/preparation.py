"""The columns of one replication: complete rows only, orthogonalised, so that cross-products keep their digits."""

import math
from typing import Any

from mcsim.kernels.columns import ABSENT
from mcsim.kernels.compiled import compact, part, step
from mcsim.kernels.lanes import segment_add, segment_dot
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
from mcsim.kernels.workspace import CLUSTERS, LENGTHS, X_TRIANGLE, Z_TRIANGLE, N

_AGAIN = 0.01  # a column that kept less than this share of its squared length is orthogonalised again
_DEPENDENT = 1e-22  # squared share of its length below which a column counts as a combination of those before it
_EXPLAINED = 1e-26  # the same of the response
_TINY = 1e-290  # squared lengths below have lost their digits


@step
def prepare(own: Any, shared: Any, starts: Any, layout: Any, work: Any) -> int:
    """Fill, clean and orthogonalise the columns of one replication; a code of `REASONS`."""
    compact()
    n = work.counts[N] = starts[0, starts.shape[1] - 1]
    _fill((own, shared), layout.terms, work.columns, n)
    for level in range(starts.shape[0]):
        for j in range(starts.shape[1]):
            work.bounds[level, j] = starts[level, j]
    _count_clusters(work)
    if not _is_finite(work):
        if _has_infinite((own, shared), layout.terms, n):
            return NOT_FINITE
        _leave_out(work)
        _count_clusters(work)
        if not _is_finite(work):
            return NOT_FINITE
    reason = _too_few(layout, work)
    if reason == OK:
        reason = _orthogonalise_x(layout, work)
    return reason if reason != OK else _orthogonalise_z(layout, work)


@step
def _count_clusters(work: Any) -> None:
    for level in range(work.bounds.shape[0]):
        clusters = 0
        while clusters < work.bounds.shape[1] - 1 and work.bounds[level, clusters] < work.counts[N]:
            clusters += 1
        work.counts[CLUSTERS + level] = clusters


@part
def _too_few(layout: Any, work: Any) -> int:
    n, reason = work.counts[N], OK
    if n == 0:
        reason = NO_ROWS
    elif n <= layout.p:
        reason = TOO_FEW_ROWS
    else:
        for level in range(layout.ends.shape[0]):
            if layout.q > 0 and work.counts[CLUSTERS + level] < 2:
                reason = TOO_FEW_CLUSTERS
        for a in range(layout.q):
            of_block = 0
            for b in range(layout.q):
                of_block += 1 if layout.blocks[a] == layout.blocks[b] else 0
            level = _level(layout, a)
            if reason == OK and work.counts[CLUSTERS + level] * of_block >= n:
                reason = TOO_MANY_RANDOM
    return reason


@part
def _level(layout: Any, a: int) -> int:
    """The level of column a of Z."""
    level = 0
    while a >= layout.ends[level]:
        level += 1
    return level


@step
def _fill(given: tuple[Any, Any], terms: Any, columns: Any, n: int) -> None:
    own, shared = given
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


@step
def _has_infinite(given: tuple[Any, Any], terms: Any, n: int) -> bool:
    (own, shared), found = given, 0
    for c in range(terms.shape[0]):
        for t in range(terms.shape[1]):
            place = terms[c, t]
            if place != ABSENT:
                source, row = (own, place) if place >= 0 else (shared, -place - 1)
                for i in range(n):
                    found |= math.isinf(source[row, i])
    return found != 0


@step
def _leave_out(work: Any) -> None:
    """Move the rows without NaN to the front; clusters left without rows vanish."""
    columns, bounds, n = work.columns, work.bounds, work.counts[N]
    last = columns.shape[0] - 1
    for c in range(last):  # the last column says of every row whether it stays: nothing below guesses a branch
        for i in range(n):
            columns[last, i] = columns[c, i] if math.isnan(columns[c, i]) else columns[last, i]
    for level in range(bounds.shape[0]):
        left = kept = row = 0
        for j in range(1, bounds.shape[1]):
            for i in range(row, bounds[level, j]):
                left += 0 if math.isnan(columns[last, i]) else 1
            row = max(row, bounds[level, j])
            if left > bounds[level, kept]:
                kept += 1
                bounds[level, kept] = left
        for j in range(kept + 1, bounds.shape[1]):
            bounds[level, j] = left
        work.counts[N] = left
    for c in range(columns.shape[0]):
        kept = 0
        for i in range(n):
            stays = 0 if math.isnan(columns[last, i]) else 1
            columns[c, kept] = columns[c, i]
            kept += stays


@part
def _orthogonalise_x(layout: Any, work: Any) -> int:
    reason = OK
    for t in range(layout.p + 1):
        kept = orthogonalise(layout, work, (0, t), (X_FAMILY, X_TRIANGLE))
        if reason == OK and t < layout.p and not kept > _DEPENDENT:
            reason = X_DEPENDENT
        if reason == OK and t == layout.p and not kept > _EXPLAINED:
            reason = NO_VARIATION
    return reason


@part
def _orthogonalise_z(layout: Any, work: Any) -> int:
    """The shared columns stand as they are in X; the others are orthogonalised within their blocks."""
    reason, small = OK, work.small
    for a in range(layout.q):
        kept = 1.0
        for b in range(layout.q):
            small[Z_TRIANGLE, b, a] = 1.0 if a == b else 0.0
            if b < a < layout.shared:
                small[Z_TRIANGLE, b, a] = small[X_TRIANGLE, b, a]
        if a >= layout.shared:
            kept = orthogonalise(layout, work, (layout.blocks[a], a), (Z_FAMILY, Z_TRIANGLE))
        if not (kept > _DEPENDENT and work.vectors[LENGTHS, a] > _TINY):
            reason = Z_DEPENDENT
    return reason


@step
def orthogonalise(layout: Any, work: Any, span: tuple[int, int], place: tuple[int, int]) -> float:
    """Take from a column of a family what lies along those before it, adding the amounts to its column of a triangle.

    The span says which is the first of those before it, and which it is itself. Modified Gram-Schmidt, again where much
    was lost (Bjorck 1996, Numerical Methods for Least Squares Problems, sec. 2.4). Returns the share of its squared
    length that is left; 0 where it had none.
    """
    compact()
    first_of, t = span
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
        for r in range(first_of, t):
            other = layout.orders[family, r]
            amount = segment_dot(columns, other, column, (0, n)) / lengths[LENGTHS, other]
            small[triangle, r, t] += amount
            segment_add(columns, column, other, (-amount, n))
        if t > first_of:
            lengths[LENGTHS, column] = segment_dot(columns, column, column, (0, n))
        left = lengths[LENGTHS, column]
        if left > _AGAIN * before or left <= 1e-4 * _EXPLAINED * first:
            break
    return float(left / first) if left > _TINY else 0.0
