"""Lollipop chart: several measures beside each other, each figure with its interval and its distance to the reference.

A row is a method, below the name of its condition; with one method a row is a condition. A column is a measure on its
own scale. The stem runs from the value that the measure should have to the figure; a measure without such a value has
no stem. Grey is the band within which a figure lies by Monte Carlo error alone.
"""

from typing import TYPE_CHECKING

from mcsim.report.charts import style
from mcsim.report.charts.drawing import Drawing, Row, finished
from mcsim.report.charts.figures import condition_words, default_estimand, figures
from mcsim.report.charts.request import Request, single
from mcsim.report.charts.tables import Tables
from mcsim.report.charts.words import BETWEEN, measure_title, too_many

if TYPE_CHECKING:
    from mcsim.report.charts.style import AnyChart

MEASURES = ("bias", "relative_error_model_se", "coverage", "rejection")
"""What is shown, of what exists, where no measure is asked for."""

UNUSED = ("x", "row", "column")
"""What a request may hold that this chart has no use for."""

MOST_ROWS = 60

TOOLTIP = ("method", "levels", "title", "shown", "n_used", "missing", "condition")


def what(tables: Tables, request: Request) -> Drawing:
    """The figures of some measures of one estimand, each with the `title` of its measure and its place `y`.

    A condition with several methods has one row more, which has `levels`, its factors in words, and no value.
    """
    measures = request.measures or MEASURES
    estimand = single("estimand", request.estimands) or default_estimand(tables)
    found = figures(tables, request, measures=measures, estimands=[estimand])
    there = {row["measure"] for row in found.rows}
    shown = [measure for measure in measures if measure in there]
    factors = {key: tables.factors[key] for key in dict.fromkeys(row["condition"] for row in found.rows)}
    words = condition_words(factors)
    alone = len(found.methods) == 1
    rows = [_placed(row, words[row["condition"]], alone=alone) for row in found.rows]
    heads = [] if alone or len(words) == 1 else [_head(key, words[key], measure_title(shown[0])) for key in factors]
    order = [row["y"] for key in factors for row in [*heads, *rows] if row["condition"] == key]
    y = list(dict.fromkeys(order))
    if len(y) > MOST_ROWS:
        given = f"{len(factors)} conditions of {len(found.methods)} methods"
        raise too_many("rows", given=given, most=MOST_ROWS, factors=found.layout.levels)
    only = "" if heads or alone else next(iter(words.values()))
    title = ", ".join(filter(None, [f"estimand {estimand}", only]))
    return Drawing(
        data={"figures": [*heads, *rows]},
        titles={"title": title},
        orders={"y": y, "measure": [measure_title(measure) for measure in shown]},
        sizes={"width": max(110, style.PAGE_WIDTH / len(shown) - 16)},
    )


def _placed(row: Row, words: str, *, alone: bool) -> Row:
    place = words if alone else row["method"]
    return {**row, "levels": words, "title": measure_title(row["measure"]), "y": row["condition"] + BETWEEN + place}


def _head(key: str, words: str, title: str) -> Row:
    """The row that names a condition, in the column of the first measure."""
    return {"condition": key, "head": words, "title": title, "y": key + BETWEEN}


def draw(drawing: Drawing) -> "AnyChart":
    """A panel for each measure, and a row for each method."""
    import altair as alt

    axis = alt.Axis(labelExpr=f"split(datum.label, '{BETWEEN}')[1]", labelLimit=320, ticks=False, domain=False)
    y = alt.Y("y:N", scale=alt.Scale(domain=list(drawing.orders["y"])), title=None, axis=axis)
    x = alt.X(
        "value:Q",
        title=None,
        scale=alt.Scale(zero=False),
        axis=alt.Axis(tickCount=4, labelOverlap=True, labelSeparation=5),
    )
    base = alt.Chart(alt.NamedData("figures"), width=drawing.sizes["width"], height={"step": 15})
    colour = style.COLOURS[0]
    band = base.mark_rect(color=style.BAND).encode(alt.X("band_lower:Q"), alt.X2("band_upper:Q"), y)
    line = base.mark_tick(color=style.MUTED, thickness=1, bandSize=15).encode(alt.X("reference:Q"), y)
    stems = base.mark_rule(strokeWidth=1, color=colour).encode(alt.X("reference:Q"), alt.X2("value:Q"), y)
    intervals = base.mark_rule(strokeWidth=3.5, color=colour, opacity=0.45).encode(
        alt.X("lower:Q"), alt.X2("upper:Q"), y
    )
    points = base.mark_point(filled=True, size=38, opacity=1, color=colour).encode(
        x, y, tooltip=style.tooltip(*TOOLTIP)
    )
    heads = base.mark_text(align="left", dx=2, fontWeight="bold").encode(alt.Text("head:N"), y, x=alt.value(0))
    column = alt.Column("title:N", sort=list(drawing.orders["measure"]), title=drawing.titles["title"])
    chart = alt.layer(band, line, stems, intervals, points, heads.transform_filter("isValid(datum.head)"))
    return finished(chart.facet(column=column, bounds="flush", spacing=16).resolve_scale(x="independent"), drawing)
