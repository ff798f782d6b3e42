"""Every file of a results folder read whole, and what is wrong with it."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mcsim.errors import ResultsError
from mcsim.model import Status
from mcsim.store import layout
from mcsim.store.blocks import Damage, identity, read_facts
from mcsim.store.layout import BlockName, Facts
from mcsim.store.parquet import DamagedError, block_rows, plain_rows
from mcsim.store.performance_files import PerformanceFiles
from mcsim.store.places import Place, each
from mcsim.store.record import LostRecordError, Record
from mcsim.store.schema import PERFORMANCE_SCHEMA
from mcsim.store.store import Store
from mcsim.study import Study


def verify_blocks(place: Place, seed: int, study: Study | None = None) -> Iterator[Damage | None]:
    """Read every block file, those in retired/ too: page checksums, schema, identity, counts, numbers of rows.

    Parameters
    ----------
    place : Place
        The study's folder.
    seed : int
        That they must have.
    study : Study, optional
        If given, blocks of its conditions and methods must have the estimands that these promise.

    Yields
    ------
    Damage or None
        For each file; None if it is whole.
    """

    def verify(file: str) -> Damage | None:
        try:
            [name] = layout.blocks_of(layout.inventory([file.partition("/")[2]]))
            read_block(place, file, identity(seed, name), _promised(study, name))
        except FileNotFoundError:  # another runner has moved it
            return None
        except DamagedError as error:
            return Damage(file, error.why)
        return None

    files = [
        name.under(folder)
        for folder in (layout.ESTIMATES, layout.RETIRED)
        for name in layout.blocks_of(layout.inventory(place.names(folder)))
    ]
    return each(place, verify, files)


def verify_others(place: Place, record: Record) -> Iterator[Damage | None]:
    """Read conditions.parquet and the performance table, as far as there are any; as `verify_blocks`."""
    files = [layout.CONDITIONS, *PerformanceFiles(place).files().values()]
    for file in files:
        try:
            table = plain_rows(place.read(file), place.where(file))
            fault = _fault_of_plain(file, table, record)
            yield Damage(file, fault) if fault else None
        except FileNotFoundError:
            pass
        except DamagedError as error:
            yield Damage(file, error.why)


def restore_record(store: Store, record: Record, error: LostRecordError) -> list[str]:
    """Write a record in place of one that is lost, if the block files bear it out.

    Parameters
    ----------
    store : Store
        Whose record is lost.
    record : Record
        Of the study.
    error : LostRecordError
        Why the former is lost.

    Returns
    -------
    list of str
        What was done.

    Raises
    ------
    ResultsError
        If blocks are of another seed, or of none of the study's conditions and methods.
    """
    place = store.place
    names = list(layout.blocks_of(layout.inventory(place.names(layout.ESTIMATES))))
    methods = {method["key"] for method in record.methods.values()}
    seeds = {seed for seed in each(place, partial(_seed, place), names) if seed is not None}
    if seeds - {record.seed}:
        given = f"block files are of seed {', '.join(map(str, sorted(seeds)))}, but the study has seed {record.seed}"
        raise ResultsError(f"{error}; {given}") from error
    if names and not any(name.condition in record.conditions and name.method in methods for name in names):
        raise ResultsError(f"{error}; none of the block files is of this study's conditions and methods") from error
    said = store.set_aside([Damage(layout.RECORD, "it is damaged")] if place.exists(layout.RECORD) else [])
    record.write(place)
    return [*said, f"{layout.RECORD}: made again from the study, whose seed {record.seed} the block files have"]


def _seed(place: Place, name: BlockName) -> int | None:
    """The seed that a block says it has; None if it is damaged."""
    try:
        file = name.under(layout.ESTIMATES)
        return int(read_facts(place, file, {"first": name.span.first, "last": name.span.last}).identity["seed"])
    except (DamagedError, FileNotFoundError, LookupError, TypeError, ValueError):
        return None


def read_block(
    place: Place, file: str, expected: Mapping[str, Any], estimands: tuple[str, ...] | None = None
) -> pa.Table:
    """The rows of a block that is whole.

    Parameters
    ----------
    place : Place
        The study's folder.
    file : str
        In it.
    expected : mapping
        What the block must say of itself.
    estimands : tuple of str, optional
        What every replication must have, in order; by default what the first one has.

    Raises
    ------
    DamagedError
        If it is not.
    FileNotFoundError
        If it is gone.
    """
    facts, table = block_rows(place.read(file), place.where(file))
    fault = next(_faults(facts, table, expected, estimands), None)
    if fault:
        raise DamagedError(place.where(file), fault)
    return table


def _promised(study: Study | None, name: BlockName) -> tuple[str, ...] | None:
    labels = {key: label for label, key in study.method_keys.items()} if study else {}
    if study is None or name.condition not in study.conditions or name.method not in labels:
        return None
    return tuple(study.methods[labels[name.method]].estimands(study.conditions[name.condition]))


def _faults(
    facts: Facts, table: pa.Table, expected: Mapping[str, Any], estimands: tuple[str, ...] | None
) -> Iterator[str]:
    """What is wrong with a block; only the first can be relied on."""
    first, last = expected["first"], expected["last"]
    if any(facts.identity.get(word) != value for word, value in expected.items()):
        yield "it holds other results than its name says"
    count = len(estimands) if estimands else table.num_rows // (last - first)
    if not count or table.num_rows != count * (last - first):
        yield f"it has {table.num_rows} rows for {last - first} replications"
    if not np.array_equal(table["rep"].to_numpy(), np.repeat(np.arange(first, last), count)):
        yield f"its replications are not {first} to {last - 1}, each once, in order"
    methods, names, statuses = (_words(table[name]) for name in ("method", "estimand", "status"))
    if set(methods) != {facts.identity.get("label")}:
        yield "it has rows of another method"
    own = estimands or tuple(names[:count])
    if len(set(own)) < count or (names.reshape(-1, count) != own).any():
        yield "its estimands are not those of the method, each once, in order"
    counts = {s.label: int((statuses.reshape(-1, count) == s.label).any(axis=1).sum()) for s in Status}
    if not set(statuses) <= set(counts) or counts != facts.replications:
        yield "its statuses are not those that its footer counts"


def _words(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    return np.asarray(column.cast(pa.string()).to_pylist(), dtype=object)


def _fault_of_plain(file: str, table: pa.Table, record: Record) -> str | None:
    if file == layout.CONDITIONS:
        keys = table["condition"].to_pylist() if "condition" in table.column_names else []
        return None if keys == list(record.conditions) else f"its conditions are not those of {layout.RECORD}"
    if not set(PERFORMANCE_SCHEMA) <= set(table.schema.remove_metadata()):
        return "it does not have the columns of a performance table"
    return None
