"""Power curve: rejection over a factor of numbers, and the smallest level that reaches the power wished for.

Points are the figures with their Monte Carlo intervals; the curve and its band are those of `mcsim.report.crossings`,
and the smallest level stands where they cross the line. Where the truth is 0 there is no power but a type I error:
such conditions are left out. With more methods than lines can show, the smallest levels stand below each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcsim.errors import ParameterError
from mcsim.report.charts import style
from mcsim.report.charts.drawing import Drawing, Row, finished
from mcsim.report.charts.figures import Figures, chosen_factors, combined, default_estimand, figures, panel, panels
from mcsim.report.charts.levels import Factors, Layout, is_number, levels_of
from mcsim.report.charts.request import Request, single
from mcsim.report.charts.tables import Tables
from mcsim.report.charts.words import of_estimand, too_many
from mcsim.report.crossings import PLACES, crossings, curves

if TYPE_CHECKING:
    import altair as alt

    from mcsim.report.charts.style import AnyChart

MEASURES = ("rejection", "rejection_all")
SAMPLE_SIZE = "n_clusters"
"""The factor on the horizontal axis if it varies and none is asked for."""

MOST_LINES, MOST_PANELS = 5, 24
_EVERY = 10  # point of a curve that is drawn

TOOLTIP = ("method", "x", "row", "column", "shown", "n_used", "missing", "condition")
_CROSSING = ("method", "text", "row", "column")


def what(tables: Tables, request: Request) -> Drawing:
    """Power of one estimand, its curves, and where they reach the power wished for.

    The rows of ``figures`` are of three parts: `part` is "figure" (with its level as a number, `at`), "curve" (at,
    value, lower, upper) or "crossing" (see `crossings`; with `power`, and `line`, the place of its text).
    """
    measure = single("measure", request.measures) or MEASURES[0]
    if measure not in MEASURES:
        raise ParameterError("chart", [f"measure: given {measure!r}; allowed in a power curve: {', '.join(MEASURES)}"])
    estimand = single("estimand", request.estimands) or _estimand(tables, measure)
    request = _with_x(tables, request)
    found = figures(_with_effect(tables, measure, estimand), request, measures=[measure], estimands=[estimand])
    layout, numbers = found.layout, _axis_numbers(tables, found)
    down = tuple(name for name in (layout.row, *layout.rest) if name is not None)
    texts = combined({row["condition"]: tables.factors[row["condition"]] for row in found.rows}, layout, down)
    if len(down) == 1:
        texts = {key: panel(down[0], text) for key, text in texts.items()}
    rows = [{**row, "row": texts[row["condition"]], "rest": ""} for row in found.rows if row["x"] in numbers]
    methods = list(dict.fromkeys(row["method"] for row in found.rows))
    orders: dict[str, list[Any]] = {
        "x": sorted(numbers.values()),
        "row": list(dict.fromkeys(texts.values())),
        "column": panels(layout, "column"),
        "legend": methods[1:],
        **style.marks(methods, {label: place for place, label in enumerate(tables.levels)}),
    }
    note = f"numbers: the smallest {layout.x} with a power of {request.power:g} and its 95 % Monte Carlo interval"
    return Drawing(
        data={"figures": _parts(rows, numbers, request.power)},
        titles={
            "x": layout.x or "",
            "y": of_estimand("power", estimand),
            "row": ", ".join(down) if len(down) > 1 else "",
            "note": note,
        },
        orders=orders,
        sizes=_sizes(orders, layout),
    )


def _sizes(orders: Mapping[str, Sequence[Any]], layout: Layout) -> dict[str, float]:
    many, across, lines = len(orders["row"]) * len(orders["column"]), len(orders["column"]), len(orders["method"])
    if many > MOST_PANELS:
        raise too_many("panels", given=str(many), most=MOST_PANELS, factors=layout.levels, methods=False)
    if lines > MOST_LINES:  # beside each panel there is room for what is said
        return {"width": max(120, style.PAGE_WIDTH / across - 130), "height": 15 * lines}
    return {"width": max(150, style.PAGE_WIDTH / across - 14), "height": 150 + 14 * max(lines - 3, 0)}


def _estimand(tables: Tables, measure: str) -> str:
    """The default estimand if it has power, else the first that has."""
    return next(iter(_with_power(tables, measure)), default_estimand(tables))


def _with_power(tables: Tables, measure: str) -> list[str]:
    """The estimands that are tested, and whose truth is not 0 everywhere; the default one before the others."""
    tested = tables.figures[tables.figures["measure"].eq(measure) & tables.figures["value"].notna()]
    names = sorted(dict.fromkeys(map(str, tested["estimand"])), key=lambda name: name != default_estimand(tables))
    return [name for name in names if _effects(tables, name)]


def _effects(tables: Tables, estimand: str) -> list[str]:
    """The conditions in which an estimand has a truth, and one other than 0."""
    return [key for key in tables.factors if abs(tables.truth(key, estimand)) > 0]


def _with_effect(tables: Tables, measure: str, estimand: str) -> Tables:
    kept = _effects(tables, estimand)
    if not kept:
        fault = f"estimand: given {estimand!r}, whose truth is 0 or unknown: its rejections are no power"
        allowed = ", ".join(_with_power(tables, measure)) or "none in this study"
        raise ParameterError("chart", [f"{fault}; allowed: {allowed}"])
    return tables._replace(figures=tables.figures[tables.figures["condition"].isin(kept)])


def _with_x(tables: Tables, request: Request) -> Request:
    """The request with the sample size on the horizontal axis, if it varies and has no other place."""
    free = request.x is None and SAMPLE_SIZE not in {request.row, request.column}
    varies = len(_numbers(chosen_factors(tables, request)).get(SAMPLE_SIZE, [])) > 1
    return replace(request, x=SAMPLE_SIZE) if free and varies else request


def _axis_numbers(tables: Tables, found: Figures) -> dict[str, float]:
    """The numbers of the levels on the horizontal axis."""
    numbers = _numbers({row["condition"]: tables.factors[row["condition"]] for row in found.rows})
    x, usable = found.layout.x, [name for name, levels in numbers.items() if len(levels) > 1]
    if x not in usable:
        allowed = f"a factor of which two levels or more are numbers: {', '.join(usable) or 'none here'}"
        raise ParameterError("chart", [f"x: given {x!r}; allowed in a power curve: {allowed}"])
    return {found.layout.levels[x][level]: float(level) for level in numbers[x]}


def _numbers(factors: Factors) -> dict[str, list[Any]]:
    """The levels of every factor that are numbers."""
    return {name: [level for level in of_name if is_number(level)] for name, of_name in levels_of(factors).items()}


def _parts(rows: Sequence[Row], numbers: Mapping[str, float], power: float) -> list[Row]:
    """Figures, points of curves and crossings, each with its part."""
    drawn: list[Row] = [{**row, "part": "figure", "at": numbers[row["x"]]} for row in rows]
    found = curves(rows, numbers)
    for names, (_, curve) in found.items():
        points = zip(*(values[::_EVERY].tolist() for values in curve), strict=True)
        where = dict(zip(PLACES, names, strict=True))
        for at, value, lower, upper in points:
            drawn.append({**where, "part": "curve", "at": at, "value": value, "lower": lower, "upper": upper})
    lines: dict[tuple[str, str], int] = {}
    for crossing in reversed(crossings(found, power)):
        place = crossing["row"], crossing["column"]
        lines[place] = lines.get(place, -1) + 1
        drawn.append({**crossing, "part": "crossing", "power": power, "line": lines[place]})
    return drawn


def draw(drawing: Drawing) -> "AnyChart":
    """Curves, or the smallest levels below each other where there are too many methods."""
    chart = _levels(drawing) if len(drawing.orders["method"]) > MOST_LINES else _curves(drawing)
    sized = chart.properties(width=drawing.sizes["width"], height=drawing.sizes["height"])
    whole = style.faceted(sized, drawing.orders, rows=drawing.titles["row"])
    return finished(whole.properties(title=style.note(drawing.titles["note"])), drawing)


def _part_charts() -> "list[alt.Chart]":
    """A chart of the figures, one of the points of curves, and one of the crossings."""
    import altair as alt

    base = alt.Chart(alt.NamedData("figures"))
    return [base.transform_filter(f"datum.part === '{part}'") for part in ("figure", "curve", "crossing")]


def _across(drawing: Drawing, field: str) -> "alt.X":
    """The horizontal axis, with a tick at every level studied."""
    import altair as alt

    axis = alt.Axis(values=list(drawing.orders["x"]), labelOverlap=True, labelSeparation=4, format=".6~r")
    return alt.X(f"{field}:Q", title=drawing.titles["x"], axis=axis, scale=alt.Scale(zero=False, nice=False, padding=8))


def _curves(drawing: Drawing) -> "AnyChart":
    import altair as alt

    by, at = style.ByMethod(drawing.orders), _across(drawing, "at")
    y = alt.Y("value:Q", title=drawing.titles["y"], scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5))
    studied, curve, crossing = _part_charts()
    band = studied.mark_rect(color=style.BAND).encode(
        alt.Y("max(band_lower):Q"), alt.Y2("min(band_upper):Q"), alt.Detail("reference:N")
    )
    line = studied.mark_rule(color=style.MUTED).encode(alt.Y("reference:Q"))
    area = curve.mark_area(opacity=0.15).encode(at, alt.Y("lower:Q"), alt.Y2("upper:Q"), by.colour())
    lines = curve.mark_line(strokeWidth=1.4).encode(at, y, by.colour(), by.dash())
    intervals = studied.mark_rule(strokeWidth=1.2).encode(at, alt.Y("lower:Q"), alt.Y2("upper:Q"), by.colour())
    points = studied.mark_point(filled=True, size=34, opacity=1).encode(
        at, y, by.colour(), by.shape(), tooltip=style.tooltip(*TOOLTIP)
    )
    reached = crossing.mark_rule(strokeWidth=4, opacity=0.6).encode(
        _across(drawing, "start"), alt.X2("end:Q"), alt.Y("power:Q"), by.colour()
    )
    said = crossing.transform_calculate(words="datum.method + ': ' + datum.text").mark_text(
        align="right", baseline="bottom", dx=-4, dy=-3, yOffset=alt.expr("-13 * datum.line")
    )
    texts = said.encode(
        alt.Text("words:N"), by.colour(), x=alt.value("width"), y=alt.value("height"), tooltip=style.tooltip(*_CROSSING)
    )
    return alt.layer(band, line, area, lines, reached, intervals, points, texts)


def _levels(drawing: Drawing) -> "AnyChart":
    import altair as alt

    (studied, _, crossing), colour = _part_charts(), style.COLOURS[0]
    y = alt.Y("method:N", sort=list(drawing.orders["method"]), title=None, axis=alt.Axis(grid=True, labelLimit=200))
    # Points that are not shown hold the axis to the levels studied.
    studied = studied.mark_point(opacity=0).encode(_across(drawing, "at"), y)
    reached = crossing.mark_rule(strokeWidth=1.4, color=colour).encode(_across(drawing, "start"), alt.X2("end:Q"), y)
    points = crossing.mark_point(filled=True, size=38, opacity=1, color=colour).encode(
        _across(drawing, "at"), y, tooltip=style.tooltip(*_CROSSING)
    )
    texts = crossing.mark_text(align="left", dx=6).encode(alt.Text("text:N"), y, x=alt.value("width"))
    return alt.layer(studied, reached, points, texts)
