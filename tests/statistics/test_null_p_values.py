"""P-values under a true null are uniform where the test is exact: least squares without clustering."""

import numpy as np
import pytest
from scipy import stats

from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares
from mcsim.streams import DATA, Streams

REPLICATIONS = 4000
FALSE_ALARM = 1e-3  # of each test, over the choice of the seed; the seed is fixed
NULL = TwoLevel(n_clusters=6, cluster_size=4, tau2=0.0, gamma00=0.0, gamma10=0.0, gamma01=0.0, gamma11=0.0)


@pytest.mark.parametrize("estimand", ["(Intercept)", "x", "z", "x:z"])
def test_least_squares_p_values_are_uniform_without_clustering(estimand: str) -> None:
    streams = Streams(7, "c000000000000", DATA, 0, REPLICATIONS)
    estimates = OrdinaryLeastSquares().fit_block(NULL.simulate_block(streams), streams)
    p_values = estimates.values[:, estimates.estimands.index(estimand), 5]
    assert stats.kstest(p_values, "uniform").pvalue > FALSE_ALARM


def test_wald_tests_of_a_mixed_model_reject_too_often_with_few_clusters() -> None:
    """The normal quantile ignores that variances are estimated: no test of exactness, but of its known direction."""
    few = TwoLevel(n_clusters=6, cluster_size=20, tau2=1.0, gamma00=0.0, gamma01=0.0)
    streams = Streams(7, "c000000000001", DATA, 0, REPLICATIONS)
    estimates = LinearMixedModel().fit_block(few.simulate_block(streams), streams)
    rejected = float(np.mean(estimates.values[:, estimates.estimands.index("z"), 5] < 0.05))
    exact = 2 * stats.t.sf(stats.norm.ppf(0.975), 4)  # the t of a balanced level-2 effect: clusters - 2 df
    assert abs(rejected - exact) < 4 * np.sqrt(exact * (1 - exact) / REPLICATIONS)
