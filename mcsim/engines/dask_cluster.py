"""Which Dask cluster to use: one that is there, one on this machine, or one of batch jobs described in a file."""

import math
import re
import signal
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcsim.errors import ParameterError, Stopped, first_line
from mcsim.packages import require
from mcsim.parameters import nearest

KINDS = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
    "lsf": "LSFCluster",
    "oar": "OARCluster",
    "htcondor": "HTCondorCluster",
}
"""What a cluster file may say, and dask-jobqueue's name for it."""

_PATIENCE = 10.0
"""Seconds that an address may take to answer."""

_GREETING = 2**20

_ADDRESS = re.compile(
    r"(tcp|tls|ws|wss)://[^\s/:]+:\d{1,5}|(tcp|tls)://\[[0-9a-f:]+\]:\d{1,5}", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class DaskCluster:
    """A Dask cluster, checked but not yet opened.

    Attributes
    ----------
    scheduler : str or None
        The address of one that is there.
    kind : str or None
        Of batch jobs: a key of `KINDS`. Without this and `scheduler` the cluster is one of this machine.
    settings : mapping
        What dask-jobqueue is told.
    jobs : int
        How many worker processes, or batch jobs.
    without_workers : float
        Seconds that it may have no worker at all. Batch jobs may wait in a queue for as long as they like.
    """

    scheduler: str | None = None
    kind: str | None = None
    settings: Mapping[str, Any] | None = None
    jobs: int = 1
    without_workers: float = 600.0

    @classmethod
    def of(cls, *, jobs: int, scheduler: str | None = None, cluster: str | Path | None = None) -> "DaskCluster":
        """The cluster that was asked for.

        Parameters
        ----------
        jobs : int
            Worker processes, if the cluster is to be on this machine.
        scheduler : str, optional
            The address of a scheduler, such as tcp://host:8786.
        cluster : path, optional
            A YAML file: `kind`, `jobs`, and what that class of dask-jobqueue takes.

        Raises
        ------
        ParameterError
            If that is not one of these.
        PackageError
            If a package is missing.
        """
        if scheduler is not None and cluster is not None:
            raise _refused("scheduler: given with cluster; allowed: one of them")
        require("distributed", extra="dask")
        if scheduler is not None:
            if not _ADDRESS.fullmatch(scheduler):
                raise _refused(f"scheduler: given {scheduler!r}; allowed: an address such as tcp://host:8786")
            _reach(scheduler)
            return cls(scheduler=scheduler)
        if cluster is None:
            return cls(jobs=jobs, without_workers=60.0)
        require("dask_jobqueue", extra="dask")
        return cls(**_read(Path(cluster)), without_workers=math.inf)

    def open(self) -> Any:
        """Open the cluster; None if it is somebody else's.

        Raises
        ------
        ParameterError
            If dask-jobqueue refuses the settings.
        """
        if self.scheduler is not None:
            return None
        if self.kind is None:
            return _local(self.jobs)
        return _queued(self.kind, self.jobs, self.settings or {})

    def close(self, cluster: Any, *, kill: bool) -> None:
        """Close what `open` gave; with `kill` its workers on this machine have no time to finish."""
        if cluster is None:
            return
        if kill and self.kind is None:
            for nanny in cluster.workers.values():
                if nanny.process is not None and nanny.process.process is not None:
                    nanny.process.process.kill()
        cluster.close(timeout=10)


def _local(jobs: int) -> Any:
    from distributed import LocalCluster

    try:
        return LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port
            scheduler_kwargs={"dashboard": False},
            memory_limit=0,  # the work is done beside the workers
            silence_logs=60,
        )
    except (OSError, RuntimeError) as error:
        raise Stopped(f"no Dask cluster can be opened on this machine: {first_line(error)}") from error


def _dask_jobqueue() -> Any:
    """The package; its import would take Ctrl-C for itself."""
    former = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, former)
    return dask_jobqueue


def _queued(kind: str, jobs: int, settings: Mapping[str, Any]) -> Any:
    """A cluster whose workers are batch jobs."""
    from distributed.core import Status

    cls = getattr(_dask_jobqueue(), KINDS[kind])
    cluster = cls.__new__(cls)
    try:
        cluster.__init__(**{"scheduler_options": {"dashboard_address": ":0"}, **settings})  # any free port
        cluster.scale(jobs=jobs)
        cluster.sync(cluster._correct_state)  # noqa: SLF001 (until the jobs are submitted, or refused in silence)
        refused = [job for job in cluster.workers.values() if job.status != Status.running]
        for job in refused:
            job.status = Status.failed  # nothing to close
        for job in refused[:1]:
            cluster.sync(job.start)  # says why
    except (TypeError, ValueError, OSError, RuntimeError) as error:
        if getattr(cluster, "status", None) == Status.running:
            cluster.close(timeout=10)
        cluster.status = Status.closed
        raise _refused(
            f"cluster: {cls.__name__} of dask-jobqueue does not take its settings: {_reason(error)}"
        ) from error
    return cluster


def _reach(address: str) -> None:
    """See that a scheduler answers there, before anything is written: distributed would wait for ever.

    Without TLS it speaks first: the length of its greeting in eight bytes, the lowest first.
    """
    protocol, _, place = address.partition("://")
    host, _, port = place.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE) as peer:
            greeting = peer.recv(8) if protocol.lower() == "tcp" else b"\0"
    except TimeoutError as error:
        raise _refused(f"scheduler: given {address!r}, which does not answer within {_PATIENCE:g} s") from error
    except (OSError, OverflowError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise _refused(f"scheduler: given {address!r}, where nobody answers: {said}") from error
    if not greeting or int.from_bytes(greeting, "little") > _GREETING:
        raise _refused(f"scheduler: given {address!r}, where something answers that is no Dask scheduler")


def _read(file: Path) -> dict[str, Any]:
    """What a cluster file says."""
    import yaml

    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise _refused(f"cluster: {file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except yaml.YAMLError as error:
        raise _refused(f"cluster: {file} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(said, dict) or not all(isinstance(name, str) for name in said):
        raise _refused(f"cluster: {file} holds no settings; allowed: lines such as kind: slurm, jobs: 10, cores: 4")
    kind, jobs = said.pop("kind", None), said.pop("jobs", None)
    if not isinstance(kind, str) or kind not in KINDS:
        close = nearest(str(kind), KINDS)
        raise _refused(f"cluster: {file}: kind: given {kind!r}{close}; allowed: {', '.join(KINDS)}")
    if not isinstance(jobs, int) or isinstance(jobs, bool) or jobs < 1:
        raise _refused(f"cluster: {file}: jobs: given {jobs!r}; allowed: a whole number from 1, of batch jobs")
    return {"kind": kind, "jobs": jobs, "settings": said}


def _reason(error: BaseException) -> str:
    """In one line, what a command that failed has said, or the error."""
    text = str(error)
    said = text.rpartition("stderr:")[2].split() or text.split()
    return " ".join(said) or type(error).__name__


def _refused(fault: str) -> ParameterError:
    return ParameterError("run", [fault])
