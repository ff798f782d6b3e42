"""Results of one study from several places joined in one."""

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from mcsim.errors import ResultsError
from mcsim.store import layout
from mcsim.store.blocks import identity
from mcsim.store.layout import BlockName
from mcsim.store.parquet import DamagedError
from mcsim.store.places import canonical_json
from mcsim.store.provenance import joined
from mcsim.store.record import Record
from mcsim.store.store import Store
from mcsim.store.verification import read_block


class Merged(NamedTuple):
    """What a merge did: blocks that were copied, and those whose replications were there."""

    copied: int
    there: int


class _Source(NamedTuple):
    store: Store
    record: Record


def merge(target: Store, sources: Sequence[Store]) -> Merged:
    """Copy to the target what other results of the same study have and it has not.

    Everything is read and compared before anything is written. The order of the sources does not matter, and they
    are left as they are.

    Parameters
    ----------
    target : Store
        With results of the study, or without any.
    sources : sequence of Store
        Each with results of the study.

    Raises
    ------
    ResultsError
        If they are not results of one study, a block is damaged, or two blocks of one name have other rows.
    StorageError
        If copying fails on the way; merging again continues.
    """
    own = target.record()
    given = sorted((_Source(store, _record(store)) for store in sources), key=_order)
    _check_distinct(target, sources)
    record = _joined(([_Source(target, own)] if own else []) + given)
    wanted = _wanted(target, given, record)
    if own != record:
        _write_plan(target, given, record)
    for name, source in wanted.items():
        file = name.under(layout.ESTIMATES)
        target.place.publish(file, source.store.place.read(file))
    target.tidy_keys(record.conditions, [method["key"] for method in record.methods.values()])
    return Merged(len(wanted), sum(1 for source in given for _ in _blocks(source)) - len(wanted))


def _record(store: Store) -> Record:
    store.place.check()
    record = store.record()
    if record is None:
        raise ResultsError(f"{store.path} holds no results; give the folder of a study, such as results/article")
    return record


def _order(source: _Source) -> tuple[str, str]:
    """The same whatever order they were named in."""
    return canonical_json(dataclasses.asdict(source.record)), str(source.store.path)


def _check_distinct(target: Store, sources: Iterable[Store]) -> None:
    for source in sources:
        if os.path.realpath(source.path) == os.path.realpath(target.path):
            raise ResultsError(f"{source.path} is both what is merged and what it is merged into")


def _joined(parts: Sequence[_Source]) -> Record:
    """The record of all together; conditions and methods in the order of the first that has them.

    Raises
    ------
    ResultsError
        If they cannot be together.
    """
    first = parts[0]
    merged = first.record
    for part in parts[1:]:
        other, there = part.record, f"{part.store.path} and {first.store.path}"
        for word in ("name", "seed"):
            if getattr(other, word) != getattr(merged, word):
                given = f"{getattr(other, word)!r} and {getattr(merged, word)!r}"
                raise ResultsError(f"{there} are not of one study: {word} {given}")
        for label in other.methods.keys() & merged.methods.keys():
            if other.methods[label]["key"] != merged.methods[label]["key"]:
                raise ResultsError(
                    f"{there} have other methods under the label {label!r}: their options or code differ"
                )
        for condition in other.block_sizes.keys() & merged.block_sizes.keys():
            given = f"{other.block_sizes[condition]} and {merged.block_sizes[condition]}"
            if other.block_sizes[condition] != merged.block_sizes[condition]:
                raise ResultsError(f"{there} have blocks of other sizes under {condition}: {given} replications")
        merged = dataclasses.replace(
            merged,
            replications=max(merged.replications, other.replications),
            methods={**merged.methods, **_new(other.methods, merged.methods)},
            conditions={**merged.conditions, **_new(other.conditions, merged.conditions)},
            block_sizes=dict(sorted({**merged.block_sizes, **other.block_sizes}.items())),
            provenance=joined(merged.provenance, sorted(other.provenance, key=canonical_json)),
        )
    return merged


def _new(offered: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in offered.items() if key not in there}


def _blocks(source: _Source) -> Iterable[BlockName]:
    """The blocks that make up the results of a source."""
    keys = [method["key"] for method in source.record.methods.values()]
    kept = source.store.arrangement(source.record.conditions, keys).kept
    live = set(layout.blocks_of(layout.inventory(source.store.place.names(layout.ESTIMATES))))
    return (name for name in layout.blocks_of(kept) if name in live)


def _wanted(target: Store, given: Sequence[_Source], record: Record) -> dict[BlockName, _Source]:
    """The blocks to copy and where from; all that have one name are equal, row by row."""
    live = target.place.names(layout.ESTIMATES)
    own = set(layout.blocks_of(layout.inventory(live)))
    holders: dict[BlockName, list[_Source]] = {}
    for source in given:
        for name in _blocks(source):
            holders.setdefault(name, []).append(source)
    for name, sources in holders.items():
        stores = [target] * (name in own) + [source.store for source in sources]
        rows = _rows(stores[0], name, record.seed)
        for store in stores[1:]:
            if not _rows(store, name, record.seed).equals(rows):
                file = name.under(layout.ESTIMATES)
                raise ResultsError(
                    f"{file} has other rows in {store.path} than in {stores[0].path}, though both say that they are of "
                    "the same study; nothing was merged"
                )
    union = layout.inventory([*live, *(name.file for name in holders.keys() - own)])
    keys = [method["key"] for method in record.methods.values()]
    belonging = set(layout.blocks_of(layout.arrange(record.conditions, keys, union, {}).kept))
    return {name: sources[0] for name, sources in sorted(holders.items()) if name in belonging - own}


def _rows(store: Store, name: BlockName, seed: int) -> pa.Table:
    """The rows of a block that is whole, text as such."""
    try:
        table = read_block(store.place, name.under(layout.ESTIMATES), identity(seed, name))
    except DamagedError as error:
        raise ResultsError(f"{error}; nothing was merged") from error
    return pa.table({column: _plain(table[column]) for column in table.column_names})


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _write_plan(target: Store, given: Sequence[_Source], record: Record) -> None:
    """Write the record, and conditions.parquet if a source has that of all; else the next run makes it."""
    target.place.prepare()
    record.write(target.place)
    for source in given:
        if list(source.record.conditions) == list(record.conditions) and source.store.place.exists(layout.CONDITIONS):
            target.place.publish(layout.CONDITIONS, source.store.place.read(layout.CONDITIONS))
            return
    target.place.remove(layout.CONDITIONS)
