"""Time limits for code that is not ours: an alarm that raises, and a watchdog that ends the process.

The alarm reaches Python code. It cannot reach a compiled function, nor code that catches everything; for these the
watchdog, a thread that needs no interpreter lock, ends the process a little later, and whoever supervises the process
sees to the rest.
"""

import contextlib
import ctypes
import faulthandler
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO

_GRACE = 0.25
"""What the watchdog waits beyond the limit, as a share of it, with a second to it."""
_REPEAT = 0.1
"""Seconds after which an alarm that was caught goes off again."""

_watch: list[IO[bytes]] = []


class TimeLimit(BaseException):
    """The limit has passed; no `Exception`, so that code which catches those does not catch it."""


def watch(path: str) -> None:
    """Have the watchdog of this process write to a file before it ends the process."""
    _watch[:] = [Path(path).open("wb")]  # noqa: SIM115 (open as long as the process lives)


def was_reached(path: Path) -> bool:
    """Whether the watchdog ended the process that watches with this file."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


@contextlib.contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Raise `TimeLimit` in the body when so many seconds have passed; None is no limit.

    In the main thread by an alarm, which interrupts a sleep too; elsewhere by an exception set from a timer.
    """
    if seconds is None:
        yield
        return
    alarm = _alarm if threading.current_thread() is threading.main_thread() else _timer
    with _watchdog(seconds * (1 + _GRACE) + 1), alarm(seconds):
        yield


@contextlib.contextmanager
def _watchdog(seconds: float) -> Iterator[None]:
    if not _watch:  # nobody supervises this process, so it must not end
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True, file=_watch[0])
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    armed = True

    def ring(_number: int, _frame: FrameType | None) -> None:
        if armed:
            raise TimeLimit

    former = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _REPEAT)
    try:
        try:
            yield
        finally:  # the alarm may go off before this line, never after it
            armed = False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


@contextlib.contextmanager
def _timer(seconds: float) -> Iterator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    timer = threading.Timer(
        seconds, lambda: ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TimeLimit))
    )
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)  # what was set and not yet raised
