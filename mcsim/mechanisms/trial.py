"""Trials with clusters: treatment of clusters or within them, unequal allocation, clusters in one arm only."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mcsim.mechanisms.composition import checks
from mcsim.mechanisms.composition.composed import Composed
from mcsim.mechanisms.composition.effects import LABEL, Effects, covariance_fault, truths
from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.effect_sizes import STANDARDIZERS, ByEffectSizes, mean_difference
from mcsim.mechanisms.parts.covariates import Covariates
from mcsim.mechanisms.parts.distributions import Distribution, distribution_of
from mcsim.mechanisms.parts.residual_correlation import ResidualCorrelation, correlation_structure
from mcsim.mechanisms.parts.residual_variance import ResidualVariance, variance_pattern
from mcsim.mechanisms.parts.sizes import DrawnSizes, SizePattern, size_of
from mcsim.parameters import follows, kind, parameter, plain_text
from mcsim.ranges import absent_or, number, whole, word


@dataclass(frozen=True, kw_only=True)
class Trial(Composed):
    """A trial with two arms whose persons are in clusters.

    y = gamma00 + gamma_treatment treatment + u0 + u1 treatment + e, with treatment 0 or 1. Assigned to clusters, the
    control arm has the first clusters and the treatment arm the last (given sizes that go from small to large would
    give it the large ones). Assigned within clusters, the persons of both arms are evenly spread in each, and the
    effect may differ between clusters (slope_variance). With clusters in the treatment arm only (partially nested;
    Bauer, Sterba & Hallfors 2008), n_clusters clusters are treated, n_controls persons are not and each is a cluster of
    one row, and tau2 is the variance between treated clusters: y = gamma00 + (gamma_treatment + u1) treatment + e.

    Treatment is not drawn: the number of treated clusters, or of treated persons in every cluster, is the stated share,
    rounded to the nearest, halves of persons down. Standard normals are drawn in the order size, covariates of
    clusters, covariates of persons, u0, u1, residual variances of clusters, e; what is absent is not drawn.

    Raises
    ------
    ParameterError
        If a factor is impossible, or factors are impossible together; it names every fault.

    References
    ----------
    Bauer, Sterba & Hallfors (2008), Evaluating group-based interventions when control participants are ungrouped,
    Multivariate Behavioral Research 43, 210-236.
    """

    from_effect_sizes = ByEffectSizes("trial", "TrialByEffectSizes")

    n_clusters: int = parameter("number of clusters; of treated ones, where only they are clusters", whole(least=2))
    cluster_size: int | SizePattern = size_of("persons in each cluster")
    tau2: float = parameter("variance of the random intercept", number(least=0), 0.0)
    slope_variance: float | None = parameter(
        "variance of the treatment effect between clusters", absent_or(number(least=0)), None
    )
    covariance: float | None = parameter(
        "covariance of random intercept and treatment effect", absent_or(number()), None
    )
    sigma2: float = parameter("residual variance", number(above=0), 1.0)
    gamma00: float = parameter("mean of the control arm", number(), 0.0)
    gamma_treatment: float = parameter("effect of the treatment", number(), 0.0)
    assignment: str = parameter(
        "what is randomised: clusters, or persons within them", word("clusters", "within"), "clusters"
    )
    treated: float = parameter("share of treated clusters, or persons of a cluster", number(above=0, below=1), 0.5)
    clustered: str = parameter("which arms have clusters", word("both", "treatment"), "both")
    n_controls: int | None = parameter(
        "number of controls, where only the treatment arm has clusters", absent_or(whole(least=2)), None
    )
    random_effects: Distribution = distribution_of("the random effects")
    residuals: Distribution = distribution_of("the residuals")
    residual_variance: ResidualVariance = variance_pattern()
    residual_correlation: ResidualCorrelation = correlation_structure()
    covariates: Covariates | None = parameter(
        "predictors beside the treatment", absent_or(kind(Covariates, "predictors")), None
    )

    def faults(self) -> list[str]:
        """What is wrong with the factors taken together."""
        found = [*self._arm_faults(), *self._effect_faults()]
        return found or checks.faults_of(self)

    def _arm_faults(self) -> Iterator[str]:
        from mcsim.mechanisms.trial_model import arms

        if self.partially_nested:
            if self.n_controls is None:
                yield "n_controls: given None with clusters in the treatment arm only; allowed: a whole number from 2"
            if self.assignment != "clusters":
                yield "assignment: given 'within' with clusters in the treatment arm only; allowed: 'clusters'"
            if self.treated != 0.5:
                given = f"treated: given {self.treated:g}, but n_clusters and n_controls say who is"
                yield f"{given}; allowed: leave it out"
            if isinstance(self.cluster_size, DrawnSizes):
                yield f"cluster_size: given {self.cluster_size} with clusters in one arm only; allowed: given sizes"
            return
        if self.n_controls is not None:
            given = f"n_controls: given {self.n_controls} with clusters in both arms"
            yield f"{given}; allowed: None, or clustered='treatment'"
            return
        treated, rows = arms(self)
        if treated < 1 or rows - treated < 1:
            whom = "nobody" if treated < 1 else "everybody"
            of = f"{self.n_clusters} clusters"
            if self.assignment == "within":
                of = f"persons of each cluster, with cluster_size {self.cluster_size}"
            yield f"treated: given {self.treated:g} of {of}, {whom} is treated; allowed: a share that leaves both arms"

    def _effect_faults(self) -> Iterator[str]:
        if self.slope_variance is not None and self.assignment == "clusters":
            given = f"slope_variance: given {plain_text(self.slope_variance)} with treated clusters"
            yield f"{given}, whose effects cannot be told from their intercepts; allowed: None, or assignment='within'"
        if self.covariance is None:
            return
        if self.slope_variance is None:
            given = f"covariance: given {plain_text(self.covariance)} without a slope_variance"
            yield f"{given}; allowed: None, or give the slope_variance too"
        elif fault := covariance_fault(
            "covariance", self.covariance, {"tau2": self.tau2, "slope_variance": self.slope_variance}
        ):
            yield fault

    @property
    def partially_nested(self) -> bool:
        """Whether only the treatment arm has clusters."""
        return self.clustered == "treatment"

    @property
    def cluster_columns(self) -> tuple[str, ...]:
        """The columns that are constant within clusters."""
        further = self.covariates.entries if self.covariates else ()
        of_clusters = (name for entry in further if entry.level > 1 for name in entry.effects())
        return (*("treatment",) * (self.assignment == "clusters"), *of_clusters)

    def _fixed_effects(self) -> dict[str, float]:
        further = self.covariates.effects() if self.covariates else {}
        return {LABEL: self.gamma00, "treatment": self.gamma_treatment, **further}

    @property
    def effects(self) -> Effects:
        """The random effects of clusters."""
        if self.partially_nested:
            return Effects("cluster", {"treatment": self.tau2})
        slope = {} if self.slope_variance is None else {"treatment": self.slope_variance}
        both = None if self.covariance is None else {("treatment", LABEL): self.covariance}
        return Effects("cluster", {LABEL: self.tau2, **slope}, both)

    def columns(self) -> tuple[str, ...]:
        """The columns of a data set: y, treatment (0 or 1), covariates, cluster (from 1), id (from 1)."""
        further = self.covariates.effects() if self.covariates else {}
        return ("y", "treatment", *further, "cluster", "id")

    def formula(self) -> str:
        """The model that generated the data, in lme4's notation."""
        fixed = ["1", *(label for label in self._fixed_effects() if label != LABEL)]
        return f"y ~ {' + '.join(fixed)} + {self.effects.text}"

    def truth(self) -> dict[str, float]:
        """The fixed effects, and variances and covariance, then on the scale of SDs and correlation.

        Returns
        -------
        dict of str to float
            The correlation is NaN where a variance is 0.
        """
        return {**self._fixed_effects(), **truths((self.effects,), self.sigma2)}

    def model(self) -> Model:
        """The model that the factors mean."""
        from mcsim.mechanisms.trial_model import model_of

        return model_of(self)


@dataclass(frozen=True, kw_only=True)
class TrialByEffectSizes(Trial):
    """A trial stated by Cohen's d and the intraclass correlation, from which variances and the effect follow.

    With the variances tau2 between and sigma2 within the clusters of an arm, whose sum is total_variance::

        icc             = tau2 / (tau2 + sigma2)
        gamma_treatment = d sqrt(tau2 + sigma2)     standardizer "total", delta_T of Hedges (2007)
                        = d sqrt(sigma2)            "within", delta_W
                        = d sqrt(tau2)              "between", delta_B

    What follows has 15 digits. Every other factor is as in `Trial`.

    Raises
    ------
    ParameterError
        If a factor is impossible, or factors are impossible together; it names every fault.

    References
    ----------
    Hedges (2007), Effect sizes in cluster-randomized designs, Journal of Educational and Behavioral Statistics 32,
    341-370.
    """

    tau2: float = follows()
    sigma2: float = follows()
    gamma_treatment: float = follows()

    icc: float = parameter("share of the variance of an arm that lies between clusters", number(least=0, below=1))
    d: float = parameter("standardized mean difference of the arms", number())
    standardizer: str = parameter("the variance in whose SDs d is", word(*STANDARDIZERS), "total")
    total_variance: float = parameter("variance of y in an arm", number(above=0), 1.0)

    def following(self) -> dict[str, Any]:
        """The raw parameters, by their names in `Trial`."""
        tau2, sigma2 = self.icc * self.total_variance, (1 - self.icc) * self.total_variance
        effect = 0.0
        if not self._lacks_unit:
            effect = mean_difference(self.d, tau2=tau2, sigma2=sigma2, standardizer=self.standardizer)
        raw = {"tau2": tau2, "sigma2": sigma2, "gamma_treatment": effect}
        return {name: float(f"{value:.15g}") for name, value in raw.items()}

    @property
    def _lacks_unit(self) -> bool:
        """Whether d is in standard deviations of something that does not vary."""
        return self.standardizer == "between" and not self.icc

    def faults(self) -> list[str]:
        """What is wrong with the effect sizes, or else with the raw parameters that follow."""
        return list(self._effect_size_faults()) or super().faults()

    def _effect_size_faults(self) -> Iterator[str]:
        if self._lacks_unit:
            yield (
                "standardizer: given 'between' with icc 0, no variance between clusters; allowed: 'total', 'within', "
                "or an icc above 0"
            )
        if self.covariates is not None:
            given = f"covariates: given {self.covariates}, whose effects add to the variance of y"
            yield f"{given}; effect sizes are of y without them; allowed: None, or a Trial"
        if not math.isfinite(self.gamma_treatment):
            yield "d, total_variance: the effect of the treatment would be beyond the largest number"
