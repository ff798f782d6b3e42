"""From a data frame to the arrays of a model: what is checked before anything is fitted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.errors import DataError
from mcsim.formula import Formula
from mcsim.parameters import nearest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_SHOWN = 20


class ModelData(NamedTuple):
    """The complete rows of the columns that a model needs, sorted by cluster."""

    values: "npt.NDArray[np.float64]"
    """(C, n) the columns in the order of `Formula.columns`, the response first."""
    starts: "npt.NDArray[np.int64]"
    """(J + 1,) where each cluster starts, and n."""
    clusters: "pd.Index[Any]"
    """(J,) the values of the grouping factor."""
    rows: "npt.NDArray[np.int64]"
    """(n,) which rows of the frame these are, counted from 0."""
    left_out: int
    """How many rows have a missing value."""


def read_frame(formula: Formula, frame: Any) -> ModelData:
    """Check the columns that a formula names and put them in order.

    Parameters
    ----------
    formula : Formula
        With one random term.
    frame : pandas.DataFrame or mapping of str to array (n,)
        The data.

    Returns
    -------
    ModelData
        Its complete rows.

    Raises
    ------
    DataError
        If the frame is something else, lacks a column or has columns of unequal lengths; if a predictor or the
        response is not numeric or is infinite somewhere; if no row is complete; if there is one cluster.
    """
    import numpy as np
    import pandas as pd

    group = formula.groups[0]
    columns = _columns(frame, [*formula.columns, group])
    values = np.stack([_numbers(name, columns[name]) for name in formula.columns])
    codes, clusters = pd.factorize(columns[group])
    rows = _complete_rows(formula, values, codes)
    present, codes = np.unique(codes[rows], return_inverse=True)
    if len(present) < 2:
        raise DataError(f"the grouping factor {group} has one cluster, {clusters[present[0]]}; needed: at least two")
    by_cluster = rows[np.argsort(codes, kind="stable")]
    return ModelData(
        np.ascontiguousarray(values[:, by_cluster]),
        np.concatenate([[0], np.cumsum(np.bincount(codes))]),
        pd.Index(clusters[present], name=group),
        by_cluster,
        values.shape[1] - len(rows),
    )


def _columns(frame: Any, names: list[str]) -> "dict[str, pd.Series[Any]]":
    """The columns of these names, all of one length."""
    import pandas as pd

    if not isinstance(frame, (pd.DataFrame, Mapping)):
        raise DataError(f"given {type(frame).__name__}; allowed: a pandas DataFrame, or a mapping of names to arrays")
    known = list(frame.columns if isinstance(frame, pd.DataFrame) else frame)
    missing = [name for name in names if name not in known]
    if missing:
        raise DataError("\n".join(_lacking(name, [str(other) for other in known]) for name in missing))
    columns = {}
    for name in names:
        column = frame[name]
        if isinstance(column, pd.DataFrame):
            raise DataError(f"there are {column.shape[1]} columns named {name}; needed: one")
        try:
            columns[name] = pd.Series(column).reset_index(drop=True)
        except (ValueError, TypeError):
            raise DataError(f"the column {name} is not one-dimensional: given {type(column).__name__}") from None
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise DataError(f"the columns have different numbers of rows: {said}")
    return columns


def _lacking(name: str, known: list[str]) -> str:
    shown = ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else "")
    return f"there is no column {name}; there are {shown or 'none'}{nearest(name, known)}"


def _numbers(name: str, column: "pd.Series[Any]") -> "npt.NDArray[np.float64]":
    """A column as numbers, NaN where missing."""
    import numpy as np
    import pandas as pd

    allowed = "allowed in a response or predictor: numbers, True and False"
    if isinstance(column.dtype, pd.CategoricalDtype):
        raise DataError(f"the column {name} is categorical; {allowed}")
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    entries = [None if value is pd.NA else value for value in column]
    numeric = [value is None or isinstance(value, (int, float, np.number, np.bool_)) for value in entries]
    if not all(numeric):
        row = _first_wrong(column[~np.array(numeric)])
        raise DataError(f"the column {name} is not numeric: row {row + 1} holds {entries[row]!r}; {allowed}")
    return np.array([np.nan if value is None else float(value) for value in entries])


def _first_wrong(wrong: "pd.Series[Any]") -> int:
    """Of the entries that are not numbers, the row of the first that is not the text of a number either."""
    import pandas as pd

    # One bad entry makes text of a whole column of a file: the others would mislead.
    unreadable = wrong[pd.to_numeric(wrong, errors="coerce").isna() & wrong.notna()]
    return int((unreadable if len(unreadable) else wrong).index[0])


def _complete_rows(
    formula: Formula, values: "npt.NDArray[np.float64]", codes: "npt.NDArray[np.int64]"
) -> "npt.NDArray[np.int64]":
    """The rows without a missing value, counted from 0; all of them must be finite."""
    import numpy as np

    rows = np.flatnonzero(~np.isnan(values).any(axis=0) & (codes >= 0))
    if not len(codes):
        raise DataError("there are no rows")
    if not len(rows):
        raise DataError(f"no row is complete: each of the {len(codes)} rows has a missing value")
    for name, column in zip(formula.columns, values[:, rows], strict=True):
        infinite = rows[np.isinf(column)]
        if len(infinite):
            raise DataError(f"the column {name} is infinite in row {infinite[0] + 1}; allowed: finite numbers")
    return rows
