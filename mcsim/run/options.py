"""What a run may be told, checked together."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mcsim.engines import ENGINES, cores
from mcsim.parameters import Check, Parameters, absent_or, flag, number, parameter, text, word

_REPLICATIONS = Check("a whole number from 1", lambda value: value)
"""The study judges it, as it does its own number."""


def _jobs(value: Any) -> int:
    if value is None or (value == -1 and not isinstance(value, bool)):
        return cores()
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= 1:
        return int(value)
    raise ValueError


@dataclass(frozen=True, kw_only=True)
class RunOptions(Parameters):
    """How a study is run; no option changes a bit of its results.

    Parameters
    ----------
    jobs : int, optional
        How many worker processes; -1 or None for one a core.
    replications : int, optional
        Instead of the study's; if more are stored, the first so many are used and none is removed.
    shard : str, optional
        Only a share of what is missing, as ``3/50`` or, within a batch array, ``auto`` (see `mcsim.shards`). No file is
        moved and no performance table computed: that is `collect`'s, when all shares are done.
    fit_timeout : float, optional
        Seconds that one fit may take; one that takes longer is failed.
    stop_after : float, optional
        Seconds after which no block is begun any more.
    max_failures : float, optional
        The share of failed fits at which to stop.
    retry_failed : bool, optional
        Whether to compute failed replications again.
    strict : bool, optional
        Whether to refuse results that were begun with other versions.
    engine : {"loky", "dask"}, optional
        Where the work is done: processes of this machine, or a Dask cluster.
    scheduler : str, optional
        The address of a Dask scheduler, such as ``tcp://host:8786``; without it a cluster of `jobs` processes is begun
        on this machine.
    cluster : str, optional
        Instead, a YAML file that says what batch jobs dask-jobqueue is to begin as workers.
    """

    jobs: int = parameter("worker processes", Check("a whole number from 1, or -1 for all cores", _jobs), 1)
    replications: int | None = parameter("replications of each condition", _REPLICATIONS, None)
    shard: str | None = parameter("share of what is missing", absent_or(text()), None)
    fit_timeout: float | None = parameter("seconds that one fit may take", absent_or(number(above=0)), None)
    stop_after: float | None = parameter("seconds until no block is begun", absent_or(number(above=0)), None)
    max_failures: float | None = parameter(
        "share of failed fits at which to stop", absent_or(number(least=0, below=1)), None
    )
    retry_failed: bool = parameter("compute failed replications again", flag(), False)
    strict: bool = parameter("refuse results begun with other versions", flag(), False)
    engine: str = parameter("where the work is done", word(*ENGINES), "loky")
    scheduler: str | None = parameter("address of a Dask scheduler", absent_or(text()), None)
    cluster: str | None = parameter("YAML file of batch jobs as Dask workers", absent_or(text()), None)

    def faults(self) -> list[str]:
        """An address or a file without the engine that it is for."""
        given = {"scheduler": self.scheduler, "cluster": self.cluster}
        return [
            f"{name}: given {value!r}; needs engine='dask'"
            for name, value in given.items()
            if value and self.engine != "dask"
        ]
