"""Block files read: their rows, what their footers say, and whether they are what their names say."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mcsim.store import layout
from mcsim.store.layout import BlockName, Facts, Inventory
from mcsim.store.parquet import TAIL, DamagedError, block_rows, footer_facts, footer_length
from mcsim.store.places import Place, each
from mcsim.store.schema import ESTIMATES_SCHEMA

if TYPE_CHECKING:
    import pandas as pd


class Wanted(NamedTuple):
    """Which part of the estimates to read."""

    replications: int
    """Rows of later ones are left out."""
    columns: list[str] | None = None
    """All by default."""
    estimands: Collection[str] | None = None
    """All by default."""


class Damage(NamedTuple):
    """A file that is not what its name says, and why."""

    file: str
    """Relative to the study's folder."""
    why: str


class Inspection(NamedTuple):
    """What block files say of themselves in their footers.

    Attributes
    ----------
    kept : Inventory
        Those that are what their names say.
    facts : mapping of BlockName to Facts
        What each of these says: how many replications have a row of each status, and what they cost.
    damaged : tuple of Damage
        The others.
    """

    kept: Inventory
    facts: Mapping[BlockName, Facts]
    damaged: tuple[Damage, ...]


def identity(seed: int, name: BlockName) -> dict[str, str | int]:
    """What a block file must say of itself to be the one that its name says."""
    condition, method, (first, last) = name
    return {"seed": seed, "condition": condition, "method": method, "first": first, "last": last}


def inspect(place: Place, kept: Inventory, seed: int, retired: Collection[BlockName]) -> Inspection:
    """Look at the size and the footer of every block, a twentieth of a millisecond each on a local disk.

    Parameters
    ----------
    place : Place
        The study's folder.
    kept : Inventory
        Which blocks.
    seed : int
        That they must have.
    retired : collection of BlockName
        Those of them that still lie in retired/.
    """
    names = list(layout.blocks_of(kept))
    facts: dict[BlockName, Facts] = {}
    damaged: list[Damage] = []
    absent: set[BlockName] = set()
    for name, found in zip(names, each(place, _attempted(place, seed, set(retired)), names), strict=True):
        if isinstance(found, Facts):
            facts[name] = found
        else:
            absent.add(name)
            damaged += [found] if found else []
    return Inspection(layout.without(kept, absent), facts, tuple(damaged))


def _attempted(place: Place, seed: int, retired: Collection[BlockName]) -> Callable[[BlockName], Facts | Damage | None]:
    def attempt(name: BlockName) -> Facts | Damage | None:
        file = name.under(layout.RETIRED if name in retired else layout.ESTIMATES)
        try:
            return read_facts(place, file, identity(seed, name))
        except FileNotFoundError:  # another runner has moved it
            return None
        except DamagedError as error:
            return Damage(file, error.why)

    return attempt


def read_facts(place: Place, file: str, expected: Mapping[str, Any]) -> Facts:
    """What a block says of itself; only its size and footer are looked at.

    Parameters
    ----------
    place : Place
        The study's folder.
    file : str
        In it.
    expected : mapping
        What the block must say of itself, from its name and the seed of the study.

    Raises
    ------
    DamagedError
        If it is not what its name says.
    FileNotFoundError
        If it is gone.
    """
    tail, size = place.tail(file, TAIL)
    if len(tail) < footer_length(tail) <= size:
        tail, size = place.tail(file, footer_length(tail))
    facts, rows = footer_facts(tail, size, place.where(file))
    _check_identity(place.where(file), facts, expected)
    if not rows or rows % _held(expected):
        raise DamagedError(place.where(file), f"it has {rows} rows for {_held(expected)} replications")
    return facts


def count_statuses(place: Place, file: str, expected: Mapping[str, Any], replications: int) -> Counter[str]:
    """How many of the first replications have a row of each status in a block.

    From its footer; only if the block goes beyond these replications its rows are read.
    """
    if expected["last"] <= replications:
        return Counter(read_facts(place, file, expected).replications)
    rows = read_estimates(place, {file: expected}, Wanted(replications, ["rep", "status"]))
    return Counter(rows.drop_duplicates()["status"])


def read_estimates(place: Place, blocks: Mapping[str, Mapping[str, Any]], wanted: Wanted) -> "pd.DataFrame":
    """The rows of blocks as a data frame; see `read_table`."""
    table = read_table(place, blocks, wanted)
    frame: pd.DataFrame = table.to_pandas(use_threads=False)
    return frame


def read_table(place: Place, blocks: Mapping[str, Mapping[str, Any]], wanted: Wanted) -> pa.Table:
    """The rows of blocks, page checksums verified; of each file only what is wanted stays in memory.

    Parameters
    ----------
    place : Place
        The study's folder.
    blocks : mapping of str to mapping
        The files in order, and what each must say of itself.
    wanted : Wanted
        Which of their rows and columns.

    Raises
    ------
    DamagedError
        If a file is damaged, or is not what its name says.
    FileNotFoundError
        If one is gone.
    """
    filtered = [] if wanted.estimands is None else ["estimand"]
    needed = None if wanted.columns is None else list(dict.fromkeys([*wanted.columns, *filtered]))

    def read(file: str) -> pa.Table:
        facts, table = block_rows(place.read(file), place.where(file), needed)
        _check_identity(place.where(file), facts, blocks[file])
        return _wanted(table, blocks[file], wanted)

    parts = list(each(place, read, blocks))
    table = pa.concat_tables(parts) if parts else ESTIMATES_SCHEMA.empty_table()
    return table if wanted.columns is None else table.select(wanted.columns)


def _check_identity(file: str, facts: Facts, expected: Mapping[str, Any]) -> None:
    if any(facts.identity.get(word) != value for word, value in expected.items()):
        raise DamagedError(file, "it holds other results than its name says")


def _wanted(block: pa.Table, expected: Mapping[str, Any], wanted: Wanted) -> pa.Table:
    """The rows of the first replications and of some estimands; every replication has as many rows as another."""
    held = _held(expected)
    block = block.slice(0, block.num_rows // held * min(held, wanted.replications - expected["first"]))
    if wanted.estimands is None:
        return block
    return block.filter(pc.is_in(block["estimand"].cast(pa.string()), pa.array(wanted.estimands, pa.string())))


def _held(expected: Mapping[str, Any]) -> int:
    return int(expected["last"]) - int(expected["first"])
