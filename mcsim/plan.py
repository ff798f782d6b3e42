"""What a run has to compute: the study less the block files on disk, each block with its reason."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from mcsim.keys import factors
from mcsim.model import Mechanism, Method, Status
from mcsim.shards import Position, Shard, share
from mcsim.store import BlockName, Facts, Inventory, Record, Span, Store
from mcsim.study import Study

_ROWS_A_BLOCK = 4_000_000
_LEAST, _MOST = 100, 5000
_TRIAL = 1000  # a first run with fewer replications only tries things out, and must not leave tiny blocks for ever
_ROWS_UNKNOWN = 1000


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive replications of one condition to simulate once and analyse by some methods.

    Attributes
    ----------
    condition : str
        Its key.
    methods : tuple of str
        Labels.
    first, last : int
        The replications first .. last - 1.
    reason : str
        Why it has to be computed.
    again : Span or None
        The block file that is there and holds these replications, if only those of them that failed are computed again.
    """

    condition: str
    methods: tuple[str, ...]
    first: int
    last: int
    reason: str = ""
    again: Span | None = None

    @property
    def replications(self) -> int:
        """How many they are."""
        return self.last - self.first

    def shares_file(self, other: "Block") -> bool:
        """Whether both are parts of one file that is there."""
        return (self.condition, self.methods, self.again) == (other.condition, other.methods, other.again)

    def halves(self) -> "list[Block]":
        """Two blocks instead of one: half of the replications each, or of one replication half of the methods.

        None of one replication of one method.
        """
        if self.replications > 1:
            middle = (self.first + self.last) // 2
            return [replace(self, last=middle), replace(self, first=middle)]
        half = len(self.methods) // 2
        parts = (self.methods[:half], self.methods[half:])
        return [replace(self, methods=methods) for methods in parts] if half else []


def plan(study: Study, store: Store, replications: int | None = None) -> list[Block]:
    """The blocks that a run would compute, in the order of conditions and replications.

    Parameters
    ----------
    study : Study
        What is wanted.
    store : Store
        What is there; only the sizes and the footers of its files are looked at.
    replications : int, optional
        Those of the study by default.

    Raises
    ------
    ResultsError
        If the store cannot be used by this study.
    """
    record = store.check(study)
    wanted = study if replications is None else study.with_replications(replications)
    there = store.arrangement(study.conditions, study.method_keys.values())
    kept = store.inspect(there.kept, there.restore).kept
    return blocks_to_do(wanted, kept, block_sizes(wanted, record))


def block_sizes(study: Study, record: Record | None) -> dict[str, int]:
    """The block size of each condition: what the record says, retired conditions included, else chosen now."""
    sizes = dict(record.block_sizes) if record else {}
    for key, mechanism in study.conditions.items():
        if key not in sizes:
            sizes[key] = block_size(mechanism, study.methods.values(), study.replications)
    return sizes


def block_size(mechanism: Mechanism, methods: Collection[Method], replications: int) -> int:
    """How many replications a block of a condition has, decided once, when it is first run.

    Enough that a file is not tiny, few enough that little is lost when a worker is killed: four million rows where
    mechanism and methods work on blocks, 100 replications where a person's own code is called for each.
    """
    if not (hasattr(mechanism, "simulate_block") and all(hasattr(method, "fit_block") for method in methods)):
        return _LEAST
    size = min(max(_ROWS_A_BLOCK // rows_of(mechanism), _LEAST), _MOST)
    return min(size, max(replications, _TRIAL))


def rows_of(mechanism: Mechanism) -> int:
    """How many rows a data set has, as far as the mechanism foresees it; at least 1."""
    rows = getattr(mechanism, "rows", None)  # of another's class it may as well be a factor
    return max(1, int(rows())) if callable(rows) else _ROWS_UNKNOWN


def blocks_to_do(study: Study, kept: Inventory, sizes: Mapping[str, int]) -> list[Block]:
    """The study less what is there; methods that miss the same replications share a block, and so its data.

    Parameters
    ----------
    study : Study
        What is wanted.
    kept : Inventory
        What is there.
    sizes : mapping of str to int
        The block size by condition key.
    """
    return [
        block
        for condition in study.conditions
        for block in _of_condition(study, condition, kept.get(condition, {}), sizes[condition])
    ]


def of_shard(study: Study, blocks: Iterable[Block], sizes: Mapping[str, int], shard: Shard) -> list[Block]:
    """Those of the blocks to do that one shard takes; which ones does not depend on what else is missing.

    Parameters
    ----------
    study : Study
        All of whose blocks are dealt, those that are there too.
    blocks : iterable of Block
        Those to do.
    sizes : mapping of str to int
        The block size by condition key.
    shard : Shard
        Which share.
    """
    whole = (Position(key, first) for key in study.conditions for first in range(0, study.replications, sizes[key]))
    own = share(whole, shard)
    return [b for b in blocks if Position(b.condition, b.first // sizes[b.condition] * sizes[b.condition]) in own]


def blocks_to_repair(study: Study, facts: Mapping[BlockName, Facts]) -> list[Block]:
    """The blocks that are there and have failed replications.

    Parameters
    ----------
    study : Study
        What is wanted.
    facts : mapping of BlockName to Facts
        What the block files say of themselves.
    """
    labels = {key: label for label, key in study.method_keys.items()}
    failed = ((name, said.replications[Status.FAILED.label]) for name, said in facts.items())
    return [
        Block(name.condition, (labels[name.method],), *name.span, f"{count:,} failed", again=name.span)
        for name, count in failed
        if count
    ]


def rehearsals(study: Study, blocks: Iterable[Block]) -> list[Block]:
    """One replication of each kind of mechanism by each kind of method, among those that have a block form.

    What is compiled when it is first used is compiled once and for all by whoever analyses these; otherwise every
    worker would do so at the same time.
    """
    found: dict[tuple[type, type, tuple[Any, ...]], Block] = {}
    for block in blocks:
        mechanism = study.conditions[block.condition]
        for label in block.methods:
            # An option that is a word may choose among kernels.
            options = factors(study.methods[label]).items()
            words = tuple(value for name, value in options if isinstance(value, str) and name != "formula")
            kind = type(mechanism), type(study.methods[label]), words
            if hasattr(mechanism, "simulate_block") and hasattr(study.methods[label], "fit_block"):
                found.setdefault(kind, Block(block.condition, (label,), block.first, block.first + 1))
    return list(found.values())


def _of_condition(study: Study, condition: str, held: Mapping[str, tuple[Span, ...]], size: int) -> Iterator[Block]:
    missing: dict[Span, list[str]] = {}
    reasons: dict[Span, list[str]] = {}
    for label, key in study.method_keys.items():
        spans = held.get(key, ())
        for piece in _missing(spans, study.replications, size):
            missing.setdefault(piece, []).append(label)
            reasons.setdefault(piece, []).append(_reason(label, spans, piece, study.replications if held else None))
    for piece in sorted(missing):
        reason = "; ".join(dict.fromkeys(reasons[piece]))
        yield Block(condition, tuple(missing[piece]), *piece, reason)


@lru_cache(maxsize=4096)
def _missing(spans: tuple[Span, ...], replications: int, size: int) -> tuple[Span, ...]:
    """The replications that no span holds, cut at the multiples of the block size."""
    ends = [0, *(span.last for span in spans)]
    starts = [*(span.first for span in spans), replications]
    gaps = [(first, min(last, replications)) for first, last in zip(ends, starts, strict=True)]
    return tuple(
        Span(max(first, cut), min(last, cut + size))
        for first, last in gaps
        if first < last
        for cut in range(first // size * size, last, size)
    )


def _reason(label: str, spans: tuple[Span, ...], piece: Span, replications: int | None) -> str:
    if replications is None:
        return "new condition"
    if not spans:
        return f"new method {label}"
    if piece.first >= spans[-1].last:
        return f"replications {spans[-1].last} -> {replications}"
    return "file missing"
