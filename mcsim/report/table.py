"""The performance table for the terminal, rounded by its Monte Carlo errors, and for programs, unrounded."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mcsim.facts import varying
from mcsim.performance.rows import rows_of
from mcsim.rounding import ABSENT, percent, word

if TYPE_CHECKING:
    import pandas as pd

SUMMARY_MEASURES = ("bias", "rmse", "coverage")
SUMMARY_ROWS = 60
WIDTH = 140

Factors = Mapping[str, Mapping[str, Any]]
"""The factors of every condition, by its key."""


def performance_table(
    frame: "pd.DataFrame", factors: Factors, *, measures: Sequence[str] | None = None, width: int = WIDTH
) -> str:
    """The performance table for the eye, one row per condition, estimand and method.

    Parameters
    ----------
    frame : DataFrame
        From `mcsim.performance`, with or without the column status.
    factors : mapping of str to mapping
        The factors of every condition by its key; those that vary are shown.
    measures : sequence of str, optional
        Those to show, in this order; all of the frame by default.
    width : int
        In a table that would be wider, factors stand in a line above each condition, and measures in parts below
        each other.

    Returns
    -------
    str
        One column a measure, ``value (mcse)``, then the share missing; without a final newline.
    """
    names = list(dict.fromkeys(frame["measure"] if measures is None else measures))
    grid = _Grid(frame[frame["measure"].isin(names)], factors, names)
    return "\n\n".join([grid.fitted(width), "\n".join(grid.notes())])


def json_table(frame: "pd.DataFrame", factors: Factors) -> str:
    """The performance table for programs: unrounded, one object a figure, with every factor.

    Parameters
    ----------
    frame : DataFrame
        From `mcsim.performance`.
    factors : mapping of str to mapping
        The factors of every condition by its key; one whose name is taken is called factor_<name>.

    Returns
    -------
    str
        A JSON array, an object a line; null for NaN and the infinite.
    """
    names = list(dict.fromkeys(name for of_condition in factors.values() for name in of_condition))
    columns = {name: f"factor_{name}" if name in frame.columns else name for name in names}
    lines = []
    for figure in frame.to_dict("records"):
        of_condition = factors.get(figure["condition"], {})
        placed = {column: of_condition.get(name) for name, column in columns.items()}
        record: dict[Any, Any] = {"condition": figure["condition"], **placed, **figure}
        lines.append(json.dumps({name: _plain(value) for name, value in record.items()}, allow_nan=False))
    return "[\n" + ",\n".join(lines) + "\n]"


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


def _plain(value: Any) -> Any:
    """A value as JSON has it: null for NaN and the infinite."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


class _Grid:
    """The rows of a table for the eye, and the ways to lay them out."""

    def __init__(self, frame: "pd.DataFrame", factors: Factors, measures: Sequence[str]) -> None:
        self._by_status = "status" in frame.columns
        self._rows = list(rows_of(frame))
        self._measures = measures
        values = {row.condition: factors.get(row.condition, {}) for row in self._rows}
        self._varying = varying(values)
        self._factors = {key: {name: word(row.get(name)) for name in self._varying} for key, row in values.items()}

    def text(self, measures: Sequence[str], *, titled: bool = False) -> str:
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
        text = _aligned([columns, *body], [name in {"estimand", "method", "status"} for name in columns])
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
