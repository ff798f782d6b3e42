"""What is inferred from a mixed model, against lmerTest, pbkrtest and lme4's confint on every golden file."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mcsim import Dataset
from mcsim.methods import LinearMixedModel
from mcsim.model import QUANTITIES

GOLDEN = Path(__file__).parents[2] / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.json") if path.stem != "performance")
KINDS = ("reml", "ml")
# lme4's spline misses these, and one it does not find: the equation decides, see test_profile_limits.
WRONG = {
    ("unbalanced_slope", "cor_x.(Intercept)|cluster", "lower"): -0.2672,
    ("dyestuff2", "sigma", "upper"): 4.8158,
    ("two_slopes", "cor_x2.x1|cluster", "lower"): -0.5438,
    ("two_slopes", "cor_x2.x1|cluster", "upper"): 0.3975,
    ("two_slopes", "cor_x2.(Intercept)|cluster", "upper"): 0.8092,
}


def reference(name):
    return pd.read_csv(GOLDEN / f"{name}.csv"), json.loads((GOLDEN / f"{name}.json").read_text())


def analysed(name, kind="reml", **options):
    frame, golden = reference(name)
    method = LinearMixedModel(golden["formula"], reml=kind == "reml", **options)
    data = Dataset({column: frame[column].to_numpy() for column in frame})
    return method.fit(data, np.random.default_rng(1)), golden[kind]


def rows(estimates, *names):
    places = [QUANTITIES.index(name) for name in names]
    return {e: tuple(estimates.values[0, k, places]) for k, e in enumerate(estimates.estimands)}


def table(estimates, quantity, p):
    return estimates.values[0, :p, QUANTITIES.index(quantity)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_estimates_are_those_of_lme4_nested_models_included(name, kind):
    found, expected = analysed(name, kind)
    variances = {
        (f"var_{row['term1']}|{row['group'].removesuffix('.1')}" if row["term1"] else "var_residual"): row["covariance"]
        for row in expected["random"]
        if row["term2"] is None
    }
    estimates = rows(found, "estimate")
    for estimand, value in {
        **variances,
        **dict(zip(expected["fixed"]["names"], expected["fixed"]["estimate"], strict=True)),
    }.items():
        assert estimates[estimand][0] == pytest.approx(value, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_satterthwaite_is_that_of_lmertest(name, kind):
    found, expected = analysed(name, kind, df="satterthwaite")
    p = len(expected["fixed"]["names"])
    np.testing.assert_allclose(table(found, "df", p), expected["fixed"]["satterthwaite_df"], rtol=1e-4)
    np.testing.assert_allclose(table(found, "p_value", p), expected["fixed"]["satterthwaite_p"], rtol=1e-3)
    assert np.isnan(found.values[0, p:, QUANTITIES.index("df")]).all()


@pytest.mark.parametrize("name", NAMES)
def test_kenward_roger_is_that_of_pbkrtest(name):
    found, expected = analysed(name, df="kenward_roger")
    golden, p = expected["fixed"]["kenward_roger"], len(expected["fixed"]["names"])
    np.testing.assert_allclose(table(found, "df", p), golden["df"], rtol=1e-5)
    np.testing.assert_allclose(table(found, "std_error", p), golden["std_error"], rtol=1e-5)
    np.testing.assert_allclose(table(found, "p_value", p), golden["p"], rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_profile_limits_are_those_of_confint_whatever_reml_says(name, kind):
    found, expected = analysed(name, kind, intervals="profile", scale="sd")
    golden, limits = expected["profile_intervals"], rows(found, "lower", "upper")
    for estimand, *ends in zip(golden["names"], golden["lower"], golden["upper"], strict=True):
        for side, here, there in zip(("lower", "upper"), limits[estimand], ends, strict=True):
            value = WRONG.get((name, estimand, side), there)
            assert here == pytest.approx(value, rel=1e-3, abs=1e-6), (estimand, side)


@pytest.mark.parametrize(
    ("name", "estimand", "note"),
    [
        ("dyestuff2", "sd_(Intercept)|batch", "lower limit at the boundary"),
        ("singular_slope", "cor_x.(Intercept)|cluster", "lower limit at the boundary; upper limit at the boundary"),
        ("unbalanced_slope", "cor_x.(Intercept)|cluster", "upper limit at the boundary"),
        ("pastes", "sd_(Intercept)|batch", "lower limit at the boundary"),
    ],
)
def test_a_limit_at_the_boundary_is_said(name, estimand, note):
    found, _ = analysed(name, intervals="profile", scale="sd")
    assert found.notes[0, found.estimands.index(estimand)] == note
    assert (0, found.estimands.index("(Intercept)")) not in found.notes


def test_between_within_is_that_of_nlme():
    found, _ = analysed("unbalanced_slope", df="between_within")
    assert table(found, "df", 4).tolist() == [134, 134, 13, 134]


def test_residual_degrees_of_freedom_are_rows_less_fixed_effects():
    found, _ = analysed("sleepstudy", df="residual")
    assert table(found, "df", 2).tolist() == [178, 178]


@pytest.mark.parametrize("df", ["satterthwaite", "kenward_roger"])
def test_balanced_designs_have_their_exact_degrees_of_freedom(df):
    assert table(analysed("sleepstudy", df=df)[0], "df", 2) == pytest.approx([17, 17], rel=1e-6)
    assert table(analysed("dyestuff", df=df)[0], "df", 1) == pytest.approx([5], rel=1e-6)


def test_limits_of_variances_are_those_of_standard_deviations_squared():
    on_sd, on_variance = (analysed("sleepstudy", intervals="profile", scale=scale)[0] for scale in ("sd", "variance"))
    sd, variance = rows(on_sd, "lower", "upper"), rows(on_variance, "lower", "upper")
    for a, b in (("sd_days|subject", "var_days|subject"), ("sigma", "var_residual")):
        np.testing.assert_allclose(np.square(sd[a]), variance[b], rtol=1e-6)
    lower, upper = variance["cov_days.(Intercept)|subject"]
    assert lower < 9.6 < upper


def test_standard_errors_of_standard_deviations_come_from_those_of_variances_by_the_delta_method():
    on_sd, on_variance = (
        rows(analysed("sleepstudy", scale=scale)[0], "estimate", "std_error") for scale in ("sd", "variance")
    )
    estimate, error = on_variance["var_days|subject"]
    assert on_sd["sd_days|subject"] == pytest.approx((np.sqrt(estimate), error / (2 * np.sqrt(estimate))))
    singular = rows(analysed("dyestuff2", scale="sd")[0], "estimate", "std_error")
    assert singular["sd_(Intercept)|batch"][0] == 0
    assert np.isnan(singular["sd_(Intercept)|batch"][1])


def test_profile_reml_has_longer_intervals_of_variances_and_the_same_of_fixed_effects():
    ml, reml = (rows(analysed("dyestuff", intervals=kind)[0], "lower", "upper") for kind in ("profile", "profile_reml"))
    assert ml["(Intercept)"] == reml["(Intercept)"]
    assert reml["var_(Intercept)|batch"][1] > ml["var_(Intercept)|batch"][1]


def test_a_bootstrap_is_reproducible_from_its_stream_and_near_the_wald_interval():
    first, second = (
        rows(analysed("sleepstudy", intervals="bootstrap", n_boot=2000)[0], "lower", "upper") for _ in "ab"
    )
    assert first == second
    wald = rows(analysed("sleepstudy")[0], "lower", "upper", "std_error")
    for estimand in ("(Intercept)", "days"):
        lower, upper, error = wald[estimand]
        # The Monte Carlo error of a 2.5 % quantile of 2,000 normals is .06 standard deviations.
        np.testing.assert_allclose(first[estimand], (lower, upper), atol=4 * 0.06 * error)


def test_likelihood_ratio_tests_are_those_of_the_models_compared():
    found, _ = analysed("sleepstudy", tests="likelihood_ratio")
    p_values = {estimand: value for estimand, (value,) in rows(found, "p_value").items()}
    # From the criteria of lme4's fits of the two models, and pchisq.
    expected = {
        "(Intercept)": 6.020248e-19,
        "days": 1.225640e-06,
        "var_days|subject": 2.792530e-10,
        "var_(Intercept)|subject": 6.188083e-06,
        "cov_days.(Intercept)|subject": 8.394962e-01,
    }
    for estimand, value in expected.items():
        assert p_values[estimand] == pytest.approx(value, rel=1e-5), estimand
    assert np.isnan(p_values["var_residual"])


def test_a_variance_of_zero_has_a_p_value_of_one():
    found, _ = analysed("dyestuff2", tests="likelihood_ratio")
    assert rows(found, "p_value")["var_(Intercept)|batch"] == (1.0,)
