"""Estimates on their way back: what a method returned is held against what it promised."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mcsim.errors import first_line
from mcsim.model import QUANTITIES, Estimates, Floats, Status

NO_NUMBERS = "no estimate, interval or p-value"
"""The note of a row that says ok without anything to use."""

_ESTIMATE, _STD_ERROR, _DF, _LOWER, _UPPER, _P_VALUE = range(len(QUANTITIES))
_FINITE = [_ESTIMATE, _STD_ERROR, _LOWER, _UPPER, _P_VALUE]

Notes = dict[tuple[int, int], str]


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
    notes, lines = {}, dict[str, str]()  # many notes are the same
    for place, note in given.items():
        row, column = place
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            raise ValueError(f"Estimates.notes has a note for {place!r}; allowed: indices below {shape}")
        text = str(note)
        if text not in lines:
            lines[text] = first_line(text)
        notes[int(row), int(column)] = lines[text]
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


def noted(estimates: Estimates, remark: str) -> Estimates:
    """The estimates of one replication, with a remark on every row."""
    notes = dict(estimates.notes)
    _add(notes, np.ones(estimates.status.shape, dtype=np.bool_), remark)
    return replace(estimates, notes=notes)
