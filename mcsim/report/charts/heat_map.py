"""Heat map: a measure over two factors, the value with its MCSE in each cell.

Where the measure has one reference, colours diverge from it; else they run from the smallest value to the largest. A
value is bold where it lies outside the 95 % Monte Carlo band of the reference, as in other charts. Factors that have no
place beside x, row and column share the vertical axis with the row. Methods are rows of panels, or stand on the
vertical axis themselves where no factor does.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mcsim.report.charts import style
from mcsim.report.charts.drawing import Drawing, Row, finished
from mcsim.report.charts.figures import combined, default_estimand, default_measure, figures, panels
from mcsim.report.charts.levels import Layout
from mcsim.report.charts.request import Request, single
from mcsim.report.charts.tables import Tables
from mcsim.report.charts.words import of_estimand, too_many

if TYPE_CHECKING:
    import altair as alt

    from mcsim.report.charts.style import AnyChart

MOST_ACROSS, MOST_DOWN = 12, 60
"""Cells beside and below each other that can be read on a page."""

BELOW, AT, ABOVE = "#D55E00", "#fbfbfb", "#0072B2"
ON_LIGHT, ON_DARK = "#111111", "#ffffff"
"""Numbers on a cell, whose colour is the same on paper and on a dark page."""

TOOLTIP = ("method", "x", "row", "column", "rest", "shown", "n_used", "missing", "condition")


def what(tables: Tables, request: Request) -> Drawing:
    """The figures of one measure and estimand, coverage by default, each with its place.

    Each row has, beside what figures have, its place `y` on the vertical axis, its `panel` among the rows of panels,
    and whether it is `off`: outside the band of the reference.
    """
    estimand = single("estimand", request.estimands) or default_estimand(tables)
    measure = single("measure", request.measures) or default_measure(tables, estimand)
    found = figures(tables, request, measures=[measure], estimands=[estimand])
    layout = found.layout
    below = tuple(name for name in (layout.row, *layout.rest) if name is not None)
    texts = combined({row["condition"]: tables.factors[row["condition"]] for row in found.rows}, layout, below)
    several = len(found.methods) > 1
    rows = [_placed(row, texts[row["condition"]] if below else None, several=several) for row in found.rows]
    orders = {
        "x": list(layout.levels[layout.x].values()) if layout.x else [""],
        "y": list(dict.fromkeys(texts.values())) if below else found.methods,
        "panel": found.methods if below and several else [""],
        "column": panels(layout, "column"),
        **_colours(rows),
    }
    _refuse(orders, layout)
    reference = {row["reference"] for row in rows}
    return Drawing(
        data={"figures": rows},
        titles={
            "title": of_estimand(measure, estimand),
            "x": layout.x or "",
            "y": ", ".join(below),
            "note": _note(reference),
        },
        orders=orders,
        sizes={"width": min(70.0, style.PAGE_WIDTH / _across(orders)), "height": 28},
    )


def _placed(row: Row, at: str | None, *, several: bool) -> Row:
    """A row with its place; where no factor stands on the vertical axis, its method does."""
    known = None not in (row["value"], row["band_lower"], row["band_upper"])
    off = known and not row["band_lower"] <= row["value"] <= row["band_upper"]
    place = {"y": row["method"], "panel": ""} if at is None else {"y": at, "panel": row["method"] if several else ""}
    return {**row, **place, "off": off}


def _colours(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """The values between which colours run, and the colours."""
    values = [row["value"] for row in rows if row["value"] is not None]
    references = {row["reference"] for row in rows}
    if len(references) == 1 and None not in references:
        middle = references.pop()
        reach = max((abs(value - middle) for value in values), default=0) or 1
        return {"domain": [middle - reach, middle, middle + reach], "range": [BELOW, AT, ABOVE]}
    lowest, highest = min(values, default=0), max(values, default=0)
    return {"domain": [lowest, highest if highest > lowest else lowest + 1], "range": [AT, ABOVE]}


def _across(orders: Mapping[str, Sequence[Any]]) -> int:
    return len(orders["x"]) * len(orders["column"])


def _refuse(orders: Mapping[str, Sequence[Any]], layout: Layout) -> None:
    across, down = _across(orders), len(orders["y"]) * len(orders["panel"])
    if across > MOST_ACROSS:
        raise too_many(
            "cells beside each other", given=str(across), most=MOST_ACROSS, factors=layout.levels, methods=False
        )
    if down > MOST_DOWN:
        raise too_many("cells below each other", given=str(down), most=MOST_DOWN, factors=layout.levels)


def _note(references: set[float | None]) -> str:
    """What colours and bold numbers say."""
    known = references - {None}
    if not known:
        return "in parentheses: Monte Carlo standard error"
    if len(references) == 1:
        return f"white: {known.pop():g}; bold: outside its 95 % Monte Carlo band"
    wished = " or ".join(f"{value:g}" for value in sorted(value for value in known if value is not None))
    return f"bold: outside the 95 % Monte Carlo band of the value wished for, {wished}"


def draw(drawing: Drawing) -> "AnyChart":
    """Coloured cells with their numbers, in panels."""
    import altair as alt

    orders, titles, sizes = drawing.orders, drawing.titles, drawing.sizes
    gaps = alt.Scale(padding=0.02)
    base = (
        alt.Chart(alt.NamedData("figures"), width={"step": sizes["width"]}, height={"step": sizes["height"]})
        .transform_calculate(
            number="split(datum.shown, ' ')[0]", error="slice(datum.shown, indexof(datum.shown, ' ') + 1)"
        )
        .encode(
            alt.X("x:O", sort=list(orders["x"]), title=titles["x"], axis=_axis(), scale=gaps),
            alt.Y("y:N", sort=list(orders["y"]), title=titles["y"], axis=_axis(), scale=gaps),
        )
    )
    scale = alt.Scale(domain=list(orders["domain"]), range=list(orders["range"]), clamp=True)
    cells = base.mark_rect().encode(alt.Color("value:Q", scale=scale, legend=None), tooltip=style.tooltip(*TOOLTIP))
    # As dark or as light as reads on the colour of the cell.
    ink = alt.condition("luminance(scale('color', datum.value)) > 0.2", alt.value(ON_LIGHT), alt.value(ON_DARK))
    bold = alt.expr("datum.off ? 'bold' : 'normal'")
    numbers = base.mark_text(dy=-5, fontSize=10.5, fontWeight=bold).encode(text="number:N", color=ink)
    errors = base.mark_text(dy=7, fontSize=8.5).encode(text="error:N", color=ink)
    chart = _panels(alt.layer(cells, numbers, errors), drawing)
    return finished(chart.properties(title=style.note(titles["note"])), drawing)


def _panels(chart: "AnyChart", drawing: Drawing) -> "AnyChart":
    """The chart below its title, in panels where there are several."""
    import altair as alt

    row, column = list(drawing.orders["panel"]), list(drawing.orders["column"])
    header = alt.Header(labels=column != [""])
    panels: dict[str, Any] = {
        "column": alt.Column("column:N", sort=column, title=drawing.titles["title"], header=header)
    }
    if row != [""]:
        header = alt.Header(labelOrient="top", labelAngle=0, labelAnchor="start", labelFontWeight="bold")
        panels["row"] = alt.Row("panel:N", sort=row, title=None, header=header)
    faceted: AnyChart = chart.facet(**panels)
    return faceted


def _axis() -> "alt.Axis":
    import altair as alt

    return alt.Axis(labelAngle=0, labelLimit=240, grid=False, ticks=False, domain=False)
