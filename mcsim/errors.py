"""The errors mcsim raises on purpose; the command line turns each into a message and an exit code."""

from collections.abc import Sequence

LINE = 200
"""Characters of a line that is shown or stored."""


def first_line(said: object, longest: int = LINE) -> str:
    """The first line that says something of a text, or of an error's message (its type if that says nothing)."""
    line = next((line.strip() for line in str(said).splitlines() if line.strip()), "")
    if not line and isinstance(said, BaseException):
        line = type(said).__name__
    return line[:longest].encode("utf-8", "replace").decode()  # a lone surrogate cannot be stored or printed


class McsimError(Exception):
    """Bad input: what was wrong, what was given, what is allowed. Nothing has been written."""

    exit_code = 2


class ParameterError(McsimError):
    """A factor or option with an impossible value; `faults` holds one line for each."""

    def __init__(self, owner: str, faults: Sequence[str]) -> None:
        self.owner = owner
        self.faults = tuple(faults)
        super().__init__(owner, self.faults)

    def __str__(self) -> str:
        if len(self.faults) == 1:
            return f"{self.owner}: {self.faults[0]}"
        return "\n".join([f"{self.owner} has {len(self.faults)} faults:", *(f"  - {fault}" for fault in self.faults)])


class StudyError(ParameterError):
    """A study that cannot run; every fault it has, at once."""


class FormulaError(McsimError):
    """A formula outside the grammar."""


class DataError(McsimError):
    """A data set that the model cannot be fitted to at all."""


class PackageError(McsimError):
    """A package that is not installed, and that what was asked for needs."""


class ResultsError(McsimError):
    """A results folder that cannot be used, found out before anything runs."""


class StorageError(McsimError):
    """Reading or writing results failed on the way; what was finished is kept."""

    exit_code = 74


class Stopped(McsimError):
    """Stopped early on request; running again continues."""

    exit_code = 75
