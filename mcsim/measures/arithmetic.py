"""What the measures are computed with: means, squared deviations, and the standard errors of both."""

import math
from typing import Any, NamedTuple

import numpy as np

from mcsim.model import Floats

Z95 = 1.959963984540054
"""The .975 quantile of the normal distribution: Monte Carlo intervals are 95 % intervals."""


class Measured(NamedTuple):
    """The value of a measure and its Monte Carlo standard error."""

    value: float
    mcse: float


NOTHING = Measured(math.nan, math.nan)

quietly = np.errstate(all="ignore")
"""What does not exist is NaN by the rules of floating point (0/0, inf - inf), which numpy would also warn of."""


def mean_of(values: Floats) -> float:
    """The mean; NaN of no values."""
    return float(values.sum() / np.float64(values.size))


def deviations(values: Floats) -> Floats:
    """Deviations from the mean; exactly 0 where all values are equal."""
    shifted: Floats = values - values[:1]
    return shifted - mean_of(shifted)


def variance_of(squares: Floats) -> Any:
    """The variance, from squared deviations; NaN of fewer than two."""
    return squares.sum() / np.float64(squares.size - 1) if squares.size > 1 else np.float64(math.nan)


def standard_error(values: Floats) -> float:
    """The standard error of the mean of `values`: sd/sqrt(n)."""
    return float(np.sqrt(variance_of(deviations(values) ** 2) / np.float64(values.size)))


def influence_error(influence: Floats) -> float:
    """The MCSE from influence values of standard deviations; of two replications they are equal and say nothing."""
    return standard_error(influence) if influence.size > 2 else math.nan


def mean_measured(values: Floats) -> Measured:
    """The mean and its standard error."""
    return Measured(mean_of(values), standard_error(values))
