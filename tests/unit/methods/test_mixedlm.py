"""The package mixedlm as a method: agreement with ours and with lme4, crossed and nested factors, other families."""

import numpy as np
import pandas as pd
import pytest
from mixedlm.models.lmer import LmerResult
from peers import TWO_LEVEL, analysed, drawn, quantity, reference

from mcsim import Status
from mcsim.errors import FormulaError, ParameterError
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, Mixedlm

CROSSED = "y ~ x + (1 | a) + (1 | b)"


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("name", TWO_LEVEL)
def test_it_agrees_with_the_linear_mixed_model(name, reml):
    frame, golden = reference(name)
    found, expected = (analysed(m(golden["formula"], reml=reml), frame) for m in (Mixedlm, LinearMixedModel))
    fixed = ~np.isnan(quantity(found, "std_error"))
    assert found.estimands == expected.estimands
    np.testing.assert_array_equal(found.status, expected.status)
    np.testing.assert_allclose(quantity(found, "estimate"), quantity(expected, "estimate"), rtol=1e-5, atol=1e-9)
    for what in ("std_error", "lower", "upper", "p_value"):
        np.testing.assert_allclose(
            quantity(found, what)[fixed], quantity(expected, what)[fixed], rtol=1e-5, atol=1e-12, err_msg=what
        )


@pytest.mark.parametrize("kind", ["reml", "ml"])
@pytest.mark.parametrize("name", ["pastes", "three_level"])
def test_nested_factors_are_those_of_lme4(name, kind):
    frame, golden = reference(name)
    expected = golden[kind]
    found = analysed(Mixedlm(golden["formula"], reml=kind == "reml"), frame)
    np.testing.assert_allclose(quantity(found, "estimate")[: -len(expected["random"])], expected["fixed"]["estimate"])
    variances = dict(zip(found.estimands, quantity(found, "estimate"), strict=True))
    for row in expected["random"]:
        name = "var_residual" if row["group"] == "Residual" else f"var_(Intercept)|{row['group']}"
        assert variances[name] == pytest.approx(row["covariance"], rel=1e-5)


def test_a_slash_nests_one_factor_in_another():
    frame, golden = reference("pastes")
    # Casks numbered anew in each batch are the same casks.
    anew = frame.assign(cask=frame["cask"].str[1])
    found = analysed(Mixedlm("strength ~ 1 + (1 | batch/cask)"), anew)
    assert found.estimands[1:] == ("var_(Intercept)|batch", "var_(Intercept)|cask:batch", "var_residual")
    rows = {row["group"]: row["covariance"] for row in golden["reml"]["random"]}
    expected = [rows["batch"], rows["cask"], rows["Residual"]]
    np.testing.assert_allclose(quantity(found, "estimate")[1:], expected, rtol=1e-5)


def crossed(family):
    """Twelve levels of a, ten of b, every pair twice."""
    rng = np.random.default_rng(1)
    a, b, x = np.repeat(np.arange(12), 20), np.tile(np.arange(10), 24), rng.standard_normal(240)
    predictor = 0.3 + 0.5 * x + 0.8 * rng.standard_normal(12)[a] + 0.6 * rng.standard_normal(10)[b]
    if family == "gaussian":
        y = predictor + 0.5 * rng.standard_normal(12)[a] * x + rng.standard_normal(240)
    elif family == "binomial":
        y = (rng.random(240) < 1 / (1 + np.exp(-predictor))) * 1.0
    else:
        y = rng.poisson(np.exp(predictor)).astype(float)
    return pd.DataFrame({"y": y, "x": x, "a": a, "b": b})


# lme4 1.1-31 on `crossed`, R 4.2.2: fixed effects, their standard errors, the (co)variances in the order reported.
LME4 = {
    "gaussian": (
        "y ~ x + (1 + x | a) + (1 | b)",
        [0.177391402, 0.336902507],
        [0.273482133, 0.239741761],
        [0.6559454586, -0.0464646493, 0.6263655148, 0.1649958529, 0.8383484460],
    ),
    "binomial": (CROSSED, [0.202676981, 0.237393431], [0.205109652, 0.146713368], [0.289540527, 0.0]),
    "poisson": (CROSSED, [0.0766579413, 0.5893076235], [0.2485981190, 0.0617134852], [0.519494069, 0.138816527]),
}


@pytest.mark.parametrize("family", LME4)
def test_crossed_factors_are_those_of_lme4(family):
    formula, estimate, std_error, variances = LME4[family]
    found = analysed(Mixedlm(formula, family=family), crossed(family))
    # Both are driven to 1e-10 in a linear model; glmer's inner iterations leave 1e-3 of a standard error.
    tolerance = 1e-5 if family == "gaussian" else 1e-3
    assert np.all(np.abs(quantity(found, "estimate")[:2] - estimate) < tolerance * np.array(std_error))
    np.testing.assert_allclose(quantity(found, "std_error")[:2], std_error, rtol=tolerance)
    np.testing.assert_allclose(quantity(found, "estimate")[2:], variances, rtol=tolerance, atol=1e-8)
    assert set(found.status[0]) == {Status.SINGULAR if family == "binomial" else Status.OK}


def test_only_linear_models_have_a_residual_variance():
    condition = TwoLevel(n_clusters=9, cluster_size=5, gamma10=0)
    assert Mixedlm().estimands(condition) == (*Mixedlm(family="poisson").estimands(condition), "var_residual")
    assert Mixedlm(family="binomial").estimands(condition) == ("(Intercept)", "x", "var_(Intercept)|cluster")


@pytest.mark.parametrize("family", ["binomial", "poisson"])
def test_fixed_effects_and_variances_of_generalized_models_centre_on_the_truth(family):
    rng = np.random.default_rng(7)
    formula, found = "y ~ x + (1 | cluster)", []
    cluster = np.repeat(np.arange(30), 20)
    for _ in range(40):
        x = rng.standard_normal(600)
        predictor = 0.2 + 0.5 * x + 0.7 * rng.standard_normal(30)[cluster]
        if family == "binomial":
            y = (rng.random(600) < 1 / (1 + np.exp(-predictor))) * 1.0
        else:
            y = rng.poisson(np.exp(predictor)).astype(float)
        fit = analysed(Mixedlm(formula, family=family), pd.DataFrame({"y": y, "x": x, "cluster": cluster}))
        assert fit.status.max() <= Status.SINGULAR
        found.append(quantity(fit, "estimate"))
    mean, mcse = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    # Maximum likelihood gives 30 clusters a variance too small by about one part in thirty.
    truth = np.array([0.2, 0.5, 0.49 * 29 / 30])
    assert np.all(np.abs(mean - truth) < 3.5 * mcse)


@pytest.mark.parametrize(
    ("family", "y", "said"),
    [
        ("binomial", [0.0, 1.0, 0.5], "a binomial response is 0 or 1; it holds 0.5"),
        ("binomial", [1.0, 1.0, 1.0], "the response is the same in every row"),
        ("poisson", [0.0, -1.0, 2.0], "a Poisson response is a count; it holds -1"),
        ("poisson", [0.0, 1.5, 2.0], "a Poisson response is a count; it holds 1.5"),
        ("poisson", [0.0, 0.0, 0.0], "the response is 0 in every row"),
    ],
)
def test_a_response_that_a_family_cannot_have_is_a_failed_fit(family, y, said):
    frame = drawn(None).assign(y=np.tile(y, 32))
    found = analysed(Mixedlm("y ~ x + (1 | cluster)", family=family), frame)
    assert set(found.status[0]) == {Status.FAILED}
    assert set(found.notes.values()) == {said}


def test_generalized_models_may_have_an_effect_for_every_row():
    frame = drawn(Mixedlm(family="poisson")).assign(row=np.arange(96))
    found = analysed(Mixedlm("y ~ x + (1 | cluster) + (1 | row)", family="poisson"), frame)
    assert found.status.max() <= Status.SINGULAR


def test_names_that_mean_something_to_the_package_are_names_all_the_same():
    frame = drawn(None)
    expected = analysed(Mixedlm("y ~ x + (1 + x | cluster)"), frame)
    renamed = frame.rename(columns={"x": "I", "y": "_", "cluster": "é.1"})
    found = analysed(Mixedlm("_ ~ I + (1 + I | é.1)"), renamed)
    np.testing.assert_array_equal(found.values, expected.values)
    assert found.estimands[:3] == ("(Intercept)", "I", "var_(Intercept)|é.1")


def test_a_fit_that_did_not_converge_keeps_its_numbers_and_says_so(monkeypatch):
    monkeypatch.setattr(LmerResult, "converged", property(lambda self: False, lambda self, value: None), raising=False)
    found = analysed(Mixedlm("y ~ x + (1 | cluster)"), drawn(None))
    assert set(found.status[0]) == {Status.NOT_CONVERGED}
    assert np.isfinite(quantity(found, "estimate")).all()
    assert all(found.notes.values())


def test_a_model_without_random_effects_or_an_unknown_family_is_refused():
    with pytest.raises(FormulaError, match="random effects"):
        Mixedlm("y ~ x").estimands(TwoLevel(n_clusters=9, cluster_size=5, gamma10=0))
    with pytest.raises(ParameterError, match="family: given 'gamma'; allowed: one of 'gaussian', 'binomial'"):
        Mixedlm(family="gamma")


def test_every_factor_of_a_nested_term_must_be_a_column():
    condition = TwoLevel(n_clusters=9, cluster_size=5, gamma10=0)
    (misfit,) = Mixedlm("y ~ x + (1 | school/cluster)").misfits(condition)
    assert misfit.startswith("'y ~ x + (1 | school/cluster)' names the column school")
