"""Performance figures as rows to draw: each with its place on the chart, its interval and its reference."""

import functools
import inspect
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mcsim.errors import ParameterError
from mcsim.facts import telling
from mcsim.measures import MEASURES, PROPORTIONS
from mcsim.report.charts.drawing import Row
from mcsim.report.charts.levels import Factors, Layout, arrange, levels_of
from mcsim.report.charts.references import Aim, reference
from mcsim.report.charts.request import Request
from mcsim.report.charts.tables import Tables
from mcsim.rounding import format_value, percent

_NOT_FIRST = re.compile(r"\(Intercept\)|sigma|(var|cov|sd|cor)_.*")


class Figures(NamedTuple):
    """Rows to draw and what orders them.

    Attributes
    ----------
    rows : list of dict
        Of each figure: condition, method, estimand, measure; x, row, column and rest, its places as texts; value,
        lower, upper; reference, band_lower, band_upper; shown, the value with its MCSE; n, the replications that the
        value is a mean or a share of; n_used, missing. What does not exist is None.
    layout : Layout
        Where the factors stand.
    methods : list of str
        Those that occur, in the order of the study.
    """

    rows: list[Row]
    layout: Layout
    methods: list[str]


def default_estimand(tables: Tables) -> str:
    """The first fixed effect that is not the intercept; the first estimand of all if there is none."""
    names = [str(name) for name in tables.figures["estimand"].unique()]
    return next((name for name in names if not _NOT_FIRST.fullmatch(name)), names[0])


def default_measure(tables: Tables, estimand: str) -> str:
    """Coverage; where a study has no intervals, the first measure that has values."""
    known = tables.figures[tables.figures["value"].notna() & (tables.figures["estimand"] == estimand)]
    there = set(known["measure"])
    return next((measure for measure in ("coverage", *MEASURES) if measure in there), "coverage")


def chosen_factors(tables: Tables, request: Request) -> dict[str, Mapping[str, Any]]:
    """The factors of the conditions that `where` keeps."""
    texts = levels_of(tables.factors, request.where)
    return {
        key: values
        for key, values in tables.factors.items()
        if all(texts[name][values.get(name)] in levels for name, levels in request.where.items())
    }


def figures(tables: Tables, request: Request, *, measures: Sequence[str], estimands: Sequence[str]) -> Figures:
    """The figures of some measures and estimands, in the order of the study.

    Parameters
    ----------
    tables : Tables
        Of the study.
    request : Request
        Methods, conditions and the places of factors; measures and estimands are those given here.
    measures, estimands : sequence of str
        Which.

    Raises
    ------
    ParameterError
        If there are none.
    """
    frame, kept = tables.figures, chosen_factors(tables, request)
    methods = request.methods or tuple(tables.levels)
    asked = {"measure": measures, "estimand": estimands, "method": methods, "condition": kept}
    for column, names in asked.items():
        frame = frame[frame[column].isin(list(names))]
    frame = frame[frame["value"].notna()]
    if frame.empty:
        raise ParameterError("chart", [_nothing(request, measures, estimands)])
    there = set(frame["condition"].unique())
    factors = {key: values for key, values in kept.items() if key in there}
    layout = arrange(factors, x=request.x, row=request.row, column=request.column)
    places = {key: _places(values, layout) for key, values in factors.items()}
    found: dict[str, list[Row]] = {key: [] for key in factors}
    figure: Any
    for figure in frame.itertuples(index=False):
        found[figure.condition].append(places[figure.condition] | figure_row(figure, tables, request.power))
    occurring = set(frame["method"].unique())
    order = {label: place for place, label in enumerate(label for label in methods if label in occurring)}
    rows = [row for of_condition in found.values() for row in sorted(of_condition, key=lambda r: order[r["method"]])]
    return Figures(rows, layout, list(order))


def _nothing(request: Request, measures: Sequence[str], estimands: Sequence[str]) -> str:
    asked = [f"measure {', '.join(measures)}", f"estimand {', '.join(estimands)}"]
    asked += [f"method {', '.join(request.methods)}"] if request.methods else []
    asked += [f"{name} = {' or '.join(levels)}" for name, levels in request.where.items()]
    return f"no figure for {', '.join(asked)}: what exists of each does not exist together, or has no value"


def _places(values: Mapping[str, Any], layout: Layout) -> Row:
    def text(name: str | None) -> str:
        return "" if name is None else layout.levels[name][values.get(name)]

    return {
        "x": text(layout.x),
        "row": panel(layout.row, text(layout.row)),
        "column": panel(layout.column, text(layout.column)),
        "rest": ", ".join(panel(name, text(name)) for name in layout.rest),
    }


def panels(layout: Layout, place: str) -> list[str]:
    """The titles of the rows or the columns of panels, in order; one empty title where there are none."""
    name = getattr(layout, place)
    return [""] if name is None else [panel(name, text) for text in layout.levels[name].values()]


def panel(name: str | None, text: str) -> str:
    """The title of a panel: ``cluster_size = 10``."""
    return "" if name is None else f"{name} = {text}"


def condition_words(factors: Factors) -> dict[str, str]:
    """Each condition by what tells it from the others, ``n_clusters = 10, tau2 = 1``; "" for a single one."""
    texts = levels_of(factors, telling(factors))
    return {
        key: ", ".join(panel(name, of_name[values.get(name)]) for name, of_name in texts.items())
        for key, values in factors.items()
    }


def combined(factors: Factors, layout: Layout, names: Sequence[str]) -> dict[str, str]:
    """The levels of some factors of each condition as one text, in the order of their levels: ``5, 0.1``.

    Parameters
    ----------
    factors : mapping of str to mapping
        Of the conditions.
    layout : Layout
        With the texts of the levels.
    names : sequence of str
        Which factors, the one that changes slowest first.
    """
    ranks = {name: {level: rank for rank, level in enumerate(layout.levels[name])} for name in names}
    order = sorted(factors, key=lambda key: [ranks[name][factors[key].get(name)] for name in names])
    return {key: ", ".join(layout.levels[name][factors[key].get(name)] for name in names) for key in order}


def figure_row(figure: Any, tables: Tables, power: float) -> Row:
    """One row of the performance table as charts take it, without its place.

    Parameters
    ----------
    figure : object
        With the columns of the performance table as attributes.
    tables : Tables
        Truths and nominal levels.
    power : float
        The power to reach.
    """
    lower, upper = figure.lower, figure.upper
    if figure.measure in PROPORTIONS:  # a normal interval may run over the edge
        lower, upper = max(lower, 0.0), min(upper, 1.0)
    aim = Aim(tables.truth(figure.condition, figure.estimand), tables.levels[figure.method], power)
    total = int(figure.n_used + figure.n_missing)
    n = total if counts_missing(figure.measure) else int(figure.n_used)
    of = reference(figure.measure, aim, mcse=figure.mcse, n=n)
    return {
        "condition": figure.condition,
        "method": figure.method,
        "estimand": figure.estimand,
        "measure": figure.measure,
        "value": finite(figure.value),
        "lower": finite(lower),
        "upper": finite(upper),
        "reference": finite(of.value),
        "band_lower": finite(of.lower),
        "band_upper": finite(of.upper),
        "shown": format_value(figure.value, figure.mcse, interval=(figure.lower, figure.upper)),
        "n": n,
        "n_used": int(figure.n_used),
        "missing": percent(figure.n_missing / total if total else math.nan),
    }


@functools.cache
def counts_missing(measure: str) -> bool:
    """Whether a measure is a share of all replications, the missing ones among them."""
    return "n_missing" in inspect.signature(MEASURES[measure]).parameters


def finite(value: float) -> float | None:
    """The number as a chart takes it: None where there is none."""
    return float(value) if math.isfinite(value) else None
