"""Cluster sizes: patterns that are given, and those that are drawn. To add one, write a class here."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mcsim.mechanisms.composition.quantities import Quantity
from mcsim.mechanisms.composition.shapes import Shape, steps
from mcsim.model import Floats
from mcsim.parameters import Listing, Parameters, either, kind, number, parameter, several, whole, word

_LAST = 1e-13  # sizes so large that they or larger ones have a smaller probability do not come


@dataclass(frozen=True, kw_only=True)
class SizePattern(Parameters, ABC):
    """Base of patterns."""

    @abstractmethod
    def meaning(self) -> str:
        """The pattern in words."""

    @abstractmethod
    def average(self, clusters: int) -> float:
        """The mean size of so many clusters."""

    @abstractmethod
    def longest(self) -> int:
        """The largest size that may come."""


@dataclass(frozen=True, kw_only=True)
class GivenSizes(SizePattern):
    """Base of patterns that leave nothing to chance."""

    @abstractmethod
    def sizes(self, clusters: int) -> tuple[int, ...]:
        """The sizes of so many clusters."""


@dataclass(frozen=True, kw_only=True)
class DrawnSizes(SizePattern):
    """Base of patterns that are drawn from a distribution on 1, 2, ..."""

    mean: float = parameter("mean size", number(above=1, most=10_000))
    cv: float = parameter("coefficient of variation of sizes: SD over mean", number(above=0))
    drawn: str = parameter(
        "sizes drawn in every replication, or once per condition",
        word("every replication", "once"),
        "every replication",
    )

    @abstractmethod
    def probabilities(self) -> Floats:
        """The probabilities (m,) of the sizes 1, 2, ..., m."""

    def faults(self) -> list[str]:
        """Whether there is such a distribution."""
        try:
            self.shape()
        except ValueError as error:
            return [f"mean, cv: given {self.mean:g} and {self.cv:g}; allowed: {error}"]
        return []

    def shape(self) -> Shape:
        """The size as a function of a standard normal."""
        return _steps(self)

    def average(self, clusters: int) -> float:
        """The mean size, whatever the number of clusters."""
        del clusters
        return self.mean

    def longest(self) -> int:
        """The largest size that may come."""
        return self.shape().pieces + 1


@cache
def _steps(sizes: DrawnSizes) -> Shape:
    from scipy.special import ndtri

    probabilities = sizes.probabilities()
    above = np.cumsum(probabilities[::-1])[::-1][1:]  # from the small ones on, so that they keep their digits
    below = np.cumsum(probabilities)[:-1]
    thresholds = np.where(below < above, ndtri(below), -ndtri(above))
    return steps(thresholds, np.arange(1.0, len(probabilities) + 1))


@dataclass(frozen=True, kw_only=True, init=False)
class Sizes(Listing, GivenSizes):
    """Given sizes, which clusters take in turn."""

    entries: tuple[int, ...] = parameter("sizes, which clusters take in turn", several(whole(least=1)))

    def sizes(self, clusters: int) -> tuple[int, ...]:
        """The sizes of so many clusters."""
        return tuple(self.entries[j % len(self.entries)] for j in range(clusters))

    def average(self, clusters: int) -> float:
        """The mean size of so many clusters."""
        turns, rest = divmod(clusters, len(self.entries))
        return (turns * sum(self.entries) + sum(self.entries[:rest])) / clusters

    def longest(self) -> int:
        """The largest size."""
        return max(self.entries)

    def meaning(self) -> str:
        """The pattern in words."""
        return f"clusters have in turn the sizes {', '.join(map(str, self.entries))}"


@dataclass(frozen=True, kw_only=True)
class SmallClusters(GivenSizes):
    """A share of small clusters among large ones, evenly spread."""

    share: float = parameter("share of small clusters", number(least=0, below=1))
    small: int = parameter("size of a small cluster", whole(least=1))
    large: int = parameter("size of a large cluster", whole(least=1))

    def sizes(self, clusters: int) -> tuple[int, ...]:
        """The sizes of so many clusters; the number of small ones is rounded to the nearest."""
        small = round(self.share * clusters)
        return tuple(
            self.small if (j + 1) * small // clusters > j * small // clusters else self.large for j in range(clusters)
        )

    def average(self, clusters: int) -> float:
        """The mean size of so many clusters."""
        small = round(self.share * clusters)
        return self.large + (self.small - self.large) * small / clusters

    def longest(self) -> int:
        """The larger size."""
        return max(self.small, self.large)

    def meaning(self) -> str:
        """The pattern in words."""
        return f"{self.share:.3g} of the clusters have {self.small} rows, the others {self.large}"


@dataclass(frozen=True, kw_only=True)
class NegativeBinomial(DrawnSizes):
    """Negative binomial sizes without 0, with the mean and the coefficient of variation that are stated."""

    def probabilities(self) -> Floats:
        """Those of the distribution truncated at 1, whose parameters give it the stated moments.

        Raises
        ------
        ValueError
            If no such distribution has them; it says which it can have.
        """
        from scipy.optimize import brentq
        from scipy.special import gammaln

        least, most = (_truncated_cv(self.mean, log_shape) for log_shape in (20.0, -12.0))
        if not least < self.cv < most:
            raise ValueError(f"a cv above {least:.4g} and below {most:.4g} for sizes of mean {self.mean:g}")
        log_shape = brentq(lambda at: _truncated_cv(self.mean, at) - self.cv, -12.0, 20.0, xtol=1e-13)
        shape = math.exp(log_shape)
        mu = _untruncated_mean(self.mean, shape)
        k = np.arange(1, int(self.mean * (1 + 40 * self.cv + 40 * self.cv**2)) + 60)
        log_odds = math.log(mu) - math.log(shape + mu)
        terms = gammaln(k + shape) - gammaln(shape) - gammaln(k + 1) - shape * math.log1p(mu / shape) + k * log_odds
        return _cut(np.exp(terms))

    def meaning(self) -> str:
        """The pattern in words."""
        return _in_words("negative binomial", self)


@dataclass(frozen=True, kw_only=True)
class LogNormalSizes(DrawnSizes):
    """Lognormal sizes, rounded and at least 1, with the mean and the coefficient of variation that are stated."""

    cv: float = parameter("coefficient of variation of sizes: SD over mean", number(above=0, below=2))

    def probabilities(self) -> Floats:
        """Those of rounded values, whose logarithm has the mean and SD that give the sizes the stated moments.

        Raises
        ------
        ValueError
            If no such distribution has them; it says which it can have.
        """
        from scipy.optimize import root

        part = self.mean - math.floor(self.mean)
        least = math.sqrt(part * (1 - part)) / self.mean  # of whole numbers with this mean: the two next to it
        wanted = f"a cv well above {least:.4g} for sizes of mean {self.mean:g}, or a mean further above 1"
        if self.cv <= least:
            raise ValueError(wanted)
        # Where the SD is far below 1, rounding hides small changes: begin where it does not.
        spread = max(math.sqrt(math.log1p(self.cv**2)), 0.2 / self.mean)
        found = root(self._off, [math.log(self.mean) - spread**2 / 2, math.log(spread)], tol=1e-12)
        if not np.abs(self._off(found.x)).max() < 1e-8:
            raise ValueError(wanted)
        return self._rounded(found.x)

    def _rounded(self, at: Floats) -> Floats:
        from scipy.special import ndtr

        centre, spread = at[0], math.exp(min(max(at[1], -20.0), 1.5))
        most = int(math.exp(min(centre + 7 * spread, 14))) + 3
        edges = (np.log(np.arange(1, most) + 0.5) - centre) / spread
        return _cut(np.diff(np.concatenate([[0.0], ndtr(edges), [1.0]])))

    def _off(self, at: Floats) -> Floats:
        """How far the moments are from those stated, on the scale of the mean."""
        probabilities = self._rounded(np.asarray(at))
        k = np.arange(1, len(probabilities) + 1)
        mean = float(probabilities @ k)
        cv = math.sqrt(max(float(probabilities @ (k - mean) ** 2), 0.0)) / mean
        return np.array([mean / self.mean - 1, cv - self.cv])

    def meaning(self) -> str:
        """The pattern in words."""
        return _in_words("lognormal, rounded", self)


def size_quantities(size: int | SizePattern | None) -> tuple[Quantity, ...]:
    """What is drawn of sizes in every replication: the size of each cluster, or nothing."""
    if not isinstance(size, DrawnSizes) or size.drawn != "every replication":
        return ()
    return (Quantity("size", 1, shape=size.shape(), coded=True),)


def size_of(what: str) -> Any:
    """The field of a mechanism that says how large clusters are."""
    return parameter(what, either(whole(least=1), kind(SizePattern, "a pattern of sizes")))


def _untruncated_mean(mean: float, shape: float) -> float:
    """The mean of the negative binomial distribution which without 0 has the stated mean."""
    from scipy.optimize import brentq

    def off(mu: float) -> float:
        return mu - mean * -math.expm1(-shape * math.log1p(mu / shape))

    return float(brentq(off, 1e-300, mean, xtol=1e-300, rtol=1e-14))


def _truncated_cv(mean: float, log_shape: float) -> float:
    shape = math.exp(log_shape)
    mu = _untruncated_mean(mean, shape)
    # E k^2 / E k of the distribution without 0 is that with 0.
    return math.sqrt(max((1 + mu / shape + mu) / mean - 1, 0.0))


def _cut(probabilities: Floats) -> Floats:
    """Without the largest sizes, which have hardly any probability, and adding up to 1."""
    at_least = np.cumsum(probabilities[::-1])[::-1]
    kept = probabilities[: np.count_nonzero(at_least > _LAST)]
    return np.asarray(kept / kept.sum())


def _in_words(name: str, sizes: DrawnSizes) -> str:
    return (
        f"{name}, mean {sizes.mean:g}, SD {sizes.mean * sizes.cv:.3g}, largest {sizes.longest()}, drawn {_when(sizes)}"
    )


def _when(sizes: DrawnSizes) -> str:
    return "in every replication" if sizes.drawn == "every replication" else "once, the same in every replication"
