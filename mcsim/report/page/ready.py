"""Charts that are drawn up when the page is written: those of single replications, and those that need a model.

For every choice of what such a chart depends on the page has its drawing, or what to say in its place.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from mcsim.errors import ParameterError
from mcsim.report.charts import drawn_by
from mcsim.report.charts.request import MOST_DRAWN, Request
from mcsim.report.charts.tables import Tables
from mcsim.report.page.packing import packed
from mcsim.report.page.templates import in_colours_of_the_page, opened, template

BY = {
    "power_curve": ("estimand",),
    "factor_effects": ("measure", "estimand"),
    "zip_plot": ("estimand", "condition"),
    "scatter": ("estimand", "condition"),
    "estimates": ("estimand", "condition"),
}
"""The kinds, and what each depends on."""

MOST_CELLS = 600
"""Pairs of estimand and condition, with methods of their own, for which single replications are on the page."""

_REPLICATIONS = 100_000
"""So many are drawn by all charts of one kind together."""


class Ready:
    """The drawings of a page, and the specifications that they share.

    Parameters
    ----------
    tables : Tables
        Of the study.
    power : float
        The power to reach.
    """

    def __init__(self, tables: Tables, power: float) -> None:
        self._tables = tables
        self._power = power
        cells = tables.figures.groupby(["condition", "estimand"], sort=False, observed=True)
        self._cells: list[tuple[dict[str, str], Tables]] = [
            (
                {"condition": str(condition), "estimand": str(estimand)},
                tables._replace(figures=figures, factors={str(condition): tables.factors[str(condition)]}),
            )
            for (condition, estimand), figures in (cells if cells.ngroups <= MOST_CELLS else ())
        ]
        self._names: dict[str, str] = {}
        self.templates: dict[str, dict[str, Any]] = {}

    def drawings(self) -> dict[str, dict[str, Any]]:
        """Of each kind every drawing, by what it depends on, a line for each."""
        return {kind: dict(self._of_kind(kind, by)) for kind, by in BY.items()}

    def missingness(self) -> dict[str, Any]:
        """How the fits ended."""
        return self._drawing("missingness", self._tables, Request())

    def _of_kind(self, kind: str, by: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        choices = self._choices(by)
        most = min(MOST_DRAWN, _REPLICATIONS // max(1, len(choices)))
        for choice, tables in choices:
            measures, estimands = ((choice[name],) if name in choice else () for name in ("measure", "estimand"))
            request = Request(measures=measures, estimands=estimands, power=self._power, most_drawn=most)
            yield "\n".join(choice[name] for name in by), self._drawing(kind, tables, request)

    def _choices(self, by: Sequence[str]) -> list[tuple[dict[str, str], Tables]]:
        """Every choice for which there are figures, and the tables to draw from: those of the condition alone.

        There is none of conditions if they are too many.
        """
        if "condition" in by:
            return self._cells
        return [
            # Where what is picked has no power, the chart names what has: it needs the whole table.
            (
                dict(zip(by, map(str, names), strict=True)),
                self._tables._replace(figures=figures) if "measure" in by else self._tables,
            )
            for names, figures in self._tables.figures.groupby(list(by), sort=False, observed=True)
        ]

    def _drawing(self, kind: str, tables: Tables, request: Request) -> dict[str, Any]:
        try:
            drawing = drawn_by(kind).what(tables, request)
        except ParameterError as error:
            return {"says": f"This cannot be drawn: {'; '.join(error.faults)}."}
        name = self._names.setdefault(f"{kind} {opened(drawing)}", f"{kind} {len(self._names)}")
        if name not in self.templates:
            self.templates[name] = template(kind, drawing)
        orders: dict[str, Any] = json.loads(in_colours_of_the_page(json.dumps({**drawing.orders}, default=list)))
        return {"template": name, **packed(drawing._replace(orders=orders))}
