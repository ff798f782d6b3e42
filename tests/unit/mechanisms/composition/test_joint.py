"""The correlation of normals at which functions of them correlate as stated."""

import math
from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy import stats

from mcsim.errors import ParameterError
from mcsim.mechanisms import (
    Binary,
    ChiSquare,
    LogNormal,
    Mixture,
    NegativeBinomial,
    Normal,
    SkewNormal,
    Student,
    TwoLevel,
    Uniform,
)
from mcsim.mechanisms.composition.joint import pair, semidefinite_cholesky
from mcsim.mechanisms.composition.shapes import smooth, steps

SHAPES = {
    "normal": Normal().shape(),
    "t": Student(df=5).shape(),
    "chi-square": ChiSquare(df=1).shape(),
    "lognormal": LogNormal(log_sd=0.8).shape(),
    "uniform": Uniform().shape(),
    "skew-normal": SkewNormal(slant=-6).shape(),
    "mixture": Mixture(share=0.3, distance=4).shape(),
    "binary": Binary(share=0.2).shape(),
    "categories": steps(np.array([-1.0, 0.4, 0.6]), np.array([1.0, 2.0, 3.0, 4.0])),
    "sizes": NegativeBinomial(mean=5, cv=0.7).shape(),
}
PAIRS = list(combinations_with_replacement(SHAPES, 2))
NORMALS = np.random.default_rng(1).standard_normal((2, 400_000))


def standardised(name, z):
    shape = SHAPES[name]
    return z if shape is None else (shape(z) - shape.mean) / shape.sd


@pytest.mark.parametrize("share", [-0.95, -0.3, 0.5, 0.97])
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_quantities_made_of_the_solved_normals_correlate_as_stated(one, other, share):
    found = pair(SHAPES[one], SHAPES[other])
    wanted = share * (found.most if share > 0 else -found.least)
    r = found.normal(wanted)
    assert found.correlation(r) == pytest.approx(wanted, abs=1e-12)
    first, second = NORMALS
    products = standardised(one, first) * standardised(other, r * first + math.sqrt(1 - r**2) * second)
    assert abs(products.mean() - wanted) < 4.5 * products.std() / math.sqrt(len(products))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_the_reach_is_that_of_equal_and_of_opposite_normals(one, other):
    found = pair(SHAPES[one], SHAPES[other])
    first = NORMALS[0]
    for stated, z in ((found.most, first), (found.least, -first)):
        products = standardised(one, first) * standardised(other, z)
        assert abs(products.mean() - stated) < 4.5 * products.std() / math.sqrt(len(products))
        assert abs(stated) < 1 + 1e-9
    if one == other:
        assert found.most == pytest.approx(1, abs=2e-4 if one == "t" else 1e-6)
    assert pair(SHAPES[other], SHAPES[one])[1:] == pytest.approx(found[1:], abs=1e-9)
    assert found.normal(0.0) == 0
    assert (found.normal(found.most), found.normal(found.least)) == pytest.approx((1, -1))
    assert found.normal(np.nextafter(found.most, 0)) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("r", [-0.999, -0.9, -0.2, 0.4, 0.97, 0.999])
def test_pairs_with_a_formula(r):
    lognormal, binary = LogNormal(log_sd=0.8).shape(), Binary().shape()
    assert pair(None, None).correlation(r) == r
    assert pair(Uniform().shape(), Uniform().shape()).correlation(r) == pytest.approx(
        6 / math.pi * math.asin(r / 2), abs=1e-9
    )
    expected = math.expm1(0.64 * r) / math.expm1(0.64)
    assert pair(lognormal, lognormal).correlation(r) == pytest.approx(expected, abs=1e-7)
    assert pair(binary, binary).correlation(r) == pytest.approx(2 / math.pi * math.asin(r), abs=1e-12)
    assert pair(None, binary).correlation(r) == pytest.approx(r * math.sqrt(2 / math.pi), abs=1e-9)
    assert pair(None, lognormal).correlation(r) == pytest.approx(r * 0.8 / math.sqrt(math.expm1(0.64)), abs=1e-8)


@pytest.mark.parametrize("r", [-0.9, 0.3, 0.99])
def test_binary_pairs_are_tetrachoric(r):
    one, other = 0.2, 0.6
    both = stats.multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf([stats.norm.ppf(one), stats.norm.ppf(other)])
    expected = (both - one * other) / math.sqrt(one * (1 - one) * other * (1 - other))
    found = pair(Binary(share=one).shape(), Binary(share=other).shape())
    assert found.correlation(r) == pytest.approx(expected, abs=1e-9)


def test_cubic_functions_give_the_method_of_vale_and_maurelli():
    # Fleishman's coefficients for skewness .75 and kurtosis .80 (1978, table 1); Vale & Maurelli (1983, eq. 11).
    b, c, d = 0.978350485, 0.124833577, 0.001976943

    def cubic(below, above):
        z = np.where(below < above, stats.norm.ppf(below), stats.norm.isf(above))
        return -c + b * z + c * z**2 + d * z**3

    shape = smooth(cubic, 0.0, 1.0)
    for r in (-0.5, 0.3, 0.7):
        expected = r * (b**2 + 6 * b * d + 9 * d**2) + 2 * c**2 * r**2 + 6 * d**2 * r**3
        assert pair(shape, shape).correlation(r) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("rank", [1, 2, 3, 5])
def test_the_cholesky_factor_of_a_singular_matrix(rank):
    half = np.random.default_rng(rank).standard_normal((5, rank))
    factor = semidefinite_cholesky(half @ half.T)
    np.testing.assert_allclose(factor @ factor.T, half @ half.T, atol=1e-6)
    np.testing.assert_array_equal(factor, np.tril(factor))
    if rank == 5:
        np.testing.assert_allclose(factor, np.linalg.cholesky(half @ half.T), rtol=1e-9)


def test_variances_of_0_have_no_part():
    matrix = np.array([[0.0, 0.0, 0.0], [0.0, 4.0, 2.0], [0.0, 2.0, 1.0]])
    np.testing.assert_array_equal(semidefinite_cholesky(matrix), [[0, 0, 0], [0, 2, 0], [0, 1, 0]])


def test_a_correlation_out_of_reach_is_refused_with_the_range():
    with pytest.raises(ParameterError) as caught:
        TwoLevel(
            n_clusters=5,
            cluster_size=3,
            tau2=4,
            slope_variance=1,
            covariance=-1.9,
            random_effects=ChiSquare(df=3),
        )
    found = pair(ChiSquare(df=3).shape(), ChiSquare(df=3).shape())
    assert str(caught.value) == (
        "TwoLevel: covariance of u0 and u1: given a correlation of -0.95; allowed with these distributions: "
        f"{found.least:.4g} to 1"
    )
