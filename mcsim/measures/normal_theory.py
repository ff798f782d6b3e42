"""Monte Carlo standard errors by formulas that assume normal estimates, for comparison only.

They are off by a factor of almost two for variance components.
"""

import numpy as np

from mcsim.measures.arithmetic import deviations, mean_of, quietly, standard_error, variance_of
from mcsim.model import Floats


@quietly
def normal_mcse_empirical_se(estimate: Floats) -> float:
    """MCSE of `empirical_se` for normal estimates: s/sqrt(2 (n - 1)) [1]."""
    return float(np.sqrt(variance_of(deviations(estimate) ** 2) / np.float64(2 * (estimate.size - 1))))


@quietly
def normal_mcse_relative_error_model_se(estimate: Floats, std_error: Floats) -> float:
    """MCSE of `relative_error_model_se` for normal estimates, independent of their standard errors [1].

    100 m/s sqrt(Var(std_error^2)/(4 n m^4) + 1/(2 (n - 1))).
    """
    modelled = std_error**2
    mean, n = np.float64(mean_of(modelled)), np.float64(estimate.size)
    ratio = np.sqrt(mean / variance_of(deviations(estimate) ** 2))
    parts = (standard_error(modelled) / (2 * mean)) ** 2 + 1 / (2 * (n - 1))
    return float(100 * ratio * np.sqrt(parts))


@quietly
def normal_mcse_relative_precision(estimate: Floats, reference_estimate: Floats) -> float:
    """MCSE of `relative_precision` for bivariate normal pairs: 200 v/w sqrt((1 - r^2)/(n - 1)) [2]."""
    own, other = deviations(estimate), deviations(reference_estimate)
    own_sum, other_sum = (own**2).sum(), (other**2).sum()
    correlation = (own * other).sum() / np.sqrt(own_sum * other_sum)
    return float(200 * other_sum / own_sum * np.sqrt((1 - correlation**2) / np.float64(estimate.size - 1)))
