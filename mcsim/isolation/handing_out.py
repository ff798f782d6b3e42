"""Data on their way to a method: checked, read-only, and its own copy where it gets them one at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mcsim.isolation.calls import Failure
from mcsim.model import Dataset, DatasetBlock


def hand_out(dataset: Any, formula: str) -> Dataset:
    """A simulated data set as methods see it: a copy, read-only, with its formula, without its unseen components.

    Raises
    ------
    TypeError, ValueError
        If it is no data set.
    """
    if not isinstance(dataset, Dataset):
        raise TypeError(f"returned {type(dataset).__name__}, not a Dataset")
    columns = {name: _read_only(np.array(column)) for name, column in dataset.columns.items()}
    shapes = {name: column.shape for name, column in columns.items()}
    if len(set(shapes.values())) != 1 or len(next(iter(shapes.values()))) != 1:
        raise ValueError(f"returned columns of shapes {shapes}; allowed: one length for all")
    return Dataset(columns, dataset.formula or formula)


def hand_out_block(block: Any, replications: int, formula: str) -> DatasetBlock:
    """A simulated block as methods see it.

    Raises
    ------
    TypeError, ValueError
        If it is no block of so many replications.
    """
    if not isinstance(block, DatasetBlock):
        raise TypeError(f"returned {type(block).__name__}, not a DatasetBlock")
    if block.values.ndim != 3 or block.values.shape[:2] != (replications, len(block.names)):
        raise ValueError(f"returned values of shape {block.values.shape}, not ({replications}, {len(block.names)}, n)")
    if block.values.dtype != np.float64:
        raise ValueError(f"returned values of type {block.values.dtype}, not float64")
    n = block.values.shape[2]
    shared = {name: _read_only(np.asarray(column)) for name, column in block.shared.items()}
    if wrong := [name for name, column in shared.items() if column.shape != (n,)]:
        raise ValueError(f"returned shared columns ({', '.join(wrong)}) of another length than {n}")
    labels = {
        name: _whole(f"own_labels of {name}", column, (replications, n)) for name, column in block.own_labels.items()
    }
    rows = None if block.rows is None else _whole("rows", block.rows, (replications,))
    if rows is not None and replications and not 0 <= rows.min() <= rows.max() <= n:
        raise ValueError(f"returned rows from {rows.min()} to {rows.max()}; allowed: 0 to {n}, the length of values")
    formula = block.formula or formula
    return DatasetBlock(block.names, _read_only(block.values), shared, formula, rows, labels)


def _whole(what: str, given: Any, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """An array of int64 of a given shape, read-only."""
    array = np.asarray(given)
    if array.shape != shape or array.dtype != np.int64:
        raise ValueError(f"returned {what} of shape {array.shape} and type {array.dtype}, not int64 of shape {shape}")
    return _read_only(array)


def stack(datasets: Sequence[Dataset | Failure]) -> DatasetBlock | None:
    """Data sets as one block, if they have the same columns and only those of float64 and int64 differ; else None."""
    kept = [dataset for dataset in datasets if isinstance(dataset, Dataset)]
    if len(kept) < len(datasets):
        return None
    sets = [dataset.columns for dataset in kept]
    types = {name: column.dtype for name, column in sets[0].items()}
    if any({name: column.dtype for name, column in columns.items()} != types for columns in sets):
        return None
    own = tuple(name for name, dtype in types.items() if dtype == np.float64)
    others = [name for name in types if name not in own]
    alike = [name for name in others if all(np.array_equal(columns[name], sets[0][name]) for columns in sets)]
    labels = [name for name in others if name not in alike]
    if any(types[name] != np.int64 for name in labels):
        return None
    rows = np.array([len(next(iter(columns.values()))) for columns in sets])
    values = _filled(np.zeros((len(sets), len(own), rows.max())), sets, own)
    codes = _filled(np.zeros((len(sets), len(labels), rows.max()), dtype=np.int64), sets, labels)
    return DatasetBlock(
        own,
        values,
        {name: sets[0][name] for name in alike},
        kept[0].formula,
        None if np.all(rows == rows[0]) else _read_only(rows),
        {name: codes[:, place] for place, name in enumerate(labels)},
    )


def _filled(
    out: npt.NDArray[Any], sets: Sequence[Mapping[str, npt.NDArray[Any]]], names: Sequence[str]
) -> npt.NDArray[Any]:
    """The columns of these names written to an array (replications, names, n), read-only."""
    for of_set, columns in zip(out, sets, strict=True):
        for row, name in zip(of_set, names, strict=True):
            row[: len(columns[name])] = columns[name]
    return _read_only(out)


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view = array.view()  # whoever made the array may go on writing to it
    view.flags.writeable = False
    return view


def own_copy(dataset: Dataset) -> Dataset:
    """The data set for one method alone, so that no other sees what it does to them."""
    return replace(dataset, columns={name: _read_only(column.copy()) for name, column in dataset.columns.items()})
