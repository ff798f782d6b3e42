"""Data on their way to a method: checked, read-only, and its own copy where it gets them one at a time."""

from collections.abc import Sequence
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
    """Data sets as one block, if they have the same columns and rows and only columns of float64 differ; else None."""
    first = datasets[0]
    if isinstance(first, Failure):
        return None
    shapes = {name: (column.shape, column.dtype) for name, column in first.columns.items()}
    own = tuple(name for name, column in first.columns.items() if column.dtype == np.float64)
    for dataset in datasets:
        if isinstance(dataset, Failure) or {n: (c.shape, c.dtype) for n, c in dataset.columns.items()} != shapes:
            return None
        if not all(np.array_equal(dataset.columns[name], first.columns[name]) for name in shapes if name not in own):
            return None
    sets = [dataset.columns for dataset in datasets if isinstance(dataset, Dataset)]
    values = np.array([[columns[name] for name in own] for columns in sets]).reshape(len(sets), len(own), -1)
    shared = {name: column for name, column in first.columns.items() if name not in own}
    return DatasetBlock(own, _read_only(values), shared, first.formula)


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view = array.view()  # whoever made the array may go on writing to it
    view.flags.writeable = False
    return view


def own_copy(dataset: Dataset) -> Dataset:
    """The data set for one method alone, so that no other sees what it does to them."""
    return replace(dataset, columns={name: _read_only(column.copy()) for name, column in dataset.columns.items()})
