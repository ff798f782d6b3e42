"""From a block of data sets to the columns that get holes, and where their clusters start."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mcsim.mechanisms.parts.missing import Missing
from mcsim.model import DatasetBlock, Floats, Integers

if TYPE_CHECKING:
    from mcsim.kernels.holes import Holed

Draw = Callable[[int], Floats]
"""So many standard normals for each replication, (R, m)."""


def with_holes(block: DatasetBlock, pattern: Missing, groups: Sequence[str], draw: Draw) -> DatasetBlock:
    """A block in which values are missing; what the given one holds stays as it is.

    Parameters
    ----------
    block : DatasetBlock
        Complete, or with values missing already.
    pattern : Missing
        Which values go missing.
    groups : sequence of str
        The grouping factors, the innermost first; their combinations are the clusters.
    draw : callable
        Gives standard normals of each replication; more of them begin with the same.
    """
    from mcsim.kernels.holes import Holed

    holed = _with_own(block, pattern.of)
    at, rows = holed.names.index(pattern.of), np.array(block.row_counts, dtype=np.int64)
    order, starts = None, np.zeros((1, 1), dtype=np.int64)
    if pattern.by_cluster:
        order, starts = cluster_starts([_column(block, name) for name in groups], rows)
    on = np.zeros((1, 1)) if pattern.decides is None else _column(block, pattern.decides).astype(np.float64)
    if order is None:
        _hide(pattern, Holed(holed.values, at, on, rows, starts), draw)
        return holed
    column = np.take_along_axis(holed.values[:, at], order, axis=1)[:, None]
    on = np.take_along_axis(np.broadcast_to(on, column[:, 0].shape), order, axis=1)
    _hide(pattern, Holed(column, 0, on, rows, starts), draw)
    np.put_along_axis(holed.values[:, at], order, column[:, 0], axis=1)
    return holed


def cluster_starts(labels: Sequence[npt.NDArray[Any]], rows: Integers) -> tuple[Integers | None, Integers]:
    """How to order rows so that those of a cluster are together, in the order they have, and where clusters then start.

    Parameters
    ----------
    labels : sequence of array (R, n) or (1, n)
        The grouping factors, the innermost first.
    rows : array (R,) of int64
        How many rows each replication has.

    Returns
    -------
    order : array (R, n) or (1, n), or None
        None if rows are in order as they stand.
    starts : array (R, J + 1) or (1, J + 1) of int64
        The number of rows stands in all places that are left.
    """
    keys = [_codes(column) for column in np.broadcast_arrays(*labels)]
    if len(set(rows.tolist())) == 1:
        rows = rows[: len(keys[0])]
    n = keys[0].shape[1]
    beyond = np.arange(n) >= rows[:, None]
    keys = [*(np.broadcast_to(key, beyond.shape) for key in keys), beyond]
    order, (changed, sorted_already) = None, _changes(keys)
    if not sorted_already:
        order = np.lexsort(keys, axis=-1)
        changed, _ = _changes([np.take_along_axis(key, order, axis=1) for key in keys])
    changed &= ~beyond[:, 1:]
    rep, row = np.nonzero(changed)
    counts = changed.sum(axis=1)
    starts = np.repeat(rows[:, None], 2 + counts.max(initial=0), axis=1)
    starts[:, 0] = 0
    starts[rep, 1 + np.arange(len(rep)) - (np.cumsum(counts) - counts)[rep]] = row + 1
    return order, starts


def _hide(pattern: Missing, holed: "Holed", draw: Draw) -> None:
    pattern.hide(holed, draw(pattern.draws(holed)))


def _with_own(block: DatasetBlock, name: str) -> DatasetBlock:
    """The block with a copy of its values in which a column is one of each replication."""
    if name in block.names:
        return replace(block, values=np.array(block.values, order="C"))
    count, _, n = block.values.shape
    column = np.broadcast_to(_column(block, name), (count, n))
    return replace(
        block,
        names=(*block.names, name),
        values=np.concatenate([block.values, column[:, None]], axis=1, dtype=np.float64),
        shared={other: kept for other, kept in block.shared.items() if other != name},
        own_labels={other: kept for other, kept in block.own_labels.items() if other != name},
    )


def _column(block: DatasetBlock, name: str) -> npt.NDArray[Any]:
    """A column, (R, n), or (1, n) if it is shared."""
    if name in block.names:
        return np.ascontiguousarray(block.values[:, block.names.index(name)])
    return block.own_labels[name] if name in block.own_labels else np.asarray(block.shared[name])[None]


def _codes(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Labels as they are if they are numbers, else as numbers in their order."""
    return labels if labels.dtype.kind in "iubf" else np.unique(labels, return_inverse=True)[1].reshape(labels.shape)


def _changes(keys: Sequence[npt.NDArray[Any]]) -> tuple[npt.NDArray[np.bool_], bool]:
    """Where a row differs from the one before, (R, n - 1), and whether none comes before it, the last key first."""
    differs = np.zeros(keys[0][:, 1:].shape, dtype=bool)
    falls = False
    for key in reversed(keys):
        falls = falls or bool((~differs & (key[:, 1:] < key[:, :-1])).any())
        differs |= key[:, 1:] != key[:, :-1]
    return differs, not falls
