"""What each part of a mechanism costs: simulating and fitting with it beside the plain design, in turn."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from benchmarks.designs import random_slope
from benchmarks.timing import OWN, Comparison, Contestant, compare, interleave, seconds_per_call
from mcsim import Study
from mcsim.mechanisms import (
    AR1,
    Binary,
    Categorical,
    ChiSquare,
    CompoundSymmetric,
    Covariate,
    Covariates,
    Groups,
    LogLinear,
    LogNormal,
    LogNormalSizes,
    Mixture,
    NegativeBinomial,
    Sizes,
    SkewNormal,
    SmallClusters,
    Student,
    Toeplitz,
    Uniform,
    VaryingBetweenClusters,
)
from mcsim.streams import DATA, DESIGN, Streams

WORK = "simulate, fit and Wald: per replication"

_DISTRIBUTIONS = (
    Student(df=5),
    ChiSquare(df=3),
    LogNormal(),
    Uniform(),
    SkewNormal(slant=5),
    Mixture(share=0.1, sd_ratio=3),
    Mixture(share=0.5, distance=5),
    Binary(),
)
_G = Categorical(name="g", shares=(0.5, 0.3, 0.2), differences=(1, 2))
_SIZES = (
    Sizes(20, 50, 80),
    SmallClusters(share=0.25, small=5, large=65),
    NegativeBinomial(mean=50, cv=0.6),
    NegativeBinomial(mean=50, cv=0.6, drawn="once"),
    LogNormalSizes(mean=50, cv=0.6),
)
_VARIANCES = (LogLinear(slope=0.3), Groups(ratio=3), VaryingBetweenClusters(cv=0.5))
_CORRELATIONS = (AR1(rho=0.5), CompoundSymmetric(rho=0.2), Toeplitz(0.4, 0.2), Toeplitz(0.5, 0.4, 0.3, 0.2, 0.1))

DESIGNS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        **{f"random effects {part}": {"random_effects": part} for part in _DISTRIBUTIONS},
        **{f"residuals {part}": {"residuals": part} for part in _DISTRIBUTIONS},
        **{f"x {part}": {"x_distribution": part} for part in _DISTRIBUTIONS},
        **{f"sizes {part}": {"cluster_size": part} for part in _SIZES},
        "informative sizes": {"cluster_size": _SIZES[2], "informative_size": 0.3},
        **{f"residual variance {part}": {"residual_variance": part} for part in _VARIANCES},
        **{f"residual correlation {part}": {"residual_correlation": part} for part in _CORRELATIONS},
        "x with an icc": {"x_icc": 0.2},
        "x with an icc, endogenous": {"x_icc": 0.2, "endogeneity": 0.3},
        "predictors fixed": {"predictors": "fixed"},
    }
)
"""Factors beside those of the plain design, 20 clusters of 50 with a random slope; the model fitted is the same."""

MORE: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "effect of x between clusters, of the mean in the data": {"x_icc": 0.2, "gamma10_between": 1.0},
        "a covariate of rows": {"covariates": Covariates(Covariate(name="w", effect=0.3))},
        "a covariate of clusters": {"covariates": Covariates(Covariate(name="w", level=2, effect=0.3))},
        "three categories": {"covariates": Covariates(_G)},
    }
)
"""Factors that bring fixed effects, whose fit is part of what they cost."""


def measure(*, replications: int, rounds: int) -> list[Comparison]:
    """A line for each design: its time, that of the plain one, and its ratio to the plain one within each round."""
    factors: Mapping[str, Mapping[str, Any]] = {OWN: {}, **DESIGNS, **MORE}
    contestants = [_contestant(name, random_slope(replications, **given)) for name, given in factors.items()]
    for run in contestants:  # compiles, and tabulates distributions
        run(0)
    found = {line.peer: line for line in compare(WORK, interleave(contestants, rounds))}
    return [found[name] for name in factors if name != OWN]


def _contestant(name: str, study: Study) -> Contestant:
    """Simulates and fits the replications of a study in one block, as a run does, without storing them."""
    [mechanism], [method], count = study.conditions.values(), study.methods.values(), study.replications
    data, design = (Streams(1, "benchmark", purpose, 0, count) for purpose in (DATA, DESIGN))
    held = mechanism.design(design.generator(0))
    given = () if held is None else (held,)

    def run(turn: int) -> dict[str, float]:
        del turn
        return {name: seconds_per_call(lambda: method.fit_block(mechanism.simulate_block(data, *given), data)) / count}

    return run
