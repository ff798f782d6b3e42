"""Scatter: the estimate of every replication against its standard error, those whose interval misses the truth marked.

The two slanted lines are truth - z SE and truth + z SE, with z the quantile of the normal distribution at the method's
level: outside them an interval of the form estimate +- z SE misses the truth. A method with longer intervals, such as
those from t distributions, still covers there. Of more replications than a panel has room for, evenly spaced ones are
drawn; coverage is that of all. Source: White (2010), Stata Journal 10, 369-385.
"""

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from mcsim.errors import ParameterError
from mcsim.report.charts import style
from mcsim.report.charts.drawing import Drawing, Row
from mcsim.report.charts.panelling import (
    Ends,
    Panels,
    beyond,
    drawn,
    extent,
    headroom,
    in_panels,
    panels,
    said,
    short,
    shortened,
)
from mcsim.report.charts.replications import (
    COVERS,
    MISSES,
    MOST_CONDITIONS,
    MOST_PANELS,
    NO_INTERVAL,
    UNUSED,
    Chosen,
    Fits,
    choose,
    coverages,
    fits,
    said_of,
)
from mcsim.report.charts.request import Request
from mcsim.report.charts.tables import Tables

if TYPE_CHECKING:
    from mcsim.report.charts.style import AnyChart

__all__ = ["UNUSED", "draw", "what"]


def what(tables: Tables, request: Request) -> Drawing:
    """The estimates of one estimand with their standard errors.

    Rows of a replication: row, column, panel, its place; covers, what its interval does; estimate and std_error, on the
    edge of the panel if they lie beyond; rep. Rows of a panel: truth; the limits of coverage, from left_low and
    right_low at the standard error low to left_high and right_high at high; coverage and missing, its words.
    """
    chosen = choose(tables, request, panels=MOST_PANELS, conditions=MOST_CONDITIONS)
    found = [of for of in fits(tables, chosen, ("estimate", "std_error")) if of.rep.size]
    if not found:
        raise ParameterError("chart", [f"no standard error of {chosen.estimand}: a scatter needs them"])
    placed = panels(chosen, [(of.condition, of.method) for of in found])
    ends = extent(*(of.estimate for of in found), [of.truth for of in found])
    errors = extent(*(of.std_error for of in found))
    errors = max(errors[0], 0.0), errors[1]
    coverage = coverages(tables, chosen.estimand)
    rows: list[Row] = []
    for of in found:
        place = placed.places[of.condition, of.method]
        rows += [place | row for row in _points(of, ends, errors, drawn(of.rep.size, request, panels=len(found)))]
        rows.append(place | _panel(of, errors) | said_of(of, coverage))
    top = errors[0] + (errors[1] - errors[0]) * headroom(found, placed.sizes["height"])
    axes = {"ends": list(ends), "errors": [errors[0], top]}
    titles = _titles(chosen, {of.level for of in found})
    titles["note"] += beyond(ends, *(of.estimate for of in found))
    return Drawing(data={"figures": rows}, titles=titles, orders=_orders(placed, rows) | axes, sizes=placed.sizes)


def _points(of: Fits, ends: Ends, errors: Ends, shown: Sequence[int]) -> list[Row]:
    covers = of.covers
    columns = {
        "covers": [covers[place] for place in shown],
        "estimate": shortened(of.estimate[shown].clip(*ends)),
        "std_error": shortened(of.std_error[shown].clip(*errors)),
        "rep": of.rep[shown].tolist(),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _panel(of: Fits, errors: Ends) -> Row:
    low, high = errors
    return {
        "truth": short(of.truth),
        "low": short(low),
        "high": short(high),
        "left_low": short(of.truth - _z(of.level) * low),
        "left_high": short(of.truth - _z(of.level) * high),
        "right_low": short(of.truth + _z(of.level) * low),
        "right_high": short(of.truth + _z(of.level) * high),
    }


def _z(level: float) -> float:
    """The quantile of the normal distribution that intervals of a level are made with."""
    return NormalDist().inv_cdf((1 + level) / 2)


def _titles(chosen: Chosen, levels: set[float]) -> dict[str, str]:
    times = f"{_z(min(levels)):.2f}" if len(levels) == 1 else "the normal quantile of each level ×"
    return {
        "chart": chosen.title("estimates"),
        "note": f"slanted lines: truth ± {times} SE, beyond which a normal interval misses the truth",
        "x": f"estimate of {chosen.estimand}",
        "y": "standard error",
    }


def _orders(placed: Panels, rows: list[Row]) -> dict[str, Any]:
    marks = {
        COVERS: (style.HIT, "circle", 0.8),
        MISSES: (style.MISS, "triangle-up", 0.9),
        NO_INTERVAL: (style.INK, "square", 0.5),
    }
    occurring = [word for word in marks if word in {row.get("covers") for row in rows}]
    colour, shape, opacity = zip(*(marks[word] for word in occurring), strict=True)
    return {
        **placed.orders,
        "covers": occurring,
        "colour": list(colour),
        "shape": list(shape),
        "opacity": list(opacity),
    }


def draw(drawing: Drawing) -> "AnyChart":
    """A point for each replication, in panels; they run on from line to line if the order of `panel` is not empty."""
    import altair as alt

    orders, base = drawing.orders, alt.Chart(alt.NamedData("figures"))
    of_panel = base.transform_filter("isValid(datum.low)")
    x = alt.X("estimate:Q", scale=alt.Scale(domain=list(orders["ends"]), nice=False), title=drawing.titles["x"])
    errors = alt.Scale(domain=list(orders["errors"]), nice=False)
    y = alt.Y("std_error:Q", scale=errors, axis=alt.Axis(grid=False), title=drawing.titles["y"])
    legend = alt.Legend(title=None, orient="top")

    def marked(mark: str, legend: alt.Legend | None = legend) -> dict[str, Any]:
        scale = alt.Scale(domain=list(orders["covers"]), range=list(orders[mark]))
        return {"shorthand": "covers:N", "scale": scale, "legend": legend}

    points = base.mark_point(filled=True, size=11, aria=False).encode(
        x,
        y,
        alt.Color(**marked("colour")),
        alt.Shape(**marked("shape")),
        alt.Opacity(**{**marked("opacity"), "shorthand": "covers:O"}),
        tooltip=style.tooltip("rep", "estimate", "std_error"),
    )
    truth = of_panel.mark_rule(color=style.INK, strokeWidth=0.9).encode(
        alt.X("truth:Q"), alt.Y("low:Q"), alt.Y2("high:Q")
    )
    limits = [
        of_panel.mark_rule(color=style.INK, strokeWidth=0.8, clip=True).encode(
            alt.X(f"{side}_low:Q"), alt.X2(f"{side}_high:Q"), alt.Y("low:Q"), alt.Y2("high:Q")
        )
        for side in ("left", "right")
    ]
    return in_panels(alt.layer(points, truth, *limits, *said(of_panel)), drawing)
