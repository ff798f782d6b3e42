"""Which replications a measure may use: the usable fits of a method, and its usable pairs with the reference method."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.model import Status
from mcsim.performance.cells import QUANTITIES, EstimateColumns
from mcsim.performance.scope import Scope

PAIRED = "reference_"
"""What the names of the reference method's quantities begin with."""


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
    """The usable fits of one method and estimand, or usable pairs, from which a measure takes those with what it needs.

    Parameters
    ----------
    arrays : mapping of str to array (n,)
        Quantities (NaN where not given) and status, by replication.
    usable : array (n,) of bool
        Which replications are usable.
    n_missing : int
        How many are missing.
    """

    def __init__(
        self, arrays: Mapping[str, npt.NDArray[Any]], usable: npt.NDArray[np.bool_], *, n_missing: int
    ) -> None:
        self._given = arrays
        self._usable = usable
        self._n_usable = int(np.count_nonzero(usable))
        self._n_missing = n_missing
        self._arrays: dict[str, npt.NDArray[Any]] = {}
        self._chosen: dict[tuple[str, ...], Chosen] = {}

    def choose(self, names: tuple[str, ...]) -> Chosen:
        """The replications in which none of the named quantities is NaN."""
        if names not in self._chosen:
            self._chosen[names] = self._choose(names)
        return self._chosen[names]

    def _choose(self, names: tuple[str, ...]) -> Chosen:
        absent = np.zeros(self._n_usable, dtype=bool)
        arrays = {name: self._array(name) for name in names}
        for values in arrays.values():
            absent |= np.isnan(values)
        n_absent = int(np.count_nonzero(absent))
        if n_absent == 0:
            return Chosen(arrays, self._n_usable, self._n_missing)
        arrays = {name: values[~absent] for name, values in arrays.items()}
        if any(np.isnan(self._array(name)).all() for name in names):
            return Chosen(arrays, 0, 0)  # never reported here: neither used nor missing
        return Chosen(arrays, self._n_usable - n_absent, self._n_missing + n_absent)

    def _array(self, name: str) -> npt.NDArray[Any]:
        """A quantity of the usable replications, cut out once and only if a measure names it."""
        if self._n_usable == self._usable.size:
            return self._given[name]
        if name not in self._arrays:
            self._arrays[name] = self._given[name][self._usable]
        return self._arrays[name]


class Samples(NamedTuple):
    """What measures are computed from: all usable fits, or those of one status.

    Attributes
    ----------
    status : str
        "all", or the one status that the method's fits are restricted to.
    fits : Sample
        The method's usable fits.
    pairs : Sample
        Those beside which the reference method has a usable fit too, with the quantities of both.
    """

    status: str
    fits: Sample
    pairs: Sample

    def for_quantities(self, names: tuple[str, ...]) -> Sample:
        """The pairs if one of the named quantities is the reference method's, else the fits."""
        return self.pairs if any(name.startswith(PAIRED) for name in names) else self.fits


def samples(columns: EstimateColumns, reference: EstimateColumns | None, scope: Scope) -> Iterator[Samples]:
    """All usable fits, then those of each status; missing fits count beside each, for theirs might have been any.

    A pair is usable if both its fits are, skipped if either is, and else missing. A replication that the reference
    method does not have is a missing pair. The status that a sample is restricted to is that of the method's own fits.

    Parameters
    ----------
    columns : EstimateColumns
        The method's.
    reference : EstimateColumns, optional
        The reference method's; without it there are no pairs, and none is missing.
    scope : Scope
        Which statuses are usable, and whether each is wanted alone.
    """
    other = _beside(columns, reference)
    own = {name: getattr(columns, name) for name in (*QUANTITIES, "status")}
    both = own | {PAIRED + name: getattr(other, name) for name in QUANTITIES}
    usable, usable_other = scope.is_usable(columns.status), scope.is_usable(other.status)
    missing = ~usable & (columns.status != Status.SKIPPED)
    missing_other = ~usable_other & (other.status != Status.SKIPPED)
    n_missing = int(np.count_nonzero(missing))
    unpaired = int(np.count_nonzero(missing & (other.status != Status.SKIPPED)))

    def of(status: str, chosen: npt.NDArray[np.bool_]) -> Samples:
        lost = unpaired + int(np.count_nonzero(chosen & missing_other))
        pairs = Sample(both, chosen & usable_other, n_missing=lost)
        return Samples(status, Sample(own, chosen, n_missing=n_missing), pairs)

    yield of("all", usable)
    for status in scope.usable if scope.by_status else ():
        chosen = columns.status == status
        if chosen.any():
            yield of(status.label, chosen)


def _beside(columns: EstimateColumns, reference: EstimateColumns | None) -> EstimateColumns:
    """The reference method's columns in the replications of `columns`: skipped without it, failed where it has none."""
    if reference is None:
        return columns._replace(status=np.full_like(columns.status, Status.SKIPPED))
    if np.array_equal(reference.rep, columns.rep):
        return reference
    place = np.minimum(np.searchsorted(reference.rep, columns.rep), reference.rep.size - 1)
    found = reference.rep[place] == columns.rep
    aligned = EstimateColumns._make(values[place] for values in reference)
    return aligned._replace(rep=columns.rep, status=np.where(found, aligned.status, np.int8(Status.FAILED)))
