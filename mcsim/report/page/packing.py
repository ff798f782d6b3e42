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


def packed(drawing: Drawing) -> dict[str, Any]:
    """A drawing that the page can unpack."""
    return {
        "data": {name: packed_rows(rows) for name, rows in drawing.data.items()},
        "titles": dict(drawing.titles),
        "orders": {name: list(order) for name, order in drawing.orders.items()},
        "sizes": dict(drawing.sizes),
    }


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
    if {type(value) for value in values} <= {int, float}:
        return _numbers(values)
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
    array = np.asarray(values, dtype=float)
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
