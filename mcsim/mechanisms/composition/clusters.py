"""Where the clusters of a model start."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.parts.sizes import DrawnSizes, GivenSizes, SizePattern
from mcsim.model import Floats
from mcsim.streams import Streams

Integers = npt.NDArray[np.int64]


class Clusters(NamedTuple):
    """The clusters of every level, the innermost first.

    Attributes
    ----------
    members : array (levels, J + 1) of int64
        The innermost cluster that each cluster of a level starts with, J in the places left.
    starts : array (1, levels, J + 1) of int64, or None
        The row that each starts at, n in the places left; None if sizes are drawn.
    thresholds : array (m,)
        If sizes are drawn: a cluster has one row, and one more for each of these below its standard normal.
    drawn : str
        When sizes are drawn; "" if they are given.
    alone : int
        How many of the last clusters have one row whatever is drawn.
    """

    members: Integers
    starts: Integers | None
    thresholds: Floats
    drawn: str
    alone: int = 0

    @property
    def innermost(self) -> int:
        """How many innermost clusters there are."""
        return int(self.members.shape[1]) - 1

    def from_normals(self, normals: Floats) -> Integers:
        """Where clusters start for one standard normal a cluster, (1, levels, J + 1)."""
        from mcsim.kernels.sizes import put_starts

        starts = np.empty((1, *self.members.shape), dtype=np.int64)
        put_starts(self.thresholds, normals[: self.innermost - self.alone], self.members, starts[0])
        return starts

    def from_streams(self, streams: Streams) -> Integers:
        """The same for consecutive replications, (R, levels, J + 1)."""
        from mcsim.kernels.sizes import put_all_starts

        starts = np.empty((len(streams), *self.members.shape), dtype=np.int64)
        put_all_starts(self.thresholds, (streams.key, streams.first), self.members, self.alone, starts)
        return starts


def clusters_of(model: Model) -> Clusters:
    """The clusters of a model; only sizes of the innermost may be drawn."""
    innermost, *outer = model.sizes
    units, members = model.outermost, np.arange(model.outermost + 1)[None]
    for size in reversed(outer):
        sizes = _given(size, units)
        bounds = np.concatenate([[0], np.cumsum(sizes)])
        units = int(bounds[-1])
        finer = np.full((len(members) + 1, units + 1), units)
        finer[0] = np.arange(units + 1)
        finer[1:, : members.shape[1]] = bounds[members]
        members = finer
    if isinstance(innermost, DrawnSizes):
        return Clusters(members, None, innermost.shape().table[0, :-1].copy(), innermost.drawn, model.alone)
    sizes = np.concatenate([_given(innermost, units - model.alone), np.ones(model.alone, dtype=np.int64)])
    rows = np.concatenate([[0], np.cumsum(sizes)])
    return Clusters(members, rows[members][None], np.empty(0), "")


def _given(size: int | SizePattern, units: int) -> Integers:
    if isinstance(size, int):
        return np.full(units, size)
    assert isinstance(size, GivenSizes)
    return np.array(size.sizes(units), dtype=np.int64)
