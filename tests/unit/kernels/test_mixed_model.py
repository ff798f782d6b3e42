"""Fits from arrays: against the dense oracle, under changes that must not matter, and on data that cannot be fitted."""

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from mixed_models import FORMULAS, SLOPE, dense, draw, fit, relative, setting

from mcsim.kernels import dense as oracle, mixed_model
from mcsim.kernels.columns import Columns
from mcsim.kernels.layout import directions
from mcsim.kernels.mixed_model import REASONS, fit_mixed_models
from mcsim.kernels.reasons import FAILED, FINE, SINGULAR

INTERCEPT = "y ~ x + (1 | cluster)"
SIZES = st.lists(st.integers(1, 12), min_size=5, max_size=12)
SMALL_VARIANCES = st.sampled_from([(0, 0, 0, 0), (0.1, 0.1, 0.1, 0.1), (1, 0, 0.2, 0), (2.0, 1.0, 0.5, 0.5)])


def close(found, expected, tolerance=1e-7):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * max(1e-3, np.abs(expected).max()))


def reason(fits):
    assert fits.status[0] == FAILED
    assert np.isnan(fits.beta).all()
    return REASONS[fits.reason[0]]


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("formula", FORMULAS)
@given(seed=st.integers(0, 2**32), sizes=SIZES, variances=SMALL_VARIANCES)
@settings(max_examples=20, deadline=None)
def test_a_fit_is_what_the_oracle_says_at_a_minimum(formula, reml, seed, sizes, variances):
    data = draw(seed, sizes, variances=variances)
    fits, model = fit(formula, data, reml=reml), dense(formula, data, reml=reml)
    assume(fits.status[0] in (FINE, SINGULAR))
    D = relative(fits)
    expected = oracle.solution(model, D)
    close(fits.criterion[0], expected.criterion)
    close(fits.beta[0], expected.beta)
    close(fits.sigma[0], expected.sigma)
    close(fits.beta_cov[0], expected.beta_cov)
    pairs = directions(range(len(D)) if "||" in formula else [0] * len(D))
    information = oracle.information(model, pairs, D, expected.sigma**2)
    close(fits.variance_se[0], np.sqrt(np.diag(np.linalg.inv(information))), 1e-5)
    check_minimum(oracle.gradient(model, D), D, model.Z, "||" in formula)
    assert (fits.status[0] == SINGULAR) == (np.linalg.matrix_rank(D, tol=1e-9 * np.abs(D).max()) < len(D))


def check_minimum(G, D, Z, uncorrelated):
    """That D G = 0 and G is positive semi-definite, with Z scaled to unit root mean square."""
    size = np.sqrt(np.mean(Z**2, axis=0))
    G, D = G / np.outer(size, size), D * np.outer(size, size)
    if uncorrelated:
        G = np.diag(np.diag(G))
    assert np.abs(D @ G).max() < 1e-6 * len(Z)
    assert np.linalg.eigvalsh(G)[0] > -1e-5 * len(Z)


@pytest.mark.parametrize("formula", FORMULAS)
def test_scaling_and_shifting_the_response_scales_and_shifts_the_fit(formula):
    data = draw(11, [6, 4, 9, 7, 8, 5, 7])
    fits, scaled = fit(formula, data), fit(formula, data | {"y": 3.0 * data["y"]})
    close(scaled.beta, 3.0 * fits.beta)
    close(scaled.covariance, 9.0 * fits.covariance)
    close(scaled.variance_se, 9.0 * fits.variance_se)
    if "0 +" not in formula.split("(")[0]:
        shifted = fit(formula, data | {"y": data["y"] + 1000.0})
        close(shifted.beta[0] - fits.beta[0], np.eye(len(fits.beta[0]))[0] * 1000.0)
        close(shifted.criterion, fits.criterion, 1e-9)


def test_a_response_with_a_hundred_million_added_gives_the_same_fit():
    data = draw(12, [8] * 10)
    data["y"] = np.round(data["y"] * 2**20) / 2**20  # so that adding loses no digits
    fits, shifted = fit(SLOPE, data), fit(SLOPE, data | {"y": data["y"] + 1e8})
    close(shifted.criterion, fits.criterion, 1e-10)
    close(shifted.covariance, fits.covariance, 1e-8)
    close(shifted.beta_cov, fits.beta_cov, 1e-8)
    close(shifted.beta[0] - [1e8, 0], fits.beta[0], 1e-7)


def test_calendar_years_as_a_predictor_give_the_fit_of_years_since_the_first():
    data = draw(13, [6] * 15)
    since = np.tile(np.arange(6.0), 15)
    data["y"] = data["y"] + (0.5 + np.repeat(np.sin(np.arange(15)), 6)) * since
    fits, dated = fit(SLOPE, data | {"x": since}), fit(SLOPE, data | {"x": since + 2015})
    assert fits.status[0] == dated.status[0] == FINE
    close(dated.criterion, fits.criterion, 1e-9)
    close(dated.sigma, fits.sigma, 1e-9)
    close(dated.beta[0, 1], fits.beta[0, 1], 1e-9)
    back = np.array([[1, 2015], [0, 1]])
    close(back @ dated.covariance[0] @ back.T, fits.covariance[0], 1e-6)
    close(back @ dated.beta_cov[0] @ back.T, fits.beta_cov[0], 1e-6)
    close(dated.variance_se[0, 2:], fits.variance_se[0, 2:], 1e-8)


def test_a_predictor_in_other_units_gives_the_fit_in_other_units():
    data = draw(14, [7, 3, 9, 5, 8])
    fits, scaled = fit(SLOPE, data), fit(SLOPE, data | {"x": 1000 * data["x"] + 5})
    close(scaled.sigma, fits.sigma)
    close(scaled.beta[0, 1] * 1000, fits.beta[0, 1])
    close(scaled.covariance[0, 1, 1] * 1e6, fits.covariance[0, 1, 1])


def test_rows_with_a_missing_value_are_left_out_and_counted():
    data = draw(15, [6, 5, 2, 7, 8, 6])
    gaps = {name: data[name].copy() for name in data}
    gaps["y"][[0, 7]] = np.nan
    gaps["x"][[7, 11, 12]] = np.nan  # 11 and 12 are all of the third cluster
    kept = ~np.isnan(gaps["y"] + gaps["x"])
    fits, expected = fit(SLOPE, gaps), fit(SLOPE, {name: column[kept] for name, column in data.items()})
    assert fits.n_obs[0] == 30
    assert fits.n_clusters[0] == 5
    for name in ("criterion", "sigma", "beta", "beta_cov", "theta", "variance_se"):
        close(getattr(fits, name), getattr(expected, name), 1e-12)


def test_a_missing_value_in_a_column_that_the_model_does_not_name_is_no_loss():
    data = draw(16, [6] * 6)
    assert fit(SLOPE, data | {"w": np.full(36, np.nan)}).n_obs[0] == 36


def test_a_block_gives_the_bits_of_its_replications_one_by_one():
    parts = [setting(SLOPE, draw(seed, [5, 9, 4, 8, 6])) for seed in range(20)]
    own = np.concatenate([part.columns.own for part in parts])
    own[3, 0, 5] = np.nan
    own[7, 1, 2] = np.inf
    block = fit_mixed_models(Columns(own, parts[0].columns.shared), *parts[0][1:])
    for rep in range(len(own)):
        single = fit_mixed_models(Columns(own[rep : rep + 1], parts[0].columns.shared), *parts[0][1:])
        for together, alone in zip(block, single, strict=True):
            np.testing.assert_array_equal(together[rep : rep + 1], alone)


def test_columns_in_common_give_the_bits_of_columns_of_their_own():
    given = setting(SLOPE, draw(17, [5, 9, 4, 8, 6]))
    y, x = given.columns.own[:, :1], given.columns.own[0, 1:]
    terms = given.terms._replace(fixed=np.where(given.terms.fixed == 1, -1, given.terms.fixed))
    terms = terms._replace(random=np.where(given.terms.random == 1, -1, given.terms.random))
    own, common = fit_mixed_models(*given), fit_mixed_models(Columns(y, x), given.starts, terms, True)
    for one, other in zip(own, common, strict=True):
        np.testing.assert_array_equal(one, other)


def test_views_and_read_only_arrays_give_the_same_fit_without_another_compilation():
    given = setting(SLOPE, draw(17, [5, 9, 4, 8, 6]))
    expected, forms = fit_mixed_models(*given), len(mixed_model._fit_all.signatures)
    wide = np.repeat(given.columns.own, 2, axis=2)[:, :, ::2]
    wide.flags.writeable = False
    found = fit_mixed_models(Columns(wide, given.columns.shared), given.starts.astype(np.int32), *given[2:])
    np.testing.assert_array_equal(found.beta, expected.beta)
    assert len(mixed_model._fit_all.signatures) == forms


@pytest.mark.parametrize("ratio", [1e2, 1e4, 1e6, 1e8])
def test_an_enormous_variance_ratio_is_fitted(ratio):
    data = draw(18, [10] * 20, variances=(ratio, 0, 0, 0))
    fits = fit(INTERCEPT, data)
    y, x = (data[name] - data[name].reshape(20, 10).mean(axis=1).repeat(10) for name in ("y", "x"))
    within = ((y - x * (x @ y) / (x @ x)) ** 2).sum() / 179  # nearly all there is to know of sigma and x
    between = data["y"].reshape(20, 10).mean(axis=1).var(ddof=1)
    assert fits.status[0] == FINE
    assert np.isclose(fits.sigma[0] ** 2, within, rtol=0.01)
    assert np.isclose(fits.covariance[0, 0, 0], between, rtol=0.05)


def test_zeros_of_a_singular_fit_are_written_as_zeros():
    rng = np.random.default_rng(19)
    found = [fit(SLOPE, draw(seed, [5] * 10, variances=(0, 0, 0, 0))) for seed in rng.integers(0, 2**32, 50)]
    singular = [fits for fits in found if fits.status[0] == SINGULAR]
    assert len(singular) > 25
    assert all((fits.theta[0, [0, 2]] == 0.0).any() for fits in singular)
    assert all(fits.theta[0, 1] == 0.0 for fits in singular if fits.theta[0, 0] == 0.0)


def effect(data, seed):
    """A random number for each cluster, on each of its rows."""
    return np.random.default_rng(seed).standard_normal(data["cluster"].max() + 1)[data["cluster"]]


def changed(**columns):
    return draw(20, [6] * 10) | columns


@pytest.mark.parametrize(
    ("formula", "data", "why"),
    [
        (SLOPE, changed(y=np.full(60, 0.1)), "the fixed effects explain the response completely"),
        (SLOPE, changed(y=np.zeros(60)), "the fixed effects explain the response completely"),
        (SLOPE, changed(y=1 + 2 * changed()["x"]), "the fixed effects explain the response completely"),
        (SLOPE, changed(x=np.full(60, 3.0)), "the fixed effects are linearly dependent"),
        ("y ~ x + w + (1 | cluster)", changed(w=2 * changed()["x"]), "the fixed effects are linearly dependent"),
        ("y ~ 1 + (1 + x + w | cluster)", changed(w=1 - changed()["x"]), "the predictors of the random effects"),
        (INTERCEPT, changed(cluster=np.zeros(60)), "fewer than two clusters"),
        (INTERCEPT, changed(cluster=np.arange(60)), "as many random effects as rows, or more"),
        (SLOPE, changed(cluster=np.arange(60) // 2), "as many random effects as rows, or more"),
        (SLOPE, {k: v[:2] for k, v in changed().items()}, "as many fixed effects as rows, or more"),
        (SLOPE, changed(y=np.full(60, np.nan)), "no row is without a missing value"),
        (SLOPE, changed(y=np.where(np.arange(60) == 7, np.inf, changed()["y"])), "a value is infinite"),
        (SLOPE, changed(y=1e300 * changed()["y"]), "or too large to square"),
        ("y ~ 1 + (1 | cluster)", changed(y=changed()["z"]), "the residual variance is zero"),
        (SLOPE, changed(y=changed()["z"] + effect(changed(), 3) * changed()["x"]), "the residual variance is zero"),
        (
            "y ~ z + (1 | cluster)",
            {k: v[:12] for k, v in changed().items()},
            "the data do not identify the variances",
        ),
    ],
)
@pytest.mark.parametrize("reml", [True])
def test_data_that_cannot_be_fitted_fail_and_say_why(formula, data, why, reml):
    assert why in reason(fit(formula, data, reml=reml))


def test_infinite_values_in_rows_that_are_left_out_fail_too():
    data = changed()
    data["y"][3], data["x"][3] = np.nan, np.inf
    assert "infinite" in reason(fit(SLOPE, data))


@given(seed=st.integers(0, 2**32), scale=st.integers(-300, 300), sizes=st.lists(st.integers(1, 4), max_size=6))
@settings(max_examples=200, deadline=None)
def test_whatever_the_data_a_fit_ends_with_a_status_and_numbers_or_a_reason(seed, scale, sizes):
    data = draw(seed, [1, *sizes], variances=(0, 0, 0, 0))
    fits = fit(SLOPE, data | {"y": data["y"] * 10.0**scale})
    if fits.status[0] == FAILED:
        assert fits.reason[0] > 0
    else:
        assert np.isfinite(fits.criterion).all()
        assert np.isfinite(fits.beta).all()
        assert fits.sigma[0] > 0
