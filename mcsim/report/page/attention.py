"""The conditions that took longest and those with the most failed fits, each with the command that replays one."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mcsim.model import Status
from mcsim.standing import Standing
from mcsim.store import Store
from mcsim.study import Study

MOST = 5

_BAD = (Status.FAILED, Status.NOT_CONVERGED)


class Noted(NamedTuple):
    """One condition to look at.

    Attributes
    ----------
    condition : str
        Its key.
    described : str
        The condition as text.
    figure : str
        Why it stands here: time, or counts of fits.
    command : str
        What replays one of its replications.
    """

    condition: str
    described: str
    figure: str
    command: str


def slowest(study: Study, standings: Iterable[Standing], words: Sequence[str]) -> list[Noted]:
    """The conditions whose fits took longest on average.

    Parameters
    ----------
    study : Study
        Whose.
    standings : iterable of Standing
        How far each condition is, and what it took.
    words : sequence of str
        The study and its results as they stand on a command line: ``("studies/mine.py", "--results", "out")``.
    """
    timed = [one for one in standings if one.rate and one.condition in study.conditions]
    return [
        Noted(
            one.condition,
            str(study.conditions[one.condition]),
            _each(one.seconds / one.done),
            _replay(words, one.condition, 0, ()),
        )
        for one in sorted(timed, key=lambda one: one.rate or 0.0)[:MOST]
    ]


def most_failing(
    study: Study, store: Store, counts: Mapping[tuple[str, str], Mapping[str, int]], words: Sequence[str]
) -> list[Noted]:
    """The conditions and methods with the most fits that failed or did not converge.

    Parameters
    ----------
    study : Study
        Whose.
    store : Store
        Its results, in which one such replication is looked for.
    counts : mapping of (condition, method) to mapping
        How many fits have each status.
    words : sequence of str
        As in `slowest`.
    """
    bad = {cell: {s: of[s.label] for s in _BAD if of.get(s.label)} for cell, of in counts.items()}
    worst = sorted((cell for cell in bad if bad[cell]), key=lambda cell: -sum(bad[cell].values()))[:MOST]
    found = []
    for condition, method in worst:
        said = ", ".join(f"{count:,} {status.label}" for status, count in bad[condition, method].items())
        total = sum(counts[condition, method].values())
        rep = _first(study, store, (condition, method), next(iter(bad[condition, method])))
        command = _replay(words, condition, rep, ("--method", method))
        found.append(Noted(condition, str(study.conditions[condition]), f"{method}: {said} of {total:,}", command))
    return found


def _first(study: Study, store: Store, cell: tuple[str, str], status: Status) -> int:
    """The first replication of a condition and method with a status."""
    rows = store.read_estimates(cell[0], study.replications, columns=["rep", "status"], method=cell[1])
    return int(rows["rep"][rows["status"] == status.label].min())


def _replay(words: Sequence[str], condition: str, rep: int, method: Sequence[str]) -> str:
    study, *results = words
    return shlex.join(["mcsim", "replay", study, "--condition", condition, "--rep", str(rep), *method, *results])


def _each(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit} a fit"
    return f"{seconds * 1e6:.3g} us a fit"
