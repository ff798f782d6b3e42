"""One mixed model for one data frame: the quantities, the printed form, and what bad input is told."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mcsim
from mcsim.errors import DataError, FormulaError, ParameterError

GOLDEN = Path(__file__).parents[1] / "golden"
REFERENCES = sorted(path for path in GOLDEN.glob("*.json") if "reml" in json.loads(path.read_text()))
MODEL = "y ~ x + (1 + x | cluster)"


def draw(*, clusters=12, size=6, seed=1):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), size)
    x = rng.standard_normal(clusters * size)
    intercept, slope = rng.standard_normal((2, clusters))[:, cluster]
    y = 1 + intercept + (0.5 + 0.7 * slope) * x + rng.standard_normal(clusters * size)
    return pd.DataFrame({"y": y, "x": x, "cluster": cluster})


@pytest.fixture(scope="module")
def sleepstudy():
    frame = pd.read_csv(GOLDEN / "sleepstudy.csv")
    return mcsim.fit("reaction ~ days + (1 + days | subject)", frame)


@pytest.mark.parametrize("reml", [True, False], ids=["reml", "ml"])
@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.stem)
def test_the_fit_of_every_reference_data_set_is_that_of_lme4(path, reml):
    reference = json.loads(path.read_text())
    fitted = mcsim.fit(reference["formula"], pd.read_csv(path.with_suffix(".csv")), reml=reml)
    lme4 = reference["reml" if reml else "ml"]
    assert fitted.criterion == pytest.approx(lme4["criterion"], abs=1e-6)
    assert fitted.log_likelihood == pytest.approx(lme4["loglik"], abs=1e-6)
    assert fitted.singular == lme4["singular"]
    close = {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(fitted.sigma, lme4["sigma"], rtol=1e-5)
    np.testing.assert_allclose(fitted.beta_covariance, lme4["fixed"]["covariance"], **close)
    assert list(fitted.fixed.term) == lme4["fixed"]["names"]
    np.testing.assert_allclose(fitted.fixed.estimate, lme4["fixed"]["estimate"], **close)
    np.testing.assert_allclose(fitted.fixed.std_error, lme4["fixed"]["std_error"], **close)
    random = pd.DataFrame(lme4["random"], dtype=object)
    random.group = random.group.str.removesuffix(".1")  # what lme4 makes of the second bar of ||
    assert fitted.random[["group", "term1", "term2"]].to_numpy().tolist() == random.iloc[:, :3].to_numpy().tolist()
    np.testing.assert_allclose(fitted.random.covariance, random.covariance.astype(float), **close)
    np.testing.assert_allclose(
        fitted.random.sd_or_correlation, random.sd_or_correlation.astype(float), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.stem)
def test_the_conditional_modes_are_those_of_lme4(path):
    reference = json.loads(path.read_text())
    fitted = mcsim.fit(reference["formula"], pd.read_csv(path.with_suffix(".csv")))
    found = fitted.blups if isinstance(fitted.blups, dict) else {fitted.blups.index.name: fitted.blups}
    assert set(found) == set(reference["reml"]["blups"])
    for group, lme4 in reference["reml"]["blups"].items():
        modes = found[group]
        assert list(modes.columns) == lme4["columns"]
        modes.index = modes.index.astype(str)
        expected = np.array(lme4["values"], dtype=float)
        spread = max(1e-6, np.abs(expected).max())
        np.testing.assert_allclose(modes.loc[lme4["levels"]], expected, rtol=1e-4, atol=1e-5 * spread)


def test_there_is_reference_data():
    assert len(REFERENCES) >= 10


def test_the_quantities_of_a_fit_are_attributes(sleepstudy):
    assert sleepstudy.formula == "reaction ~ days + (1 + days | subject)"
    assert (sleepstudy.reml, sleepstudy.level, sleepstudy.status, sleepstudy.singular) == (True, 0.95, "ok", False)
    assert (sleepstudy.n_obs, sleepstudy.n_clusters, sleepstudy.n_left_out, sleepstudy.note) == (180, 18, 0, "")
    assert (sleepstudy.theta.shape, sleepstudy.beta.shape, sleepstudy.covariance.shape) == ((3,), (2,), (2, 2))
    np.testing.assert_allclose(sleepstudy.variance_se, [288.7826, 46.67847, 14.78206, 77.18554], rtol=1e-5)


def test_theta_is_the_covariance_relative_to_the_residual_variance(sleepstudy):
    a, b, c = sleepstudy.theta
    factor = np.array([[a, 0], [b, c]])
    np.testing.assert_allclose(sleepstudy.sigma**2 * factor @ factor.T, sleepstudy.covariance, rtol=1e-10)


def test_each_row_of_the_random_table_has_the_standard_error_of_its_covariance(sleepstudy):
    assert list(sleepstudy.random.term1) == ["(Intercept)", "days", "(Intercept)", None]
    assert list(sleepstudy.random.term2) == [None, None, "days", None]
    np.testing.assert_allclose(sleepstudy.random.std_error, [288.7826, 14.78206, 46.67847, 77.18554], rtol=1e-5)


def test_the_residuals_stand_in_the_order_of_the_rows():
    frame = draw()
    mixed_up = frame.sample(frac=1, random_state=1)
    one, other = mcsim.fit(MODEL, frame), mcsim.fit(MODEL, mixed_up)
    np.testing.assert_allclose(other.residuals, one.residuals[mixed_up.index], atol=1e-7)
    fitted = frame.y - one.residuals
    modes = one.blups.loc[frame.cluster].to_numpy()
    np.testing.assert_allclose(fitted, one.beta[0] + modes[:, 0] + (one.beta[1] + modes[:, 1]) * frame.x)


def test_wald_intervals_and_p_values_are_those_of_the_normal():
    fixed = mcsim.fit(MODEL, draw(), level=0.9).fixed
    z = fixed.estimate / fixed.std_error
    np.testing.assert_allclose(fixed.statistic, z)
    np.testing.assert_allclose(fixed.p_value, 2 * stats.norm.sf(np.abs(z)))
    np.testing.assert_allclose(fixed.lower, fixed.estimate - stats.norm.ppf(0.95) * fixed.std_error)
    np.testing.assert_allclose(fixed.upper, fixed.estimate + stats.norm.ppf(0.95) * fixed.std_error)
    assert fixed.df.isna().all()


def test_uncorrelated_effects_have_no_covariance():
    fitted = mcsim.fit("y ~ x + (1 + x || cluster)", draw())
    assert list(fitted.random.term1) == ["(Intercept)", "x", None]
    assert fitted.covariance[0, 1] == 0
    assert fitted.theta.shape == (2,)
    assert np.isfinite(fitted.residuals).all()


def test_a_random_term_may_be_a_product_and_lack_the_intercept():
    frame = draw().assign(z=lambda f: np.cos(np.arange(len(f))))
    fitted = mcsim.fit("y ~ x * z + (0 + x:z | cluster)", frame)
    by_hand = mcsim.fit("y ~ x + z + w + (0 + w | cluster)", frame.assign(w=frame.x * frame.z))
    assert list(fitted.blups.columns) == ["x:z"]
    assert fitted.criterion == pytest.approx(by_hand.criterion, abs=1e-9)


@pytest.mark.parametrize(
    "regroup",
    [
        lambda codes: [f"school {code}" for code in codes],
        lambda codes: pd.Categorical([f"s{code}" for code in codes], categories=[f"s{code}" for code in range(99)]),
        lambda codes: codes + 0.5,
        lambda codes: pd.to_datetime("2024-01-01") + pd.to_timedelta(codes, unit="D"),
        lambda codes: [None if code < 0 else (code, "b") for code in codes],
    ],
    ids=["strings", "categories", "floats", "dates", "tuples"],
)
def test_a_grouping_factor_may_hold_anything(regroup):
    frame = draw()
    plain = mcsim.fit(MODEL, frame)
    fitted = mcsim.fit(MODEL, frame.assign(cluster=regroup(frame.cluster.to_numpy())))
    assert (fitted.criterion, fitted.n_clusters) == (plain.criterion, 12)


@pytest.mark.parametrize("kind", ["Int64", "Float64", "float32", "object", "boolean", "bool"])
def test_a_predictor_may_be_any_kind_of_number(kind):
    frame = draw()
    frame["x"] = (frame.x > 0).astype(int)
    fitted = mcsim.fit("y ~ x + (1 | cluster)", frame.assign(x=frame.x.astype(kind)))
    assert fitted.criterion == mcsim.fit("y ~ x + (1 | cluster)", frame).criterion


def test_a_mapping_of_arrays_is_as_good_as_a_data_frame():
    frame = draw()
    arrays = {name: column.to_numpy() for name, column in frame.items()}
    assert mcsim.fit(MODEL, arrays).criterion == mcsim.fit(MODEL, frame).criterion
    lists = {name: column.tolist() for name, column in frame.items()}
    assert mcsim.fit(MODEL, lists).criterion == mcsim.fit(MODEL, frame).criterion


def test_the_frame_is_left_as_it_was():
    frame = draw().sample(frac=1, random_state=2)
    before = frame.copy()
    mcsim.fit(MODEL, frame)
    pd.testing.assert_frame_equal(frame, before)


def test_rows_with_a_missing_value_in_a_column_that_is_used_are_left_out_and_counted():
    frame = draw().astype({"cluster": object}).assign(unused=np.nan)
    complete = frame.drop(index=[0, 5, 20])
    frame.loc[0, "y"], frame.loc[5, "x"], frame.loc[20, "cluster"] = np.nan, np.nan, None
    fitted = mcsim.fit(MODEL, frame)
    assert (fitted.n_obs, fitted.n_left_out, fitted.note) == (69, 3, "3 of 72 rows left out: missing values")
    assert fitted.criterion == mcsim.fit(MODEL, complete).criterion
    assert len(fitted.residuals) == 69


def test_a_cluster_whose_rows_are_all_left_out_is_not_counted():
    frame = draw()
    frame.loc[frame.cluster == 3, "y"] = np.nan
    fitted = mcsim.fit(MODEL, frame)
    assert fitted.n_clusters == 11
    assert 3 not in fitted.blups.index


def test_a_failed_fit_says_why_and_has_no_numbers():
    fitted = mcsim.fit("y ~ x + w + (1 | cluster)", draw().assign(w=lambda f: 2 * f.x))
    assert (fitted.status, fitted.singular) == ("failed", False)
    assert fitted.note == "the fixed effects are linearly dependent"
    assert np.isnan(fitted.criterion)
    assert fitted.fixed.drop(columns="term").isna().all(axis=None)
    assert fitted.random.drop(columns=["group", "term1", "term2"]).isna().all(axis=None)
    assert str(fitted).endswith("Status: failed (the fixed effects are linearly dependent)")


def test_a_fit_prints_like_a_summary(sleepstudy):
    assert (
        str(sleepstudy)
        == """\
Linear mixed model fitted by REML
Formula: reaction ~ days + (1 + days | subject)
Data: 180 rows in 18 clusters (subject)
Status: ok
REML criterion: 1743.6

Scaled residuals
      min     25 %  median    75 %     max
  -3.9536  -0.4634  0.0231  0.4634  5.1793

Random effects
  group     term         variance      SD  correlation
  subject   (Intercept)   612.090  24.740
            days           35.072   5.922         0.07
  Residual                654.941  25.592

Fixed effects
  term         estimate  std. error       z         p
  (Intercept)   251.405       6.825  36.838   < 2e-16
  days           10.467       1.546   6.771  1.27e-11"""
    )


def test_correlations_of_several_effects_stand_in_a_triangle():
    frame = pd.read_csv(GOLDEN / "two_slopes.csv")
    shown = str(mcsim.fit("y ~ x1 + x2 + (1 + x1 + x2 | cluster)", frame)).splitlines()
    (third,) = (line for line in shown if line.split()[:1] == ["x2"] and len(line.split()) == 5 and "0.55" in line)
    assert third.split()[3:] == ["0.55", "-0.09"]


def test_a_singular_fit_says_what_that_means():
    frame = pd.read_csv(GOLDEN / "dyestuff2.csv")
    shown = str(mcsim.fit("y ~ 1 + (1 | batch)", frame, reml=False))
    assert "Status: singular (the covariance matrix of the random effects has not full rank)" in shown
    assert "Linear mixed model fitted by maximum likelihood" in shown
    assert "-2 log likelihood: 162.9" in shown


BAD_FRAMES = [
    (lambda f: f.rename(columns={"x": "X1"}), "there is no column x; there are y, X1, cluster"),
    (lambda f: f.rename(columns={"cluster": "clusters"}), "there is no column cluster; .*; did you mean clusters?"),
    (lambda f: f[["y"]], r"there is no column x; there are y\nthere is no column cluster; there are y"),
    (lambda f: f[[]], "there is no column y; there are none"),
    (lambda f: f.iloc[:0], "there are no rows"),
    (lambda f: f.assign(y=np.nan), "no row is complete: each of the 72 rows has a missing value"),
    (lambda f: f.assign(cluster=None), "no row is complete"),
    (lambda f: f.assign(cluster="A"), "the grouping factor cluster has one cluster, A; needed: at least two"),
    (lambda f: f.assign(x=["low"] * 72), "the column x is not numeric: row 1 holds 'low'; allowed in a response or"),
    (lambda f: f.assign(x=[1, 2, "3"] * 24), "the column x is not numeric: row 3 holds '3'"),
    (lambda f: f.assign(y=f.y.astype(str)), "the column y is not numeric: row 1 holds '"),
    (lambda f: f.assign(x=["1.5", None, "oops", "2"] * 18), "the column x is not numeric: row 3 holds 'oops'; allowed"),
    (lambda f: f.assign(x=["1.5", np.nan, 2.5, [0]] * 18), r"the column x is not numeric: row 4 holds \[0\]"),
    (lambda f: f.assign(x=pd.Categorical(f.cluster)), "the column x is categorical; allowed"),
    (lambda f: f.assign(x=pd.Timestamp("2024-01-01")), "the column x is not numeric: row 1 holds Timestamp"),
    (lambda f: f.assign(x=1j), "the column x is not numeric: row 1 holds 1j"),
    (lambda f: f.assign(x=[np.inf] + [1.0, 2.0, 3.0] * 23 + [0.0, 1.0]), "the column x is infinite in row 1;"),
    (lambda f: f.assign(y=[*f.y[:-1], -np.inf]), "the column y is infinite in row 72; allowed: finite numbers"),
    (lambda f: pd.concat([f, f.x], axis=1), "there are 2 columns named x; needed: one"),
    (lambda f: {**f, "x": [1.0, 2.0]}, "different numbers of rows: y has 72, x has 2, cluster has 72"),
    (lambda f: {**f, "x": np.ones((72, 2))}, "the column x is not one-dimensional"),
    (lambda _: [1, 2, 3], "given list; allowed: a pandas DataFrame, or a mapping of names to arrays"),
    (lambda _: "data.csv", "given str; allowed: a pandas DataFrame"),
]


@pytest.mark.parametrize(("spoil", "said"), BAD_FRAMES, ids=[said[:40] for _, said in BAD_FRAMES])
def test_a_bad_frame_is_told_what_is_wrong(spoil, said):
    with pytest.raises(DataError, match=said):
        mcsim.fit(MODEL, spoil(draw()))


def test_of_many_columns_some_are_shown():
    frame = pd.DataFrame(np.zeros((3, 30)), columns=[f"c{i}" for i in range(30)])
    with pytest.raises(DataError, match=r"c19 and 10 more; did you mean c2"):
        mcsim.fit("c0 ~ c2x + (1 | c1)", frame)


def test_a_formula_without_random_effects_is_refused():
    with pytest.raises(FormulaError, match="a mixed model needs random effects"):
        mcsim.fit("y ~ x", draw())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"level": 1}, "level: given 1; allowed: a finite number, above 0, below 1"),
        ({"level": "0.9"}, "level: given '0.9'; allowed"),
        ({"reml": "no"}, "reml: given 'no'; allowed: True or False"),
    ],
)
def test_a_bad_option_is_refused(options, said):
    with pytest.raises(ParameterError, match=said):
        mcsim.fit(MODEL, draw(), **options)
