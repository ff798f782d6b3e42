"""Zip plot: the interval of every replication, ordered by significance.

The vertical axis is the centile of significance against the truth: of abs(estimate - truth) as a share of the interval
on that side, which is above 1 for those that miss, whatever their degrees of freedom. Two lines are the 95 % Monte
Carlo interval of the coverage observed, the dashed one is the nominal level: it should lie between them. Of more
intervals than a panel has room for, evenly spaced centiles are drawn; coverage is that of all. Source: Morris, White &
Crowther (2019), Statistics in Medicine 38, 2074-2102, figure 5.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.errors import ParameterError
from mcsim.model import Floats
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
    """The intervals of one estimand.

    Rows of an interval: row, column, panel, its place; covers, in words; centile; lower and upper,
    cut where the axis ends; rep. Rows of a panel: truth; band_lower, band_upper and nominal, as centiles; coverage and
    missing, its words.
    """
    chosen = choose(tables, request, panels=MOST_PANELS, conditions=MOST_CONDITIONS)
    found = [
        of for of in fits(tables, chosen, ("estimate", "lower", "upper")) if of.rep.size and math.isfinite(of.truth)
    ]
    if not found:
        raise ParameterError("chart", [f"no interval of {chosen.estimand} beside a truth: a zip plot needs both"])
    placed = panels(chosen, [(of.condition, of.method) for of in found])
    ends = extent(*(limits for of in found for limits in (of.lower, of.upper)), [of.truth for of in found])
    coverage = coverages(tables, chosen.estimand)
    rows: list[Row] = []
    for of in found:
        place = placed.places[of.condition, of.method]
        rows += [place | row for row in _intervals(of, ends, drawn(of.rep.size, request, panels=len(found)))]
        panel = {"truth": short(of.truth), "nominal": short(100 * of.level)}
        rows.append(place | panel | said_of(of, coverage))
    return Drawing(data={"figures": rows}, **_words(chosen, found, placed, ends))


def _intervals(of: Fits, ends: Ends, ranks: Sequence[int]) -> list[Row]:
    """The intervals with these ranks in the order of their distance from the truth."""
    shown, covers = np.argsort(_distance(of), kind="stable")[ranks], of.covers
    columns = {
        "covers": [covers[place] for place in shown],
        "centile": shortened(100 * (np.array(ranks) + 0.5) / of.rep.size),
        "lower": shortened(of.lower[shown].clip(*ends)),
        "upper": shortened(of.upper[shown].clip(*ends)),
        "rep": of.rep[shown].tolist(),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _distance(of: Fits) -> Floats:
    """How far each estimate lies from the truth, as a share of its interval on that side: above 1 it misses."""
    away = of.estimate - of.truth
    side = np.where(away > 0, of.estimate - of.lower, of.upper - of.estimate)
    with np.errstate(all="ignore"):
        return np.where(away == 0, 0.0, np.abs(away) / side)


def _words(chosen: Chosen, found: list[Fits], placed: Panels, ends: Ends) -> dict[str, Any]:
    top = 100 * headroom(found, placed.sizes["height"])
    levels = {of.level for of in found}
    note = "ordered by significance; lines: 95 % Monte Carlo interval of coverage; dashes: nominal level"
    note += beyond(ends, *(np.where(of.lower < ends[0], of.lower, of.upper) for of in found))
    return {
        "titles": {
            "chart": chosen.title("intervals"),
            "note": note,
            "x": chosen.estimand,
            "y": "centile",
        },
        "orders": {
            **placed.orders,
            "ends": list(ends),
            "centiles": [0, top],
            "ticks": [0, 25, 50, 75, *(100 * level for level in levels)] if len(levels) == 1 else [0, 25, 50, 75, 100],
        },
        "sizes": placed.sizes,
    }


def draw(drawing: Drawing) -> "AnyChart":
    """A rule for each interval, in panels; they run on from line to line if the order of `panel` is not empty."""
    import altair as alt

    base, orders = alt.Chart(alt.NamedData("figures")), drawing.orders
    of_panel = base.transform_filter("isValid(datum.nominal)")
    centiles = alt.Scale(domain=list(orders["centiles"]), nice=False)
    axis = alt.Axis(values=list(orders["ticks"]), grid=False, format="~f", labelOverlap=False)
    colour = alt.Color(
        "covers:N",
        scale=alt.Scale(domain=[COVERS, MISSES], range=[style.HIT, style.MISS]),
        legend=alt.Legend(title=None, orient="top", symbolType="stroke", symbolStrokeWidth=2.5),
    )
    intervals = base.mark_rule(strokeWidth=0.8, aria=False).encode(
        alt.X("lower:Q", scale=alt.Scale(domain=list(orders["ends"]), nice=False), title=drawing.titles["x"]),
        alt.X2("upper:Q"),
        alt.Y("centile:Q", axis=axis, scale=centiles, title=drawing.titles["y"]),
        colour,
        tooltip=style.tooltip("rep", "lower", "upper"),
    )
    truth = of_panel.mark_rule(color=style.INK, strokeWidth=0.9).encode(
        alt.X("truth:Q"), alt.YDatum(0), alt.Y2Datum(100)
    )
    lines = [
        of_panel.mark_rule(color=style.INK, strokeWidth=0.8, strokeDash=dash).encode(alt.Y(f"{name}:Q"))
        for name, dash in (("band_lower", [1, 0]), ("band_upper", [1, 0]), ("nominal", [3, 2]))
    ]
    return in_panels(alt.layer(intervals, truth, *lines, *said(of_panel)), drawing)
