"""Growth curves: occasions in persons, linear and quadratic time, a treatment of persons."""

from collections.abc import Iterator
from dataclasses import dataclass

from mcsim.mechanisms.composition import checks
from mcsim.mechanisms.composition.composed import Composed
from mcsim.mechanisms.composition.effects import LABEL, Effects, covariance_fault, formula_of, labelled, truths
from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.growth_model import model_of
from mcsim.mechanisms.parts.distributions import Distribution, distribution_of
from mcsim.mechanisms.parts.residual_correlation import ResidualCorrelation, correlation_structure
from mcsim.mechanisms.parts.residual_variance import ResidualVariance, variance_pattern
from mcsim.mechanisms.parts.times import Occasions, occasions_of, times_of
from mcsim.parameters import parameter, plain_text
from mcsim.ranges import absent_or, number, whole

_VARIANCES = {LABEL: "tau2", "time": "slope_variance", "time2": "quadratic_variance"}
_COVARIANCES = {
    ("time", LABEL): "covariance",
    ("time2", LABEL): "intercept_quadratic_covariance",
    ("time2", "time"): "slope_quadratic_covariance",
}
_FIXED = {
    LABEL: "gamma00",
    "time": "gamma10",
    "time2": "gamma20",
    "treatment": "gamma01",
    "time:treatment": "gamma11",
    "time2:treatment": "gamma21",
}


@dataclass(frozen=True, kw_only=True)
class Growth(Composed):
    """Occasions in persons: a straight line or a parabola for each person, whose coefficients a treatment may change.

    y = (gamma00 + gamma01 treatment + u0) + (gamma10 + gamma11 treatment + u1) time + (gamma20 + gamma21 treatment +
    u2) time2 + e, where time2 is the square of time (Raudenbush & Bryk 2002, ch. 6). All persons are measured at the
    same times. A factor that is None is absent from the model; 0 is present without effect. The column time is always
    there, time2 if gamma20, gamma21 or quadratic_variance is given, treatment (0 or 1) if gamma01, gamma11 or gamma21
    is. Random effects without a covariance are independent, and so they are in the model.

    Neither times nor treatment are drawn: the number of treated persons is the stated share, rounded to the nearest,
    and they are evenly spread among the others, every other person for one half. Whatever is drawn is a function of a
    standard normal: the identity for normal distributions. Standard normals are drawn in the order u0, u1, u2, residual
    variances of persons, e (n_persons or rows of them; what is absent is not drawn). Those of correlated effects are
    mixed by the Cholesky factor of their covariance matrix.

    Raises
    ------
    ParameterError
        If a factor is impossible, or factors are impossible together; it names every fault.
    """

    n_persons: int = parameter("number of persons", whole(least=2))
    occasions: Occasions = occasions_of("number of occasions, at the times 0, 1, 2, ..., or the times")
    tau2: float = parameter("variance of the random intercept", number(least=0), 0.0)
    slope_variance: float | None = parameter("variance of the random slope of time", absent_or(number(least=0)), None)
    quadratic_variance: float | None = parameter(
        "variance of the random slope of time2", absent_or(number(least=0)), None
    )
    covariance: float | None = parameter("covariance of random intercept and slope of time", absent_or(number()), None)
    intercept_quadratic_covariance: float | None = parameter(
        "covariance of random intercept and slope of time2", absent_or(number()), None
    )
    slope_quadratic_covariance: float | None = parameter(
        "covariance of the random slopes of time and time2", absent_or(number()), None
    )
    sigma2: float = parameter("residual variance", number(above=0), 1.0)
    gamma00: float = parameter("fixed intercept", number(), 0.0)
    gamma10: float | None = parameter("fixed effect of time", absent_or(number()), None)
    gamma20: float | None = parameter("fixed effect of time2, the square of time", absent_or(number()), None)
    gamma01: float | None = parameter("fixed effect of the treatment at time 0", absent_or(number()), None)
    gamma11: float | None = parameter("fixed effect of the interaction time:treatment", absent_or(number()), None)
    gamma21: float | None = parameter("fixed effect of the interaction time2:treatment", absent_or(number()), None)
    treated: float = parameter("share of treated persons, rounded to whole persons", number(above=0, below=1), 0.5)
    random_effects: Distribution = distribution_of("the random effects")
    residuals: Distribution = distribution_of("the residuals")
    residual_variance: ResidualVariance = variance_pattern()
    residual_correlation: ResidualCorrelation = correlation_structure()

    def faults(self) -> list[str]:
        """What is wrong with the factors taken together."""
        found = [*self._covariance_faults(), *self._time_faults(), *self._treatment_faults()]
        return found or checks.faults_of(self)

    def _covariance_faults(self) -> Iterator[str]:
        variances, given = self.variances(), self.covariances()
        lacking = [pair for pair in given if not set(pair) <= set(variances)]
        for pair in lacking:
            wanted = " and ".join(_VARIANCES[label] for label in reversed(pair) if label not in variances)
            what = f"{_COVARIANCES[pair]}: given {plain_text(given[pair])} without a {wanted}"
            yield f"{what}; allowed: None, or give the {wanted} too"
        if lacking:
            return
        for pair, value in given.items():
            two = {_VARIANCES[label]: variances[label] for label in reversed(pair)}
            if fault := covariance_fault(_COVARIANCES[pair], value, two):
                yield fault
        if len(given) == 2:
            (third,) = (name for pair, name in _COVARIANCES.items() if pair not in given)
            names = " and ".join(_COVARIANCES[pair] for pair in given)
            yield f"{third}: given None with {names}, which tie all three effects together; allowed: a finite number"

    def _time_faults(self) -> Iterator[str]:
        if self.has_time2 and len(self.times) < 3:
            yield f"occasions: given {self.occasions} with effects of time2; allowed: 3 or more, or no effect of time2"

    def _treatment_faults(self) -> Iterator[str]:
        count = round(self.treated * self.n_persons)
        if not self.has_treatment and self.treated != 0.5:
            yield f"treated: given {self.treated:g}, but there is no treatment; allowed: 0.5, or give an effect of it"
        elif self.has_treatment and count in {0, self.n_persons}:
            who = "nobody" if count == 0 else "everybody"
            yield (
                f"treated: given {self.treated:g} of {self.n_persons} persons, {who}; allowed: a share between "
                f"{0.5 / self.n_persons:.4g} and {1 - 0.5 / self.n_persons:.4g}"
            )

    @property
    def grouping_factors(self) -> tuple[str, ...]:
        """What the levels are called."""
        return ("person",)

    @property
    def cluster_columns(self) -> tuple[str, ...]:
        """The columns that are constant within persons."""
        return ("treatment",)

    @property
    def n_clusters(self) -> int:
        """The number of persons."""
        return self.n_persons

    @property
    def cluster_size(self) -> int:
        """The number of occasions."""
        return len(self.times)

    @property
    def times(self) -> tuple[float, ...]:
        """When is measured."""
        return times_of(self.occasions)

    @property
    def has_time2(self) -> bool:
        """Whether growth is quadratic."""
        return any(value is not None for value in (self.gamma20, self.gamma21, self.quadratic_variance))

    @property
    def has_treatment(self) -> bool:
        """Whether there is a treatment."""
        return any(value is not None for value in (self.gamma01, self.gamma11, self.gamma21))

    def fixed_effects(self) -> dict[str, float]:
        """The fixed effects in the model, by label, in the order of the formula."""
        given = {label: getattr(self, factor) for label, factor in _FIXED.items()}
        return labelled({label: value for label, value in given.items() if value is not None})

    def variances(self) -> dict[str, float]:
        """The variances of the random effects in the model, by label."""
        given = {label: getattr(self, factor) for label, factor in _VARIANCES.items()}
        return {label: value for label, value in given.items() if value is not None}

    def covariances(self) -> dict[tuple[str, str], float]:
        """The covariances that are given, by pairs of labels, the later first."""
        given = {pair: getattr(self, factor) for pair, factor in _COVARIANCES.items()}
        return {pair: value for pair, value in given.items() if value is not None}

    def _effects(self) -> tuple[Effects, ...]:
        """Effects that have covariances in one set, any other in a set of its own; sets in the order of the first."""
        variances, given = self.variances(), self.covariances()
        joint = [label for label in variances if any(label in pair for pair in given)]
        if not joint:
            return (Effects("person", variances),)
        sets = [joint, *([label] for label in variances if label not in joint)]
        sets.sort(key=lambda labels: list(variances).index(labels[0]))
        return tuple(
            Effects("person", {label: variances[label] for label in labels}, given if labels == joint else None)
            for labels in sets
        )

    def columns(self) -> tuple[str, ...]:
        """The columns of a data set: y, time, time2, treatment, person (from 1), id (from 1)."""
        return ("y", "time", *("time2",) * self.has_time2, *("treatment",) * self.has_treatment, "person", "id")

    def formula(self) -> str:
        """The model that generated the data, in lme4's notation."""
        return formula_of(self.fixed_effects(), self._effects())

    def truth(self) -> dict[str, float]:
        """The fixed effects, and variances and covariances, then on the scale of SDs and correlations.

        Returns
        -------
        dict of str to float
            A correlation is NaN where a variance is 0.
        """
        return {**self.fixed_effects(), **truths(self._effects(), self.sigma2)}

    def model(self) -> Model:
        """The model that the factors mean."""
        return model_of(self)
