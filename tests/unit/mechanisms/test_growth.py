"""Growth curves: what is in the data, in which order it is drawn, and what factors may be together."""

import math

import numpy as np
import pytest
from covering import pairwise

from mcsim.errors import ParameterError
from mcsim.formula import parse_formula, random_estimands
from mcsim.mechanisms import (
    AR1,
    ChiSquare,
    CompoundSymmetric,
    Groups,
    Growth,
    Independent,
    LogLinear,
    Normal,
    Student,
    Times,
    Toeplitz,
    TwoLevel,
    VaryingBetweenClusters,
)
from mcsim.mechanisms.parts.residual_variance import Constant
from mcsim.methods import LinearMixedModel
from mcsim.streams import DATA, DESIGN, Streams
from mcsim.testing import check_mechanism

SMALL = {"n_persons": 6, "occasions": Times(0, 1, 2, 4)}
LINEAR = {"gamma10": 0.5, "tau2": 2.0, "slope_variance": 1.5, "covariance": -1.2}
QUADRATIC = {
    **LINEAR,
    "gamma20": -0.1,
    "quadratic_variance": 0.2,
    "intercept_quadratic_covariance": 0.3,
    "slope_quadratic_covariance": -0.25,
}
TREATED = {"gamma01": 0.4, "gamma11": 0.3, "gamma21": -0.2}
DESIGNS = {
    "no growth": ({}, "y ~ 1 + (1 | person)", ()),
    "the same line for all": ({"gamma10": 1}, "y ~ 1 + time + (1 | person)", ()),
    "independent slope": ({"slope_variance": 1}, "y ~ 1 + (1 + time || person)", ()),
    "correlated slope": (LINEAR, "y ~ 1 + time + (1 + time | person)", ()),
    "quadratic": (QUADRATIC, "y ~ 1 + time + time2 + (1 + time + time2 | person)", ("time2",)),
    "treatment by time": (
        {**LINEAR, "gamma01": 0.4, "gamma11": 0.3},
        "y ~ 1 + time + treatment + time:treatment + (1 + time | person)",
        ("treatment",),
    ),
    "everything": (
        {**QUADRATIC, **TREATED},
        "y ~ 1 + time + time2 + treatment + time:treatment + time2:treatment + (1 + time + time2 | person)",
        ("time2", "treatment"),
    ),
    "an interaction without the effect of time": (
        {"gamma01": 1, "gamma21": 1},
        "y ~ 1 + treatment + treatment:time2 + (1 | person)",
        ("time2", "treatment"),
    ),
    "quadratic slope alone": ({"quadratic_variance": 1}, "y ~ 1 + (1 + time2 || person)", ("time2",)),
    "three independent effects": (
        {"slope_variance": 1, "quadratic_variance": 1},
        "y ~ 1 + (1 + time + time2 || person)",
        ("time2",),
    ),
    "correlated slopes, independent of the intercept": (
        {"slope_variance": 1, "quadratic_variance": 1, "slope_quadratic_covariance": 0.5},
        "y ~ 1 + (1 | person) + (0 + time + time2 | person)",
        ("time2",),
    ),
    "a linear slope independent of the others": (
        {"tau2": 1, "slope_variance": 1, "quadratic_variance": 1, "intercept_quadratic_covariance": 0.5},
        "y ~ 1 + (1 + time2 | person) + (0 + time | person)",
        ("time2",),
    ),
}
PARTS = {
    "occasions": [4, Times(0, 1, 2, 4, 8)],
    "shape": [LINEAR, QUADRATIC],
    "effects": [TREATED, {}],
    "random_effects": [Normal(), ChiSquare(df=9), Student(df=5)],
    "residuals": [Normal(), ChiSquare(df=3)],
    "residual_variance": [
        Constant(),
        LogLinear(on="time", slope=0.2),
        Groups(on="time", ratio=2, above=1.5),
        VaryingBetweenClusters(cv=0.5),
    ],
    "residual_correlation": [Independent(), AR1(rho=0.5), CompoundSymmetric(rho=0.3), Toeplitz(0.4, 0.1)],
}


def streams(first=0, count=3, purpose=DATA):
    return Streams(7, "c0123456789ab", purpose, first, count)


@pytest.mark.parametrize("name", DESIGNS)
def test_formula_and_columns_follow_from_the_factors_that_are_given(name):
    factors, formula, further = DESIGNS[name]
    mechanism = Growth(**SMALL, **factors)
    assert mechanism.formula() == formula
    assert mechanism.columns() == ("y", "time", *further, "person", "id")
    assert mechanism.rows() == 24


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_keeps_the_contract(name):
    check_mechanism(Growth(**SMALL, **DESIGNS[name][0]), replications=4)


@pytest.mark.parametrize("parts", pairwise(PARTS), ids=str)
def test_every_pair_of_parts_keeps_the_contract(parts):
    parts = dict(parts)
    check_mechanism(Growth(n_persons=5, **parts.pop("shape"), **parts.pop("effects"), **parts), replications=3)


@pytest.mark.parametrize("name", DESIGNS)
def test_there_is_a_truth_for_every_term_of_the_model(name):
    mechanism = Growth(**SMALL, **DESIGNS[name][0])
    formula, truth = parse_formula(mechanism.formula()), mechanism.truth()
    expected = [*(term.label for term in formula.fixed), *random_estimands(formula.random), "var_residual"]
    assert list(truth) == [*expected, *random_estimands(formula.random, "sd"), "sigma"]


def test_the_truths_are_the_generating_values_on_both_scales():
    truth = Growth(**SMALL, **QUADRATIC, **TREATED, sigma2=4).truth()
    assert truth == pytest.approx(
        {
            "(Intercept)": 0.0,
            "time": 0.5,
            "time2": -0.1,
            "treatment": 0.4,
            "time:treatment": 0.3,
            "time2:treatment": -0.2,
            "var_(Intercept)|person": 2.0,
            "cov_time.(Intercept)|person": -1.2,
            "cov_time2.(Intercept)|person": 0.3,
            "var_time|person": 1.5,
            "cov_time2.time|person": -0.25,
            "var_time2|person": 0.2,
            "var_residual": 4.0,
            "sd_(Intercept)|person": math.sqrt(2),
            "cor_time.(Intercept)|person": -1.2 / math.sqrt(3),
            "cor_time2.(Intercept)|person": 0.3 / math.sqrt(0.4),
            "sd_time|person": math.sqrt(1.5),
            "cor_time2.time|person": -0.25 / math.sqrt(0.3),
            "sd_time2|person": math.sqrt(0.2),
            "sigma": 2.0,
        }
    )


def test_a_data_set_is_put_together_from_normals_in_the_documented_order():
    mechanism = Growth(**SMALL, **QUADRATIC, **TREATED, gamma00=3, sigma2=4, treated=1 / 3)
    columns = mechanism.simulate(streams().generator(1)).columns
    normals = streams().generator(1).standard_normal(3 * 6 + 24)
    matrix = [[2.0, -1.2, 0.3], [-1.2, 1.5, -0.25], [0.3, -0.25, 0.2]]
    u0, u1, u2 = (row[:, None] for row in np.linalg.cholesky(matrix) @ normals[:18].reshape(3, 6))
    time, treatment = np.array([0.0, 1.0, 2.0, 4.0]), np.array([0, 0, 1, 0, 0, 1.0])[:, None]
    y = (3 + 0.4 * treatment + u0) + (0.5 + 0.3 * treatment + u1) * time
    y = y + (-0.1 - 0.2 * treatment + u2) * time**2 + 2 * normals[18:].reshape(6, 4)
    expected = {"y": y, "time": time, "time2": time**2, "treatment": treatment, "person": np.arange(1, 7)[:, None]}
    for name, values in expected.items():
        np.testing.assert_allclose(columns[name].reshape(6, 4), np.broadcast_to(values, (6, 4)), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(columns["id"], np.arange(1, 25))


@pytest.mark.parametrize("parts", [{}, {"residual_correlation": AR1(rho=0.5)}, {"random_effects": ChiSquare(df=9)}])
def test_linear_growth_is_two_level_data_with_time_as_the_predictor(parts):
    growth = Growth(n_persons=6, occasions=4, **LINEAR, **parts)
    two_level = TwoLevel(n_clusters=6, cluster_size=4, **LINEAR, **parts, predictors="fixed")
    given = {"x": np.tile(np.arange(4.0), 6)}
    ours, theirs = growth.simulate_block(streams()), two_level.simulate_block(streams(), given)
    np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-13, atol=1e-13)
    named = {name.replace("x", "time").replace("cluster", "person"): value for name, value in two_level.truth().items()}
    assert growth.truth() == {name: named[name] for name in growth.truth()}


@pytest.mark.parametrize(
    ("persons", "treated", "expected"),
    [(4, 0.5, [0, 1, 0, 1]), (5, 0.5, [0, 0, 1, 0, 1]), (7, 0.3, [0, 0, 0, 1, 0, 0, 1]), (3, 0.9, [])],
)
def test_the_stated_share_of_persons_is_treated_spread_evenly(persons, treated, expected):
    def made():
        return Growth(n_persons=persons, occasions=2, gamma11=0.0, treated=treated)

    if not expected:
        with pytest.raises(ParameterError, match=r"everybody; allowed: a share between 0\.1667 and 0\.8333"):
            made()
        return
    assert made().simulate(streams().generator(0)).columns["treatment"][::2].tolist() == expected


def test_nothing_is_drawn_for_time_and_treatment_which_all_replications_share():
    mechanism = Growth(**SMALL, **QUADRATIC, **TREATED)
    assert mechanism.design(streams(purpose=DESIGN).generator(0)) is None
    block = mechanism.simulate_block(streams())
    assert block.names == ("y",)
    assert set(block.shared) == {"time", "time2", "treatment", "person", "id"}
    without = Growth(**SMALL, **QUADRATIC).simulate_block(streams())
    times, treatment = block.shared["time"], block.shared["treatment"]
    effect = treatment * (0.4 + 0.3 * times - 0.2 * times**2)
    np.testing.assert_allclose(block.values - without.values, np.broadcast_to(effect, (3, 1, 24)), atol=1e-12)


def test_the_equation_shows_what_changes_with_time():
    found = Growth(n_persons=4, occasions=3, **LINEAR, gamma01=0.4, gamma11=0.3).equation()
    assert found == (
        "level 1: y_ij = b0_j + b1_j time_ij + e_ij",
        "level 2: b0_j = gamma00 + gamma01 treatment_j + u0_j = 0 + 0.4 treatment_j + u0_j",
        "level 2: b1_j = gamma10 + gamma11 treatment_j + u1_j = 0.5 + 0.3 treatment_j + u1_j",
        "random effects: (u0_j, u1_j) ~ N(0, [tau2, covariance; covariance, slope_variance] = [2, -1.2; -1.2, 1.5])",
        "residuals: e_ij ~ N(0, sigma2 = 1)",
        "given: time_ij = 0, 1, 2 in turn, treatment_j = 0, 1 in turn",
    )


@pytest.mark.parametrize(
    ("factors", "fault"),
    [
        (
            {"covariance": 1},
            "covariance: given 1 without a slope_variance; allowed: None, or give the slope_variance too",
        ),
        (
            {"slope_quadratic_covariance": 1},
            (
                "slope_quadratic_covariance: given 1 without a slope_variance and quadratic_variance; allowed: None, "
                "or give the slope_variance and quadratic_variance too"
            ),
        ),
        (
            {"tau2": 1, "slope_variance": 0.1, "covariance": 1},
            (
                "covariance: given 1 with tau2 1 and slope_variance 0.1, a covariance matrix that is not positive "
                "semi-definite (smallest eigenvalue -0.5466); allowed: 0.316228 or less either way, the square root of "
                "tau2 * slope_variance"
            ),
        ),
        (
            {**LINEAR, "quadratic_variance": 1, "slope_quadratic_covariance": 0},
            (
                "intercept_quadratic_covariance: given None with covariance and slope_quadratic_covariance, which tie "
                "all three effects together; allowed: a finite number"
            ),
        ),
        (
            {**QUADRATIC, "intercept_quadratic_covariance": -0.6, "slope_quadratic_covariance": -0.5},
            (
                "correlations of u0, u1, u2: they cannot hold together, a matrix that is not positive semi-definite "
                "(smallest eigenvalue -0.7076); allowed: smaller ones"
            ),
        ),
        (
            {"occasions": 2, "gamma20": 1},
            "occasions: given 2 with effects of time2; allowed: 3 or more, or no effect of time2",
        ),
        ({"treated": 0.3}, "treated: given 0.3, but there is no treatment; allowed: 0.5, or give an effect of it"),
        (
            {"treated": 0.01, "gamma01": 1},
            "treated: given 0.01 of 6 persons, nobody; allowed: a share between 0.08333 and 0.9167",
        ),
        (
            {"residual_variance": LogLinear(slope=1)},
            (
                "residual_variance: given LogLinear(slope=1), which depends on x; allowed: a predictor of this "
                "condition (time)"
            ),
        ),
        (
            {"occasions": Times(0, 0.5, 2), "residual_correlation": AR1(rho=-0.5)},
            (
                "residual_correlation: AR1(rho=-0.5): given for the times 0, 0.5, 2; allowed: a rho of 0 or more, or "
                "times that are whole numbers apart"
            ),
        ),
    ],
)
def test_factors_that_make_no_sense_together_are_refused_with_the_reason(factors, fault):
    with pytest.raises(ParameterError) as caught:
        Growth(**{**SMALL, **factors})
    assert str(caught.value) == f"Growth: {fault}"


def test_every_fault_is_named():
    with pytest.raises(ParameterError) as caught:
        Growth(n_persons=6, occasions=2, quadratic_variance=1, covariance=1, treated=0.2)
    assert [line.partition(":")[0] for line in caught.value.faults] == ["covariance", "occasions", "treated"]


def test_effects_of_persons_as_many_as_occasions_cannot_be_fitted():
    condition = Growth(n_persons=9, occasions=2, **LINEAR)
    assert LinearMixedModel().misfits(condition) == [
        "'y ~ 1 + time + (1 + time | person)' needs cluster_size above 2, its random effects; given 2"
    ]
