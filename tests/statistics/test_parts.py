"""The moments of simulated data are those that the parts of a mechanism state.

Each quantity is averaged over replications, or over the clusters of one large data set, and compared with its
expectation in Monte Carlo standard errors; seeds are fixed.
"""

import math

import numpy as np
import pytest
from scipy import stats

from mcsim.mechanisms import (
    AR1,
    Binary,
    ChiSquare,
    CompoundSymmetric,
    Groups,
    LogLinear,
    LogNormal,
    Mixture,
    Normal,
    SkewNormal,
    Student,
    Toeplitz,
    TwoLevel,
    Uniform,
    VaryingBetweenClusters,
)
from tests.moments import beyond, columns, data, errors

MANY = 200_000
SKEWNESS = {
    Normal(): 0,
    Student(df=9): 0,
    ChiSquare(df=3): math.sqrt(8 / 3),
    LogNormal(log_sd=0.4): float(stats.lognorm.stats(0.4, moments="s")),
    Uniform(): 0,
    SkewNormal(slant=-5): float(stats.skewnorm.stats(-5, moments="s")),
    Mixture(share=0.2, distance=3, sd_ratio=0.5): None,
    Binary(share=0.2): 0.6 / 0.4,
}


def skewness_of_mixture(distribution):
    """Its third standardised moment by the moments of its components."""
    p, d, r = distribution.share, distribution.distance, distribution.sd_ratio
    mean, sd = distribution.moments()
    return ((1 - p) * (-(mean**3) - 3 * mean) + p * ((d - mean) ** 3 + 3 * (d - mean) * r**2)) / sd**3


@pytest.mark.parametrize("distribution", SKEWNESS, ids=str)
def test_effects_residuals_and_predictors_have_mean_variance_and_skewness_as_stated(distribution):
    condition = TwoLevel(
        n_clusters=MANY,
        cluster_size=1,
        tau2=2.0,
        sigma2=3.0,
        gamma10=0.0,
        gamma01=0.0,
        x_sd=1.0 if distribution.coded else 0.5,
        random_effects=distribution,
        residuals=distribution,
        x_distribution=distribution,
        z_distribution=distribution,
    )
    drawn = data(condition)
    skewness = SKEWNESS[distribution]
    skewness = skewness_of_mixture(distribution) if skewness is None else skewness
    scaled = {name: (drawn.components[name], 0, sd) for name, sd in (("u0", math.sqrt(2)), ("e", math.sqrt(3)))}
    mean, sd = distribution.moments() if distribution.coded else (0, 1)
    scaled |= {"x": (drawn.columns["x"], mean, sd * condition.x_sd), "z": (drawn.columns["z"], mean, sd)}
    found = {}
    for name, (values, centre, spread) in scaled.items():
        standard = (values - centre) / spread
        found |= {f"mean of {name}": errors(standard, 0), f"variance of {name}": errors(standard**2, 1)}
        found[f"skewness of {name}"] = errors(standard**3, skewness)
    assert beyond(found) == {}


@pytest.mark.parametrize("covariance", [-0.4, 0.0, 1.2])
@pytest.mark.parametrize("distribution", SKEWNESS, ids=str)
def test_random_effects_of_any_distribution_have_their_covariance_matrix(distribution, covariance):
    condition = TwoLevel(
        n_clusters=MANY,
        cluster_size=1,
        tau2=2.0,
        slope_variance=1.5,
        covariance=covariance,
        random_effects=distribution,
    )
    parts = data(condition).components
    found = {
        f"{a}, {b}": errors(parts[a] * parts[b], v)
        for a, b, v in (("u0", "u0", 2.0), ("u1", "u1", 1.5), ("u0", "u1", covariance), ("u0", "e", 0), ("u1", "e", 0))
    }
    assert beyond(found) == {}


STRUCTURES = {
    AR1(rho=0.6): [0.6, 0.36, 0.216, 0.1296],
    AR1(rho=-0.4): [-0.4, 0.16, -0.064, 0.0256],
    CompoundSymmetric(rho=0.3): [0.3] * 4,
    CompoundSymmetric(rho=-0.2): [-0.2] * 4,
    Toeplitz(0.5, 0.2): [0.5, 0.2, 0, 0],
    Toeplitz(-0.3, 0.0, 0.2): [-0.3, 0, 0.2, 0],
}


@pytest.mark.parametrize("residuals", [Normal(), ChiSquare(df=3), Student(df=7)], ids=str)
@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_residuals_of_a_cluster_covary_by_their_distance(structure, residuals):
    condition = TwoLevel(n_clusters=4, cluster_size=5, sigma2=3.0, residuals=residuals, residual_correlation=structure)
    e = columns(condition, 10_000)["y"]
    found = {f"variance in place {i}": errors(e[:, :, i] ** 2, 3.0) for i in range(5)}
    for lag, correlation in enumerate(STRUCTURES[structure], 1):
        for i in range(5 - lag):
            found[f"places {i} and {i + lag}"] = errors(e[:, :, i] * e[:, :, i + lag], 3 * correlation)
    found["between clusters"] = errors(e[:, 0, 0] * e[:, 1, 0], 0)
    assert beyond(found) == {}


MEAN_OF_EXP = {
    Normal(): lambda t: math.exp(t**2 / 2),
    ChiSquare(df=6): lambda t: (1 - 2 * t / math.sqrt(12)) ** -3 * math.exp(-6 * t / math.sqrt(12)),
    Uniform(): lambda t: math.sinh(math.sqrt(3) * t) / (math.sqrt(3) * t) if t else 1.0,
}


@pytest.mark.parametrize("x", MEAN_OF_EXP, ids=str)
@pytest.mark.parametrize("icc", [0.0, 0.3])
def test_a_variance_that_depends_on_x_is_as_stated_given_x_and_on_average(x, icc):
    base = {"n_clusters": 6, "cluster_size": 5, "gamma10": 0.0, "sigma2": 3.0, "x_distribution": x, "x_icc": icc}
    drawn = columns(TwoLevel(**base, residual_variance=LogLinear(slope=0.5)))
    mean = math.prod(MEAN_OF_EXP[x](0.5 * math.sqrt(share)) for share in (icc, 1 - icc))
    found = {
        "mean": errors(drawn["y"] ** 2, 3.0),
        "given x": errors(drawn["y"] ** 2, 3 * np.exp(0.5 * drawn["x"]) / mean),
    }
    drawn = columns(TwoLevel(**base, residual_variance=Groups(ratio=4, above=0.3)))
    above = drawn["x"] > 0.3
    smaller = 3.0 / (1 + 3 * above.mean())
    found |= {"mean of groups": errors(drawn["y"] ** 2, 3.0)}
    ratio = (drawn["y"] ** 2)[above].mean() / (drawn["y"] ** 2)[~above].mean()
    assert ratio == pytest.approx(4, rel=0.05)
    assert (drawn["y"] ** 2)[~above].mean() == pytest.approx(smaller, rel=0.03)
    assert beyond(found) == {}


def test_a_variance_that_depends_on_a_group_is_as_stated():
    drawn = columns(
        TwoLevel(
            n_clusters=6,
            cluster_size=5,
            gamma01=0.0,
            sigma2=3.0,
            z_distribution=Binary(share=0.3),
            residual_variance=Groups(on="z", ratio=4),
        )
    )
    smaller = 3 / (0.7 + 0.3 * 4)
    assert (
        beyond(
            {
                "given z": errors(drawn["y"] ** 2, np.where(drawn["z"] > 0, 4 * smaller, smaller)),
                "mean": errors(drawn["y"] ** 2, 3),
            }
        )
        == {}
    )


def test_variances_of_clusters_vary_as_stated():
    drawn = columns(
        TwoLevel(n_clusters=6, cluster_size=5, sigma2=3.0, residual_variance=VaryingBetweenClusters(cv=0.5))
    )
    squares = drawn["y"] ** 2
    pairs = (squares.sum(-1) ** 2 - (squares**2).sum(-1)) / 20
    found = {"mean": errors(squares, 3), "second moment": errors(pairs, 9 * 1.25)}
    found["between clusters"] = errors(squares[:, 0, 0] * squares[:, 1, 0], 9)
    assert beyond(found) == {}
