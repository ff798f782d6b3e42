"""What a run did, for a person at a prompt and for the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mcsim.errors import Stopped
from mcsim.shards import Shard
from mcsim.store import BlockName, Facts, Inventory, Store, blocks_of
from mcsim.study import Study

if TYPE_CHECKING:
    from mcsim.performance.table import PerformanceTable

_EXAMPLES = 3


@dataclass(frozen=True)
class RunResult:
    """What a run did, and where the results are.

    Attributes
    ----------
    study : str
        Its name.
    store : Store
        Its results.
    conditions, methods, replications : int
        How many the study has; replications under each condition.
    simulated : int
        How many replications this run simulated; 0 if everything was there.
    seconds : float
        What it took.
    repeated : tuple of str
        Why block forms were given up for the single form, one line each.
    unusable : tuple of (str, str)
        The key of a condition and the label of a method that has no usable fit under it.
    too_many_failures : bool
        Whether it was ended because more fits failed than were allowed.
    shard : Shard or None
        The share of the study that this run took.
    blocks : int
        How many blocks this run did.
    missing : tuple of (str, int)
        The key of a condition and how many of its fits are missing, if the results were collected.
    remarks : tuple of str
        What else a person should know: other versions than before, files that were damaged.
    """

    study: str
    store: Store = field(repr=False)
    conditions: int
    methods: int
    replications: int
    simulated: int
    seconds: float
    repeated: tuple[str, ...]
    unusable: tuple[tuple[str, str], ...]
    too_many_failures: bool = False
    shard: Shard | None = None
    blocks: int = 0
    missing: tuple[tuple[str, int], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def path(self) -> Path | str:
        """The folder of its results; elsewhere than on this machine, its address."""
        return self.store.path

    @property
    def size(self) -> str:
        """The size of the study: '12 conditions x 1,000 replications x 1 method'."""
        return size_text(self.conditions, self.replications, self.methods)

    @property
    def exit_code(self) -> int:
        """0; 3 if a condition and method have no usable fit, or too many fits failed; 75 if fits are missing."""
        return Stopped.exit_code if self.missing else 3 if self.unusable or self.too_many_failures else 0

    @cached_property
    def performance(self) -> "PerformanceTable":
        """The performance table: one row per condition, method, estimand and measure, with the factors."""
        from mcsim.performance.table import PerformanceTable

        return PerformanceTable(self.store.performance())

    def __repr__(self) -> str:
        return "\n".join(["RunResult:", *(f"  {line}" for line in self.lines())])

    def lines(self) -> list[str]:
        """What happened, a few lines of text."""
        did = (
            f"simulated {self.simulated:,} replications in {self.seconds:.1f} s" if self.simulated else "nothing to do"
        )
        if self.shard:
            of_these = f" in {self.blocks:,} block{'s' * (self.blocks != 1)}" if self.simulated else ""
            did = f"share {self.shard.index} of {self.shard.count}: {did}{of_these}"
        said = [f"{self.study}: {self.size}; {did}"]
        said += self.remarks
        said += [f"repeated one by one: {note}" for note in self.repeated]
        said += [self._no_usable_fit(method) for method in dict.fromkeys(method for _, method in self.unusable)]
        if self.too_many_failures:
            said.append("ended early: more fits failed than --max-failures allows")
        return [*said, f"results in {shown_path(self.path)}"]

    def _no_usable_fit(self, method: str) -> str:
        """Under which conditions a method has no usable fit, and what it says most often under the first."""
        keys = [condition for condition, label in self.unusable if label == method]
        more = f" and {len(keys) - _EXAMPLES} more" if len(keys) > _EXAMPLES else ""
        notes = self.store.read_estimates(keys[0], columns=["note"], method=method)["note"].mode()
        said = f": {notes.iloc[0]}" if len(notes) else ""
        return f"no usable fit: {method} under {', '.join(keys[:_EXAMPLES])}{more}{said}"


def stopped(done: int, total: int) -> Stopped:
    """A run that was interrupted, by the replications it has done and should have done."""
    return Stopped(f"stopped with {done:,} of {total:,} replications done and kept; run again to continue")


def mixed_versions(differences: list[str]) -> list[str]:
    """A line that says so if there are rows of other versions."""
    return [f"there are rows of other versions: {', '.join(differences)}"] if differences else []


def damaged_files(set_aside: list[str]) -> list[str]:
    """A line that says so if files were damaged."""
    more = f" (and {len(set_aside) - 1} files more)" if len(set_aside) > 1 else ""
    return [f"damaged and computed again: {set_aside[0]}{more}"] if set_aside else []


def size_text(conditions: int, replications: int, methods: int) -> str:
    """The size of a study: '12 conditions x 1,000 replications x 1 method'."""
    counts = {"condition": conditions, "replication": replications, "method": methods}
    return " x ".join(f"{count:,} {word}{'s' * (count != 1)}" for word, count in counts.items())


def shown_path(path: Path | str) -> Path | str:
    """A path as a person would type it here.

    Parameters
    ----------
    path : Path or str
        Absolute, or an address.
    """
    return path.relative_to(Path.cwd()) if isinstance(path, Path) and path.is_relative_to(Path.cwd()) else path


def unusable(
    study: Study, store: Store, kept: Inventory, known: Mapping[BlockName, Facts] = MappingProxyType({})
) -> tuple[tuple[str, str], ...]:
    """The conditions and methods without a usable fit, those that do not apply there apart.

    Parameters
    ----------
    study : Study
        Whose.
    store : Store
        Its results.
    kept : Inventory
        The block files that are there.
    known : mapping of BlockName to Facts, optional
        What some of them have said of themselves already.
    """
    labels = {key: label for label, key in study.method_keys.items()}
    return tuple(
        (condition, labels[method])
        for (condition, method), counts in store.statuses(blocks_of(kept), study.replications, known).items()
        if not counts["ok"] + counts["singular"] + counts["skipped"] and counts["not_converged"] + counts["failed"]
    )
