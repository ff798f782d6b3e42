"""Blocks in, receipts out: an engine calls the work it is given and knows nothing of studies."""

import os
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

import numpy as np

from mcsim.errors import ParameterError

Item = TypeVar("Item")
Receipt = TypeVar("Receipt")


def workers(jobs: Any) -> int:
    """How many worker processes `jobs` asks for; None and -1 are all the cores that this process may use.

    Raises
    ------
    ParameterError
        If it is neither of these nor a whole number from 1.
    """
    if jobs is None or (jobs == -1 and not isinstance(jobs, bool)):
        return _cores()
    if isinstance(jobs, (int, np.integer)) and not isinstance(jobs, bool) and jobs >= 1:
        return int(jobs)
    raise ParameterError("run", [f"jobs: given {jobs!r}; allowed: a whole number from 1, or -1 for all cores"])


def execute(work: Callable[[Item], Receipt], items: Sequence[Item], jobs: int) -> Generator[Receipt, None, None]:
    """Do the work for every item, in `jobs` processes, and yield the receipts as they come.

    Parameters
    ----------
    work : callable
        Importable by name if there is more than one process.
    items : sequence
        Plain values.
    jobs : int
        1 is the calling process.

    Yields
    ------
    object
        What the work returned; in the order of completion.
    """
    if jobs == 1:
        yield from map(work, items)
        return
    from mcsim.engines.joblib_engine import execute_by_joblib

    yield from execute_by_joblib(work, items, jobs)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
