"""Where a kernel finds its columns: the layout shared by all kernels that fit models."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ABSENT = 2**31 - 1
"""An unused place in a term."""


class Columns(NamedTuple):
    """The columns of R replications with n rows each; place c >= 0 is ``own[:, c]``, c < 0 is ``shared[-c - 1]``."""

    own: npt.NDArray[np.float64]
    """(R, C, n) the columns that differ between replications."""
    shared: npt.NDArray[np.float64]
    """(S, n) the columns that all have in common; S may be 0."""


def term_places(terms: Sequence[Sequence[str]], places: Mapping[str, int]) -> npt.NDArray[np.int64]:
    """Where the columns of each term are.

    Parameters
    ----------
    terms : sequence of sequences of str
        The names of the columns that a term is the product of; none for the constant 1.
    places : mapping of str to int
        The place of each column in `Columns`.

    Returns
    -------
    array (terms, order)
        Places, unused ones `ABSENT`; `order` is the length of the longest term, at least 1.
    """
    order = max([1, *map(len, terms)])
    found = np.full((len(terms), order), ABSENT, dtype=np.int64)
    for row, names in zip(found, terms, strict=True):
        row[: len(names)] = [places[name] for name in names]
    return found


def read_only(columns: Columns) -> Columns:
    """The same columns, contiguous and read-only: numba compiles a kernel once for each kind of array it meets."""
    views = Columns(*(np.ascontiguousarray(part, dtype=np.float64).view() for part in columns))
    for view in views:
        view.flags.writeable = False
    return views
