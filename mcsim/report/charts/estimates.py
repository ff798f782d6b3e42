"""Estimates: their distribution over the replications, a ridge for each method, with the truth and their mean.

The ridge is a kernel density of the usable estimates (normal kernel, bandwidth by Scott's rule); it is never drawn
beyond their range, and where an estimand has a boundary (a variance or standard deviation at 0, a correlation at -1 and
1) the density is reflected there. Values that occur again and again, such as the variance 0 of singular fits, have no
density: they stand apart as a spike with their share, and the ridge has what is left of the area. The mean has its 95 %
Monte Carlo interval.
"""

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.errors import ParameterError
from mcsim.measures import Z95
from mcsim.measures.arithmetic import mean_measured, quietly
from mcsim.model import Floats
from mcsim.report.charts import style
from mcsim.report.charts.drawing import Drawing, Row, finished
from mcsim.report.charts.panelling import Ends, beyond, extent, heading, short
from mcsim.report.charts.replications import UNUSED, Chosen, Fits, choose, fits
from mcsim.report.charts.request import Request
from mcsim.report.charts.tables import Tables
from mcsim.rounding import format_value, percent

if TYPE_CHECKING:
    from mcsim.report.charts.style import AnyChart

__all__ = ["UNUSED", "draw", "what"]

_MOST_PANELS, _MOST_CONDITIONS = 80, 4
_POINTS, _MOST_NAMED = 120, 2
_SPIKE = 0.01
"""The share of estimates that are alike from which on they are a spike."""

_NONE = (-math.inf, math.inf)
_BOUNDARIES = {r"(var|sd)_.*|sigma": (0.0, math.inf), r"cor_.*": (-1.0, 1.0)}


def what(tables: Tables, request: Request) -> Drawing:
    """The distribution of the estimates of one estimand.

    Rows have row, the method, and column, the condition. Of a ridge: value and density, 1 at the highest point of the
    chart. Of a spike: spike, its place; share, its height. Of a method: truth; mean, lower and upper; shown, the mean
    with its MCSE; said, the shares of its spikes and of what is missing; n_used.
    """
    chosen = choose(tables, request, panels=_MOST_PANELS, conditions=_MOST_CONDITIONS)
    found = [of for of in fits(tables, chosen, ("estimate",)) if of.rep.size]
    if not found:
        raise ParameterError("chart", [f"no usable estimate of {chosen.estimand}"])
    ends = extent(*(of.estimate for of in found), [of.truth for of in found])
    boundary = next(
        (b for name, b in _BOUNDARIES.items() if re.fullmatch(name, chosen.estimand)), (-math.inf, math.inf)
    )
    rows: list[Row] = []
    for of in found:
        place = {"row": of.method, "column": chosen.conditions[of.condition]}
        alike = _alike(of.estimate)
        spikes = [{"spike": short(value), "share": share} for value, share in alike.items()]
        rows += [place | row for row in (*_ridge(of.estimate, alike, ends, boundary), *spikes, _summary(of, alike))]
    highest = max((row["density"] for row in rows if "density" in row), default=1.0)
    rows = [row | {"density": short(row["density"] / highest)} if "density" in row else row for row in rows]
    return _drawn(chosen, found, rows, ends)


def _ridge(estimates: Floats, alike: dict[float, float], ends: Ends, boundary: Ends) -> list[Row]:
    """The density of what is no spike, times the share of that."""
    spread = estimates[np.isfinite(estimates) & ~np.isin(estimates, list(alike))]
    if np.unique(spread).size < 2:
        return []
    places = np.linspace(max(spread.min(), ends[0]), min(spread.max(), ends[1]), _POINTS)
    density = _density(spread, places)
    for edge in boundary:
        if math.isfinite(edge) and boundary[0] <= spread.min() and spread.max() <= boundary[1]:
            density += _density(spread, 2 * edge - places)
    density *= spread.size / estimates.size
    return [{"value": short(v), "density": float(d)} for v, d in zip(places, density, strict=True)]


def _density(values: Floats, places: Floats) -> Floats:
    """The kernel density of some values at some places."""
    bandwidth = values.std(ddof=1) * values.size**-0.2
    kernels = np.exp(-(((places[:, None] - values) / bandwidth) ** 2) / 2)
    density: Floats = kernels.mean(axis=1) / (bandwidth * math.sqrt(2 * math.pi))
    return density


def _alike(values: Floats) -> dict[float, float]:
    """The values that occur again and again, with their shares."""
    distinct, counts = np.unique(values, return_counts=True)
    often = (counts > 1) & (counts >= _SPIKE * values.size)
    return {float(v): int(n) / values.size for v, n in zip(distinct[often], counts[often], strict=True)}


def _summary(of: Fits, alike: dict[float, float]) -> Row:
    mean, mcse = quietly(mean_measured)(of.estimate)
    half = Z95 * mcse
    spikes = [f"{percent(share)} at {value:.3g}" for value, share in alike.items()]
    singular = f"{percent(of.n_singular / of.rep.size)} singular" if of.n_singular else ""
    said = [singular, *(spikes if len(spikes) <= _MOST_NAMED else [f"{len(spikes)} values"]), of.missing]
    return {
        "truth": short(of.truth),
        "mean": short(mean),
        "lower": short(mean - half),
        "upper": short(mean + half),
        "shown": format_value(mean, mcse),
        "said": ", ".join(part for part in said if part),
        "n_used": int(of.rep.size),
    }


def _drawn(chosen: Chosen, found: list[Fits], rows: list[Row], ends: Ends) -> Drawing:
    methods = [label for label in chosen.methods if label in {of.method for of in found}]
    columns = [text for key, text in chosen.conditions.items() if key in {of.condition for of in found}]
    return Drawing(
        data={"figures": rows},
        titles={
            "chart": chosen.title("estimates"),
            "note": "line: truth; dot: mean of the estimates with its 95 % Monte Carlo interval"
            + beyond(ends, *(of.estimate for of in found)),
            "x": chosen.estimand,
        },
        orders={"row": methods, "column": columns, "ends": list(ends)},
        sizes={
            "width": min(style.PAGE_WIDTH / len(columns) - 12, 400),
            "height": 64 if len(methods) <= 4 else 46 if len(methods) <= 8 else 32,
        },
    )


def draw(drawing: Drawing) -> "AnyChart":
    """A ridge for each method, below each other; a column for each condition."""
    import altair as alt

    base = alt.Chart(alt.NamedData("figures"))
    ends = alt.Scale(domain=list(drawing.orders["ends"]), nice=False)
    heights = alt.Scale(domain=[-0.25, 1.15], nice=False)
    x = alt.X("value:Q", scale=ends, title=drawing.titles["x"])
    y = alt.Y("density:Q", scale=heights, axis=None)
    fill: dict[str, Any] = {"color": style.BODY, "line": {"color": style.MUTED, "strokeWidth": 0.8}, "clip": True}
    ridge = base.transform_filter("isValid(datum.value)").mark_area(**fill).encode(x, y.stack(None))
    spikes = base.transform_filter("isValid(datum.spike)").mark_rule(color=style.INK, strokeWidth=2.5)
    of_method = base.transform_filter("isValid(datum.mean)")
    mean = style.tooltip("row", "column", "shown", "said", "n_used")
    layers = [
        ridge,
        spikes.encode(alt.X("spike:Q"), alt.Y("share:Q"), alt.Y2Datum(0)),
        of_method.mark_rule(color=style.INK, strokeWidth=0.9).encode(alt.X("truth:Q")),
        of_method.mark_rule(color=style.MISS, strokeWidth=1.6).encode(
            alt.X("lower:Q"), alt.X2("upper:Q"), alt.YDatum(-0.12)
        ),
        of_method.mark_point(color=style.MISS, filled=True, size=14, opacity=1).encode(
            alt.X("mean:Q"), alt.YDatum(-0.12), tooltip=mean
        ),
        # "width": of the panel, which is another on the page.
        of_method.mark_text(align="right", baseline="top", dx=-3, fontSize=9, color=style.INK).encode(
            x=alt.value("width"), y=alt.value(3), text="said:N"
        ),
    ]
    header = alt.Header(labelOrient="left", labelAngle=0, labelAlign="left", labelBaseline="middle")
    whole = alt.layer(*layers).properties(width=drawing.sizes["width"], height=drawing.sizes["height"])
    faceted = whole.facet(
        row=alt.Row("row:N", sort=list(drawing.orders["row"]), title=None, header=header),
        column=alt.Column("column:N", sort=list(drawing.orders["column"]), title=None),
        spacing={"row": 0, "column": 12},
    )
    return finished(faceted.properties(title=heading(drawing.titles)), drawing)
