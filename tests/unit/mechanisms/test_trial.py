"""Trials in clusters: who is treated, what is in the data and in which order it is drawn."""

import math

import numpy as np
import pytest
from covering import pairwise

from mcsim.formula import parse_formula, random_estimands
from mcsim.mechanisms import (
    AR1,
    Binary,
    Categorical,
    ChiSquare,
    Covariate,
    Covariates,
    Groups,
    LogNormalSizes,
    NegativeBinomial,
    Normal,
    Sizes,
    SmallClusters,
    Student,
    Toeplitz,
    Trial,
    TwoLevel,
    VaryingBetweenClusters,
)
from mcsim.mechanisms.parts.residual_correlation import Independent
from mcsim.mechanisms.parts.residual_variance import Constant
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares
from mcsim.streams import DATA, Streams
from mcsim.testing import check_mechanism

SMALL = {"n_clusters": 6, "cluster_size": 4}
EFFECTS = {"tau2": 2.0, "sigma2": 3.0, "gamma00": 1.0, "gamma_treatment": 0.5}
NESTED = {"clustered": "treatment", "n_controls": 5}
SLOPE = {"assignment": "within", "slope_variance": 0.4}
FURTHER = Covariates(
    Covariate(name="age", effect=1.0, level=2),
    Covariate(name="sex", effect=-1.0, distribution=Binary(share=0.3)),
    Categorical(name="site", level=2, shares=(0.3, 0.3, 0.4), differences=(1.0, 2.0)),
    correlation=0.2,
)
DESIGNS = {
    "of clusters": ({}, "y ~ 1 + treatment + (1 | cluster)"),
    "within clusters": ({"assignment": "within"}, "y ~ 1 + treatment + (1 | cluster)"),
    "independent effect of clusters": (SLOPE, "y ~ 1 + treatment + (1 + treatment || cluster)"),
    "effect of clusters": ({**SLOPE, "covariance": -0.3}, "y ~ 1 + treatment + (1 + treatment | cluster)"),
    "partially nested": (NESTED, "y ~ 1 + treatment + (0 + treatment | cluster)"),
    "covariates": ({"covariates": FURTHER}, "y ~ 1 + treatment + age + sex + site2 + site3 + (1 | cluster)"),
}
PARTS = {
    "design": [{}, {"treated": 0.3}, {**SLOPE, "treated": 0.6}, {**SLOPE, "covariance": 0.2}, NESTED],
    "cluster_size": [
        4,
        Sizes(2, 7, 3),
        SmallClusters(share=0.5, small=2, large=6),
        NegativeBinomial(mean=5, cv=0.6),
        LogNormalSizes(mean=5, cv=0.5, drawn="once"),
    ],
    "random_effects": [Normal(), ChiSquare(df=9), Student(df=5)],
    "residuals": [Normal(), ChiSquare(df=3)],
    "residual_variance": [Constant(), Groups(on="treatment", ratio=2, above=0.5), VaryingBetweenClusters(cv=0.5)],
    "residual_correlation": [Independent(), AR1(rho=0.5), Toeplitz(0.4, 0.1)],
    "covariates": [None, FURTHER],
}


def streams(first=0, count=3):
    return Streams(7, "c0123456789ab", DATA, first, count)


def treatment_of(rep=0, **factors):
    """The treatment of every row of a data set, cluster by cluster."""
    columns = Trial(**{**SMALL, **factors}).simulate(streams().generator(rep)).columns
    cluster = columns["cluster"]
    return [columns["treatment"][cluster == j].astype(int).tolist() for j in range(1, cluster.max() + 1)]


@pytest.mark.parametrize("name", DESIGNS)
def test_formula_columns_and_truths_follow_from_the_factors(name):
    factors, text = DESIGNS[name]
    mechanism = Trial(**SMALL, **EFFECTS, **factors)
    formula, truth = parse_formula(mechanism.formula()), mechanism.truth()
    assert mechanism.formula() == text
    assert mechanism.columns() == (*formula.columns, "cluster", "id")
    expected = [*(term.label for term in formula.fixed), *random_estimands(formula.random), "var_residual"]
    assert list(truth)[: 2 * len(expected) - len(formula.fixed)] == [
        *expected,
        *random_estimands(formula.random, "sd"),
        "sigma",
    ]
    assert set(expected) >= set(LinearMixedModel().estimands(mechanism))


def test_the_truths_are_the_generating_values_on_both_scales():
    truth = Trial(**SMALL, **EFFECTS, **SLOPE, covariance=-0.3).truth()
    assert truth == pytest.approx(
        {
            "(Intercept)": 1.0,
            "treatment": 0.5,
            "var_(Intercept)|cluster": 2.0,
            "cov_treatment.(Intercept)|cluster": -0.3,
            "var_treatment|cluster": 0.4,
            "var_residual": 3.0,
            "sd_(Intercept)|cluster": math.sqrt(2),
            "cor_treatment.(Intercept)|cluster": -0.3 / math.sqrt(0.8),
            "sd_treatment|cluster": math.sqrt(0.4),
            "sigma": math.sqrt(3),
            "treatment_centred": 0.5,
            "treatment_within": 0.5,
            "treatment_between": 0.5,
            "treatment_mean": 0.0,
        }
    )
    nested = Trial(**SMALL, **EFFECTS, **NESTED).truth()
    assert nested["var_treatment|cluster"] == 2.0
    assert "var_(Intercept)|cluster" not in nested


@pytest.mark.parametrize("parts", pairwise(PARTS), ids=str)
def test_every_pair_of_parts_keeps_the_contract(parts):
    parts = dict(parts)
    check_mechanism(Trial(n_clusters=5, **EFFECTS, **parts.pop("design"), **parts), replications=3)


@pytest.mark.parametrize(
    ("clusters", "treated", "expected"),
    [(4, 0.5, [0, 1, 0, 1]), (5, 0.5, [0, 1, 0, 1, 0]), (7, 1 / 3, [0, 1, 0, 0, 1, 0, 0]), (4, 0.8, [1, 1, 0, 1])],
)
def test_the_stated_share_of_clusters_is_treated_evenly_spread(clusters, treated, expected):
    assert treatment_of(n_clusters=clusters, treated=treated) == [[arm] * 4 for arm in expected]


@pytest.mark.parametrize(
    ("size", "treated", "expected"),
    [(4, 0.5, [0, 1, 0, 1]), (5, 0.5, [0, 1, 0, 1, 0]), (6, 0.25, [0, 0, 1, 0, 0, 0]), (3, 0.8, [1, 1, 0])],
)
def test_the_stated_share_of_the_rows_of_every_cluster_is_treated(size, treated, expected):
    assert treatment_of(assignment="within", cluster_size=size, treated=treated) == [expected] * 6


@pytest.mark.parametrize("treated", [0.1, 0.25, 1 / 3, 0.5, 0.7, 0.951])
def test_clusters_of_any_size_have_the_rounded_share_of_treated_rows(treated):
    arms = treatment_of(assignment="within", cluster_size=Sizes(*range(1, 41)), n_clusters=40, treated=treated)
    for size, rows in enumerate(arms, 1):
        assert abs(sum(rows) - treated * size) <= 0.5 + 1e-9


@pytest.mark.parametrize("treated", [0.5, 0.25])
@pytest.mark.parametrize(
    "size",
    [
        Sizes(5, 40),
        Sizes(5, 10, 40, 80),
        Sizes(*(5,) * 20, *(40,) * 20),
        SmallClusters(share=0.5, small=5, large=40),
        SmallClusters(share=0.2, small=5, large=40),
    ],
    ids=str,
)
def test_neither_arm_has_the_large_clusters(size, treated):
    rows = treatment_of(n_clusters=40, cluster_size=size, treated=treated)
    assert sum(arm[0] for arm in rows) == 40 * treated
    for wanted in {len(arm) for arm in rows}:
        alike = [arm[0] for arm in rows if len(arm) == wanted]
        assert abs(sum(alike) - treated * len(alike)) < 1


def test_only_the_treatment_has_clusters_and_each_control_person_is_one_row():
    assert treatment_of(**NESTED, cluster_size=Sizes(2, 3)) == [[1, 1], [1, 1, 1]] * 3 + [[0]] * 5
    sizes = [
        [len(rows) for rows in treatment_of(rep, **NESTED, cluster_size=NegativeBinomial(mean=5, cv=0.6))]
        for rep in range(2)
    ]
    assert sizes[0] != sizes[1]
    assert all(of_rep[6:] == [1] * 5 for of_rep in sizes)


def test_sizes_are_drawn_as_those_of_two_level_data():
    size = NegativeBinomial(mean=5, cv=0.6)
    ours = Trial(n_clusters=6, cluster_size=size).simulate_block(streams())
    theirs = TwoLevel(n_clusters=6, cluster_size=size).simulate_block(streams())
    np.testing.assert_array_equal(ours.rows, theirs.rows)
    np.testing.assert_array_equal(ours.own_labels["cluster"], theirs.own_labels["cluster"])


def test_data_are_put_together_from_normals_in_the_documented_order():
    mechanism = Trial(
        **SMALL,
        **EFFECTS,
        **SLOPE,
        covariance=-0.3,
        covariates=Covariates(Covariate(name="sex", effect=2, sd=0.5), Covariate(name="age", effect=-1, level=2)),
    )
    columns = mechanism.simulate(streams().generator(1)).columns
    normals = streams().generator(1).standard_normal(6 + 24 + 12 + 24)
    age, sex = normals[:6, None], 0.5 * normals[6:30].reshape(6, 4)
    u0, u1 = (row[:, None] for row in np.linalg.cholesky([[2.0, -0.3], [-0.3, 0.4]]) @ normals[30:42].reshape(2, 6))
    treatment = np.tile([0.0, 1.0, 0.0, 1.0], (6, 1))
    y = 1 + u0 + (0.5 + u1) * treatment - age + 2 * sex + math.sqrt(3) * normals[42:].reshape(6, 4)
    for name, values in {"y": y, "treatment": treatment, "age": np.broadcast_to(age, (6, 4)), "sex": sex}.items():
        np.testing.assert_allclose(columns[name].reshape(6, 4), values, rtol=1e-12, atol=1e-12)


def test_control_persons_have_no_random_effect():
    mechanism = Trial(**SMALL, **EFFECTS, **NESTED)
    dataset = mechanism.simulate(streams().generator(1))
    normals = streams().generator(1).standard_normal(11 + 29)
    u0, e = math.sqrt(2) * normals[:6], math.sqrt(3) * normals[11:]
    expected = np.concatenate([np.repeat(1 + 0.5 + u0, 4), np.ones(5)]) + e
    np.testing.assert_allclose(dataset.columns["y"], expected, rtol=1e-12)
    np.testing.assert_array_equal(dataset.columns["cluster"], [*np.repeat(np.arange(1, 7), 4), *range(7, 12)])


PATTERNS = [{}, {"random_effects": ChiSquare(df=9)}, {"residual_correlation": AR1(rho=0.5)}]


@pytest.mark.parametrize("parts", PATTERNS, ids=str)
@pytest.mark.parametrize(
    ("factors", "column"),
    [({}, "z"), ({"assignment": "within", "treated": 0.3}, "x"), ({**SLOPE, "covariance": 0.3}, "x")],
    ids=["of clusters", "within", "effect of clusters"],
)
def test_a_trial_is_two_level_data_with_the_treatment_for_a_predictor(factors, column, parts):
    trial = Trial(**SMALL, **EFFECTS, **factors, **parts)
    raw = {name: factors[name] for name in ("slope_variance", "covariance") if name in factors}
    effect = {"z": "gamma01", "x": "gamma10"}[column]
    common = {**SMALL, "tau2": 2.0, "sigma2": 3.0, "gamma00": 1.0, effect: 0.5}
    two_level = TwoLevel(**common, **raw, **parts, predictors="fixed")
    ours = trial.simulate_block(streams())
    theirs = two_level.simulate_block(streams(), {column: ours.shared["treatment"]})
    np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-13, atol=1e-13)
    named = {name.replace(column, "treatment"): value for name, value in two_level.truth().items()}
    for name in LinearMixedModel().estimands(trial):
        assert trial.truth()[name] == named[name]


def test_nothing_is_drawn_for_the_treatment_which_all_replications_share():
    for factors, _ in DESIGNS.values():
        mechanism = Trial(**SMALL, **EFFECTS, **factors)
        assert mechanism.design(streams().generator(0)) is None
        assert "treatment" in mechanism.simulate_block(streams()).shared


@pytest.mark.parametrize(
    ("factors", "share"),
    [
        ({"cluster_size": Sizes(2, 10), "treated": 1 / 3}, 1 / 3),
        ({"cluster_size": Sizes(3, 4), "assignment": "within"}, 3 / 7),
        ({**NESTED, "cluster_size": Sizes(2, 4)}, 18 / 23),
        ({**NESTED, "cluster_size": NegativeBinomial(mean=7, cv=0.6)}, 42 / 47),
    ],
    ids=str,
)
def test_the_residual_variance_of_the_arms_has_its_mean_over_rows(factors, share):
    mechanism = Trial(**{**SMALL, **factors}, residual_variance=Groups(on="treatment", above=0.5, ratio=3))
    model = mechanism.model()
    ((_, _, (cut, control, treated)),) = model.variance.spreads(model.parts_of("treatment"))
    assert cut == 0.5
    assert treated**2 / control**2 == pytest.approx(3)
    assert (1 - share) * control**2 + share * treated**2 == pytest.approx(1)


def test_the_equation_shows_who_has_clusters():
    found = Trial(**SMALL, **EFFECTS, **NESTED).equation()
    assert found == (
        "level 1: y_ij = b0_j + b1_j treatment_j + e_ij",
        "level 2: b0_j = gamma00 = 1",
        "level 2: b1_j = gamma_treatment + u0_j = 0.5 + u0_j",
        "random effects: u0_j ~ N(0, tau2 = 2)",
        "residuals: e_ij ~ N(0, sigma2 = 3)",
        "given: treatment_j = 1 (6 times), 0 (5 times)",
        "clusters of one row: the last 5",
    )


def test_two_clusters_are_too_few_for_two_arms_but_not_beside_control_persons():
    robust = OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey")
    two = {"n_clusters": 2, "cluster_size": 5, "tau2": 1.0}
    for method in (LinearMixedModel(), robust):
        (fault,) = method.misfits(Trial(**two))
        assert "needs more than 2 clusters; given 2" in fault
        assert method.misfits(Trial(**two, assignment="within")) == []
        assert method.misfits(Trial(**two, **NESTED)) == []
