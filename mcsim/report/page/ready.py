"""Charts that are drawn up when the page is written: those of single replications, and those that need a model.

For every choice of what such a chart depends on the page has its drawing, or what to say in its place.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcsim.errors import ParameterError
from mcsim.report.charts import drawn_by
from mcsim.report.charts.levels import level_texts, telling
from mcsim.report.charts.request import Request
from mcsim.report.charts.tables import Tables
from mcsim.report.page.packing import packed
from mcsim.report.page.templates import opened, template

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

_REPLICATIONS = 40_000
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
        self._names: dict[str, str] = {}
        self.templates: dict[str, dict[str, Any]] = {}

    def drawings(self) -> dict[str, dict[str, Any]]:
        """Of each kind every drawing, by what it depends on, a line for each."""
        return {kind: dict(self._of_kind(kind, by)) for kind, by in BY.items()}

    def missingness(self) -> dict[str, Any]:
        """How the fits ended."""
        return self._drawing("missingness", Request(), most=0)

    def _of_kind(self, kind: str, by: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        choices = self._choices(by)
        if "condition" in by and len(choices) > MOST_CELLS:
            return
        most = _REPLICATIONS // max(1, len(choices))
        for choice in choices:
            yield "\n".join(choice.values()), self._drawing(kind, self._request(choice), most=most)

    def _choices(self, by: Sequence[str]) -> list[dict[str, str]]:
        """Every choice for which there are figures; conditions change slowest, since their estimates are read."""
        columns = sorted(by, key=lambda name: name != "condition")
        there = self._tables.figures[columns].drop_duplicates().astype(str)
        place = {key: at for at, key in enumerate(self._tables.factors)}
        rows = there.to_dict("records")
        if "condition" in by:
            rows.sort(key=lambda row: place[row["condition"]])
        return [{name: row[name] for name in by} for row in rows]

    def _request(self, choice: Mapping[str, str]) -> Request:
        measures, estimands = ((choice[name],) if name in choice else () for name in ("measure", "estimand"))
        where = self._where(choice["condition"]) if "condition" in choice else {}
        return Request(measures=measures, estimands=estimands, where=where, power=self._power)

    def _where(self, condition: str) -> dict[str, tuple[str, ...]]:
        factors = self._tables.factors
        texts = {name: level_texts(values.get(name) for values in factors.values()) for name in telling(factors)}
        return {name: (of_name[factors[condition].get(name)],) for name, of_name in texts.items()}

    def _drawing(self, kind: str, request: Request, *, most: int) -> dict[str, Any]:
        try:
            drawing = drawn_by(kind).what(self._tables, request)
        except ParameterError as error:
            return {"says": f"This cannot be drawn: {'; '.join(error.faults)}."}
        name = self._names.setdefault(f"{kind} {opened(drawing)}", f"{kind} {len(self._names)}")
        if name not in self.templates:
            self.templates[name] = template(kind, drawing)
        return {"template": name, **packed(drawing, most=most)}
