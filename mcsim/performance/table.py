"""The performance table as a data frame that a notebook shows rounded."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mcsim.markup import ROWS, html_table
from mcsim.measures import MEASURES
from mcsim.performance.rows import Row, identity, rows_of
from mcsim.rounding import ABSENT, percent, word

_FIGURES = {"measure", "value", "mcse", "lower", "upper", "n_used", "n_missing"}
_NEEDED = {"condition", "estimand", "method", *_FIGURES}
_BESIDE = {*_NEEDED, "status", "study"}


class PerformanceTable(pd.DataFrame):
    """A performance table: a data frame like any other, one row a figure, but for how a notebook shows it.

    There it has one row for each condition, estimand and method, a column a measure, and values rounded by their Monte
    Carlo standard errors, which stand in parentheses. Unrounded values are in the columns as always.
    """

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return PerformanceTable

    def _repr_html_(self) -> str | None:
        """The rounded table; of something else made from it, what pandas shows."""
        if not set(self.columns) >= _NEEDED:
            return pd.DataFrame(self)._repr_html_()  # type: ignore[operator, no-any-return]
        who = self[identity(self)].drop_duplicates()
        first = pd.DataFrame(self).merge(who.head(ROWS))
        there = set(self["measure"])
        measures = [*(name for name in MEASURES if name in there), *sorted(there - MEASURES.keys())]
        factors = _varying(self)
        places = first.drop_duplicates("condition").set_index("condition")[factors].astype(object)
        head = [*(factors or ["condition"]), *identity(self)[1:], *measures, "missing"]
        body = [_cells(row, places, measures) for row in rows_of(first)]
        return html_table(head, body, total=len(who)) + "<p>value (Monte Carlo standard error)</p>"


def _varying(frame: pd.DataFrame) -> list[str]:
    """The columns of factors, where the table has them, that are not the same in all its conditions."""
    factors = [name for name in frame.columns if name not in _BESIDE]
    return [name for name in factors if len(frame[name].drop_duplicates()) > 1]


def _cells(row: Row, places: pd.DataFrame, measures: Sequence[str]) -> list[Any]:
    """A row as it is shown: its factors, or the key of its condition, then who it is and its figures."""
    of_condition: list[Any] = [word(None if value is pd.NA else value) for value in places.loc[row.condition]] or [
        row.condition
    ]
    missing = max((row.missing[m] for m in measures if m in row.missing), default=float("nan"))
    status = [row.status] if row.status else []
    figures = [row.figures.get(measure, ABSENT).replace(" ", "\N{NO-BREAK SPACE}") for measure in measures]
    return [*of_condition, row.estimand, row.method, *status, *figures, percent(missing)]
