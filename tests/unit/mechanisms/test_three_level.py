"""Three-level data: what is in it, in which order it is drawn, and what factors may be together."""

import math

import numpy as np
import pytest
from covering import pairwise

from mcsim.formula import parse_formula, random_estimands
from mcsim.mechanisms import (
    AR1,
    Binary,
    ChiSquare,
    CompoundSymmetric,
    Groups,
    Growth,
    Independent,
    LogLinear,
    LogNormalSizes,
    NegativeBinomial,
    Normal,
    Sizes,
    SmallClusters,
    Student,
    ThreeLevel,
    Times,
    Toeplitz,
    TwoLevel,
    Uniform,
    VaryingBetweenClusters,
)
from mcsim.mechanisms.parts.residual_variance import Constant
from mcsim.streams import DATA, DESIGN, Streams
from mcsim.testing import check_mechanism

SMALL = {"n_schools": 3, "school_size": Sizes(2, 1, 3), "classroom_size": 4}
OCCASIONS = {"n_schools": 3, "school_size": 2, "occasions": Times(0, 1, 3)}
VARIANCES = {"tau2": 2.0, "tau2_school": 0.5, "sigma2": 3.0, "gamma000": 1.0}
SLOPES = {"slope_variance": 1.5, "covariance": -1.2, "slope_variance_school": 0.7, "covariance_school": 0.3}
FIXED = {"gamma100": 0.3, "gamma010": 0.4, "gamma001": -0.5}
CROSS_LEVEL = {**FIXED, "gamma110": 0.1, "gamma101": 0.2, "gamma011": 0.6}
DESIGNS = {
    "variance components": ({}, "y ~ 1 + (1 | school) + (1 | classroom)", ()),
    "a predictor on each level": (FIXED, "y ~ 1 + x + z + w + (1 | school) + (1 | classroom)", ("x", "z", "w")),
    "slopes on both levels": (
        {"gamma100": 1, **SLOPES},
        "y ~ 1 + x + (1 + x | school) + (1 + x | classroom)",
        ("x",),
    ),
    "slope of schools": (
        {"slope_variance_school": 1, "covariance_school": 0},
        "y ~ 1 + (1 + x | school) + (1 | classroom)",
        ("x",),
    ),
    "independent slope of classrooms": (
        {"gamma100": 1, "slope_variance": 1},
        "y ~ 1 + x + (1 | school) + (1 + x || classroom)",
        ("x",),
    ),
    "interactions alone": (
        {"gamma110": 1, "gamma011": 2},
        "y ~ 1 + x:z + z:w + (1 | school) + (1 | classroom)",
        ("x", "z", "w"),
    ),
    "an interaction without the effect of x": (
        {"gamma001": 1, "gamma101": 1},
        "y ~ 1 + w + w:x + (1 | school) + (1 | classroom)",
        ("x", "w"),
    ),
    "everything": (
        {**CROSS_LEVEL, **SLOPES},
        "y ~ 1 + x + z + w + x:z + x:w + z:w + (1 + x | school) + (1 + x | classroom)",
        ("x", "z", "w"),
    ),
}
PARTS = {
    "school_size": [3, Sizes(2, 4), SmallClusters(share=0.5, small=1, large=3)],
    "size": [4, Sizes(2, 5, 3), SmallClusters(share=0.3, small=2, large=6), LogNormalSizes(mean=5, cv=0.5)],
    "effects": [CROSS_LEVEL, {**CROSS_LEVEL, **SLOPES}],
    "random_effects": [Normal(), ChiSquare(df=9)],
    "random_effects_school": [Normal(), Student(df=5)],
    "residuals": [Normal(), ChiSquare(df=3)],
    "residual_variance": [
        Constant(),
        LogLinear(on="x", slope=0.2),
        Groups(on="w", ratio=2),
        VaryingBetweenClusters(cv=0.5),
    ],
    "residual_correlation": [Independent(), AR1(rho=0.5), CompoundSymmetric(rho=0.3), Toeplitz(0.4, 0.1)],
    "x_distribution": [Normal(), Uniform()],
    "z_distribution": [Normal(), Binary(share=0.3)],
    "w_distribution": [Normal(), ChiSquare(df=3)],
}


def streams(first=0, count=3, purpose=DATA):
    return Streams(7, "c0123456789ab", purpose, first, count)


class Given:
    """A generator whose standard normals are given."""

    def __init__(self, *runs):
        self.normals = np.concatenate(runs)

    def standard_normal(self, count):
        found, self.normals = self.normals[:count], self.normals[count:]
        assert len(found) == count
        return found


@pytest.mark.parametrize("name", DESIGNS)
def test_formula_and_columns_follow_from_the_factors_that_are_given(name):
    factors, formula, predictors = DESIGNS[name]
    mechanism = ThreeLevel(**SMALL, **VARIANCES, **factors)
    assert mechanism.formula() == formula
    assert mechanism.columns() == ("y", *predictors, "school", "classroom", "id")
    assert mechanism.rows() == 24


@pytest.mark.parametrize("name", DESIGNS)
def test_measurement_occasions_in_students_have_time_in_place_of_x(name):
    factors, formula, predictors = DESIGNS[name]
    mechanism = ThreeLevel(**OCCASIONS, **VARIANCES, **factors)
    assert mechanism.formula() == formula.replace("x", "time").replace("classroom", "student")
    assert mechanism.columns() == ("y", "time", *(p for p in predictors if p != "x"), "school", "student", "id")
    columns = mechanism.simulate(streams().generator(0)).columns
    assert columns["time"].tolist() == [0, 1, 3] * 6
    assert columns["student"].tolist() == np.repeat(range(1, 7), 3).tolist()
    assert columns["school"].tolist() == np.repeat([1, 2, 3], 6).tolist()


@pytest.mark.parametrize("predictors", ["random", "fixed"])
@pytest.mark.parametrize("rows", [SMALL, OCCASIONS], ids=["students", "occasions"])
@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_keeps_the_contract(name, rows, predictors):
    check_mechanism(ThreeLevel(**rows, **VARIANCES, **DESIGNS[name][0], predictors=predictors), replications=3)


@pytest.mark.parametrize("parts", pairwise(PARTS), ids=str)
def test_every_pair_of_parts_keeps_the_contract(parts):
    parts = dict(parts)
    made = ThreeLevel(n_schools=3, classroom_size=parts.pop("size"), **parts.pop("effects"), **VARIANCES, **parts)
    check_mechanism(made, replications=3)


def test_schools_hold_their_classrooms_whose_numbers_run_through_all_schools():
    columns = (
        ThreeLevel(n_schools=3, school_size=Sizes(2, 1, 3), classroom_size=Sizes(1, 4))
        .simulate(streams().generator(0))
        .columns
    )
    assert columns["classroom"].tolist() == [1, 2, 2, 2, 2, 3, 4, 4, 4, 4, 5, 6, 6, 6, 6]
    assert columns["school"].tolist() == [1] * 5 + [2] + [3] * 9


@pytest.mark.parametrize("factors", [{}, {**CROSS_LEVEL, **SLOPES}])
def test_classroom_sizes_drawn_in_every_replication_leave_schools_their_classrooms(factors):
    mechanism = ThreeLevel(
        n_schools=5, school_size=Sizes(2, 3), classroom_size=NegativeBinomial(mean=6, cv=0.7), **VARIANCES, **factors
    )
    block, sizes = mechanism.simulate_block(streams(count=20)), set()
    for rep in range(20):
        columns = block.dataset(rep).columns
        classrooms, firsts, counts = np.unique(columns["classroom"], return_index=True, return_counts=True)
        assert classrooms.tolist() == list(range(1, 13))
        assert columns["school"][firsts].tolist() == [1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5]
        assert (np.diff(columns["school"]) >= 0).all()
        assert len({len(column) for column in columns.values()}) == 1
        sizes |= {tuple(counts)}
    assert len(sizes) == 20


def test_classroom_sizes_drawn_once_are_the_same_in_all_replications():
    mechanism = ThreeLevel(
        n_schools=5, school_size=2, classroom_size=NegativeBinomial(mean=6, cv=0.7, drawn="once"), **VARIANCES, **FIXED
    )
    check_mechanism(mechanism, replications=3)
    block = mechanism.simulate_block(streams(), mechanism.design(streams(purpose=DESIGN).generator(0)))
    assert len(np.unique(block.shared["classroom"])) == 10
    assert len(set(np.unique(block.shared["classroom"], return_counts=True)[1])) > 1


def test_a_data_set_is_put_together_from_normals_in_the_documented_order():
    mechanism = ThreeLevel(**SMALL, **VARIANCES, **CROSS_LEVEL, **SLOPES, x_sd=0.5, z_sd=2, w_sd=3)
    dataset = mechanism.simulate(streams().generator(1))
    runs = np.split(streams().generator(1).standard_normal(75), np.cumsum([3, 6, 24, 3, 3, 6, 6]))
    school, classroom = np.repeat([0, 0, 1, 2, 2, 2], 4), np.repeat(np.arange(6), 4)
    w, z, x = 3 * runs[0][school], 2 * runs[1][classroom], 0.5 * runs[2]
    v0, v1 = (np.linalg.cholesky([[0.5, 0.3], [0.3, 0.7]]) @ runs[3:5])[:, school]
    u0, u1 = (np.linalg.cholesky([[2.0, -1.2], [-1.2, 1.5]]) @ runs[5:7])[:, classroom]
    e = math.sqrt(3) * runs[7]
    y = 1 + 0.3 * x + 0.4 * z - 0.5 * w + 0.1 * x * z + 0.2 * x * w + 0.6 * z * w + u0 + u1 * x + v0 + v1 * x + e
    expected = {"y": y, "x": x, "z": z, "w": w, "school": school + 1, "classroom": classroom + 1}
    for name, values in expected.items():
        np.testing.assert_allclose(dataset.columns[name], values, rtol=1e-12, atol=1e-12)
    parts = {"u0": u0, "u1": u1, "v0": v0, "v1": v1, "e": e}
    for name, values in parts.items():
        np.testing.assert_allclose(dataset.components[name], values, rtol=1e-12, atol=1e-12)
    gammas = {name: value for name, value in dataset.components.items() if name not in parts}
    assert gammas == {"gamma000": 1.0, **CROSS_LEVEL}


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"random_effects": ChiSquare(df=9), "residual_variance": LogLinear(slope=0.3)},
        {"residual_correlation": AR1(rho=0.5), "x_distribution": Uniform(), "z_distribution": Binary(share=0.3)},
    ],
)
def test_without_differences_between_schools_the_same_normals_give_two_level_data(parts):
    common = {"tau2": 2.0, "slope_variance": 1.5, "covariance": -0.5, "sigma2": 3.0, **parts}
    three = ThreeLevel(**SMALL, tau2_school=0.0, gamma000=1, gamma100=0.3, gamma010=0.4, gamma110=0.7, **common)
    two = TwoLevel(n_clusters=6, cluster_size=4, gamma00=1, gamma10=0.3, gamma01=0.4, gamma11=0.7, **common)
    predictors, schools, rest = np.split(np.random.default_rng(1).standard_normal(6 + 24 + 3 + 12 + 24), [30, 33])
    ours = three.simulate(Given(predictors, schools, rest)).columns
    theirs = two.simulate(Given(predictors, rest)).columns
    for name in ("y", "x", "z", "id"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(ours["classroom"], theirs["cluster"])


def test_occasions_of_students_in_schools_that_do_not_differ_are_growth_curves():
    common = {"tau2": 2.0, "slope_variance": 1.5, "covariance": -0.5, "residual_correlation": AR1(rho=0.5)}
    three = ThreeLevel(**OCCASIONS, gamma000=1, gamma100=0.3, **common)
    growth = Growth(n_persons=6, occasions=OCCASIONS["occasions"], gamma00=1, gamma10=0.3, **common)
    schools, rest = np.split(np.random.default_rng(1).standard_normal(3 + 12 + 18), [3])
    ours, theirs = three.simulate(Given(schools, rest)).columns, growth.simulate(Given(rest)).columns
    for name, other in {"y": "y", "time": "time", "student": "person", "id": "id"}.items():
        np.testing.assert_allclose(ours[name], theirs[other], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("rows", [SMALL, OCCASIONS], ids=["students", "occasions"])
@pytest.mark.parametrize("name", DESIGNS)
def test_there_is_a_truth_for_every_term_of_the_model(name, rows):
    mechanism = ThreeLevel(**rows, **VARIANCES, **DESIGNS[name][0])
    formula, truth = parse_formula(mechanism.formula()), mechanism.truth()
    expected = [*(term.label for term in formula.fixed), *random_estimands(formula.random), "var_residual"]
    assert list(truth) == [*expected, *random_estimands(formula.random, "sd"), "sigma"]


def test_the_truths_are_the_generating_values_on_both_scales():
    assert ThreeLevel(**SMALL, **VARIANCES, **CROSS_LEVEL, **SLOPES).truth() == pytest.approx(
        {
            "(Intercept)": 1.0,
            "x": 0.3,
            "z": 0.4,
            "w": -0.5,
            "x:z": 0.1,
            "x:w": 0.2,
            "z:w": 0.6,
            "var_(Intercept)|school": 0.5,
            "cov_x.(Intercept)|school": 0.3,
            "var_x|school": 0.7,
            "var_(Intercept)|classroom": 2.0,
            "cov_x.(Intercept)|classroom": -1.2,
            "var_x|classroom": 1.5,
            "var_residual": 3.0,
            "sd_(Intercept)|school": math.sqrt(0.5),
            "cor_x.(Intercept)|school": 0.3 / math.sqrt(0.35),
            "sd_x|school": math.sqrt(0.7),
            "sd_(Intercept)|classroom": math.sqrt(2),
            "cor_x.(Intercept)|classroom": -1.2 / math.sqrt(3),
            "sd_x|classroom": math.sqrt(1.5),
            "sigma": math.sqrt(3),
        }
    )


def test_the_equation_shows_what_differs_between_classrooms_and_between_schools():
    full = ThreeLevel(**SMALL, **VARIANCES, **CROSS_LEVEL, slope_variance=1.5, covariance=0.0)
    assert full.equation()[:5] == (
        "level 1: y_ijk = b0_jk + b1_jk x_ijk + b2_jk z_jk + e_ijk",
        "level 2: b0_jk = gamma000 + gamma001 w_k + v0_k + u0_jk = 1 - 0.5 w_k + v0_k + u0_jk",
        "level 2: b1_jk = gamma100 + gamma110 z_jk + gamma101 w_k + u1_jk = 0.3 + 0.1 z_jk + 0.2 w_k + u1_jk",
        "level 2: b2_jk = gamma010 + gamma011 w_k = 0.4 + 0.6 w_k",
        (
            "random effects: v0_k ~ N(0, tau2_school = 0.5), (u0_jk, u1_jk) ~ N(0, [tau2, covariance; covariance, "
            "slope_variance] = [2, 0; 0, 1.5])"
        ),
    )
