"""The terms that a formula is made of: fixed effects, random effects, and the names of their (co)variances."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

Product = tuple[str, ...]

Scale = Literal["variance", "sd"]
"""Variances and covariances, or standard deviations and correlations."""

_WORDS: dict[Scale, tuple[str, str, str]] = {"variance": ("var", "cov", "var_residual"), "sd": ("sd", "cor", "sigma")}


@dataclass(frozen=True)
class Term:
    """A column of a model matrix: a product of numeric columns; no names is the intercept."""

    names: Product = ()

    @property
    def label(self) -> str:
        """The term as lme4 names it: ``(Intercept)``, ``x``, ``x:z``."""
        return ":".join(self.names) or "(Intercept)"


@dataclass(frozen=True)
class RandomTerm:
    """A bar ``(terms | group)``: effects that vary between the groups; `correlated` is False for ``||``."""

    terms: tuple[Term, ...]
    group: str
    correlated: bool = True

    @property
    def factors(self) -> tuple[str, ...]:
        """The columns whose values make up the groups: two for ``classroom:school``."""
        return tuple(self.group.split(":"))

    @property
    def blocks(self) -> tuple[tuple[Term, ...], ...]:
        """Its effects in sets that are independent of each other."""
        return (self.terms,) if self.correlated else tuple((term,) for term in self.terms)


@dataclass(frozen=True, eq=False)
class Formula:
    """A parsed formula; equal when its terms are, however it was written."""

    text: str
    response: str
    fixed: tuple[Term, ...]
    random: tuple[RandomTerm, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The numeric columns it needs, the response first."""
        terms = [*self.fixed, *(term for bar in self.random for term in bar.terms)]
        return tuple(dict.fromkeys([self.response, *(name for term in terms for name in term.names)]))

    @property
    def factors(self) -> dict[str, tuple[str, ...]]:
        """The grouping factors by name, and the columns whose values make up each."""
        return {bar.group: bar.factors for bar in self.random}

    @property
    def groups(self) -> tuple[str, ...]:
        """The grouping factors as they are named: ``school``, ``classroom:school``."""
        return tuple(self.factors)

    @property
    def grouping_columns(self) -> tuple[str, ...]:
        """The columns that make up the grouping factors."""
        return tuple(dict.fromkeys(name for names in self.factors.values() for name in names))

    @property
    def fixed_part(self) -> "Formula":
        """The same formula without its random effects."""
        return replace(self, random=())

    def _meaning(self) -> tuple[Any, ...]:
        # (1 + x || g) is (1 | g) + (0 + x | g).
        return self.response, self.fixed, tuple((bar.group, block) for bar in self.random for block in bar.blocks)

    def __eq__(self, other: object) -> bool:
        return self._meaning() == other._meaning() if isinstance(other, Formula) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._meaning())


def covariance_names(bar: RandomTerm) -> list[tuple[str, str]]:
    """The (co)variances of a bar as pairs of labels, in lme4's order: the lower triangle, column by column.

    A variance is a pair of equal labels; a covariance is (later, earlier). Under ``||`` there are only variances.
    """
    labels = [term.label for term in bar.terms]
    if not bar.correlated:
        return [(label, label) for label in labels]
    return [(later, earlier) for j, earlier in enumerate(labels) for later in labels[j:]]


def random_estimands(bars: Iterable[RandomTerm], scale: Scale = "variance") -> tuple[str, ...]:
    """The estimands of the random effects, bar after bar, each in the order of `covariance_names`.

    Parameters
    ----------
    bars : iterable of RandomTerm
        Such as `Formula.random`.
    scale : str, optional
        ``variance`` gives ``var_(Intercept)|g``, ``cov_x.(Intercept)|g``, ``var_x|g``; ``sd`` gives
        ``sd_(Intercept)|g``, ``cor_x.(Intercept)|g``, ``sd_x|g``.
    """
    alone, joint, _ = _WORDS[scale]
    return tuple(
        f"{alone}_{a}|{bar.group}" if a == b else f"{joint}_{a}.{b}|{bar.group}"
        for bar in bars
        for a, b in covariance_names(bar)
    )


def residual_estimand(scale: Scale = "variance") -> str:
    """The estimand of the residuals: ``var_residual``, or on the scale of standard deviations ``sigma``."""
    return _WORDS[scale][2]
