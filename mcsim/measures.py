"""Performance measures: one small function each, with its Monte Carlo standard error (MCSE).

A measure is a function of what it names and of nothing else. To add one, write it and enter it in `AVERAGES`, or in
`PROPORTIONS` if it counts replications; its arguments are found by their names and mean the same everywhere:

estimate, std_error, lower, upper, p_value : array (n,)
    What the method reported in the n replications that have **all** the quantities the measure names.
reference : array (n,)
    The estimate of the reference method in the same replications.
status : array (n,)
    `Status` codes of the usable fits.
truth : float
    The true value of the estimand; NaN where there is none.
level : float
    The nominal level of the intervals.
n_missing : int
    Replications that should have what the measure names and have not; skipped ones are not among them.

Each returns a value and its MCSE, both NaN where they do not exist, and never warns. The MCSE of a mean is sd/sqrt(n).
That of a smooth function of means comes from influence values: it is the standard error of the mean of psi, where
psi_i is the derivative of the measure in the direction of replication i. Written with d_i = estimate_i - mean and
s^2 = sum d_i^2/(n - 1), psi_i of s is (d_i^2 - s^2)/(2 s), so fourth moments enter, and a measure of two quantities
takes both from the same replication. Formulas that assume normal estimates are at the end, for comparison only: they
are off by a factor of almost two for variance components.

References
----------
.. [1] Morris, White & Crowther (2019), Statistics in Medicine 38, 2074-2102, table 6.
.. [2] White (2010), Stata Journal 10, 369-385.
.. [3] Koehler, Brown & Haneuse (2009), The American Statistician 63, 155-162.
.. [4] Siepe, Bartos, Morris, Boulesteix, Heck & Pawel (2024), Psychological Methods, table 3.
.. [5] Wilson (1927), Journal of the American Statistical Association 22, 209-212.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.model import Floats, Status

Z95 = 1.959963984540054
"""The .975 quantile of the normal distribution: Monte Carlo intervals are 95 % intervals."""


class Measured(NamedTuple):
    """The value of a measure and its Monte Carlo standard error."""

    value: float
    mcse: float


NOTHING = Measured(math.nan, math.nan)

# What does not exist is NaN by the rules of floating point (0/0, inf - inf), which numpy would also warn of.
_quietly = np.errstate(all="ignore")


def _mean(values: Floats) -> float:
    return float(values.sum() / np.float64(values.size))


def _deviations(values: Floats) -> Floats:
    """Deviations from the mean; exactly 0 where all values are equal."""
    shifted: Floats = values - values[:1]
    return shifted - _mean(shifted)


def _variance(squares: Floats) -> Any:
    """The variance, from squared deviations."""
    return squares.sum() / np.float64(squares.size - 1) if squares.size > 1 else np.float64(math.nan)


def _standard_error(values: Floats) -> float:
    """The standard error of the mean of `values`."""
    return float(np.sqrt(_variance(_deviations(values) ** 2) / np.float64(values.size)))


def _influence_error(influence: Floats) -> float:
    """The MCSE from influence values of standard deviations; of two replications they are equal and say nothing."""
    return _standard_error(influence) if influence.size > 2 else math.nan


def _mean_measured(values: Floats) -> Measured:
    return Measured(_mean(values), _standard_error(values))


@_quietly
def bias(estimate: Floats, truth: float) -> Measured:
    """Mean of estimate - truth; MCSE sd/sqrt(n) [1]."""
    return _mean_measured(estimate - truth)


@_quietly
def relative_bias(estimate: Floats, truth: float) -> Measured:
    """Bias as a fraction of the truth; NaN where the truth is 0 [4]."""
    scale = np.float64(truth or math.nan)
    value, mcse = bias(estimate, truth)
    return Measured(float(value / scale), float(mcse / abs(scale)))


@_quietly
def empirical_se(estimate: Floats) -> Measured:
    """Standard deviation s of the estimates [1]; psi_i = (d_i^2 - s^2)/(2 s) [3]."""
    squares = _deviations(estimate) ** 2
    value = np.sqrt(_variance(squares))
    return Measured(float(value), float(_influence_error(squares) / (2 * value)))


@_quietly
def model_se(std_error: Floats) -> Measured:
    """Root mean square m of the standard errors; psi_i = (std_error_i^2 - m^2)/(2 m) [1]."""
    squares = std_error**2
    value = np.sqrt(_mean(squares))
    return Measured(float(value), float(_standard_error(squares) / (2 * value)))


@_quietly
def relative_error_model_se(estimate: Floats, std_error: Floats) -> Measured:
    """Percent by which the model SE m exceeds the empirical SE s: 100 (m/s - 1) [1].

    psi_i = 100 m/s (std_error_i^2/(2 m^2) - d_i^2/(2 s^2)), up to a constant: standard errors of variance components
    rise and fall with the estimates, so the two parts are far from independent.
    """
    squares, modelled = _deviations(estimate) ** 2, std_error**2
    variance, mean = _variance(squares), np.float64(_mean(modelled))
    ratio = np.sqrt(mean / variance)
    influence = ratio * (modelled / (2 * mean) - squares / (2 * variance))
    return Measured(float(100 * (ratio - 1)), float(100 * _influence_error(influence)))


@_quietly
def mse(estimate: Floats, truth: float) -> Measured:
    """Mean of (estimate - truth)^2; MCSE sd/sqrt(n) [1]."""
    return _mean_measured((estimate - truth) ** 2)


@_quietly
def rmse(estimate: Floats, truth: float) -> Measured:
    """Root r of the mean squared error; psi_i = ((estimate_i - truth)^2 - r^2)/(2 r) [4]."""
    squares = (estimate - truth) ** 2
    value = np.sqrt(_mean(squares))
    return Measured(float(value), float(_standard_error(squares) / (2 * value)))


@_quietly
def relative_precision(estimate: Floats, reference: Floats) -> Measured:
    """Percent gain in precision over the reference method: 100 (v/w - 1), v and w the variances [1].

    v is that of the reference, both over the replications that both methods have. psi_i = 100 v/w (e_i^2/v - d_i^2/w)
    with e_i and d_i the deviations of the reference and of the method: pairs stay together.
    """
    squares, others = _deviations(estimate) ** 2, _deviations(reference) ** 2
    variance, other = _variance(squares), _variance(others)
    ratio = other / variance
    influence = ratio * (others / other - squares / variance)
    return Measured(float(100 * (ratio - 1)), float(100 * _influence_error(influence)))


@_quietly
def ci_width(lower: Floats, upper: Floats) -> Measured:
    """Mean of upper - lower; MCSE sd/sqrt(n) [4]."""
    return _mean_measured(upper - lower)


def _proportion(count: float, n: int) -> Measured:
    """A share and its binomial MCSE sqrt(p (1 - p)/n) [1]; the MCSE of a share of 0 or 1 is unknown, not 0."""
    if n == 0 or math.isnan(count):
        return NOTHING
    share = count / n
    return Measured(share, math.sqrt(share * (1 - share) / n) if 0 < share < 1 else math.nan)


def _covering(lower: Floats, upper: Floats, target: float) -> float:
    """How many intervals hold the target; NaN where there is no target."""
    if not math.isfinite(target):
        return math.nan
    return float(np.count_nonzero((lower <= target) & (target <= upper)))


def _rejecting(p_value: Floats, level: float) -> int:
    """How many p-values are below 1 - level, which in binary would lie a little above .05 for .95."""
    return int(np.count_nonzero(p_value < round(1 - level, 12)))


def coverage(lower: Floats, upper: Floats, *, truth: float) -> Measured:
    """Share of intervals that hold the truth [1]."""
    return _proportion(_covering(lower, upper, truth), lower.size)


def coverage_all(lower: Floats, upper: Floats, *, truth: float, n_missing: int) -> Measured:
    """Share of replications with an interval that holds the truth: a missing interval holds nothing."""
    return _proportion(_covering(lower, upper, truth), lower.size + n_missing)


@_quietly
def bias_eliminated_coverage(estimate: Floats, *, lower: Floats, upper: Floats) -> Measured:
    """Share of intervals that hold the mean estimate [1].

    The binomial MCSE takes that mean as known; where estimates are skewed, it is up to some 15 % too large.
    """
    return _proportion(_covering(lower, upper, _mean(estimate)), lower.size)


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


@_quietly
def normal_mcse_empirical_se(estimate: Floats) -> float:
    """MCSE of `empirical_se` for normal estimates: s/sqrt(2 (n - 1)) [1]."""
    return float(np.sqrt(_variance(_deviations(estimate) ** 2) / np.float64(2 * (estimate.size - 1))))


@_quietly
def normal_mcse_relative_error_model_se(estimate: Floats, std_error: Floats) -> float:
    """MCSE of `relative_error_model_se` for normal estimates, independent of their standard errors [1].

    100 m/s sqrt(Var(std_error^2)/(4 n m^4) + 1/(2 (n - 1))).
    """
    modelled = std_error**2
    mean, n = np.float64(_mean(modelled)), np.float64(estimate.size)
    ratio = np.sqrt(mean / _variance(_deviations(estimate) ** 2))
    parts = (_standard_error(modelled) / (2 * mean)) ** 2 + 1 / (2 * (n - 1))
    return float(100 * ratio * np.sqrt(parts))


@_quietly
def normal_mcse_relative_precision(estimate: Floats, reference: Floats) -> float:
    """MCSE of `relative_precision` for bivariate normal pairs: 200 v/w sqrt((1 - r^2)/(n - 1)) [2]."""
    own, other = _deviations(estimate), _deviations(reference)
    own_sum, other_sum = (own**2).sum(), (other**2).sum()
    correlation = (own * other).sum() / np.sqrt(own_sum * other_sum)
    return float(200 * other_sum / own_sum * np.sqrt((1 - correlation**2) / np.float64(estimate.size - 1)))


Measure = Callable[..., Measured]

AVERAGES: dict[str, Measure] = {
    "bias": bias,
    "relative_bias": relative_bias,
    "empirical_se": empirical_se,
    "model_se": model_se,
    "relative_error_model_se": relative_error_model_se,
    "mse": mse,
    "rmse": rmse,
    "relative_precision": relative_precision,
    "ci_width": ci_width,
}

PROPORTIONS: dict[str, Measure] = {
    "coverage": coverage,
    "coverage_all": coverage_all,
    "bias_eliminated_coverage": bias_eliminated_coverage,
    "rejection": rejection,
    "rejection_all": rejection_all,
    "convergence": convergence,
    "singular": singular,
}

MEASURES: dict[str, Measure] = AVERAGES | PROPORTIONS
"""Every measure by name, in the order of tables."""
