"""Functions of standard normals: smooth ones by polynomials on cells, and those with steps."""

import numpy as np
import pytest

from mcsim.kernels.shapes import DEGREE, REACH, SMOOTH, STEPS, bend, steps_below

Z = np.random.default_rng(1).standard_normal(5000) * 2.5


@pytest.mark.parametrize("first", [0, 5])
def test_a_smooth_function_is_a_polynomial_on_each_cell(first):
    cells = 28
    table = np.random.default_rng(2).standard_normal((cells, DEGREE + 1))
    place = (np.clip(Z, -REACH, REACH) + REACH) * cells / (2 * REACH)
    cell = np.minimum(place.astype(int), cells - 1)
    expected = [np.polyval(table[c, ::-1], p - c) for c, p in zip(cell, place, strict=True)]
    values = Z.copy()
    bend(np.array([SMOOTH, first, cells]), np.concatenate([np.zeros(first), table.ravel()]), values)
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-12)


def test_beyond_the_reach_a_normal_is_taken_for_the_nearest_end():
    table = np.zeros((4, DEGREE + 1))
    table[:, 0], table[:, 1] = np.arange(4.0), 1.0
    values = np.array([-np.inf, -50.0, -REACH, REACH, 50.0, np.inf])
    bend(np.array([SMOOTH, 0, 4]), table.ravel(), values)
    np.testing.assert_array_equal(values, [0, 0, 0, 4, 4, 4])


@pytest.mark.parametrize("count", [1, 2, 3, 8, 1000])
def test_a_function_with_steps_has_the_value_above_the_last_threshold_below(count):
    rng = np.random.default_rng(count)
    thresholds, heights = np.sort(rng.standard_normal(count)), rng.standard_normal(count + 1)
    values = Z.copy()
    bend(np.array([STEPS, 2, count]), np.concatenate([[9, 9], thresholds, heights]), values)
    np.testing.assert_array_equal(values, heights[np.searchsorted(thresholds, Z)])


def test_a_value_at_a_threshold_does_not_lie_above_it():
    thresholds = np.array([-1.0, 0.0, 0.0, 2.0])
    assert [steps_below(thresholds, 0, 4, value) for value in (-2.0, -1.0, 0.0, 1e-9, 2.0, 3.0)] == [0, 0, 1, 3, 3, 4]
    assert steps_below(thresholds, 0, 0, 1.0) == 0
