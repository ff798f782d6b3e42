"""How time and memory grow with replications, cluster size and clusters, each run in a process of its own."""

import json
import resource
import subprocess
import sys
from typing import NamedTuple

MIB = 2**20


class Growth(NamedTuple):
    """A run: its size, seconds per replication, and peak memory above what imports and compilation took."""

    replications: int
    n_clusters: int
    cluster_size: int
    seconds: float
    mebibytes: float


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


def peak_bytes() -> int:
    """The most memory this process has held; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Run the size given on the command line; print its seconds per replication and its MiB above imports."""
    from benchmarks.designs import random_slope
    from benchmarks.pipeline import seconds_per_replication

    replications, n_clusters, cluster_size = map(int, sys.argv[1:])
    seconds_per_replication(random_slope, 10)
    imported = peak_bytes()
    seconds = seconds_per_replication(
        lambda count: random_slope(count, n_clusters=n_clusters, cluster_size=cluster_size), replications
    )
    sys.stdout.write(json.dumps([seconds, (peak_bytes() - imported) / MIB]))


if __name__ == "__main__":
    main()
