"""Known rates with few clusters: coverage of t and normal intervals, type I error of the test of a variance."""

import numpy as np
import pytest
from scipy.special import stdtrit

from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel
from mcsim.model import QUANTITIES
from mcsim.streams import DATA, Streams

REPLICATIONS = 40_000
MCSE = 3.5  # Monte Carlo standard errors: a false alarm in one of 2,000


def analysed(method, mechanism, *, seed=20261125):
    streams = Streams(seed, "c", DATA, 0, REPLICATIONS)
    block = mechanism.simulate_block(streams)
    return method.fit_block(type(block)(block.names, block.values, block.shared, mechanism.formula()), streams).values


def intercept(values, quantity):
    return values[:, 0, QUANTITIES.index(quantity)]


def within(share, expected):
    return abs(share - expected) < MCSE * np.sqrt(expected * (1 - expected) / REPLICATIONS)


@pytest.fixture(scope="module")
def few():
    """Ten clusters of five, intraclass correlation .05, where the intercept variance is often estimated as 0."""
    return TwoLevel(n_clusters=10, cluster_size=5, tau2=0.05 / 0.95, sigma2=1.0)


def coverage(values):
    return np.mean(np.abs(intercept(values, "estimate")) <= intercept(values, "upper") - intercept(values, "estimate"))


def test_coverage_with_ten_clusters_is_what_is_known_of_each_quantile(few):
    normal = analysed(LinearMixedModel(), few)
    assert within(coverage(normal), 0.9434)
    assert within(coverage(analysed(LinearMixedModel(df="satterthwaite"), few)), 0.9592)
    t = np.abs(intercept(normal, "estimate")) <= stdtrit(9, 0.975) * intercept(normal, "std_error")
    assert within(t.mean(), 0.9701)


def test_the_test_of_a_variance_is_conservative_in_small_samples():
    mechanism = TwoLevel(n_clusters=10, cluster_size=10, tau2=0.0)
    values = analysed(LinearMixedModel(tests="likelihood_ratio"), mechanism)
    rejected = np.mean(values[:, 1, QUANTITIES.index("p_value")] < 0.05)
    assert within(rejected, rate_from_mean_squares(10, 10))


def rate_from_mean_squares(clusters, size, *, draws=400_000):
    """How often the REML statistic exceeds 2.7055, from the two independent sums of squares of a balanced design."""
    rng, between, within_ = np.random.default_rng(1), clusters - 1, clusters * (size - 1)
    one, other = rng.chisquare(between, draws), rng.chisquare(within_, draws)
    degrees = between + within_
    apart = between * np.log(one / between) + within_ * np.log(other / within_)
    rise = degrees * np.log((one + other) / degrees) - apart
    return np.mean((rise > 2.705543) & (one / between > other / within_))
