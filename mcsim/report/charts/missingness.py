"""Missingness: how the fits ended, by condition and method. What is missing is the first thing to know of a study.

A bar is the replications that a condition is to have: usable fits (ok, singular), missing ones (not converged, failed)
and skipped ones, to which the method does not apply; it ends early where some have not been run. A fit counts by the
worst status among its estimands, and as skipped if all are. Beside a bar stands the share missing among the fits that
were not skipped. These shares are counts of what happened, not estimates. Of many conditions, those with the most
missing, then the most singular, have bars of their own; the others have one together. With many methods and many
conditions a bar is a method under all conditions with one level of a factor.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mcsim.errors import ParameterError
from mcsim.facts import telling
from mcsim.model import Status
from mcsim.report.charts import style
from mcsim.report.charts.drawing import Drawing, Row, finished
from mcsim.report.charts.figures import chosen_factors, condition_words, panel
from mcsim.report.charts.levels import Factors, arrange, levels_of
from mcsim.report.charts.panelling import heading
from mcsim.report.charts.request import Request
from mcsim.report.charts.tables import Tables
from mcsim.rounding import percent

if TYPE_CHECKING:
    from mcsim.report.charts.style import AnyChart

UNUSED = ("measures", "row", "column", "power")

MOST_CONDITIONS, MOST_ACROSS = 60, 5
_ON_THEIR_OWN = 30
_LETTER = 5  # the width of a letter beside a bar, in pixels

_ALL = "all"
STATUSES = {
    "ok": "#bccdd8",
    "singular": "#4ea7dd",
    "not converged": style.MISS,
    "failed": style.INK,
    "skipped": "#f2f2f2",
}
"""In the order of a bar; the worse, the darker."""

_WORST_LAST = (Status.SKIPPED, Status.OK, Status.SINGULAR, Status.NOT_CONVERGED, Status.FAILED)
_RANK = np.argsort(_WORST_LAST)

Counts = Counter[str]
"""How many fits there are of each status, and how many of all there are to be."""

Bars = dict[tuple[str, str], Counts]
"""The counts by line and column."""


class Lines(NamedTuple):
    """Bars in lines and columns, and what is to be said of the lines."""

    bars: Bars
    note: str


def what(tables: Tables, request: Request) -> Drawing:
    """How many fits have each status.

    Rows of a part of a bar: line and column; status; start and end, in percent; n; n_all, all that the bar is to have.
    Rows of a whole bar: line and column; start and end; said, the shares missing and not run, where there are any.
    """
    kept = chosen_factors(tables, request)
    if not kept:
        raise ParameterError("chart", ["no condition has these levels together"])
    methods = request.methods or tuple(tables.levels)
    counts = {(key, label): _counts(tables, key, label, request.estimands) for key in kept for label in methods}
    if min(len(methods), len(kept)) > MOST_ACROSS:
        lines = _by_level(counts, kept, request.x)
    elif len(kept) > len(methods):
        lines = _by_condition(counts, kept)
    else:
        texts = condition_words(kept)
        lines = Lines({(label, texts[key]): of for (key, label), of in counts.items()}, "")
    return _drawn(lines, sum(counts.values(), Counter()))


def _counts(tables: Tables, condition: str, method: str, estimands: Sequence[str]) -> Counts:
    """How many fits of a method under a condition have each status, each counted once."""
    counts = Counter(tables.statuses.get((condition, method), {}))
    mixed = len(+counts) > 1 and (counts[Status.SKIPPED.label] or counts.total() > tables.replications)
    if mixed or estimands:  # a fit is counted with each status that one of its estimands has
        names = estimands or dict.fromkeys([*tables.truths[condition], *tables.figures["estimand"]])
        worst = np.full(tables.replications, -1)
        for name in names:
            columns = tables.estimates(condition, method, name)
            if columns is not None:
                worst[columns.rep] = np.maximum(worst[columns.rep], _RANK[columns.status])
        counts = Counter({s.label: int(np.count_nonzero(worst == rank)) for rank, s in enumerate(_WORST_LAST)})
    return Counter({label.replace("_", " "): n for label, n in counts.items()}) + Counter({_ALL: tables.replications})


def _missing(of: Counts) -> float:
    """The share missing among the fits that were not skipped; 0 if there are none."""
    lost = of["not converged"] + of["failed"]
    return lost / (lost + of["ok"] + of["singular"]) if lost else 0.0


def _run(of: Counts) -> int:
    return sum(of[status] for status in STATUSES)


def _by_condition(counts: Bars, kept: Factors) -> Lines:
    """A line for each condition; of many, for the worst, and one for the others together."""
    levels = levels_of(kept, telling(kept))
    texts = {
        key: ", ".join(of_name[values.get(name)] for name, of_name in levels.items()) for key, values in kept.items()
    }
    note = f"conditions by {', '.join(levels)}"
    if len(kept) > MOST_CONDITIONS:
        own = _worst(counts)
        others = f"{len(kept) - len(own)} {'others' if own else 'conditions'} together"
        texts = {key: text if key in own else others for key, text in texts.items()}
        note += "; on their own those with the most fits missing, then singular" if own else ""
    bars: Bars = {}
    for others_too in (False, True):
        for (key, label), of in counts.items():
            if (len(kept) > MOST_CONDITIONS and key not in own) == others_too:
                bars[texts[key], label] = bars.get((texts[key], label), Counter()) + of
    return Lines(bars, note)


def _worst(counts: Bars) -> set[str]:
    """The conditions with the largest share missing or not run, then singular; none in which all fits are ok."""
    bad: dict[str, tuple[float, float]] = {}
    for (key, _), of in counts.items():
        lost, singular = max(_missing(of), 1 - _run(of) / of[_ALL]), of["singular"] / of[_ALL]
        bad[key] = max(bad.get(key, (0.0, 0.0)), (lost, singular))
    return set(sorted((key for key in bad if any(bad[key])), key=lambda key: bad[key], reverse=True)[:_ON_THEIR_OWN])


def _by_level(counts: Bars, kept: Factors, x: str | None) -> Lines:
    """A line for each method, a column for each level of a factor if they are few."""
    layout = arrange(kept, x=x)
    levels = layout.levels[layout.x] if layout.x else {}
    few = len(levels) <= MOST_ACROSS
    bars: Bars = {}
    for (key, label), of in counts.items():
        column = panel(layout.x, levels[kept[key].get(layout.x)]) if few and layout.x else "all conditions"
        bars[label, column] = bars.get((label, column), Counter()) + of
    return Lines(bars, f"each bar is {len(kept) // (len(levels) if few else 1)} conditions or so together")


def _said(of: Counts) -> str:
    run = _run(of)
    missing = f"{percent(_missing(of))} missing" if _missing(of) else ""
    left = "not run yet" if not run else f"{percent(1 - run / of[_ALL])} not run yet" if run < of[_ALL] else ""
    return ", ".join(part for part in (missing, left) if part)


def _drawn(lines: Lines, total: Counts) -> Drawing:
    rows: list[Row] = []
    for (line, column), of in lines.bars.items():
        place, end = {"line": line, "column": column}, 0.0
        for status in STATUSES:
            if of[status]:
                start, end = end, end + 100 * of[status] / of[_ALL]
                part = {"status": status, "start": start, "end": end, "n": of[status], "n_all": of[_ALL]}
                rows.append(place | part)
        rows.append(place | {"start": 0, "end": 100, "said": _said(of)})
    occurring = [status for status in STATUSES if total[status]]
    names, columns = (list(dict.fromkeys(place[at] for place in lines.bars)) for at in (0, 1))
    width = min(style.PAGE_WIDTH / len(columns) - 12, 300)
    longest = _LETTER * max(len(_said(of)) for of in lines.bars.values())
    return Drawing(
        data={"figures": rows},
        titles={
            "chart": _in_all(total),
            "note": lines.note,
            "x": "% of replications",
        },
        orders={
            "line": names,
            "column": columns,
            "status": occurring,
            "colour": [STATUSES[status] for status in occurring],
            "percent": [0, 100 * width / max(width - longest, 40)],
        },
        sizes={"width": width, "height": len(names) * (17 if len(names) <= 25 else 12)},
    )


def _in_all(total: Counts) -> str:
    """How many fits there are, and how many are missing."""
    lost, run = total["not converged"] + total["failed"], _run(total)
    parts = [
        f"{run:,} fits",
        f"{lost:,} missing ({percent(_missing(total))})" if lost else "none is missing" if run else "",
        f"{total['singular']:,} singular" if total["singular"] else "",
        f"{total[_ALL] - run:,} not run yet" if run < total[_ALL] else "",
    ]
    return "; ".join(part for part in parts if part)


def draw(drawing: Drawing) -> "AnyChart":
    """Bars in lines, in columns of panels."""
    import altair as alt

    orders, base = drawing.orders, alt.Chart(alt.NamedData("figures"))
    axis = alt.Axis(grid=False, ticks=False, domain=False, labelLimit=260)
    y = alt.Y("line:N", sort=list(orders["line"]), title=None, axis=axis)
    scale = alt.Scale(domain=list(orders["percent"]), nice=False)
    x = alt.X("start:Q", scale=scale, title=drawing.titles["x"], axis=alt.Axis(values=[0, 50, 100]))
    colours = alt.Scale(domain=list(orders["status"]), range=list(orders["colour"]))
    whole = base.transform_filter("isValid(datum.said)")
    parts = base.transform_filter("isValid(datum.status)").mark_bar()
    bars = parts.encode(
        x,
        alt.X2("end:Q"),
        y,
        alt.Color("status:N", scale=colours, legend=alt.Legend(title=None, orient="top", symbolType="square")),
        tooltip=style.tooltip("line", "column", "status", "n", "n_all"),
    )
    frames = whole.mark_bar(fillOpacity=0, stroke=style.GRID).encode(x, alt.X2("end:Q"), y)
    words = whole.mark_text(align="left", dx=4, fontSize=9, color=style.INK).encode(alt.XDatum(100), y, text="said:N")
    column = alt.Column("column:N", sort=list(orders["column"]), title=None)
    sized = alt.layer(frames, bars, words).properties(
        width=drawing.sizes["width"], height=drawing.sizes["height"], view=alt.ViewBackground(stroke=None)
    )
    return finished(sized.facet(column=column).properties(title=heading(drawing.titles)), drawing)
