"""One replication simulated and analysed again, alone, and held against what is stored of it."""

import time
import traceback
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mcsim.engines import Done
from mcsim.isolation import Failure, Remarks
from mcsim.model import QUANTITIES, Dataset, Estimates, Status
from mcsim.plan import Block
from mcsim.run.block import Analysis, analyse, prepare, rows_of_fit, simulate_one
from mcsim.run.work import note_of_loss
from mcsim.store import Store
from mcsim.streams import DATA, Streams, method_purpose
from mcsim.study import Study
from mcsim.task import Task, study_of

_CALLERS = ("mcsim.isolation", "mcsim.run")

Row = dict[str, float | str | None]
"""An estimand, its quantities (None where not given), status and note, as a row of the estimates table has them."""


class Fit(NamedTuple):
    """What one method makes of the replication; plain values, so that a worker can send it."""

    label: str
    method: str
    rows: list[Row]
    seconds: float
    trace: str
    """The traceback, if it failed; else empty."""


class Replay(NamedTuple):
    """One replication."""

    rows: int
    """Of the data set; 0 if it could not be simulated."""
    columns: tuple[str, ...]
    formula: str
    trace: str
    """The traceback of the simulation, if that failed; else empty."""
    fits: list[Fit]


def replay(study: Study, condition: str, rep: int, labels: Sequence[str]) -> Replay:
    """Simulate a replication and have methods analyse it; what is stored is not looked at.

    Parameters
    ----------
    study : Study
        Which.
    condition : str
        The key.
    rep : int
        Counted from 0.
    labels : sequence of str
        Of the methods.

    Returns
    -------
    Replay
        The same bits as in a run, whatever that run did in one go.
    """
    data = _data(study, condition, rep)
    fits = [_fit(study, condition, rep, label, data) for label in labels]
    if isinstance(data, Failure):
        return Replay(0, (), "", _trace(data), fits)
    return Replay(len(next(iter(data.columns.values()))), tuple(data.columns), data.formula, "", fits)


def replay_apart(study: Study, condition: str, rep: int, labels: Sequence[str]) -> Iterator[Replay]:
    """As `replay`, for one method after the other in a worker process, which a method may end without ending this one.

    Parameters
    ----------
    study : Study
        One that has a file.
    condition : str
        The key.
    rep : int
        Counted from 0.
    labels : sequence of str
        Of the methods.

    Yields
    ------
    Replay
        With one fit each.
    """
    from mcsim.engines.loky import LokyEngine

    engine = LokyEngine(replay_task, 1)
    try:
        for label in labels:
            engine.submit(Task.of(study, "", Block(condition, (label,), rep, rep + 1)))
            while not (outcomes := engine.wait(1.0)):
                pass
            [outcome] = outcomes
            yield outcome.receipt if isinstance(outcome, Done) else _lost(study, condition, label, outcome.reason)
    finally:
        engine.close(kill=True)


def replay_task(task: Task) -> Replay:
    """What a worker process does: load the study that the task names, then as `replay`."""
    return replay(study_of(task), task.condition, task.first, task.block.methods)


def _lost(study: Study, condition: str, label: str, reason: str) -> Replay:
    method = study.methods[label]
    failed = Estimates.failed(method.estimands(study.conditions[condition]), note_of_loss(reason, None))
    return Replay(0, (), "", "", [Fit(label, str(method), _rows(failed), 0.0, "add --debug to see where")])


def _data(study: Study, condition: str, rep: int) -> Dataset | Failure:
    prepared = prepare(study, condition, None)
    if isinstance(prepared, Failure):
        return prepared
    return simulate_one(prepared, Streams(study.seed, condition, DATA, rep, 1).generator(0), None)


def _fit(study: Study, condition: str, rep: int, label: str, data: Dataset | Failure) -> Fit:
    method = study.methods[label]
    promised = tuple(method.estimands(study.conditions[condition]))
    streams = Streams(study.seed, condition, method_purpose(study.method_keys[label]), rep, 1)
    analysis, remarks = Analysis(label, method, promised, streams, None), Remarks()
    began = time.perf_counter()
    found = data if isinstance(data, Failure) else analyse(analysis, data, 0, remarks)
    seconds = time.perf_counter() - began
    trace = _trace(found) if isinstance(found, Failure) and found is not data else ""
    return Fit(label, str(method), _rows(rows_of_fit(found, promised, remarks)), seconds, trace)


def _rows(estimates: Estimates) -> list[Row]:
    return [
        {
            "estimand": estimand,
            **{q: None if np.isnan(v) else float(v) for q, v in zip(QUANTITIES, estimates.values[0, k], strict=True)},
            "status": Status(estimates.status[0, k]).label,
            "note": estimates.notes.get((0, k)),
        }
        for k, estimand in enumerate(estimates.estimands)
    ]


def _trace(failure: Failure) -> str:
    """The traceback of an error, from where the study's own code or a method was called."""
    if failure.error is None:
        return failure.note
    place = failure.error.__traceback__
    while place is not None and place.tb_frame.f_globals.get("__name__", "").startswith(_CALLERS):
        place = place.tb_next
    return "".join(traceback.format_exception(failure.error.with_traceback(place)))


def stored_rows(store: Store, condition: str, rep: int, label: str) -> list[Row]:
    """The rows of a replication as they are stored; none if they are not.

    Parameters
    ----------
    store : Store
        The results.
    condition : str
        The key.
    rep : int
        The replication.
    label : str
        Of the method.

    Raises
    ------
    StorageError
        If a file is damaged.
    """
    frame = store.read_estimates(condition, rep + 1, method=label)
    rows = frame[frame["rep"] == rep].astype({"estimand": str, "status": str, "note": object})
    found: list[Row] = []
    for row in rows[["estimand", *QUANTITIES, "status", "note"]].to_dict("records"):
        found.append({str(name): None if value != value else value for name, value in row.items()})  # noqa: PLR0124
    return found


def differences(now: Sequence[Row], stored: Sequence[Row]) -> list[str]:
    """What differs between two sets of rows, bit for bit; one line each.

    Parameters
    ----------
    now, stored : sequence of Row
        In any order.
    """
    before = {row["estimand"]: row for row in stored}
    said = []
    for row in now:
        other = before.pop(row["estimand"], None)
        if other is None:
            said.append(f"{row['estimand']}: not stored")
            continue
        said += [f"{row['estimand']}, {q}: {row[q]!r}, stored {other[q]!r}" for q in row if row[q] != other[q]]
    return [*said, *(f"{estimand}: stored, but not reported now" for estimand in before)]
