"""Contestants measured in turn, round after round, so that a busy machine slows all of them alike."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

OWN = "mcsim"

Contestant = Callable[[int], dict[str, float]]
"""Does its share of a round; returns seconds per unit of work, by the name of each way it was timed."""


class Comparison(NamedTuple):
    """One line of the table: median seconds per unit of work, and peer over mcsim within each round."""

    work: str
    peer: str
    peer_seconds: float
    own_seconds: float
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median over rounds."""
        return statistics.median(self.ratios)


def seconds_per_call(work: Callable[[], object], *, at_least: float = 0.02) -> float:
    """Repeat `work` until the clock has something to measure; the seconds of one call."""
    calls, elapsed = 0, 0.0
    start = time.perf_counter()
    while elapsed < at_least:
        work()
        calls += 1
        elapsed = time.perf_counter() - start
    return elapsed / calls


def interleave(contestants: Sequence[Contestant], rounds: int) -> dict[str, list[float]]:
    """Measure every contestant in every round, starting with another one each time."""
    measured: dict[str, list[float]] = {}
    for turn in range(rounds):
        first = turn % len(contestants)
        for contestant in (*contestants[first:], *contestants[:first]):
            for name, seconds in contestant(turn).items():
                measured.setdefault(name, []).append(seconds)
    return measured


def compare(work: str, measured: dict[str, list[float]]) -> list[Comparison]:
    """A line for each peer, in the order of their names; a lone line where no peer is here."""
    mine = measured[OWN]
    return [
        Comparison(
            work,
            peer,
            statistics.median(measured[peer]),
            statistics.median(mine),
            tuple(their / my for their, my in zip(measured[peer], mine, strict=True)),
        )
        for peer in sorted(measured)
        if peer != OWN
    ]
