"""What a chart is asked to show, checked against what a study has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mcsim.errors import ParameterError
from mcsim.measures import MEASURES
from mcsim.parameters import nearest
from mcsim.report.charts.levels import level_texts, levels_of
from mcsim.report.charts.tables import Tables

POWER = 0.8
"""The power that studies are planned for."""

MOST_DRAWN = 4000
"""Replications on a chart of replications, so that a file stays small."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a chart is to show; what is left open is chosen from the study.

    Attributes
    ----------
    measures, estimands, methods : tuple of str
        By name; none is all, or the chart's own choice.
    x, row, column : str or None
        The factors on the horizontal axis, and in rows and columns of panels.
    where : mapping of str to tuple of str
        Only the conditions in which a factor has one of these levels, as their texts.
    power : float
        The power to reach.
    most_drawn : int
        How many replications a chart of replications draws at most, over all its panels.
    """

    measures: tuple[str, ...] = ()
    estimands: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    x: str | None = None
    row: str | None = None
    column: str | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    power: float = POWER
    most_drawn: int = MOST_DRAWN

    def check(self, tables: Tables, *, unused: Sequence[str] = ()) -> None:
        """Refuse names that the study does not have, all at once, and say which it has.

        Parameters
        ----------
        tables : Tables
            Of the study.
        unused : sequence of str
            The attributes that the kind of chart has no use for; if they are given, they are refused too.

        Raises
        ------
        ParameterError
            That names every fault.
        """
        default = Request()
        faults = [
            f"{name.removesuffix('s')}: given, but this kind of chart has no use for it"
            for name in unused
            if getattr(self, name) != getattr(default, name)
        ]
        faults += self._faults(tables)
        if faults:
            raise ParameterError("chart", faults)

    def _faults(self, tables: Tables) -> Iterator[str]:
        estimands = list(dict.fromkeys(tables.figures["estimand"]))
        methods = [label for label in tables.levels if label in set(tables.figures["method"])]
        factors = list(dict.fromkeys(name for values in tables.factors.values() for name in values))
        yield from unknown("measure", self.measures, list(MEASURES))
        yield from unknown("estimand", self.estimands, estimands)
        yield from unknown("method", self.methods, methods)
        placed = {"x": self.x, "row": self.row, "column": self.column}
        varying = [name for name, texts in levels_of(tables.factors, factors).items() if len(texts) > 1]
        for place, name in placed.items():
            yield from unknown(place, () if name is None else (name,), varying)
        names = [name for name in placed.values() if name is not None]
        for name in dict.fromkeys(n for n in names if names.count(n) > 1):
            yield f"{' and '.join(p for p, n in placed.items() if n == name)}: given {name!r} for each; allowed: once"
        yield from unknown("where", tuple(self.where), factors)
        for name, levels in self.where.items():
            if name in factors:
                texts = level_texts(values.get(name) for values in tables.factors.values())
                yield from unknown(f"where {name}", levels, list(dict.fromkeys(texts.values())))
        if not 0 < self.power < 1:
            yield f"power: given {self.power:g}; allowed: a number above 0, below 1"


def single(what: str, given: Sequence[str]) -> str | None:
    """The one name that is given; None if none is.

    Raises
    ------
    ParameterError
        If there are several: the chart has room for one.
    """
    if len(given) > 1:
        raise ParameterError("chart", [f"{what}: given {', '.join(given)}; allowed: one on this kind of chart"])
    return given[0] if given else None


def unknown(what: str, given: Sequence[str], known: Sequence[str]) -> Iterator[str]:
    """A fault for each name that is not known."""
    for name in given:
        if name not in known:
            yield f"{what}: given {name!r}{nearest(name, known)}; allowed: {', '.join(known) or 'none here'}"
