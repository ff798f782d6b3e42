"""Rows of numbers: as numpy says, and the same bits wherever a row stands."""

import numpy as np
import pytest
from numba import njit

from mcsim.kernels import lanes


@njit
def operate(rows, factor):
    lanes.scale(rows, (0, 0), (1, 0), factor)
    lanes.add_scaled(rows, (0, 1), (1, 1), factor)
    lanes.multiply(rows, (0, 2), (1, 2))
    lanes.subtract_product(rows, (0, 3), (1, 3), (1, 0))
    lanes.add_product(rows, (0, 4), (1, 4), (1, 0), factor)
    lanes.invert_root(rows, (0, 5))
    return lanes.dot(rows, (0, 6), (1, 6))


@njit
def segment(matrix, bounds):
    return lanes.segment_dot(matrix, 0, 1, bounds)


@njit
def add(matrix, factor, length):
    lanes.segment_add(matrix, 0, 1, (factor, length))


@pytest.mark.parametrize("length", [8, 24, 64])
def test_operations_on_rows_are_those_of_numpy(length):
    rows = np.random.default_rng(length).standard_normal((2, 7, length))
    rows[0, 5] **= 2
    out, other = rows.copy()
    total = operate(rows, 0.3)
    np.testing.assert_array_equal(rows[1], other)
    np.testing.assert_array_equal(rows[0, 0], 0.3 * other[0])
    np.testing.assert_array_equal(rows[0, 1], out[1] + 0.3 * other[1])
    np.testing.assert_array_equal(rows[0, 2], out[2] * other[2])
    np.testing.assert_array_equal(rows[0, 3], out[3] - other[3] * other[0])
    np.testing.assert_array_equal(rows[0, 4], out[4] + 0.3 * (other[4] * other[0]))
    np.testing.assert_array_equal(rows[0, 5], 1 / np.sqrt(out[5]))
    assert np.isclose(total, out[6] @ other[6], rtol=1e-13)


@pytest.mark.parametrize("bounds", [(0, 0), (0, 1), (3, 10), (5, 29), (0, 50)])
def test_segments_of_any_length_are_summed(bounds):
    matrix = np.random.default_rng(1).standard_normal((2, 50))
    first, last = bounds
    assert np.isclose(segment(matrix, bounds), matrix[0, first:last] @ matrix[1, first:last], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("length", [0, 3, 8, 21])
def test_a_multiple_is_added_to_the_first_so_many_elements_only(length):
    matrix = np.random.default_rng(2).standard_normal((2, 21))
    expected = matrix[0] + np.where(np.arange(21) < length, 0.7 * matrix[1], 0.0)
    add(matrix, 0.7, length)
    np.testing.assert_array_equal(matrix[0], expected)


def test_a_sum_has_the_same_bits_wherever_it_stands():
    x, y = np.random.default_rng(3).standard_normal((2, 37))
    found = set()
    for offset in range(20):
        matrix = np.zeros((2, 60))
        matrix[:, offset : offset + 37] = x, y
        found.add(segment(matrix, (offset, offset + 37)))
    assert len(found) == 1


def test_rows_are_padded_to_a_multiple_of_eight():
    assert [lanes.padded(length) for length in (1, 8, 9, 100)] == [8, 8, 16, 104]
