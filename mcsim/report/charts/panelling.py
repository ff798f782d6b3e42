"""A panel for each condition and method, for charts of replications."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.model import Floats
from mcsim.report.charts import style
from mcsim.report.charts.drawing import Drawing, finished
from mcsim.report.charts.replications import Chosen, Fits, evenly
from mcsim.report.charts.request import Request

if TYPE_CHECKING:
    import altair as alt

    from mcsim.report.charts.style import AnyChart

MOST_ACROSS = 4
"""Panels beside each other."""

LINE = 11
"""The height of a line of text in a panel."""

Ends = tuple[float, float]
"""Where an axis begins and ends."""

_MOST_IN_A_PANEL = 1000  # replications
_GAP = 12


class Panels(NamedTuple):
    """Where each condition and method has its panel.

    Attributes
    ----------
    places : dict of (str, str) to dict
        By condition and method: row, column and panel, the titles of its panel; "" for what is not used.
    orders : dict of str to list
        Those titles in order; either rows and columns, or panel, whose panels run on from line to line.
    sizes : dict of str to float
        Width and height of a panel, and how many stand in a line.
    """

    places: dict[tuple[str, str], dict[str, str]]
    orders: dict[str, list[str]]
    sizes: dict[str, float]


def panels(chosen: Chosen, there: Sequence[tuple[str, str]]) -> Panels:
    """Methods in columns and conditions in rows; with many methods the other way round; one of either runs on.

    Parameters
    ----------
    chosen : Chosen
        Conditions and methods in order.
    there : sequence of (str, str)
        The conditions and methods that have something to show.
    """
    conditions = [key for key in chosen.conditions if key in {key for key, _ in there}]
    methods = [label for label in chosen.methods if label in {label for _, label in there}]
    texts = [chosen.conditions[key] for key in conditions]
    if len(conditions) == 1 or len(methods) == 1:
        titles = {
            (key, label): label if len(conditions) == 1 else chosen.conditions[key]
            for key in conditions
            for label in methods
        }
        places = {place: {"row": "", "column": "", "panel": title} for place, title in titles.items()}
        return Panels(places, {"row": [], "column": [], "panel": list(titles.values())}, _sizes(len(titles), 0))
    across = len(methods) <= MOST_ACROSS
    places = {
        (key, label): {
            "row": chosen.conditions[key] if across else label,
            "column": label if across else chosen.conditions[key],
            "panel": "",
        }
        for key in conditions
        for label in methods
    }
    row, column = (texts, methods) if across else (methods, texts)
    return Panels(places, {"row": row, "column": column, "panel": []}, _sizes(len(column), len(row)))


def _sizes(columns: int, rows: int) -> dict[str, float]:
    """Of panels that fill the width of a page; without rows they run on from line to line."""
    if not rows:
        count, columns = columns, 3 if columns in {3, 5, 6, 9} else min(columns, MOST_ACROSS)
        rows = math.ceil(count / columns)
    height = 190 if rows <= 2 else 150 if rows <= 4 else 115
    width = min((style.PAGE_WIDTH - _GAP * (columns - 1)) / columns, 360)
    return {"columns": columns, "width": width, "height": height}


def drawn(count: int, request: Request, *, panels: int) -> list[int]:
    """The places, among so many replications of a panel, of those that are drawn: evenly spaced.

    Parameters
    ----------
    count : int
        Of the replications.
    request : Request
        With how many are drawn at most in all panels.
    panels : int
        How many there are.
    """
    return evenly(count, max(1, min(_MOST_IN_A_PANEL, request.most_drawn // panels)))


def extent(*values: npt.ArrayLike) -> Ends:
    """Where an axis begins and ends: at the extremes, unless a few values lie so far out that the others would shrink.

    Parameters
    ----------
    values : arrays
        NaN and the infinite do not count.
    """
    every = np.concatenate([np.ravel(np.asarray(part, dtype=float)) for part in values])
    every = every[np.isfinite(every)]
    if not every.size:
        return 0.0, 1.0
    low, high = np.quantile(every, [0.005, 0.995])
    reach = (high - low) or abs(high) or 1.0
    low, high = max(every.min(), low - reach / 2), min(every.max(), high + reach / 2)
    return float(low - 0.03 * reach), float(high + 0.03 * reach)


def headroom(found: Sequence[Fits], height: float) -> float:
    """How much longer than its data the vertical axis of a panel is, to have room for words at its top: 1.1."""
    lines = 2 if any(of.missing for of in found) else 1
    return height / (height - LINE * lines - 5)


def said(of_panel: "alt.Chart") -> "list[alt.Chart]":
    """The words at the top of a panel: coverage, and below it the share missing."""
    import altair as alt

    mark: dict[str, Any] = {"align": "left", "baseline": "top", "fontSize": 9.5, "color": style.INK}
    return [
        of_panel.mark_text(**mark).encode(x=alt.value(4), y=alt.value(4 + number * LINE), text=f"{name}:N")
        for number, name in enumerate(("coverage", "missing"))
    ]


def beyond(ends: Ends, *values: Floats) -> str:
    """What is said of replications that lie beyond the ends of an axis; "" if none does."""
    count = sum(int(np.count_nonzero((part < ends[0]) | (part > ends[1]))) for part in values)
    return f"; {count} beyond the axis" if count else ""


def short(value: float) -> float | None:
    """A number to draw: five digits place it to less than a dot; None where there is none."""
    return float(f"{value:.5g}") if math.isfinite(value) else None


def shortened(values: Floats) -> list[float]:
    """Numbers to draw, all finite; see `short`."""
    exponent = np.floor(np.log10(np.abs(np.where(values == 0, 1.0, values)))) - 4
    up, down = 10.0 ** np.maximum(-exponent, 0), 10.0 ** np.maximum(exponent, 0)
    found: list[float] = (np.rint(values * up / down) / up * down).tolist()
    return found


def in_panels(chart: "AnyChart", drawing: Drawing) -> "AnyChart":
    """The chart in rows and columns of panels, or, where the order of `panel` is not empty, running on."""
    import altair as alt

    sized = chart.properties(width=drawing.sizes["width"], height=drawing.sizes["height"])
    if drawing.orders["panel"]:
        panel = alt.Facet("panel:N", sort=list(drawing.orders["panel"]), title=None)
        whole = sized.facet(facet=panel, columns=int(drawing.sizes["columns"]))
    else:
        row = alt.Row("row:N", sort=list(drawing.orders["row"]), title=None, header=alt.Header(labelOrient="right"))
        column = alt.Column("column:N", sort=list(drawing.orders["column"]), title=None)
        whole = sized.facet(row=row, column=column)
    return finished(whole.properties(title=heading(drawing.titles)), drawing)


def heading(titles: Mapping[str, str]) -> "alt.Title":
    """What a chart shows, and below it how to read it."""
    import altair as alt

    return alt.Title(titles["chart"], subtitle=titles["note"], anchor="start", offset=10, subtitlePadding=3)
