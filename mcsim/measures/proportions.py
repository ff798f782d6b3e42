"""Coverage, rejection and convergence: shares of replications."""

import math

import numpy as np
import numpy.typing as npt

from mcsim.measures.arithmetic import NOTHING, Z95, Measured, mean_of, quietly
from mcsim.model import Floats, Status

Flags = npt.NDArray[np.bool_]
"""An array of yes and no, by replication."""


def _proportion(count: float, n: int) -> Measured:
    """A share and its binomial MCSE sqrt(p (1 - p)/n) [1]; the MCSE of a share of 0 or 1 is unknown, not 0."""
    if n == 0 or math.isnan(count):
        return NOTHING
    share = count / n
    return Measured(share, math.sqrt(share * (1 - share) / n) if 0 < share < 1 else math.nan)


def covers(lower: Floats, upper: Floats, target: float) -> Flags:
    """Which intervals hold the target."""
    held: Flags = (lower <= target) & (target <= upper)
    return held


def rejects(p_value: Floats, level: float) -> Flags:
    """Which p-values are below 1 - level, which in binary would lie a little above .05 for .95."""
    rejected: Flags = p_value < round(1 - level, 12)
    return rejected


def _covering(lower: Floats, upper: Floats, target: float) -> float:
    """How many intervals hold the target; NaN where there is no target."""
    return float(np.count_nonzero(covers(lower, upper, target))) if math.isfinite(target) else math.nan


def _rejecting(p_value: Floats, level: float) -> int:
    """How many p-values reject."""
    return int(np.count_nonzero(rejects(p_value, level)))


def coverage(lower: Floats, upper: Floats, *, truth: float) -> Measured:
    """Share of intervals that hold the truth [1]."""
    return _proportion(_covering(lower, upper, truth), lower.size)


def coverage_all(lower: Floats, upper: Floats, *, truth: float, n_missing: int) -> Measured:
    """Share of replications with an interval that holds the truth: a missing interval holds nothing."""
    return _proportion(_covering(lower, upper, truth), lower.size + n_missing)


@quietly
def bias_eliminated_coverage(estimate: Floats, *, lower: Floats, upper: Floats) -> Measured:
    """Share of intervals that hold the mean estimate [1].

    The binomial MCSE takes that mean as known; where estimates are skewed, it is up to some 15 % too large.
    """
    return _proportion(_covering(lower, upper, mean_of(estimate)), lower.size)


def rejection(p_value: Floats, level: float) -> Measured:
    """Share of p-values below 1 - level: power, or type I error where the null hypothesis is true [1]."""
    return _proportion(_rejecting(p_value, level), p_value.size)


def rejection_all(p_value: Floats, level: float, *, n_missing: int) -> Measured:
    """Share of replications with a p-value below 1 - level: a missing one rejects nothing."""
    return _proportion(_rejecting(p_value, level), p_value.size + n_missing)


def convergence(status: npt.NDArray[np.int8], n_missing: int) -> Measured:
    """Share of replications whose fit ended ok or singular [4]."""
    return _proportion(int(np.count_nonzero(status <= Status.SINGULAR)), status.size + n_missing)


def singular(status: npt.NDArray[np.int8]) -> Measured:
    """Share of usable fits that are singular."""
    return _proportion(int(np.count_nonzero(status == Status.SINGULAR)), status.size)


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion of n [5], which has a length at 0 and 1 too; NaN where n is 0."""
    if n == 0 or math.isnan(share):
        return math.nan, math.nan
    weight = Z95**2 / n
    centre = (share + weight / 2) / (1 + weight)
    half = math.sqrt(share * (1 - share) * weight + weight**2 / 4) / (1 + weight)
    return (0.0 if share == 0 else centre - half), (1.0 if share == 1 else centre + half)
