"""How the residual variance differs between rows or clusters; its mean is always the variance that is stated.

To add a pattern, write a class here.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from mcsim.kernels.recipe import EXPONENTIAL, SPLIT, VARYING
from mcsim.mechanisms.composition.quantities import Quantity
from mcsim.mechanisms.composition.shapes import quadrature
from mcsim.mechanisms.parts.distributions import LogNormal
from mcsim.parameters import Parameters, kind, number, parameter, text

_FEW = 1e-6  # a smaller share of rows is none


class Spread(NamedTuple):
    """What the residual standard deviation is multiplied by.

    Attributes
    ----------
    kind : int
        `EXPONENTIAL`, `SPLIT` or `VARYING` of `mcsim.kernels.recipe`.
    on : str
        The column, or the quantity.
    numbers : tuple of float
        Of `spread_numbers` there.
    """

    kind: int
    on: str
    numbers: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class ResidualVariance(Parameters, ABC):
    """Base of patterns."""

    @abstractmethod
    def meaning(self) -> str:
        """The pattern in words."""

    def column(self) -> str:
        """The column it depends on; "" if none."""
        return ""

    def quantities(self) -> tuple[Quantity, ...]:
        """What it draws."""
        return ()

    def spreads(self, parts: Sequence[Quantity]) -> tuple[Spread, ...]:
        """What it does, for the quantities that its column is the sum of."""
        del parts
        return ()

    def misfit(self, parts: Sequence[Quantity]) -> str:
        """Why it cannot depend on a column that is the sum of these; empty if it can."""
        del parts
        return ""


@dataclass(frozen=True, kw_only=True)
class Constant(ResidualVariance):
    """The same for all rows."""

    def meaning(self) -> str:
        """The pattern in words."""
        return "the same for all rows"


@dataclass(frozen=True, kw_only=True)
class LogLinear(ResidualVariance):
    """Log-linear in a column: the variance is proportional to exp(slope * column)."""

    on: str = parameter("the column it depends on", text(), "x")
    slope: float = parameter("by how much the log of the variance rises with each unit of the column", number())

    def column(self) -> str:
        """The column it depends on."""
        return self.on

    def spreads(self, parts: Sequence[Quantity]) -> tuple[Spread, ...]:
        """exp(slope column / 2) over the root of the mean variance."""
        mean = math.prod(part.expectation_of_exp(self.slope) for part in parts)
        return (Spread(EXPONENTIAL, self.on, (self.slope / 2, 0.0, 1 / math.sqrt(mean))),)

    def misfit(self, parts: Sequence[Quantity]) -> str:
        """The variance must have a mean."""
        if all(np.isfinite(part.expectation_of_exp(self.slope)) for part in parts):
            return ""
        return (
            f"{self}: given for a column of so long tails that the mean of the variance does not exist, or hangs on "
            "values that hardly ever come; allowed: a smaller slope, or shorter tails"
        )

    def meaning(self) -> str:
        """The pattern in words."""
        return f"proportional to exp({self.slope:g} {self.on}), its mean as stated"


@dataclass(frozen=True, kw_only=True)
class Groups(ResidualVariance):
    """Two groups of rows, told apart by a column: one variance is `ratio` times the other."""

    on: str = parameter("the column that tells the groups apart", text(), "x")
    ratio: float = parameter("variance of rows with the larger values over that of the others", number(above=0))
    above: float = parameter("the larger values are those above this", number(), 0.0)

    def column(self) -> str:
        """The column that tells the groups apart."""
        return self.on

    def _share(self, parts: Sequence[Quantity]) -> float:
        """The share of rows above the cut; a column is one quantity, or one and what clusters add to it."""
        *added, last = sorted(parts, key=lambda part: -part.level)
        if not added:
            return float(last.share_above(np.array([self.above]))[0])
        z, weights = quadrature(added[0].shape)
        return float(weights @ last.share_above(self.above - added[0].values(z)))

    def spreads(self, parts: Sequence[Quantity]) -> tuple[Spread, ...]:
        """Roots of the two variances, whose mean is 1."""
        share = self._share(parts)
        smaller = 1 / (1 - share + share * self.ratio)
        return (Spread(SPLIT, self.on, (self.above, math.sqrt(smaller), math.sqrt(smaller * self.ratio))),)

    def misfit(self, parts: Sequence[Quantity]) -> str:
        """Both groups must have rows."""
        if _FEW < self._share(parts) < 1 - _FEW:
            return ""
        return f"{self}: all values of {self.on} lie on one side of {self.above:g}; allowed: a value between them"

    def meaning(self) -> str:
        """The pattern in words."""
        return f"where {self.on} > {self.above:g}, {self.ratio:g} times what it is elsewhere; its mean as stated"


@dataclass(frozen=True, kw_only=True)
class VaryingBetweenClusters(ResidualVariance):
    """Every cluster has a variance of its own, drawn from a lognormal distribution."""

    cv: float = parameter(
        "coefficient of variation of the variances of clusters", number(least=0.01, below=10), positional=True
    )

    def quantities(self) -> tuple[Quantity, ...]:
        """The standard deviation of every cluster: a lognormal factor, whose square has mean 1."""
        log_variance = math.log1p(self.cv**2)
        shape = LogNormal(log_sd=math.sqrt(log_variance) / 2).shape()
        assert shape is not None
        scaled = replace(shape, table=shape.table * math.exp(-log_variance / 4))
        return (Quantity("e_sd", 1, shape=scaled, coded=True),)

    def spreads(self, parts: Sequence[Quantity]) -> tuple[Spread, ...]:
        """The factor of the cluster."""
        del parts
        return (Spread(VARYING, "e_sd"),)

    def meaning(self) -> str:
        """The pattern in words."""
        return f"lognormal between clusters with a coefficient of variation of {self.cv:g}, its mean as stated"


def variance_pattern() -> Any:
    """The field of a mechanism that says how its residual variance differs."""
    check = kind(ResidualVariance, "a pattern of residual variances")
    return parameter(
        "how the residual variance differs between rows or clusters; its mean is sigma2", check, Constant()
    )
