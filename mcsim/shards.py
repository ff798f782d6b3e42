"""Shares of a study for batch arrays: which blocks one of several runs takes, by the block alone.

Runs that share a study begin at different times and see different blocks on disk. So a share is cut from the whole
study, not from what is missing: all its blocks, in the order of a hash, are dealt round. Whatever is there already is
left out afterwards. Any number of shares, changed between submissions, is right: together, the shares of one number are
the whole study, and a block that two runs compute is the same file.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mcsim.errors import ParameterError

_SHARE = re.compile(r"(auto|\d{1,9})/(\d{1,9})|auto", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_ALLOWED = "a share such as 3/50, the third of fifty; or auto within a batch array"

Environ = Mapping[str, str]


class Position(NamedTuple):
    """Where a block lies in a study, whichever of its replications and methods are missing."""

    condition: str
    first: int
    """A multiple of the condition's block size."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One share of several.

    Attributes
    ----------
    index, count : int
        Which of how many, counted from 1.
    salt : str
        Common to the shares of one submission; another one deals the blocks anew.
    """

    index: int
    count: int
    salt: str = ""


def share(positions: Iterable[Position], shard: Shard) -> frozenset[Position]:
    """The positions of a shard, among those of the whole study.

    Parameters
    ----------
    positions : iterable of Position
        Of every block that the study has, computed or not.
    shard : Shard
        Which share.

    Returns
    -------
    frozenset of Position
        The shares of one count and salt are disjoint, together are all the positions, and differ by one at most.
    """
    dealt = sorted(positions, key=lambda position: _digest(position, shard.salt))
    return frozenset(dealt[shard.index - 1 :: shard.count])


def _digest(position: Position, salt: str) -> bytes:
    return hashlib.blake2b(f"{salt}/{position.condition}/{position.first}".encode(), digest_size=16).digest()


def parse_shard(text: str, environ: Environ) -> Shard:
    """The shard that a person or a batch system asks for.

    Parameters
    ----------
    text : str
        Index and count, as 3/50; or auto, which is a task of the Slurm, PBS, SGE or LSF array that this process runs
        in; or auto/50, where the system does not say how many tasks there are (PBS).
    environ : mapping
        The environment of the process.

    Raises
    ------
    ParameterError
        If it is none of these, or auto outside an array.
    """
    match = _SHARE.fullmatch(text.strip())
    if match is None:
        raise _refused(f"given {text!r}; allowed: {_ALLOWED}")
    index, count = match.groups()
    if count is not None and int(count) < 1:
        raise _refused(f"given {text!r}; allowed: a number of shares from 1, as in 1/1")
    if index is None or index == "auto":
        return _of_array(text, environ, None if count is None else int(count))
    if not 1 <= int(index) <= int(count):
        raise _refused(f"given {text!r}; allowed: shares from 1/{int(count)} to {int(count)}/{int(count)}")
    return Shard(int(index), int(count))


class _Array(NamedTuple):
    """What a batch system calls the variables of an array's task; empty where it has none."""

    system: str
    task: str
    first: str = ""
    last: str = ""
    step: str = ""
    job: str = ""
    """The same for all tasks of the array."""
    outside: str = ""
    """What `task` says outside an array."""


_ARRAYS = (
    _Array(
        "Slurm",
        task="SLURM_ARRAY_TASK_ID",
        first="SLURM_ARRAY_TASK_MIN",
        last="SLURM_ARRAY_TASK_MAX",
        step="SLURM_ARRAY_TASK_STEP",
        job="SLURM_ARRAY_JOB_ID",
    ),
    _Array(
        "SGE",
        task="SGE_TASK_ID",
        first="SGE_TASK_FIRST",
        last="SGE_TASK_LAST",
        step="SGE_TASK_STEPSIZE",
        job="JOB_ID",
        outside="undefined",
    ),
    _Array("LSF", task="LSB_JOBINDEX", last="LSB_JOBINDEX_END", step="LSB_JOBINDEX_STEP", job="LSB_JOBID", outside="0"),
    _Array("PBS", task="PBS_ARRAY_INDEX", job="PBS_ARRAY_ID"),
    _Array("Torque", task="PBS_ARRAYID"),
)


def _of_array(text: str, environ: Environ, count: int | None) -> Shard:
    """The share of a task of an array; with a count, of so many, whatever the array."""
    array = next((a for a in _ARRAYS if environ.get(a.task, a.outside) not in {"", a.outside}), None)
    if array is None:
        names = ", ".join(a.task for a in _ARRAYS)
        raise _refused(
            f"given {text!r}, but this is no task of a batch array, where one of {names} is set; "
            "allowed here: a share such as 3/50"
        )
    task, salt = _number(environ, array.task, 0), environ.get(array.job, "")
    if count is not None:  # consecutive numbers fall on different shares, wherever the array begins
        return Shard((task - 1) % count + 1, count, salt)
    last, step = _number(environ, array.last, -1), max(1, _number(environ, array.step, 1))
    if last < 0:
        raise _refused(
            f"given {text!r}, but {array.system} does not tell a task how many there are; "
            "give their number, as in auto/50"
        )
    # Slurm and SGE say where an array begins; LSF counts from 1. Of a list with gaps, a task takes its share of the
    # whole range.
    first = _number(environ, array.first, (last - 1) % step + 1)
    if not first <= task <= last:
        raise _refused(f"given {text!r}, but {array.system} says task {task} of an array from {first} to {last}")
    return Shard((task - first) // step + 1, (last - first) // step + 1, salt)


def _number(environ: Environ, name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not _NUMBER.fullmatch(text):
        raise _refused(f"{name} is {text!r}; allowed: a whole number")
    return int(text)


def _refused(fault: str) -> ParameterError:
    return ParameterError("run", [f"shard: {fault}"])
