"""The moments of two-level data are those that its factors state, in every design.

Each quantity is averaged over replications and compared with its expectation, given the predictors, in Monte Carlo
standard errors. The limit of 4.5 gives a false alarm with probability 7e-6 a comparison, 2e-3 in this whole file over
the choice of a seed; the seed is fixed.
"""

import math

import numpy as np
import pytest

from mcsim.mechanisms import TwoLevel
from mcsim.streams import DATA, DESIGN, Streams

CLUSTERS, SIZE, REPLICATIONS, LIMIT = 6, 5, 4000, 4.5
COMMON = {"n_clusters": CLUSTERS, "cluster_size": SIZE, "tau2": 2.0, "sigma2": 3.0, "gamma00": 2.0}
DESIGNS = {
    "variance components": {},
    "no intercept variance": {"tau2": 0.0},
    "level-1 predictor": {"gamma10": 4.0, "x_sd": 0.5},
    "level-2 predictor": {"gamma01": 3.0, "z_sd": 2.0},
    "independent slope": {"gamma10": 5.0, "slope_variance": 3.0},
    "slope without an intercept variance": {"tau2": 0.0, "slope_variance": 3.0, "covariance": 0.0},
    "positive covariance": {"gamma10": 5.0, "slope_variance": 3.0, "covariance": 2.0, "x_sd": 2.0},
    "negative covariance": {"gamma10": 5.0, "slope_variance": 0.5, "covariance": -0.9},
    "perfect correlation": {"slope_variance": 8.0, "covariance": 4.0},
    "cross-level interaction": {
        "gamma10": 0.3,
        "gamma01": -0.5,
        "gamma11": 0.7,
        "slope_variance": 1.5,
        "covariance": -1.2,
        "x_sd": 1.5,
        "z_sd": 0.5,
    },
}


def simulated(factors):
    mechanism = TwoLevel(**{**COMMON, **factors})
    design = mechanism.design(Streams(3, "c0", DESIGN, 0, 1).generator(0))
    block = mechanism.simulate_block(Streams(3, "c0", DATA, 0, REPLICATIONS), design)
    shape = (REPLICATIONS, CLUSTERS, SIZE)
    columns = {name: block.values[:, c].reshape(shape) for c, name in enumerate(block.names)}
    columns |= {name: np.broadcast_to(values.reshape(shape[1:]), shape) for name, values in block.shared.items()}
    zero = np.zeros(shape)
    return mechanism, columns["y"], columns.get("x", zero), columns.get("z", zero)


def errors(drawn, expected):
    """How many Monte Carlo standard errors the mean over replications lies from its expectation."""
    difference = (drawn - expected).reshape(REPLICATIONS, -1).mean(axis=1)
    return difference.mean() / (difference.std(ddof=1) / math.sqrt(REPLICATIONS))


def pairs(a, b):
    """The mean of a_i b_k over the pairs i != k of each cluster."""
    return (a.sum(-1) * b.sum(-1) - (a * b).sum(-1)) / (SIZE * (SIZE - 1))


@pytest.mark.parametrize("predictors", ["random", "fixed"])
@pytest.mark.parametrize("name", DESIGNS)
def test_fixed_part_variances_and_covariance_are_as_stated(name, predictors):
    model, y, x, z = simulated({**DESIGNS[name], "predictors": predictors})
    gamma10, gamma01, gamma11 = (gamma or 0.0 for gamma in (model.gamma10, model.gamma01, model.gamma11))
    tau2, slope, both = model.tau2, model.slope_variance or 0.0, model.covariance or 0.0
    rest = y - (model.gamma00 + gamma10 * x + gamma01 * z + gamma11 * x * z)
    one = np.ones_like(x)
    found = {"mean": errors(rest, 0.0)}
    found["total variance"] = errors(rest**2, tau2 + 2 * both * x + slope * x**2 + model.sigma2)
    found["variance within"] = errors(rest.var(-1, ddof=1), slope * x.var(-1, ddof=1) + model.sigma2)
    for label, weight in {"intercept": one, "slope": x}.items():
        between = tau2 * pairs(weight, weight) + 2 * both * pairs(weight, weight * x)
        between = between + slope * pairs(weight * x, weight * x)
        if weight.any():
            found[f"covariance of rows of a cluster, {label}"] = errors(pairs(rest * weight, rest * weight), between)
    if x.any():
        crossed = tau2 * pairs(one, x) + both * (pairs(one, x**2) + pairs(x, x)) + slope * pairs(x, x**2)
        found["covariance of intercept and slope"] = errors(pairs(rest, rest * x), crossed)
        found["mean slope"] = errors(rest * x, 0.0)
    if z.any():
        found["mean effect of z"] = errors(rest * z, 0.0)
        found["mean interaction"] = errors(rest * z * x, 0.0) if x.any() else 0.0
    means = rest.mean(-1)
    found["covariance between clusters"] = errors(means.sum(1) ** 2 - (means**2).sum(1), 0.0)
    assert {label: value for label, value in found.items() if not abs(value) < LIMIT} == {}


def test_random_predictors_are_independent_with_mean_0_and_their_standard_deviations():
    model, _, x, z = simulated(DESIGNS["cross-level interaction"])
    of_clusters = z[:, :, 0]
    assert (z == of_clusters[:, :, None]).all()
    found = {
        "mean of x": errors(x, 0.0),
        "variance of x": errors(x**2, model.x_sd**2),
        "covariance of x within clusters": errors(pairs(x, x), 0.0),
        "covariance of x between clusters": errors(x.mean(-1).sum(1) ** 2 - (x.mean(-1) ** 2).sum(1), 0.0),
        "mean of z": errors(of_clusters, 0.0),
        "variance of z": errors(of_clusters**2, model.z_sd**2),
        "covariance of z between clusters": errors(of_clusters.sum(1) ** 2 - (of_clusters**2).sum(1), 0.0),
        "covariance of x and z": errors(x * z, 0.0),
    }
    assert {label: value for label, value in found.items() if not abs(value) < LIMIT} == {}


@pytest.mark.parametrize("name", ["positive covariance", "negative covariance", "perfect correlation"])
def test_the_effects_shown_as_components_have_the_stated_covariance_matrix(name):
    clusters = 200_000
    model = TwoLevel(**{**COMMON, **DESIGNS[name], "n_clusters": clusters, "cluster_size": 1})
    parts = model.simulate(Streams(3, "c0", DATA, 0, 1).generator(0)).components
    stated = {
        ("u0", "u0"): model.tau2,
        ("u0", "u1"): model.covariance,
        ("u1", "u1"): model.slope_variance,
        ("e", "e"): model.sigma2,
        ("u0", "e"): 0.0,
        ("u1", "e"): 0.0,
    }
    for (a, b), expected in stated.items():
        products = parts[a] * parts[b]
        assert abs(products.mean() - expected) < LIMIT * products.std() / math.sqrt(clusters), (a, b)


def test_fixed_predictors_are_those_of_the_design_in_every_replication():
    fixed = TwoLevel(**COMMON, gamma10=1, gamma01=1, predictors="fixed")
    design = fixed.design(Streams(3, "c0", DESIGN, 0, 1).generator(0))
    block = fixed.simulate_block(Streams(3, "c0", DATA, 0, 2), design)
    np.testing.assert_array_equal(block.shared["x"], design["x"])
    assert not np.array_equal(block.values[0, 0], block.values[1, 0])
