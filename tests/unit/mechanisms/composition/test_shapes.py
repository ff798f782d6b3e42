"""Distributions in the form that kernels evaluate, their Hermite series, and expectations over them."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from mcsim.kernels.shapes import REACH, SMOOTH, STEPS
from mcsim.mechanisms.composition.shapes import TERMS, hermite_series, quadrature, shares_between, smooth, steps


def cubic(below, above):
    z = np.where(below < above, stats.norm.ppf(below), stats.norm.isf(above))
    return 2 * z + z**3


CUBIC = smooth(cubic, 0.0, math.sqrt(15))
THREE = steps(np.array([-1.0, 0.3]), np.array([0.0, 1.0, 5.0]))


def test_a_polynomial_of_the_normal_is_tabulated_to_ten_digits():
    z = np.linspace(-6.9, 6.9, 3001)
    assert CUBIC.kind == SMOOTH
    np.testing.assert_allclose(CUBIC(z), 2 * z + z**3, atol=1e-9, rtol=1e-9)


def test_the_series_of_a_polynomial_is_that_polynomial():
    # Beyond the reach it is constant, which is all that high degrees see.
    # 2 z + z^3 = 5 z + (z^3 - 3 z); the orthonormal polynomial of degree 3 is (z^3 - 3 z) / sqrt(6).
    expected = np.zeros(TERMS)
    expected[[0, 2]] = 5, math.sqrt(6)
    np.testing.assert_allclose(hermite_series(CUBIC) * CUBIC.sd, expected, atol=5e-4)
    assert hermite_series(None).tolist() == [1.0, *[0.0] * (TERMS - 1)]


def test_the_series_of_steps_is_their_projection():
    z, weights = quadrature(THREE)
    standard = (THREE(z) - THREE.mean) / THREE.sd
    for degree in (1, 2, 3, 10, 40):
        basis = np.polynomial.hermite_e.hermeval(z, np.eye(degree + 1)[degree]) / math.sqrt(math.factorial(degree))
        assert hermite_series(THREE)[degree - 1] == pytest.approx(weights @ (basis * standard), abs=1e-7)


def test_squares_of_a_series_add_up_to_the_variance():
    assert (hermite_series(CUBIC) ** 2).sum() == pytest.approx(31 / 15, rel=1e-6)  # it was told an SD of sqrt(15)
    series = hermite_series(THREE)
    assert 0.9 < (series**2).sum() < 1


def test_steps_know_their_moments_in_either_tail():
    assert THREE.kind == STEPS
    shares = [ndtr(-1.0), ndtr(0.3) - ndtr(-1.0), ndtr(-0.3)]
    mean = shares[1] + 5 * shares[2]
    assert THREE.mean == pytest.approx(mean, rel=1e-14)
    assert THREE.sd == pytest.approx(math.sqrt(shares[1] + 25 * shares[2] - mean**2), rel=1e-14)
    np.testing.assert_allclose(shares_between(np.array([-9.0, 9.0])), [ndtr(-9.0), 1, ndtr(-9.0)], rtol=1e-12)
    np.testing.assert_array_equal(THREE(np.array([-2.0, -1.0, 0.0, 0.3, 0.31])), [0, 0, 1, 1, 5])


@pytest.mark.parametrize("power", [0, 1, 2, 3, 4, 8])
def test_sums_over_points_are_expectations(power):
    z, weights = quadrature()
    expected = 0 if power % 2 else math.prod(range(1, power, 2))
    assert weights @ z**power == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("cut", [-1.0, 0.0, 0.123, 0.3, 6.5])
def test_no_step_lies_within_a_piece(cut):
    step = steps(np.array([cut]), np.array([0.0, 1.0]))
    z, weights = quadrature(step, CUBIC, None)
    assert np.abs(z).max() < REACH
    assert weights @ step(z) == pytest.approx(ndtr(-cut), rel=1e-10, abs=2e-12)
    assert weights @ (z * step(z)) == pytest.approx(stats.norm.pdf(cut), rel=1e-10, abs=2e-11)
