"""Bias, spread, error and width: means over replications and smooth functions of them."""

import math

import numpy as np

from mcsim.measures.arithmetic import (
    Measured,
    deviations,
    influence_error,
    mean_measured,
    mean_of,
    quietly,
    standard_error,
    variance_of,
)
from mcsim.model import Floats


@quietly
def bias(estimate: Floats, truth: float) -> Measured:
    """Mean of estimate - truth; MCSE sd/sqrt(n) [1]."""
    return mean_measured(estimate - truth)


@quietly
def relative_bias(estimate: Floats, truth: float) -> Measured:
    """Bias as a fraction of the truth; NaN where the truth is 0 [4]."""
    scale = np.float64(truth or math.nan)
    value, mcse = bias(estimate, truth)
    return Measured(float(value / scale), float(mcse / abs(scale)))


@quietly
def empirical_se(estimate: Floats) -> Measured:
    """Standard deviation s of the estimates [1]; psi_i = (d_i^2 - s^2)/(2 s) [3]."""
    squares = deviations(estimate) ** 2
    value = np.sqrt(variance_of(squares))
    return Measured(float(value), float(influence_error(squares) / (2 * value)))


@quietly
def model_se(std_error: Floats) -> Measured:
    """Root mean square m of the standard errors; psi_i = (std_error_i^2 - m^2)/(2 m) [1]."""
    squares = std_error**2
    value = np.sqrt(mean_of(squares))
    return Measured(float(value), float(standard_error(squares) / (2 * value)))


@quietly
def relative_error_model_se(estimate: Floats, std_error: Floats) -> Measured:
    """Percent by which the model SE m exceeds the empirical SE s: 100 (m/s - 1) [1].

    psi_i = 100 m/s (std_error_i^2/(2 m^2) - d_i^2/(2 s^2)), up to a constant: standard errors of variance components
    rise and fall with the estimates, so the two parts are far from independent.
    """
    squares, modelled = deviations(estimate) ** 2, std_error**2
    variance, mean = variance_of(squares), np.float64(mean_of(modelled))
    ratio = np.sqrt(mean / variance)
    influence = ratio * (modelled / (2 * mean) - squares / (2 * variance))
    return Measured(float(100 * (ratio - 1)), float(100 * influence_error(influence)))


@quietly
def mse(estimate: Floats, truth: float) -> Measured:
    """Mean of (estimate - truth)^2; MCSE sd/sqrt(n) [1]."""
    return mean_measured((estimate - truth) ** 2)


@quietly
def rmse(estimate: Floats, truth: float) -> Measured:
    """Root r of the mean squared error; psi_i = ((estimate_i - truth)^2 - r^2)/(2 r) [4]."""
    squares = (estimate - truth) ** 2
    value = np.sqrt(mean_of(squares))
    return Measured(float(value), float(standard_error(squares) / (2 * value)))


@quietly
def ci_width(lower: Floats, upper: Floats) -> Measured:
    """Mean of upper - lower; MCSE sd/sqrt(n) [4]."""
    return mean_measured(upper - lower)
