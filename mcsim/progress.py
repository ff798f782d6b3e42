"""How far a run is: a bar for a person who watches, a line every half a minute for a log."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, TextIO


class Step(NamedTuple):
    """What has been done since the last step."""

    replications: int
    failed: int
    """Fits of them that failed."""
    condition: str
    """The condition at work, as text."""


Advance = Callable[[Step], object]
"""Says how much more is done."""

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
        failed = 0

        def advance(step: Step) -> None:
            nonlocal failed
            failed += step.failed
            shown_bar.set_postfix_str(_aside(failed, step.condition), refresh=False)
            shown_bar.update(step.replications)

        yield advance


@contextlib.contextmanager
def lines(
    total: int, *, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Advance]:
    """A line every half a minute, as blocks are finished."""
    out = stream or sys.stderr
    started = clock()
    done = failed = 0
    said = started

    def advance(step: Step) -> None:
        nonlocal done, failed, said
        now = clock()
        done, failed = done + step.replications, failed + step.failed
        if now - said >= LINE_EVERY and done < total:
            said = now
            rate = done / (now - started)
            left = duration((total - done) / rate)
            out.write(
                f"{done:,} of {total:,} replications, {rate:,.0f} a second, {left} left; "
                f"{_aside(failed, step.condition)}\n"
            )
            out.flush()

    yield advance


def _aside(failed: int, condition: str) -> str:
    return f"{failed:,} failed; at {condition}"


def duration(seconds: float) -> str:
    """Seconds as 45 s, 12 min or 3 h 05 min."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
