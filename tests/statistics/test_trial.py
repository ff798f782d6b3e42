"""Trials: moments of clusters that both arms share, of clusters in one arm, and tests that are known exactly.

Each quantity is averaged over replications and compared with its expectation in Monte Carlo standard errors; see
`moments.LIMIT`.
"""

import math

import numpy as np
import pytest
from moments import beyond, errors
from scipy import stats

from mcsim.mechanisms import AR1, ChiSquare, Groups, NegativeBinomial, Student, Trial
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares
from mcsim.model import QUANTITIES
from mcsim.streams import DATA, Streams
from proof.trial_power import probability_of_zero

REPLICATIONS, CLUSTERS, SIZE, CONTROLS = 4000, 6, 5, 9
COMMON = {"n_clusters": CLUSTERS, "cluster_size": SIZE, "tau2": 2.0, "sigma2": 3.0, "gamma00": 1.0}
WITHIN = {"assignment": "within", "gamma_treatment": 0.5}
DESIGNS = {
    "effect that differs": {**WITHIN, "treated": 0.6, "slope_variance": 0.8},
    "effect with a covariance": {**WITHIN, "slope_variance": 0.8, "covariance": -0.9},
    "skewed effects": {**WITHIN, "slope_variance": 0.8, "covariance": 0.6, "random_effects": ChiSquare(df=9)},
    "unequal residual variances": {**WITHIN, "treated": 0.4, "residual_variance": Groups(on="treatment", ratio=4)},
    "unequal variances of the arms": {"residual_variance": Groups(on="treatment", ratio=4), "residuals": Student(df=9)},
}
SHIFTED = {"gamma_treatment": 0.5, "clustered": "treatment", "n_controls": CONTROLS}
NESTED = {
    "partially nested": SHIFTED,
    "no differences between clusters": {**SHIFTED, "tau2": 0.0},
    "unequal residual variances": {**SHIFTED, "residual_variance": Groups(on="treatment", above=0.5, ratio=2)},
    "neighbours": {**SHIFTED, "residual_correlation": AR1(rho=0.4)},
}


def streams(count=REPLICATIONS):
    return Streams(3, "c0", DATA, 0, count)


@pytest.mark.parametrize("name", DESIGNS)
def test_means_and_covariances_of_the_rows_of_a_cluster_are_as_stated(name):
    model = Trial(**COMMON, **DESIGNS[name])
    block = model.simulate_block(streams())
    treatment = block.shared["treatment"].reshape(CLUSTERS, SIZE)
    y = block.values[:, 0].reshape(-1, CLUSTERS, SIZE)
    rest = y - 1.0 - model.gamma_treatment * treatment
    slope, both, share = model.slope_variance or 0.0, model.covariance or 0.0, treatment.mean()
    ratio = 4 if model.residual_variance.column() else 1
    residual = 3 * np.where(treatment == 1, ratio, 1) / (1 - share + share * ratio)
    found, one, other = {}, treatment[:, :, None], treatment[:, None, :]
    expected = 2 + both * (one + other) + slope * one * other + residual[:, :, None] * np.eye(SIZE)
    for arms in ((0, 0), (0, 1), (1, 1)):
        for label, where in (("variance", np.eye(SIZE) == 1), ("covariance", np.eye(SIZE) == 0)):
            j, i, k = np.nonzero((one == arms[0]) & (other == arms[1]) & where)
            if len(j):
                found[f"{label} of {arms}"] = errors(rest[:, j, i] * rest[:, j, k], expected[j, i, k])
    for arm in (0, 1):
        found[f"mean of arm {arm}"] = errors(rest[:, treatment == arm], 0.0)
    means = rest.mean(-1)
    found["covariance between clusters"] = errors(means.sum(1) ** 2 - (means**2).sum(1), 0.0)
    assert beyond(found) == {}


@pytest.mark.parametrize("name", NESTED)
def test_only_clusters_of_the_treatment_have_something_in_common(name):
    model = Trial(**{**COMMON, **NESTED[name]})
    y = model.simulate_block(streams()).values[:, 0]
    treated = y[:, : CLUSTERS * SIZE].reshape(-1, CLUSTERS, SIZE) - 1.5
    controls = y[:, CLUSTERS * SIZE :] - 1.0
    ratio = 2 if model.residual_variance.column() else 1
    share = CLUSTERS * SIZE / (CLUSTERS * SIZE + CONTROLS)
    of_controls = 3 / (1 - share + share * ratio)
    rho = 0.4 if name == "neighbours" else 0.0
    found = {
        "mean of the treated": errors(treated, 0.0),
        "mean of controls": errors(controls, 0.0),
        "variance of the treated": errors(treated**2, model.tau2 + ratio * of_controls),
        "variance of controls": errors(controls**2, of_controls),
        "covariance of neighbours": errors(treated[..., 1:] * treated[..., :-1], model.tau2 + rho * 3),
        "covariance of controls": errors(controls.sum(1) ** 2 - (controls**2).sum(1), 0.0),
        "covariance of arms": errors(treated.sum((1, 2)) * controls.sum(1), 0.0),
        "covariance of clusters": errors(treated.sum(2).sum(1) ** 2 - (treated.sum(2) ** 2).sum(1), 0.0),
    }
    assert beyond(found) == {}


@pytest.mark.parametrize(
    "factors",
    [{}, {"treated": 0.3}, {"assignment": "within", "treated": 0.3}, {"clustered": "treatment", "n_controls": 9}],
)
def test_residual_variances_of_the_arms_have_their_mean_over_rows_where_sizes_are_drawn(factors):
    size = NegativeBinomial(mean=5, cv=0.6)
    model = Trial(n_clusters=30, cluster_size=size, residual_variance=Groups(on="treatment", ratio=9), **factors)
    block = model.simulate_block(streams())
    squares = (block.values[:, block.names.index("y")] ** 2).sum(axis=1)
    assert beyond({"residual variance": errors(squares, 1.0 * block.rows)}) == {}


def test_fits_of_a_partially_nested_trial_whose_sizes_are_drawn_are_unbiased():
    size = NegativeBinomial(mean=10, cv=0.5)
    model = Trial(n_clusters=60, cluster_size=size, tau2=2.0, sigma2=3.0, clustered="treatment", n_controls=200)
    fits = LinearMixedModel().fit_block(model.simulate_block(streams(500)), streams(500))
    found = {name: errors(fits.values[:, k, 0], model.truth()[name]) for k, name in enumerate(fits.estimands)}
    assert beyond(found) == {}


def of_treatment(method, block, quantity="p_value"):
    """What a method says of the treatment in each replication, (R,)."""
    found = method.fit_block(block, streams(len(block)))
    return found.values[:, found.estimands.index("treatment"), QUANTITIES.index(quantity)]


def trial(n_clusters, cluster_size, icc, d):
    return Trial.from_effect_sizes(n_clusters=n_clusters, cluster_size=cluster_size, icc=icc, d=d)


def test_with_equal_clusters_and_arms_cr2_is_the_t_test_on_cluster_means_and_so_is_kenward_roger_off_the_boundary():
    block = trial(10, 5, 0.1, 0.5).simulate_block(streams(300))
    means = block.values[:, 0].reshape(-1, 10, 5).mean(-1)
    exact = stats.ttest_ind(means[:, 1::2], means[:, ::2], axis=1).pvalue
    robust = OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey")
    np.testing.assert_allclose(of_treatment(robust, block), exact, rtol=1e-9)
    method = LinearMixedModel(df="kenward_roger")
    inside = method.fit_block(block, streams(300)).values[:, 2, 0] > 0
    assert 150 < inside.sum() < 300
    np.testing.assert_allclose(of_treatment(method, block)[inside], exact[inside], rtol=1e-5)
    np.testing.assert_allclose(of_treatment(method, block, "df")[inside], 8, rtol=1e-5)
    assert (of_treatment(method, block)[~inside] > exact[~inside]).all()


def test_where_the_variance_is_often_estimated_as_0_kenward_roger_rejects_less_than_it_should():
    count, design = 5000, (10, 5, 0.01)
    block = trial(*design, 0.0).simulate_block(streams(count))
    method = LinearMixedModel(df="kenward_roger")
    zero = np.mean(method.fit_block(block, streams(count)).values[:, 2, 0] == 0)
    known = probability_of_zero(trial(*design, 0.0))
    assert known == pytest.approx(0.514, abs=5e-4)
    assert abs(zero - known) < 4 * math.sqrt(known * (1 - known) / count)
    rate = 0.021  # of 80,000 replications under other seeds
    assert abs(np.mean(of_treatment(method, block) < 0.05) - rate) < 4 * math.sqrt(rate * (1 - rate) / count)


def test_degrees_of_freedom_of_a_partially_nested_trial_lie_between_those_of_its_clusters_and_of_all_rows():
    model = Trial.from_effect_sizes(n_clusters=10, cluster_size=6, icc=0.2, d=0.0, clustered="treatment", n_controls=60)
    count = 5000
    block = model.simulate_block(streams(count))
    for df in ("satterthwaite", "kenward_roger"):
        method = LinearMixedModel(df=df)
        found = of_treatment(method, block, "df")
        assert found.min() > 9
        assert found.max() < 120
        # Two mean squares on 9 and 50 + 59 degrees of freedom, which the variance of the difference is the sum of.
        between, within = (0.2 + 0.8 / 6) / 10, 0.8 / 60
        expected = (between + within) ** 2 / (between**2 / 9 + within**2 / 109)
        assert abs(np.median(found) - expected) < 0.1 * expected
        assert abs(np.mean(of_treatment(method, block) < 0.05) - 0.05) < 4 * math.sqrt(0.05 * 0.95 / count)
