"""The performance table as the page carries it: in columns, words by their places in lists, numbers to six digits."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mcsim.report.charts.figures import figure_row
from mcsim.report.charts.levels import level_texts
from mcsim.report.charts.tables import Tables

_WORDS = ("condition", "method", "estimand", "measure")
_NUMBERS = ("value", "lower", "upper", "reference", "band_lower", "band_upper")


def figures_of(tables: Tables, lists: Mapping[str, Sequence[str]], power: float) -> dict[str, list[Any]]:
    """Every figure that has a value or should have one.

    Parameters
    ----------
    tables : Tables
        Of the study.
    lists : mapping of str to sequence of str
        The condition, method, estimand and measure that there are, in order.
    power : float
        The power to reach.

    Returns
    -------
    dict of str to list
        The columns of `figure_row`, and mcse and n_missing.
    """
    place = {word: {name: at for at, name in enumerate(lists[word])} for word in _WORDS}
    names = (*_WORDS, *_NUMBERS, "mcse", "shown", "n_used", "n_missing", "missing")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    figure: Any
    for figure in tables.figures.itertuples(index=False):
        if math.isnan(figure.value) and not figure.n_missing:
            continue
        row = figure_row(figure, tables, power)
        row |= {word: place[word][row[word]] for word in _WORDS} | {name: rounded(row[name]) for name in _NUMBERS}
        row |= {"mcse": rounded(figure.mcse), "n_missing": int(figure.n_missing)}
        for name, column in columns.items():
            column.append(row[name])
    return columns


def factors_of(tables: Tables) -> dict[str, list[str]]:
    """The levels of every factor that varies, in order, as texts."""
    names = dict.fromkeys(name for values in tables.factors.values() for name in values)
    levels = {name: level_texts(values.get(name) for values in tables.factors.values()) for name in names}
    return {name: list(texts.values()) for name, texts in levels.items() if len(texts) > 1}


def conditions_of(tables: Tables, factors: Iterable[str]) -> list[dict[str, Any]]:
    """Every condition with its key and the place of its level of each factor."""
    levels = {name: level_texts(values.get(name) for values in tables.factors.values()) for name in factors}
    place = {name: {value: at for at, value in enumerate(texts)} for name, texts in levels.items()}
    return [
        {"key": key, "levels": {name: places[values.get(name)] for name, places in place.items()}}
        for key, values in tables.factors.items()
    ]


def rounded(value: float | None) -> float | None:
    """The number to six significant digits; None where there is none."""
    return float(f"{value:.6g}") if value is not None and math.isfinite(value) else None
