"""What each measure is, for readers: in words, as a formula, and with what its Monte Carlo standard error comes from.

n replications have what the measure needs; theta is the truth, e_i the estimate of replication i and e its mean,
d_i = e_i - e, se_i the standard error, [l_i, u_i] the interval, p_i the p-value, r_i what the reference method
estimates. Influence values (psi) give the standard error of a smooth function of means: sd(psi)/√n.
"""

from typing import NamedTuple

REFERENCES = {
    1: "Morris, White & Crowther (2019), Statistics in Medicine 38, 2074-2102",
    2: "White (2010), Stata Journal 10, 369-385",
    3: "Koehler, Brown & Haneuse (2009), The American Statistician 63, 155-162",
    4: "Siepe, Bartoš, Morris, Boulesteix, Heck & Pawel (2024), Psychological Methods",
    5: "Wilson (1927), Journal of the American Statistical Association 22, 209-212",
    6: "McNemar (1947), Psychometrika 12, 153-157",
    7: "Tango (1998), Statistics in Medicine 17, 891-908",
}
"""The numbered references of `mcsim.measures`."""

SYMBOLS = (
    "θ: the truth; eᵢ: the estimate of replication i of n, e its mean, dᵢ = eᵢ - e; seᵢ: its standard error; "
    "[lᵢ, uᵢ]: its interval, at the method's level; pᵢ: its p-value; eᵢ′, dᵢ′, [lᵢ′, uᵢ′], pᵢ′: those of the "
    "reference method in the same replication; α: 1 - level; #: the number of; ψᵢ: influence values"
)
"""What the letters of the formulas mean."""


class Formula(NamedTuple):
    """A measure for readers.

    Attributes
    ----------
    words : str
        What it is.
    formula : str
        In the letters of `SYMBOLS`.
    mcse : str
        Its Monte Carlo standard error.
    reference : int or None
        The number of its source in `REFERENCES`; None if it has none.
    """

    words: str
    formula: str
    mcse: str
    reference: int | None


_MEAN = "sd/√n"
_BINOMIAL = "√(p(1 - p)/n); none for 0 and 1: Wilson score interval [5]"
_PAIRED = "sd of the differences/√n; none where all pairs are alike: score interval [7]"

FORMULAS: dict[str, Formula] = {
    "bias": Formula("mean error", "e - θ", _MEAN, 1),
    "relative_bias": Formula("bias as a fraction of the truth", "(e - θ)/θ", "that of bias/|θ|", 4),
    "empirical_se": Formula(
        "standard deviation of the estimates", "s = √(Σ dᵢ²/(n - 1))", "influence values ψᵢ = (dᵢ² - s²)/(2s) [3]", 1
    ),
    "model_se": Formula(
        "root mean square of the standard errors", "m = √(Σ seᵢ²/n)", "influence values ψᵢ = (seᵢ² - m²)/(2m)", 1
    ),
    "relative_error_model_se": Formula(
        "percent by which the model SE exceeds the empirical SE",
        "100(m/s - 1)",
        "influence values ψᵢ = 100(m/s)(seᵢ²/(2m²) - dᵢ²/(2s²))",
        1,
    ),
    "mse": Formula("mean squared error", "Σ (eᵢ - θ)²/n", _MEAN, 1),
    "rmse": Formula(
        "root mean squared error", "q = √(Σ (eᵢ - θ)²/n)", "influence values ψᵢ = ((eᵢ - θ)² - q²)/(2q)", 4
    ),
    "relative_precision": Formula(
        "percent gain in precision over the reference method",
        "100(v/w - 1), v = Σ dᵢ′²/(n - 1), w = Σ dᵢ²/(n - 1)",
        "influence values ψᵢ = 100(v/w)(dᵢ′²/v - dᵢ²/w)",
        1,
    ),
    "difference_bias": Formula("bias minus that of the reference method", "Σ (eᵢ - eᵢ′)/n", _MEAN, 1),
    "difference_mse": Formula(
        "mean squared error minus that of the reference method", "Σ ((eᵢ - θ)² - (eᵢ′ - θ)²)/n", _MEAN, 1
    ),
    "ci_width": Formula("mean width of the intervals", "Σ (uᵢ - lᵢ)/n", _MEAN, 4),
    "coverage": Formula("share of intervals that hold the truth", "#(lᵢ ≤ θ ≤ uᵢ)/n", _BINOMIAL, 1),
    "coverage_all": Formula(
        "share of replications whose interval holds the truth, a missing one holding nothing",
        "#(lᵢ ≤ θ ≤ uᵢ)/(n + missing)",
        _BINOMIAL,
        None,
    ),
    "bias_eliminated_coverage": Formula(
        "share of intervals that hold the mean estimate", "#(lᵢ ≤ e ≤ uᵢ)/n", _BINOMIAL, 1
    ),
    "rejection": Formula(
        "share of p-values below α: power, or type I error where the null hypothesis is true",
        "#(pᵢ < α)/n",
        _BINOMIAL,
        1,
    ),
    "rejection_all": Formula(
        "share of replications whose p-value is below α, a missing one rejecting nothing",
        "#(pᵢ < α)/(n + missing)",
        _BINOMIAL,
        None,
    ),
    "convergence": Formula(
        "share of replications whose fit ended ok or singular", "#(ok or singular)/(n + missing)", _BINOMIAL, 4
    ),
    "singular": Formula("share of usable fits that are singular", "#(singular)/n", _BINOMIAL, None),
    "difference_coverage": Formula(
        "coverage minus that of the reference method",
        "(#(lᵢ ≤ θ ≤ uᵢ) - #(lᵢ′ ≤ θ ≤ uᵢ′))/n",
        _PAIRED,
        6,
    ),
    "difference_rejection": Formula(
        "rejection minus that of the reference method", "(#(pᵢ < α) - #(pᵢ′ < α′))/n", _PAIRED, 6
    ),
}
"""Every measure for readers, by name."""
