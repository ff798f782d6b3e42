"""Whole runs: simulate, fit, store and summarise, one core, compiled before the clock starts."""

import tempfile
import time
from collections.abc import Callable

import mcsim
from benchmarks.designs import nothing, random_slope
from benchmarks.lme4 import Lme4
from benchmarks.timing import OWN, Comparison, Contestant, compare, interleave
from mcsim import Study

Design = Callable[[int], Study]
"""A study with the given number of replications."""

WORK = "simulate, fit, store, summarise: per replication"


def seconds_per_replication(design: Design, replications: int) -> float:
    """Run a study into a folder of its own that is thrown away; seconds per replication."""
    study = design(replications)
    with tempfile.TemporaryDirectory() as results:
        start = time.perf_counter()
        mcsim.run(study, jobs=1, results=results, progress=False)
        return (time.perf_counter() - start) / replications


def measure(lme4: Lme4 | None, *, replications: int, rounds: int) -> tuple[list[Comparison], float]:
    """mcsim beside lme4, a line for each; and mcsim's own median seconds per replication."""
    seconds_per_replication(random_slope, 200)  # compiles

    def own(turn: int) -> dict[str, float]:
        del turn
        return {OWN: seconds_per_replication(random_slope, replications)}

    contestants: list[Contestant] = [own]
    if lme4 is not None:
        contestants.append(lambda _: {"lme4: simulate, `lmer()`, `summary()`": lme4.pipeline(20)})
    measured = interleave(contestants, rounds)
    return compare(WORK, measured), sorted(measured[OWN])[rounds // 2]


def overhead(*, replications: int, rounds: int) -> float:
    """Median seconds per replication of a study whose mechanism and method do nothing."""
    seconds_per_replication(nothing, 200)
    return sorted(seconds_per_replication(nothing, replications) for _ in range(rounds))[rounds // 2]
