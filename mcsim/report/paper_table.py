"""The performance table as a paper prints it: what stands where, in the style of the APA; `paper_formats` writes it."""

import re
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, NamedTuple

from mcsim.facts import telling, varying
from mcsim.measures import PROPORTION_DIFFERENCES, PROPORTIONS
from mcsim.performance.rows import Row, rows_of
from mcsim.report.charts.levels import levels_of
from mcsim.report.charts.words import measure_title
from mcsim.report.table import Factors
from mcsim.rounding import ABSENT, percent

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 117
"""Of a table in characters, with three between columns: what ten points give on 6.5 inches, a page with its margins."""

_COUNT = "n"
_BOUNDED = {*PROPORTIONS, *PROPORTION_DIFFERENCES}  # cannot exceed 1, so they have no zero before the point


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    group : str
        The method whose figures it holds; "" where there is no such heading.
    label : str
        Its own heading.
    kind : str
        "name", text; "level", the levels of a factor that are all numbers; "figure", values.
    """

    group: str
    label: str
    kind: str


Stub = dict[Column, Callable[[Row], str]]
"""The columns before the figures, and what stands there in a row."""


class PaperTable(NamedTuple):
    """A table with all that is printed around it, in plain text.

    Attributes
    ----------
    columns : tuple of Column
        Those that say which condition, estimand and method it is come first.
    rows : tuple of tuple of str
        The cells.
    caption : str
        What it shows.
    notes : tuple of str
        Sentences below it.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    notes: tuple[str, ...]

    @property
    def places(self) -> int:
        """How many columns stand before the figures."""
        return sum(column.kind != "figure" for column in self.columns)

    def sparse(self) -> list[list[str]]:
        """The cells without what the row above says already."""
        body = [list(row) for row in self.rows]
        for above, row in reversed(list(zip(self.rows, body[1:], strict=False))):
            for place in range(self.places - 1):  # the last one tells this row from the one above
                if above[place] != row[place]:
                    break
                row[place] = ""
        return body


def paper_table(frame: "pd.DataFrame", factors: Factors, *, measures: Sequence[str]) -> PaperTable:
    """Lay out the performance table for a paper: conditions in rows, methods side by side.

    A table that would be wider than `WIDTH` does not fit a page: then each method has a row of its own. A factor,
    estimand or method that is the same throughout has no column; the caption names the estimand and the method. Nor
    has a factor whose levels follow from those of others; a note names it.

    Parameters
    ----------
    frame : DataFrame
        From `mcsim.performance`, with or without the column status.
    factors : mapping of str to mapping
        The factors of every condition by its key; those that vary are shown.
    measures : sequence of str
        Those to show, in this order.

    Returns
    -------
    PaperTable
        Values rounded by their Monte Carlo standard errors, which stand in parentheses; proportions and their
        differences without a zero before the point.
    """
    rows = _in_order(list(rows_of(frame[frame["measure"].isin(list(measures))])), factors)
    methods = list(dict.fromkeys(row.method for row in rows))
    estimands = list(dict.fromkeys(row.estimand for row in rows))
    stub = _factor_columns(rows, factors)
    caption = _caption(measures, [column.label for column in stub], estimands, methods)
    if len(estimands) > 1:
        stub[Column("", "Estimand", "name")] = attrgetter("estimand")
    last: Stub = {Column("", "Fits", "name"): attrgetter("status")} if any(row.status for row in rows) else {}
    shown = [*[_COUNT] * len(last), *measures]
    columns, cells = _placed(rows, {**stub, **last}, shown, methods)
    if len(methods) > 1 and _width(columns, cells) > WIDTH:
        stub[Column("", "Method", "name")] = attrgetter("method")
        columns, cells = _placed(rows, {**stub, **last}, shown, [])
    following = [name for name in varying(_values(rows, factors)) if name not in [column.label for column in stub]]
    return PaperTable(columns, cells, caption, tuple(_notes(rows, cells, following)))


def _in_order(rows: Sequence[Row], factors: Factors) -> list[Row]:
    """The rows sorted by the levels of the factors that stand in the table, the first one changing slowest."""
    values = _values(rows, factors)
    ranks = [
        {key: list(texts).index(of_condition.get(name)) for key, of_condition in values.items()}
        for name, texts in levels_of(values, telling(values)).items()
    ]
    return sorted(rows, key=lambda row: [rank[row.condition] for rank in ranks])


def _placed(
    rows: Sequence[Row], stub: Stub, measures: Sequence[str], methods: Sequence[str]
) -> tuple[tuple[Column, ...], tuple[tuple[str, ...], ...]]:
    """The columns and the cells, with these methods side by side."""
    body: dict[tuple[str, ...], dict[str, Row]] = {}
    for row in rows:
        key = (row.condition, *(cell(row) for cell in stub.values()))
        body.setdefault(key, {})[row.method if methods else ""] = row
    groups = methods or [""]
    titles = methods if len(methods) > 1 else [""]
    figures = [Column(title, _heading(measure), "figure") for title in titles for measure in measures]
    cells = [(*key, *(_figure(found.get(g), m) for g in groups for m in measures)) for (_, *key), found in body.items()]
    return (*stub, *figures), tuple(cells)


def _width(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> int:
    heads = [column.label for column in columns]
    return sum(3 + max(map(len, texts)) for texts in zip(heads, *cells, strict=True))


def _factor_columns(rows: Sequence[Row], factors: Factors) -> Stub:
    """A column for each factor that varies by itself, and what stands there in a row."""
    values = _values(rows, factors)
    columns: Stub = {}
    for name, texts in levels_of(values, telling(values)).items():
        places = {key: texts[of_condition.get(name)] for key, of_condition in values.items()}
        are_numbers = all(value is None or isinstance(value, (int, float)) for value in texts)
        kind = "level" if are_numbers else "name"
        columns[Column("", name, kind)] = lambda row, places=places: places[row.condition]  # type: ignore[misc]
    return columns


def _values(rows: Sequence[Row], factors: Factors) -> Factors:
    return {row.condition: factors.get(row.condition, {}) for row in rows}


def _heading(measure: str) -> str:
    return measure if measure == _COUNT else capitalised(measure_title(measure))


def _figure(row: Row | None, measure: str) -> str:
    """A cell; ``.948 (.007)`` for what cannot exceed 1."""
    if row is None:
        return ABSENT
    if measure == _COUNT:
        return f"{row.n_used:,}"
    text = row.figures.get(measure, ABSENT)
    return re.sub(r"(?<![\d.])0(?=\.\d)", "", text) if measure in _BOUNDED else text


def _caption(measures: Sequence[str], factors: Sequence[str], estimands: Sequence[str], methods: Sequence[str]) -> str:
    """What the table shows: ``Bias and coverage of x by n_clusters and tau2``."""
    text = capitalised(_and([measure_title(measure).partition(" (")[0] for measure in measures]))
    if len(estimands) == 1:
        text += f" of {estimands[0]}"
    if len(methods) == 1:
        text += f" ({methods[0]})"
    return f"{text} by {_and(factors)}" if factors else text


def _notes(rows: Sequence[Row], cells: Sequence[Sequence[str]], following: Sequence[str]) -> Iterator[str]:
    """What a reader must know, where it occurs."""
    shown = {text for row in cells for text in row}
    of_condition: dict[str, int] = {}
    for row in rows:
        of_condition[row.condition] = max(row.replications, of_condition.get(row.condition, 0))
    least, most = min(of_condition.values(), default=0), max(of_condition.values(), default=0)
    count = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    yield f"Monte Carlo standard errors are in parentheses; {count} replications per condition."
    if following:
        yield f"{_and(following)} {'follow' if len(following) > 1 else 'follows'} from the factors shown."
    if any("[" in text for text in shown):
        yield "Brackets hold 95% score intervals: of proportions of 0 or 1, of differences where all pairs are alike."
    share, worst = max(
        ((max(r.missing.values(), default=0.0), r) for r in rows), default=(0.0, None), key=itemgetter(0)
    )
    if worst is not None and share > 0:
        yield f"Of {worst.estimand} by {worst.method}, up to {percent(share)} of the replications lack a figure."
    if ABSENT in shown:
        yield "A dash stands for a factor that is absent, or for a value that does not exist."
    if any(row.status for row in rows):
        yield "Fits selected by how they ended (ok, singular, not_converged) show where the figures of all come from."


def capitalised(text: str) -> str:
    """A heading: its first letter is a capital one."""
    return text[:1].upper() + text[1:]


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 2 else words)
