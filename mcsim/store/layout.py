"""Where everything lies in a results folder, and which block files belong to a study.

A block's name is a pure function of the work: ``estimates/condition=<key>/<method key>-<first>-<last>.parquet`` holds
the replications first .. last - 1 of one method under one condition.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ESTIMATES = "estimates"
PERFORMANCE = "performance"
RETIRED = "retired"
RECORD = "study.json"
CONDITIONS = "conditions.parquet"

_FOLDER = re.compile(r"condition=(c[0-9a-f]{12})")
_FILE = re.compile(r"(m[0-9a-f]{12})-([0-9]{9})-([0-9]{9})\.parquet")


class Span(NamedTuple):
    """The replications `first` .. `last` - 1."""

    first: int
    last: int


class BlockName(NamedTuple):
    """What one block file holds: one method, by its key, under one condition, over consecutive replications."""

    condition: str
    method: str
    span: Span

    def under(self, folder: Path) -> Path:
        """The file in a folder of estimates (or of retired ones)."""
        first, last = self.span
        return folder / f"condition={self.condition}" / f"{self.method}-{first:09d}-{last:09d}.parquet"


Inventory = Mapping[str, Mapping[str, tuple[Span, ...]]]
"""Condition key -> method key -> the spans on disk, in order."""


def names_in(inventory: Inventory) -> Iterator[BlockName]:
    """Every block file of an inventory."""
    return (
        BlockName(condition, method, span)
        for condition, held in inventory.items()
        for method, spans in held.items()
        for span in spans
    )


class Arrangement(NamedTuple):
    """The block files that make up a study, and what has to move so that the folder holds just them."""

    kept: Inventory
    retire: tuple[BlockName, ...]
    restore: tuple[BlockName, ...]


def scan(folder: Path) -> Inventory:
    """What block files a folder holds, from their names alone; anything else in it is ignored."""
    try:
        with os.scandir(folder) as entries:
            found = [(match[1], entry.path) for entry in entries if (match := _FOLDER.fullmatch(entry.name))]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return {condition: _spans(path) for condition, path in sorted(found)}


def spans_in(folder: Path, condition: str) -> Mapping[str, tuple[Span, ...]]:
    """The spans on disk of one condition, by method key."""
    return _spans(str(folder / f"condition={condition}"))


def _spans(folder: str) -> dict[str, tuple[Span, ...]]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    found: dict[str, list[Span]] = {}
    for match in map(_FILE.fullmatch, names):
        if match and int(match[2]) < int(match[3]):
            found.setdefault(match[1], []).append(Span(int(match[2]), int(match[3])))
    return {method: tuple(sorted(spans)) for method, spans in found.items()}


def disjoint(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Of spans that may overlap, those to use: from the left, the longest first.

    Two runners with different numbers of replications can leave a span inside another. Their rows are the same bit for
    bit, so any rule does, as long as every reader follows it.
    """
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.first, -s.last)):
        if not kept or span.first >= kept[-1].last:
            kept.append(span)
    return tuple(kept)


def arrange(conditions: Collection[str], methods: Collection[str], live: Inventory, retired: Inventory) -> Arrangement:
    """Which files belong to the study with these condition and method keys.

    A file retired earlier comes back when its condition and method do and nothing on disk overlaps with it: its name
    says that it holds just what would be computed again.
    """
    kept: dict[str, dict[str, tuple[Span, ...]]] = {}
    retire: list[BlockName] = []
    restore: list[BlockName] = []
    for condition, held in live.items():
        for method, spans in held.items():
            use = disjoint(spans) if condition in conditions and method in methods else ()
            if use:
                kept.setdefault(condition, {})[method] = use
            if len(use) < len(spans):
                retire.extend(BlockName(condition, method, span) for span in spans if span not in use)
    for condition, held in retired.items():
        for method in held.keys() & methods if condition in conditions else ():
            own = kept.setdefault(condition, {})
            back = _additional(own.get(method, ()), held[method])
            own[method] = tuple(sorted((*own.get(method, ()), *back)))
            restore.extend(BlockName(condition, method, span) for span in back)
    return Arrangement(kept, tuple(retire), tuple(restore))


def _additional(present: tuple[Span, ...], offered: tuple[Span, ...]) -> list[Span]:
    """The offered spans that overlap with none that is present."""
    free = [s for s in offered if all(s.last <= p.first or s.first >= p.last for p in present)]
    return list(disjoint(free))
