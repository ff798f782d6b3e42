"""A method beside the reference method, which sees the same data: differences within replications.

Every measure is over the replications in which both methods have what it names. Where the two rise and fall together,
a difference varies far less than either: its MCSE is the standard error of the mean of the differences within the
replications.
"""

import math

import numpy as np

from mcsim.measures.arithmetic import (
    NOTHING,
    Measured,
    deviations,
    influence_error,
    mean_measured,
    quietly,
    variance_of,
)
from mcsim.measures.proportions import Flags, covers, rejects, wilson_interval
from mcsim.model import Floats


@quietly
def relative_precision(estimate: Floats, reference_estimate: Floats) -> Measured:
    """Percent gain in precision over the reference method: 100 (v/w - 1), v and w the variances [1].

    v is that of the reference, both over the replications that both methods have. psi_i = 100 v/w (e_i^2/v - d_i^2/w)
    with e_i and d_i the deviations of the reference and of the method: pairs stay together.
    """
    squares, others = deviations(estimate) ** 2, deviations(reference_estimate) ** 2
    variance, other = variance_of(squares), variance_of(others)
    ratio = other / variance
    influence = ratio * (others / other - squares / variance)
    return Measured(float(100 * (ratio - 1)), float(100 * influence_error(influence)))


@quietly
def difference_bias(estimate: Floats, reference_estimate: Floats, *, truth: float) -> Measured:
    """Bias minus that of the reference method, the mean of estimate - reference_estimate; MCSE sd/sqrt(n) [1].

    The truth cancels out; where there is none, there is no bias that could differ.
    """
    return mean_measured(estimate - reference_estimate) if math.isfinite(truth) else NOTHING


@quietly
def difference_mse(estimate: Floats, reference_estimate: Floats, *, truth: float) -> Measured:
    """Mean squared error minus that of the reference method; MCSE sd/sqrt(n) [1].

    The mean of (estimate - truth)^2 - (reference_estimate - truth)^2, as a product, which loses no digits where the
    two estimates are close.
    """
    errors = (estimate - truth) + (reference_estimate - truth)
    return mean_measured((estimate - reference_estimate) * errors)


def difference_coverage(
    lower: Floats, upper: Floats, *, reference_lower: Floats, reference_upper: Floats, truth: float
) -> Measured:
    """Coverage minus that of the reference method; MCSE sd/sqrt(n) of differences of 0 and 1 [6]."""
    if not math.isfinite(truth):
        return NOTHING
    return _share_difference(covers(lower, upper, truth), covers(reference_lower, reference_upper, truth))


def difference_rejection(
    p_value: Floats, reference_p_value: Floats, *, level: float, reference_level: float
) -> Measured:
    """Rejection minus that of the reference method, each at its own level; MCSE sd/sqrt(n) [6]."""
    return _share_difference(rejects(p_value, level), rejects(reference_p_value, reference_level))


@quietly
def _share_difference(hits: Flags, reference_hits: Flags) -> Measured:
    """The difference of two shares of the same replications; its MCSE is unknown, not 0, where all pairs are alike."""
    value, mcse = mean_measured(hits.astype(np.float64) - reference_hits)
    return Measured(value, mcse if mcse > 0 else math.nan)


def score_interval(difference: float, n: int) -> tuple[float, float]:
    """The 95 % score interval of a difference of paired proportions in which all n pairs are alike [7].

    With none that differ, the limits are those of the difference D for which n D/(1 - D) is at most z^2, and as much
    below 0: the upper Wilson limit w of a share of 0. With all that differ in one direction, n (1 - D)/(1 + D) is at
    most z^2, and the interval goes from 1 - 2 w to 1.

    Parameters
    ----------
    difference : float
        0, 1 or -1: there is no other where all pairs are alike. NaN where there is nothing to compare.
    n : int
        How many pairs.

    Returns
    -------
    tuple of float
        Lower and upper limit; both NaN where `n` is 0 or the difference is NaN.
    """
    if math.isnan(difference):
        return math.nan, math.nan
    limit = wilson_interval(0.0, n)[1]
    if difference == 0:
        return -limit, limit
    return (1 - 2 * limit, 1.0) if difference > 0 else (-1.0, 2 * limit - 1)
