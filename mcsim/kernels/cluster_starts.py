"""Where clusters begin that differ between replications, from labels that never decrease from one row to the next.

The labels of a grouping factor are (R, C, n), or (1, C, n) where all replications have the same: C columns, of which
the last counts first, so that those of classroom:school may begin anew in every school. A replication has its first
so many rows; the places beyond are not looked at.
"""

from typing import Any

from mcsim.kernels.compiled import compiled, part
from mcsim.kernels.lanes import LANES


@compiled
def find_starts(labels: Any, rows: Any, counts: Any, found: Any) -> bool:
    """List the rows at which clusters begin; False if a label is lower than the one before.

    Parameters
    ----------
    labels : array (R or 1, C, n) of int64
        The labels.
    rows : array (R,) of int64
        How many rows each replication has.
    counts : array (R,) of int64
        Overwritten with the number of clusters of each.
    found : array (.,) of int64
        Overwritten with the starts of the first replication, of the second, and so on; as long as all rows together.
    """
    at = 0
    for rep in range(rows.shape[0]):
        of_rep, first, n = labels[rep % labels.shape[0]], at, rows[rep]
        if n > 0:
            found[at] = 0
            at += 1
        for begin in range(1, n, LANES):
            end = min(begin + LANES, n)
            if end == begin + LANES and _is_one_cluster(of_rep, begin):
                continue
            for i in range(begin, end):
                c = of_rep.shape[0] - 1
                while c >= 0 and of_rep[c, i] == of_rep[c, i - 1]:
                    c -= 1
                if c >= 0:
                    if of_rep[c, i] < of_rep[c, i - 1]:
                        return False
                    found[at] = i
                    at += 1
        counts[rep] = at - first
    return True


@part
def _is_one_cluster(labels: Any, begin: int) -> bool:
    """Whether so many rows have the labels of the row before; without branches, so that all are compared at once."""
    differ = 0
    for c in range(labels.shape[0]):
        here, before = labels[c, begin : begin + LANES], labels[c, begin - 1 : begin - 1 + LANES]
        for i in range(LANES):
            differ |= here[i] ^ before[i]
    return differ == 0


@compiled
def set_starts(found: Any, counts: Any, rows: Any, starts: Any) -> None:
    """Put what `find_starts` found into one row for each replication.

    Parameters
    ----------
    found, counts, rows : array
        As in `find_starts`.
    starts : array (R, J + 1) of int64
        Overwritten; the number of rows stands in all places that are left.
    """
    at = 0
    for rep in range(rows.shape[0]):
        for j in range(starts.shape[1]):
            starts[rep, j] = found[at + j] if j < counts[rep] else rows[rep]
        at += counts[rep]


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
