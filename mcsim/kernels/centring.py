"""The means of clusters and deviations from them, as columns beside those they are made from."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.kernels.compiled import compiled, step

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Clusters(NamedTuple):
    """Which rows belong together; the first axis is as long as there are replications, or 1 if all have the same."""

    rows: Integers
    """(R or 1, m) the rows that have a cluster, those of one cluster together; they add up in this order."""
    starts: Integers
    """(R or 1, J + 1) the place in `rows` where each cluster starts, and m."""


@compiled
def set_centred(columns: Any, plan: Any, clusters: Any) -> None:
    """Write the means of clusters, and deviations from them, into columns.

    Each replication comes out the same, bit for bit, whichever others there are. Missing values are left out of the
    means. Where the values of a cluster are all equal, so is their mean to them, and deviations are exactly 0. A mean
    that is not finite is infinite, so that nobody takes infinite values for missing ones.

    Parameters
    ----------
    columns : array (R, C, n)
        Written to in place; rows without a cluster stay as they are.
    plan : array (k, 3) of int64
        The places in C of a column, of the means made from it, and of the deviations; -1 for what is not wanted.
    clusters : Clusters
        The clusters of the rows.
    """
    room = np.empty(columns.shape[2])
    for rep in range(columns.shape[0]):
        rows = clusters.rows[rep % clusters.rows.shape[0]]
        starts = clusters.starts[rep % clusters.starts.shape[0]]
        for which in range(plan.shape[0]):
            source, means, deviations = plan[which]
            values = columns[rep, source]
            for j in range(len(starts) - 1):
                members = rows[starts[j] : starts[j + 1]]
                mean = _mean(values, members, room)
                if means >= 0:
                    for row in members:
                        columns[rep, means, row] = mean
                if deviations >= 0:
                    for row in members:
                        columns[rep, deviations, row] = values[row] if math.isinf(values[row]) else values[row] - mean


@step
def _mean(values: Any, rows: Any, room: Any) -> float:
    """The mean of the values in some rows, NaN if none has one; infinite if it is not finite."""
    count = 0
    for row in rows:
        if not math.isnan(values[row]):
            room[count] = values[row]
            count += 1
    if count == 0:
        return math.nan
    mean = _sum_above(0.0, room, count) / count
    return mean + _sum_above(mean, room, count) / count if math.isfinite(mean) else math.inf


@step
def _sum_above(level: float, values: Any, count: int) -> float:
    """The sum of the first so many values less a level; four sums side by side, since each addition waits for one."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = count // 4 * 4
    for k in range(0, whole, 4):
        a += values[k] - level
        b += values[k + 1] - level
        c += values[k + 2] - level
        d += values[k + 3] - level
    for k in range(whole, count):
        a += values[k] - level
    return (a + b) + (c + d)
