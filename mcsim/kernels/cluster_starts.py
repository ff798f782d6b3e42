"""Where clusters begin that differ between replications, from labels that never decrease from one row to the next.

The labels of a grouping factor are (C, R, n), or (C, 1, n) where all replications have the same: C columns, of which
the last counts first, so that those of classroom:school may begin anew in every school. A replication has its first
so many rows; the places beyond are not looked at.
"""

from typing import Any

from mcsim.kernels.compiled import compiled


@compiled
def count_clusters(labels: Any, rows: Any, counts: Any) -> bool:
    """Count the clusters of each replication; False if a label is lower than the one before.

    Parameters
    ----------
    labels : array (C, R or 1, n) of int64
        The labels.
    rows : array (R,) of int64
        How many rows each replication has.
    counts : array (R,) of int64
        Overwritten.
    """
    for rep in range(rows.shape[0]):
        of_rep = labels[:, rep % labels.shape[1]]
        clusters = 1 if rows[rep] > 0 else 0
        for i in range(1, rows[rep]):
            step = _step(of_rep, i)
            if step < 0:
                return False
            clusters += step
        counts[rep] = clusters
    return True


@compiled
def set_starts(labels: Any, rows: Any, starts: Any) -> None:
    """Write where each cluster begins.

    Parameters
    ----------
    labels, rows : array
        As in `count_clusters`, which found every label to be no lower than the one before.
    starts : array (R, J + 1) of int64
        Overwritten, with the number of rows in all places that are left.
    """
    for rep in range(rows.shape[0]):
        of_rep, clusters = labels[:, rep % labels.shape[1]], 0
        for i in range(rows[rep]):
            if i == 0 or _step(of_rep, i) > 0:
                starts[rep, clusters] = i
                clusters += 1
        for j in range(clusters, starts.shape[1]):
            starts[rep, j] = rows[rep]


@compiled
def _step(labels: Any, i: int) -> int:
    """0 if a row has the labels of the row before; else 1, or -1 if the first that differs is lower."""
    for c in range(labels.shape[0] - 1, -1, -1):
        if labels[c, i] != labels[c, i - 1]:
            return 1 if labels[c, i] > labels[c, i - 1] else -1
    return 0


@compiled
def are_nested(inner: Any, outer: Any) -> bool:
    """Whether in every replication that has rows each inner cluster lies in one outer cluster, and they are more.

    Parameters
    ----------
    inner, outer : array (R, .) of int64
        Where the clusters of two grouping factors begin, as `set_starts` writes it.
    """
    for rep in range(inner.shape[0]):
        n, at, more = inner[rep, inner.shape[1] - 1], 0, False
        for j in range(outer.shape[1] - 1):
            while inner[rep, at] < outer[rep, j]:
                at, more = at + 1, True
            if inner[rep, at] != outer[rep, j]:
                return False
            at += 1 if inner[rep, at] < n else 0
        if n > 0 and not (more or inner[rep, at] < n):
            return False
    return True
