"""Scripts for Slurm's sbatch: every value quoted, and refused where it cannot be."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from mcsim.durations import clock_text
from mcsim.errors import ParameterError

LEAST_TIME = 60.0
"""Seconds; the time limits of Slurm are whole minutes."""
USUAL_MARGIN = 300.0
"""Seconds before the time limit at which a task stops by itself, or a tenth of the limit if that is less."""
_MOST_TASKS, _MOST_CPUS = 1_000_000, 10_000
_SIGNAL_AT_MOST = 60

_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,:@+=/-]*", re.ASCII)
_MEMORY = re.compile(r"[1-9]\d{0,8}[KMGT]", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a task asks of Slurm.

    Attributes
    ----------
    time : float
        Seconds until Slurm ends it.
    stop_before : float or None
        Seconds before that at which the task stops by itself; None for the usual ones.
    cpus : int
        For each task.
    memory, partition, account : str or None
        As sbatch takes them; None leaves the choice to Slurm.
    setup : tuple of str
        Lines of shell that go before the command, as they are.

    Raises
    ------
    ParameterError
        With every value that is impossible or cannot stand in a script.
    """

    time: float
    stop_before: float | None = None
    cpus: int = 1
    memory: str | None = None
    partition: str | None = None
    account: str | None = None
    setup: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        faults = []
        if self.time < LEAST_TIME:
            faults.append(f"--time: given {self.time:g} s; allowed: a minute or more")
        if self.stop_before is not None and self.stop_before >= self.time:
            faults.append(f"--stop-before: given {self.stop_before:g} s; allowed: less than --time, {self.time:g} s")
        if not 1 <= self.cpus <= _MOST_CPUS:
            faults.append(f"--cpus: given {self.cpus}; allowed: a whole number from 1 to {_MOST_CPUS}")
        if self.memory is not None and not _MEMORY.fullmatch(self.memory):
            faults.append(f"--mem: given {self.memory!r}; allowed: a whole number with K, M, G or T, such as 8G")
        for option, word in (("--partition", self.partition), ("--account", self.account)):
            if word is not None and not _WORD.fullmatch(word):
                faults.append(f"{option}: given {word!r}; allowed: letters, digits and _ . , : @ + = / -")
        faults += [
            f"--setup: given {line!r}; allowed: whole lines of shell, without control characters"
            for line in self.setup
            if not _printable(line.replace("\n", "").replace("\t", "")) or line.endswith("\\")
        ]
        if faults:
            raise ParameterError("submit", faults)

    @property
    def margin(self) -> float:
        """Seconds between the moment at which a task stops by itself and its time limit."""
        return min(USUAL_MARGIN, self.time / 10) if self.stop_before is None else self.stop_before

    @property
    def signal(self) -> int:
        """Seconds before the time limit at which Slurm asks a task to stop, should it not have done so."""
        return max(1, min(_SIGNAL_AT_MOST, int(self.margin / 2)))


def array_script(name: str, logs: str, command: Sequence[str], resources: Resources, *, tasks: int) -> str:
    """The script of an array whose tasks run a command.

    Parameters
    ----------
    name : str
        Of the job; what a job's name cannot have becomes an underscore.
    logs : str
        The folder for what tasks print, absolute.
    command : sequence of str
        The words of the command. It takes the place of the shell, so that Slurm's signal reaches it.
    resources : Resources
        What each task asks for.
    tasks : int
        How many.

    Raises
    ------
    ParameterError
        If the folder or a word cannot stand in a script, or there are too few tasks or too many.
    """
    if not 1 <= tasks <= _MOST_TASKS:
        raise ParameterError("submit", [f"--array: given {tasks}; allowed: a whole number from 1 to {_MOST_TASKS:,}"])
    own = [f"--array=1-{tasks}", f"--signal=B:TERM@{resources.signal}"]
    return _script(
        [f"--job-name={_job_name(name)}", *own, *_asked(resources), *_log(logs, "%A_%a")], command, resources
    )


def collect_script(name: str, logs: str, command: Sequence[str], resources: Resources) -> str:
    """The script of the single job that runs after an array; see `array_script`."""
    single = Resources(**{**vars(resources), "cpus": 1})
    return _script([f"--job-name={_job_name(name)}", *_asked(single), *_log(logs, "collect_%j")], command, single)


def _script(options: Sequence[str], command: Sequence[str], resources: Resources) -> str:
    for word in command:
        if not _printable(word):
            raise ParameterError("submit", [f"given {word!r}; allowed: paths without control characters"])
    # The first line that is no comment ends the options: no line of setup can add any.
    lines = [*(f"#SBATCH {option}" for option in options), "export PYTHONUNBUFFERED=1", *resources.setup]
    return "\n".join(["#!/bin/bash", *lines, f"exec {shlex.join(command)}", ""])


def _asked(resources: Resources) -> list[str]:
    values = {
        "time": clock_text(resources.time),
        "nodes": 1,
        "ntasks": 1,
        "cpus-per-task": resources.cpus,
        "mem": resources.memory,
        "partition": resources.partition,
        "account": resources.account,
    }
    return [*(f"--{name}={value}" for name, value in values.items() if value is not None), "--requeue"]


def _log(logs: str, name: str) -> list[str]:
    """Where the output goes. sbatch knows quotes, replaces %, and takes a backslash before the next character."""
    if not _printable(logs) or set(logs) & set("\"'\\%"):
        said = f"{logs!r}, where the logs would lie; allowed: a folder without quotes, backslashes, % and line breaks"
        raise ParameterError("submit", [f"--results: given {said}"])
    return ["--open-mode=append", f'--output="{logs}/{name}.log"']


def _job_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name) or "mcsim"


def _printable(text: str) -> bool:
    """Whether it has no line break, NUL or other control character, and no bytes that are no text."""
    return not any(ord(letter) < 32 or 127 <= ord(letter) < 160 or 0xD800 <= ord(letter) < 0xE000 for letter in text)
