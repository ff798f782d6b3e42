"""How far a run is: a bar for a person who watches, a line every half a minute for a log."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TextIO

Advance = Callable[[int], object]
"""Says that so many replications more are done."""

Progress = Callable[[int], AbstractContextManager[Advance]]
"""Told how many replications are to be done, opens something to advance."""

LINE_EVERY = 30.0
"""Seconds between two lines."""


def shown() -> Progress:
    """A bar on a terminal and in a notebook, lines elsewhere; on stderr."""
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    return bar if watched else lines


@contextlib.contextmanager
def silent(total: int) -> Iterator[Advance]:
    """Show nothing."""
    del total
    yield lambda _: None


@contextlib.contextmanager
def bar(total: int) -> Iterator[Advance]:
    """A bar with the rate and the time left."""
    from tqdm.auto import tqdm

    # Blocks are finished in bursts: the mean rate since the start (smoothing 0) foresees the end best.
    with tqdm(total=total, unit=" replications", unit_scale=True, smoothing=0, dynamic_ncols=True) as shown_bar:
        yield shown_bar.update


@contextlib.contextmanager
def lines(
    total: int, *, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Advance]:
    """A line every half a minute, as blocks are finished."""
    out = stream or sys.stderr
    started = clock()
    state = {"done": 0, "said": started}

    def advance(replications: int) -> None:
        now = clock()
        state["done"] += replications
        if now - state["said"] >= LINE_EVERY and state["done"] < total:
            state["said"] = now
            rate = state["done"] / (now - started)
            left = _duration((total - state["done"]) / rate)
            out.write(f"{state['done']:,} of {total:,} replications, {rate:,.0f} a second, {left} left\n")
            out.flush()

    yield advance


def _duration(seconds: float) -> str:
    """Seconds as 45 s, 12 min or 3 h 05 min."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
