"""The value that a measure should have, and how far Monte Carlo error alone takes it from there."""

import math
from typing import NamedTuple

from mcsim.measures import PROPORTION_DIFFERENCES, Z95

_ZERO = {"bias", "relative_bias", "relative_error_model_se", "relative_precision", "difference_bias", "difference_mse"}
_LEVEL = {"coverage", "coverage_all", "bias_eliminated_coverage"}
_REJECTION = {"rejection", "rejection_all"}


class Reference(NamedTuple):
    """A reference line at `value` and its 95 % Monte Carlo band from `lower` to `upper`; NaN where there is none."""

    value: float
    lower: float
    upper: float


class Aim(NamedTuple):
    """What decides on a reference: the truth of the estimand, the method's nominal level, the power to reach."""

    truth: float
    level: float
    power: float


def reference(measure: str, aim: Aim, *, mcse: float, n: int) -> Reference:
    """The reference of one figure.

    Bias and other differences should be 0; an interval should cover at its nominal level; a test should reject with the
    power wished for, or at its level where the truth is 0. The band is that within which a figure lies in 95 of 100
    studies if its true value is the reference: from the binomial variance for proportions, else from the figure's own
    Monte Carlo standard error.

    Parameters
    ----------
    measure : str
        Its name.
    aim : Aim
        Truth, level and power.
    mcse : float
        Of the figure.
    n : int
        The replications it rests on.
    """
    value = _value(measure, aim)
    if measure in _LEVEL or measure in _REJECTION:
        half = Z95 * math.sqrt(value * (1 - value) / n) if n and not math.isnan(value) else math.nan
        return Reference(value, max(value - half, 0.0), min(value + half, 1.0))
    return Reference(value, value - Z95 * mcse, value + Z95 * mcse)


def _value(measure: str, aim: Aim) -> float:
    if measure in _ZERO or measure in PROPORTION_DIFFERENCES:
        return 0.0
    if measure in _LEVEL:
        return aim.level
    if measure in _REJECTION and not math.isnan(aim.truth):
        return aim.power if aim.truth else 1 - aim.level
    return math.nan
