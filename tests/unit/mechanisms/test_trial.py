"""Trials: who is treated, what the model is, what is refused."""

import numpy as np
import pytest
from covering import pairwise

from mcsim.errors import ParameterError
from mcsim.mechanisms import (
    AR1,
    ChiSquare,
    Covariate,
    Covariates,
    Groups,
    LogNormalSizes,
    NegativeBinomial,
    Normal,
    Sizes,
    SmallClusters,
    Trial,
    TwoLevel,
    VaryingBetweenClusters,
)
from mcsim.streams import DATA, Streams
from mcsim.testing import check_mechanism

SMALL = {"n_clusters": 6, "cluster_size": 4, "tau2": 0.5}
NESTED = {**SMALL, "clustered": "treatment", "n_controls": 5}


def dataset(trial):
    return trial.simulate(Streams(3, "c0", DATA, 0, 1).generator(0)).columns


def refused(**factors):
    with pytest.raises(ParameterError) as caught:
        Trial(**factors)
    return list(caught.value.faults)


def test_half_of_the_clusters_are_treated_the_last():
    columns = dataset(Trial(**SMALL))
    treated = [columns["treatment"][columns["cluster"] == j] for j in range(1, 7)]
    assert [list(set(arm)) for arm in treated] == [[0], [0], [0], [1], [1], [1]]


@pytest.mark.parametrize("pattern", [Sizes(5, 10, 40), SmallClusters(share=0.5, small=3, large=20)])
def test_the_arms_have_clusters_of_the_same_sizes(pattern):
    columns = dataset(Trial(n_clusters=12, cluster_size=pattern))
    sizes = np.bincount(columns["cluster"])[1:]
    assert sorted(sizes[:6]) == sorted(sizes[6:])


@pytest.mark.parametrize(("treated", "count"), [(0.5, 2), (0.25, 1), (0.7, 3)])
def test_within_clusters_the_stated_share_of_each_is_treated(treated, count):
    columns = dataset(Trial(**SMALL, assignment="within", treated=treated))
    assert {columns["treatment"][columns["cluster"] == j].sum() for j in range(1, 7)} == {count}


@pytest.mark.parametrize(
    ("treated", "counts"), [(0.5, [0, 1, 1, 2, 5]), (0.3, [0, 1, 1, 1, 3]), (0.02, [0, 0, 0, 0, 0])]
)
def test_within_clusters_of_unequal_sizes_the_share_of_each_is_rounded(treated, counts):
    columns = dataset(
        Trial(n_clusters=6, cluster_size=Sizes(1, 2, 3, 4, 10, 100), assignment="within", treated=treated)
    )
    of_clusters = [columns["treatment"][columns["cluster"] == j].sum() for j in range(1, 7)]
    assert of_clusters == [*counts, 100 * treated]


UNEQUAL = [Sizes(3, 5), NegativeBinomial(mean=5, cv=0.6), LogNormalSizes(mean=6, cv=0.5)]


@pytest.mark.parametrize("sizes", UNEQUAL, ids=str)
@pytest.mark.parametrize("treated", [0.5, 0.3])
@pytest.mark.parametrize("assignment", ["within", "clusters"])
def test_the_mean_of_two_residual_variances_is_sigma2_whatever_the_sizes(sizes, treated, assignment):
    groups = Groups(on="treatment", above=0.5, ratio=9)
    factors = {"cluster_size": sizes, "treated": treated, "assignment": assignment}
    block = Trial(n_clusters=30, **factors, residual_variance=groups).simulate_block(Streams(3, "c0", DATA, 0, 3000))
    y = block.values[:, 0]
    rows = block.rows.sum() if block.rows is not None else y.size
    assert (y**2).sum() / rows == pytest.approx(1.0, abs=0.015)  # a standard error is .004


def test_where_only_the_treatment_arm_has_clusters_controls_are_clusters_of_one_row():
    columns = dataset(Trial(**NESTED))
    np.testing.assert_array_equal(np.bincount(columns["cluster"])[1:], [1] * 5 + [4] * 6)
    np.testing.assert_array_equal(columns["treatment"], [0] * 5 + [1] * 24)


@pytest.mark.parametrize(
    ("factors", "formula"),
    [
        (SMALL, "y ~ 1 + treatment + (1 | cluster)"),
        ({**SMALL, "assignment": "within", "slope_variance": 1}, "y ~ 1 + treatment + (1 + treatment || cluster)"),
        (
            {**SMALL, "assignment": "within", "slope_variance": 1, "covariance": 0.1},
            "y ~ 1 + treatment + (1 + treatment | cluster)",
        ),
        (NESTED, "y ~ 1 + treatment + (0 + treatment | cluster)"),
    ],
)
def test_the_formula_follows_from_the_design(factors, formula):
    assert Trial(**factors).formula() == formula


def test_treatment_of_clusters_without_effect_gives_the_data_of_two_level():
    trial = Trial(**SMALL, gamma00=2.0, sigma2=3.0)
    plain = TwoLevel(**SMALL, gamma00=2.0, sigma2=3.0)
    np.testing.assert_array_equal(dataset(trial)["y"], dataset(plain)["y"])


LEVELS = {
    "cluster_size": [4, Sizes(2, 7), NegativeBinomial(mean=5, cv=0.6), NegativeBinomial(mean=5, cv=0.6, drawn="once")],
    "assignment": ["clusters", "within"],
    "treated": [0.5, 0.3],
    "random_effects": [Normal(), ChiSquare(df=3)],
    "residual_variance": [Groups(on="treatment", above=0.5, ratio=3), VaryingBetweenClusters(cv=0.5)],
    "residual_correlation": [AR1(rho=0.3)],
    "covariates": [None, Covariates(Covariate(name="age", effect=1), Covariate(name="w", effect=1, level=2))],
}


@pytest.mark.parametrize("factors", pairwise(LEVELS), ids=str)
def test_every_pair_of_parts_keeps_the_contract(factors):
    check_mechanism(Trial(n_clusters=6, tau2=0.5, gamma_treatment=0.3, **factors), replications=3)


def test_clusters_in_one_arm_keep_the_contract():
    check_mechanism(Trial(**NESTED, residual_variance=Groups(on="treatment", above=0.5, ratio=2)), replications=3)
    check_mechanism(Trial(**{**NESTED, "cluster_size": Sizes(2, 5)}), replications=3)


def test_the_mean_of_two_residual_variances_is_over_rows_not_clusters():
    nested = {**NESTED, "n_controls": 24, "sigma2": 2.0, "tau2": 0.0}
    trial = Trial(**nested, residual_variance=Groups(on="treatment", above=0.5, ratio=3))
    assert trial.truth()["var_residual"] == 2.0
    y = trial.simulate_block(Streams(3, "c0", DATA, 0, 4000)).values[:, 0]
    assert y.var() == pytest.approx(2.0, rel=0.02)  # 24 rows in each arm


def test_effect_sizes_give_the_raw_parameters():
    trial = Trial.from_effect_sizes(**{k: v for k, v in SMALL.items() if k != "tau2"}, icc=0.2, d=0.5, total_variance=4)
    assert (trial.tau2, trial.sigma2, trial.gamma_treatment) == pytest.approx((0.8, 3.2, 1.0))
    sizes = {"n_clusters": 6, "cluster_size": 4, "icc": 0.2, "d": 0.5}
    assert Trial.from_effect_sizes(**sizes, standardizer="within").gamma_treatment == pytest.approx(0.5 * 0.8**0.5)
    assert Trial.from_effect_sizes(**sizes, standardizer="between").gamma_treatment == pytest.approx(0.5 * 0.2**0.5)


def test_what_follows_from_effect_sizes_has_no_rounding_in_its_last_digits():
    trial = Trial.from_effect_sizes(n_clusters=6, cluster_size=4, icc=0.1, d=0.5, total_variance=3)
    assert (trial.tau2, trial.sigma2) == (0.3, 2.7)


@pytest.mark.parametrize(
    ("factors", "fault"),
    [
        (
            {"icc": 0, "standardizer": "between"},
            "standardizer: given 'between' with icc 0, no variance between clusters",
        ),
        ({"d": 1e300, "total_variance": 1e300}, "d, total_variance: the effect of the treatment would be beyond"),
        (
            {"covariates": Covariates(Covariate(name="age", effect=1))},
            "covariates: given Covariates(Covariate(name=age, effect=1)), whose effects add to the variance of y",
        ),
    ],
)
def test_effect_sizes_that_are_none_are_refused_with_the_reason(factors, fault):
    with pytest.raises(ParameterError) as caught:
        Trial.from_effect_sizes(**{"n_clusters": 6, "cluster_size": 4, "icc": 0.2, "d": 0.5, **factors})
    (found,) = caught.value.faults
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("factors", "fault"),
    [
        ({**SMALL, "treated": 0.05}, "treated: given 0.05 of 6 clusters, nobody is treated"),
        ({**SMALL, "treated": 0.99}, "treated: given 0.99 of 6 clusters, everybody is treated"),
        (
            {**SMALL, "assignment": "within", "cluster_size": 1},
            "treated: given 0.5 of persons of each cluster, with cluster_size 1",
        ),
        (
            {**SMALL, "assignment": "within", "cluster_size": Sizes(1, 2), "treated": 0.04},
            "treated: given 0.04 of persons of each cluster, with cluster_size Sizes(1, 2), nobody is treated",
        ),
        ({**SMALL, "n_controls": 5}, "n_controls: given 5 with clusters in both arms; allowed: None"),
        ({**NESTED, "n_controls": None}, "n_controls: given None with clusters in the treatment arm only"),
        ({**NESTED, "assignment": "within"}, "assignment: given 'within' with clusters in the treatment arm only"),
        ({**NESTED, "treated": 0.3}, "treated: given 0.3, but n_clusters and n_controls say who is"),
        (
            {**NESTED, "cluster_size": NegativeBinomial(mean=5, cv=0.6)},
            "cluster_size: given NegativeBinomial(mean=5, cv=0.6) with clusters in one arm only; allowed: given sizes",
        ),
        ({**SMALL, "slope_variance": 1}, "slope_variance: given 1 with treated clusters, whose effects cannot be told"),
        ({**SMALL, "covariance": 1}, "covariance: given 1 without a slope_variance"),
        (
            {**SMALL, "assignment": "within", "slope_variance": 1, "covariance": 2},
            "covariance: given 2 with tau2 0.5 and slope_variance 1, a covariance matrix that is not positive",
        ),
        (
            {**SMALL, "residual_variance": Groups(on="x", ratio=2)},
            "residual_variance: given Groups(ratio=2), which depends",
        ),
    ],
)
def test_a_senseless_combination_is_refused_with_the_reason(factors, fault):
    (found,) = refused(**factors)
    assert found.startswith(fault)
