"""The measurements as the tables of a markdown page."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from pathlib import Path

from benchmarks.fits import Distance
from benchmarks.growth import Growth
from benchmarks.report_page import Report
from benchmarks.scale import Scale
from benchmarks.timing import Comparison


def duration(seconds: float) -> str:
    """Three digits in the unit that suits: 38.2 us, 4.21 ms, 1.05 s."""
    for unit, scale in (("us", 1e-6), ("ms", 1e-3)):
        if seconds < 1000 * scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds:.3g} s"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def machine() -> str:
    """The processor, its cores and the Python that measured."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = models[0] if models else name
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def comparisons(lines: Iterable[Comparison]) -> str:
    """Peer beside mcsim, with the median and the range of the ratios over rounds."""
    header = ("one core", "peer", "its time", "mcsim", "times faster (range over rounds)")
    rows = [
        (
            line.work,
            line.peer,
            duration(line.peer_seconds),
            duration(line.own_seconds),
            f"{line.ratio:.0f} ({min(line.ratios):.0f} to {max(line.ratios):.0f})",
        )
        for line in lines
    ]
    return table(header, rows)


def distances(found: Mapping[str, Distance]) -> str:
    """How far the peers' numbers lie from ours on the data sets that were timed."""
    header = ("peer", "fixed effects", "their std. errors", "(co)variances", "its criterion minus ours")
    rows = [
        (
            name,
            f"{d.fixed:.0e}",
            f"{d.std_errors:.0e}",
            f"{d.variances:.0e}",
            f"{d.criterion_below:.0e} to {d.criterion_above:.0e}",
        )
        for name, d in found.items()
    ]
    return table(header, rows)


def differences(found: Mapping[str, float]) -> str:
    """The largest relative difference from the numbers of each peer."""
    return table(("peer", "largest relative difference"), [(peer, f"{value:.0e}") for peer, value in found.items()])


def inference_growth(found: Mapping[str, Mapping[str, float]]) -> str:
    """Time by design and kind of inference."""
    kinds = list(next(iter(found.values())))
    rows = [(design, *(duration(times[kind]) for kind in kinds)) for design, times in found.items()]
    return table(("design", *(kind.replace("_", " ") for kind in kinds)), rows)


def growth(runs: Iterable[Growth]) -> str:
    """Time and memory of whole runs of different sizes."""
    header = (
        "replications",
        "clusters",
        "cluster size",
        "time per replication",
        "memory of a worker",
        "of a whole run",
    )
    rows = [
        (
            f"{r.replications:,}",
            str(r.n_clusters),
            str(r.cluster_size),
            duration(r.seconds),
            f"{r.worker:.0f} MiB",
            f"{r.whole:.0f} MiB",
        )
        for r in runs
    ]
    return table(header, rows)


def scale(measured: Scale) -> str:
    """What large studies cost."""
    rows = [
        (f"`mcsim plan`, {measured.conditions:,} conditions", duration(measured.planning)),
        (f"`mcsim status`, {measured.conditions:,} conditions", duration(measured.status)),
        (f"performance of {measured.rows:,} rows", f"{duration(measured.performance)}, {measured.memory:.0f} MiB"),
        ("two workers beside one, loky", f"{measured.loky:.2f} times as fast"),
        ("two workers beside one, Dask", f"{measured.dask:.2f} times as fast"),
    ]
    return table(("what", "measured"), rows)


def report(measured: Report) -> str:
    """What the report of a large study costs."""
    opening = (
        "not measured: playwright or Chromium is absent" if isnan(measured.opening) else duration(measured.opening)
    )
    rows = [
        (f"writing the report of {measured.figures:,} figures", duration(measured.writing)),
        ("its size", f"{measured.size:.2f} MB"),
        ("opening it in Chromium, until the first chart is drawn", opening),
    ]
    return table(("what", "measured"), rows)


def parts(lines: Iterable[Comparison]) -> str:
    """What each part of a mechanism makes of a replication's time."""
    header = ("with", "time per replication", "of the plain design's (range over rounds)")
    rows = [
        (line.peer, duration(line.peer_seconds), f"{line.ratio:.2f} ({min(line.ratios):.2f} to {max(line.ratios):.2f})")
        for line in lines
    ]
    return table(header, rows)


def waits(seconds: Mapping[str, float]) -> str:
    """What takes how long, one a line."""
    return table(("what", "time"), [(what, duration(time)) for what, time in seconds.items()])
