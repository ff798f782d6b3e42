"""Block files written again: with other rows for replications that had failed, or as one instead of several."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

import mcsim
from mcsim.model import Estimates, Status
from mcsim.store import layout, parquet
from mcsim.store.blocks import Wanted, identity, read_facts, read_table
from mcsim.store.layout import BlockName, Facts, Span
from mcsim.store.schema import estimates_table
from mcsim.store.store import Store
from mcsim.study import Study


def failed_replications(store: Store, study: Study, name: BlockName) -> list[int]:
    """The replications of a block that have a failed row.

    Parameters
    ----------
    store : Store
        The results.
    study : Study
        Whose.
    name : BlockName
        Which block.

    Raises
    ------
    StorageError
        If the file is damaged.
    """
    rows = _rows(store, study, name, ["rep", "status"])
    status = rows["status"].cast(pa.string()).to_pylist()
    found = zip(rows["rep"].to_pylist(), status, strict=True)
    return sorted({rep for rep, word in found if word == Status.FAILED.label})


def replace_replications(
    store: Store, study: Study, name: BlockName, found: Mapping[int, Estimates], *, label: str
) -> None:
    """Write a block again with other rows for some of its replications.

    Parameters
    ----------
    store : Store
        The results.
    study : Study
        Whose.
    name : BlockName
        Which block.
    found : mapping of int to Estimates
        By replication, one each.
    label : str
        The method's.

    Raises
    ------
    StorageError
        If reading or writing fails; the block is then as it was.
    """
    file, said = name.under(layout.ESTIMATES), identity(study.seed, name)
    before, rows = read_facts(store.place, file, said), _rows(store, study, name)
    first, last = name.span
    each = rows.num_rows // (last - first)
    parts = [
        estimates_table(found[rep], label, rep) if rep in found else rows.slice((rep - first) * each, each)
        for rep in range(first, last)
    ]
    table = pa.concat_tables([part.cast(rows.schema) for part in parts]).unify_dictionaries()
    facts = Facts({**before.identity, "mcsim": mcsim.__version__}, _counts(table), before.seconds)
    store.place.publish(file, parquet.estimates_bytes(table, facts))


def join_pieces(store: Store, study: Study, whole: BlockName, spans: Sequence[Span], *, label: str) -> bool:
    """Write one block file instead of several that hold its replications; whether all of them were there.

    Killed on the way, pieces are left beside the whole, and every reader takes the whole.

    Parameters
    ----------
    store : Store
        The results.
    study : Study
        Whose.
    whole : BlockName
        The block.
    spans : sequence of Span
        Of the pieces, in order.
    label : str
        The method's.

    Raises
    ------
    StorageError
        If reading or writing fails; the pieces are then as they were.
    """
    first, last = whole.span
    ends = [first, *(span.last for span in spans)]
    if ends[-1] != last or any(span.first != end for span, end in zip(spans, ends, strict=False)):
        return False
    names = [whole._replace(span=span) for span in spans]
    try:
        table = pa.concat_tables([_rows(store, study, name) for name in names]).unify_dictionaries()
        parts = [read_facts(store.place, name.under(layout.ESTIMATES), identity(study.seed, name)) for name in names]
    except FileNotFoundError:
        return False
    own = {"study": study.name, "label": label, "mcsim": mcsim.__version__}
    facts = Facts({**identity(study.seed, whole), **own}, _counts(table), sum(part.seconds for part in parts))
    store.place.publish(whole.under(layout.ESTIMATES), parquet.estimates_bytes(table, facts))
    for name in names:
        store.place.remove(name.under(layout.ESTIMATES))
    return True


def _rows(store: Store, study: Study, name: BlockName, columns: list[str] | None = None) -> pa.Table:
    wanted: Any = {name.under(layout.ESTIMATES): identity(study.seed, name)}
    return read_table(store.place, wanted, Wanted(name.span.last, columns))


def _counts(table: pa.Table) -> dict[str, int]:
    """How many replications have a row of each status."""
    status = table["status"].cast(pa.string()).to_pylist()
    pairs = Counter(word for _, word in set(zip(table["rep"].to_pylist(), status, strict=True)))
    return {status.label: pairs[status.label] for status in Status}
