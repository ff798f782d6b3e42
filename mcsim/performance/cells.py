"""The estimates of one condition, method and estimand, and which of them a measure may use."""

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


class Chosen(NamedTuple):
    """The replications that have all the quantities a measure names.

    Attributes
    ----------
    arrays : dict of str to array (n_used,)
        Those quantities.
    n_used, n_missing : int
        How many replications these are, and how many should have the quantities and have not.
    """

    arrays: dict[str, npt.NDArray[Any]]
    n_used: int
    n_missing: int


class Sample:
    """The usable fits of one method and estimand, from which each measure takes those that have what it needs.

    Parameters
    ----------
    arrays : mapping of str to array (n,)
        Quantities (NaN where not given) and status, by replication.
    usable : array (n,) of bool
        Which fits are usable.
    n_missing : int
        How many fits are missing.
    """

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[Any]], usable: npt.NDArray[np.bool_], *, n_missing: int
    ) -> None:
        self._arrays = arrays if usable.all() else {name: values[usable] for name, values in arrays.items()}
        self._n_usable = int(np.count_nonzero(usable))
        self._n_missing = n_missing
        self._chosen: dict[tuple[str, ...], Chosen] = {}

    def choose(self, names: tuple[str, ...]) -> Chosen:
        """The fits in which none of the named quantities is NaN."""
        if names not in self._chosen:
            self._chosen[names] = self._choose(names)
        return self._chosen[names]

    def _choose(self, names: tuple[str, ...]) -> Chosen:
        absent = np.zeros(self._n_usable, dtype=bool)
        for name in names:
            absent |= np.isnan(self._arrays[name])
        n_absent = int(np.count_nonzero(absent))
        if n_absent == 0:
            return Chosen({name: self._arrays[name] for name in names}, self._n_usable, self._n_missing)
        arrays = {name: self._arrays[name][~absent] for name in names}
        if n_absent == self._n_usable:
            return Chosen(arrays, 0, 0)  # never reported here: neither used nor missing
        return Chosen(arrays, self._n_usable - n_absent, self._n_missing + n_absent)
