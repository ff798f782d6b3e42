"""The performance table as text: for the eye, values rounded by their Monte Carlo errors; for programs, unrounded."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from tabulate import tabulate

from mcsim import keys
from mcsim.report.values import ABSENT, escaped, format_value, percent, word
from mcsim.study import Study

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("table", "csv", "json", "markdown", "latex")
"""The formats of `performance_table`."""

SUMMARY_MEASURES = ("bias", "rmse", "coverage")
SUMMARY_ROWS = 60
WIDTH = 140

_LAYOUTS = {"markdown": "pipe", "latex": "latex_raw"}
Factors = Mapping[str, Mapping[str, Any]]
"""The factors of every condition, by its key."""


def factors_of(study: Study) -> dict[str, dict[str, Any]]:
    """The mechanism and the factors of every condition, by its key."""
    return {key: {"mechanism": type(m).__name__, **keys.factors(m)} for key, m in study.conditions.items()}


def performance_table(
    frame: "pd.DataFrame",
    factors: Factors,
    *,
    measures: Sequence[str] | None = None,
    format: str = "table",  # noqa: A002 (the word of the command line)
    width: int = WIDTH,
) -> str:
    """The performance table in one of `FORMATS`.

    Parameters
    ----------
    frame : DataFrame
        From `mcsim.performance`, with or without the column status.
    factors : mapping of str to mapping
        The factors of every condition by its key; those that vary are shown.
    measures : sequence of str, optional
        Those to show, in this order; all of the frame by default.
    format : str
        "csv" and "json" are unrounded and long, one row a figure, with every factor. The others have one row per
        condition, estimand and method and one column a measure, ``value (mcse)``, and the share missing.
    width : int
        In a "table" that would be wider, factors stand in a line above each condition, and measures in parts below
        each other.

    Returns
    -------
    str
        Without a final newline.
    """
    names = list(dict.fromkeys(frame["measure"] if measures is None else measures))
    chosen = frame[frame["measure"].isin(names)]
    if format == "csv":
        return str(_long(chosen, factors).to_csv(index=False, lineterminator="\n")).rstrip("\n")
    if format == "json":
        records = _long(chosen, factors).to_dict("records")
        lines = (json.dumps({str(k): _plain(v) for k, v in record.items()}, allow_nan=False) for record in records)
        return "[\n" + ",\n".join(lines) + "\n]"
    grid = _Grid(chosen, factors, names)
    text = grid.fitted(width) if format == "table" else grid.text(names, format=format)
    notes = "\n".join(f"% {note}" for note in grid.notes()) if format == "latex" else "\n".join(grid.notes())
    return f"{text}\n\n{notes}"


def summary(frame: "pd.DataFrame", factors: Factors, *, command: str, rows: int = SUMMARY_ROWS) -> str:
    """What a run ends with: bias, RMSE and coverage per condition, estimand and method.

    Parameters
    ----------
    frame : DataFrame
        From `mcsim.performance`.
    factors : mapping of str to mapping
        The factors of every condition by its key.
    command : str
        What shows everything; named where conditions are left out.
    rows : int
        About how many rows are shown at most: of more conditions some, evenly spaced, and always at least one.
    """
    conditions = list(dict.fromkeys(frame["condition"]))
    of_one = len(frame.drop_duplicates(["condition", "method", "estimand"])) / max(len(conditions), 1)
    count = min(len(conditions), max(1, int(rows / max(of_one, 1))))
    if count == len(conditions):
        return performance_table(frame, factors, measures=SUMMARY_MEASURES)
    shown = [conditions[round(place)] for place in np.linspace(0, len(conditions) - 1, count)]
    text = performance_table(frame[frame["condition"].isin(shown)], factors, measures=SUMMARY_MEASURES)
    return f"{text}\n\nShown: {count} of {len(conditions)} conditions, evenly spaced. All of them: {command}"


def _long(frame: "pd.DataFrame", factors: Factors) -> "pd.DataFrame":
    """The frame with the factors after the condition; one whose name is taken is called factor_<name>."""
    import pandas as pd

    long = frame.copy()
    for place, name in enumerate(_factor_names(factors), start=1):
        values = [factors.get(condition, {}).get(name) for condition in frame["condition"]]
        column = f"factor_{name}" if name in frame.columns else name
        long.insert(place, column, pd.Series(values, index=frame.index, dtype=object))
    return long


def _factor_names(factors: Factors) -> list[str]:
    return list(dict.fromkeys(name for of_condition in factors.values() for name in of_condition))


def _plain(value: Any) -> Any:
    """A value as JSON has it: null for NaN and the infinite."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


class _Row(NamedTuple):
    """One row of a table: who it is, its figures, what they rest on."""

    condition: str
    estimand: str
    method: str
    status: str
    figures: dict[str, str]
    missing: dict[str, float]
    n_used: int


class _Grid:
    """The rows of a table for the eye, and the ways to lay them out."""

    def __init__(self, frame: "pd.DataFrame", factors: Factors, measures: Sequence[str]) -> None:
        self._by_status = "status" in frame.columns
        self._rows = list(_rows(frame))
        self._measures = measures
        conditions = dict.fromkeys(row.condition for row in self._rows)
        texts = {key: {name: word(value) for name, value in factors.get(key, {}).items()} for key in conditions}
        levels = {n: {of_condition.get(n, ABSENT) for of_condition in texts.values()} for n in _factor_names(texts)}
        varying = [name for name, found in levels.items() if len(found) > 1]
        self._factors = {key: {name: texts[key].get(name, ABSENT) for name in varying} for key in conditions}
        self._varying = varying

    def text(self, measures: Sequence[str], *, format: str = "table", titled: bool = False) -> str:  # noqa: A002
        """The grid with these measures; titled: with the factors in a line above each condition."""
        places = [] if titled else self._varying
        identity = [*places, "estimand", "method", *(["status", "n_used"] if self._by_status else [])]
        body = [
            [*(self._factors[row.condition][name] for name in places), row.estimand, row.method]
            + ([row.status, str(row.n_used)] if self._by_status else [])
            + [row.figures.get(measure, ABSENT) for measure in measures]
            + [percent(max((row.missing[m] for m in measures if m in row.missing), default=math.nan))]
            for row in self._rows
        ]
        _blank_repeated([row.condition for row in self._rows], body, len(places) + 1)
        columns = [*identity, *measures, "missing"]
        cells = [[escaped(cell, format) for cell in row] for row in [columns, *body]]
        left = [name in {"estimand", "method", "status"} for name in columns]
        if format == "table":
            text = _aligned(cells, left)
        else:
            sides = ["left" if is_left else "right" for is_left in left]
            text = tabulate(cells[1:], cells[0], _LAYOUTS[format], disable_numparse=True, colalign=sides)
        return self._with_titles(text) if titled else text

    def _with_titles(self, text: str) -> str:
        head, rule, *lines = text.split("\n")
        titled, last = ["  " + head, "  " + rule], ""
        for row, line in zip(self._rows, lines, strict=True):
            if row.condition != last:
                last = row.condition
                titled.append(
                    f"{last}: " + ", ".join(f"{n} {v}" for n, v in self._factors[last].items() if v != ABSENT)
                )
            titled.append("  " + line)
        return "\n".join(titled)

    def fitted(self, width: int) -> str:
        """The grid with factors as columns if that fits the width, else above each condition, and in parts."""
        text = self.text(self._measures)
        if _width(text) <= width:
            return text
        identity = _width(self.text([], titled=True))
        parts: list[list[str]] = [[]]
        left = width - identity
        for measure in self._measures:
            needed = 2 + max(len(measure), *(len(row.figures.get(measure, "")) for row in self._rows))
            if parts[-1] and needed > left:
                parts.append([])
                left = width - identity
            parts[-1].append(measure)
            left -= needed
        return "\n\n".join(self.text(part, titled=True) for part in parts)

    def notes(self) -> Iterator[str]:
        """What a reader must know, where it occurs."""
        shown = {text for row in self._rows for text in row.figures.values()}
        yield "value (Monte Carlo standard error); missing: largest share of replications that a figure lacks"
        if any("[" in text for text in shown):
            yield "[lower, upper]: 95 % score interval of a proportion of 0 or 1, or a difference with all pairs alike"
        if ABSENT in shown or any(
            v == ABSENT for of_condition in self._factors.values() for v in of_condition.values()
        ):
            yield f"{ABSENT}: a factor that is absent, or a value that does not exist"
        if self._by_status:
            yield "ok, singular, not_converged: fits selected by how they ended; only all of them answer the question"


def _rows(frame: "pd.DataFrame") -> Iterator[_Row]:
    """The rows in order of first appearance: condition, estimand, method, status."""
    identity = ["condition", "estimand", "method", *(["status"] if "status" in frame.columns else [])]
    places = [{value: place for place, value in enumerate(dict.fromkeys(frame[name]))} for name in identity]
    groups: dict[tuple[str, ...], list[Any]] = {}
    for figure in frame.itertuples(index=False):
        groups.setdefault(tuple(getattr(figure, name) for name in identity), []).append(figure)
    for key in sorted(groups, key=lambda key: [place[value] for place, value in zip(places, key, strict=True)]):
        figures = groups[key]
        texts = {f.measure: format_value(f.value, f.mcse, interval=(f.lower, f.upper)) for f in figures}
        shares = {f.measure: f.n_missing / (f.n_used + f.n_missing) for f in figures if f.n_used + f.n_missing}
        condition, estimand, method, *status = key
        yield _Row(condition, estimand, method, "".join(status), texts, shares, max(f.n_used for f in figures))


def _blank_repeated(conditions: Sequence[str], body: list[list[str]], columns: int) -> None:
    """Leave out what the row above says already: the factors of the same condition, the same estimand."""
    for place in range(len(body) - 1, 0, -1):
        if conditions[place] == conditions[place - 1]:
            same_estimand = body[place][columns - 1] == body[place - 1][columns - 1]
            blank = columns if same_estimand else columns - 1
            body[place][:blank] = [""] * blank


def _aligned(cells: Sequence[Sequence[str]], left: Sequence[bool]) -> str:
    """Columns as narrow as they can be, the first row above a rule."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    shape = "  ".join(f"{{:{'<' if is_left else '>'}{width}}}" for is_left, width in zip(left, widths, strict=True))
    head, *rows = (shape.format(*row) for row in cells)
    return "\n".join([head, "  ".join("-" * width for width in widths), *rows])


def _width(text: str) -> int:
    """The width of a table, from the rule below its head."""
    return len(text.split("\n")[1])
