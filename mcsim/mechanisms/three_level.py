"""Three-level data: students in classrooms in schools, or measurement occasions in students in schools."""

from collections.abc import Iterator
from dataclasses import dataclass

from mcsim.mechanisms.composition import checks
from mcsim.mechanisms.composition.composed import Composed
from mcsim.mechanisms.composition.effects import LABEL, Effects, formula_of, labelled, slope_faults, truths
from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.parts.distributions import Distribution, distribution_of
from mcsim.mechanisms.parts.residual_correlation import ResidualCorrelation, correlation_structure
from mcsim.mechanisms.parts.residual_variance import ResidualVariance, variance_pattern
from mcsim.mechanisms.parts.sizes import GivenSizes, SizePattern
from mcsim.mechanisms.parts.times import Occasions, occasions_of
from mcsim.mechanisms.three_level_model import model_of
from mcsim.parameters import kind, parameter
from mcsim.ranges import absent_or, either, number, whole, word


@dataclass(frozen=True, kw_only=True)
class ThreeLevel(Composed):
    """Rows in clusters in schools: random intercepts and slopes on both upper levels, a predictor on each level.

    y = gamma000 + gamma100 x + gamma010 z + gamma001 w + gamma110 x z + gamma101 x w + gamma011 z w + u0 + u1 x + v0 +
    v1 x + e (the notation of Raudenbush & Bryk 2002, ch. 8: the places of a gamma are those of x, z and w), with x
    drawn for each row, z for each classroom and w for each school. Rows are students, classroom_size of them in each of
    the school_size classrooms of a school. With occasions instead of classroom_size rows are occasions, school_size is
    the number of students in each school, and time, at the times given, stands for x. The columns of the upper levels
    are school and classroom, or school and student; the latter are numbered through all schools.

    Factors without `_school` are those of classrooms (or students), level 2; those with it of schools, level 3. One
    that is None is absent from the data and from the model; 0 is present without effect. The column x is there if one
    of its effects or slope variances is given (time always), z and w likewise. Without a covariance the random slope of
    that level is independent of the intercept, and so it is in the model.

    Whatever is drawn is a function of a standard normal: the identity for normal distributions. Standard normals are
    drawn in the order classroom sizes, w, z, x, v0, v1, u0, u1, residual variances of classrooms, e (as many as there
    are schools, classrooms or rows; what is absent is not drawn). Those of correlated effects are mixed by the Cholesky
    factor of their covariance matrix. Sizes drawn once, and fixed predictors, come in the same order from the
    condition's design stream.

    Raises
    ------
    ParameterError
        If a factor is impossible, or factors are impossible together; it names every fault.
    """

    n_schools: int = parameter("number of schools", whole(least=2))
    school_size: int | GivenSizes = parameter(
        "classrooms in each school; students, where rows are occasions",
        either(whole(least=2), kind(GivenSizes, "a pattern of given sizes")),
    )
    classroom_size: int | SizePattern | None = parameter(
        "students in each classroom; None where rows are occasions",
        absent_or(either(whole(least=1), kind(SizePattern, "a pattern of sizes"))),
        None,
    )
    occasions: Occasions | None = occasions_of(
        "number of occasions of each student, at the times 0, 1, 2, ..., or the times; None where rows are students",
        optional=True,
    )
    tau2: float = parameter("variance of the random intercept of classrooms or students", number(least=0), 0.0)
    slope_variance: float | None = parameter(
        "variance of their random slope of x or time", absent_or(number(least=0)), None
    )
    covariance: float | None = parameter("covariance of their intercept and slope", absent_or(number()), None)
    tau2_school: float = parameter("variance of the random intercept of schools", number(least=0), 0.0)
    slope_variance_school: float | None = parameter(
        "variance of the random slope of x or time of schools", absent_or(number(least=0)), None
    )
    covariance_school: float | None = parameter(
        "covariance of random intercept and slope of schools", absent_or(number()), None
    )
    sigma2: float = parameter("residual variance", number(above=0), 1.0)
    gamma000: float = parameter("fixed intercept", number(), 0.0)
    gamma100: float | None = parameter("fixed effect of the level-1 predictor x, or of time", absent_or(number()), None)
    gamma010: float | None = parameter("fixed effect of the level-2 predictor z", absent_or(number()), None)
    gamma001: float | None = parameter("fixed effect of the level-3 predictor w", absent_or(number()), None)
    gamma110: float | None = parameter("fixed effect of the cross-level interaction x:z", absent_or(number()), None)
    gamma101: float | None = parameter("fixed effect of the cross-level interaction x:w", absent_or(number()), None)
    gamma011: float | None = parameter("fixed effect of the cross-level interaction z:w", absent_or(number()), None)
    x_sd: float = parameter("standard deviation of x", number(above=0), 1.0)
    z_sd: float = parameter("standard deviation of z", number(above=0), 1.0)
    w_sd: float = parameter("standard deviation of w", number(above=0), 1.0)
    predictors: str = parameter(
        "predictors drawn in every replication (random) or once per condition (fixed)",
        word("random", "fixed"),
        "random",
    )
    random_effects: Distribution = distribution_of("the random effects of classrooms or students")
    random_effects_school: Distribution = distribution_of("the random effects of schools")
    residuals: Distribution = distribution_of("the residuals")
    residual_variance: ResidualVariance = variance_pattern()
    residual_correlation: ResidualCorrelation = correlation_structure()
    x_distribution: Distribution = distribution_of("x")
    z_distribution: Distribution = distribution_of("z")
    w_distribution: Distribution = distribution_of("w")

    def faults(self) -> list[str]:
        """What is wrong with the factors taken together."""
        found = [*self._size_faults(), *self._slope_faultss(), *self._predictor_faults()]
        return found or checks.faults_of(self)

    def _size_faults(self) -> Iterator[str]:
        if self.classroom_size is None and self.occasions is None:
            yield "classroom_size, occasions: given neither; allowed: one of them"
        elif self.classroom_size is not None and self.occasions is not None:
            given = f"{self.classroom_size} and {self.occasions}"
            yield f"classroom_size, occasions: given {given}; allowed: one of them, rows are students or occasions"
        size = self.school_size
        if isinstance(size, GivenSizes) and max(size.sizes(self.n_schools)) < 2:
            given = (
                f"school_size: given {size}, one {self.grouping_factors[0]} in each school, so that both are the same"
            )
            yield f"{given}; allowed: more in some schools"

    def _slope_faultss(self) -> Iterator[str]:
        for level in ("", "_school"):
            factors = (getattr(self, f"{name}{level}") for name in ("tau2", "slope_variance", "covariance"))
            yield from slope_faults(*factors, of=level)

    def _predictor_faults(self) -> Iterator[str]:
        for name in ("x", "z", "w"):
            distribution, sd = getattr(self, f"{name}_distribution"), getattr(self, f"{name}_sd")
            if name == "x" and self.occasions is not None:
                if distribution.shape() is not None or sd != 1:
                    given = f"x_distribution, x_sd: given {distribution} and {sd:g}, but time stands for x"
                    yield f"{given}; allowed: leave them out"
                continue
            yield from checks.predictor_faults(name, distribution, sd, there=name in self.drawn_predictors)

    @property
    def grouping_factors(self) -> tuple[str, ...]:
        """What the levels are called, the innermost first."""
        return ("classroom" if self.occasions is None else "student", "school")

    @property
    def level_1(self) -> str:
        """The level-1 predictor: x, or time."""
        return "x" if self.occasions is None else "time"

    @property
    def has_slopes(self) -> bool:
        """Whether the level-1 predictor is in the model."""
        values = (self.gamma100, self.gamma110, self.gamma101, self.slope_variance, self.slope_variance_school)
        return any(value is not None for value in values)

    @property
    def drawn_predictors(self) -> tuple[str, ...]:
        """Those of x, z and w that are there."""
        x = self.has_slopes and self.occasions is None
        z, w = (
            any(value is not None for value in values)
            for values in ((self.gamma010, self.gamma110, self.gamma011), (self.gamma001, self.gamma101, self.gamma011))
        )
        return ("x",) * x + ("z",) * z + ("w",) * w

    def _fixed_effects(self) -> dict[str, float]:
        """The fixed effects in the model, by label, in the order of the formula."""
        x = self.level_1
        given = {
            LABEL: self.gamma000,
            x: self.gamma100,
            "z": self.gamma010,
            "w": self.gamma001,
            f"{x}:z": self.gamma110,
            f"{x}:w": self.gamma101,
            "z:w": self.gamma011,
        }
        return labelled({label: value for label, value in given.items() if value is not None})

    def _effects(self) -> tuple[Effects, Effects]:
        """The random effects of schools, and those of classrooms or students."""

        def of_level(group: str, level: str) -> Effects:
            tau2, slope, covariance = (
                getattr(self, f"{name}{level}") for name in ("tau2", "slope_variance", "covariance")
            )
            variances = {LABEL: tau2} | ({} if slope is None else {self.level_1: slope})
            return Effects(group, variances, None if covariance is None else {(self.level_1, LABEL): covariance})

        return of_level("school", "_school"), of_level(self.grouping_factors[0], "")

    def columns(self) -> tuple[str, ...]:
        """The columns of a data set: y, the predictors, school, classroom or student, id (each of these from 1)."""
        time = ("time",) if self.occasions is not None else ()
        return ("y", *time, *self.drawn_predictors, *reversed(self.grouping_factors), "id")

    def formula(self) -> str:
        """The model that generated the data, in lme4's notation."""
        return formula_of(self._fixed_effects(), self._effects())

    def truth(self) -> dict[str, float]:
        """The fixed effects, and variances and covariances of both levels, then on the scale of SDs and correlations.

        Returns
        -------
        dict of str to float
            A correlation is NaN where a variance is 0.
        """
        return {**self._fixed_effects(), **truths(self._effects(), self.sigma2)}

    def model(self) -> Model:
        """The model that the factors mean."""
        return model_of(self)
