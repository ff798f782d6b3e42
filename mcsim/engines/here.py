"""The calling process, for work that no other process could import."""

from collections.abc import Callable
from typing import Any

from mcsim.engines.protocol import Done, Outcome


class HereEngine:
    """Does the work when asked for its outcome; nothing survives what kills this process.

    Parameters
    ----------
    work : callable
        Done for every item.
    """

    capacity = 1

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self._work = work
        self._items: list[Any] = []

    def submit(self, item: Any) -> None:
        """Begin with an item."""
        self._items.append(item)

    def wait(self, seconds: float) -> list[Outcome]:
        """Do the work for what was submitted, however long it takes."""
        del seconds
        items, self._items = self._items, []
        return [Done(item, self._work(item)) for item in items]

    def close(self, *, kill: bool) -> None:
        """There is nothing to end."""
        del kill
