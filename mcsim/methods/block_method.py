"""What methods that analyse blocks in a kernel have in common."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcsim.model import QUANTITIES, Dataset, DatasetBlock, Estimates, Method
from mcsim.streams import Streams

Notes = dict[tuple[int, int], str]

Draws = Callable[[int], np.random.Generator]
"""The generator of a replication, by its index."""


@dataclass(frozen=True, kw_only=True)
class BlockMethod(Method):
    """A method of one form: a data set is analysed as a block of one replication, so both forms agree bit for bit."""

    @abstractmethod
    def analyse(self, block: DatasetBlock, draws: Draws) -> Estimates:
        """Analyse every replication of a block; `draws` gives the generator of a replication by its index."""

    def fit(self, dataset: Dataset, rng: np.random.Generator) -> Estimates:
        """Analyse one data set.

        Parameters
        ----------
        dataset : Dataset
            Numeric columns (n,); a grouping factor may hold anything that can be sorted.
        rng : numpy.random.Generator
            Drawn from by methods that resample.

        Returns
        -------
        Estimates
            Of one replication.

        Raises
        ------
        DataError
            If a column is missing or is not numeric.
        FormulaError
            If the formula is outside the grammar, or is not one for this method.
        """
        return self.analyse(alone(dataset), lambda _: rng)

    def fit_block(self, block: DatasetBlock, streams: Streams) -> Estimates:
        """Analyse a block of data sets; as `fit`, one replication after the other.

        Parameters
        ----------
        block : DatasetBlock
            Data sets of R replications.
        streams : Streams
            As the generator of `fit`, one for each.

        Returns
        -------
        Estimates
            Of R replications.
        """
        return self.analyse(block, streams.generator)


def alone(dataset: Dataset) -> DatasetBlock:
    """A data set as a block of one replication, all its columns shared."""
    rows = len(next(iter(dataset.columns.values()), ()))
    return DatasetBlock((), np.empty((1, 0, rows)), dataset.columns, dataset.formula)


def joined(parts: Sequence[Estimates], estimands: tuple[str, ...]) -> Estimates:
    """Estimates of one replication each, as one; without any, none of the estimands."""
    k = len(estimands)
    values = [np.empty((0, k, len(QUANTITIES))), *(part.values for part in parts)]
    status = [np.empty((0, k), dtype=np.int8), *(part.status for part in parts)]
    notes = {(rep, key[1]): note for rep, part in enumerate(parts) for key, note in part.notes.items()}
    return Estimates(estimands, np.concatenate(values), np.concatenate(status), notes)


def notes_of(
    reason: npt.NDArray[np.int8], n_obs: npt.NDArray[np.int64], size: tuple[npt.NDArray[np.int64], int]
) -> Notes:
    """Why a replication is not usable, and how many rows it lacks; the same for each of its estimands.

    Parameters
    ----------
    reason : array (R,)
        Indices into `mcsim.kernels.reasons.REASONS`.
    n_obs : array (R,)
        Rows without a missing value.
    size : tuple of array (R,), int
        How many rows there are, and how many estimands.
    """
    from mcsim.kernels.reasons import REASONS

    rows, k = size
    places = np.flatnonzero((reason != 0) | (n_obs < rows))
    counts = np.stack([places, reason[places], (rows - n_obs)[places], rows[places]], axis=1)
    notes = {}
    for rep, why, left_out, of in counts.tolist():  # plain numbers are quicker to print
        said = [REASONS[why], f"{left_out} of {of} rows left out: missing values" if left_out else ""]
        note = "; ".join(filter(None, said))
        for estimand in range(k):
            notes[rep, estimand] = note
    return notes
