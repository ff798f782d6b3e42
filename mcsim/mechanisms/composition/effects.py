"""The random effects of one grouping factor: how a formula writes them, and their true (co)variances."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mcsim.parameters import plain_text
from mcsim.terms import RandomTerm, Term, covariance_names, random_estimands, residual_estimand

LABEL = "(Intercept)"
_ROUNDING = 1e-12  # a covariance this much beyond the largest possible one is taken as the largest


class Effects(NamedTuple):
    """Effects that vary between the clusters of a factor.

    Attributes
    ----------
    group : str
        The grouping factor.
    variances : mapping of str to float
        By the label of the effect, the intercept first if there is one.
    covariances : mapping of (str, str) to float, or None
        By pairs of labels, the later first; None for effects that are independent in the model too.
    """

    group: str
    variances: Mapping[str, float]
    covariances: Mapping[tuple[str, str], float] | None = None

    @property
    def term(self) -> RandomTerm:
        """Them as a formula's term."""
        terms = tuple(Term(() if label == LABEL else (label,)) for label in self.variances)
        return RandomTerm(terms, self.group, len(terms) == 1 or self.covariances is not None)

    @property
    def text(self) -> str:
        """Them in lme4's notation."""
        labels = ["1" if label == LABEL else label for label in self.variances]
        first = labels if labels[0] == "1" else ["0", *labels]
        return f"({' + '.join(first)} {'|' if self.term.correlated else '||'} {self.group})"

    def on_variance_scale(self) -> dict[str, float]:
        """The variances and covariances by estimand."""
        values = (self.variances[a] if a == b else self._covariance(a, b) for a, b in covariance_names(self.term))
        return dict(zip(random_estimands([self.term]), values, strict=True))

    def on_sd_scale(self) -> dict[str, float]:
        """The standard deviations and correlations by estimand; NaN is the correlation where a variance is 0."""
        pairs = covariance_names(self.term)
        values = (math.sqrt(self.variances[a]) if a == b else self._correlation(a, b) for a, b in pairs)
        return dict(zip(random_estimands([self.term], "sd"), values, strict=True))

    def _covariance(self, later: str, earlier: str) -> float:
        return (self.covariances or {}).get((later, earlier), 0.0)

    def _correlation(self, later: str, earlier: str) -> float:
        product = math.sqrt(self.variances[later]) * math.sqrt(self.variances[earlier])
        covariance = self._covariance(later, earlier)
        if not product > 0 or math.isnan(covariance):
            return math.nan
        return min(1.0, max(-1.0, covariance / product))


def labelled(fixed: Mapping[str, float]) -> dict[str, float]:
    """Fixed effects by the labels that their formula gives them: names stand in the order in which they come first.

    Parameters
    ----------
    fixed : mapping of str to float
        In the order of the formula; the names of an interaction in any order.

    Returns
    -------
    dict of str to float
        Without the effect of x, that of ``x:z`` after one of z is called ``z:x``, as lme4 does.
    """
    seen = list(dict.fromkeys(name for label in fixed for name in label.split(":")))
    return {":".join(sorted(label.split(":"), key=seen.index)): value for label, value in fixed.items()}


def centred_truths(name: str, within: float, between: float) -> dict[str, float]:
    """The fixed effects of a level-1 predictor and of what methods make of it (`mcsim.centring`).

    Parameters
    ----------
    name : str
        Of the predictor.
    within, between : float
        Its effects within clusters and between them.

    Returns
    -------
    dict of str to float
        By estimand; the predictor itself has one truth only where its effects agree.
    """
    same = within if within == between else math.nan
    ends = {"": same, "_centred": same, "_within": within, "_between": between, "_mean": between - within}
    return {f"{name}{end}": value for end, value in ends.items()}


def formula_of(fixed: Iterable[str], effects: Iterable[Effects]) -> str:
    """A model in lme4's notation.

    Parameters
    ----------
    fixed : iterable of str
        The labels of the fixed effects, the intercept's first.
    effects : iterable of Effects
        The random effects.
    """
    terms = ["1" if label == LABEL else label for label in fixed]
    return f"y ~ {' + '.join([*terms, *(effect.text for effect in effects)])}"


def truths(effects: tuple[Effects, ...], sigma2: float) -> dict[str, float]:
    """The true (co)variances of a model by estimand: of every factor and the residual, then on the scale of SDs."""
    variances = [effect.on_variance_scale() for effect in effects] + [{residual_estimand(): sigma2}]
    deviations = [effect.on_sd_scale() for effect in effects] + [{residual_estimand("sd"): math.sqrt(sigma2)}]
    return {name: value for found in variances + deviations for name, value in found.items()}


def slope_faults(tau2: float, slope_variance: float | None, covariance: float | None, *, of: str = "") -> Iterator[str]:
    """What is wrong with the covariance of a random intercept and a random slope.

    Parameters
    ----------
    tau2 : float
        The variance of the intercept.
    slope_variance, covariance : float or None
        As their factors; None is absent.
    of : str
        What the names of these factors end in.
    """
    if covariance is None:
        return
    if slope_variance is None:
        given = f"covariance{of}: given {plain_text(covariance)} without a slope_variance{of}"
        yield f"{given}; allowed: None, or give the slope_variance{of} too"
        return
    variances = {f"tau2{of}": tau2, f"slope_variance{of}": slope_variance}
    if fault := covariance_fault(f"covariance{of}", covariance, variances):
        yield fault


def covariance_fault(given: str, covariance: float, variances: Mapping[str, float]) -> str:
    """What is wrong with the covariance of two effects; empty if it is possible.

    Parameters
    ----------
    given : str
        The factor.
    covariance : float
        Its value.
    variances : mapping of str to float
        The two variances by their factors.
    """
    (one, first), (other, second) = variances.items()
    largest = math.sqrt(first) * math.sqrt(second)
    if abs(covariance) <= largest * (1 + _ROUNDING):
        return ""
    halves = first / 2, second / 2
    smallest = sum(halves) - math.hypot(halves[0] - halves[1], covariance)
    return (
        f"{given}: given {plain_text(covariance)} with {one} {plain_text(first)} and {other} {plain_text(second)}, a "
        f"covariance matrix that is not positive semi-definite (smallest eigenvalue {smallest:.4g}); allowed: "
        f"{largest:.6g} or less either way, the square root of {one} * {other}"
    )
