"""Which values go missing: those with the largest scores, as many as a rate says.

A score is ``strength * (value - mean) / SD + a standard normal``. A number of values that is not whole is rounded up or
down at random, so that its mean is exactly as stated. The standard normals of a replication are drawn beforehand: the
first is for rounding.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.compiled import compiled, step
from mcsim.kernels.lanes import segment_dot
from mcsim.kernels.normals import fill_standard_normals

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

JUMP = 1
"""The third word of the counter from which the normals of missing data are drawn."""

VALUES, THERE, SCORES, SPARE = (np.int64(row) for row in range(4))  # numbers of numba's, as `segment_dot` takes them
"""The rows of the room, (4, n), in which candidates are scored."""


class Holed(NamedTuple):
    """The columns of R replications that values go missing in."""

    own: Floats
    """(R, C, n) columns, one of which gets the holes."""
    of: int
    """Which one."""
    on: Floats
    """(R, n) or (1, n) the values that decide, as they were without holes."""
    rows: Integers
    """(R,) how many rows each replication has."""
    starts: Integers
    """(R, J + 1) or (1, J + 1) where clusters start; the number of rows stands in all places that are left."""


@compiled
def draw_normals(key: Any, first: int, out: Any) -> None:
    """Fill each row of `out` (R, m) with normals of one replication's jumped stream, from replication `first` on."""
    for r in range(out.shape[0]):
        fill_standard_normals(key, first + r, out[r], JUMP)


@compiled
def hide_rows(holed: Any, normals: Any, numbers: Any) -> None:
    """Make holes in single rows.

    Parameters
    ----------
    holed : Holed
        Its `own` is overwritten; `starts` are not looked at.
    normals : array (R, 1 + n)
        For rounding, then one a row.
    numbers : tuple of float, float
        The rate, of the values that are there, and the strength.
    """
    rate, strength = numbers
    n = holed.own.shape[2]
    places, room = np.empty(n, np.int64), np.zeros((4, n))
    for r in range(holed.own.shape[0]):
        column, on, count = holed.own[r, holed.of], holed.on[r % holed.on.shape[0]], 0
        for i in range(holed.rows[r]):
            if not math.isnan(column[i]):
                places[count], room[SCORES, count] = i, normals[r, 1 + i]
                if strength != 0.0:
                    room[VALUES, count] = on[i]
                count += 1
        _hide_largest(column, places, room, count, (strength, math.floor(rate * count + _uniform(normals[r, 0]))))


@compiled
def hide_later_rows(holed: Any, normals: Any, numbers: Any) -> None:
    """Make holes in single rows after the first of a cluster, one occasion after the other.

    The value that decides is the last one of the same column and cluster that is still there. So nothing that is
    missing has a part in it.

    Parameters
    ----------
    holed : Holed
        Its `own` is overwritten; `on` is not looked at.
    normals : array (R, 1 + n)
        For rounding, then one a row.
    numbers : tuple of float, float
        The rate, of the values that are there after first rows, and the strength.
    """
    rate, strength = numbers
    J = holed.starts.shape[1] - 1
    places, room, seen = np.empty(J, np.int64), np.zeros((4, J)), np.empty(J)
    for r in range(holed.own.shape[0]):
        column, starts = holed.own[r, holed.of], holed.starts[r % holed.starts.shape[0]]
        uniform, so_far = _uniform(normals[r, 0]), 0
        clusters, last = _size(starts)
        seen[:] = math.nan
        for t in range(1, last + 1):
            count = 0
            for j in range(clusters):
                i = starts[j] + t
                if i < starts[j + 1]:
                    seen[j] = seen[j] if math.isnan(column[i - 1]) else column[i - 1]
                    places[count], room[SCORES, count], room[VALUES, count] = i, normals[r, 1 + i], seen[j]
                    count += 0 if math.isnan(column[i]) else 1
            wanted = math.floor(rate * (so_far + count) + uniform) - math.floor(rate * so_far + uniform)
            _hide_largest(column, places, room, count, (strength, wanted))
            so_far += count


@compiled
def hide_ends(holed: Any, normals: Any, numbers: Any) -> None:
    """Make holes from some row on to the end of a cluster: it drops out, and stays out.

    Parameters
    ----------
    holed : Holed
        Its `own` is overwritten.
    normals : array (R, 1 + m)
        For rounding, then one a cluster whenever some drop out; m as `most_for_ends` says.
    numbers : tuple of float, float, float
        The share of clusters that have dropped out by the last row of the longest; the shape; the strength, which
        weighs the last value before.
    """
    rate, shape, strength = numbers
    J = holed.starts.shape[1] - 1
    places, room, out = np.empty(J, np.int64), np.zeros((4, J)), np.empty(J, np.bool_)
    for r in range(holed.own.shape[0]):
        column, on = holed.own[r, holed.of], holed.on[r % holed.on.shape[0]]
        starts, uniform = holed.starts[r % holed.starts.shape[0]], _uniform(normals[r, 0])
        clusters, last = _size(starts)
        out[:] = False
        lost, used = 0, 1
        for t in range(1, last + 1):
            share = min(rate, -math.expm1(math.log1p(-rate) * (t / last) ** shape))
            wanted = math.floor(clusters * share + uniform) - lost
            if wanted <= 0:
                continue
            count = 0
            for j in range(clusters):
                if not out[j]:
                    places[count], room[SCORES, count] = j, normals[r, used + j]
                    if strength != 0.0:
                        room[VALUES, count] = _last_seen(on, starts[j], min(starts[j] + t, starts[j + 1]))
                    count += 1
            least = _least_of_largest(room, count, strength, wanted)
            for c in range(count):
                if room[SCORES, c] >= least:
                    j = places[c]
                    out[j] = True
                    column[min(starts[j] + t, starts[j + 1]) : starts[j + 1]] = math.nan
            lost, used = lost + wanted, used + clusters


def most_for_ends(holed: Holed, rate: float) -> int:
    """How many normals `hide_ends` may take for a replication, beside that for rounding."""
    clusters = int(holed.starts.shape[1]) - 1
    longest = int(np.diff(holed.starts, axis=1).max(initial=1))
    return clusters * min(longest - 1, math.ceil(clusters * rate))


@step
def _uniform(normal: float) -> float:
    """A standard normal as a uniform on (0, 1)."""
    return 0.5 * math.erfc(-normal * math.sqrt(0.5))


@step
def _size(starts: Any) -> tuple[int, int]:
    """How many clusters there are, and how many rows the longest has after its first."""
    clusters = longest = 0
    for j in range(starts.shape[0] - 1):
        size = starts[j + 1] - starts[j]
        clusters += 1 if size > 0 else 0
        longest = max(longest, size)
    return clusters, longest - 1


@step
def _last_seen(values: Any, start: int, end: int) -> float:
    """The last value that is no NaN from `start` to before `end`; NaN if there is none."""
    for i in range(end - 1, start - 1, -1):
        if not math.isnan(values[i]):
            return float(values[i])
    return math.nan


@step
def _hide_largest(column: Any, places: Any, room: Any, count: int, numbers: tuple[float, int]) -> None:
    """Make holes in a column at those of so many places that have the largest scores."""
    strength, wanted = numbers
    if wanted > 0:
        least = _least_of_largest(room, count, strength, wanted)
        for c in range(count):
            value = column[places[c]]
            column[places[c]] = math.nan if room[SCORES, c] >= least else value


@step
def _least_of_largest(room: Any, count: int, strength: float, wanted: int) -> float:
    """Add to the scores of candidates what their values say, and return the smallest of the so many largest."""
    if strength != 0.0:
        for i in range(count):  # a value that is not there says nothing
            there = 1.0 if math.isfinite(room[VALUES, i]) else 0.0
            room[THERE, i] = there
            room[VALUES, i] = room[VALUES, i] if there else 0.0
        span = (0, count)
        mean = segment_dot(room, VALUES, THERE, span) / segment_dot(room, THERE, THERE, span)
        for i in range(count):
            room[VALUES, i] = (room[VALUES, i] - mean) * room[THERE, i]
        variance = segment_dot(room, VALUES, VALUES, span) / segment_dot(room, THERE, THERE, span)
        if variance > 0.0:
            weight = strength / math.sqrt(variance)
            for i in range(count):
                room[SCORES, i] += weight * room[VALUES, i]
    for i in range(count):
        room[SPARE, i] = room[SCORES, i]
    return _select(room[SPARE], count, count - wanted)


@step
def _select(numbers: Any, count: int, place: int) -> float:
    """The number that would stand at a place if the first so many were sorted; it reorders them.

    Hoare's selection, which is linear on average, with the median of three as pivot and a partition without a branch
    that a processor would have to guess.
    """
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        first, last = numbers[low], numbers[high]
        pivot = max(min(first, numbers[middle]), min(max(first, numbers[middle]), last))
        at = low if pivot == first else middle if pivot == numbers[middle] else high
        numbers[at] = last
        kept = low
        for i in range(low, high):
            here = numbers[i]
            numbers[i] = numbers[kept]
            numbers[kept] = here
            kept += 1 if here < pivot else 0
        numbers[high] = numbers[kept]
        numbers[kept] = pivot
        if kept == place:
            break
        low, high = (kept + 1, high) if kept < place else (low, kept - 1)
    return float(numbers[place])
