"""One file with every row of a study and the factors of its condition, for other programs."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from mcsim.errors import ResultsError
from mcsim.store import layout
from mcsim.store.blocks import Wanted, identity, read_table
from mcsim.store.factors import conditions_table
from mcsim.store.layout import BlockName
from mcsim.store.local import whole_file
from mcsim.store.parquet import ESTIMATES_WRITING, writer
from mcsim.store.places import is_remote
from mcsim.store.schema import ESTIMATES_SCHEMA, WORDS
from mcsim.store.store import Store
from mcsim.study import Study

ROWS_A_GROUP = 500_000
"""Written at a time: some 50 MB in memory, however long the table is."""


def check_target(
    target: str, store: Store, *, what: str = "table", suffixes: Sequence[str] = (".parquet",), inside: bool = False
) -> Path:
    """The file to write, if it is one that may be written.

    Parameters
    ----------
    target : str
        The file.
    store : Store
        The results.
    what : str
        What is to be written, for the message.
    suffixes : sequence of str
        What its name may end in.
    inside : bool
        Whether it may lie among the results: if no reader would take it for a part of them.

    Raises
    ------
    ResultsError
        If it is no local file with such a name, in a folder that is there and holds no results.
    """
    path = Path(target)
    fault = None
    try:
        if is_remote(target):
            fault = "it is not a file of this machine"
        elif path.suffix not in suffixes:
            fault = f"its name does not end in {' or '.join(suffixes)}"
        elif path.is_dir():
            fault = "it is a folder"
        elif not path.parent.is_dir():
            fault = f"there is no folder {path.parent}; make it first"
        elif not inside and isinstance(store.path, Path) and path.resolve().is_relative_to(store.path.resolve()):
            fault = f"{store.path} holds the results, and readers would take it for a part of them"
    except (OSError, ValueError) as error:
        fault = str(error)
    if fault:
        raise ResultsError(f"cannot write the {what} to {target!r}: {fault}")
    return path


def export(store: Store, study: Study, target: Path) -> int:
    """Write the estimates of a study, sorted by condition, method, replication and estimand, as the study orders them.

    The columns: condition (its key), mechanism, a typed column for each factor, and those of the estimates. A factor
    with the name of one of these is called ``factor_<name>``. Blocks are read and written some at a time, so that
    memory stays bounded; the file is there whole or not at all.

    Parameters
    ----------
    store : Store
        What has been run.
    study : Study
        Its conditions and methods, and how many of the replications; what has not been run has no rows.
    target : Path
        The file.

    Returns
    -------
    int
        How many rows there are.

    Raises
    ------
    StorageError
        If a file is damaged, or the table cannot be written.
    """
    conditions = conditions_table(study, beside=ESTIMATES_SCHEMA.names).drop_columns("study")
    schema = pa.schema([*conditions.schema, *ESTIMATES_SCHEMA])
    count = 0
    # Words, and the factors of a condition, are the same over many rows.
    words = [field.name for field in schema if field.name in (*conditions.column_names, *WORDS)]
    options = {**ESTIMATES_WRITING, "use_dictionary": words, "write_statistics": [*conditions.column_names, "rep"]}
    with (
        whole_file(target) as stream,
        writer(stream, schema, {"study": study.name, "seed": study.seed}, **options) as out,
    ):
        for table in _grouped(_tables(store, study, conditions)):
            out.write_table(table.cast(schema), row_group_size=ROWS_A_GROUP)
            count += table.num_rows
    return count


def _tables(store: Store, study: Study, conditions: pa.Table) -> Iterator[pa.Table]:
    """The rows of each block, in order, the factors before them."""
    kept = store.arrangement(study.conditions, study.method_keys.values()).kept
    for number, condition in enumerate(study.conditions):
        for key in study.method_keys.values():
            for span in kept.get(condition, {}).get(key, ()):
                if span.first < study.replications:
                    name = BlockName(condition, key, span)
                    said = {name.under(layout.ESTIMATES): identity(study.seed, name)}
                    rows = read_table(store.place, said, Wanted(study.replications))
                    factors = conditions.take(pa.array([number] * rows.num_rows, pa.int64()))
                    yield pa.table([*factors.columns, *rows.columns], names=[*factors.column_names, *rows.column_names])


def _grouped(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Tables put together until they are worth a group of rows."""
    waiting: list[pa.Table] = []
    for table in itertools.chain(tables, [None]):
        if waiting and (table is None or sum(t.num_rows for t in waiting) + table.num_rows > ROWS_A_GROUP):
            yield pa.concat_tables(waiting)
            waiting = []
        if table is not None:
            waiting.append(table)
