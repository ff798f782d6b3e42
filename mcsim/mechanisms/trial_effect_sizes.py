"""Trials stated by effect sizes: Cohen's d and an intraclass correlation."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mcsim.mechanisms.effect_sizes import STANDARDIZERS, mean_difference
from mcsim.mechanisms.trial import Trial
from mcsim.parameters import absent_or, follows, number, parameter, plain_text, word


@dataclass(frozen=True, kw_only=True)
class TrialByEffectSizes(Trial):
    """A trial stated by Cohen's d and an intraclass correlation, from which variances and effect follow.

    With y of the untreated (in a partially nested trial: of the treated) having the variance tau2 + sigma2::

        icc = tau2 / (tau2 + sigma2)
        d   = gamma_treatment / sqrt(tau2 + sigma2)     standardizer total    delta_T
              gamma_treatment / sqrt(sigma2)            standardizer within   delta_W
              gamma_treatment / sqrt(tau2)              standardizer between  delta_B

    as Hedges (2007) calls them; within is the standard deviation of control persons who are in no cluster (Hedges &
    Citkowicz 2015). Where the treatment is assigned within clusters d may differ between them, with mean d and standard
    deviation d_sd; without d_sd it does not, and None leaves the random effect out of the model. What follows has 15
    digits. Every other factor is as in `Trial`.

    Raises
    ------
    ParameterError
        If a factor is impossible, or factors are impossible together; it names every fault.

    References
    ----------
    Hedges (2007), Effect sizes in cluster-randomized designs, Journal of Educational and Behavioral Statistics 32,
    341-370.
    Hedges & Citkowicz (2015), Estimating effect size when there is clustering in one treatment group, Behavior Research
    Methods 47, 1295-1308.
    """

    tau2: float = follows()
    slope_variance: float | None = follows()
    covariance: float | None = follows()
    sigma2: float = follows()
    gamma_treatment: float = follows()

    icc: float = parameter("share of the variance of y that lies between clusters", number(least=0, below=1))
    d: float = parameter("effect of the treatment in standard deviations (Cohen's d)", number())
    standardizer: str = parameter(
        "whose standard deviation d is stated in: all rows, those of a cluster, or clusters",
        word(*STANDARDIZERS),
        STANDARDIZERS[0],
    )
    d_sd: float | None = parameter("standard deviation of d between clusters", absent_or(number(least=0)), None)
    correlation: float | None = parameter(
        "correlation of random intercept and effect of the treatment", absent_or(number(least=-1, most=1)), None
    )
    total_variance: float = parameter("variance of y between and within clusters", number(above=0), 1.0)

    def following(self) -> dict[str, float | None]:
        """The raw parameters, by their names in `Trial`."""
        tau2, sigma2 = self.icc * self.total_variance, (1 - self.icc) * self.total_variance
        unit = 0.0
        if not self._lacks_unit:
            unit = mean_difference(1.0, tau2=tau2, sigma2=sigma2, standardizer=self.standardizer)
        slope_sd = None if self.d_sd is None else self.d_sd * unit
        covariance = None
        if self.correlation is not None and slope_sd is not None:
            covariance = self.correlation * math.sqrt(tau2) * slope_sd
        raw = {
            "tau2": tau2,
            "slope_variance": None if slope_sd is None else slope_sd * slope_sd,
            "covariance": covariance,
            "sigma2": sigma2,
            "gamma_treatment": self.d * unit,
        }
        return {name: value if value is None else float(f"{value:.15g}") for name, value in raw.items()}

    @property
    def _lacks_unit(self) -> bool:
        """Whether nothing varies of which d is stated in standard deviations."""
        return self.standardizer == "between" and not self.icc

    def faults(self) -> list[str]:
        """What is wrong with the effect sizes taken together, or else with the raw parameters that follow."""
        return list(self._effect_size_faults()) or super().faults()

    def _effect_size_faults(self) -> Iterator[str]:
        if self._lacks_unit:
            given = "standardizer: given 'between' with icc 0, where clusters do not differ"
            yield f"{given}; allowed: 'total', 'within', or an icc above 0"
        if self.d_sd is not None and self.assignment == "clusters":
            given = f"d_sd: given {plain_text(self.d_sd)} with assignment 'clusters', where no cluster has both arms"
            yield f"{given}; allowed: None, or assignment='within'"
        if self.correlation is not None and self.d_sd is None:
            given = f"correlation: given {plain_text(self.correlation)} without a d_sd"
            yield f"{given}; allowed: None, or give the d_sd too"
        zero = [name for name in ("icc", "d_sd") if getattr(self, name) == 0]
        if self.correlation and zero:
            given = f"correlation: given {plain_text(self.correlation)} with {zero[0]} 0"
            yield f"{given}, where nothing varies that could correlate; allowed: None or 0"
        if self.covariates is not None:
            given = f"covariates: given {self.covariates}; effect sizes are of y without further predictors"
            yield f"{given}; allowed: None, or a Trial"
        infinite = [name for name, value in self.following().items() if value is not None and not math.isfinite(value)]
        if infinite:
            yield f"d, d_sd, total_variance: {', '.join(infinite)} would be beyond the largest number"
