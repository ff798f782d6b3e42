"""Performance chart: a measure over a factor, a line per method, in panels by other factors.

Intervals are 95 % Monte Carlo intervals. The line is the value that the measure should have, the band how far a figure
would lie from it by Monte Carlo error alone; where methods share a place it is that of the most precise one, so that
what lies inside cannot be told from the line. With more methods than lines can show, methods stand below each other,
each with its own band. Where conditions share a place, a note says in which factors they differ.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcsim.report.charts import style
from mcsim.report.charts.drawing import Drawing, Row, finished
from mcsim.report.charts.figures import default_estimand, default_measure, figures, panel, panels
from mcsim.report.charts.request import Request, single
from mcsim.report.charts.tables import Tables
from mcsim.report.charts.words import of_estimand

if TYPE_CHECKING:
    from mcsim.report.charts.style import AnyChart

MOST_LINES = 8

TOOLTIP = ("method", "x", "row", "column", "rest", "shown", "n_used", "missing", "condition")


def what(tables: Tables, request: Request) -> Drawing:
    """The figures of one measure and estimand, coverage by default, and where they stand."""
    estimand = single("estimand", request.estimands) or default_estimand(tables)
    measure = single("measure", request.measures) or default_measure(tables, estimand)
    found = figures(tables, request, measures=[measure], estimands=[estimand])
    layout, across = found.layout, len(found.methods) > MOST_LINES
    orders = {
        "x": list(layout.levels[layout.x].values()) if layout.x else [""],
        "row": panels(layout, "row"),
        "column": panels(layout, "column"),
        "legend": found.methods[1:],
        **style.marks(found.methods, {label: place for place, label in enumerate(tables.levels)}),
    }
    rows = [_below(row, layout.x) for row in found.rows] if across else found.rows
    if across:
        orders["row"] = [_joined(column, row) for column in orders["column"] for row in orders["row"]]
        orders["column"] = panels(layout, "x")
    width = max(110, style.PAGE_WIDTH / len(orders["column"]) - 12)
    return Drawing(
        data={"figures": rows},
        titles={"x": layout.x or "", "y": of_estimand(measure, estimand), "note": _note(layout.rest)},
        orders=orders,
        sizes={"width": width, "height": 15 * len(found.methods) if across else 170},
    )


def _below(row: Row, x: str | None) -> Row:
    """A row whose method stands below others: its place on the horizontal axis becomes a column of panels."""
    return {**row, "column": panel(x, row["x"]), "row": _joined(row["column"], row["row"])}


def _note(rest: Sequence[str]) -> str:
    return f"conditions in one place differ in {', '.join(rest)}" if rest else ""


def _joined(*titles: str) -> str:
    return ", ".join(title for title in titles if title)


def draw(drawing: Drawing) -> "AnyChart":
    """Lines over the factor, or methods below each other where there are too many."""
    chart = _dots(drawing) if len(drawing.orders["method"]) > MOST_LINES else _lines(drawing)
    sized = chart.properties(width=drawing.sizes["width"], height=drawing.sizes["height"])
    whole = style.faceted(sized, drawing.orders)
    return finished(whole.properties(title=style.note(drawing.titles["note"])), drawing)


def _lines(drawing: Drawing) -> "AnyChart":
    import altair as alt

    by = style.ByMethod(drawing.orders)
    base = alt.Chart(alt.NamedData("figures"))
    axis = alt.Axis(labelAngle=0, labelOverlap=True)
    x = alt.X("x:O", sort=list(drawing.orders["x"]), title=drawing.titles["x"], axis=axis, scale=alt.Scale(padding=0))
    dodge = alt.XOffset("method:N", sort=list(drawing.orders["method"]), scale=alt.Scale(paddingOuter=1))
    y = alt.Y("value:Q", title=drawing.titles["y"], scale=alt.Scale(zero=False))
    band = base.mark_bar(color=style.BAND).encode(
        x, alt.Y("max(band_lower):Q"), alt.Y2("min(band_upper):Q"), alt.Detail("reference:N")
    )
    line = base.mark_tick(color=style.MUTED, thickness=1).encode(x, alt.Y("reference:Q"))
    lines = base.mark_line(strokeWidth=1.4).encode(x, y, dodge, by.colour(), by.dash(), alt.Detail("rest:N"))
    intervals = base.mark_rule(strokeWidth=1.2).encode(x, alt.Y("lower:Q"), alt.Y2("upper:Q"), dodge, by.colour())
    points = base.mark_point(filled=True, size=38, opacity=1).encode(
        x, y, dodge, by.colour(), by.shape(), tooltip=style.tooltip(*TOOLTIP)
    )
    return alt.layer(band, line, lines, intervals, points)


def _dots(drawing: Drawing) -> "AnyChart":
    import altair as alt

    base = alt.Chart(alt.NamedData("figures"))
    axis = alt.Axis(grid=True, labelLimit=200, zindex=0)  # bands would lift grid and axes above everything
    y = alt.Y("method:N", sort=list(drawing.orders["method"]), title=None, axis=axis)
    x = alt.X("value:Q", title=drawing.titles["y"], scale=alt.Scale(zero=False), axis=alt.Axis(zindex=0))
    band = base.mark_rect(color=style.BAND).encode(alt.X("band_lower:Q"), alt.X2("band_upper:Q"), y)
    line = base.mark_rule(color=style.MUTED).encode(alt.X("reference:Q"))
    intervals = base.mark_rule(strokeWidth=1.4, color=style.COLOURS[0]).encode(alt.X("lower:Q"), alt.X2("upper:Q"), y)
    points = base.mark_point(filled=True, size=38, opacity=1, color=style.COLOURS[0]).encode(
        x, y, tooltip=style.tooltip(*TOOLTIP)
    )
    return alt.layer(band, line, intervals, points)
