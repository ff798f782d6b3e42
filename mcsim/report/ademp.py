"""The facts of a methods section, in the order aims, data-generating mechanisms, estimands, methods, performance.

The order is that of Morris, White & Crowther (2019), Statistics in Medicine 38, 2074-2102. What the study and its
results do not say stands nowhere.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.facts import (
    Analysis,
    Estimand,
    Factor,
    Model,
    analyses,
    estimands,
    factor_levels,
    factors_of,
    fixed_designs,
    models,
    parts,
)
from mcsim.measures import MEASURES, PROPORTION_DIFFERENCES, PROPORTIONS
from mcsim.report.charts.tables import Tables, tables_of
from mcsim.rounding import NOISE
from mcsim.standing import as_run
from mcsim.store import Record, Store, blocks_of
from mcsim.study import Study

if TYPE_CHECKING:
    import pandas as pd

_SCALE_FREE = {
    *PROPORTIONS,
    *PROPORTION_DIFFERENCES,
    "relative_bias",
    "relative_error_model_se",
    "relative_precision",
}
_EXPECTED = (0.95, 0.5)

Fit = tuple[str, str]
"""A condition's key and a method's label."""


class Evidence(NamedTuple):
    """What has been run of a study.

    Attributes
    ----------
    record : Record
        The plan that was last run, with where its rows come from.
    figures : DataFrame
        The performance table.
    statuses : mapping of Fit to mapping
        How many fits have each status.
    done : mapping of Fit to int
        How many replications are there.
    """

    record: Record
    figures: "pd.DataFrame"
    statuses: Mapping[Fit, Mapping[str, int]]
    done: Mapping[Fit, int]


class Precision(NamedTuple):
    """The largest Monte Carlo standard error of a measure, and where it occurs.

    Attributes
    ----------
    measure, estimand, method, condition : str
        Of the figure. Measures on the scale of an estimand have an entry for each, the others one.
    mcse : float
        The standard error.
    n_used : int
        How many replications the figure rests on.
    """

    measure: str
    estimand: str
    mcse: float
    method: str
    condition: str
    n_used: int


class Missingness(NamedTuple):
    """How fits ended.

    Attributes
    ----------
    fits, planned : int
        How many there are, and how many there are to be.
    statuses : mapping of str to int
        How many fits have each status but ok for an estimand; one may have several.
    share : float
        The largest share missing (not converged or failed) of a condition and method.
    worst : Fit or None
        Where; None if nothing is missing.
    """

    fits: int
    planned: int
    statuses: Mapping[str, int]
    share: float
    worst: Fit | None


class Ademp(NamedTuple):
    """The facts, a field a section; pure values, from which a text or a page is written.

    Attributes
    ----------
    name, aims : str
        Of the study.
    models : sequence of Model
        The data-generating models with their equations.
    factors : sequence of Factor
        With levels and meaning.
    parts : mapping of str to str
        What levels with fields of their own mean.
    conditions : mapping of str to mapping
        The factors of every condition by its key.
    fixed : sequence of str
        The keys of conditions in which something is drawn once and held fixed.
    estimands : sequence of Estimand
        With their truths.
    methods : sequence of Analysis
        With their options.
    method_keys : mapping of str to str
        By label.
    reference : str
        The label of the method that others are compared with.
    measures : sequence of str
        Names from `MEASURES`.
    replications, seed : int
        Of each condition; of the study.
    expected : mapping of float to float
        By proportion, the standard error that so many replications give; empty once there are results.
    precision : sequence of Precision
        What they have given; empty before.
    missingness : Missingness or None
        None before anything is run.
    provenance : sequence of mapping
        Where the rows come from (see `mcsim.store.Record`); empty before.
    """

    name: str
    aims: str
    models: Sequence[Model]
    factors: Sequence[Factor]
    parts: Mapping[str, str]
    conditions: Mapping[str, Mapping[str, Any]]
    fixed: Sequence[str]
    estimands: Sequence[Estimand]
    methods: Sequence[Analysis]
    method_keys: Mapping[str, str]
    reference: str
    measures: Sequence[str]
    replications: int
    seed: int
    expected: Mapping[float, float]
    precision: Sequence[Precision]
    missingness: Missingness | None
    provenance: Sequence[Mapping[str, Any]]


def evidence_of(study: Study, store: Store) -> Evidence | None:
    """What has been run of a study; None if nothing has.

    Parameters
    ----------
    study : Study
        Its replications are taken from the last run.
    store : Store
        Its results.

    Raises
    ------
    ResultsError
        If the results belong to another seed.
    StorageError
        If a file is damaged.
    """
    record = store.check(study)
    if record is None:
        return None
    study = as_run(study, store)
    return evidence_from(study, store, record=record, tables=tables_of(study, store))


def evidence_from(study: Study, store: Store, *, record: Record, tables: Tables) -> Evidence:
    """What has been run of a study whose tables are known.

    Parameters
    ----------
    study : Study
        With the replications of the last run.
    store : Store
        Its results.
    record : Record
        The plan that was last run.
    tables : Tables
        Of the study.
    """
    labels = {key: label for label, key in study.method_keys.items()}
    there = store.arrangement(study.conditions, labels)
    done = Counter[Fit]()
    for condition, method, (first, last) in blocks_of(there.kept):
        done[condition, labels[method]] += max(0, min(last, study.replications) - first)
    return Evidence(record, tables.figures, tables.statuses, done)


def ademp_of(study: Study, evidence: Evidence | None, *, measures: Sequence[str] = tuple(MEASURES)) -> Ademp:
    """Gather the facts.

    Parameters
    ----------
    study : Study
        The plan.
    evidence : Evidence or None
        What has been run of it.
    measures : sequence of str
        Those to tell of.
    """
    replications = evidence.record.replications if evidence else study.replications
    expected = {} if evidence else {p: math.sqrt(p * (1 - p) / replications) for p in _EXPECTED}
    return Ademp(
        name=study.name,
        aims=study.aims,
        models=models(study.conditions),
        factors=factor_levels(study.conditions),
        parts=parts(study.conditions),
        conditions=factors_of(study.conditions),
        fixed=fixed_designs(study.conditions, study.seed),
        estimands=estimands(study.conditions, study.methods),
        methods=analyses(study.methods),
        method_keys=study.method_keys,
        reference=study.reference,
        measures=measures,
        replications=replications,
        seed=study.seed,
        expected=expected,
        precision=list(_precision(evidence.figures, measures)) if evidence else [],
        missingness=_missingness(study, evidence) if evidence else None,
        provenance=evidence.record.provenance if evidence else [],
    )


def _precision(figures: "pd.DataFrame", measures: Sequence[str]) -> Iterator[Precision]:
    """The worst case of each measure over conditions and methods, of each estimand where the scale is its own."""
    # Of what is the same in every replication rounding leaves a trace that is no error.
    known = figures[figures["mcse"] > NOISE * (figures["value"].abs() + 1)]
    for measure in measures:
        of_measure = known[known["measure"] == measure]
        groups = [of_measure] if measure in _SCALE_FREE else [g for _, g in of_measure.groupby("estimand", sort=False)]
        for rows in groups:
            if len(rows):
                worst = rows.iloc[int(rows["mcse"].argmax())]
                who = {name: worst[name] for name in ("estimand", "method", "condition")}
                yield Precision(measure, mcse=float(worst["mcse"]), n_used=int(worst["n_used"]), **who)


def _missingness(study: Study, evidence: Evidence) -> Missingness:
    """How many fits ended how, and where most are missing."""
    totals = Counter[str]()
    share, worst = 0.0, None
    for fit, counts in evidence.statuses.items():
        totals.update(counts)
        missing = min(counts.get("not_converged", 0) + counts.get("failed", 0), evidence.done[fit])
        if missing > share * evidence.done[fit]:
            share, worst = missing / evidence.done[fit], fit
    others = {status: count for status, count in totals.items() if status != "ok" and count}
    planned = evidence.record.replications * len(study.conditions) * len(study.methods)
    return Missingness(sum(evidence.done.values()), planned, others, share, worst)
