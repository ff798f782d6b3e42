"""From a block of data sets to the columns that kernels take, rows sorted by cluster."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.centring import absence, centred_columns
from mcsim.errors import DataError
from mcsim.formula import Formula
from mcsim.methods.levels import Integers, Level, levels_of_each, nested_levels
from mcsim.model import DatasetBlock, Mechanism

if TYPE_CHECKING:
    from mcsim.kernels.columns import Columns


class Clustered(NamedTuple):
    """The columns of a formula with the rows of each cluster together, on every level."""

    columns: "Columns"
    places: dict[str, int]
    """Where each column is, as in `Columns`."""
    levels: tuple[Level, ...]
    """The clusters of each grouping factor, from the innermost to the outermost."""

    @property
    def starts(self) -> Integers:
        """(J + 1,) or (R, J + 1) where each of the innermost clusters starts, and the number of rows."""
        return self.levels[0].starts


def cluster_rows(block: DatasetBlock, formula: Formula) -> Clustered | None:
    """Sort the columns that a formula needs by its grouping factors.

    Columns whose clusters are contiguous already are not copied. Rows without a value of a grouping factor are left
    out. None if the clusters differ between replications in such a way that each has to be sorted by itself.

    Raises
    ------
    DataError
        If a column is missing, or one that should be is not numeric; if grouping factors are not nested, or are the
        same.
    """
    if any(name in block.names for name in formula.grouping_columns):
        return None
    columns, places = numeric_columns(block, formula)
    labels = {name: column_of(block, name, formula) for name in formula.grouping_columns}
    if block.rows is not None or any(name in block.own_labels for name in labels):
        own_levels = levels_of_each(formula, labels, block.row_counts)
        return None if own_levels is None else Clustered(columns, places, own_levels)
    present = present_rows(labels)
    if present is not None:
        labels = {name: column[present] for name, column in labels.items()}
    rows, levels = nested_levels(formula, labels)
    if present is not None:
        rows = present if rows is None else present[rows]
    if rows is not None:
        columns = type(columns)(*(np.ascontiguousarray(part[..., rows]) for part in columns))
    return Clustered(columns, places, levels)


def numeric_columns(block: DatasetBlock, formula: Formula) -> "tuple[Columns, dict[str, int]]":
    """The response and predictors of a formula, and the place of each; rows as they stand.

    Raises
    ------
    DataError
        If a column is missing or is not numeric.
    """
    from mcsim.kernels.columns import Columns

    places, shared, own = {}, [], np.asarray(block.values, dtype=np.float64)
    for name in formula.columns:
        if name in block.names:
            places[name] = block.names.index(name)
            continue
        if name in block.own_labels:
            places[name] = own.shape[1]
            own = np.concatenate([own, block.own_labels[name][:, None]], axis=1)
            continue
        shared.append(numbers_of(block, name, formula))
        places[name] = -len(shared)
    return Columns(
        np.ascontiguousarray(own), np.array(shared, dtype=np.float64).reshape(len(shared), own.shape[2])
    ), places


def lacking(name: str, formula: Formula, given: tuple[str, ...]) -> str:
    """The fault of a formula that names a column that is not there, nor made from one that is."""
    source, meant = absence(name, formula, given)
    return f"{formula.text!r} names the column {name}{source}; there are {', '.join(given)}{meant}"


def column_faults(formula: Formula, condition: Mechanism, *, names: Iterable[str], labels: Iterable[str]) -> list[str]:
    """The faults of a formula that names columns which a condition lacks, or groups by columns of something else.

    Parameters
    ----------
    formula : Formula
        The model; its grouping factors are those whose clusters have means.
    condition : Mechanism
        The condition.
    names : iterable of str
        The numeric columns that the method needs.
    labels : iterable of str
        The columns of labels that it needs.
    """
    given, labels = condition.columns(), tuple(labels)
    made = [column.name for column in centred_columns(formula, given)]
    needed = dict.fromkeys([*(name for name in names if name not in made), *labels])
    missing = [lacking(name, formula, given) for name in needed if name not in given]
    return [*missing, *not_grouping(labels, formula, condition)]


def not_grouping(names: Iterable[str], formula: Formula, condition: Mechanism) -> list[str]:
    """The faults of grouping by columns of something else, where the condition says which columns group rows."""
    known = getattr(condition, "grouping_factors", None)
    if known is None:
        return []
    wrong = [name for name in names if name in condition.columns() and name not in known]
    return [
        f"{formula.text!r} groups by {name}, a column of values; grouping factors: {', '.join(known)}" for name in wrong
    ]


def numbers_of(block: DatasetBlock, name: str, formula: Formula) -> npt.NDArray[np.float64]:
    """A column that is shared, (n,), or one of `own_labels`, (R, n), as numbers.

    Raises
    ------
    DataError
        If there is none, or it is not numeric.
    """
    column = column_of(block, name, formula)
    if column.dtype.kind not in "fiub":
        raise DataError(f"the column {name} of {formula.text!r} is not numeric: it holds {column.dtype}")
    return column.astype(np.float64)


def column_of(block: DatasetBlock, name: str, formula: Formula) -> npt.NDArray[Any]:
    """A column that is shared, (n,), or one of `own_labels`, (R, n).

    Raises
    ------
    DataError
        If there is none.
    """
    columns = {**block.own_labels, **block.shared}
    if name not in columns:
        raise DataError(lacking(name, formula, (*block.names, *columns)))
    return np.asarray(columns[name])


def present_rows(labels: dict[str, npt.NDArray[Any]]) -> Integers | None:
    """The rows in which no label is missing; None if that is all of them."""
    missing = None
    for column in labels.values():
        if column.dtype.kind in "fOMm":
            nothing: Any = None
            here = np.asarray((column == nothing) | (column != column), dtype=bool)  # noqa: PLR0124 NaN, NaT
            missing = here if missing is None else missing | here
    return None if missing is None or not missing.any() else np.flatnonzero(~missing)
