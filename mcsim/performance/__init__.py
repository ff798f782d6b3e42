"""From the estimates of a study to its performance table: every measure of every condition, method and estimand.

Nothing is dropped in silence. A fit that did not converge or failed is missing, and so is a usable fit that lacks a
quantity which the method otherwise reports; `n_used` and `n_missing` stand in every row. A skipped fit is neither,
nor is a quantity that the method never reports here (the p-value of a variance). A paired measure counts pairs of fits,
the method's and the reference method's: a pair is skipped if either fit is, and missing if either lacks what is needed.
"""

import inspect
import math
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mcsim.measures import (
    MEASURES,
    PROPORTION_DIFFERENCES,
    PROPORTIONS,
    Z95,
    Measured,
    score_interval,
    wilson_interval,
)
from mcsim.model import Mechanism
from mcsim.performance.cells import COLUMNS, Cells, EstimateColumns, cells_of
from mcsim.performance.samples import Samples, samples
from mcsim.performance.scope import Scope
from mcsim.store import Store
from mcsim.study import Study

if TYPE_CHECKING:
    from mcsim.performance.table import PerformanceTable

NOMINAL_LEVEL = 0.95
"""The nominal level of a method that has no `level` option."""

_ROWS_AT_A_TIME = 400_000  # some 100 MB while they are read

_FACTS = ("truth", "level", "reference_level", "n_missing")


class Setting(NamedTuple):
    """What measures need to know of a condition beside its estimates.

    Attributes
    ----------
    condition : str
        Its key.
    truth : mapping of str to float
        The true value by estimand; where none is given, or NaN, there is no truth.
    levels : mapping of str to float
        The nominal level by method; methods that are not in it are left out, as reference too.
    reference : str
        The method that others are compared with.
    """

    condition: str
    truth: Mapping[str, float]
    levels: Mapping[str, float]
    reference: str


class PerformanceRow(NamedTuple):
    """One row of the performance table; `status` is "all", or the one status that the figure is restricted to."""

    condition: str
    method: str
    estimand: str
    status: str
    measure: str
    value: float
    mcse: float
    lower: float
    upper: float
    n_used: int
    n_missing: int


def performance(
    study: Study, results: Store | Path | str = "results", *, scope: Scope | None = None
) -> "PerformanceTable":
    """Compute the performance table of a study from its stored estimates, a condition and method at a time.

    Parameters
    ----------
    study : Study
        Its conditions, methods and reference; `study.with_replications(100)` for the first 100 only.
    results : path or Store
        The folder that holds the results of all studies, or a store.
    scope : Scope, optional
        Which figures; every measure by default.

    Returns
    -------
    PerformanceTable
        A data frame, which a notebook shows rounded. One row per condition x method x estimand x measure: condition,
        method, estimand, measure, value, mcse, lower and upper (95 % Monte Carlo interval), n_used, n_missing; with
        `by_status` also status, after estimand.
        What has not been run has no rows, nor has a method whose options have changed since.

    Raises
    ------
    ResultsError
        If the results belong to another seed.
    StorageError
        If a file of the results is damaged.
    """
    from mcsim.performance.table import PerformanceTable

    scope = scope or Scope()
    store = results if isinstance(results, Store) else Store(results, study.name)
    levels = _levels(study, store)
    rows: list[PerformanceRow] = []
    for key, mechanism in study.conditions.items():
        setting = Setting(key, mechanism.truth(), levels, study.reference)
        for estimands in _portions(study, mechanism):
            rows.extend(condition_performance(_cells(study, store, key, estimands), setting, scope=scope))
    frame = PerformanceTable(rows, columns=list(PerformanceRow._fields))
    return frame if scope.by_status else PerformanceTable(frame.drop(columns="status"))


def _portions(study: Study, mechanism: Mechanism) -> list[tuple[str, ...] | None]:
    """The estimands, so many at a time that their rows fit into a bounded memory: mostly all of them (None)."""
    methods = study.methods.values()
    estimands = list(dict.fromkeys(name for method in methods for name in method.estimands(mechanism)))
    size = max(1, _ROWS_AT_A_TIME // (study.replications * len(methods)))
    if len(estimands) <= size:
        return [None]
    return [tuple(estimands[start : start + size]) for start in range(0, len(estimands), size)]


def _cells(study: Study, store: Store, condition: str, estimands: tuple[str, ...] | None) -> Cells:
    """The estimates under one condition, read one method after the other."""
    cells: dict[tuple[str, str], EstimateColumns] = {}
    for label in study.methods:
        rows = store.read_estimates(
            condition, study.replications, columns=list(COLUMNS), method=label, estimands=estimands
        )
        cells.update(cells_of(rows))
    return cells


def _levels(study: Study, store: Store) -> dict[str, float]:
    """The nominal level of every method whose results are those of the method as the study has it now."""
    record = store.check(study)
    run = {label: method["key"] for label, method in record.methods.items()} if record else {}
    return {
        label: float(getattr(method, "level", NOMINAL_LEVEL))
        for label, method in study.methods.items()
        if run.get(label) == study.method_keys[label]
    }


def condition_performance(cells: Cells, setting: Setting, *, scope: Scope) -> Iterator[PerformanceRow]:
    """Every measure in the scope of every method and estimand of one condition.

    Parameters
    ----------
    cells : mapping of (method, estimand) to EstimateColumns
        The estimates; each cell may hold other replications.
    setting : Setting
        Truths, levels and the reference method.
    scope : Scope
        Which measures, and which statuses are usable.

    Yields
    ------
    PerformanceRow
        Methods in the order of `setting.levels`, estimands in that of `cells`.
    """
    references = {estimand: columns for (label, estimand), columns in cells.items() if label == setting.reference}
    if setting.reference not in setting.levels:
        references = {}  # estimates of a method that the study no longer has
    for method, level in setting.levels.items():
        known = {"level": level, "reference_level": setting.levels.get(setting.reference, math.nan)}
        for (label, estimand), columns in cells.items():
            if label == method:
                facts = known | {"truth": setting.truth.get(estimand, math.nan)}
                for sample in samples(columns, references.get(estimand), scope):
                    for figure in _figures(sample, scope.measures, facts, itself=method == setting.reference):
                        yield PerformanceRow(setting.condition, method, estimand, sample.status, *figure)


def _figures(
    given: Samples, measures: tuple[str, ...], facts: Mapping[str, float], *, itself: bool
) -> Iterator[tuple[str, float, float, float, float, int, int]]:
    """The measure, value, mcse, lower, upper, n_used and n_missing of each measure."""
    for measure in measures:
        names, numbers = _needs(measure)
        counts_missing = "n_missing" in numbers
        if given.status != "all" and (counts_missing or "status" in names):
            continue  # a statement about statuses is one about the whole
        sample = given.for_quantities(names)
        arrays, n_used, n_missing = sample.choose(names)
        known = {**facts, "n_missing": n_missing}
        measured = MEASURES[measure](**arrays, **{number: known[number] for number in numbers})
        if itself and sample is given.pairs and measured.value == 0:
            measured = Measured(0.0, 0.0)  # known, however few the pairs: a method does not differ from itself
        interval = _interval(measure, measured, n_used + n_missing * counts_missing)
        yield measure, *measured, *interval, n_used, n_missing


@cache
def _needs(measure: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The arrays and the numbers that a measure takes, by the names of its arguments."""
    arguments = inspect.signature(MEASURES[measure]).parameters
    return tuple(a for a in arguments if a not in _FACTS), tuple(a for a in arguments if a in _FACTS)


def _interval(measure: str, measured: Measured, n: int) -> tuple[float, float]:
    """The 95 % Monte Carlo interval of a value; a score interval where proportions leave the MCSE unknown."""
    value, mcse = measured
    if measure in PROPORTIONS and math.isnan(mcse):
        return wilson_interval(value, n)
    if measure in PROPORTION_DIFFERENCES and math.isnan(mcse):
        return score_interval(value, n)
    return value - Z95 * mcse, value + Z95 * mcse


__all__ = [
    "EstimateColumns",
    "PerformanceRow",
    "Scope",
    "Setting",
    "cells_of",
    "condition_performance",
    "performance",
]
