"""What every engine offers: items in, outcomes out, a worker that dies reported and survived."""

from enum import Enum
from typing import Any, NamedTuple, Protocol


class Cause(Enum):
    """Why an item came back without a receipt."""

    KILLED = "killed"
    """From outside: by a person, the system short of memory, a machine that went away."""
    CRASHED = "crashed"
    """By what the worker did itself: a segmentation fault, os._exit, memory that could not be had."""
    TIMEOUT = "timeout"
    """By the watchdog, after the hard time limit."""


class Done(NamedTuple):
    """An item whose work returned."""

    item: Any
    receipt: Any


class Lost(NamedTuple):
    """An item whose worker died with it."""

    item: Any
    cause: Cause
    reason: str
    """One line for a person: 'SIGSEGV'."""


Outcome = Done | Lost


class Engine(Protocol):
    """Does the work for items in worker processes, some at a time.

    Items and receipts are plain values. An engine knows nothing of studies, keeps no queue of its own, and repeats
    nothing: whoever feeds it decides what becomes of a lost item. A worker that died is replaced.
    """

    capacity: int
    """How many items it can have at hand."""

    def submit(self, item: Any) -> None:
        """Begin with an item."""

    def wait(self, seconds: float) -> list[Outcome]:
        """What has ended since the last call; none if nothing ends within so many seconds.

        Raises
        ------
        McsimError
            What the work raised, or `Stopped` if the engine itself has gone.
        """

    def close(self, *, kill: bool) -> None:
        """End the workers; with `kill` at once, whatever they are doing."""
