"""Two-level data stated by shares of variance."""

import math
import pickle

import pytest

from mcsim.errors import ParameterError
from mcsim.keys import condition_key, factors
from mcsim.mechanisms import (
    Binary,
    ChiSquare,
    Covariate,
    Covariates,
    Sizes,
    Student,
    TwoLevel,
    TwoLevelByEffectSizes,
)
from mcsim.testing import check_mechanism

SMALL = {"n_clusters": 4, "cluster_size": 3}
ALL = {"r2_within": 0.1, "r2_between": 0.3, "r2_interaction": 0.05, "slope_icc": 0.06, "correlation": 0.4}
RAW = ("tau2", "slope_variance", "covariance", "sigma2", "gamma10", "gamma01", "gamma11")
ONLY_ICC = {**dict.fromkeys(RAW), "tau2": 0.1, "sigma2": 0.9}


def stated(icc=0.2, **given):
    return TwoLevel.from_effect_sizes(**{**SMALL, "icc": icc, **given})


def faults_of(**given):
    with pytest.raises(ParameterError) as caught:
        stated(**given)
    return list(caught.value.faults)


@pytest.mark.parametrize("spreads", [{}, {"x_sd": 2, "z_sd": 0.5, "total_variance": 9}])
def test_the_shares_of_the_raw_parameters_are_the_effect_sizes(spreads):
    c = stated(**ALL, **spreads)
    z, xz = (c.gamma01 * c.z_sd) ** 2, (c.gamma11 * c.x_sd * c.z_sd) ** 2
    x, slopes = (c.gamma10 * c.x_sd) ** 2, c.slope_variance * c.x_sd**2
    between, within = z + c.tau2, x + xz + slopes + c.sigma2
    shares = {
        "icc": between / (between + within),
        "r2_within": x / within,
        "r2_between": z / between,
        "r2_interaction": xz / within,
        "slope_icc": slopes / (between + within),
        "correlation": c.covariance / math.sqrt(c.tau2 * c.slope_variance),
        "total_variance": between + within,
    }
    assert {name: pytest.approx(value, rel=1e-12) for name, value in shares.items()} == {
        name: getattr(c, name) for name in shares
    }


def test_the_raw_parameters_are_those_of_mlmpower_for_the_same_shares():
    # mlmpower 1.0.11, whose shares are all of the total variance: within .065, between .065, product .01, random_slope
    # .03, icc .25; outcome sd 10, x sd 2 and icc 0, z sd 3, random effects correlated .3; printed with 12 digits.
    shares = {"r2_within": 0.065 / 0.75, "r2_between": 0.065 / 0.25, "r2_interaction": 0.01 / 0.75, "slope_icc": 0.03}
    made = stated(0.25, **shares, correlation=0.3, total_variance=100, x_sd=2, z_sd=3)
    golden = (18.5, 0.75, 1.11747483193, 64.5, 1.274754878398, 0.849836585599, 0.166666666667)
    assert [getattr(made, name) for name in RAW] == pytest.approx(golden, rel=1e-11)


@pytest.mark.parametrize(
    ("given", "raw"),
    [
        ({}, {}),
        ({"r2_within": 0.0}, {"gamma10": 0.0}),
        ({"r2_within": 0.36}, {"gamma10": math.sqrt(0.324), "sigma2": 0.576}),
        ({"r2_between": 0.4}, {"gamma01": 0.2, "tau2": 0.06}),
        ({"slope_icc": 0.0, "correlation": 0}, {"slope_variance": 0.0, "covariance": 0.0}),
        ({"slope_icc": 0.09}, {"slope_variance": 0.09, "sigma2": 0.81}),
        (
            {"slope_icc": 0.09, "correlation": -1},
            {"slope_variance": 0.09, "sigma2": 0.81, "covariance": -0.3 * math.sqrt(0.1)},
        ),
    ],
)
def test_what_is_none_is_absent_and_what_is_0_is_there_without_effect(given, raw):
    made = stated(0.1, **given)
    expected = {**ONLY_ICC, **raw}
    assert {name: getattr(made, name) for name in RAW} == {
        name: value if value is None else pytest.approx(value, rel=1e-14) for name, value in expected.items()
    }


def test_what_follows_shows_no_trace_of_rounding():
    assert stated(0.1, r2_between=0.065).tau2 == 0.0935  # (1 - 0.065) * 0.1 is 0.09350000000000001
    assert stated(0.0).tau2 == 0


def test_it_is_the_two_level_data_of_its_raw_parameters_with_every_other_factor():
    made = stated(**ALL, x_sd=2, z_sd=3, gamma00=7, predictors="fixed")
    raw = {name: getattr(made, name) for name in RAW}
    same = TwoLevel(**SMALL, **raw, x_sd=2, z_sd=3, gamma00=7, predictors="fixed")
    assert isinstance(made, TwoLevel)
    assert (made.formula(), made.truth(), made.equation()) == (same.formula(), same.truth(), same.equation())
    check_mechanism(made, replications=3)


def test_its_key_and_its_text_are_of_what_was_given():
    made = stated(**ALL)
    assert str(made) == (
        "TwoLevelByEffectSizes(n_clusters=4, cluster_size=3, icc=0.2, r2_within=0.1, r2_between=0.3, "
        "r2_interaction=0.05, slope_icc=0.06, correlation=0.4)"
    )
    assert not set(RAW) & set(factors(made))
    assert condition_key(made) == condition_key(pickle.loads(pickle.dumps(made)))  # noqa: S301 (our own)
    assert condition_key(made) != condition_key(stated(0.3, **ALL))


def test_a_raw_parameter_cannot_be_given_beside():
    assert faults_of(tau2=1)[0].startswith("tau2 is not one of its fields")


def test_every_impossible_share_is_named_at_once():
    allowed = "a finite number, at least 0, below 1"
    assert faults_of(icc=1, r2_within=-0.1, r2_between=1, slope_icc=None, correlation=1.5) == [
        f"icc: given 1; allowed: {allowed}",
        f"r2_within: given -0.1; allowed: None or {allowed}",
        f"r2_between: given 1; allowed: None or {allowed}",
        "correlation: given 1.5; allowed: None or a finite number, at least -1, at most 1",
    ]


@pytest.mark.parametrize(
    ("given", "fault", "allowed"),
    [
        (
            {"r2_within": 0.7, "slope_icc": 0.24},
            "r2_within, slope_icc: given 0.7 and 0.24 with icc 0.2, which leaves no variance for the residuals",
            "r2_within + r2_interaction + slope_icc / (1 - icc) below 1",
        ),
        (
            {"icc": 0, "r2_between": 0.1},
            "r2_between: given 0.1 with icc 0, a share of no variance between clusters",
            "None or 0, or give an icc above 0",
        ),
        (
            {"r2_interaction": 0.1},
            "r2_interaction: given 0.1 without r2_within and r2_between",
            "None, or give x and z too (0 is present without effect)",
        ),
        (
            {"correlation": 0.1},
            "correlation: given 0.1 without a slope_icc",
            "None, or give the slope_icc too",
        ),
        (
            {"slope_icc": 0, "correlation": 0.1},
            "correlation: given 0.1 with slope_icc 0, where nothing varies that could correlate",
            "None or 0",
        ),
    ],
)
def test_impossible_effect_sizes_are_refused_with_the_reason(given, fault, allowed):
    assert faults_of(**given) == [f"{fault}; allowed: {allowed}"]


def test_effects_beyond_the_largest_number_are_refused():
    (fault,) = faults_of(r2_within=0.1, total_variance=1e300, x_sd=1e-200)
    assert fault == "total_variance, x_sd, z_sd: gamma10 would be beyond the largest number"


def test_all_that_is_wrong_with_the_effect_sizes_together_is_named_at_once():
    assert len(faults_of(icc=0, r2_within=0.9, r2_between=0.1, r2_interaction=0.2, correlation=0.3)) == 3


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"x_icc": 0.2}, "x_icc: given 0.2; effect sizes are of x within clusters, z and x:z alone; allowed: 0, "),
        ({"gamma10_between": 0}, "gamma10_between: given 0; effect sizes are of x within clusters, z and x:z alone; "),
        ({"covariates": Covariates(Covariate(name="age", effect=1))}, "covariates: given Covariates("),
        ({"x_distribution": Binary(share=0.3)}, "x_distribution: given Binary(share=0.3); effect sizes are of "),
        ({"z_distribution": Binary(share=0.3)}, "z_distribution: given Binary(share=0.3); effect sizes are of "),
    ],
)
def test_predictors_that_the_shares_do_not_speak_of_are_refused_with_the_reason(given, fault):
    (found,) = faults_of(**ALL, **given)
    assert found.startswith(fault)
    assert found.endswith("or a TwoLevel")


def test_parts_that_keep_variances_pass_through():
    parts = {"cluster_size": Sizes(2, 3, 5, 6), "random_effects": ChiSquare(df=3)}
    made = stated(**ALL, **parts, residuals=Student(df=5), x_distribution=ChiSquare(df=4))
    check_mechanism(made, replications=3)
    assert made.random_effects == ChiSquare(df=3)


def test_what_two_level_data_refuse_is_refused_too():
    assert "data sets of" in faults_of(n_clusters=10**9, cluster_size=10**9)[0]


def test_it_has_one_class_that_stands_in_a_grid_like_any_other():
    assert TwoLevel.from_effect_sizes is TwoLevelByEffectSizes
