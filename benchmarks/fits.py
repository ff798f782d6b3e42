"""What one fit returns, whoever made it, and how far two sets of fits are apart."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class PeerAbsentError(Exception):
    """A peer that is not installed here; the message says what would bring it."""


class Fit(NamedTuple):
    """The numbers of one fit; variances are those of intercept, covariance, slope and residual."""

    criterion: float
    fixed: tuple[float, ...]
    std_errors: tuple[float, ...]
    variances: tuple[float, ...]


class TimedFit(NamedTuple):
    """A fit and its seconds, by the name of each way it was timed."""

    seconds: dict[str, float]
    fit: Fit


class Distance(NamedTuple):
    """The largest relative differences between two sets of fits, and the largest difference of the criterion.

    A positive `criterion_above` says that the other fits ended above ours, a negative `criterion_below` below.
    """

    fixed: float
    std_errors: float
    variances: float
    criterion_above: float
    criterion_below: float


def _relative(ours: Sequence[tuple[float, ...]], theirs: Sequence[tuple[float, ...]]) -> float:
    a, b = np.array(ours), np.array(theirs)
    return float(np.max(np.abs(a - b) / np.maximum(np.abs(a), 1e-6)))


def distance(ours: Sequence[Fit], theirs: Sequence[Fit]) -> Distance:
    """Compare the fits of the same data sets."""
    above = [their.criterion - our.criterion for our, their in zip(ours, theirs, strict=True)]
    return Distance(
        _relative([f.fixed for f in ours], [f.fixed for f in theirs]),
        _relative([f.std_errors for f in ours], [f.std_errors for f in theirs]),
        _relative([f.variances for f in ours], [f.variances for f in theirs]),
        max(above),
        min(above),
    )
