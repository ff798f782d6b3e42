"""Two-level data stated by effect sizes: shares of variance, from which the raw parameters follow."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import truediv

from mcsim.mechanisms.two_level import TwoLevel
from mcsim.parameters import absent_or, follows, number, parameter, plain_text

_NOTHING = 1e-12  # a share left for the residuals that is no more than rounding
_SHARE = number(least=0, below=1)


@dataclass(frozen=True, kw_only=True)
class TwoLevelByEffectSizes(TwoLevel):
    """Two-level data stated by shares of variance, from which variances and fixed effects follow.

    With x and z independent, of mean 0, and x without differences between clusters, the variance of
    y = gamma00 + gamma10 x + gamma01 z + gamma11 x z + u0 + u1 x + e is the sum of

    - between clusters, ``B = gamma01^2 z_sd^2 + tau2``
    - within clusters, ``W = gamma10^2 x_sd^2 + gamma11^2 x_sd^2 z_sd^2 + slope_variance x_sd^2 + sigma2``

    so that::

        icc            = B / (B + W)                          ICC of the empty model
        r2_between     = gamma01^2 z_sd^2 / B                 R2_b^(f2)
        r2_within      = gamma10^2 x_sd^2 / W                 R2_w^(f1), the part of x
        r2_interaction = gamma11^2 x_sd^2 z_sd^2 / W          R2_w^(f1), the part of x:z
        slope_icc      = slope_variance x_sd^2 / (B + W)      rho_beta, which is R2_t^(v)

    The R2 are those of Rights and Sterba (2019), whose R2_w^(f1) is the sum of r2_within and r2_interaction; rho_beta
    is the intraclass correlation of slopes of Aguinis and Culpepper (2015). An effect size that is None leaves its
    effect out of data and model; 0 is present without effect. Fixed effects are positive: a share has no sign. What
    follows has 15 digits. Every other factor is as in `TwoLevel`.

    Raises
    ------
    ParameterError
        If a factor is impossible, or factors are impossible together; it names every fault.

    References
    ----------
    Rights & Sterba (2019), Quantifying explained variance in multilevel models, Psychological Methods 24, 309-338.
    Aguinis & Culpepper (2015), An expanded decision-making procedure for examining cross-level interaction effects with
    multilevel modeling, Organizational Research Methods 18, 155-176.
    """

    tau2: float = follows()
    slope_variance: float | None = follows()
    covariance: float | None = follows()
    sigma2: float = follows()
    gamma10: float | None = follows()
    gamma01: float | None = follows()
    gamma11: float | None = follows()

    icc: float = parameter("share of the variance of y that lies between clusters", _SHARE)
    r2_within: float | None = parameter("share of the variance within clusters due to x", absent_or(_SHARE), None)
    r2_between: float | None = parameter("share of the variance between clusters due to z", absent_or(_SHARE), None)
    r2_interaction: float | None = parameter(
        "share of the variance within clusters due to x:z", absent_or(_SHARE), None
    )
    slope_icc: float | None = parameter(
        "share of the variance of y due to slopes of x that differ between clusters", absent_or(_SHARE), None
    )
    correlation: float | None = parameter(
        "correlation of random intercept and slope", absent_or(number(least=-1, most=1)), None
    )
    total_variance: float = parameter("variance of y", number(above=0), 1.0)

    def following(self) -> dict[str, float | None]:
        """The raw parameters, by their names in `TwoLevel`."""
        between, within = self.icc * self.total_variance, (1 - self.icc) * self.total_variance
        tau2 = (1 - (self.r2_between or 0.0)) * between
        slope_sd = _effect(self.slope_icc, self.total_variance, self.x_sd)
        covariance = None
        if self.correlation is not None and slope_sd is not None:
            covariance = self.correlation * math.sqrt(tau2) * slope_sd
        raw = {
            "tau2": tau2,
            "slope_variance": None if slope_sd is None else slope_sd * slope_sd,
            "covariance": covariance,
            "sigma2": self._residual_share() * within,
            "gamma10": _effect(self.r2_within, within, self.x_sd),
            "gamma01": _effect(self.r2_between, between, self.z_sd),
            "gamma11": _effect(self.r2_interaction, within, self.x_sd, self.z_sd),
        }
        return {name: value if value is None else float(f"{value:.15g}") for name, value in raw.items()}

    def _residual_share(self) -> float:
        """The residuals' share of the variance within clusters, as far as the effect sizes leave one."""
        slopes = (self.slope_icc or 0.0) / (1 - self.icc)
        return 1 - (self.r2_within or 0.0) - (self.r2_interaction or 0.0) - slopes

    def faults(self) -> list[str]:
        """What is wrong with the effect sizes taken together, or else with the raw parameters that follow."""
        found = [
            *self._share_faults(),
            *self._absence_faults(),
            *self._correlation_faults(),
            *self._predictor_faults(),
        ]
        return found or super().faults()

    def _share_faults(self) -> list[str]:
        found = []
        if self._residual_share() <= _NOTHING:
            names = [n for n in ("r2_within", "r2_interaction", "slope_icc") if getattr(self, n) is not None]
            values = " and ".join(plain_text(getattr(self, name)) for name in names)
            found.append(
                f"{', '.join(names)}: given {values} with icc {plain_text(self.icc)}, which leaves no variance for the "
                "residuals; allowed: r2_within + r2_interaction + slope_icc / (1 - icc) below 1"
            )
        if self.r2_between and not self.icc:
            found.append(
                f"r2_between: given {plain_text(self.r2_between)} with icc 0, a share of no variance between clusters; "
                "allowed: None or 0, or give an icc above 0"
            )
        infinite = [name for name, value in self.following().items() if value is not None and not math.isfinite(value)]
        if infinite:
            found.append(f"total_variance, x_sd, z_sd: {', '.join(infinite)} would be beyond the largest number")
        return found

    def _absence_faults(self) -> list[str]:
        lacking = [name for name in ("r2_within", "r2_between") if getattr(self, name) is None]
        if self.r2_interaction is None or not lacking:
            return []
        given = f"r2_interaction: given {plain_text(self.r2_interaction)} without {' and '.join(lacking)}"
        return [f"{given}; allowed: None, or give x and z too (0 is present without effect)"]

    def _correlation_faults(self) -> list[str]:
        if self.correlation is None:
            return []
        given = f"correlation: given {plain_text(self.correlation)}"
        if self.slope_icc is None:
            return [f"{given} without a slope_icc; allowed: None, or give the slope_icc too"]
        zero = [name for name in ("icc", "slope_icc") if not getattr(self, name)]
        if self.correlation and zero:
            return [f"{given} with {zero[0]} 0, where nothing varies that could correlate; allowed: None or 0"]
        return []

    def _predictor_faults(self) -> Iterator[str]:
        """What adds to the variance of y beside x, z and x:z, or makes x and z other than the shares take them for."""
        further = {"x_icc": 0.0, "gamma10_between": None, "covariates": None}
        given = {name: value for name, none in further.items() if (value := getattr(self, name)) != none}
        coded = {n: d for n in ("x_distribution", "z_distribution") if (d := getattr(self, n)).coded}
        for name, value in given.items():
            reason = "effect sizes are of x within clusters, z and x:z alone"
            yield f"{name}: given {plain_text(value)}; {reason}; allowed: {plain_text(further[name])}, or a TwoLevel"
        for name, distribution in coded.items():
            reason = "effect sizes are of predictors with mean 0"
            yield f"{name}: given {distribution}; {reason}; allowed: a continuous distribution, or a TwoLevel"


def _effect(share: float | None, variance: float, *sds: float) -> float | None:
    """The coefficient by which the product of independent predictors with these SDs makes up a share of a variance."""
    return None if share is None else reduce(truediv, sds, math.sqrt(share) * math.sqrt(variance))
