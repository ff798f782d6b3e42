"""Drawings as the page carries them: rows in columns, words by their places in a list, numbers in 16 bits.

A number is stored as a whole number from 0 to 65534 between the smallest and the largest of its column; 65535 is none.
It is off by 1/131068 of that range at most, much less than a dot.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mcsim.report.charts.drawing import Drawing, Row

_STEPS = 65_534
_NONE = 65_535
_REPLICATION = "rep"
"""The field that rows of one replication have; of these some will do."""


def packed(drawing: Drawing, *, most: int) -> dict[str, Any]:
    """A drawing that the page can unpack.

    Parameters
    ----------
    drawing : Drawing
        What is drawn.
    most : int
        So many of the rows that stand for a replication are kept, evenly spaced; every other row is.
    """
    return {
        "data": {name: packed_rows(thinned(rows, most)) for name, rows in drawing.data.items()},
        "titles": dict(drawing.titles),
        "orders": {name: list(order) for name, order in drawing.orders.items()},
        "sizes": dict(drawing.sizes),
    }


def thinned(rows: Sequence[Row], most: int) -> list[Row]:
    """Of rows that stand for a replication, `most`, evenly spaced; all the others."""
    places = [place for place, row in enumerate(rows) if row.get(_REPLICATION) is not None]
    if len(places) <= most:
        return list(rows)
    kept = {places[at] for at in np.linspace(0, len(places) - 1, most).round().astype(int)}
    return [row for place, row in enumerate(rows) if place in kept or row.get(_REPLICATION) is None]


def packed_rows(rows: Sequence[Row]) -> dict[str, Any]:
    """Rows as columns: of each field either ``words`` and ``at``, the places in them, or packed numbers.

    Parameters
    ----------
    rows : sequence of dict
        Of plain values; a field that a row lacks is None there.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    return {"length": len(rows), "columns": {name: _column([row.get(name) for row in rows]) for name in names}}


def _column(values: Sequence[Any]) -> Mapping[str, Any]:
    if all(value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)) for value in values):
        return _numbers([math.nan if value is None else float(value) for value in values])
    words = list(dict.fromkeys(values))
    place = {word: at for at, word in enumerate(words)}
    return {"words": words, "at": _coded(np.array([place[value] for value in values]))}


def _numbers(values: Sequence[float]) -> Mapping[str, Any]:
    array = np.asarray(values)
    known = array[np.isfinite(array)]
    lower, upper = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    step = (upper - lower) / _STEPS or 1.0
    codes = np.full(array.shape, _NONE)
    codes[np.isfinite(array)] = np.rint((known - lower) / step)
    return {"lower": lower, "upper": upper, "data": _coded(codes)}


def _coded(numbers: "np.ndarray[Any, Any]") -> str:
    return base64.b64encode(numbers.astype("<u2").tobytes()).decode()
