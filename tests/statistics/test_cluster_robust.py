"""With ten clusters CR2 with Bell-McCaffrey degrees of freedom holds its level; CR0 and classical tests do not."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mcsim.mechanisms import TwoLevel
from mcsim.methods import FixedEffects, OrdinaryLeastSquares
from mcsim.methods.regression import Regression
from mcsim.streams import DATA, Streams

REPLICATIONS = 10_000
LEVEL = 0.05
MCSE = np.sqrt(LEVEL * (1 - LEVEL) / REPLICATIONS)
CORRECTED = {"covariance": "CR2", "df": "bell_mccaffrey"}
NULL = TwoLevel(n_clusters=10, cluster_size=5, tau2=1.0, gamma01=0.0, gamma10=0.0)
SLOPES = TwoLevel(n_clusters=10, cluster_size=20, tau2=1.0, gamma10=0.0, slope_variance=0.5)


def rejection(method: Regression, condition: TwoLevel, estimand: str) -> float:
    streams = Streams(7, "c000000000002", DATA, 0, REPLICATIONS)
    block = dataclasses.replace(condition.simulate_block(streams), formula=condition.formula())
    estimates = method.fit_block(block, streams)
    p_values: Any = estimates.values[:, estimates.estimands.index(estimand), 5]
    assert np.isfinite(p_values).all()
    return float(np.mean(p_values < LEVEL))


def test_the_mean_of_equal_clusters_has_the_exact_t_test_under_cr2_and_a_known_excess_under_cr0() -> None:
    assert abs(rejection(OrdinaryLeastSquares("y ~ 1", **CORRECTED), NULL, "(Intercept)") - LEVEL) < 4 * MCSE
    # CR0 is 9/10 of the unbiased variance of a mean of ten clusters, and is taken for one with n - 1 df.
    exact = 2 * stats.t.sf(stats.t.ppf(0.975, 49) * np.sqrt(9 / 10), 9)
    found = rejection(OrdinaryLeastSquares("y ~ 1", covariance="CR0"), NULL, "(Intercept)")
    assert abs(found - exact) < 4 * np.sqrt(exact * (1 - exact) / REPLICATIONS)


@pytest.mark.parametrize("estimand", ["(Intercept)", "x", "z"])
def test_with_predictors_cr2_does_not_exceed_its_level_and_cr0_doubles_it(estimand: str) -> None:
    corrected = rejection(OrdinaryLeastSquares(**CORRECTED), NULL, estimand)
    assert LEVEL / 2 < corrected < LEVEL + 4 * MCSE
    assert rejection(OrdinaryLeastSquares(covariance="CR0"), NULL, estimand) > 2 * LEVEL


def test_within_clusters_a_random_slope_misleads_the_classical_test_and_not_cr2() -> None:
    corrected = rejection(FixedEffects(**CORRECTED), SLOPES, "x")
    assert LEVEL / 2 < corrected < LEVEL + 4 * MCSE
    assert rejection(FixedEffects(), SLOPES, "x") > 4 * LEVEL
