"""What a worker does with a block: run it, store it, and send back a few plain values."""

from typing import NamedTuple

from mcsim.isolation import timeout
from mcsim.model import Estimates, Status
from mcsim.plan import Block, rehearsals
from mcsim.run.block import run_block
from mcsim.store import BlockName, Span, Store
from mcsim.study import Study
from mcsim.task import Task, study_of

_COMPILATION = 300.0
"""Seconds."""

_rehearsed: set[tuple[str, type, str]] = set()
"""What this process has rehearsed: study file, kind of mechanism, method."""


class Receipt(NamedTuple):
    """What comes back of a finished block."""

    failed: int = 0
    """How many of its fits are failed."""
    repeated: tuple[str, ...] = ()
    """Why block forms were given up for the single form, one line each."""


def perform(study: Study, store: Store, block: Block, *, fit_timeout: float | None = None) -> Receipt:
    """Run a block and store its estimates, one file per method.

    Parameters
    ----------
    study : Study
        Whose block it is.
    store : Store
        Where its estimates go.
    block : Block
        What to compute.
    fit_timeout : float, optional
        Seconds that one fit may take.
    """
    if block.again is not None:
        there = BlockName(block.condition, study.method_keys[block.methods[0]], block.again)
        return _repair(study, store, block, there, fit_timeout)
    result = run_block(study, block, fit_timeout=fit_timeout)
    return Receipt(_write(study, store, block, result.estimates, result.seconds), result.repeated)


def _repair(study: Study, store: Store, block: Block, name: BlockName, fit_timeout: float | None) -> Receipt:
    """Compute the failed replications of a block that is there again, from the streams they had."""
    from mcsim.store.rewriting import failed_replications, replace_replications

    [label] = block.methods
    found, repeated = {}, dict[str, None]()
    for rep in failed_replications(store, study, name):
        if block.first <= rep < block.last:
            alone = Block(block.condition, block.methods, rep, rep + 1)
            result = run_block(study, alone, fit_timeout=fit_timeout)
            found[rep] = result.estimates[label]
            repeated.update(dict.fromkeys(result.repeated))
    if found:
        replace_replications(store, study, name, found, label=label)
    failed = sum(int((estimates.status == Status.FAILED).any()) for estimates in found.values())
    return Receipt(failed, tuple(repeated))


def perform_task(task: Task) -> Receipt:
    """What a worker process does: load the study that the task names, then as `perform`."""
    study = study_of(task)
    if task.rehearsal:  # what is compiled on the way is compiled once, and for all workers
        run_block(study, task.block, fit_timeout=_compiling(task))
        return Receipt()
    if task.fit_timeout is not None:
        _rehearse(study, task)
    return perform(study, Store(task.results, task.study), task.block, fit_timeout=task.fit_timeout)


def _rehearse(study: Study, task: Task) -> None:
    """See that compiled code is loaded before time is taken."""
    for block in rehearsals(study, [task.block]):
        kind = task.source, type(study.conditions[block.condition]), block.methods[0]
        if kind not in _rehearsed:
            run_block(study, block, fit_timeout=_compiling(task))
            _rehearsed.add(kind)


def _compiling(task: Task) -> float | None:
    """How long a rehearsal may take: as long as compilation may, and a fit after it."""
    return None if task.fit_timeout is None else _COMPILATION + task.fit_timeout


def record_lost(study: Study, store: Store, block: Block, note: str) -> Receipt:
    """Store failed rows for a block that cannot be computed.

    Parameters
    ----------
    study : Study
        Whose block it is.
    store : Store
        Where its estimates go.
    block : Block
        One replication of one method that kills every worker it is given to, or that no limit but the hard one ends.
    note : str
        The reason.
    """
    if block.again is not None:  # its failed row is there
        return Receipt(failed=1)
    mechanism = study.conditions[block.condition]
    failed = {
        label: Estimates.failed(study.methods[label].estimands(mechanism), note, replications=block.replications)
        for label in block.methods
    }
    return Receipt(_write(study, store, block, failed, dict.fromkeys(failed, 0.0)))


def note_of_loss(reason: str, timed_out_after: float | None) -> str:
    """What stands in the rows of a replication that cannot be computed.

    Parameters
    ----------
    reason : str
        How its worker ended.
    timed_out_after : float or None
        The limit of a fit, if it was the watchdog that ended the worker.
    """
    return f"killed its worker: {reason}" if timed_out_after is None else timeout(timed_out_after)


def _write(study: Study, store: Store, block: Block, estimates: dict[str, Estimates], seconds: dict[str, float]) -> int:
    """Store the estimates of a block; how many fits of it are failed."""
    failed = 0
    for label, found in estimates.items():
        name = BlockName(block.condition, study.method_keys[label], Span(block.first, block.last))
        store.write_block(study, name, found, label=label, seconds=seconds[label])
        failed += int((found.status == Status.FAILED).any(axis=1).sum())
    return failed
