"""What a call may leave behind in a process, noted or put back as it was.

Warnings and prints are counted and their first kept. Python's and numpy's global random state, the environment, the
working directory, the warning filters, numpy's error handling and the threads of linear algebra are those of before.
"""

import contextlib
import io
import os
import random
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mcsim.errors import first_line
from mcsim.threads import controller

_PASSING = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Of interest to who wrote the code, and raised when a module is first used: no matter of one replication."""

_LONGEST = 100


class Remarks:
    """How often a call warned, how much it printed, and the first of each."""

    def __init__(self) -> None:
        self.warnings = 0
        self.characters = 0
        self.first_warning = ""
        self.printed = ""

    def __bool__(self) -> bool:
        return self.warnings > 0 or self.characters > 0

    def __str__(self) -> str:
        said = []
        if self.warnings:
            said.append(f"{_times(self.warnings, 'warning')}: {self.first_warning}")
        if self.characters:
            said.append(f"printed {_times(self.characters, 'character')}: {first_line(self.printed, _LONGEST)}")
        return "; ".join(said)

    def warned(self, message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        """Count a warning; in the place of `warnings.showwarning`."""
        if not self.warnings:
            self.first_warning = f"{category.__name__}: {first_line(str(message), _LONGEST)}"
        self.warnings += 1

    def wrote(self, text: str) -> None:
        """Count what is printed."""
        self.characters += len(text)
        if len(self.printed) < _LONGEST:
            self.printed += text[:_LONGEST]


class _Printed(io.TextIOBase):
    """A stream that counts."""

    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._remarks.wrote(str(text))
        return len(text)


@contextlib.contextmanager
def contained(remarks: Remarks) -> Iterator[None]:
    """Keep what the body does to the process within it.

    Parameters
    ----------
    remarks : Remarks
        Counts what the body prints and warns of.
    """
    restore = _state()
    stream = _Printed(remarks)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            warnings.simplefilter("always")
            for category in _PASSING:
                warnings.simplefilter("ignore", category)
            warnings.showwarning = remarks.warned
            yield
    finally:
        restore()


def _state() -> Callable[[], None]:
    """Remember the process; what is returned puts it back."""
    drawn, drawn_numpy = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002 (a method may use it)
    environment, folder, errors = dict(os.environ), _folder(), np.geterr()
    libraries = _libraries()
    threads = [library.num_threads for library in libraries]

    def restore() -> None:
        random.setstate(drawn)
        np.random.set_state(drawn_numpy)  # noqa: NPY002
        np.seterr(**errors)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        if folder is not None and _folder() != folder:
            os.chdir(folder)
        for library, number in zip(libraries, threads, strict=True):
            if library.num_threads != number:
                library.set_num_threads(number)

    return restore


def _folder() -> Path | None:
    """The working directory; None if it is gone."""
    try:
        return Path.cwd()
    except OSError:
        return None


@cache
def _libraries() -> tuple[Any, ...]:
    return tuple(controller().lib_controllers)


def _times(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"
