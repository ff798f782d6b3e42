"""Workers of a Dask cluster, by distributed's own client.

joblib's Dask backend waits for ever when a task kills its worker, so it is not used. A Dask worker hands each item to
a process of its own beside it (see `mcsim.engines.loky`): what a method does to its process, and how that ends, is then
the same as on one machine, and time limits reach it. Only plain values cross the network.
"""

import asyncio
import contextlib
import itertools
import logging
import multiprocessing
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from functools import partial
from typing import Any

from distributed import Client, Future, KilledWorker

from mcsim.engines.dask_cluster import DaskCluster
from mcsim.engines.ended import taken
from mcsim.engines.loky import LokyEngine
from mcsim.engines.protocol import Cause, Done, Lost, Outcome
from mcsim.errors import McsimError, Stopped, first_line

ITEMS_A_WORKER = 2
"""One at work and one waiting, so that a worker never waits for the network."""

_PATIENCE = 20.0
"""Seconds that a scheduler may take to answer at first."""
_ANSWER = 60.0
"""Seconds that a scheduler may take to say anything at all."""
_LOOK_EVERY, _LOOK = 1.0, 2.0
"""Seconds between two looks at the scheduler, and that one may take: a run that is asked to stop has ten."""
_LOGGERS = ("distributed", "distributed.client", "distributed.core", "tornado", "tornado.application", "asyncio")


class DaskEngine:
    """A Dask cluster: one that is there, one on this machine, or one as batch jobs.

    Parameters
    ----------
    work : callable
        Importable by name; done for every item.
    cluster : DaskCluster
        Which.

    Raises
    ------
    McsimError
        If there is no such cluster, or it cannot be reached.
    """

    def __init__(self, work: Callable[[Any], Any], cluster: DaskCluster) -> None:
        self._work = work
        self._asked = cluster
        self._busy: dict[Future[Any], Any] = {}
        self._ended: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self._quiet = contextlib.ExitStack()
        self._quiet.enter_context(_quiet())
        try:
            self._cluster = cluster.open()
            self._client = self._connect()
        except BaseException:
            self._quiet.close()
            raise
        self.capacity = 0
        self._looked = 0.0
        self._answered = self._last_seen = time.monotonic()
        self._look()

    def submit(self, item: Any) -> None:
        """Begin with an item."""
        future = self._client.submit(partial(_work_apart, self._work, item), pure=False)
        self._busy[future] = item
        future.add_done_callback(self._ended.put)

    def wait(self, seconds: float) -> list[Outcome]:
        """What has ended since the last call; none if nothing ends within so many seconds.

        Raises
        ------
        McsimError
            What the work raised, or `Stopped` if the scheduler or all workers have gone.
        """
        self._look()
        ended = taken(self._ended, seconds)
        outcomes = list(itertools.takewhile(lambda outcome: outcome is not None, map(self._outcome, ended)))
        for later in ended[len(outcomes) :]:
            self._ended.put(later)
        return [outcome for outcome in outcomes if outcome is not None]

    def close(self, *, kill: bool) -> None:
        """Leave the cluster, and end it if it was opened here; what a worker elsewhere has begun, it finishes."""
        self._busy = {}
        with contextlib.suppress(Exception):  # the scheduler may have gone
            self._client.close(timeout=2)
        self._asked.close(self._cluster, kill=kill)
        self._quiet.close()

    def _connect(self) -> Client:
        address = self._asked.scheduler if self._cluster is None else self._cluster
        try:
            return Client(address, set_as_default=False, timeout=_PATIENCE)
        except (OSError, TimeoutError, ValueError, ImportError) as error:
            self._asked.close(self._cluster, kill=True)
            raise Stopped(
                f"no Dask scheduler answers at {self._asked.scheduler or 'its address'}: {first_line(error)}"
            ) from error

    def _look(self) -> None:
        """Whether the scheduler is there, and how many workers it has."""
        scheduler = self._client.scheduler
        if scheduler is None or self._client.status != "running":
            raise _gone()
        now = time.monotonic()
        if now < self._looked + _LOOK_EVERY:
            return
        self._looked = now
        try:
            threads = sum(self._client.sync(scheduler.ncores, callback_timeout=_LOOK).values())
        except TimeoutError as error:  # it may be busy
            if now > self._answered + _ANSWER:
                raise _gone() from error
            return
        except OSError as error:
            raise _gone() from error
        self._answered = now
        self.capacity = ITEMS_A_WORKER * threads
        if threads:
            self._last_seen = now
        elif now > self._last_seen + self._asked.without_workers:
            raise Stopped(
                f"the Dask scheduler has had no worker for {self._asked.without_workers:.0f} s; "
                "finished blocks are kept: run again to continue"
            )

    def _outcome(self, future: Future[Any]) -> Outcome | None:
        """What became of an item; None if the scheduler is too busy to say."""
        item = self._busy[future]
        try:
            told = future.exception() if future.status == "error" else future.result(timeout=_LOOK)
        except TimeoutError:
            return None
        except (OSError, CancelledError, asyncio.CancelledError) as error:  # cancelled if the scheduler has gone
            raise _gone() from error
        del self._busy[future]
        future.release()
        if isinstance(told, BaseException):
            return _lost(item, told)
        how, *said = told
        return Done(item, said[0]) if how == "done" else Lost(item, Cause(said[0]), said[1])


def _lost(item: Any, error: BaseException) -> Lost:
    """What the work, or Dask, raised."""
    if isinstance(error, KilledWorker):
        # Not by the work, which is done beside the worker; so by whoever ends workers again and again.
        return Lost(item, Cause.KILLED, f"its Dask worker died {error.allowed_failures + 1} times")
    if isinstance(error, ImportError):
        said = f"a Dask worker lacks what the work needs: {first_line(error)}; install there what is installed here"
        raise McsimError(said) from error
    raise error


def _gone() -> Stopped:
    return Stopped("the Dask scheduler is gone; finished blocks are kept: run again to continue")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What goes wrong is said once, by us."""
    former = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in former.items():
            logging.getLogger(name).setLevel(level)


# In a Dask worker

_beside = threading.local()
"""Each thread of a worker has a process beside it."""


def _work_apart(work: Callable[[Any], Any], item: Any) -> tuple[Any, ...]:
    """Do the work for an item in the process beside this thread; what became of it, as plain values."""
    if getattr(_beside, "work", None) != work:
        if former := getattr(_beside, "engine", None):
            former.close(kill=True)
        _allow_children()
        _beside.work, _beside.engine = work, LokyEngine(work, 1)
    engine: LokyEngine = _beside.engine
    engine.submit(item)
    while not (outcomes := engine.wait(_LOOK_EVERY)):
        pass
    [outcome] = outcomes
    if isinstance(outcome, Done):
        return "done", outcome.receipt
    return "lost", outcome.cause.value, outcome.reason


def _allow_children() -> None:
    """Let this worker have a process of its own.

    A nanny's worker may have no children, lest they be left when it is killed. Ours end with it.
    """
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]  # noqa: SLF001
