"""Cluster-robust covariance matrices and Bell-McCaffrey df against full n x n matrices, on data that are hard."""

import numpy as np
import pytest
from dense_regression import dense_regression, dummies
from hypothesis import given, settings, strategies as st

from mcsim.kernels.columns import ABSENT, Columns
from mcsim.kernels.least_squares import ClusterDesign, fit_least_squares
from mcsim.kernels.reasons import (
    ABSORBED,
    CONSTANT_WITHIN,
    NO_ROBUST_VARIANCE,
    NO_VARIATION,
    NOT_FINITE,
    PARTLY_ALONE,
    TOO_FEW_CLUSTERS,
    TOO_FEW_ROWS,
    X_DEPENDENT,
)
from mcsim.kernels.variants import BELL_MCCAFFREY, CLUSTERS, COVARIANCES, CR0, CR2, RESIDUAL

SIZES = {
    "equal": [5] * 8,
    "unbalanced": [1, 2, 3, 30, 4, 17, 9, 2],
    "one-row clusters": [1] * 25,
    "two clusters": [20, 31],
    "one large": [60, 1, 1, 1, 2, 1, 1, 2],
}


def draw(sizes, seed=1):
    """Rows of y, x (with clusters' means of its own) and z (one value a cluster), and the cluster of each row."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    u, mean, z = rng.standard_normal((3, len(sizes)))[:, cluster]
    x = rng.standard_normal(len(cluster)) + mean
    y = rng.standard_normal(len(cluster)) + u + x
    return np.stack([y, x, z]), cluster


def fit(rows, cluster, *, covariance=CR2, df=RESIDUAL, within=False, predictors=None):
    """Regress the first row on 1 and the others; the replication is the only one."""
    starts = np.append(np.flatnonzero(np.diff(cluster, prepend=-1)), len(cluster)).astype(np.int64)
    places = range(1, len(rows)) if predictors is None else predictors
    terms = np.array([[ABSENT], *([c] for c in places)])
    return fit_least_squares(
        Columns(np.array(rows)[None], np.empty((0, len(cluster)))),
        0,
        terms,
        clusters=ClusterDesign(starts, within, covariance, df),
    )


def assert_agree(rows, cluster, *, rtol=1e-9):
    """Every covariance matrix and df, of the plain regression and of that within clusters, is the dense one."""
    kept = ~np.isnan(rows).any(axis=0)
    plain = np.column_stack([np.ones(kept.sum()), *rows[1:, kept]])
    levels = dummies(cluster[kept])
    inside = [x for x in rows[1:, kept] if np.linalg.matrix_rank(np.column_stack([levels, x])) > levels.shape[1]]
    kinds = [(False, plain, plain.shape[1])]
    if inside:
        kinds.append((True, np.column_stack([levels, *inside]), len(inside)))
    for within, X, k in kinds:
        dense = dense_regression(X, rows[0, kept], cluster[kept])
        for code, name in enumerate(COVARIANCES):
            fits = fit(rows, cluster, covariance=code, df=BELL_MCCAFFREY if code == CR2 else RESIDUAL, within=within)
            assert fits.reason[0] == 0
            has = ~np.isnan(fits.beta[0])
            assert has.sum() == k
            scale = np.sqrt(np.diag(dense.covariance[name])[-k:])
            close = {"rtol": rtol, "atol": 0}
            np.testing.assert_allclose(fits.beta[0, has], dense.beta[-k:], rtol=rtol, atol=rtol * scale.max())
            found = fits.beta_cov[0][np.ix_(has, has)]
            np.testing.assert_allclose(
                found / np.outer(scale, scale), correlation(dense.covariance[name], k), atol=rtol
            )
            np.testing.assert_allclose(np.diag(found), scale**2, **close)
            if code == CR2:
                np.testing.assert_allclose(fits.df[0, has], dense.bell_mccaffrey[-k:], **close)


def correlation(covariance, k):
    inner = covariance[-k:, -k:]
    scale = np.sqrt(np.diag(inner))
    return inner / np.outer(scale, scale)


@pytest.mark.parametrize("sizes", [SIZES[name] for name in SIZES if name != "two clusters"], ids=str)
def test_clusters_of_many_shapes_agree_with_full_matrices(sizes):
    assert_agree(*draw(sizes))


@given(st.integers(0, 2**32), st.lists(st.integers(1, 12), min_size=5, max_size=12))
@settings(max_examples=25, deadline=None)
def test_clusters_of_any_sizes_agree_with_full_matrices(seed, sizes):
    rows, cluster = draw([*sizes, 3, 4, 5], seed)
    assert_agree(rows, cluster, rtol=1e-7)


def test_two_clusters_agree_where_no_predictor_is_constant_within_them():
    rows, cluster = draw(SIZES["two clusters"])
    assert_agree(rows[:2], cluster)


def test_an_effect_that_one_cluster_alone_determines_has_the_generalised_inverse():
    rows, cluster = draw(SIZES["equal"])
    rows[2] = cluster == 3  # I - H_jj of that cluster has a null space: its mean
    assert_agree(rows, cluster)
    for covariance in (CR0, CR2):
        np.testing.assert_array_equal(fit(rows, cluster, covariance=covariance).asides[0], [0, 0, PARTLY_ALONE])


def test_a_slope_that_only_one_cluster_has_is_said_to_be_its_alone():
    rows, cluster = draw(SIZES["equal"])
    rows[2] = np.where(cluster == 3, rows[2] + np.arange(len(cluster)), 0.0)
    assert_agree(rows, cluster)
    assert fit(rows, cluster).asides[0, 2] == PARTLY_ALONE


def test_rows_with_a_missing_value_and_clusters_of_such_rows_are_left_out():
    rows, cluster = draw(SIZES["unbalanced"])
    rows[0, cluster == 2] = np.nan
    rows[1, [0, 8, 9, 40]] = np.nan
    assert_agree(rows, cluster)
    clusters = fit(rows, cluster, df=CLUSTERS).df[0]
    np.testing.assert_array_equal(clusters, len(np.unique(cluster[~np.isnan(rows).any(axis=0)])) - 1)


@pytest.mark.parametrize("within", [False, True])
def test_offsets_and_units_of_columns_cost_no_digits(within):
    rows, cluster = draw(SIZES["unbalanced"])
    rows = np.round(rows * 2**20) / 2**20  # so that adding 1e8 rounds nothing
    plain = fit(rows, cluster, df=BELL_MCCAFFREY, within=within)
    moved = rows * np.array([[1.0], [2.0**30], [2.0**-30]]) + np.array([[2.0**26], [2.0**56], [0.0]])
    fits = fit(moved, cluster, df=BELL_MCCAFFREY, within=within)
    np.testing.assert_allclose(fits.df[0, 1:], plain.df[0, 1:], rtol=1e-6)
    np.testing.assert_allclose(fits.beta_cov[0, 1, 1] * 2.0**60, plain.beta_cov[0, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(fits.beta[0, 1] * 2.0**30, plain.beta[0, 1], rtol=1e-6)


def test_a_replication_does_not_depend_on_its_neighbours():
    both = np.stack([draw(SIZES["equal"], seed)[0] for seed in (1, 2)])
    both[0, 0, :7] = np.nan
    cluster = draw(SIZES["equal"])[1]
    design = ClusterDesign(np.arange(0, 41, 5), True, CR2, BELL_MCCAFFREY)
    terms, none = np.array([[1], [2], [ABSENT]]), np.empty((0, len(cluster)))
    together = fit_least_squares(Columns(both, none), 0, terms, clusters=design)
    alone = fit_least_squares(Columns(both[1:], none), 0, terms, clusters=design)
    for some, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(some[1:], other)


def test_what_is_constant_within_clusters_has_no_coefficient_within_them():
    rows, cluster = draw(SIZES["equal"])
    rows[2] = rows[2] * 1e8 + 0.1
    fits = fit(rows, cluster, within=True)
    np.testing.assert_array_equal(fits.asides[0], [ABSORBED, 0, CONSTANT_WITHIN])
    np.testing.assert_array_equal(np.isnan(fits.beta[0]), [True, False, True])


@pytest.mark.parametrize("covariance", [CR0, CR2])
def test_as_many_effects_of_clusters_as_clusters_leave_no_robust_variance(covariance):
    rows, cluster = draw(SIZES["two clusters"])
    np.testing.assert_array_equal(fit(rows[[0, 2]], cluster, covariance=covariance).asides[0], NO_ROBUST_VARIANCE)
    beside_x = fit(rows, cluster, covariance=covariance).asides[0]
    np.testing.assert_array_equal(beside_x, [PARTLY_ALONE, 0, PARTLY_ALONE])


def spoilt(change):
    rows, cluster = draw(SIZES["equal"])
    change(rows)
    return rows, cluster


def set_row(row, value):
    return lambda rows: rows.__setitem__(row, value)


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_row(0, 1e300), NOT_FINITE),
        (set_row(0, 3.7), NO_VARIATION),
        (set_row(0, 0.0), NO_VARIATION),
        (set_row(1, np.nan), TOO_FEW_ROWS),
        (set_row((1, slice(5, None)), np.nan), TOO_FEW_CLUSTERS),
        (lambda rows: set_row(0, 0.3 * rows[1] + 1)(rows), NO_VARIATION),
    ],
    ids=["1e300", "constant y", "y of zeros", "x all missing", "one cluster left", "no residuals"],
)
def test_data_that_say_nothing_are_a_failure(within, change, reason):
    fits = fit(*spoilt(change), within=within)
    assert fits.reason[0] == reason
    assert np.isnan(fits.beta).all()
    assert np.isnan(fits.df).all()


@pytest.mark.parametrize("within", [False, True])
def test_predictors_that_depend_on_each_other_are_a_failure(within):
    rows, cluster = spoilt(lambda rows: set_row(2, 2 * rows[1] - 1)(rows))
    assert fit(rows, cluster, within=within).reason[0] == X_DEPENDENT


def test_no_degree_of_freedom_within_clusters_is_a_failure():
    rows, cluster = draw([1, 1, 1, 2])
    assert fit(rows, cluster, within=True).reason[0] == TOO_FEW_ROWS
    assert fit(rows[:2], cluster, within=False).reason[0] == 0


def test_only_one_row_clusters_leave_nothing_within_them():
    rows, cluster = draw(SIZES["one-row clusters"])
    fits = fit(rows, cluster, within=True)
    assert fits.reason[0] == 0
    np.testing.assert_array_equal(fits.asides[0], [ABSORBED, CONSTANT_WITHIN, CONSTANT_WITHIN])
