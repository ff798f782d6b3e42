"""From a block of data sets to the columns that kernels take, rows sorted by cluster."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.errors import DataError
from mcsim.formula import Formula
from mcsim.model import DatasetBlock, Mechanism
from mcsim.parameters import nearest

if TYPE_CHECKING:
    from mcsim.kernels.columns import Columns

Integers = npt.NDArray[np.int64]


class Clustered(NamedTuple):
    """The columns of a formula with the rows of each cluster together."""

    columns: "Columns"
    places: dict[str, int]
    """Where each column is, as in `Columns`."""
    starts: Integers
    """(J + 1,) where each cluster starts, and the number of rows."""


def cluster_rows(block: DatasetBlock, formula: Formula) -> Clustered:
    """Sort the columns that a formula needs by its grouping factor, which all replications share.

    Columns that are sorted already are not copied. Rows without a value of the grouping factor are left out.

    Raises
    ------
    DataError
        If a column is missing, or one that should be is not numeric.
    """
    columns, places = numeric_columns(block, formula)
    rows, starts = _clusters(_column(block, formula.groups[0], formula))
    if rows is not None:
        columns = type(columns)(*(np.ascontiguousarray(part[..., rows]) for part in columns))
    return Clustered(columns, places, starts)


def numeric_columns(block: DatasetBlock, formula: Formula) -> "tuple[Columns, dict[str, int]]":
    """The response and predictors of a formula, and the place of each; rows as they stand.

    Raises
    ------
    DataError
        If a column is missing or is not numeric.
    """
    from mcsim.kernels.columns import Columns

    places, shared = {}, []
    for name in formula.columns:
        if name in block.names:
            places[name] = block.names.index(name)
            continue
        column = _column(block, name, formula)
        if column.dtype.kind not in "fiub":
            raise DataError(f"the column {name} of {formula.text!r} is not numeric: it holds {column.dtype}")
        shared.append(column.astype(np.float64))
        places[name] = -len(shared)
    own = np.ascontiguousarray(block.values, dtype=np.float64)
    return Columns(own, np.array(shared, dtype=np.float64).reshape(len(shared), own.shape[2])), places


def lacking(name: str, formula: Formula, given: tuple[str, ...]) -> str:
    """The fault of a formula that names a column that is not there."""
    return f"{formula.text!r} names the column {name}; there are {', '.join(given)}{nearest(name, given)}"


def not_grouping(names: Iterable[str], formula: Formula, condition: Mechanism) -> list[str]:
    """The faults of grouping by columns of something else, where the condition says which columns group rows."""
    known = getattr(condition, "grouping_factors", None)
    if known is None:
        return []
    wrong = [name for name in names if name in condition.columns() and name not in known]
    return [
        f"{formula.text!r} groups by {name}, a column of values; grouping factors: {', '.join(known)}" for name in wrong
    ]


def _column(block: DatasetBlock, name: str, formula: Formula) -> npt.NDArray[Any]:
    if name not in block.shared:
        raise DataError(lacking(name, formula, (*block.names, *block.shared)))
    return np.asarray(block.shared[name])


def _clusters(group: npt.NDArray[Any]) -> tuple[Integers | None, Integers]:
    """The rows in the order of their clusters, None if they are in order as they stand, and where each starts."""
    rows = None
    if group.dtype.kind in "fO":
        nothing: Any = None
        missing = np.asarray((group == nothing) | (group != group), dtype=bool)  # noqa: PLR0124 NaN
        if missing.any():
            rows = np.flatnonzero(~missing)
            group = group[rows]
    if not np.all(group[1:] >= group[:-1]):
        order = np.argsort(group, kind="stable")
        rows, group = order if rows is None else rows[order], group[order]
    changes = np.flatnonzero(group[1:] != group[:-1]) + 1
    starts = np.concatenate([[0], changes, [len(group)]]).astype(np.int64)
    return rows, starts
