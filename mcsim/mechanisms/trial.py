"""Trials in clusters: treatment of whole clusters, or within clusters, or clusters in one arm only."""

from collections.abc import Iterator
from dataclasses import dataclass

from mcsim.mechanisms.composition import checks
from mcsim.mechanisms.composition.composed import Composed
from mcsim.mechanisms.composition.effects import LABEL, Effects, centred_truths, formula_of, slope_faults, truths
from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.effect_sizes import ByEffectSizes
from mcsim.mechanisms.parts.covariates import Covariates, covariates_of, effects_of
from mcsim.mechanisms.parts.distributions import Distribution, distribution_of
from mcsim.mechanisms.parts.residual_correlation import ResidualCorrelation, correlation_structure
from mcsim.mechanisms.parts.residual_variance import ResidualVariance, variance_pattern
from mcsim.mechanisms.parts.sizes import SizePattern, size_of
from mcsim.mechanisms.trial_model import model_of, rounded
from mcsim.parameters import absent_or, number, parameter, plain_text, whole, word

_HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class Trial(Composed):
    """A trial in clusters: the treatment is that of a cluster, or is assigned within clusters.

    - assignment ``clusters``: y = gamma00 + gamma_treatment treatment + u0 + e
    - assignment ``within``: y = gamma00 + (gamma_treatment + u1) treatment + u0 + e; u1 is there if slope_variance is
    - clustered ``treatment``: y = gamma00 + (gamma_treatment + u0) treatment + e; partially nested: all clusters are
      treated, and n_controls persons are in no cluster, such as a waiting list beside therapy groups. In the data each
      of them is a cluster of one row, as the model ``(0 + treatment | cluster)`` takes them (Bauer, Sterba & Hallfors
      2008)

    `treatment` is 0 or 1 and is not drawn. The stated share is treated, rounded to whole clusters, or to whole rows of
    every cluster (halves down), and evenly spread: over the rows of a cluster, or over clusters ordered by their size
    where sizes are given, so that both arms have small and large ones. Wherever it is assigned its effect is called
    gamma_treatment, as that of a covariate `age` is gamma_age.

    Whatever is drawn is a function of a standard normal: the identity for normal distributions. Standard normals are
    drawn in the order size, covariates of clusters, covariates of rows, u0, u1, residual variances of clusters, e (one
    for each cluster, control persons among them, or row; what is absent is not drawn). Those of correlated quantities
    are mixed by the Cholesky factor of their covariance matrix. Sizes drawn once come from the condition's design
    stream. `from_effect_sizes` is the same stated by Cohen's d and an intraclass correlation.

    Raises
    ------
    ParameterError
        If a factor is impossible, or factors are impossible together; it names every fault.

    References
    ----------
    Bauer, Sterba & Hallfors (2008), Evaluating group-based interventions when control participants are ungrouped,
    Multivariate Behavioral Research 43, 210-236.
    """

    from_effect_sizes = ByEffectSizes("trial_effect_sizes", "TrialByEffectSizes")

    n_clusters: int = parameter("number of clusters, of both arms or of those that have clusters", whole(least=2))
    cluster_size: int | SizePattern = size_of("rows in each cluster")
    assignment: str = parameter(
        "whether whole clusters are treated or rows within each cluster", word("clusters", "within"), "clusters"
    )
    treated: float = parameter("share of treated clusters or rows, rounded", number(least=0.001, most=0.999), _HALF)
    clustered: str = parameter(
        "whether both arms have clusters or only that of the treatment", word("both", "treatment"), "both"
    )
    n_controls: int | None = parameter(
        "number of control persons where only the treatment has clusters", absent_or(whole(least=1)), None
    )
    tau2: float = parameter("variance of the random intercept", number(least=0), 0.0)
    slope_variance: float | None = parameter(
        "variance of the effect of the treatment between clusters", absent_or(number(least=0)), None
    )
    covariance: float | None = parameter(
        "covariance of random intercept and effect of the treatment", absent_or(number()), None
    )
    sigma2: float = parameter("residual variance", number(above=0), 1.0)
    gamma00: float = parameter("fixed intercept: the mean of the untreated", number(), 0.0)
    gamma_treatment: float = parameter("fixed effect of the treatment", number(), 0.0)
    random_effects: Distribution = distribution_of("the random effects")
    residuals: Distribution = distribution_of("the residuals")
    residual_variance: ResidualVariance = variance_pattern()
    residual_correlation: ResidualCorrelation = correlation_structure()
    covariates: Covariates | None = covariates_of()

    def faults(self) -> list[str]:
        """What is wrong with the factors taken together."""
        found = [*self._nesting_faults(), *self._slope_faults(), *self._allocation_faults()]
        return found or checks.faults_of(self)

    def _nesting_faults(self) -> Iterator[str]:
        """What does not go with clusters in both arms, or in one."""
        if not self.partially_nested:
            if self.n_controls is not None:
                given = f"n_controls: given {self.n_controls} with clusters in both arms"
                yield f"{given}; allowed: None, or clustered='treatment'"
            return
        if self.n_controls is None:
            yield "n_controls: not given with clustered='treatment'; allowed: a whole number, at least 1"
        if self.assignment == "within":
            given = "assignment: given 'within' with clustered='treatment', where all rows of clusters are treated"
            yield f"{given}; allowed: 'clusters'"
        if self.treated != _HALF:
            given = (
                f"treated: given {self.treated:g} with clustered='treatment', where n_controls says how many are not"
            )
            yield f"{given}; allowed: leave treated out"

    def _slope_faults(self) -> Iterator[str]:
        """What is wrong with the effect of the treatment differing between clusters."""
        yield from slope_faults(self.tau2, self.slope_variance, self.covariance)
        if self.slope_variance is not None and self.assignment == "clusters":
            given = (
                f"slope_variance: given {plain_text(self.slope_variance)} with assignment 'clusters', where no cluster"
            )
            yield f"{given} has both arms to tell its effect from; allowed: None, or assignment='within'"

    def _allocation_faults(self) -> Iterator[str]:
        """Whether both arms have somebody."""
        units, what = self.n_clusters, f"{self.n_clusters} clusters"
        if self.assignment == "within":
            units = self.cluster_size if isinstance(self.cluster_size, int) else self.cluster_size.longest()
            what = f"{units} row{'s' * (units > 1)} of a cluster"
        count = rounded(self.treated, units)
        if self.partially_nested or 0 < count < units:
            return
        given = f"treated: given {self.treated:g} of {what}, {'everybody' if count else 'nobody'}"
        if units == 1:
            yield f"{given}; allowed: larger clusters, or assignment='clusters'"
        else:
            yield f"{given}; allowed: a share above {_HALF / units:.4g}, up to {1 - _HALF / units:.4g}"

    @property
    def partially_nested(self) -> bool:
        """Whether only the arm of the treatment has clusters."""
        return self.clustered == "treatment"

    @property
    def cluster_columns(self) -> tuple[str, ...]:
        """The columns that are constant within clusters: a model needs clusters of both arms for them."""
        if self.partially_nested:
            return ()  # control persons are clusters enough
        return (*("treatment",) * (self.assignment == "clusters"), *effects_of(self.covariates, 2))

    def _fixed_effects(self) -> dict[str, float]:
        """The fixed effects in the model, by label, in the order of the formula."""
        return {LABEL: self.gamma00, "treatment": self.gamma_treatment, **effects_of(self.covariates)}

    @property
    def _effects(self) -> Effects:
        if self.partially_nested:
            return Effects("cluster", {"treatment": self.tau2})
        slope = {} if self.slope_variance is None else {"treatment": self.slope_variance}
        both = None if self.covariance is None else {("treatment", LABEL): self.covariance}
        return Effects("cluster", {LABEL: self.tau2, **slope}, both)

    def columns(self) -> tuple[str, ...]:
        """The columns of a data set: y, treatment, the covariates, cluster (from 1), id (from 1)."""
        return ("y", *(label for label in self._fixed_effects() if label != LABEL), "cluster", "id")

    def formula(self) -> str:
        """The model that generated the data, in lme4's notation."""
        return formula_of(self._fixed_effects(), (self._effects,))

    def truth(self) -> dict[str, float]:
        """The fixed effects, and variances and covariance, then on the scale of SDs and correlation.

        Returns
        -------
        dict of str to float
            The correlation is NaN where a variance is 0. That of var_residual is sigma2, the mean over rows, where
            the residual variances of the arms differ.
        """
        of_rows = effects_of(self.covariates, 1)
        if self.assignment == "within":
            of_rows["treatment"] = self.gamma_treatment
        found = {**self._fixed_effects(), **truths((self._effects,), self.sigma2)}
        for name, value in of_rows.items():
            found |= centred_truths(name, value, value)
        return found

    def model(self) -> Model:
        """The model that the factors mean."""
        return model_of(self)
