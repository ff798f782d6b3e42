"""Which factor matters: the shares of factors and two-factor interactions in the variation of a measure.

The shares are those of `mcsim.report.variance_split`: of sums of squares for means, of deviances for proportions, with
what Monte Carlo error is expected to make taken out of each and shown below. A panel is a method and, where several are
asked for, an estimand.
"""

import functools
import textwrap
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from mcsim.errors import ParameterError
from mcsim.measures import PROPORTIONS, Z95
from mcsim.report.charts import style
from mcsim.report.charts.drawing import Drawing, Row, finished
from mcsim.report.charts.figures import default_estimand, default_measure, figures
from mcsim.report.charts.request import Request, single
from mcsim.report.charts.tables import Tables
from mcsim.report.charts.words import measure_title, too_many
from mcsim.report.variance_split import HIGHER, PRESENT, TIMES, Design, Split, design_of, split_means, split_proportions
from mcsim.rounding import percent

if TYPE_CHECKING:
    from mcsim.report.charts.style import AnyChart

UNUSED = ("x", "row", "column", "power")
"""What a request may hold that this chart has no use for."""

NOISE, JOINT, FURTHER = "Monte Carlo error", "shared by factors", "further interactions"
MOST_TERMS, MOST_PANELS, ACROSS = 12, 24, 3
_SEEN = 0.005  # a share that a bar can show
_MOST_NAMES = 2  # factors of one term that are named on the axis

TOOLTIP = ("method", "estimand", "term", "shown", "partial", "df", "size")


def what(tables: Tables, request: Request) -> Drawing:
    """The share of every term in the variation of one measure, coverage by default, for each method and estimand.

    Each row has its `panel` and `term`, its `share` and that as text (`shown`), whether it is `noise`, and of factors
    and interactions df, size (sum of squares or deviance) and `partial` eta squared as text.
    """
    estimands = request.estimands or (default_estimand(tables),)
    measure = single("measure", request.measures) or default_measure(tables, estimands[0])
    found = figures(tables, request, measures=[measure], estimands=estimands)
    series = _series(sorted(found.rows, key=lambda row: estimands.index(row["estimand"])))
    if not series:
        fault = (
            f"conditions: given one with {measure} of {', '.join(estimands)}; allowed: two or more, to compare factors"
        )
        raise ParameterError("chart", [fault])
    if len(series) > MOST_PANELS:
        raise too_many("panels", given=str(len(series)), most=MOST_PANELS, factors=found.layout.levels)
    designs: dict[tuple[str, ...], Design] = {}
    rows: list[Row] = []
    for (estimand, method), of_series in series.items():
        keys = tuple(row["condition"] for row in of_series)
        if keys not in designs:
            designs[keys] = _design(tuple(tuple(tables.factors[key].items()) for key in keys))
        panel = method if len(estimands) == 1 else f"{method}, {estimand}"
        place = {"method": method, "estimand": estimand, "panel": panel}
        rows += [place | row for row in _parts(_split(designs[keys], of_series))]
    rows, order = _readable(rows)
    panels = list(dict.fromkeys(row["panel"] for row in rows))
    there = {row["condition"] for row in found.rows}
    of_what = f"share in the variation of {measure_title(measure).removesuffix(' (%)')} of {', '.join(estimands)}"
    return Drawing(
        data={"figures": rows},
        titles={"title": f"{of_what} over {len(there)} conditions", "note": _note(designs.values())},
        orders={"term": order, "panel": panels},
        sizes={"width": min(style.PAGE_WIDTH / min(ACROSS, len(panels)) - 30, 260), "columns": ACROSS},
    )


def _series(rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    """The figures of each estimand and method that have a Monte Carlo error, where there is more than one."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["lower"] is not None and row["upper"] is not None:
            found.setdefault((row["estimand"], row["method"]), []).append(row)
    return {name: of_series for name, of_series in found.items() if len(of_series) > 1}


@functools.lru_cache(maxsize=64)
def _design(conditions: tuple[tuple[tuple[str, Hashable], ...], ...]) -> Design:
    """The design of some conditions, which many figures share."""
    factors = [dict(items) for items in conditions]
    names = dict.fromkeys(name for values in factors for name in values)
    return design_of({name: [values.get(name) for values in factors] for name in names})


def _split(design: Design, rows: Sequence[Row]) -> Split:
    values, n = (np.array([float(row[name]) for row in rows]) for name in ("value", "n"))
    if rows[0]["measure"] in PROPORTIONS:
        return split_proportions(design, values, n)
    return split_means(design, values, np.array([row["upper"] - row["lower"] for row in rows]) / (2 * Z95))


def _parts(split: Split) -> Iterator[Row]:
    """What is shared, a row for each."""
    for part in (*split.parts, split.higher):
        numbers = {"df": part.df, "size": f"{part.size:.4g}", "partial": percent(part.partial)}
        yield {"term": part.name, "share": part.share, **numbers}
    yield {"term": JOINT, "share": max(split.joint, 0.0)}
    yield {"term": NOISE, "share": split.noise}


def _readable(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """The rows that a reader needs, and their terms in order: by the shares in all panels, then what is no term.

    Every factor is shown; interactions that are nowhere seen, or that are too many, are taken together.
    """
    shares: dict[str, list[float]] = {}
    for row in rows:
        shares.setdefault(row["term"], []).append(row["share"])
    terms = sorted(shares.keys() - {JOINT, HIGHER, NOISE}, key=lambda term: (-sum(shares[term]), term))
    pairs = [term for term in terms if TIMES in term and max(shares[term]) > _SEEN]
    room = max(0, MOST_TERMS - sum(TIMES not in term for term in terms))
    kept = [term for term in terms if TIMES not in term or term in pairs[:room]]
    lumped = [
        {**place, "term": FURTHER, "share": sum(row["share"] for row in of_panel if row["term"] in {*terms} - {*kept})}
        for place, of_panel in _by_panel(rows)
    ]
    shown = [*rows, *lumped]
    seen = {row["term"] for row in shown if row["share"] > _SEEN}
    order = [*kept, *(term for term in (FURTHER, JOINT, HIGHER) if term in seen), NOISE]
    words = {term: _short(term) for term in order}
    return [
        row | {"term": words[row["term"]], "shown": percent(row["share"]), "noise": row["term"] == NOISE}
        for row in shown
        if row["term"] in words
    ], list(words.values())


def _by_panel(rows: Sequence[Row]) -> Iterator[tuple[Row, list[Row]]]:
    """The place of each panel, and its rows."""
    for _, of_panel in groupby(rows, key=lambda row: row["panel"]):
        found = list(of_panel)
        yield {name: found[0][name] for name in ("method", "estimand", "panel")}, found


def _short(term: str) -> str:
    """A term by its first factors: of many that vary together one stands for all."""
    mains = [main.split(", ") for main in term.split(TIMES)]
    return TIMES.join(
        ", ".join(names) if len(names) <= _MOST_NAMES else f"{names[0]} (+{len(names) - 1})" for names in mains
    )


def _note(designs: Iterable[Design]) -> str:
    """What stands behind a short name, and what could not be told apart; in lines."""
    designs = list(designs)
    notes = [f"{NOISE} is taken out of the others"]
    if present := dict.fromkeys(name for design in designs for name in design.present):
        notes.append(f"{PRESENT}: of {', '.join(present)}")
    for main in dict.fromkeys(term.name for design in designs for term in design.terms if TIMES not in term.name):
        if _short(main) != main:
            notes.append(f"{_short(main)}: {main}")
    if left_out := dict.fromkeys(name for design in designs for name in design.left_out):
        notes.append(f"cannot be told from other terms: {', '.join(_short(name) for name in left_out)}")
    return "\n".join(textwrap.wrap("; ".join(notes), width=110))


def draw(drawing: Drawing) -> "AnyChart":
    """Bars in panels, the widest first."""
    import altair as alt

    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1], labelOverlap=True, grid=True)
    x = alt.X("share:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("term:N", sort=list(drawing.orders["term"]), title=None, axis=alt.Axis(labelLimit=280, ticks=False))
    base = alt.Chart(alt.NamedData("figures"), width=drawing.sizes["width"], height={"step": 15})
    base = base.encode(x, y, tooltip=style.tooltip(*TOOLTIP))
    bars = base.mark_bar(height=9).encode(
        color=alt.Color(
            "noise:N", scale=alt.Scale(domain=[False, True], range=[style.COLOURS[0], style.HIT]), legend=None
        )
    )
    texts = base.mark_text(align="left", dx=3, fontSize=9, color=style.INK).encode(text="shown:N")
    panel = alt.Facet("panel:N", sort=list(drawing.orders["panel"]), title=drawing.titles["title"])
    chart = alt.layer(bars, texts).facet(facet=panel, columns=int(drawing.sizes["columns"]))
    return finished(chart.properties(title=style.note(drawing.titles["note"])), drawing)
