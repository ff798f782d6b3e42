"""The replications behind a figure: which conditions and methods a chart of them shows, and what each method reported.

A chart of replications has room for some conditions only. Those that `where` keeps are drawn if they are few; else the
first of them, and those that differ from it in one factor. The title says what they share, and how many there are.
"""

import math
from collections.abc import Mapping, Sequence, Sized
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.errors import ParameterError
from mcsim.facts import telling
from mcsim.measures.proportions import covers
from mcsim.model import Floats, Status
from mcsim.performance.scope import Scope
from mcsim.report.charts.figures import chosen_factors, condition_words, default_estimand, panel
from mcsim.report.charts.levels import Factors, arrange, levels_of
from mcsim.report.charts.request import Request, single
from mcsim.report.charts.tables import Tables
from mcsim.rounding import percent

COVERS, MISSES, NO_INTERVAL = "covers the truth", "misses it", "no interval"
"""What an interval does."""

UNUSED = ("measures", "row", "column", "power")
"""What a request may hold that these charts have no use for."""

MOST_PANELS, MOST_CONDITIONS = 24, 6
"""On a chart of single replications."""

_REPORTED = ("rep", "estimate", "std_error", "lower", "upper")


class Chosen(NamedTuple):
    """What a chart of replications shows.

    Attributes
    ----------
    estimand : str
        Of which.
    conditions : mapping of str to str
        Their keys, and what tells them apart: ``n_clusters = 10``.
    methods : list of str
        In the order of the study.
    said : tuple of str
        What the conditions share, and of how many conditions and methods these are.
    """

    estimand: str
    conditions: Mapping[str, str]
    methods: list[str]
    said: tuple[str, ...]

    def title(self, what: str) -> str:
        """The title of a chart of something of the estimand: ``intervals of x; tau2 = 1; 3 of 54 conditions``."""
        return "; ".join([f"{what} of {self.estimand}", *self.said])


class Fits(NamedTuple):
    """The usable fits of a method under a condition that have what a chart needs.

    Attributes
    ----------
    condition, method : str
        Whose.
    truth, level : float
        Of the estimand, NaN where there is none; of the method's intervals.
    rep : array (n,) of int
        Which replications.
    estimate, std_error, lower, upper : array (n,)
        What was reported; NaN where not given.
    n_singular, n_missing : int
        How many of these are singular; replications that should have what the chart needs, and have not.
    """

    condition: str
    method: str
    truth: float
    level: float
    rep: npt.NDArray[np.int64]
    estimate: Floats
    std_error: Floats
    lower: Floats
    upper: Floats
    n_singular: int
    n_missing: int

    @property
    def covers(self) -> list[str]:
        """What each interval does, in the words above; where there is no truth, none covers or misses it."""
        held = covers(self.lower, self.upper, self.truth)
        known = ~np.isnan(self.lower) & ~np.isnan(self.upper) & math.isfinite(self.truth)
        return [(COVERS if h else MISSES) if k else NO_INTERVAL for h, k in zip(held, known, strict=True)]

    @property
    def missing(self) -> str:
        """The share missing in words, ``3.2% missing``; "" if nothing is."""
        return f"{percent(self.n_missing / (self.n_missing + self.rep.size))} missing" if self.n_missing else ""


def choose(tables: Tables, request: Request, *, panels: int, conditions: int) -> Chosen:
    """The estimand, conditions and methods to draw.

    Parameters
    ----------
    tables : Tables
        Of the study.
    request : Request
        What is asked for; `x` is the factor in which conditions differ.
    panels, conditions : int
        How many panels, one for each condition and method, and how many conditions can be read.

    Raises
    ------
    ParameterError
        If nothing of what is asked for exists together.
    """
    estimand = single("estimand", request.estimands) or default_estimand(tables)
    frame = tables.figures[tables.figures["estimand"] == estimand]
    there = set(frame["method"].unique())
    asked = [label for label in request.methods or tables.levels if label in there]
    there = set(frame.loc[frame["method"].isin(asked), "condition"].unique())
    kept = {key: values for key, values in chosen_factors(tables, request).items() if key in there}
    if not kept:
        raise ParameterError("chart", [_nothing(estimand, request)])
    methods = asked[:panels]
    drawn = _drawn(kept, request.x, most=max(1, min(conditions, panels // len(methods))))
    available = {key: values for key, values in tables.factors.items() if key in there}
    counts = [_count(drawn, kept, "conditions"), _count(methods, asked, "methods")]
    said = (", ".join(_shared(drawn, available)), *counts)
    return Chosen(estimand, condition_words(drawn), methods, tuple(part for part in said if part))


def _count(drawn: Sized, known: Sized, what: str) -> str:
    """How many there are, if not all of them are drawn."""
    return f"{len(drawn)} of {len(known)} {what}" if len(drawn) < len(known) else ""


def _nothing(estimand: str, request: Request) -> str:
    methods = f" by {' or '.join(request.methods)}" if request.methods else ""
    where = "".join(f", {name} = {' or '.join(levels)}" for name, levels in request.where.items())
    return f"no estimates of {estimand}{methods}{where}: what exists of each does not exist together"


def _drawn(kept: Factors, x: str | None, *, most: int) -> dict[str, Mapping[str, Any]]:
    """All conditions if they are few enough, else the first and those that differ from it in one factor."""
    layout = arrange(kept, x=x)
    if layout.x is None or len(kept) <= most:
        return dict(kept)
    first = next(iter(kept.values()))
    held = telling(kept, [layout.x])
    line = {key: values for key, values in kept.items() if all(values.get(n) == first.get(n) for n in held)}
    place = {level: number for number, level in enumerate(layout.levels[layout.x])}
    keys = sorted(line, key=lambda key: place[line[key].get(layout.x or "")])
    return {keys[place]: line[keys[place]] for place in evenly(len(keys), most)}


def evenly(count: int, most: int) -> list[int]:
    """Places among `count`, evenly spaced from the first to the last; the first alone if one is wanted."""
    return list(range(count)) if count <= most else [round(place) for place in np.linspace(0, count - 1, most)]


def _shared(drawn: Factors, available: Factors) -> list[str]:
    """The factors that tell the conditions of the study apart and have one level in those drawn."""
    texts = levels_of(available)
    levels = {name: {values.get(name) for values in drawn.values()} for name in texts}
    names = telling(available, telling(drawn))
    return [panel(name, texts[name][next(iter(levels[name]))]) for name in names if len(levels[name]) == 1]


def fits(tables: Tables, chosen: Chosen, needs: Sequence[str]) -> list[Fits]:
    """The usable fits of every condition and method that have been run, in the order of the study.

    Parameters
    ----------
    tables : Tables
        Of the study.
    chosen : Chosen
        Which.
    needs : sequence of str
        What a fit must have: `estimate`, `std_error`, `lower`, `upper`. A method that never reports one of these has
        no fits, and none are missing.
    """
    found = []
    for condition in chosen.conditions:
        for method in chosen.methods:
            columns = tables.estimates(condition, method, chosen.estimand)
            if columns is None:
                continue
            usable = Scope().is_usable(columns.status)
            lacks = np.array([np.isnan(getattr(columns, name)) for name in needs])
            has = usable & ~lacks.any(axis=0)
            never = bool(usable.any()) and bool(lacks[:, usable].all(axis=1).any())
            missing = ~has & (columns.status != Status.SKIPPED)
            reported = {name: getattr(columns, name)[has] for name in _REPORTED}
            found.append(
                Fits(
                    condition=condition,
                    method=method,
                    truth=tables.truth(condition, chosen.estimand),
                    level=tables.levels[method],
                    n_singular=int(np.count_nonzero(columns.status[has] == Status.SINGULAR)),
                    n_missing=0 if never else int(np.count_nonzero(missing)),
                    **reported,
                )
            )
    return found


def coverages(tables: Tables, estimand: str) -> dict[tuple[str, str], Sequence[float]]:
    """The coverage of an estimand in the performance table, by condition and method: value, limits from 0 to 1."""
    frame = tables.figures
    known = frame[(frame["measure"] == "coverage") & (frame["estimand"] == estimand) & frame["value"].notna()]
    limits = (known[name].clip(0.0, 1.0).tolist() for name in ("value", "lower", "upper"))
    columns = (known["condition"].tolist(), known["method"].tolist(), *limits)
    return {(condition, method): shares for condition, method, *shares in zip(*columns, strict=True)}


def said_of(of: Fits, coverage: Mapping[tuple[str, str], Sequence[float]]) -> dict[str, Any]:
    """The coverage of some fits, and what is missing: a row of words and numbers.

    Its text has no leading zeros, ``coverage .932 [.915, .946]``, the 95 % Monte Carlo interval in brackets.
    """
    row: dict[str, Any] = {"coverage": "", "missing": of.missing, "band_lower": None, "band_upper": None}
    if limits := coverage.get((of.condition, of.method)):
        texts = (f"{share:.3f}".removeprefix("0") for share in limits)
        row |= {
            "coverage": "coverage {} [{}, {}]".format(*texts),
            "band_lower": 100 * limits[1],
            "band_upper": 100 * limits[2],
        }
    return row
