"""Generalized estimating equations: statsmodels itself, R's sandwich, the correction of Mancl and DeRouen."""

import warnings

import numpy as np
import pandas as pd
import pytest
from peers import GOLDEN, SLOPE, TWO_LEVEL, analysed, drawn, quantity, reference
from scipy import stats
from statsmodels.genmod.cov_struct import Exchangeable, Independence
from statsmodels.genmod.generalized_estimating_equations import GEE

from mcsim import Status
from mcsim.errors import ParameterError
from mcsim.formula import parse_formula
from mcsim.mechanisms import TwoLevel
from mcsim.methods import Gee, LinearMixedModel, OrdinaryLeastSquares

CONDITION = TwoLevel(n_clusters=8, cluster_size=6, gamma10=0.5, gamma01=0.2)
WITH_OLS = [name for name in TWO_LEVEL if '"ols"' in (GOLDEN / f"{name}.json").read_text()]


def matrices(name):
    frame, golden = reference(name)
    formula = parse_formula(golden["formula"])
    X = np.column_stack([np.prod([np.ones(len(frame)), *(frame[n] for n in t.names)], axis=0) for t in formula.fixed])
    return frame, golden["formula"], X, frame[formula.response].to_numpy(), frame[formula.groups[0]].to_numpy()


def by_statsmodels(name, structure, cov_type):
    _, _, X, y, groups = matrices(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return GEE(y, X, groups, cov_struct=structure).fit(cov_type=cov_type)


@pytest.mark.parametrize("name", ["article_m3", "sleepstudy", "unbalanced_slope"])
@pytest.mark.parametrize("working", ["exchangeable", "independence"])
@pytest.mark.parametrize("small_sample", ["none", "mancl_derouen"])
def test_estimates_and_standard_errors_are_those_of_statsmodels(name, working, small_sample):
    frame, formula, *_ = matrices(name)
    cluster = parse_formula(formula).groups[0]
    found = analysed(Gee(formula, cluster=cluster, working=working, small_sample=small_sample), frame)
    structure = {"exchangeable": Exchangeable, "independence": Independence}[working]()
    expected = by_statsmodels(name, structure, {"none": "robust", "mancl_derouen": "bias_reduced"}[small_sample])
    # It stops at 1e-6 in the estimating equations.
    np.testing.assert_allclose(quantity(found, "estimate"), expected.params, rtol=1e-6)
    np.testing.assert_allclose(quantity(found, "std_error"), expected.bse, rtol=1e-6)


@pytest.mark.parametrize("name", WITH_OLS)
def test_with_working_independence_it_is_least_squares_with_the_sandwich_of_r(name):
    frame, golden = reference(name)
    ols = golden["ols"]
    found = analysed(Gee(golden["formula"], cluster=ols["cluster"], working="independence"), frame)
    assert list(found.estimands) == ols["names"]
    np.testing.assert_allclose(quantity(found, "estimate"), ols["estimate"], rtol=1e-6)
    np.testing.assert_allclose(quantity(found, "std_error"), ols["CR0"]["std_error"], rtol=1e-6)


def mancl_derouen(X, y, groups, correlation):
    """Equation 5 of Mancl & DeRouen (2001), word by word, at the estimates that the working correlation gives."""
    clusters = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    V = [np.full((len(rows), len(rows)), correlation) + (1 - correlation) * np.eye(len(rows)) for rows in clusters]
    weighted = [np.linalg.solve(v, X[rows]).T for v, rows in zip(V, clusters, strict=True)]
    bread = np.linalg.inv(sum(w @ X[rows] for w, rows in zip(weighted, clusters, strict=True)))
    beta = bread @ sum(w @ y[rows] for w, rows in zip(weighted, clusters, strict=True))
    meat = np.zeros_like(bread)
    for w, rows in zip(weighted, clusters, strict=True):
        leverage = X[rows] @ bread @ w
        score = w @ np.linalg.solve(np.eye(len(rows)) - leverage, y[rows] - X[rows] @ beta)
        meat += np.outer(score, score)
    return beta, np.sqrt(np.diag(bread @ meat @ bread))


@pytest.mark.parametrize("name", ["article_m0", "sleepstudy", "unbalanced_slope"])
@pytest.mark.parametrize("working", ["exchangeable", "independence"])
def test_the_correction_is_that_of_the_paper(name, working):
    frame, formula, X, y, groups = matrices(name)
    cluster = parse_formula(formula).groups[0]
    correlation = 0.0
    if working == "exchangeable":
        correlation = by_statsmodels(name, Exchangeable(), "robust").cov_struct.dep_params
    beta, std_error = mancl_derouen(X, y, groups, correlation)
    found = analysed(Gee(formula, cluster=cluster, working=working, small_sample="mancl_derouen"), frame)
    np.testing.assert_allclose(quantity(found, "estimate"), beta, rtol=1e-6)
    np.testing.assert_allclose(quantity(found, "std_error"), std_error, rtol=1e-6)


def test_intervals_are_normal_without_the_correction():
    found = analysed(Gee(level=0.9), drawn(Gee()), SLOPE)
    estimate, std_error = quantity(found, "estimate"), quantity(found, "std_error")
    assert np.isnan(quantity(found, "df")).all()
    np.testing.assert_allclose(quantity(found, "lower"), estimate - stats.norm.ppf(0.95) * std_error, rtol=1e-12)
    np.testing.assert_allclose(quantity(found, "upper"), estimate + stats.norm.ppf(0.95) * std_error, rtol=1e-12)
    np.testing.assert_allclose(quantity(found, "p_value"), 2 * stats.norm.sf(np.abs(estimate / std_error)), rtol=1e-10)


def test_with_the_correction_they_are_of_t_with_clusters_less_fixed_effects():
    found = analysed(Gee(small_sample="mancl_derouen"), drawn(Gee(), clusters=7), SLOPE)
    estimate, std_error = quantity(found, "estimate"), quantity(found, "std_error")
    np.testing.assert_array_equal(quantity(found, "df"), 5)
    np.testing.assert_allclose(quantity(found, "upper"), estimate + stats.t.ppf(0.975, 5) * std_error, rtol=1e-12)
    np.testing.assert_allclose(quantity(found, "p_value"), 2 * stats.t.sf(np.abs(estimate / std_error), 5), rtol=1e-10)


def test_it_reports_the_fixed_effects_of_the_model_that_generated_the_data():
    assert Gee().estimands(CONDITION) == OrdinaryLeastSquares().estimands(CONDITION) == ("(Intercept)", "x", "z")
    assert LinearMixedModel().estimands(CONDITION)[:3] == Gee().estimands(CONDITION)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_units_of_the_response_do_not_matter(scale):
    frame = drawn(Gee())
    expected, found = (analysed(Gee(), frame.assign(y=factor * frame["y"]), SLOPE) for factor in (1, scale))
    assert set(found.status[0]) == {Status.OK}
    np.testing.assert_allclose(quantity(found, "estimate"), scale * quantity(expected, "estimate"), rtol=1e-6)
    np.testing.assert_allclose(quantity(found, "std_error"), scale * quantity(expected, "std_error"), rtol=1e-6)


def test_too_few_clusters_for_t_are_a_failed_fit_and_known_beforehand_where_the_condition_counts_them():
    method = Gee("y ~ x + z", small_sample="mancl_derouen")
    said = "small_sample='mancl_derouen' needs more clusters than fixed effects (3); there are 3"
    assert method.misfits(TwoLevel(n_clusters=3, cluster_size=5, gamma10=0, gamma01=0)) == [said]
    frame = drawn(method, clusters=3)
    found = analysed(method, frame.assign(z=frame["cluster"] ** 2))
    assert set(found.status[0]) == {Status.FAILED}
    assert set(found.notes.values()) == {said}


@pytest.mark.parametrize("working", ["exchangeable", "independence"])
def test_an_effect_that_rests_on_one_cluster_has_no_correction(working):
    frame = drawn(Gee())
    alone = frame.assign(z=(frame["cluster"] == 0) * 1.0)
    found = analysed(Gee("y ~ z", working=working, small_sample="mancl_derouen"), alone)
    assert set(found.status[0]) == {Status.FAILED}
    said = "an effect rests on one cluster alone, so that its residuals cannot be corrected"
    assert all(note.endswith(said) or "not finite" in note for note in found.notes.values())


def test_an_impossible_working_correlation_has_not_converged():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"cluster": np.repeat([0, 1, 2], 2), "y": np.repeat([0, 1, 5], 2) + 0.01 * rng.random(6)})
    found = analysed(Gee("y ~ 1"), frame)
    assert set(found.status[0]) == {Status.NOT_CONVERGED}
    (note,) = set(found.notes.values())
    assert note.startswith("the working correlation, ")
    assert note.endswith(" is not between -1 and 1")


def test_another_column_may_hold_the_clusters():
    frame = drawn(Gee())
    expected = analysed(Gee(), frame, SLOPE)
    found = analysed(Gee("y ~ x", cluster="school"), frame.rename(columns={"cluster": "school"}))
    np.testing.assert_array_equal(found.values, expected.values)


def test_a_column_of_values_is_no_cluster():
    (misfit,) = Gee(cluster="x").misfits(CONDITION)
    assert misfit.endswith("groups by x, a column of values; grouping factors: cluster")
    (misfit,) = Gee(cluster="school").misfits(CONDITION)
    assert "names the column school" in misfit


def test_bad_words_are_refused():
    with pytest.raises(ParameterError, match="working: given 'ar1'; allowed: one of 'exchangeable', 'independence'"):
        Gee(working="ar1")
    with pytest.raises(ParameterError, match="small_sample: given 'CR2'; allowed: one of 'none', 'mancl_derouen'"):
        Gee(small_sample="CR2")
