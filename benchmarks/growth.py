"""How time and memory grow with replications, cluster size and clusters, each run in a process of its own."""

import gc
import json
import re
import resource
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.designs import random_slope
from benchmarks.pipeline import seconds_per_replication
from mcsim import Study

MIB = 2**20


class Growth(NamedTuple):
    """A run: its size, seconds per replication, and peak memory above what imports and compilation took.

    `worker` is the memory of simulating, fitting and storing every block, `whole` that of the run with its performance
    table too; in MiB.
    """

    replications: int
    n_clusters: int
    cluster_size: int
    seconds: float
    worker: float
    whole: float


def sizes(*, quick: bool) -> list[tuple[int, int, int]]:
    """Replications, clusters and cluster size of each run: one of them varies at a time."""
    most = [1_000, 10_000, 100_000] + ([] if quick else [1_000_000])
    varied = [(10_000, 20, size) for size in (5, 500)] + [(10_000, clusters, 50) for clusters in (5, 200)]
    return [(replications, 20, 50) for replications in most] + varied


def measure(size: tuple[int, int, int]) -> Growth:
    """Run one size in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.growth", *map(str, size)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return Growth(*size, *json.loads(answer.stdout))


class Memory:
    """The peak of this process above what it held when the measurement began, in MiB."""

    def __init__(self) -> None:
        gc.collect()
        self._peak_can_be_reset = sys.platform == "linux"
        if self._peak_can_be_reset:
            Path("/proc/self/clear_refs").write_text("5")
        self._before = self._peak()

    def _peak(self) -> float:
        if self._peak_can_be_reset:
            status = Path("/proc/self/status").read_text()
            return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024  # type: ignore[index]
        # macOS counts in bytes and its peak stays: what compilation took hides as much of what follows.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB

    def above(self) -> float:
        """The peak since then."""
        return self._peak() - self._before


def work(study: Study) -> None:
    """Do every block of a study as a worker does."""
    from mcsim.plan import plan
    from mcsim.run.work import perform
    from mcsim.store import Store

    with tempfile.TemporaryDirectory() as results:
        store = Store(results, study.name)
        for block in plan(study, store):
            perform(study, store, block)


def main() -> None:
    """Run the size given on the command line; print its seconds per replication and its memory above imports."""
    replications, n_clusters, cluster_size = map(int, sys.argv[1:])
    design = partial(random_slope, n_clusters=n_clusters, cluster_size=cluster_size)
    seconds_per_replication(random_slope, 10)
    memory = Memory()
    work(design(replications))
    worker = memory.above()
    seconds = seconds_per_replication(design, replications)
    sys.stdout.write(json.dumps([seconds, worker, memory.above()]))


if __name__ == "__main__":
    main()
