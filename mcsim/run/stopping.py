"""When to stop: asked by a signal, or because the time is up."""

import contextlib
import math
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from mcsim.isolation import Interrupted

GRACE = 8.0
"""Seconds from a signal until blocks that are not finished are dropped; a run should end within ten."""


class Stop:
    """Says whether a run may go on.

    The first SIGINT or SIGTERM asks to finish what is in flight, the second to stop at once.

    Parameters
    ----------
    after : float, optional
        Seconds until no block is begun any more.
    """

    def __init__(self, after: float | None = None) -> None:
        self._deadline = math.inf if after is None else time.monotonic() + after
        self._asked = math.inf
        self._patient = False
        self._enough = False

    @property
    def feeding(self) -> bool:
        """Whether to begin with another block."""
        return not self._enough and self._asked == math.inf and time.monotonic() < self._deadline

    @property
    def dropping(self) -> bool:
        """Whether to wait no longer for what is in flight."""
        return time.monotonic() > self._asked + GRACE

    def enough(self) -> None:
        """Begin no further block."""
        self._enough = True

    @contextlib.contextmanager
    def patience(self) -> Iterator[None]:
        """Within, the first signal is only noted; elsewhere it interrupts at once."""
        self._patient = True
        try:
            yield
        finally:
            self._patient = False

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Listen to signals, in the main thread; other threads get none."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        first = self._asked == math.inf
        self._asked = min(self._asked, time.monotonic())
        if not (first and self._patient):
            raise Interrupted
