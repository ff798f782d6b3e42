"""Nested loop plot (Ruecker & Schwarzer 2014, BMC Medical Research Methodology 14, 129): a measure over all conditions.

Conditions stand side by side in the order of their factors, the first one changing slowest; below, each factor shows by
a step line which level it has. Every condition takes one step, so a combination that the study does not have takes no
place, and a factor that a condition lacks is at its level ``-``. Factors that never vary without each other share a
line. The order is that of the study; the factors asked for on x, rows and columns come first, in this sequence. With
more methods than lines can show, each has a panel of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from mcsim.report.charts import style
from mcsim.report.charts.drawing import Drawing, Row, finished
from mcsim.report.charts.figures import default_estimand, default_measure, figures, panel
from mcsim.report.charts.levels import Factors, levels_of, together
from mcsim.report.charts.performance import MOST_LINES
from mcsim.report.charts.request import Request, single
from mcsim.report.charts.tables import Tables
from mcsim.report.charts.words import BETWEEN, of_estimand
from mcsim.rounding import ABSENT

if TYPE_CHECKING:
    import altair as alt

    from mcsim.report.charts.style import AnyChart

TOOLTIP = ("method", "levels", "shown", "n_used", "missing", "condition")


def what(tables: Tables, request: Request) -> Drawing:
    """The figures of one measure and estimand, coverage by default, and the levels of the factors below them.

    Each row of ``figures`` has the place of its condition, from `start` to `end`, and its `levels` in words; a method
    without a figure under a condition has a row without a value. Each row of ``levels`` is a run of conditions, from
    `start` to `end`, with one `level` of a `factor`.
    """
    estimand = single("estimand", request.estimands) or default_estimand(tables)
    measure = single("measure", request.measures) or default_measure(tables, estimand)
    found = figures(tables, request, measures=[measure], estimands=[estimand])
    apart = len(found.methods) > MOST_LINES
    factors = {row["condition"]: tables.factors[row["condition"]] for row in found.rows}
    named = [name for name in (request.x, request.row, request.column) if name is not None]
    lines = {", ".join(names): _texts(factors, names) for names in together(factors, named)}
    ranks = [{text: rank for rank, text in enumerate(dict.fromkeys(line.values()))} for line in lines.values()]
    order = sorted(factors, key=lambda key: [rank[line[key]] for rank, line in zip(ranks, lines.values(), strict=True)])
    places = {key: place for place, key in enumerate(order)}
    words = {key: ", ".join(panel(name, line[key]) for name, line in lines.items()) for key in factors}
    rows = [_placed(row, places[row["condition"]]) | {"levels": words[row["condition"]]} for row in found.rows]
    return Drawing(
        data={
            "figures": sorted([*rows, *_gaps(rows, found.methods, len(order))], key=lambda row: row["start"]),
            "levels": [run for name, line in lines.items() for run in _runs(name, [line[key] for key in order])],
        },
        titles={"x": f"{len(order)} conditions", "y": of_estimand(measure, estimand)},
        orders={
            "level": [level for name, line in lines.items() for level in _axis(name, line.values())],
            "legend": [] if apart else found.methods[1:],
            **style.marks(found.methods, {label: place for place, label in enumerate(tables.levels)}),
        },
        sizes={"width": style.PAGE_WIDTH, "height": 36 if apart else 240},
    )


def _texts(factors: Factors, names: Sequence[str]) -> dict[str, str]:
    """The level of each condition, in the order of levels; of several factors together, their different texts."""
    of_name = levels_of(factors, names)
    leading = list(of_name[names[0]])
    in_order = sorted(factors, key=lambda key: leading.index(factors[key].get(names[0])))
    return {key: " / ".join(dict.fromkeys(of_name[name][factors[key].get(name)] for name in names)) for key in in_order}


def _placed(row: Row, place: int) -> Row:
    return {**row, "start": place, "end": place + 1}


def _gaps(rows: Sequence[Row], methods: Sequence[str], n: int) -> Iterator[Row]:
    """A row without a value wherever a method has no figure, so that its line does not go on across."""
    for method in methods:
        there = {row["start"] for row in rows if row["method"] == method}
        yield from (_placed({"method": method, "value": None}, place) for place in range(n) if place not in there)


def _runs(name: str, levels: Sequence[str]) -> Iterator[Row]:
    """The stretches of conditions with one level, from left to right."""
    for text, run in groupby(range(len(levels)), key=lambda place: levels[place]):
        places = list(run)
        yield {"factor": name, "level": name + BETWEEN + text, "start": places[0], "end": places[-1] + 1}


def _axis(name: str, levels: Iterable[str]) -> list[str]:
    """The places of a factor from top to bottom: its name, then its levels, the highest first and absence last."""
    upwards = sorted(dict.fromkeys(levels), key=lambda text: text != ABSENT)
    return [name + BETWEEN, *(name + BETWEEN + text for text in reversed(upwards))]


def draw(drawing: Drawing) -> "AnyChart":
    """Step lines of the methods, in one panel or in one each where there are too many, above those of the factors."""
    import altair as alt

    sizes, methods = drawing.sizes, list(drawing.orders["method"])
    apart = len(methods) > MOST_LINES
    steps = _steps(drawing, None if apart else drawing.titles["y"])
    steps = steps.properties(width=sizes["width"], height=sizes["height"])
    if apart:
        header = alt.Header(labelAngle=0, labelAlign="left")
        steps = steps.facet(row=alt.Row("method:N", sort=methods, title=drawing.titles["y"], header=header), spacing=11)
    levels = _levels(drawing).properties(width=sizes["width"], height={"step": 11})
    return finished(alt.vconcat(steps, levels, spacing=6).resolve_scale(x="shared"), drawing)


def _steps(drawing: Drawing, title: str | None) -> "AnyChart":
    import altair as alt

    by, base = style.ByMethod(drawing.orders, points=False), alt.Chart(alt.NamedData("figures"))
    x, x2 = _place("start"), alt.X2("end:Q")
    y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(offset=3))
    band = base.mark_rect(color=style.BAND).encode(
        x, x2, alt.Y("max(band_lower):Q"), alt.Y2("min(band_upper):Q"), alt.Detail("reference:N")
    )
    line = base.mark_rule(color=style.MUTED).encode(x, x2, alt.Y("reference:Q"))
    intervals = base.mark_rect(opacity=0.25).encode(
        x, x2, alt.Y("lower:Q"), alt.Y2("upper:Q"), by.colour(), tooltip=style.tooltip(*TOOLTIP)
    )
    lines = _stepped(base).mark_line(strokeWidth=1.5).encode(_place("at"), y, by.colour(), by.dash(), alt.Order("at:Q"))
    return alt.layer(band, line, intervals, lines)


def _levels(drawing: Drawing) -> "AnyChart":
    import altair as alt

    label = f"split(datum.label, '{BETWEEN}')"
    axis = alt.Axis(labelExpr=f"{label}[1] || {label}[0]", grid=False, ticks=False, domain=False, labelLimit=200)
    y = alt.Y("level:N", scale=alt.Scale(domain=list(drawing.orders["level"])), title=None, axis=axis)
    x = _place("at").title(drawing.titles["x"])
    base = alt.Chart(alt.NamedData("levels"), view=alt.ViewBackground(stroke=None))
    lines = _stepped(base).mark_line(strokeWidth=1.2, color=style.INK)
    chart: AnyChart = lines.encode(x, y, alt.Detail("factor:N"), alt.Order("at:Q"))
    return chart


def _place(field: str) -> "alt.X":
    """The horizontal axis, which has no numbers: conditions are known by the levels below."""
    import altair as alt

    axis = alt.Axis(labels=False, ticks=False, domain=False, grid=False)
    return alt.X(f"{field}:Q", title=None, scale=alt.Scale(nice=False), axis=axis)


def _stepped(chart: "alt.Chart") -> "alt.Chart":
    """Both ends of every step as points of a line."""
    return chart.transform_fold(["start", "end"], as_=["side", "at"])
