"""What happens to a replication, and how a study is run.

`run` plans the blocks that the results lack and hands them to an engine. For each, `perform` stores what `run_block`
returns: it simulates every data set and has every method analyse it.
"""

import contextlib
import os
import time
import warnings
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from mcsim import engines
from mcsim.errors import ParameterError
from mcsim.isolation import Failure, accept, attempt, hand_out, hand_out_block, join, stack
from mcsim.loading import refuse_while_loading
from mcsim.model import Dataset, DatasetBlock, Estimates, Mechanism, Method, Streams
from mcsim.outcome import RunResult, stopped, unusable
from mcsim.performance import performance
from mcsim.plan import Block, begin, rehearsals, rows_of
from mcsim.progress import Progress, shown, silent
from mcsim.store import BlockName, Inventory, Span, Store, absolute
from mcsim.streams import DATA, DESIGN, method_purpose
from mcsim.study import Study
from mcsim.task import Task, study_of
from mcsim.threads import one_thread

CHUNK_NUMBERS = 1_000_000
"""Simulated at a time (8 MB): memory stays flat however many replications a block has."""

Simulated = DatasetBlock | Sequence[Dataset | Failure]


class Receipt(NamedTuple):
    """What comes back of a finished block."""

    condition: str
    methods: tuple[str, ...]
    replications: int
    seconds: float
    repeated: tuple[str, ...]


def run(  # noqa: PLR0913 (the keywords are the options of a run)
    study: Study,
    *,
    jobs: int | None = 1,
    results: str | os.PathLike[str] = "results",
    replications: int | None = None,
    strict: bool = False,
    progress: bool | Progress = True,
) -> RunResult:
    """Simulate and analyse what the results of a study lack, and compute its performance table.

    Running again computes only what is missing. Block files that no longer belong to the study are moved to
    ``retired/``, and back when they do again; damaged ones to ``damaged/``.

    Parameters
    ----------
    study : Study
        A study without a file runs in the calling process, whatever `jobs` says.
    jobs : int, optional
        How many processes; -1 or None for all cores. The results are the same bit for bit.
    results : path or str, optional
        The folder that holds a folder of results for each study, or a URI such as ``s3://bucket/prefix``.
    replications : int, optional
        Instead of the study's; if more are stored, the first so many are used and none is removed.
    strict : bool, optional
        Refuse to add rows to those of other versions.
    progress : bool or callable, optional
        Whether to show how far it is, on stderr; or what shows it (see `mcsim.progress`).

    Returns
    -------
    RunResult
        Where everything is and what was done.

    Raises
    ------
    ParameterError, StudyError, ResultsError
        If `jobs`, the study or the folder cannot be used; nothing has been simulated.
    StorageError
        If reading or writing fails on the way; what was finished is kept.
    Stopped
        If it was interrupted; running again continues.
    """
    began = time.perf_counter()
    refuse_while_loading("mcsim.run")
    processes = _processes(study, jobs)
    study = study if replications is None else study.with_replications(replications)
    store = Store(absolute(results), study.name)
    blocks, remarks = begin(study, store, strict=strict)
    show = progress if callable(progress) else shown() if progress and blocks else silent
    receipts: list[Receipt] = []
    try:
        engine = contextlib.closing(_execute(study, store, blocks, processes=processes))
        with one_thread(), show(sum(item.replications for item in blocks)) as advance, engine as finished:
            for receipt in finished:
                receipts.append(receipt)
                advance(receipt.replications)
        kept = _finish(study, store, blocks)
    except KeyboardInterrupt:
        raise stopped(*(sum(item.replications for item in items) for items in (receipts, blocks))) from None
    return RunResult(
        study=study.name,
        store=store,
        conditions=len(study.conditions),
        methods=len(study.methods),
        replications=study.replications,
        simulated=sum(item.replications for item in receipts),
        seconds=time.perf_counter() - began,
        repeated=tuple(dict.fromkeys(line for receipt in receipts for line in receipt.repeated)),
        unusable=unusable(study, store, kept),
        remarks=remarks,
    )


def _processes(study: Study, jobs: int | None) -> int:
    if not isinstance(study, Study):
        raise ParameterError("run", [f"study: given {study!r}; allowed: a Study, such as mcsim.load_study(path) gives"])
    processes = engines.workers(jobs)
    if study.source is None and processes > 1:
        if jobs not in (None, -1):
            warnings.warn(f"a study without a file runs in the calling process: jobs={jobs} is ignored", stacklevel=3)
        return 1
    return processes


def _execute(study: Study, store: Store, blocks: Sequence[Block], *, processes: int) -> Generator[Receipt, None, None]:
    """Hand the blocks to an engine; receipts come as blocks are finished."""
    jobs = min(processes, len(blocks))
    if jobs <= 1:
        yield from engines.execute(partial(perform, study, store), blocks, 1)
        return
    first, tasks = ([Task.of(study, str(store.root), b) for b in part] for part in (rehearsals(study, blocks), blocks))
    for _ in engines.execute(rehearse_task, first, jobs):
        pass
    yield from engines.execute(perform_task, tasks, jobs)


def _finish(study: Study, store: Store, blocks: Sequence[Block]) -> Inventory:
    """Tidy up, and bring the performance table up to date."""
    kept = store.tidy(study).kept
    current = store.has_performance(kept)
    if blocks or not current:
        store.remove_leftovers()
    if not current:
        store.write_performance(study, performance(study, store), kept)
    return kept


# A block of replications


class BlockResult(NamedTuple):
    """The estimates of a block, by method label."""

    estimates: dict[str, Estimates]
    seconds: dict[str, float]
    """What each method took, without the simulation."""
    repeated: tuple[str, ...]
    """Why block forms were given up for the single form, one line each."""


class Analysis(NamedTuple):
    """One method at work on a condition."""

    label: str
    method: Method
    promised: tuple[str, ...]
    streams: Streams


class Condition(NamedTuple):
    """A condition about to be simulated."""

    mechanism: Mechanism
    formula: str
    design: tuple[object, ...]
    """What `design` drew, to be handed on; () if nothing is held fixed."""


def run_block(study: Study, block: Block) -> BlockResult:
    """Simulate and analyse the replications of a block; a pure function of the study's seed and the block.

    Parameters
    ----------
    study : Study
        Gives the mechanism, the methods and the seed.
    block : Block
        The condition, the methods and the replications.

    Returns
    -------
    BlockResult
        Of each method as many replications as the block has: what fails is a row too.
    """
    count, mechanism = block.replications, study.conditions[block.condition]
    streams = partial(Streams, study.seed, block.condition, first=block.first, count=count)
    analyses = [
        Analysis(label, method, tuple(method.estimands(mechanism)), streams(method_purpose(study.method_keys[label])))
        for label, method in ((label, study.methods[label]) for label in block.methods)
    ]
    condition = attempt(lambda: _prepare(study, block.condition), "simulate: ")
    parts: dict[str, list[Estimates]] = {label: [] for label in block.methods}
    seconds = dict.fromkeys(block.methods, 0.0)
    repeated: dict[str, None] = {}
    for start, stop in _chunks(mechanism, count):
        data = _simulate(condition, streams(DATA).slice(start, stop), repeated)
        if not isinstance(data, DatasetBlock) and any(hasattr(a.method, "fit_block") for a in analyses):
            data = stack(data) or data
        for analysis in analyses:
            began = time.perf_counter()
            part = analysis._replace(streams=analysis.streams.slice(start, stop))
            parts[analysis.label].append(_analyse(part, data, repeated))
            seconds[analysis.label] += time.perf_counter() - began
    return BlockResult({label: join(found) for label, found in parts.items()}, seconds, tuple(repeated))


def _prepare(study: Study, key: str) -> Condition:
    mechanism = study.conditions[key]
    design = mechanism.design(Streams(study.seed, key, DESIGN, first=0, count=1).generator(0))
    return Condition(mechanism, mechanism.formula(), () if design is None else (design,))


def _chunks(mechanism: Mechanism, count: int) -> Iterator[tuple[int, int]]:
    """Cut a block so that the data of a chunk take no more than `CHUNK_NUMBERS`, as far as that can be foreseen."""
    size = max(1, CHUNK_NUMBERS // (rows_of(mechanism) * max(1, len(mechanism.columns()))))
    return ((start, min(start + size, count)) for start in range(0, count, size))


def _simulate(condition: Condition | Failure, streams: Streams, repeated: dict[str, None]) -> Simulated:
    """The data of consecutive replications, in the block form if there is one; what raises is a `Failure`."""
    if isinstance(condition, Failure):
        return [condition] * len(streams)
    mechanism, formula, design = condition
    if hasattr(mechanism, "simulate_block"):
        block = attempt(
            lambda: hand_out_block(mechanism.simulate_block(streams, *design), len(streams), formula),
            f"{type(mechanism).__name__}.simulate_block: ",
        )
        if not isinstance(block, Failure):
            return block
        repeated[block.note] = None
    return [attempt(partial(_simulate_one, condition, rng), "simulate: ") for rng in streams]


def _simulate_one(condition: Condition, rng: np.random.Generator) -> Dataset:
    return hand_out(condition.mechanism.simulate(rng, *condition.design), condition.formula)


def _analyse(analysis: Analysis, data: Simulated, repeated: dict[str, None]) -> Estimates:
    """What one method makes of the data, in the block form if there is one, else one data set at a time."""
    label, method, promised, streams = analysis
    if isinstance(data, DatasetBlock) and hasattr(method, "fit_block"):
        found = attempt(
            lambda: accept(method.fit_block(data, streams), promised, len(streams)), f"{label}, fit_block: "
        )
        if not isinstance(found, Failure):
            return found
        repeated[found.note] = None
    datasets = map(data.dataset, range(len(data))) if isinstance(data, DatasetBlock) else data
    return join([_fit(analysis, dataset, index) for index, dataset in enumerate(datasets)])


def _fit(analysis: Analysis, dataset: Dataset | Failure, index: int) -> Estimates:
    """What one method makes of one data set; if it raises, or returns something else, rows that say so."""
    label, method, promised, streams = analysis
    if isinstance(dataset, Failure):
        return Estimates.failed(promised, dataset.note)
    found = attempt(lambda: method.fit(replace(dataset, columns={**dataset.columns}), streams.generator(index)))
    if not isinstance(found, Failure):
        found = attempt(lambda: accept(found, promised, 1), f"{label}: ")
    return Estimates.failed(promised, found.note) if isinstance(found, Failure) else found


def perform(study: Study, store: Store, block: Block) -> Receipt:
    """Run a block and store its estimates, one file per method."""
    began = time.perf_counter()
    result = run_block(study, block)
    for label, estimates in result.estimates.items():
        name = BlockName(block.condition, study.method_keys[label], Span(block.first, block.last))
        store.write_block(study, name, estimates, label=label, seconds=result.seconds[label])
    seconds = time.perf_counter() - began
    return Receipt(block.condition, block.methods, block.replications, seconds, result.repeated)


def perform_task(task: Task) -> Receipt:
    """What a worker process does: load the study that the task names, then as `perform`."""
    return perform(study_of(task), Store(task.results, task.study), task.block)


def rehearse_task(task: Task) -> None:
    """Analyse a block and throw the estimates away; its kernels are compiled then."""
    run_block(study_of(task), task.block)
