"""Where everything lies in a results folder, and which block files belong to a study.

A block's name is a pure function of the work: ``estimates/condition=<key>/<method key>-<first>-<last>.parquet`` holds
the replications first .. last - 1 of one method under one condition. Names are relative to the study's folder.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

ESTIMATES = "estimates"
PERFORMANCE = "performance"
RETIRED = "retired"
DAMAGED = "damaged"
RECORD = "study.json"
CONDITIONS = "conditions.parquet"

_FILE = re.compile(r"condition=(c[0-9a-f]{12})/(m[0-9a-f]{12})-([0-9]{9})-([0-9]{9})\.parquet")


class Span(NamedTuple):
    """The replications `first` .. `last` - 1."""

    first: int
    last: int


class BlockName(NamedTuple):
    """What one block file holds: one method, by its key, under one condition, over consecutive replications."""

    condition: str
    method: str
    span: Span

    @property
    def file(self) -> str:
        """The file, under estimates/ or retired/."""
        first, last = self.span
        return f"condition={self.condition}/{self.method}-{first:09d}-{last:09d}.parquet"

    def under(self, folder: str) -> str:
        """The file in a folder of estimates (or of retired ones)."""
        return f"{folder}/{self.file}"


Inventory = Mapping[str, Mapping[str, tuple[Span, ...]]]
"""Condition key -> method key -> the spans on disk, in order."""


class Facts(NamedTuple):
    """What a block file says of itself beside its rows."""

    identity: Mapping[str, Any]
    """Study, seed, condition, method, first, last."""
    replications: Mapping[str, int]
    """How many replications have a row of each status."""
    seconds: float


class Arrangement(NamedTuple):
    """The block files that make up a study, and what has to move so that the folder holds just them."""

    kept: Inventory
    retire: tuple[BlockName, ...]
    restore: tuple[BlockName, ...]


def inventory(files: Iterable[str]) -> Inventory:
    """The block files among the files of a folder, told by their names alone; anything else is ignored."""
    found: dict[str, dict[str, list[Span]]] = {}
    for match in map(_FILE.fullmatch, files):
        if match and int(match[3]) < int(match[4]):
            spans = found.setdefault(match[1], {}).setdefault(match[2], [])
            spans.append(Span(int(match[3]), int(match[4])))
    return {
        condition: {method: tuple(sorted(spans)) for method, spans in held.items()}
        for condition, held in sorted(found.items())
    }


def blocks_of(held: Inventory) -> Iterator[BlockName]:
    """Every block of an inventory."""
    for condition, methods in held.items():
        for method, spans in methods.items():
            for span in spans:
                yield BlockName(condition, method, span)


def without(held: Inventory, names: Collection[BlockName]) -> Inventory:
    """An inventory less some blocks."""
    return inventory(name.file for name in blocks_of(held) if name not in names) if names else held


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
