"""What a study's own code is given and what is made of its answer, so that a fault costs one replication, no more.

Data are handed out read-only; what raises becomes a note; what comes back is held against what was promised.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from mcsim.model import QUANTITIES, Dataset, DatasetBlock, Estimates, Floats, Status

NO_NUMBERS = "no estimate, interval or p-value"
"""The note of a row that says ok without anything to use."""

_NOTE_LENGTH = 200
_ESTIMATE, _STD_ERROR, _DF, _LOWER, _UPPER, _P_VALUE = range(len(QUANTITIES))
_FINITE = [_ESTIMATE, _STD_ERROR, _LOWER, _UPPER, _P_VALUE]

Notes = dict[tuple[int, int], str]
Result = TypeVar("Result")


class Failure(NamedTuple):
    """Instead of a result: what went wrong, in one line."""

    note: str


def attempt(call: Callable[[], Result], what: str = "") -> Result | Failure:
    """What a call returns, or why it failed; only a request to stop passes through."""
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (a study's own code may raise anything)
        return Failure(what + one_line(error))


def one_line(error: BaseException) -> str:
    """An error as 'Type: first line of its message', no longer than a note should be."""
    try:
        message = _first_line(str(error))
    except Exception:  # noqa: BLE001 (an error whose message raises is an error all the same)
        message = "its message cannot be shown"
    return f"{type(error).__name__}: {message}"[:_NOTE_LENGTH].removesuffix(": ")


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line[:_NOTE_LENGTH].encode("utf-8", "replace").decode()  # a lone surrogate cannot be stored


# Data on their way to a method


def hand_out(dataset: Any, formula: str) -> Dataset:
    """A simulated data set as methods see it: read-only, with its formula, without its unseen components.

    Raises
    ------
    TypeError, ValueError
        If it is no data set.
    """
    if not isinstance(dataset, Dataset):
        raise TypeError(f"returned {type(dataset).__name__}, not a Dataset")
    columns = {name: _read_only(np.asarray(column)) for name, column in dataset.columns.items()}
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
    rows = block.values.shape[2:]
    shared = {name: _read_only(np.asarray(column)) for name, column in block.shared.items()}
    if wrong := [name for name, column in shared.items() if column.shape != rows]:
        raise ValueError(f"returned shared columns ({', '.join(wrong)}) of another length than {rows[0]}")
    return replace(block, values=_read_only(block.values), shared=shared, formula=block.formula or formula)


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
    view = array.view()
    view.flags.writeable = False
    return view


# Estimates on their way back


def accept(given: Any, promised: tuple[str, ...], replications: int) -> Estimates:
    """What a method returned, as rows can be written from it: estimands in the promised order, every row judged.

    A row that claims success without any number is failed. Infinite values and standard errors that are not positive
    are kept, with a note.

    Raises
    ------
    TypeError, ValueError
        If it is not what the method promised; the message names the field.
    """
    if not isinstance(given, Estimates):
        raise TypeError(f"returned {type(given).__name__}, not Estimates")
    order = _order(tuple(given.estimands), promised)
    shape = (replications, len(promised))
    values = _shaped("values", given.values, (*shape, len(QUANTITIES))).astype(np.float64, copy=False)
    status = _shaped("status", given.status, shape)
    if status.dtype.kind not in "iu" or (status.size and not 0 <= status.min() <= status.max() < len(Status)):
        raise ValueError(f"Estimates.status holds other values than the codes 0 to {len(Status) - 1}")
    notes = _notes(given.notes, shape)
    if order is not None:
        values, status = values[:, order], status[:, order]
        notes = {(r, order.index(k)): note for (r, k), note in notes.items()}
    return _judged(Estimates(promised, values, status.astype(np.int8), notes))


def _order(given: tuple[Any, ...], promised: tuple[str, ...]) -> list[int] | None:
    """Where each promised estimand is among those given; None if they are in order."""
    if given == promised:
        return None
    if len(given) != len(promised) or set(given) != set(promised):
        unknown = [name for name in given if name not in promised]
        missing = [name for name in promised if name not in given]
        twice = sorted({str(name) for name in given if given.count(name) > 1})
        parts = {"unknown": unknown, "missing": missing, "twice": twice}
        said = "; ".join(f"{word}: {', '.join(map(str, names))}" for word, names in parts.items() if names)
        raise ValueError(f"Estimates.estimands are not those promised ({said})")
    return [given.index(name) for name in promised]


def _shaped(field: str, given: Any, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    array = np.asarray(given)
    if array.shape != shape or array.dtype.kind not in "fiu":
        raise ValueError(
            f"Estimates.{field} is {array.dtype} of shape {array.shape}; allowed: numbers of shape {shape}"
        )
    return array


def _notes(given: Any, shape: tuple[int, int]) -> Notes:
    if not isinstance(given, Mapping):
        raise TypeError(f"Estimates.notes is {type(given).__name__}, not a mapping")
    notes = {}
    for place, note in given.items():
        row, column = place
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            raise ValueError(f"Estimates.notes has a note for {place!r}; allowed: indices below {shape}")
        notes[int(row), int(column)] = _first_line(str(note))
    return notes


def _judged(estimates: Estimates) -> Estimates:
    values, status, notes = estimates.values, estimates.status, dict(estimates.notes)
    usable = status <= Status.SINGULAR
    absent = np.isnan(values)
    no_interval = absent[:, :, _LOWER] | absent[:, :, _UPPER]
    empty = usable & absent[:, :, _ESTIMATE] & no_interval & absent[:, :, _P_VALUE]
    _add(notes, empty, NO_NUMBERS)
    _add(notes, usable & np.isinf(values[:, :, _FINITE]).any(axis=2), "an infinite value")
    _add(notes, usable & (values[:, :, _STD_ERROR] <= 0), "a standard error that is not positive")
    if empty.any():
        status = np.where(empty, np.int8(Status.FAILED), status)
    return replace(estimates, status=status, notes=notes)


def _add(notes: Notes, where: npt.NDArray[np.bool_], note: str) -> None:
    for row, column in zip(*np.nonzero(where), strict=True):
        place = int(row), int(column)
        notes[place] = f"{notes[place]}; {note}" if place in notes else note


def join(parts: Sequence[Estimates]) -> Estimates:
    """Estimates of consecutive replications as one."""
    if len(parts) == 1:
        return parts[0]
    notes: Notes = {}
    start = 0
    for part in parts:
        notes.update({(start + row, column): note for (row, column), note in part.notes.items()})
        start += len(part)
    values: Floats = np.concatenate([part.values for part in parts])
    return Estimates(parts[0].estimands, values, np.concatenate([part.status for part in parts]), notes)
