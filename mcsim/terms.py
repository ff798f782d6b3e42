"""The terms that a formula is made of: fixed effects, random effects, and the names of their (co)variances."""

from dataclasses import dataclass, field, replace

Product = tuple[str, ...]


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


@dataclass(frozen=True)
class Formula:
    """A parsed formula; equal when its terms are, however it was written."""

    text: str = field(compare=False)
    response: str
    fixed: tuple[Term, ...]
    random: tuple[RandomTerm, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The numeric columns it needs, the response first."""
        terms = [*self.fixed, *(term for bar in self.random for term in bar.terms)]
        return tuple(dict.fromkeys([self.response, *(name for term in terms for name in term.names)]))

    @property
    def groups(self) -> tuple[str, ...]:
        """The grouping factors."""
        return tuple(dict.fromkeys(bar.group for bar in self.random))

    @property
    def fixed_part(self) -> "Formula":
        """The same formula without its random effects."""
        return replace(self, random=())


def covariance_names(term: RandomTerm) -> list[tuple[str, str]]:
    """The (co)variances of a bar as pairs of labels, in lme4's order: the lower triangle, column by column.

    A variance is a pair of equal labels; a covariance is (later, earlier). Under ``||`` there are only variances.
    """
    labels = [t.label for t in term.terms]
    if not term.correlated:
        return [(label, label) for label in labels]
    return [(later, earlier) for j, earlier in enumerate(labels) for later in labels[j:]]


def covariance_estimands(term: RandomTerm) -> tuple[str, ...]:
    """The estimands of `covariance_names`: ``var_(Intercept)|cluster``, ``cov_x.(Intercept)|cluster``, ..."""
    pairs = covariance_names(term)
    return tuple(f"var_{a}|{term.group}" if a == b else f"cov_{a}.{b}|{term.group}" for a, b in pairs)
