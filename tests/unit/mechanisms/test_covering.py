"""Every pair of factor levels of `TwoLevel` comes together in a condition that keeps the contract, or is refused."""

from itertools import combinations

import pytest

from mcsim.errors import ParameterError
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
    Normal,
    Sizes,
    SkewNormal,
    SmallClusters,
    Student,
    Toeplitz,
    TwoLevel,
    Uniform,
    VaryingBetweenClusters,
)
from mcsim.testing import check_mechanism

DISTRIBUTIONS = [
    Normal(),
    Student(df=5),
    ChiSquare(df=3),
    LogNormal(log_sd=0.4),
    Uniform(),
    SkewNormal(slant=4),
    Mixture(share=0.2, distance=3),
    Binary(share=0.4),
]
W, V = Covariate(name="w", effect=0.2), Covariate(name="v", effect=0.1, level=2, distribution=Binary())
G = Categorical(name="g", shares=(0.5, 0.3, 0.2), differences=(1, -1))
ANEW, ONCE = NegativeBinomial(mean=5, cv=0.6), NegativeBinomial(mean=5, cv=0.6, drawn="once")
LEVELS = {
    "sizes": [
        {"cluster_size": 6},
        {"cluster_size": Sizes(1, 4, 8)},
        {"cluster_size": SmallClusters(share=0.5, small=2, large=6)},
        {"cluster_size": ANEW},
        {"cluster_size": ANEW, "informative_size": 0.3},
        {"cluster_size": ONCE},
        {"cluster_size": LogNormalSizes(mean=5, cv=0.5)},
        {"cluster_size": LogNormalSizes(mean=5, cv=0.5, drawn="once")},
    ],
    "x": [
        {},
        *({"gamma10": 0.3, "x_distribution": distribution} for distribution in DISTRIBUTIONS),
        {"gamma10": 0.3, "x_icc": 0.3, "x_distribution": ChiSquare(df=3)},
        {"gamma10_between": 0.7},
        {"gamma10": 0.3, "gamma10_between": 0.7, "x_icc": 0.3},
        {"gamma10": 0.3, "gamma10_between": 0.7, "x_icc": 0.3, "cluster_mean": "latent"},
        {"gamma10": 0.3, "x_icc": 0.3, "endogeneity": 0.4},
    ],
    "z": [{}, *({"gamma01": 0.2, "z_distribution": distribution} for distribution in DISTRIBUTIONS)],
    "interaction": [{}, {"gamma11": 0.1}],
    "slope": [{}, {"slope_variance": 0.5}, {"slope_variance": 0.5, "covariance": 0.2}],
    "predictors": [{"predictors": "random"}, {"predictors": "fixed"}],
    "covariates": [
        {},
        {"covariates": Covariates(W)},
        {"covariates": Covariates(W, V, G)},
        {"covariates": Covariates(W, V, G, correlation=0.2)},
    ],
    "random effects": [{"random_effects": distribution} for distribution in DISTRIBUTIONS],
    "residuals": [{"residuals": distribution} for distribution in DISTRIBUTIONS],
    "residual variance": [
        {},
        *(
            {"residual_variance": pattern}
            for pattern in (
                LogLinear(slope=0.2),
                LogLinear(on="z", slope=-0.2),
                Groups(ratio=3, above=0.1),
                VaryingBetweenClusters(cv=0.5),
            )
        ),
    ],
    "residual correlation": [
        {},
        *(
            {"residual_correlation": structure}
            for structure in (
                AR1(rho=0.5),
                AR1(rho=-0.3),
                CompoundSymmetric(rho=0.3),
                CompoundSymmetric(rho=-0.1),
                Toeplitz(0.4, 0.2),
            )
        ),
    ],
}


def condition(choice):
    """The condition of a choice of levels by their places."""
    given = {name: value for factor, place in choice.items() for name, value in LEVELS[factor][place].items()}
    return TwoLevel(**{"n_clusters": 4, "cluster_size": 6, "tau2": 1.0, **given})


def refused(choice):
    """Whether two levels, given as {factor: place}, cannot be together."""
    given = {name: value for factor, place in choice.items() for name, value in LEVELS[factor][place].items()}
    size, variance = given.get("cluster_size"), given.get("residual_variance")
    fixed, anew = given.get("predictors") == "fixed", getattr(size, "drawn", "") == "every replication"
    strong = given.get("residual_correlation") == CompoundSymmetric(rho=-0.1)
    on = getattr(variance, "on", "")
    absent = on in choice and not LEVELS[on][choice[on]]
    without_mean = isinstance(variance, LogLinear) and given.get(f"{on}_distribution") == Student(df=5)
    unheld = {"endogeneity", "cluster_mean"} & set(given)
    return absent or without_mean or (strong and hasattr(size, "drawn")) or (fixed and (anew or unheld))


def pairs_of(choice):
    """Its pairs of (factor, place)."""
    return {frozenset(pair) for pair in combinations(choice.items(), 2)}


def covering():
    """Choices of levels, always the same, in which all pairs that are not refused come together; greedily."""
    every = [(factor, place) for factor, levels in LEVELS.items() for place in range(len(levels))]
    forbidden = {
        frozenset((one, other))
        for one, other in combinations(every, 2)
        if one[0] != other[0] and refused(dict((one, other)))
    }
    ordered = [pair for pair in combinations(every, 2) if pair[0][0] != pair[1][0] and frozenset(pair) not in forbidden]
    left, found = {frozenset(pair) for pair in ordered}, []
    for pair in ordered:
        if frozenset(pair) not in left:
            continue
        choice = dict(pair)
        for factor, levels in LEVELS.items():
            if factor not in choice:
                new = [{frozenset(((factor, place), item)) for item in choice.items()} for place in range(len(levels))]
                choice[factor] = max(
                    (place for place in range(len(levels)) if not new[place] & forbidden),
                    key=lambda place: (len(new[place] & left), -place),
                )
        left -= pairs_of(choice)
        found.append(choice)
    return found, forbidden


CHOICES, FORBIDDEN = covering()


def test_all_pairs_that_make_sense_come_together_in_few_conditions():
    together = set().union(*map(pairs_of, CHOICES))
    numbers = [len(levels) for levels in LEVELS.values()]
    assert len(together) + len(FORBIDDEN) == sum(a * b for a, b in combinations(numbers, 2))
    assert not together & FORBIDDEN
    assert len(CHOICES) < 2 * max(a * b for a, b in combinations(numbers, 2))


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: "-".join(map(str, choice.values())))
def test_a_condition_of_the_covering_keeps_the_contract(choice):
    check_mechanism(condition(choice), replications=3)


@pytest.mark.parametrize("pair", sorted(map(sorted, FORBIDDEN)), ids=str)
def test_levels_that_make_no_sense_together_are_refused_with_the_reason(pair):
    # With levels of other factors that are there, so that this pair is the reason.
    others = {"x": 1, "z": 1} | dict(pair)
    with pytest.raises(ParameterError, match="; allowed: "):
        condition(others)
