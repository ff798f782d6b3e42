"""How far the results of a study are, from the footers of its block files."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mcsim.store import BlockName, Facts, Record, Store
from mcsim.study import Study


@dataclass(frozen=True)
class Standing:
    """How far one condition is, in fits (replications x methods).

    Attributes
    ----------
    condition : str
        Its key.
    done, missing : int
        Fits that are there and that are not.
    statuses : Counter of str
        How many of those that are there have a row of each status.
    seconds : float
        What those that are there cost, without their simulation, on one core.
    left : float or None
        What those that are missing will cost at that rate; None if a method has not been tried.
    """

    condition: str
    done: int
    missing: int
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    left: float | None = None

    @property
    def rate(self) -> float | None:
        """Fits a second on one core; None if there are none."""
        return self.done / self.seconds if self.done and self.seconds else None


def standings(store: Store, record: Record) -> tuple[list[Standing], list[str]]:
    """The standing of every condition, as of the last run; and a line for each file that is damaged.

    Parameters
    ----------
    store : Store
        The results.
    record : Record
        Their plan.
    """
    methods = [method["key"] for method in record.methods.values()]
    there = store.arrangement(record.conditions, methods)
    found = store.inspect(there.kept, there.restore)
    by_condition: dict[str, list[BlockName]] = {}
    for name in found.facts:
        if name.span.first < record.replications:
            by_condition.setdefault(name.condition, []).append(name)
    conditions = [
        together(key, (_of_method(store, record, found.facts, _named(by_condition.get(key, ()), m)) for m in methods))
        for key in record.conditions
    ]
    return conditions, [f"cannot read {store.place.where(file)}: {why}" for file, why in found.damaged]


def _named(names: Iterable[BlockName], method: str) -> list[BlockName]:
    return [name for name in names if name.method == method]


def _of_method(store: Store, record: Record, facts: Mapping[BlockName, Facts], names: Sequence[BlockName]) -> Standing:
    """The standing of one method under one condition."""
    done, seconds = 0, 0.0
    for name in names:
        first, last = name.span
        held = min(last, record.replications) - first
        done += held
        seconds += facts[name].seconds * held / (last - first)
    statuses = sum(store.statuses(names, record.replications, facts).values(), Counter[str]())
    missing = record.replications - done
    left = missing * seconds / done if done else 0.0 if not missing else None
    return Standing("", done, missing, statuses, seconds, left)


def together(name: str, parts: Iterable[Standing]) -> Standing:
    """Several standings as one.

    Parameters
    ----------
    name : str
        What to call it.
    parts : iterable of Standing
        Of methods, or of conditions.
    """
    done = missing = 0
    seconds, left, statuses = 0.0, 0.0, Counter[str]()
    known = True
    for part in parts:
        done, missing, seconds = done + part.done, missing + part.missing, seconds + part.seconds
        statuses.update(part.statuses)
        known = known and part.left is not None
        left += part.left or 0.0
    return Standing(name, done, missing, statuses, seconds, left if known else None)


def as_run(study: Study, store: Store, replications: int | None = None) -> Study:
    """The study with as many replications as are to be used: those of the last run unless a number is given.

    Parameters
    ----------
    study : Study
        As it stands.
    store : Store
        Its results; where there are none, the study's own number counts.
    replications : int, optional
        Instead of those of the last run.

    Raises
    ------
    ResultsError
        If the results belong to another seed.
    StudyError
        If the number is impossible.
    """
    record = store.check(study)
    count = replications if replications is not None else record.replications if record else None
    return study if count is None else study.with_replications(count)


def has_results(study: Study, store: Store) -> bool:
    """Whether a fit of the study, as it stands, has been stored.

    Raises
    ------
    ResultsError
        If the results belong to another seed.
    """
    there = store.arrangement(study.conditions, study.method_keys.values())
    return store.check(study) is not None and any(there.kept.values())
