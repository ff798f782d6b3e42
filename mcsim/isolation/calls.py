"""A call of a study's own code: what it raises becomes a value, what it leaves behind is put right."""

import signal
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from mcsim.errors import LINE, first_line
from mcsim.isolation.containment import Remarks, contained
from mcsim.limits import TimeLimit, within

Result = TypeVar("Result")


class Failure(NamedTuple):
    """Instead of a result: what went wrong, in one line."""

    note: str
    error: BaseException | None = None


class Interrupted(KeyboardInterrupt):
    """A person asks to stop at once; never what a study's own code raised."""


def attempt(call: Callable[[], Result], what: str = "") -> Result | Failure:
    """What a call returns, or why it failed; only a request to stop passes through.

    Parameters
    ----------
    call : callable
        May raise anything.
    what : str, optional
        Stands before the error in the note.
    """
    try:
        return call()
    except Interrupted:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            raise  # no run has taken Ctrl-C upon itself, so it may have been pressed
        return Failure(what + one_line(error), error)


def isolated(
    call: Callable[[], Result], what: str = "", *, seconds: float | None = None, remarks: Remarks | None = None
) -> Result | Failure:
    """As `attempt`, for a call that may also print, warn, and change what a process has only once.

    Parameters
    ----------
    call : callable
        May do anything.
    what : str, optional
        Stands before the error in the note.
    seconds : float, optional
        The longest it may take.
    remarks : Remarks, optional
        Counts what it printed and warned of.
    """

    def limited() -> Result:
        with contained(Remarks() if remarks is None else remarks), within(seconds):
            return call()

    found = attempt(limited, what)
    if isinstance(found, Failure) and isinstance(found.error, TimeLimit):
        return Failure(what + timeout(seconds), found.error)
    return found


def timeout(seconds: float | None) -> str:
    """The note of a fit that took too long."""
    return f"timeout: not done after {seconds:g} s" if seconds is not None else "timeout"


def one_line(error: BaseException) -> str:
    """An error as 'Type: first line of its message', no longer than a note should be."""
    try:
        message = first_line(str(error))
    except Exception:  # noqa: BLE001 (an error whose message raises is an error all the same)
        message = "its message cannot be shown"
    return f"{type(error).__name__}: {message}"[:LINE].removesuffix(": ")
