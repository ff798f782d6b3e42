"""MixedLM of statsmodels as a method: its agreement with ours, and the fits it must not pass off as good."""

import warnings

import numpy as np
import pandas as pd
import pytest
from peers import SLOPE, TWO_LEVEL, analysed, dataset, drawn, quantity, reference
from statsmodels.regression.mixed_linear_model import MixedLM

from mcsim import Status
from mcsim.formula import parse_formula
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, StatsmodelsMixedLM
from mcsim.methods.design import read_design
from mcsim.methods.statsmodels_mixedlm import _fixed_effects

SINGULAR = ("dyestuff2", "singular_slope")
BALANCED = ("article_m0", "dyestuff", "sleepstudy")


def both(name, **options):
    frame, golden = reference(name)
    formula = golden["formula"]
    return [analysed(method(formula, **options), frame) for method in (StatsmodelsMixedLM, LinearMixedModel)]


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("name", [name for name in TWO_LEVEL if name not in SINGULAR])
def test_it_agrees_with_the_linear_mixed_model(name, reml):
    found, expected = both(name, reml=reml)
    fixed = ~np.isnan(quantity(found, "std_error"))
    assert found.estimands == expected.estimands
    assert set(found.status[0]) == {Status.OK}
    # A gradient of 1e-8 a row in the logarithm of the likelihood leaves some 1e-6 in the variances.
    np.testing.assert_allclose(quantity(found, "estimate"), quantity(expected, "estimate"), rtol=1e-5)
    # Its information also counts how fixed effects and variances go together, which is nothing in balanced designs.
    tolerance = 1e-5 if name in BALANCED else 0.02
    errors, expected_errors = quantity(found, "std_error")[fixed], quantity(expected, "std_error")[fixed]
    np.testing.assert_allclose(errors, expected_errors, rtol=tolerance)


def test_a_singular_fit_is_said_to_be_singular():
    found, expected = both("singular_slope")
    assert set(found.status[0]) == set(expected.status[0]) == {Status.SINGULAR}
    np.testing.assert_allclose(quantity(found, "estimate"), quantity(expected, "estimate"), rtol=1e-3)


@pytest.mark.parametrize("reml", [True, False])
def test_independent_random_effects_have_variances_only(reml):
    frame, golden = reference("sleepstudy")
    formula = golden["formula"].replace("|", "||")
    found, expected = (analysed(m(formula, reml=reml), frame) for m in (StatsmodelsMixedLM, LinearMixedModel))
    assert found.estimands == expected.estimands
    np.testing.assert_allclose(quantity(found, "estimate"), quantity(expected, "estimate"), rtol=1e-5)


def test_fixed_effects_have_normal_intervals_and_variances_have_none():
    found = analysed(StatsmodelsMixedLM(SLOPE, level=0.9), drawn(None))
    estimate, std_error = quantity(found, "estimate"), quantity(found, "std_error")
    np.testing.assert_allclose(quantity(found, "upper")[:2], (estimate + 1.6448536269514722 * std_error)[:2])
    assert np.isfinite(quantity(found, "p_value")[:2]).all()
    for name in ("std_error", "lower", "upper", "p_value"):
        assert np.isnan(quantity(found, name)[2:]).all()
    assert np.isnan(quantity(found, "df")).all()


def without_variance(seed):
    """Six clusters of twenty that do not differ."""
    rng = np.random.default_rng(seed)
    x, noise = rng.standard_normal((2, 120))
    return pd.DataFrame({"y": 5 + 0.5 * x + noise, "x": x, "cluster": np.repeat(np.arange(6), 20)})


def test_a_variance_of_zero_taken_for_infinite_is_a_failed_fit():
    frame = without_variance(1)
    X = np.column_stack([np.ones(120), frame["x"]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = MixedLM(frame["y"].to_numpy(), X, frame["cluster"].to_numpy()).fit()
    # What its users see: an intercept of zero where it is about 5.
    assert raw.converged
    assert abs(raw.fe_params[0]) < 1e-12
    found = analysed(StatsmodelsMixedLM("y ~ x + (1 | cluster)"), frame)
    assert set(found.status[0]) == {Status.FAILED}
    assert np.isnan(found.values).all()
    (note,) = set(found.notes.values())
    assert note.startswith("statsmodels took a random-effect variance near zero for an infinite one (its issue 10239)")


def test_no_fit_has_an_intercept_of_zero_where_the_truth_is_five():
    failed = 0
    for seed in range(30):
        frame = without_variance(seed)
        found, expected = (analysed(m("y ~ x + (1 | cluster)"), frame) for m in (StatsmodelsMixedLM, LinearMixedModel))
        if found.status[0, 0] == Status.FAILED:
            failed += 1
            continue
        tolerance = quantity(expected, "std_error")[0]
        assert abs(quantity(found, "estimate")[0] - quantity(expected, "estimate")[0]) < tolerance
    assert 0 < failed < 30


def test_fixed_effects_of_given_variances_are_those_of_full_matrices():
    frame = drawn(None)
    design = read_design(dataset(frame), parse_formula(SLOPE))
    groups = design.random[0]
    for relative in (np.array([[1.2, 0.3], [0.3, 0.4]]), np.array([[1.0, 0.5], [0.5, 0.25]]), np.zeros((2, 2))):
        same = groups.codes[:, None] == groups.codes
        V = np.eye(len(design.y)) + same * (groups.Z @ relative @ groups.Z.T)
        weighted = np.linalg.solve(V, design.X).T
        expected = np.linalg.solve(weighted @ design.X, weighted @ design.y)
        np.testing.assert_allclose(_fixed_effects(design, relative), expected, rtol=1e-10)


def test_a_fit_that_did_not_converge_keeps_its_numbers_and_says_so():
    found = analysed(StatsmodelsMixedLM(SLOPE), drawn(None, clusters=2, size=6, seed=1))
    assert set(found.status[0]) == {Status.NOT_CONVERGED}
    assert np.isfinite(quantity(found, "estimate")).all()
    assert all("optimization failed" in note for note in found.notes.values())


def test_an_error_of_linear_algebra_is_a_failed_fit(monkeypatch):
    def fit(*args, **kwargs):
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(MixedLM, "fit", fit)
    found = analysed(StatsmodelsMixedLM(SLOPE), drawn(None))
    assert set(found.status[0]) == {Status.FAILED}
    assert set(found.notes.values()) == {"LinAlgError: Singular matrix"}


def test_a_fault_of_the_program_is_raised(monkeypatch):
    def fit(*args, **kwargs):
        raise TypeError("unexpected")

    monkeypatch.setattr(MixedLM, "fit", fit)
    with pytest.raises(TypeError, match="unexpected"):
        analysed(StatsmodelsMixedLM(SLOPE), drawn(None))


def test_what_the_linear_mixed_model_could_not_fit_it_cannot_fit_either():
    few = TwoLevel(n_clusters=9, cluster_size=2, slope_variance=1, covariance=0)
    assert StatsmodelsMixedLM().misfits(few) == LinearMixedModel().misfits(few) != []


def test_a_second_grouping_factor_is_refused_with_the_way_out():
    condition = TwoLevel(n_clusters=9, cluster_size=5, gamma10=0)
    (misfit,) = StatsmodelsMixedLM("y ~ x + (1 | cluster) + (1 | id)").misfits(condition)
    assert misfit.endswith("has random effects of cluster, id; statsmodels is given one; Mixedlm fits several")
