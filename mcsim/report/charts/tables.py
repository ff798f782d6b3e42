"""What charts are drawn from: the tables of a study, as plain values."""

import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.facts import factors_of
from mcsim.performance import NOMINAL_LEVEL, performance
from mcsim.performance.cells import COLUMNS, EstimateColumns, cells_of
from mcsim.store import Record, Store
from mcsim.study import Study

if TYPE_CHECKING:
    import pandas as pd

Reader = Callable[[str, str, str], EstimateColumns | None]
"""From condition, method and estimand to the estimates of each replication; None where there are none."""


_FIGURES = ("condition", "method", "estimand", "measure", "value", "mcse", "lower", "upper", "n_used", "n_missing")


class Tables(NamedTuple):
    """The tables of a study.

    Attributes
    ----------
    figures : DataFrame
        The performance table: condition, method, estimand, measure, value, mcse, lower, upper, n_used, n_missing.
    factors : mapping of str to mapping
        The factors of every condition by its key, in the order of the study.
    truths : mapping of str to mapping
        The true value of every estimand, by condition.
    levels : mapping of str to float
        The nominal level of every method, in the order of the study.
    statuses : mapping of (condition, method) to mapping
        How many fits have each status.
    replications : int
        How many each condition is to have.
    estimates : function
        From condition, method and estimand to the estimates of each replication.
    """

    figures: "pd.DataFrame"
    factors: Mapping[str, Mapping[str, Any]]
    truths: Mapping[str, Mapping[str, float]]
    levels: Mapping[str, float]
    statuses: Mapping[tuple[str, str], Mapping[str, int]]
    replications: int
    estimates: Reader

    def truth(self, condition: str, estimand: str) -> float:
        """The true value of an estimand; NaN where there is none."""
        return self.truths[condition].get(estimand, math.nan)


def tables_of(study: Study, store: Store) -> Tables:
    """The tables of what has been run.

    Parameters
    ----------
    study : Study
        With as many replications as are to be used.
    store : Store
        Its results.

    Raises
    ------
    ResultsError
        If the results belong to another seed.
    StorageError
        If a file is damaged.
    """
    there = store.arrangement(study.conditions, study.method_keys.values())
    facts = store.inspect(there.kept, there.restore).facts
    labels = {key: label for label, key in study.method_keys.items()}
    counted = store.statuses(facts, study.replications, facts)
    is_stored = _is_as_run(study, store) and store.has_performance(there.kept)
    return Tables(
        figures=(store.performance() if is_stored else performance(study, store))[list(_FIGURES)],
        factors=factors_of(study.conditions),
        truths={key: mechanism.truth() for key, mechanism in study.conditions.items()},
        levels={label: float(getattr(method, "level", NOMINAL_LEVEL)) for label, method in study.methods.items()},
        statuses={(condition, labels[method]): counts for (condition, method), counts in counted.items()},
        replications=study.replications,
        estimates=_reader(study, store),
    )


def _is_as_run(study: Study, store: Store) -> bool:
    """Whether the study is what was last run, to the number of replications."""
    record = store.check(study)
    return record is not None and record.plan() == Record.of(study, record.block_sizes, []).plan()


_REPLICATIONS_HELD = 200_000


def _reader(study: Study, store: Store) -> Reader:
    """Reads the estimates of a condition and method once for all its estimands, and holds a few of them."""

    @functools.lru_cache(maxsize=max(1, _REPLICATIONS_HELD // study.replications))
    def cells(condition: str, method: str) -> Mapping[tuple[str, str], EstimateColumns]:
        rows = store.read_estimates(condition, study.replications, columns=list(COLUMNS), method=method)
        return cells_of(rows) if len(rows) else {}

    return lambda condition, method, estimand: cells(condition, method).get((method, estimand))
