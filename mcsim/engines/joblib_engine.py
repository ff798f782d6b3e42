"""Processes of this machine, by joblib's loky."""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import BrokenProcessPool

from mcsim.errors import Stopped

Item = TypeVar("Item")
Receipt = TypeVar("Receipt")

_PR_SET_PDEATHSIG = 1


def execute_by_joblib(work: Callable[[Item], Receipt], items: Sequence[Item], jobs: int) -> Iterator[Receipt]:
    """Do the work for every item in worker processes; receipts come as they are ready.

    Parameters
    ----------
    work : callable
        Importable by name.
    items : sequence
        Plain values.
    jobs : int
        The number of processes.

    Raises
    ------
    Stopped
        If a worker was killed; what other workers have finished is kept.
    """
    with parallel_config(
        "loky", n_jobs=jobs, inner_max_num_threads=1, initializer=_prepare_worker, initargs=(os.getpid(),)
    ):
        parallel = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs", max_nbytes=None)
        receipts = parallel(delayed(work)(item) for item in items)
    try:
        with contextlib.closing(receipts):
            yield from receipts
    except BrokenProcessPool as error:
        raise Stopped(
            "a worker process was killed (too little memory?); finished blocks are kept: run again to continue, "
            "with fewer --jobs if memory is short"
        ) from error


def _prepare_worker(parent: int) -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
