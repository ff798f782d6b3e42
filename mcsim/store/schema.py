"""The declared schemas and how blocks of estimates become tables: columns at once, never row by row."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mcsim.model import QUANTITIES, Estimates, Status
from mcsim.store.layout import Facts

VERSION = 2
"""Of Parquet files; raised when a column is added, renamed or changes its type, and with it that of study.json.

Version 1 has the same columns and no seal (see `mcsim.store.parquet`); it is read too.
"""

WORDS = ("method", "estimand", "status", "note")
"""The columns of text; written and read as dictionaries."""

ESTIMATES_SCHEMA = pa.schema(
    [
        ("rep", pa.int64()),
        ("method", pa.string()),
        ("estimand", pa.string()),
        *((quantity, pa.float64()) for quantity in QUANTITIES),
        ("status", pa.string()),
        ("note", pa.string()),
    ]
)

PERFORMANCE_SCHEMA = pa.schema(
    [
        ("condition", pa.string()),
        ("method", pa.string()),
        ("estimand", pa.string()),
        ("value", pa.float64()),
        ("mcse", pa.float64()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("n_used", pa.int64()),
        ("n_missing", pa.int64()),
    ]
)


def facts_of(estimates: Estimates, identity: Mapping[str, Any], seconds: float) -> Facts:
    """The facts of a block about to be written."""
    counts = {s.label: int(np.count_nonzero((estimates.status == s).any(axis=1))) for s in Status}
    return Facts(identity, counts, round(seconds, 6))


def estimates_table(estimates: Estimates, label: str, first: int) -> pa.Table:
    """The rows of a block: one per replication and estimand, null where nothing is given.

    Parameters
    ----------
    estimates : Estimates
        Of R replications and k estimands.
    label : str
        The method's.
    first : int
        The number of the first replication.
    """
    replications, k, _ = estimates.values.shape
    n = replications * k
    reps = np.repeat(np.arange(first, first + replications, dtype=np.int64), k)
    by_quantity = np.ascontiguousarray(np.moveaxis(estimates.values, 2, 0)).reshape(len(QUANTITIES), n)
    columns = [
        pa.array(reps),
        _words(np.zeros(n, dtype=np.int32), [label]),
        _words(np.tile(np.arange(k, dtype=np.int32), replications), estimates.estimands),
        *(pa.array(column, from_pandas=True) for column in by_quantity),
        _words(estimates.status.reshape(n).astype(np.int32), [s.label for s in Status]),
        _notes(estimates, n),
    ]
    return pa.Table.from_arrays(columns, names=ESTIMATES_SCHEMA.names)


def _words(codes: npt.NDArray[np.int32], words: Any) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words, pa.string()))


def _notes(estimates: Estimates, n: int) -> pa.Array:
    """The notes, sparse as they are."""
    k = len(estimates.estimands)
    words = list(dict.fromkeys(estimates.notes.values()))
    code = {word: number for number, word in enumerate(words)}
    codes = np.zeros(n, dtype=np.int32)
    absent = np.ones(n, dtype=np.bool_)
    for (replication, estimand), note in estimates.notes.items():
        codes[replication * k + estimand] = code[note]
        absent[replication * k + estimand] = False
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=absent), pa.array(words, pa.string()))
