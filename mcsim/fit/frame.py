"""From a data frame to the arrays of a model: what is checked before anything is fitted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mcsim.centring import absence, centred_columns
from mcsim.errors import DataError
from mcsim.formula import Formula
from mcsim.methods.centred_columns import with_centred
from mcsim.methods.levels import Level, nested_levels
from mcsim.model import Dataset

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_SHOWN = 20


class ModelData(NamedTuple):
    """The complete rows of the columns that a model needs, the rows of each cluster together, on every level."""

    names: tuple[str, ...]
    """The columns, the response first."""
    values: "npt.NDArray[np.float64]"
    """(C, n) their values."""
    levels: tuple[Level, ...]
    """The clusters of each grouping factor, from the innermost to the outermost."""
    clusters: "tuple[pd.Index[Any], ...]"
    """The labels of the clusters of each level; of ``classroom:school`` such as ``2:7``."""
    rows: "npt.NDArray[np.int64]"
    """(n,) which rows of the frame these are, counted from 0."""
    left_out: int
    """How many rows have a missing value."""


def read_frame(formula: Formula, frame: Any) -> ModelData:
    """Check the columns that a formula names and put them in order.

    Parameters
    ----------
    formula : Formula
        With random effects.
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
        response is not numeric or is infinite somewhere; if no row is complete; if a grouping factor has one
        cluster; if grouping factors are not nested, or are the same.
    """
    import numpy as np
    import pandas as pd

    columns = _columns(frame, formula)
    numbers = {name: _numbers(name, columns[name]) for name in columns if name not in formula.grouping_columns}
    # Labels are numbered as they appear: they may be anything, also what cannot be sorted.
    numbered = {name: pd.factorize(columns[name]) for name in formula.grouping_columns}
    values = _values(formula, numbers, {name: codes for name, (codes, _) in numbered.items()})
    rows = _complete_rows(formula, values, np.min([codes for codes, _ in numbered.values()], axis=0))
    words = {name: labels for name, (_, labels) in numbered.items()}
    order, levels = nested_levels(formula, {name: codes[rows] for name, (codes, _) in numbered.items()}, words)
    by_cluster = rows if order is None else rows[order]
    clusters = []
    for group, starts in levels:
        first, factors = by_cluster[starts[:-1]], [numbered[name] for name in formula.factors[group]]
        clusters.append(_labels(group, [labels[codes[first]] for codes, labels in factors]))
        if len(first) < 2:
            raise DataError(f"the grouping factor {group} has one cluster, {clusters[-1][0]}; needed: at least two")
    return ModelData(
        formula.columns,
        np.ascontiguousarray(values[:, by_cluster]),
        levels,
        tuple(clusters),
        by_cluster,
        values.shape[1] - len(rows),
    )


def _values(
    formula: Formula, numbers: "dict[str, npt.NDArray[np.float64]]", codes: "dict[str, npt.NDArray[np.int64]]"
) -> "npt.NDArray[np.float64]":
    """The columns of a formula, (C, n), those that are made from others among them."""
    import numpy as np

    for made in centred_columns(formula, numbers):
        _require_finite(made.column, numbers[made.column], np.arange(len(numbers[made.column])))
    labels = {name: np.where(found < 0, np.nan, found) for name, found in codes.items()}
    columns = with_centred(Dataset({**numbers, **labels}), formula).columns
    return np.stack([columns[name] for name in formula.columns])


def _labels(group: str, parts: "list[pd.Index[Any]]") -> "pd.Index[Any]":
    """The labels of clusters; those that make up a combination are joined as its name is."""
    import pandas as pd

    joined = [":".join(map(str, labels)) for labels in zip(*parts, strict=True)]
    labels: pd.Index[Any] = pd.Index(parts[0] if len(parts) == 1 else joined, name=group)
    return labels


def _columns(frame: Any, formula: Formula) -> "dict[str, pd.Series[Any]]":
    """The columns that a formula names, or that those it names are made from, all of one length."""
    import pandas as pd

    if not isinstance(frame, (pd.DataFrame, Mapping)):
        raise DataError(f"given {type(frame).__name__}; allowed: a pandas DataFrame, or a mapping of names to arrays")
    known = list(frame.columns if isinstance(frame, pd.DataFrame) else frame)
    sources = {made.name: made.column for made in centred_columns(formula, known)}
    names = dict.fromkeys(sources.get(name, name) for name in [*formula.columns, *formula.grouping_columns])
    if missing := [name for name in names if name not in known]:
        raise DataError("\n".join(_lacking(name, formula, [str(other) for other in known]) for name in missing))
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


def _lacking(name: str, formula: Formula, known: list[str]) -> str:
    source, meant = absence(name, formula, known)
    shown = ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else "")
    return f"there is no column {name}{source}; there are {shown or 'none'}{meant}"


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
        _require_finite(name, column, rows)
    return rows


def _require_finite(name: str, column: "npt.NDArray[np.float64]", rows: "npt.NDArray[np.int64]") -> None:
    import numpy as np

    infinite = rows[np.isinf(column)]
    if len(infinite):
        raise DataError(f"the column {name} is infinite in row {infinite[0] + 1}; allowed: finite numbers")
