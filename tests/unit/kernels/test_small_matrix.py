"""Factors of small matrices, singular ones too."""

import numpy as np
from hypothesis import given, settings, strategies as st
from numba import njit

from mcsim.kernels import small_matrix
from mcsim.kernels.layout import ModelTerms, lay_out
from mcsim.kernels.workspace import FACTOR, LOWER, PIVOTS, RANK, RAW, SQUARE, VALUES, VECTORS, new_workspace

SIZES = st.integers(1, 5)


def workspace(size):
    effects = np.arange(size).reshape(size, 1)
    terms = ModelTerms(size, effects[:1], effects, 0 * effects[:, 0], 0 * effects[:, 0])
    return new_workspace(lay_out(terms, True), np.arange(3)[None], 4)


def of_rank(seed, size, rank, *, columns=0):
    """A size x size matrix, or with so many columns, of a rank."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((size, min(rank, size))) @ rng.standard_normal((min(rank, size), columns or size))


@njit
def factor_of(small, size):
    return small_matrix.cholesky(small, SQUARE, size, 1e-12)


@njit
def solve_and_invert(small, size, b):
    small_matrix.invert(small, SQUARE, size, RAW)
    small_matrix.solve(small, SQUARE, size, b)


@njit
def eigen(work, size):
    small_matrix.eigen(work.small, work.vectors, size)


@njit
def lower_factor(work, size):
    small_matrix.lower_factor(work.small, size)


@njit
def pivoted_factor(work, size, width):
    small_matrix.pivoted_factor(work, size, width)


@given(st.integers(0, 2**32), SIZES)
@settings(max_examples=30, deadline=None)
def test_a_positive_definite_matrix_is_factorised_inverted_and_solved(seed, size):
    work, a = workspace(size), of_rank(seed, size, size)
    a = a @ a.T + np.eye(size)
    b = np.arange(1.0, size + 1)
    work.small[SQUARE, :size, :size] = a
    assert factor_of(work.small, size)
    np.testing.assert_allclose(np.tril(work.small[SQUARE, :size, :size]), np.linalg.cholesky(a), atol=1e-12)
    solve_and_invert(work.small, size, b)
    np.testing.assert_allclose(work.small[RAW, :size, :size] @ a, np.eye(size), atol=1e-9)
    np.testing.assert_allclose(a @ b, np.arange(1.0, size + 1), atol=1e-9)


def test_a_matrix_that_is_not_positive_definite_has_no_cholesky_factor():
    work = workspace(2)
    for a in ([[1, 2], [2, 1]], [[1, 1], [1, 1]], [[0, 0], [0, 1]], [[np.nan, 0], [0, 1]]):
        work.small[SQUARE, :2, :2] = a
        assert not factor_of(work.small, 2)


@given(st.integers(0, 2**32), SIZES, st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_eigenvectors_and_values_put_a_symmetric_matrix_together_again(seed, size, rank):
    work, a = workspace(size), of_rank(seed, size, rank)
    a = a @ a.T - 0.5 * np.diag(np.arange(size))
    work.small[SQUARE, :size, :size] = a
    eigen(work, size)
    vectors, values = work.small[VECTORS, :size, :size], work.vectors[VALUES, :size]
    np.testing.assert_allclose(vectors @ np.diag(values) @ vectors.T, a, atol=1e-12)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(size), atol=1e-13)


@given(st.integers(0, 2**32), SIZES, st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_columns_become_a_lower_triangle_with_exact_zeros_where_rank_lacks(seed, size, rank):
    work, raw = workspace(size), of_rank(seed, size, rank)
    work.small[RAW, :size, :size] = raw
    lower_factor(work, size)
    lower = work.small[LOWER, :size, :size]
    np.testing.assert_allclose(lower @ lower.T, raw @ raw.T, atol=1e-12)
    assert (np.triu(lower, 1) == 0).all()
    assert (np.diag(lower) >= 0).all()
    assert np.count_nonzero(np.diag(lower)) == min(rank, size)
    assert all((lower[:, b] == 0).all() for b in range(size) if lower[b, b] == 0)


def test_a_row_of_zeros_leaves_its_column_zero():
    work = workspace(3)
    work.small[RAW, :3, :3] = [[0, 0, 0], [3, 0, 4], [0, 2, 0]]
    lower_factor(work, 3)
    np.testing.assert_allclose(work.small[LOWER, :3, :3], [[0, 0, 0], [0, 5, 0], [0, 0, 2]], atol=1e-15)


@given(st.integers(0, 2**32), SIZES, st.integers(0, 5), st.integers(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_pivoted_factor_begins_each_column_in_the_largest_row(seed, size, rank, extra):
    work, raw = workspace(size), of_rank(seed, size, rank, columns=size + extra)
    work.small[RAW, :size, : size + extra] = raw
    pivoted_factor(work, size, size + extra)
    factor, found = work.small[FACTOR, :size, :size], work.counts[RANK]
    np.testing.assert_allclose(factor @ factor.T, raw @ raw.T, atol=1e-12)
    assert found == min(rank, size)
    assert (factor[:, found:] == 0).all()
    pivots = work.places[PIVOTS, :found]
    for b, pivot in enumerate(pivots):
        assert (factor[pivots[:b], b] == 0).all()
        left = (factor[:, b:] ** 2).sum(axis=1)
        assert factor[pivot, b] > 0
        assert np.isclose(factor[pivot, b] ** 2, np.delete(left, pivots[:b]).max())
