"""Drawings as the page carries them: rows in columns, words by their places in a list, numbers in 16 bits.

Rows with the same fields are one table, so that rows of another kind cost nothing. A number is stored as a whole number
from 0 to 65534 between the smallest and the largest of its column; 65535 is none. It is off by 1/131068 of that range
at most, much less than a dot.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mcsim.report.charts.drawing import Drawing, Row

_STEPS = 65_534
_NONE = 65_535
_SHORT = 256
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


def packed_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows as tables, and each table as columns: of every field its ``words`` and their places, or packed numbers.

    What is the same in every row is one word without places.

    Parameters
    ----------
    rows : sequence of dict
        Of plain values. Those with the same fields come together, in their order.
    """
    alike: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        alike.setdefault(tuple(name for name, value in row.items() if value is not None), []).append(row)
    return [
        {"length": len(of_kind), "columns": {name: _column([row[name] for row in of_kind]) for name in names}}
        for names, of_kind in alike.items()
    ]


def _column(values: Sequence[Any]) -> Mapping[str, Any]:
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return _numbers([float(value) for value in values])
    return words(values)


def words(values: Sequence[Any]) -> Mapping[str, Any]:
    """A column as its different values and their places among them; exact.

    Parameters
    ----------
    values : sequence
        Of what JSON has, no more than 65,536 different ones.
    """
    different = list(dict.fromkeys(values))
    if len(different) == 1:
        return {"words": different}
    place = {value: at for at, value in enumerate(different)}
    places = np.array([place[value] for value in values])
    if len(different) <= _SHORT:
        return {"words": different, "at": _coded(places, "u1")}
    return {"words": different, "at2": _coded(places)}


def _numbers(values: Sequence[float]) -> Mapping[str, Any]:
    array = np.asarray(values)
    known = array[np.isfinite(array)]
    lower, upper = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    if known.size == array.size and lower == upper:
        return {"words": [lower]}
    step = (upper - lower) / _STEPS or 1.0
    codes = np.full(array.shape, _NONE)
    codes[np.isfinite(array)] = np.rint((known - lower) / step)
    return {"lower": lower, "upper": upper, "data": _coded(codes)}


def _coded(numbers: "np.ndarray[Any, Any]", kind: str = "<u2") -> str:
    return base64.b64encode(numbers.astype(kind).tobytes()).decode()
