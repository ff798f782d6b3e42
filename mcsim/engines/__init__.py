"""Blocks in, receipts out: an engine does the work it is made with and knows nothing of studies."""

import os
from typing import Any

from mcsim.engines.here import HereEngine
from mcsim.engines.protocol import Cause, Done, Engine, Lost, Outcome

ENGINES = ("loky", "dask")
"""What `run` may be told to use; a study without a file stays in the calling process."""


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def loky_engine(work: Any, jobs: int) -> Engine:
    """Processes of this machine; joblib is loaded only now.

    Parameters
    ----------
    work : callable
        Importable by name; done for every item.
    jobs : int
        The number of processes.
    """
    from mcsim.engines.loky import LokyEngine

    return LokyEngine(work, jobs)


def dask_engine(work: Any, place: Any) -> Engine:
    """Workers of a Dask cluster; distributed is loaded only now.

    Parameters
    ----------
    work : callable
        Importable by name; done for every item.
    place : mcsim.engines.dask_cluster.Place
        Which cluster.
    """
    from mcsim.engines.dask import DaskEngine

    return DaskEngine(work, place)


__all__ = ["ENGINES", "Cause", "Done", "Engine", "HereEngine", "Lost", "Outcome", "cores", "dask_engine", "loky_engine"]
