"""Performance measures: one small function each, with its Monte Carlo standard error (MCSE).

A measure is a function of what it names and of nothing else. To add one, write it in the file where it belongs and
enter it below: in `AVERAGES`, in `PROPORTIONS` if it counts replications, or in `PROPORTION_DIFFERENCES` if it compares
two such counts. Its arguments are found by their names and mean the same everywhere:

estimate, std_error, lower, upper, p_value : array (n,)
    What the method reported in the n replications that have **all** the quantities the measure names.
reference_estimate, reference_std_error, reference_lower, reference_upper, reference_p_value : array (n,)
    What the reference method reported in the same replications. A measure that names one of these is paired: its n
    replications are those in which both fits are usable and have all that it names.
status : array (n,)
    `Status` codes of the usable fits.
truth : float
    The true value of the estimand; NaN where there is none.
level, reference_level : float
    The nominal level of the method's intervals, and of those of the reference method.
n_missing : int
    Replications that should have what the measure names and have not; skipped ones are not among them. A pair is
    missing if either fit is, and skipped if either is.

Each returns a value and its MCSE, both NaN where they do not exist, and never warns. The MCSE of a mean is sd/sqrt(n).
That of a smooth function of means comes from influence values: it is the standard error of the mean of psi, where
psi_i is the derivative of the measure in the direction of replication i. Written with d_i = estimate_i - mean and
s^2 = sum d_i^2/(n - 1), psi_i of s is (d_i^2 - s^2)/(2 s), so fourth moments enter, and a measure of two quantities
takes both from the same replication. Formulas that assume normal estimates are in `normal_theory`, for comparison
only: they are off by a factor of almost two for variance components.

References
----------
.. [1] Morris, White & Crowther (2019), Statistics in Medicine 38, 2074-2102, table 6.
.. [2] White (2010), Stata Journal 10, 369-385.
.. [3] Koehler, Brown & Haneuse (2009), The American Statistician 63, 155-162.
.. [4] Siepe, Bartos, Morris, Boulesteix, Heck & Pawel (2024), Psychological Methods, table 3.
.. [5] Wilson (1927), Journal of the American Statistical Association 22, 209-212.
.. [6] McNemar (1947), Psychometrika 12, 153-157: the variance of a difference of correlated proportions.
.. [7] Tango (1998), Statistics in Medicine 17, 891-908.
"""

from collections.abc import Callable

from mcsim.measures.arithmetic import NOTHING, Z95, Measured
from mcsim.measures.averages import (
    bias,
    ci_width,
    empirical_se,
    model_se,
    mse,
    relative_bias,
    relative_error_model_se,
    rmse,
)
from mcsim.measures.normal_theory import (
    normal_mcse_empirical_se,
    normal_mcse_relative_error_model_se,
    normal_mcse_relative_precision,
)
from mcsim.measures.paired import (
    difference_bias,
    difference_coverage,
    difference_mse,
    difference_rejection,
    relative_precision,
    score_interval,
)
from mcsim.measures.proportions import (
    bias_eliminated_coverage,
    convergence,
    coverage,
    coverage_all,
    rejection,
    rejection_all,
    singular,
    wilson_interval,
)

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
    "difference_bias": difference_bias,
    "difference_mse": difference_mse,
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

PROPORTION_DIFFERENCES: dict[str, Measure] = {
    "difference_coverage": difference_coverage,
    "difference_rejection": difference_rejection,
}

MEASURES: dict[str, Measure] = AVERAGES | PROPORTIONS | PROPORTION_DIFFERENCES
"""Every measure by name, in the order of tables."""

__all__ = [
    "AVERAGES",
    "MEASURES",
    "NOTHING",
    "PROPORTIONS",
    "PROPORTION_DIFFERENCES",
    "Z95",
    "Measure",
    "Measured",
    "bias",
    "bias_eliminated_coverage",
    "ci_width",
    "convergence",
    "coverage",
    "coverage_all",
    "difference_bias",
    "difference_coverage",
    "difference_mse",
    "difference_rejection",
    "empirical_se",
    "model_se",
    "mse",
    "normal_mcse_empirical_se",
    "normal_mcse_relative_error_model_se",
    "normal_mcse_relative_precision",
    "rejection",
    "rejection_all",
    "relative_bias",
    "relative_error_model_se",
    "relative_precision",
    "rmse",
    "score_interval",
    "singular",
    "wilson_interval",
]
