"""The estimates of one condition, cut up by method and estimand."""

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.model import Floats, Status

if TYPE_CHECKING:
    import pandas as pd

QUANTITIES = ("estimate", "std_error", "lower", "upper", "p_value")
COLUMNS = ("rep", "method", "estimand", *QUANTITIES, "status")
"""The columns of the estimates table that enter."""


class EstimateColumns(NamedTuple):
    """What one method reported of one estimand under one condition.

    Attributes
    ----------
    rep : array (n,) of int64
        The replications, ascending.
    estimate, std_error, lower, upper, p_value : array (n,) of float64
        NaN where not given.
    status : array (n,) of int8
        `Status` codes.
    """

    rep: npt.NDArray[np.int64]
    estimate: Floats
    std_error: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    status: npt.NDArray[np.int8]


Cells = Mapping[tuple[str, str], EstimateColumns]
"""The estimates of one condition by (method, estimand)."""


def cells_of(table: "Mapping[str, Any] | pd.DataFrame") -> dict[tuple[str, str], EstimateColumns]:
    """The columns of one condition's estimates table, cut up by method and estimand.

    Parameters
    ----------
    table : DataFrame, or mapping of str to array (rows,)
        The `COLUMNS`, in any order of rows; status is a word of `Status`, words may be categorical.

    Returns
    -------
    dict of (str, str) to EstimateColumns
        In order of first appearance.
    """
    import pandas as pd

    methods, labels = pd.factorize(table["method"])
    estimands, names = pd.factorize(table["estimand"])
    statuses, words = pd.factorize(table["status"])
    codes = np.array([Status[word.upper()] for word in words], dtype=np.int8)
    group = methods * len(names) + estimands
    order = np.lexsort((np.asarray(table["rep"]), group))
    numbers = (np.asarray(table[name], dtype=np.float64)[order] for name in QUANTITIES)
    columns = [np.asarray(table["rep"])[order], *numbers, codes[statuses[order]]]
    group = group[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    cells = {}
    for start, stop in pairwise([*starts, group.size]):
        method, estimand = divmod(int(group[start]), len(names))
        cells[str(labels[method]), str(names[estimand])] = EstimateColumns(*(column[start:stop] for column in columns))
    return cells
