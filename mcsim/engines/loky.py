"""Processes of this machine, by joblib's loky: an executor of one process for each worker.

With one executor for all of them a worker that dies would take the work of the others along, and nobody could say
which item killed it.
"""

import contextlib
import ctypes
import os
import queue
import re
import signal
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from joblib.externals.loky import ProcessPoolExecutor, process_executor
from joblib.externals.loky.backend import resource_tracker
from joblib.externals.loky.process_executor import TerminatedWorkerError

from mcsim import limits
from mcsim.engines.ended import taken
from mcsim.engines.protocol import Cause, Done, Lost, Outcome
from mcsim.errors import Stopped
from mcsim.threads import VARIABLES

_PR_SET_PDEATHSIG = 1
_BAD_STARTS = 10
"""Workers that die one after the other before they do anything; then the fault is not in the work."""


_LEAK = 250_000_000
"""Bytes that a worker may grow by after its first item."""


@dataclass
class _Slot:
    """One worker process, what its watchdog writes, and how large it was after its first item."""

    executor: ProcessPoolExecutor
    watch: Path
    ready: "Future[None]"
    size: int = 0


class LokyEngine:
    """Workers as processes of this machine; they end with their parent, however that ends.

    Parameters
    ----------
    work : callable
        Importable by name; done for every item.
    jobs : int
        The number of processes.
    """

    def __init__(self, work: Callable[[Any], Any], jobs: int) -> None:
        self.capacity = jobs
        self._work = work
        _start_tracker()
        self._folder = tempfile.TemporaryDirectory(prefix="mcsim-")
        self._busy: dict[Future[Any], tuple[_Slot, Any]] = {}
        self._ended: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self._started = self._bad_starts = 0
        self._idle = [self._start() for _ in range(jobs)]

    def submit(self, item: Any) -> None:
        """Begin with an item."""
        slot = self._idle.pop() if self._idle else self._start()
        future = slot.executor.submit(_measured, self._work, item)
        self._busy[future] = slot, item
        future.add_done_callback(self._ended.put)

    def wait(self, seconds: float) -> list[Outcome]:
        """What has ended since the last call; none if nothing ends within so many seconds.

        Raises
        ------
        McsimError
            What the work raised, or `Stopped` if no worker lives long enough to begin.
        """
        outcomes = map(self._outcome, taken(self._ended, seconds))
        return [outcome for outcome in outcomes if outcome is not None]

    def close(self, *, kill: bool) -> None:
        """End the workers; with `kill` at once, whatever they are doing."""
        slots = [*self._idle, *(slot for slot, _ in self._busy.values())]
        for slot in slots:
            if kill:
                for process in list((slot.executor._processes or {}).values()):  # noqa: SLF001 (loky would take its time)
                    with contextlib.suppress(OSError):
                        os.kill(process.pid, signal.SIGKILL)
            slot.executor.shutdown(wait=False, kill_workers=kill)
        self._idle, self._busy = [], {}
        try:
            for slot in slots:
                slot.executor.shutdown(wait=True)
        finally:
            self._folder.cleanup()

    def _start(self) -> _Slot:
        self._started += 1
        watch = Path(self._folder.name) / str(self._started)
        executor = ProcessPoolExecutor(
            1,
            initializer=_prepare_worker,
            initargs=(os.getpid(), str(watch)),
            env=dict.fromkeys((*VARIABLES, "NUMBA_NUM_THREADS"), "1"),
        )
        return _Slot(executor, watch, executor.submit(_import, self._work))

    def _outcome(self, future: "Future[Any]") -> Outcome | None:
        """What became of an item; None if it was never begun, and is submitted again."""
        slot, item = self._busy.pop(future)
        try:
            receipt, size = future.result()
        except TerminatedWorkerError as error:
            return self._lost(slot, item, _exit_codes(str(error)))
        except MemoryError:
            self._idle.append(slot)
            return Lost(item, Cause.CRASHED, "out of memory")
        except BaseException:
            self._idle.append(slot)
            raise
        self._bad_starts = 0
        slot.size = slot.size or size
        if size > slot.size + _LEAK:
            slot.executor.shutdown(wait=False)  # the next item gets a new worker
        else:
            self._idle.append(slot)
        return Done(item, receipt)

    def _lost(self, slot: _Slot, item: Any, exit_codes: str) -> Lost | None:
        if slot.ready.exception() is not None:
            self._bad_starts += 1
            if self._bad_starts == _BAD_STARTS:
                raise Stopped(
                    f"worker processes die before they do anything ({exit_codes}; too little memory?); "
                    "finished blocks are kept: run again to continue"
                )
            self.submit(item)
            return None
        self._bad_starts = 0
        if limits.was_reached(slot.watch):
            return Lost(item, Cause.TIMEOUT, "the hard time limit")
        outside = any(name in exit_codes for name in ("SIGKILL", "SIGTERM", "SIGHUP")) or not exit_codes
        return Lost(item, Cause.KILLED if outside else Cause.CRASHED, exit_codes or "killed")


def _start_tracker() -> None:
    """Start loky's tracker of semaphores; if this process is killed it removes ours, and need not say so."""
    former = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore"
    try:
        resource_tracker.ensure_running()
    finally:
        if former is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = former


def _measured(work: Callable[[Any], Any], item: Any) -> tuple[Any, int]:
    """The receipt, and the memory of the worker."""
    return work(item), int(psutil.Process().memory_info().rss)


def _import(_work: Callable[[Any], Any]) -> None:
    """What is sent by name is imported on its arrival."""


def _exit_codes(message: str) -> str:
    """How a worker ended, from loky's message: 'SIGSEGV', 'EXIT(3)'."""
    _, found, codes = message.partition("exit codes of the workers are {")
    return re.sub(r"\(-\d+\)", "", codes.partition("}")[0]) if found else ""


def _prepare_worker(parent: int, watch: str) -> None:
    """Leave signals to the parent, do not outlive it, keep compiled code off its screen, and note time limits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    limits.watch(watch)
    process_executor._USE_PSUTIL = False  # noqa: SLF001 (it would end a worker that has just been given an item)
