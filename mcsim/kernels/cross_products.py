"""From the columns of one replication to the cross-products of its clusters, which is all a fit needs of them."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.columns import ABSENT
from mcsim.kernels.compiled import compiled
from mcsim.kernels.lanes import segment_dot
from mcsim.kernels.reasons import (
    NO_VARIATION,
    NOT_FINITE,
    OK,
    TOO_FEW_CLUSTERS,
    TOO_FEW_ROWS,
    TOO_MANY_RANDOM,
    X_DEPENDENT,
    Z_DEPENDENT,
)

Floats = npt.NDArray[np.float64]

_AGAIN = 0.01  # a column that kept less than this share of its squared length is orthogonalised again
_DEPENDENT = 1e-22  # squared share of its length below which a column counts as a combination of those before it
_EXPLAINED = 1e-26  # the same of the response
_TINY = 1e-290  # squared lengths below have lost their digits


class Prepared(NamedTuple):
    """The columns of one replication, and what was done to them."""

    columns: Floats
    """(c, n) the columns of `Layout.terms`, orthogonalised in place."""
    bounds: npt.NDArray[np.int64]
    """(J + 1,) where each cluster begins, and n."""
    x_triangle: Floats
    """(p + 1, p + 1) unit upper triangle: the columns of `Layout.family` as given = as orthogonalised times this."""
    z_triangle: Floats
    """(q, q) the same of the columns of Z."""
    lengths: Floats
    """(c,) squared lengths of the columns as they are left."""
    counts: npt.NDArray[np.int64]
    """(2,) rows and clusters that are left."""


@compiled
def prepare(own: Any, shared: Any, starts: Any, layout: Any, prepared: Any) -> int:
    """Fill, clean and orthogonalise the columns of one replication; a code of `REASONS`."""
    _fill(own, shared, layout.terms, prepared.columns)
    prepared.counts[0], prepared.counts[1] = own.shape[1], starts.shape[0] - 1
    prepared.bounds[:] = starts
    if not _is_finite(prepared):
        if _has_infinite(own, shared, layout.terms):
            return NOT_FINITE
        _leave_out(starts, prepared)
        if not _is_finite(prepared):
            return NOT_FINITE
    rows, clusters = prepared.counts[0], prepared.counts[1]
    q, p = layout.random_order.shape[0], layout.fixed_order.shape[0]
    if rows <= p:
        return TOO_FEW_ROWS
    if clusters < 2:
        return TOO_FEW_CLUSTERS
    if clusters * (q if layout.correlated else 1) >= rows:
        return TOO_MANY_RANDOM
    return _orthogonalise_all(layout, prepared)


@compiled
def _fill(own: Any, shared: Any, terms: Any, columns: Any) -> None:
    n = own.shape[1]
    for c in range(terms.shape[0]):
        empty = True
        for place in terms[c]:
            if place == ABSENT:
                continue
            source, row = (own, place) if place >= 0 else (shared, -place - 1)
            for i in range(n):
                columns[c, i] = source[row, i] if empty else columns[c, i] * source[row, i]
            empty = False
        if empty:
            for i in range(n):
                columns[c, i] = 1.0


@compiled
def _is_finite(prepared: Any) -> bool:
    """Whether the squared lengths of all columns are finite; sets them."""
    finite = True
    for c in range(prepared.columns.shape[0]):
        prepared.lengths[c] = segment_dot(prepared.columns, c, c, (0, prepared.counts[0]))
        finite = finite and math.isfinite(prepared.lengths[c])
    return finite


@compiled
def _has_infinite(own: Any, shared: Any, terms: Any) -> bool:
    for c in range(terms.shape[0]):
        for place in terms[c]:
            if place != ABSENT:
                source, row = (own, place) if place >= 0 else (shared, -place - 1)
                for i in range(own.shape[1]):
                    if math.isinf(source[row, i]):
                        return True
    return False


@compiled
def _leave_out(starts: Any, prepared: Any) -> None:
    """Move the rows without NaN to the front; clusters left without rows vanish."""
    columns, bounds = prepared.columns, prepared.bounds
    rows = clusters = 0
    for j in range(starts.shape[0] - 1):
        for i in range(starts[j], starts[j + 1]):
            complete = True
            for c in range(columns.shape[0]):
                complete = complete and not math.isnan(columns[c, i])
            if complete:
                for c in range(columns.shape[0]):
                    columns[c, rows] = columns[c, i]
                rows += 1
        if rows > bounds[clusters]:
            clusters += 1
            bounds[clusters] = rows
    prepared.counts[0], prepared.counts[1] = rows, clusters


@compiled
def _orthogonalise_all(layout: Any, prepared: Any) -> int:
    q, p = layout.random_order.shape[0], layout.fixed_order.shape[0]
    prepared.z_triangle[:] = 0.0
    prepared.x_triangle[:] = 0.0
    for t in range(p + 1):
        column = layout.family[t]
        kept = _orthogonalise(prepared, layout.family, t, prepared.x_triangle)
        if t < p and not kept > _DEPENDENT:
            return X_DEPENDENT
        if t == p and not kept > _EXPLAINED:
            return NO_VARIATION
        if column < layout.shared:
            for r in range(t):
                prepared.z_triangle[r, column] = prepared.x_triangle[r, t]
    for a in range(q):
        prepared.z_triangle[a, a] = 1.0
        kept = 1.0
        if layout.correlated and a >= layout.shared:
            kept = _orthogonalise(prepared, layout.z_family, a, prepared.z_triangle)
        if not (kept > _DEPENDENT and prepared.lengths[a] > _TINY):
            return Z_DEPENDENT
    return OK


@compiled
def _orthogonalise(prepared: Any, family: Any, t: int, triangle: Any) -> float:
    """Take from column `family[t]` what lies along those before it, adding the amounts to column t of the triangle.

    Modified Gram-Schmidt, again where much was lost (Bjorck 1996, Numerical Methods for Least Squares Problems,
    sec. 2.4). Returns the share of its squared length that is left; 0 where it had none.
    """
    columns, lengths, n = prepared.columns, prepared.lengths, prepared.counts[0]
    column = family[t]
    first = lengths[column]
    triangle[t, t] = 1.0
    if not first > _TINY:
        return 0.0
    for _ in range(3):
        before = lengths[column]
        for r in range(t):
            other = family[r]
            amount = segment_dot(columns, other, column, (0, n)) / lengths[other]
            triangle[r, t] += amount
            for i in range(n):
                columns[column, i] -= amount * columns[other, i]
        if t > 0:
            lengths[column] = segment_dot(columns, column, column, (0, n))
        if lengths[column] > _AGAIN * before or lengths[column] <= _EXPLAINED * 1e-4 * first:
            break
    return float(lengths[column] / first) if lengths[column] > _TINY else 0.0


@compiled
def cross_products(layout: Any, prepared: Any, cross: Any) -> None:
    """Z_j'[Z_j | X_j | y_j] of every cluster with all columns at unit root mean square; row a c + b is (a, b).

    Places after the last cluster are set to zero, which adds nothing to any sum.
    """
    columns, bounds = prepared.columns, prepared.bounds
    rows, clusters = prepared.counts[0], prepared.counts[1]
    q, c = layout.random_order.shape[0], layout.terms.shape[0]
    for a in range(q):
        for b in range(a, c):
            factor = rows / (math.sqrt(prepared.lengths[a]) * math.sqrt(prepared.lengths[b]))
            out = a * c + b
            for j in range(clusters):
                cross[out, j] = factor * segment_dot(columns, a, b, (bounds[j], bounds[j + 1]))
            for j in range(clusters, cross.shape[1]):
                cross[out, j] = 0.0
            if b < q and b > a:
                for j in range(cross.shape[1]):
                    cross[b * c + a, j] = cross[out, j]
