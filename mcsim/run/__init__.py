"""How a study is run: what its results lack is planned, fed to an engine, and summed up.

`run` plans the blocks that the results lack and has them done under supervision. For each, a worker stores what
`run_block` returns: it simulates every data set and has every method analyse it.
"""

import contextlib
import os
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from mcsim.collect import finish, take_stock
from mcsim.engines import Engine, HereEngine, Lost
from mcsim.engines.protocol import Cause
from mcsim.errors import ParameterError
from mcsim.failures import Allowance
from mcsim.loading import refuse_while_loading
from mcsim.outcome import RunResult, mixed_versions, stopped, unusable
from mcsim.plan import Block, block_sizes, blocks_to_do, blocks_to_repair, of_shard, rehearsals
from mcsim.progress import Progress, Step, shown, silent
from mcsim.run.block import BlockResult, run_block
from mcsim.run.options import RunOptions
from mcsim.run.stopping import Stop
from mcsim.run.supervision import Orders, supervise
from mcsim.run.work import Receipt, note_of_loss, perform, perform_task, record_lost
from mcsim.shards import parse_shard
from mcsim.store import BlockName, Facts, Inventory, Record, Span, Store, absolute
from mcsim.study import Study
from mcsim.task import Task
from mcsim.threads import blas, one_thread

if TYPE_CHECKING:
    from mcsim.engines.dask_cluster import DaskCluster


def run(
    study: Study,
    *,
    results: str | os.PathLike[str] = "results",
    progress: bool | Progress = True,
    **options: Any,
) -> RunResult:
    """Simulate and analyse what the results of a study lack, and compute its performance table.

    Running again computes nothing; after a level, a method or replications were added, only what is missing. Block
    files that no longer belong to the study are moved to ``retired/``, and back when they do again.

    Parameters
    ----------
    study : Study
        A study without a file runs in the calling process, and is not protected from what ends it.
    results : path or str, optional
        The folder that holds a folder of results for each study, or a URI such as ``s3://bucket/prefix``.
    progress : bool or callable, optional
        Whether to show how far it is, on stderr; or what shows it (see `mcsim.progress`).
    **options : object
        Of `mcsim.run.options.RunOptions`: jobs, replications, shard, fit_timeout, stop_after, max_failures,
        retry_failed, strict, engine, scheduler, cluster.

    Returns
    -------
    RunResult
        Where everything is and what was done.

    Raises
    ------
    ParameterError, StudyError, ResultsError
        If the options, the study or the folder cannot be used; nothing has been simulated.
    StorageError
        If reading or writing fails on the way; what was finished is kept.
    Stopped
        If it was interrupted or its time was up; running again continues.
    """
    refuse_while_loading("mcsim.run")
    return _Run(study, results, _checked(study, options)).go(progress)


def _checked(study: Study, options: dict[str, Any]) -> RunOptions:
    if not isinstance(study, Study):
        raise ParameterError("run", [f"study: given {study!r}; allowed: a Study, such as mcsim.load_study(path) gives"])
    try:
        chosen = RunOptions(**options)
    except ParameterError as error:
        raise ParameterError("run", error.faults) from None
    if study.source is None and options.get("jobs") not in (None, -1, 1):
        warnings.warn(
            f"a study without a file runs in the calling process: jobs={options['jobs']} is ignored", stacklevel=3
        )
    return chosen


class _Run:
    """One run from plan to performance table."""

    def __init__(self, study: Study, results: str | os.PathLike[str], options: RunOptions) -> None:
        self.began = time.perf_counter()
        self.options = options
        self.study = study if options.replications is None else study.with_replications(options.replications)
        self.store = Store(absolute(results), study.name)
        self.remarks: list[str] = []
        self.known: Mapping[BlockName, Facts] = {}
        self.shard = None if options.shard is None else parse_shard(options.shard, os.environ)
        self.cluster = _dask_cluster(options)
        self.stop = Stop(options.stop_after)
        self.finished: set[tuple[str, int, int]] = set()
        self.repeated: dict[str, None] = {}

    def go(self, progress: bool | Progress) -> RunResult:
        """Do what is missing, and sum up."""
        blocks: list[Block] = []
        try:
            with self.stop.signals(), one_thread():
                allowance, blocks = self._plan()
                show = progress if callable(progress) else shown() if progress and blocks else silent
                with show(_replications(blocks)) as advance:
                    for block, receipt in self._execute(blocks):
                        advance(self._count(block, receipt))
                        allowance.spend(receipt.failed)
                        if allowance.exceeded:
                            self.stop.enough()
                self._join(blocks)
                if self.simulated < _replications(blocks) and not allowance.exceeded:
                    raise stopped(self.simulated, _replications(blocks))
                kept = finish(self.study, self.store, leftovers=bool(blocks)) if self.shard is None else {}
        except KeyboardInterrupt:
            raise stopped(self.simulated, _replications(blocks)) from None
        return self._result(kept, allowance)

    def _plan(self) -> tuple[Allowance, list[Block]]:
        """Prepare the folder; how many fits may fail, and the blocks still to do."""
        study, store = self.study, self.store
        sizes = block_sizes(study, store.check(study))
        self.remarks += mixed_versions(store.begin(study, Record.of(study, sizes, blas()), strict=self.options.strict))
        found, remarks = take_stock(study, store, tidy=self.shard is None)
        self.remarks += remarks
        blocks = blocks_to_do(study, found.kept, sizes)
        if self.options.retry_failed:  # then what blocks say of themselves will change
            blocks += blocks_to_repair(study, found.facts)
        else:
            self.known = found.facts
        allowance = Allowance.of(study, self.known.values(), self.options.max_failures)
        return allowance, blocks if self.shard is None else of_shard(study, blocks, sizes, self.shard)

    def _count(self, block: Block, receipt: Receipt) -> Step:
        """Note what is done; replications whose methods were parted count once."""
        self.repeated.update(dict.fromkeys(receipt.repeated))
        span = block.condition, block.first, block.last
        new = 0 if span in self.finished else block.replications
        self.finished.add(span)
        return Step(new, receipt.failed, str(self.study.conditions[block.condition]))

    @property
    def simulated(self) -> int:
        """How many replications are finished."""
        return sum(last - first for _, first, last in self.finished)

    def _join(self, blocks: Sequence[Block]) -> None:
        """Where a block was halved to corner a replication, one file again instead of many."""
        planned = {(block.condition, block.first, block.last) for block in blocks}
        pieces = sorted(self.finished - planned)
        if not pieces:
            return
        from mcsim.store.rewriting import join_pieces

        for block in blocks:
            own = [Span(a, b) for key, a, b in pieces if key == block.condition and block.first <= a < block.last]
            for label in block.methods if own and block.again is None else ():
                whole = BlockName(block.condition, self.study.method_keys[label], Span(block.first, block.last))
                join_pieces(self.store, self.study, whole, own, label=label)

    def _execute(self, blocks: Sequence[Block]) -> Iterator[tuple[Block, Receipt]]:
        """Have the blocks done; in this process only if no other could load the study."""
        if not blocks:
            return
        limit = self.options.fit_timeout
        orders = Orders(self._item, self._give_up)
        if self.study.source is None:
            engine: Engine = HereEngine(partial(perform, self.study, self.store, fit_timeout=limit))
            yield from supervise(engine, blocks, Orders(lambda block: block, self._give_up), self.stop)
            return
        with self._engine(min(self.options.jobs, len(blocks))) as engine, self.stop.patience():
            for _ in supervise(engine, rehearsals(self.study, blocks), self._rehearsal(), self.stop):
                pass
            yield from supervise(engine, blocks, orders, self.stop)

    @contextlib.contextmanager
    def _engine(self, jobs: int) -> Iterator[Engine]:
        """The engine chosen; its workers are killed if there is no waiting for them."""
        engine = self._opened(jobs)
        try:
            yield engine
        except BaseException:
            engine.close(kill=True)
            raise
        engine.close(kill=self.stop.dropping)

    def _opened(self, jobs: int) -> Engine:
        if self.cluster is None:
            from mcsim.engines.loky import LokyEngine

            return LokyEngine(perform_task, jobs)
        from mcsim.engines.dask import DaskEngine

        return DaskEngine(perform_task, self.cluster)

    def _item(self, block: Block) -> Task:
        return Task.of(self.study, str(self.store.root), block, fit_timeout=self.options.fit_timeout)

    def _rehearsal(self) -> Orders:
        """One after the other; what a rehearsal loses, the work itself will meet and see to."""
        return Orders(
            lambda block: self._item(block)._replace(rehearsal=True),
            lambda _block, _lost: Receipt(),
            at_once=1,
        )

    def _give_up(self, block: Block, lost: Lost) -> Receipt:
        note = note_of_loss(lost.reason, self.options.fit_timeout if lost.cause is Cause.TIMEOUT else None)
        return record_lost(self.study, self.store, block, note)

    def _result(self, kept: Inventory, allowance: Allowance) -> RunResult:
        study = self.study
        return RunResult(
            study=study.name,
            store=self.store,
            conditions=len(study.conditions),
            methods=len(study.methods),
            replications=study.replications,
            simulated=self.simulated,
            seconds=time.perf_counter() - self.began,
            repeated=tuple(self.repeated),
            unusable=unusable(study, self.store, kept, self.known),
            too_many_failures=allowance.exceeded,
            shard=self.shard,
            blocks=len(self.finished),
            remarks=tuple(self.remarks),
        )


def _dask_cluster(options: RunOptions) -> "DaskCluster | None":
    """The Dask cluster that was asked for, if one was; refused before anything is written."""
    if options.engine != "dask":
        return None
    from mcsim.engines.dask_cluster import DaskCluster

    return DaskCluster.of(jobs=options.jobs, scheduler=options.scheduler, cluster=options.cluster)


def _replications(blocks: Sequence[Block]) -> int:
    return sum(block.replications for block in blocks)


__all__ = ["Block", "BlockResult", "RunResult", "run", "run_block"]
