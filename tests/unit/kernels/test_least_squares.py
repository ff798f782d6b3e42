"""The block kernel of ordinary least squares against numpy, on easy and on awkward columns."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from mcsim.kernels.columns import ABSENT, Columns
from mcsim.kernels.least_squares import fit_least_squares
from mcsim.kernels.reasons import NOT_FINITE, TOO_FEW_ROWS, X_DEPENDENT

INTERCEPT, X, Z, XZ = [ABSENT, ABSENT], [1, ABSENT], [-1, ABSENT], [1, -1]


def draw(seed, rows, *, replications=1):
    """y and x of each replication, z in common."""
    rng = np.random.default_rng(seed)
    return Columns(rng.standard_normal((replications, 2, rows)), rng.standard_normal((1, rows)))


def fit(columns, *terms):
    return fit_least_squares(columns, 0, np.array(terms))


def design(columns, rep):
    x, z = columns.own[rep, 1], columns.shared[0]
    return np.column_stack([np.ones_like(x), x, z, x * z])


@given(st.integers(0, 2**32), st.integers(6, 60))
@settings(max_examples=50, deadline=None)
def test_coefficients_and_covariance_are_those_of_numpy(seed, rows):
    columns = draw(seed, rows, replications=3)
    fits = fit(columns, INTERCEPT, X, Z, XZ)
    assert not fits.reason.any()
    for rep in range(3):
        X_matrix, y = design(columns, rep), columns.own[rep, 0]
        beta, residual_ss, _, _ = np.linalg.lstsq(X_matrix, y)
        sigma2 = residual_ss[0] / (rows - 4)
        np.testing.assert_allclose(fits.beta[rep], beta, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(fits.sigma[rep], np.sqrt(sigma2), rtol=1e-10)
        inverse = np.linalg.inv(X_matrix.T @ X_matrix)
        np.testing.assert_allclose(fits.beta_cov[rep], sigma2 * inverse, rtol=1e-8, atol=1e-12)


def test_a_replication_does_not_depend_on_its_neighbours():
    columns = draw(1, 37, replications=5)
    together = fit(columns, INTERCEPT, X, Z)
    alone = fit(Columns(columns.own[3:4].copy(), columns.shared), INTERCEPT, X, Z)
    for some, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(some[3:4], other)


def test_an_offset_in_the_response_moves_the_intercept_and_nothing_else():
    columns = draw(2, 200)
    columns.own[0, 0] = np.round(columns.own[0, 0] * 2**20) / 2**20  # so that adding 1e8 rounds nothing
    plain = fit(columns, INTERCEPT, X)
    columns.own[0, 0] += 1e8
    moved = fit(columns, INTERCEPT, X)
    np.testing.assert_allclose(moved.beta[0, 1], plain.beta[0, 1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(moved.sigma, plain.sigma, rtol=1e-12)
    np.testing.assert_allclose(moved.beta_cov, plain.beta_cov, rtol=1e-12)


@pytest.mark.parametrize("offset", [2015.0, 1e8])
def test_an_offset_in_a_predictor_leaves_its_slope_and_the_fit_as_they_are(offset):
    columns = draw(3, 200)
    columns.own[0, 1] = np.arange(200) % 6
    plain = fit(columns, INTERCEPT, X)
    columns.own[0, 1] += offset
    moved = fit(columns, INTERCEPT, X)
    np.testing.assert_allclose(moved.beta[0, 1], plain.beta[0, 1], rtol=1e-9)
    np.testing.assert_allclose(moved.beta_cov[0, 1, 1], plain.beta_cov[0, 1, 1], rtol=1e-9)
    np.testing.assert_allclose(moved.sigma, plain.sigma, rtol=1e-12)


def test_years_and_their_square_keep_ten_digits():
    years = 2015.0 + np.arange(60) % 6
    y = np.random.default_rng(4).standard_normal(60)
    columns = Columns(np.stack([y, years])[None], np.empty((0, 60)))
    fits = fit(columns, INTERCEPT, X, [1, 1])
    t = years - 2017.5
    beta = np.linalg.lstsq(np.column_stack([np.ones(60), t, t**2]), y)[0]
    np.testing.assert_allclose(fits.beta[0, 2], beta[2], rtol=1e-7)
    assert not fits.reason.any()


def test_rows_with_a_missing_value_are_left_out():
    columns = draw(5, 40)
    columns.own[0, 0, 3] = columns.own[0, 1, 7] = columns.own[0, 1, 39] = np.nan
    kept = np.delete(np.arange(40), [3, 7, 39])
    fits = fit(columns, INTERCEPT, X)
    np.testing.assert_array_equal(fits.n_obs, [37])
    without = fit(Columns(columns.own[:, :, kept].copy(), columns.shared[:, kept]), INTERCEPT, X)
    for some, other in zip(fits, without, strict=True):
        np.testing.assert_array_equal(some, other)


def test_a_missing_value_in_a_column_that_is_not_used_does_not_matter():
    columns = draw(6, 40)
    columns.shared[0, :] = np.nan
    assert fit(columns, INTERCEPT, X).n_obs[0] == 40


@pytest.mark.parametrize("rows", [1, 2])
def test_as_many_coefficients_as_rows_is_a_failure(rows):
    fits = fit(draw(7, rows), INTERCEPT, X)
    assert fits.reason[0] == TOO_FEW_ROWS
    assert np.isnan(fits.beta).all()


def test_no_row_left_is_a_failure():
    columns = draw(8, 10)
    columns.own[0, 0] = np.nan
    fits = fit(columns, INTERCEPT)
    assert (fits.reason[0], fits.n_obs[0]) == (TOO_FEW_ROWS, 0)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e8])
def test_a_constant_beside_the_intercept_is_a_failure(constant):
    columns = draw(9, 50)
    columns.own[0, 1] = constant
    assert fit(columns, INTERCEPT, X).reason[0] == X_DEPENDENT


def test_a_column_that_is_a_combination_of_others_is_a_failure():
    columns = draw(10, 50)
    columns.own[0, 1] = 0.3 + 0.1 * columns.shared[0]
    assert fit(columns, INTERCEPT, Z, X).reason[0] == X_DEPENDENT


def test_an_infinite_value_is_a_failure_of_its_replication_only():
    columns = draw(11, 50, replications=3)
    columns.own[1, 0, 4] = np.inf
    np.testing.assert_array_equal(fit(columns, INTERCEPT, X).reason, [0, NOT_FINITE, 0])


def test_a_response_in_the_span_of_the_predictors_has_no_residual():
    columns = draw(12, 50)
    columns.own[0, 0] = 0.0
    fits = fit(columns, INTERCEPT, X)
    np.testing.assert_array_equal(fits.beta, [[0.0, 0.0]])
    np.testing.assert_array_equal(fits.sigma, [0.0])
