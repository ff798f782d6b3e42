"""Two-level data with a random intercept and, if wished, predictors on both levels and a random slope."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mcsim.mechanisms.composition import checks
from mcsim.mechanisms.composition.composed import Composed
from mcsim.mechanisms.composition.effects import (
    LABEL,
    Effects,
    centred_truths,
    formula_of,
    labelled,
    slope_faults,
    truths,
)
from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.effect_sizes import ByEffectSizes
from mcsim.mechanisms.parts.covariates import Covariates, covariates_of, effects_of
from mcsim.mechanisms.parts.distributions import Distribution, distribution_of
from mcsim.mechanisms.parts.residual_correlation import ResidualCorrelation, correlation_structure
from mcsim.mechanisms.parts.residual_variance import ResidualVariance, variance_pattern
from mcsim.mechanisms.parts.sizes import DrawnSizes, SizePattern, size_of
from mcsim.mechanisms.two_level_model import model_of
from mcsim.parameters import absent_or, number, parameter, whole, word

_CORRELATION = number(least=-1, most=1)


@dataclass(frozen=True, kw_only=True)
class TwoLevel(Composed):
    """Rows in clusters: random intercept, predictors on both levels, random slope.

    y = gamma00 + gamma10 x + gamma01 z + gamma11 x z + u0 + u1 x + e, with x drawn for each row and z for each
    cluster. A factor that is None is absent from the data and from the model; 0 is present without effect. The column
    x is there if gamma10, gamma11 or slope_variance is given, z if gamma01 or gamma11 is. Without a covariance the
    random slope is independent of the intercept, and so it is in the model.

    With x_icc, x is the sum of a part that clusters share and one within them. With gamma10_between too, gamma10 is the
    effect within clusters and gamma10_between that of the mean of x in a cluster: as it is in the data (observed), or
    of the part that clusters share (latent), which the mean in the data measures with error (Luedtke et al. 2008).

    Whatever is drawn is a function of a standard normal: the identity for normal distributions. Standard normals are
    drawn in the order size, z, covariates of clusters, the shared part of x, x, covariates of rows, u0, u1, residual
    variances of clusters, e (n_clusters or rows of them; what is absent is not drawn). Those of correlated quantities
    are mixed by the Cholesky factor of their covariance matrix. Sizes drawn once, and fixed predictors, come in the
    same order from the condition's design stream.

    `from_effect_sizes` is the same stated by shares of variance, such as an intraclass correlation.

    Raises
    ------
    ParameterError
        If a factor is impossible, or factors are impossible together; it names every fault.
    """

    from_effect_sizes = ByEffectSizes("two_level_effect_sizes", "TwoLevelByEffectSizes")

    n_clusters: int = parameter("number of clusters", whole(least=2))
    cluster_size: int | SizePattern = size_of("rows in each cluster")
    tau2: float = parameter("variance of the random intercept", number(least=0), 0.0)
    slope_variance: float | None = parameter("variance of the random slope of x", absent_or(number(least=0)), None)
    covariance: float | None = parameter("covariance of random intercept and slope", absent_or(number()), None)
    sigma2: float = parameter("residual variance", number(above=0), 1.0)
    gamma00: float = parameter("fixed intercept", number(), 0.0)
    gamma10: float | None = parameter("fixed effect of the level-1 predictor x", absent_or(number()), None)
    gamma01: float | None = parameter("fixed effect of the level-2 predictor z", absent_or(number()), None)
    gamma11: float | None = parameter("fixed effect of the cross-level interaction x:z", absent_or(number()), None)
    x_sd: float = parameter("standard deviation of x", number(above=0), 1.0)
    z_sd: float = parameter("standard deviation of z", number(above=0), 1.0)
    predictors: str = parameter(
        "predictors drawn in every replication (random) or once per condition (fixed)",
        word("random", "fixed"),
        "random",
    )
    random_effects: Distribution = distribution_of("the random effects")
    residuals: Distribution = distribution_of("the residuals")
    residual_variance: ResidualVariance = variance_pattern()
    residual_correlation: ResidualCorrelation = correlation_structure()
    x_distribution: Distribution = distribution_of("x")
    z_distribution: Distribution = distribution_of("z")
    x_icc: float = parameter("share of the variance of x that lies between clusters", number(least=0, below=1), 0.0)
    gamma10_between: float | None = parameter(
        "fixed effect of the cluster mean of x; None: the same as within clusters", absent_or(number()), None
    )
    cluster_mean: str = parameter(
        "whether gamma10_between is the effect of the mean in the data or of the part that clusters share",
        word("observed", "latent"),
        "observed",
    )
    endogeneity: float = parameter("correlation of the shared part of x and the random intercept", _CORRELATION, 0.0)
    informative_size: float = parameter("correlation of cluster size and random intercept", _CORRELATION, 0.0)
    covariates: Covariates | None = covariates_of()

    def faults(self) -> list[str]:
        """What is wrong with the factors taken together."""
        of_slope = slope_faults(self.tau2, self.slope_variance, self.covariance)
        found = [*of_slope, *self._distribution_faults(), *self._shared_faults()]
        return found or checks.faults_of(self)

    def _distribution_faults(self) -> Iterator[str]:
        yield from checks.predictor_faults("x", self.x_distribution, self.x_sd, there=self.has_x)
        yield from checks.predictor_faults("z", self.z_distribution, self.z_sd, there=self.has_z)

    def _shared_faults(self) -> Iterator[str]:
        """What is wrong with what x, sizes and random effects share."""
        if self.x_icc and not self.has_x:
            yield f"x_icc: given {self.x_icc:g}, but there is no x; allowed: 0, or give an effect of x"
        if self.x_icc and self.x_distribution.coded:
            yield f"x_icc: given {self.x_icc:g} with {self.x_distribution}; allowed: 0, or a continuous distribution"
        nothing = "with x_icc 0: clusters have no part of x in common; allowed: x_icc above 0"
        if self.endogeneity and not self.x_icc:
            yield f"endogeneity: given {self.endogeneity:g} {nothing}"
        if self.cluster_mean == "latent" and not (self.x_icc and self.is_contextual):
            yield f"cluster_mean: given 'latent' {nothing}, and gamma10_between"
        is_drawn = isinstance(self.cluster_size, DrawnSizes) and self.cluster_size.drawn == "every replication"
        if self.informative_size and not is_drawn:
            given = f"informative_size: given {self.informative_size:g} with cluster_size {self.cluster_size}"
            yield f"{given}; allowed: 0, or sizes drawn in every replication"
        for name in ("endogeneity", "informative_size"):
            if (value := getattr(self, name)) and not self.tau2:
                yield f"{name}: given {value:g} with tau2 0, no random intercept; allowed: 0, or tau2 above 0"

    @property
    def cluster_columns(self) -> tuple[str, ...]:
        """The columns that are constant within clusters: a model needs clusters for them."""
        return ("z", *effects_of(self.covariates, 2))

    @property
    def has_x(self) -> bool:
        """Whether there is a level-1 predictor x."""
        return any(
            value is not None for value in (self.gamma10, self.gamma10_between, self.gamma11, self.slope_variance)
        )

    @property
    def has_z(self) -> bool:
        """Whether there is a level-2 predictor z."""
        return self.gamma01 is not None or self.gamma11 is not None

    @property
    def is_contextual(self) -> bool:
        """Whether x has an effect of its own between clusters."""
        return self.gamma10_between is not None

    def _fixed_effects(self) -> dict[str, float]:
        """The fixed effects in the model, by label, in the order of the formula."""
        of_x = (
            {"x_within": self.gamma10 or 0.0, "x_between": self.gamma10_between}
            if self.is_contextual
            else {"x": self.gamma10}
        )
        further = effects_of(self.covariates)
        given = {LABEL: self.gamma00, **of_x, "z": self.gamma01, **further, "x:z": self.gamma11}
        return labelled({label: value for label, value in given.items() if value is not None})

    @property
    def _effects(self) -> Effects:
        slope = {} if self.slope_variance is None else {"x": self.slope_variance}
        both = None if self.covariance is None else {("x", LABEL): self.covariance}
        return Effects("cluster", {LABEL: self.tau2, **slope}, both)

    def columns(self) -> tuple[str, ...]:
        """The columns of a data set: y, the predictors, cluster (from 1), id (from 1)."""
        return ("y", *("x",) * self.has_x, *("z",) * self.has_z, *effects_of(self.covariates), "cluster", "id")

    def formula(self) -> str:
        """The model that generated the data, in lme4's notation."""
        return formula_of(self._fixed_effects(), (self._effects,))

    def truth(self) -> dict[str, float]:
        """The fixed effects, and variances and covariance, then on the scale of SDs and correlation.

        Returns
        -------
        dict of str to float
            The correlation is NaN where a variance is 0, and x where its effects within and between clusters differ;
            these are x_within, x_between and x_mean, their difference (the contextual effect). (Intercept) is that of
            the average cluster, (Intercept)_unit that of the average row, which differs where sizes are informative.
        """
        return {
            **self._fixed_effects(),
            **truths((self._effects,), self.sigma2),
            **self._of_centred(),
            **self._of_rows(),
        }

    def _of_centred(self) -> dict[str, float]:
        """What methods make of level-1 predictors: fixed effects, interactions with z, random slopes."""
        found: dict[str, float] = {}
        if self.gamma10 is not None or self.gamma10_between is not None:
            within = self.gamma10 or 0.0
            found |= centred_truths("x", within, within if self.gamma10_between is None else self.gamma10_between)
        for name, effect in effects_of(self.covariates, 1).items():
            found |= centred_truths(name, effect, effect)
        if self.gamma11 is not None:
            made = ("x", "x_within", "x_between", "x_centred")
            found |= {label: self.gamma11 for name in made for label in (f"{name}:z", f"z:{name}")}
        if self.slope_variance is not None:
            for name in ("x_within", "x_centred"):
                # With x_within the intercepts are those at the mean of a cluster, which then are others.
                both = self._effects.covariances if name == "x_centred" or not self.x_icc else {("x", LABEL): math.nan}
                of_slope = both and {(name, LABEL): both["x", LABEL]}
                slopes = Effects("cluster", {LABEL: self.tau2, name: self.slope_variance}, of_slope)
                found |= truths((slopes,), self.sigma2)
        return found

    def _of_rows(self) -> dict[str, float]:
        """The intercept of the average row: large clusters count for more, and with an informative size are others."""
        more = 0.0
        if self.informative_size and isinstance(self.cluster_size, DrawnSizes):
            more = self.informative_size * self.cluster_size.cv * math.sqrt(self.tau2)
        return {"(Intercept)_unit": self.gamma00 + more}

    def model(self) -> Model:
        """The model that the factors mean."""
        return model_of(self)
