"""The grouping factors of a data set as nested levels: which rows lie together, from the innermost to the outermost."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.errors import DataError
from mcsim.formula import Formula

Integers = npt.NDArray[np.int64]
Labels = Mapping[str, npt.NDArray[Any]]


class Level(NamedTuple):
    """The clusters of one grouping factor, their rows together."""

    group: str
    """The grouping factor as the formula names it."""
    starts: Integers
    """(J + 1,) the row at which each of its J clusters starts, and the number of rows; (R, J + 1) where R replications
    differ, with the number of rows in all places that are left."""


class NestedLevels(NamedTuple):
    """How to order rows so that the clusters of every level are contiguous, and where they are then."""

    rows: Integers | None
    """(n,) the rows in order; None if they are in order as they stand."""
    levels: tuple[Level, ...]
    """One a grouping factor, from the innermost, which has most clusters, to the outermost."""


class _Partition(NamedTuple):
    """One grouping factor, looked at once for each run of rows that have every label in common."""

    group: str
    codes: Integers
    """(m,) the cluster of each run, numbered from 0 in the order of labels."""
    size: int
    """The number of clusters."""


def nested_levels(formula: Formula, labels: Labels, words: Mapping[str, Any] | None = None) -> NestedLevels:
    """Order rows by nested grouping factors.

    Rows of one cluster keep their order. Where the clusters of every level are contiguous, so do all rows; else
    clusters are ordered by their labels, outer levels first. ``classroom:school`` has a cluster for each combination
    of labels that occurs.

    Parameters
    ----------
    formula : Formula
        With random effects.
    labels : mapping of str to array (n,)
        The values of each of the formula's `grouping_columns`, none missing.
    words : mapping of str to sequence, optional
        If `labels` are numbers from 0, what each number stands for; messages show it.

    Raises
    ------
    DataError
        If the rows of a cluster lie in several clusters of a level further out; if two grouping factors have the
        same clusters; if labels cannot be sorted.
    """
    first = next(iter(labels.values()))
    if not len(first):
        return NestedLevels(None, tuple(Level(group, np.zeros(2, dtype=np.int64)) for group in formula.groups))
    starts = _run_starts(labels, len(first))
    heads = starts[:-1]
    codes = {name: _codes(name, column[heads]) for name, column in labels.items()}
    partitions = [_combined(group, [codes[name] for name in names]) for group, names in formula.factors.items()]
    inside_out = sorted(partitions, key=lambda partition: -partition.size)
    for inner, outer in pairwise(inside_out):
        if not _is_nested(inner, outer):
            heads_of: dict[str, Any] = {name: column[heads] for name, column in labels.items()}
            if words is not None:
                heads_of = {name: [words[name][code] for code in column] for name, column in heads_of.items()}
            raise DataError(_crossed(formula, (inner, outer), heads_of))
        if inner.size == outer.size:
            raise DataError(_same(inner, outer))
    return _ordered(inside_out, starts)


def levels_of_each(formula: Formula, labels: Labels, rows: Integers) -> tuple[Level, ...] | None:
    """The levels of replications whose clusters differ, all with rows in order as they stand.

    Parameters
    ----------
    formula : Formula
        With random effects.
    labels : mapping of str to array (R, n) or (n,)
        The values of each of the formula's `grouping_columns`; (n,) where all replications have the same.
    rows : array (R,) of int64
        How many rows each replication has.

    Returns
    -------
    tuple of Level, or None
        From the innermost to the outermost. None where this cannot be told of all replications at once: labels are no
        whole numbers or decrease from one row to the next (of a combination those of its last column count first, or
        those of its first), or grouping factors are not nested. `nested_levels` then says what is the matter with one
        replication.
    """
    from mcsim.kernels.cluster_starts import are_nested

    if not len(rows) or any(column.dtype.kind not in "iub" for column in labels.values()):
        return None
    found, rows = [], np.array(rows, dtype=np.int64)  # writeable: one compiled form
    for group, names in formula.factors.items():
        starts = _starts_of_each([labels[name] for name in names], rows)
        if starts is None:
            return None
        found.append(Level(group, starts))
    levels = tuple(sorted(found, key=lambda level: -level.starts.shape[1]))
    return levels if all(are_nested(inner.starts, outer.starts) for inner, outer in pairwise(levels)) else None


def _starts_of_each(columns: Sequence[npt.NDArray[Any]], rows: Integers) -> Integers | None:
    """(R, J + 1) where the clusters of one grouping factor start; None if its labels are not in order."""
    from mcsim.kernels.cluster_starts import find_starts, set_starts

    alike = np.broadcast_arrays(*map(np.atleast_2d, columns))
    counts, found = np.empty(len(rows), dtype=np.int64), np.empty(rows.sum(), dtype=np.int64)
    for order in (alike, alike[::-1])[: len(alike)]:
        labels = np.stack(order, axis=1) if len(order) > 1 else order[0][:, None]
        labels = np.ascontiguousarray(labels, dtype=np.int64).view()
        labels.flags.writeable = False  # one compiled form
        if find_starts(labels, rows, counts, found):
            starts = np.empty((len(rows), counts.max() + 1), dtype=np.int64)
            set_starts(found, counts, rows, starts)
            return starts
    return None


def _run_starts(labels: Labels, n: int) -> Integers:
    """Where rows start that have every label in common with the row before, and n."""
    changed = np.zeros(n - 1, dtype=bool)
    for column in labels.values():
        changed |= column[1:] != column[:-1]
    return np.concatenate([[0], np.flatnonzero(changed) + 1, [n]]).astype(np.int64)


def _codes(name: str, labels: npt.NDArray[Any]) -> Integers:
    """Labels (m,) as numbers from 0 in their order."""
    try:
        if np.all(labels[1:] >= labels[:-1]):  # mostly so, and quicker
            return np.concatenate([[0], np.cumsum(labels[1:] != labels[:-1])]).astype(np.int64)
        return np.unique(labels, return_inverse=True)[1].astype(np.int64)
    except TypeError:
        kinds = sorted({type(label).__name__ for label in labels})
        raise DataError(f"the grouping factor {name} has labels that cannot be sorted: {', '.join(kinds)}") from None


def _combined(group: str, codes: list[Integers]) -> _Partition:
    """The combinations that occur, ordered by the last of the columns first."""
    *others, combined = codes
    for other in reversed(others):
        combined = _codes(group, combined * (other.max() + 1) + other)
    return _Partition(group, combined, int(combined.max()) + 1)


def _is_nested(inner: _Partition, outer: _Partition) -> bool:
    """Whether each cluster of the one lies in one cluster of the other."""
    return bool(np.all(_outer_of(inner, outer)[inner.codes] == outer.codes))


def _outer_of(inner: _Partition, outer: _Partition) -> Integers:
    """(J,) for each inner cluster an outer one that it has rows in."""
    lies_in = np.empty(inner.size, dtype=np.int64)
    lies_in[inner.codes] = outer.codes
    return lies_in


def _ordered(inside_out: list[_Partition], starts: Integers) -> NestedLevels:
    """Runs put together so that the clusters of every level are contiguous."""
    codes, lengths, rows = [partition.codes for partition in inside_out], np.diff(starts), None
    changes = [np.flatnonzero(code[1:] != code[:-1]) + 1 for code in codes]
    if any(len(change) >= partition.size for change, partition in zip(changes, inside_out, strict=True)):
        order = np.lexsort(codes)
        changes = [np.flatnonzero(np.diff(code[order])) + 1 for code in codes]
        lengths = lengths[order]
        ends = np.cumsum(lengths)
        rows = np.repeat(starts[:-1][order] - (ends - lengths), lengths) + np.arange(ends[-1])
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    at = (bounds[np.concatenate([[0], change, [len(lengths)]])] for change in changes)
    return NestedLevels(
        rows, tuple(Level(partition.group, found) for partition, found in zip(inside_out, at, strict=True))
    )


def _crossed(formula: Formula, given: tuple[_Partition, _Partition], shown: Mapping[str, Any]) -> str:
    """What is wrong with two factors of which none is nested in the other."""
    one, other = sorted(given, key=lambda partition: formula.groups.index(partition.group))
    columns, of_other = formula.factors[one.group], formula.factors[other.group]

    def label(partition: _Partition, run: int) -> str:
        return f"{partition.group} " + ":".join(str(shown[name][run]) for name in formula.factors[partition.group])

    first = int(np.flatnonzero(_outer_of(other, one)[other.codes] != one.codes)[0])
    second = int(np.flatnonzero((other.codes == other.codes[first]) & (one.codes != one.codes[first]))[0])
    what = (
        f"the grouping factors {one.group} and {other.group} are crossed: "
        f"{label(other, first)} has rows in {label(one, first)} and in {label(one, second)}; "
    )
    if not set(columns) & set(of_other):
        what += (
            f"if labels of {other.group} begin anew within each {one.group}, write (1 | {one.group}/{other.group}), "
            f"or the other way round; "
        )
    return f"{what}for factors that are truly crossed use the method Mixedlm"


def _same(one: _Partition, other: _Partition) -> str:
    what = f"the grouping factors {one.group} and {other.group} have the same {one.size} clusters"
    return f"{what}: their effects cannot be told apart; leave one of them out"
