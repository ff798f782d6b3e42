"""The columns of a regression: filled, cleaned of missing rows, freed of cluster means and orthogonalised.

Modified Gram-Schmidt, each column again where it lost most of its length (Björck 1996, Numerical Methods for Least
Squares Problems, sec. 2.4), so that an offset in y or in a predictor costs no digits, as it would in the normal
equations.
"""

import math
from typing import Any

from mcsim.kernels.columns import ABSENT
from mcsim.kernels.compiled import compiled
from mcsim.kernels.lanes import segment_add, segment_dot
from mcsim.kernels.reasons import CONSTANT_WITHIN, OK
from mcsim.kernels.regression import ABSORBED_MEANS, GROUPS, KEPT, LEFT, LENGTHS, TRIANGLE, N

DEPENDENT = 1e-12  # a column counts as a combination of those before it if no more than this share of it is left
_AGAIN = 0.1  # a column that kept less than this share of its length is orthogonalised once more


@compiled
def load(own: Any, shared: Any, term: Any, out: Any) -> None:
    """The product of a term's columns; without any, 1."""
    empty = True
    for place in term:
        if place == ABSENT:
            continue
        column = own[place] if place >= 0 else shared[-place - 1]
        for i in range(out.shape[0]):
            out[i] = column[i] if empty else out[i] * column[i]
        empty = False
    if empty:
        out[:] = 1.0


@compiled
def is_constant(term: Any) -> bool:
    """Whether a term has no columns: it is an intercept."""
    return bool(term.min() == ABSENT)


@compiled
def measure(room: Any, length: Any) -> bool:
    """The length of every column; False if one is not finite."""
    finite = True
    for j in range(room.columns.shape[0] - 1):
        length[j] = math.sqrt(segment_dot(room.columns, j, j, (0, room.counts[N])))
        finite = finite and math.isfinite(length[j])
    return finite


@compiled
def leave_out(room: Any) -> None:
    """Move the rows without NaN to the front; clusters left without rows vanish."""
    columns, bounds = room.columns, room.bounds
    n = groups = first = 0
    for j in range(bounds.shape[0] - 1):
        last = bounds[j + 1]
        for i in range(first, last):
            lacks = 0  # counted without a branch to guess
            for c in range(columns.shape[0] - 1):
                lacks |= math.isnan(columns[c, i])
                columns[c, n] = columns[c, i]
            n += 1 - lacks
        first = last
        if n > bounds[groups]:
            groups += 1
            bounds[groups] = n
    room.counts[N], room.counts[GROUPS] = n, groups


@compiled
def keep_all(room: Any) -> None:
    """Every term has a coefficient, and none of it lies in the means of clusters."""
    room.counts[KEPT], room.counts[ABSORBED_MEANS] = room.columns.shape[0] - 2, 0
    for j in range(room.columns.shape[0] - 1):
        room.vectors[LEFT, j] = room.vectors[LENGTHS, j]
        if j < room.counts[KEPT]:
            room.places[j] = j


@compiled
def absorb_means(room: Any, aside: Any) -> None:
    """Take the mean of its cluster from every row; terms of which nothing is left are set aside, with the reason."""
    p, kept = aside.shape[0], 0
    for j in range(p + 1):
        _demean(room, j)
        length = room.vectors[LENGTHS, j]
        left = math.sqrt(segment_dot(room.columns, j, j, (0, room.counts[N])))
        if j < p:
            if aside[j] == OK and left <= DEPENDENT * length:
                aside[j] = CONSTANT_WITHIN
            if aside[j] != OK:
                continue
            room.places[kept] = j
        for i in range(room.counts[N]):
            room.columns[kept, i] = room.columns[j, i]
        room.vectors[LENGTHS, kept], room.vectors[LEFT, kept] = length, left
        kept += 1
    room.counts[KEPT], room.counts[ABSORBED_MEANS] = kept - 1, room.counts[GROUPS]


@compiled
def _demean(room: Any, j: int) -> None:
    """Twice, since the mean of what is left tells what the rounding of the first mean was."""
    columns, bounds = room.columns, room.bounds
    ones = columns.shape[0] - 1
    for g in range(room.counts[GROUPS]):
        rows = (bounds[g], bounds[g + 1])
        for _ in range(2):
            mean = segment_dot(columns, ones, j, rows) / (rows[1] - rows[0])
            for i in range(rows[0], rows[1]):
                columns[j, i] -= mean


@compiled
def orthogonalise(room: Any, j: int) -> float:
    """Take from column j what lies along those before it, adding the amounts to R; the length that is left."""
    columns, n, r = room.columns, room.counts[N], room.small[TRIANGLE]
    for i in range(j):
        r[i, j] = 0.0
    length = room.vectors[LEFT, j]
    before, left = math.inf, length
    while left < _AGAIN * before and j > 0 and left > DEPENDENT * 1e-6 * length:
        before = left
        for i in range(j):
            amount = segment_dot(columns, i, j, (0, n))
            r[i, j] += amount
            segment_add(columns, j, i, (-amount, n))
        left = math.sqrt(segment_dot(columns, j, j, (0, n)))
    r[j, j] = left
    return float(left)


@compiled
def to_unit(room: Any, j: int) -> None:
    """Scale a column to length 1."""
    factor = 1.0 / room.small[TRIANGLE, j, j]
    for i in range(room.counts[N]):
        room.columns[j, i] *= factor
