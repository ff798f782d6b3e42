"""Where clusters start when the sizes of the innermost are drawn anew in every replication.

One standard normal a cluster decides: the first run of normals in a replication's stream.
"""

from typing import Any

import numpy as np

from mcsim.kernels.compiled import compiled
from mcsim.kernels.normals import fill_standard_normals
from mcsim.kernels.shapes import steps_below


@compiled
def put_starts(thresholds: Any, normals: Any, members: Any, starts: Any) -> None:
    """Write the row at which each cluster of a replication starts.

    Parameters
    ----------
    thresholds : array (m,)
        Ascending; a cluster has one row, and one more for each threshold below its normal.
    normals : array (k,)
        One for each innermost cluster; those beyond them have one row.
    members : array (levels, J + 1) of int64
        The innermost cluster that each cluster of a level starts with, and J in all places that are left.
    starts : array (levels, J + 1) of int64
        Overwritten.
    """
    clusters = members.shape[1] - 1
    starts[0, 0] = 0
    for j in range(clusters):
        starts[0, j + 1] = starts[0, j] + 1
        if j < normals.shape[0]:
            starts[0, j + 1] += steps_below(thresholds, 0, thresholds.shape[0], normals[j])
    for level in range(1, members.shape[0]):
        for j in range(clusters + 1):
            starts[level, j] = starts[0, members[level, j]]


@compiled
def put_all_starts(thresholds: Any, stream: Any, members: Any, alone: int, starts: Any) -> None:
    """Write where the clusters of consecutive replications start, (R, levels, J + 1).

    Parameters
    ----------
    thresholds : array (m,)
        As in `put_starts`.
    stream : tuple of array (2,) of uint64, int
        The Philox key, and the first replication.
    members : array (levels, J + 1) of int64
        As in `put_starts`.
    alone : int
        How many of the last clusters have one row.
    starts : array (R, levels, J + 1) of int64
        Overwritten.
    """
    key, first = stream
    normals = np.empty(members.shape[1] - 1)
    for r in range(starts.shape[0]):
        fill_standard_normals(key, first + r, normals)
        put_starts(thresholds, normals[: normals.shape[0] - alone], members, starts[r])


@compiled
def put_labels(starts: Any, labels: Any) -> None:
    """Write the cluster of every row, counted from 1, (levels, R, rows), from `starts` (R, levels, J + 1)."""
    for r in range(starts.shape[0]):
        for level in range(starts.shape[1]):
            of_rep = labels[level, r]
            for j in range(starts.shape[2] - 1):
                of_rep[starts[r, level, j] : starts[r, level, j + 1]] = j + 1
