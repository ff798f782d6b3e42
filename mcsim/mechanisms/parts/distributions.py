"""Distributions of random effects, residuals and predictors, scaled to the variance that a mechanism states.

A distribution gives its quantiles and its moments; how it is drawn, scaled and correlated follows from these. To add
one, write a class here.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np

from mcsim.mechanisms.composition.quantities import Quantity
from mcsim.mechanisms.composition.shapes import Shape, quadrature, smooth, steps
from mcsim.model import Floats
from mcsim.parameters import Parameters, kind, number, parameter


@dataclass(frozen=True, kw_only=True)
class Distribution(Parameters, ABC):
    """Base of distributions."""

    coded: ClassVar[bool] = False
    """Whether a predictor has its values as they are (0 and 1), without a scale."""

    @abstractmethod
    def quantile(self, below: Floats, above: Floats) -> Floats:
        """The quantiles (m,) where the probabilities below and above are these."""

    @abstractmethod
    def moments(self) -> tuple[float, float]:
        """The mean and the standard deviation."""

    def shape(self) -> Shape | None:
        """The function of a standard normal that has this distribution; None is the normal itself."""
        return _smooth(self)

    def effect(self, name: str, level: int, sd: float) -> Quantity:
        """A random effect or a residual: mean 0 and the stated standard deviation."""
        return Quantity(name, level, sd, self.shape(), law=self._law)

    def predictor(self, name: str, level: int, sd: float, *, column: str = "") -> Quantity:
        """A predictor, or a part of one: mean 0 and the stated standard deviation, or values as they are."""
        return Quantity(name, level, sd, self.shape(), self.coded, column or name, law=self._law)

    @property
    def _law(self) -> str:
        return "" if self.shape() is None else str(self)

    def meaning(self) -> str:
        """The distribution in words, with its skewness and excess kurtosis."""
        words = (type(self).__doc__ or "").partition(".")[0].partition(",")[0]
        shape = self.shape()
        return words if shape is None else f"{words}; {_skewness_and_kurtosis(shape)}"


@cache
def _smooth(distribution: Distribution) -> Shape:
    return smooth(distribution.quantile, *distribution.moments())


def distribution_of(what: str) -> Any:
    """The field of a mechanism that says how something is distributed."""
    return parameter(f"distribution of {what}", kind(Distribution, "a distribution"), Normal())


@dataclass(frozen=True, kw_only=True)
class Normal(Distribution):
    """Normal distribution."""

    def quantile(self, below: Floats, above: Floats) -> Floats:
        """The quantiles."""
        from scipy.special import ndtri

        return np.asarray(np.where(below < above, ndtri(below), -ndtri(above)))

    def moments(self) -> tuple[float, float]:
        """Mean 0, standard deviation 1."""
        return 0.0, 1.0

    def shape(self) -> Shape | None:
        """None: a standard normal is taken as it is."""
        return None


@dataclass(frozen=True, kw_only=True)
class Student(Distribution):
    """Student's t distribution, scaled to the stated variance."""

    df: float = parameter("degrees of freedom; above 2, for the variance to exist", number(above=2), positional=True)

    def quantile(self, below: Floats, above: Floats) -> Floats:
        """The quantiles of t."""
        from scipy.special import stdtrit

        return np.asarray(np.where(below < above, stdtrit(self.df, below), -stdtrit(self.df, above)))

    def moments(self) -> tuple[float, float]:
        """Mean 0, variance df / (df - 2)."""
        return 0.0, math.sqrt(self.df / (self.df - 2))

    def meaning(self) -> str:
        """The distribution in words; its kurtosis is infinite for 4 degrees of freedom or fewer."""
        kurtosis = f"{6 / (self.df - 4):.3g}" if self.df > 4 else "infinite"
        return f"Student's t distribution; skewness 0, excess kurtosis {kurtosis}"


@dataclass(frozen=True, kw_only=True)
class ChiSquare(Distribution):
    """Centred chi-square distribution, skewed to the right."""

    df: float = parameter("degrees of freedom", number(above=0, most=100_000), positional=True)

    def quantile(self, below: Floats, above: Floats) -> Floats:
        """The quantiles of chi-square."""
        from scipy.special import gammainccinv, gammaincinv

        half = self.df / 2
        return np.asarray(2 * np.where(below < above, gammaincinv(half, below), gammainccinv(half, above)))

    def moments(self) -> tuple[float, float]:
        """Mean df, variance 2 df."""
        return self.df, math.sqrt(2 * self.df)


@dataclass(frozen=True, kw_only=True)
class LogNormal(Distribution):
    """Centred lognormal distribution, skewed to the right."""

    log_sd: float = parameter("standard deviation of the logarithm", number(least=0.001, below=2), 0.5, positional=True)

    def quantile(self, below: Floats, above: Floats) -> Floats:
        """The quantiles of exp(log_sd z)."""
        return np.asarray(np.exp(self.log_sd * Normal().quantile(below, above)))

    def moments(self) -> tuple[float, float]:
        """Those of exp(log_sd z)."""
        square = self.log_sd**2
        return math.exp(square / 2), math.sqrt(math.expm1(square)) * math.exp(square / 2)

    def meaning(self) -> str:
        """The distribution in words, with its moments (Johnson, Kotz & Balakrishnan 1994, ch. 14)."""
        w = math.exp(self.log_sd**2)
        skewness, kurtosis = (w + 2) * math.sqrt(w - 1), w**4 + 2 * w**3 + 3 * w**2 - 6
        return f"Centred lognormal distribution; skewness {skewness:.3g}, excess kurtosis {kurtosis:.3g}"


@dataclass(frozen=True, kw_only=True)
class Uniform(Distribution):
    """Uniform distribution."""

    def quantile(self, below: Floats, above: Floats) -> Floats:
        """The quantiles of the uniform distribution from -1/2 to 1/2."""
        return (below - above) / 2

    def moments(self) -> tuple[float, float]:
        """Mean 0, variance 1/12."""
        return 0.0, math.sqrt(1 / 12)


@dataclass(frozen=True, kw_only=True)
class Laplace(Distribution):
    """Laplace distribution, with heavy tails."""

    def quantile(self, below: Floats, above: Floats) -> Floats:
        """The quantiles of the difference of two standard exponentials."""
        side = np.where(below < above, 1.0, -1.0)
        return np.asarray(side * np.log(2 * np.minimum(below, above)))

    def moments(self) -> tuple[float, float]:
        """Mean 0, variance 2."""
        return 0.0, math.sqrt(2)


@dataclass(frozen=True, kw_only=True)
class SkewNormal(Distribution):
    """Skew-normal distribution (Azzalini 1985), density 2 phi(x) Phi(slant x)."""

    slant: float = parameter(
        "the slant alpha of the density; above 0, skewed to the right", number(least=-50, most=50), positional=True
    )

    def quantile(self, below: Floats, above: Floats) -> Floats:
        """The quantiles, by bisection of the distribution function."""
        if self.slant < 0:
            return -SkewNormal(slant=-self.slant).quantile(above, below)
        return _bisect(lambda x: _skew_normal(x, self.slant), (below, above), (-10.0, 10.0))

    def moments(self) -> tuple[float, float]:
        """Mean delta sqrt(2 / pi), variance 1 - mean^2, delta = slant / sqrt(1 + slant^2)."""
        mean = self.slant / math.sqrt(1 + self.slant**2) * math.sqrt(2 / math.pi)
        return mean, math.sqrt(1 - mean**2)


@dataclass(frozen=True, kw_only=True)
class Mixture(Distribution):
    """Mixture of two normal distributions, for outliers (sd_ratio) or two groups (distance)."""

    share: float = parameter("share of the second component", number(above=0, below=1))
    distance: float = parameter(
        "mean of the second component minus that of the first, in SDs of the first", number(least=-8, most=8), 0.0
    )
    sd_ratio: float = parameter("SD of the second component over that of the first", number(least=0.05, most=20), 1.0)

    def faults(self) -> list[str]:
        """Two equal components are no mixture."""
        if self.distance == 0 and self.sd_ratio == 1:
            return ["distance, sd_ratio: given 0 and 1, one normal distribution; allowed: another distance or sd_ratio"]
        return []

    def quantile(self, below: Floats, above: Floats) -> Floats:
        """The quantiles, by bisection of the distribution function."""
        from scipy.special import ndtr

        def _tails(x: Floats) -> tuple[Floats, Floats]:
            first, second = (ndtr(np.array([x, -x])) for x in (x, (x - self.distance) / self.sd_ratio))
            left, right = (1 - self.share) * first + self.share * second
            return left, right

        reach = abs(self.distance) + 10 * max(1.0, self.sd_ratio)
        return _bisect(_tails, (below, above), (-reach, reach))

    def moments(self) -> tuple[float, float]:
        """Mean share distance, variance within plus between the components."""
        within = 1 - self.share + self.share * self.sd_ratio**2
        return self.share * self.distance, math.sqrt(within + self.share * (1 - self.share) * self.distance**2)


@dataclass(frozen=True, kw_only=True)
class Binary(Distribution):
    """Two values, 0 and 1 as a predictor."""

    coded: ClassVar[bool] = True

    share: float = parameter("share of ones", number(above=0, below=1), 0.5, positional=True)

    def quantile(self, below: Floats, above: Floats) -> Floats:
        """1 where no more than the share lies above, else 0."""
        del below
        return np.where(above < self.share, 1.0, 0.0)

    def moments(self) -> tuple[float, float]:
        """Mean share, variance share (1 - share)."""
        return self.share, math.sqrt(self.share * (1 - self.share))

    def shape(self) -> Shape | None:
        """One step."""
        return _step(self.share)


@cache
def _step(share: float) -> Shape:
    from scipy.special import ndtri

    return steps(np.array([-ndtri(share)]), np.array([0.0, 1.0]))


def _bisect(
    tails: Callable[[Floats], tuple[Floats, Floats]], wanted: tuple[Floats, Floats], span: tuple[float, float]
) -> Floats:
    """Where the probabilities below and above are those wanted; compared in the smaller, which has its digits."""
    below, above = wanted
    low, high = (np.full(below.shape, end) for end in span)
    for _ in range(80):
        x = (low + high) / 2
        left, right = tails(x)
        is_below = np.where(below < above, left < below, right > above)
        low, high = np.where(is_below, x, low), np.where(is_below, high, x)
    return np.asarray((low + high) / 2)


def _skew_normal(x: Floats, slant: float) -> tuple[Floats, Floats]:
    """The probabilities below and above x for a slant of 0 or more, by Owen's T.

    Below, Phi(x) - 2 T(x, slant) loses its digits for a large slant; T(h, a) + T(a h, 1 / a) = (Phi(h) + Phi(a h)) / 2
    - Phi(h) Phi(a h) for a > 0 (Owen 1956, Annals of Mathematical Statistics 27, eq. 2.3) keeps them.
    """
    from scipy.special import ndtr, owens_t

    above = ndtr(-x) + 2 * owens_t(x, slant)
    if slant <= 1:
        return ndtr(x) - 2 * owens_t(x, slant), above
    return 2 * owens_t(slant * x, 1 / slant) - ndtr(slant * x) * (1 - 2 * ndtr(x)), above


def _skewness_and_kurtosis(shape: Shape) -> str:
    z, weights = quadrature(shape)
    standard = (shape(z) - shape.mean) / shape.sd
    third, fourth = (float(weights @ standard**power) for power in (3, 4))
    return f"skewness {round(third, 6) + 0.0:.3g}, excess kurtosis {fourth - 3:.3g}"
