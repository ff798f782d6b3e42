"""Further predictors, on either level, several of them and correlated.

To add a kind of predictor, write a class here.
"""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mcsim.mechanisms.composition.quantities import Quantity
from mcsim.mechanisms.composition.shapes import steps
from mcsim.mechanisms.parts.distributions import Distribution, Normal
from mcsim.parameters import Check, Listing, Parameters, absent_or, kind, number, parameter, several, whole

_LEVELS = {1: "rows", 2: "clusters"}
_ROUNDING = 1e-9


def _name() -> Check:
    def canonical(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", value):
            raise ValueError
        return str(value)

    return Check("a name such as 'age', letters and digits", canonical)


@dataclass(frozen=True, kw_only=True)
class Predictor(Parameters, ABC):
    """Base of further predictors."""

    name: str = parameter("name of its column", _name())
    level: int = parameter("1: differs between rows; 2: between clusters", whole(least=1, most=2), 1)

    @abstractmethod
    def effects(self) -> dict[str, float]:
        """The fixed effect of each of its columns."""

    @abstractmethod
    def quantities(self) -> tuple[Quantity, ...]:
        """What is drawn, the first of them that by which it correlates with other predictors."""

    @abstractmethod
    def meaning(self) -> str:
        """The predictor in words."""


@dataclass(frozen=True, kw_only=True)
class Covariate(Predictor):
    """A predictor with one column."""

    effect: float = parameter("its fixed effect", number())
    distribution: Distribution = parameter("its distribution", kind(Distribution, "a distribution"), Normal())
    sd: float = parameter("its standard deviation; of a binary one, that of 0 and 1", number(above=0), 1.0)

    def effects(self) -> dict[str, float]:
        """Its effect."""
        return {self.name: self.effect}

    def faults(self) -> list[str]:
        """A predictor with values of its own has no scale."""
        if not self.distribution.coded or self.sd == 1:
            return []
        return [f"sd: given {self.sd:g} with {self.distribution}, which is 0 and 1; allowed: leave sd out"]

    def quantities(self) -> tuple[Quantity, ...]:
        """One."""
        return (self.distribution.predictor(self.name, self.level - 1, self.sd),)

    def meaning(self) -> str:
        """The predictor in words."""
        scale = "" if self.distribution.coded else f", SD {self.sd:g}"
        return f"{self.name} of {_LEVELS[self.level]}, {self.distribution}{scale}, effect {self.effect:g}"


@dataclass(frozen=True, kw_only=True)
class Categorical(Predictor):
    """A predictor with categories 1, 2, ...: a column of 0 and 1 for each but the first, name2, name3, ..."""

    shares: tuple[float, ...] = parameter(
        "share of each category; together 1", several(number(above=0, below=1), least=2)
    )
    differences: tuple[float, ...] = parameter(
        "by how much the mean of each category but the first differs from the first", several(number())
    )

    def faults(self) -> list[str]:
        """Shares add up to 1; there is a difference for each category but the first."""
        found = []
        if abs(sum(self.shares) - 1) > _ROUNDING:
            found.append(f"shares: given {_listed(self.shares)}, together {sum(self.shares):.6g}; allowed: together 1")
        if len(self.differences) != len(self.shares) - 1:
            given = f"differences: given {len(self.differences)} for {len(self.shares)} categories"
            found.append(f"{given}; allowed: {len(self.shares) - 1}, one for each category but the first")
        return found

    def effects(self) -> dict[str, float]:
        """The differences."""
        return {f"{self.name}{c}": effect for c, effect in enumerate(self.differences, 2)}

    def quantities(self) -> tuple[Quantity, ...]:
        """The category, and whether it is the second, third, ..."""
        from scipy.special import ndtri

        thresholds = ndtri(np.cumsum(self.shares)[:-1])
        category = steps(thresholds, np.arange(1.0, len(self.shares) + 1))

        def _indicator(column: str, c: int) -> Quantity:
            shape = steps(thresholds, np.where(category.table[1] == c, 1.0, 0.0))
            return Quantity(column, self.level - 1, shape=shape, coded=True, column=column, of=self.name)

        dummies = (_indicator(column, c) for c, column in enumerate(self.effects(), 2))
        first = Quantity(
            self.name,
            self.level - 1,
            shape=category,
            coded=True,
            column=next(iter(self.effects())),
            hidden=True,
            law=f"categories of shares {_listed(self.shares)}",
        )
        return (first, *dummies)

    def meaning(self) -> str:
        """The predictor in words."""
        shares, effects = _listed(self.shares), _listed(self.differences)
        return (
            f"{self.name} of {_LEVELS[self.level]}, categories of shares {shares}, differences from the first {effects}"
        )


@dataclass(frozen=True, kw_only=True, init=False)
class Covariates(Listing):
    """Further predictors, beside x and z."""

    entries: tuple[Predictor, ...] = parameter("further predictors", several(kind(Predictor, "a predictor"), least=1))
    correlation: float = parameter(
        "correlation of any two predictors of a level, x and z among them", number(above=-1, below=1), 0.0
    )

    def faults(self) -> list[str]:
        """Every column has one name."""
        names = Counter(name for entry in self.entries for name in entry.effects())
        twice = [name for name, count in names.items() if count > 1]
        return [f"entries: two columns are called {name}; allowed: different names" for name in twice]

    def covariances(self, predictors: Iterable[Quantity]) -> Iterator[tuple[tuple[str, str], float]]:
        """The covariances of drawn predictors, those of each level with each other."""
        if self.correlation:
            for one, other in combinations(predictors, 2):
                if one.level == other.level:
                    yield (one.name, other.name), self.correlation * one.spread * other.spread

    def meaning(self) -> str:
        """The predictors in words."""
        words = "; ".join(entry.meaning() for entry in self.entries)
        return f"{words}; correlation {self.correlation:g}" if self.correlation else words


def covariates_of() -> Any:
    """The field of a mechanism that holds its further predictors."""
    return parameter("further predictors", absent_or(kind(Covariates, "further predictors")), None)


def effects_of(covariates: Covariates | None, *levels: int) -> dict[str, float]:
    """The fixed effect of each column of the covariates of some levels, in order; all without a level."""
    entries = covariates.entries if covariates else ()
    chosen = (entry for entry in entries if not levels or entry.level in levels)
    return {name: effect for entry in chosen for name, effect in entry.effects().items()}


def quantities_of(covariates: Covariates | None, level: int) -> tuple[Quantity, ...]:
    """What the covariates of a level draw."""
    entries = covariates.entries if covariates else ()
    return tuple(q for entry in entries if entry.level == level for q in entry.quantities())


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)
