"""What engines have in common: futures that are done are put into a queue, and taken out of it."""

import contextlib
import queue
from typing import TypeVar

Future = TypeVar("Future")


def taken(ended: "queue.SimpleQueue[Future]", seconds: float) -> list[Future]:
    """Everything in a queue; if it is empty, what is put there first within so many seconds, with all beside it."""
    found = []
    with contextlib.suppress(queue.Empty):
        found.append(ended.get(timeout=seconds))
        while True:
            found.append(ended.get_nowait())
    return found
