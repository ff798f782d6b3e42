"""Distributions: quantiles, moments, and the tables that kernels read, against scipy's."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr, ndtri, owens_t

from mcsim.errors import ParameterError
from mcsim.mechanisms import (
    Binary,
    ChiSquare,
    Laplace,
    LogNormal,
    Mixture,
    Normal,
    SkewNormal,
    Student,
    TwoLevel,
    Uniform,
)
from mcsim.mechanisms.composition.shapes import quadrature

Z = np.linspace(-6.99, 6.99, 20_001)
KNOWN = {
    **{Student(df=df): stats.t(df) for df in (2.01, 2.5, 3, 5, 30, 1e6)},
    **{ChiSquare(df=df): stats.chi2(df) for df in (0.05, 0.5, 1, 3, 40, 1000)},
    **{LogNormal(log_sd=sd): stats.lognorm(sd) for sd in (0.001, 0.1, 0.5, 1, 1.999)},
    Uniform(): stats.uniform(-0.5, 1),
    Laplace(): stats.laplace(),
}
SKEWED = [SkewNormal(slant=slant) for slant in (-50, -3, -0.5, 0, 1e-3, 1, 4, 50)]
MIXED = [
    Mixture(share=0.1, sd_ratio=5),
    Mixture(share=0.3, distance=3),
    Mixture(share=0.05, distance=-2, sd_ratio=0.5),
    Mixture(share=0.5, distance=4, sd_ratio=2),
    Mixture(share=1e-6, distance=-4),
]
SMOOTH = [*KNOWN, *SKEWED, *MIXED]


def moments_of(density, low, high):
    """Mean and SD by a fine Simpson rule."""
    from scipy.integrate import simpson

    x = np.linspace(low, high, 2_000_001)
    mean = simpson(x * density(x), x=x)
    return mean, math.sqrt(simpson((x - mean) ** 2 * density(x), x=x))


def test_the_normal_distribution_is_the_standard_normal_itself():
    assert Normal().shape() is None
    assert Normal().moments() == (0, 1)
    np.testing.assert_allclose(Normal().quantile(ndtr(Z), ndtr(-Z)), Z, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("distribution", KNOWN, ids=str)
def test_quantiles_are_scipys_in_both_tails(distribution):
    known, tail = KNOWN[distribution], np.geomspace(1e-12, 0.5, 400)
    np.testing.assert_allclose(distribution.quantile(tail, 1 - tail), known.ppf(tail), rtol=1e-8, atol=1e-300)
    np.testing.assert_allclose(distribution.quantile(1 - tail, tail), known.isf(tail), rtol=1e-8)


@pytest.mark.parametrize("distribution", KNOWN, ids=str)
def test_moments_are_scipys(distribution):
    assert distribution.moments() == pytest.approx((KNOWN[distribution].mean(), KNOWN[distribution].std()), rel=1e-12)


@pytest.mark.parametrize("distribution", SKEWED, ids=str)
def test_skew_normal_quantiles_have_their_probabilities_and_moments(distribution):
    slant = distribution.slant
    x = distribution.quantile(ndtr(Z), ndtr(-Z))
    np.testing.assert_allclose(ndtr(-x) + 2 * owens_t(x, slant), ndtr(-Z), rtol=0, atol=1e-13)
    if slant >= 0:
        np.testing.assert_allclose((ndtr(-x) + 2 * owens_t(x, slant))[Z > 0], ndtr(-Z)[Z > 0], rtol=1e-9)
    assert distribution.moments() == pytest.approx((stats.skewnorm.mean(slant), stats.skewnorm.std(slant)), rel=1e-12)
    mirrored = SkewNormal(slant=-slant).quantile(ndtr(-Z), ndtr(Z))
    np.testing.assert_allclose(mirrored, -x, rtol=0, atol=1e-13)


def test_the_lower_tail_of_a_slanted_normal_keeps_its_digits():
    # Phi(x) - 2 T(x, slant) is 0 here to sixteen digits; the density is not.
    x = SkewNormal(slant=4.0).quantile(np.array([1e-10]), np.array([1.0]))[0]
    mass = stats.norm.expect(lambda t: 2 * ndtr(4 * t), lb=-8, ub=x, epsabs=0, epsrel=1e-10)
    assert mass == pytest.approx(1e-10, rel=1e-8)


@pytest.mark.parametrize("mixture", MIXED, ids=str)
def test_mixture_quantiles_have_their_probabilities_and_moments(mixture):
    share, distance, ratio = mixture.share, mixture.distance, mixture.sd_ratio
    x = mixture.quantile(ndtr(Z), ndtr(-Z))
    above = (1 - share) * ndtr(-x) + share * ndtr(-(x - distance) / ratio)
    np.testing.assert_allclose(above[Z > 0], ndtr(-Z)[Z > 0], rtol=1e-8)
    below = (1 - share) * ndtr(x) + share * ndtr((x - distance) / ratio)
    np.testing.assert_allclose(below[Z < 0], ndtr(Z)[Z < 0], rtol=1e-8)
    one, other = stats.norm(), stats.norm(distance, ratio)
    expected = moments_of(lambda t: (1 - share) * one.pdf(t) + share * other.pdf(t), -60, 60)
    assert mixture.moments() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("distribution", SMOOTH, ids=str)
def test_the_table_is_off_by_no_more_than_promised(distribution):
    shape, exact = distribution.shape(), distribution.quantile(ndtr(Z), ndtr(-Z))
    error = np.abs(shape(Z) - exact) / (shape.sd + np.abs(exact - shape.mean))
    assert error.max() < 1.5e-10
    assert (np.diff(shape(Z)) > -1e-12 * shape.sd).all()


@pytest.mark.parametrize("distance", [6, 8])
def test_the_table_of_a_far_mixture_is_off_only_where_hardly_anything_lies(distance):
    mixture = Mixture(share=0.3, distance=distance)
    shape, exact = mixture.shape(), mixture.quantile(ndtr(Z), ndtr(-Z))
    off = np.abs(shape(Z) - exact) / (shape.sd + np.abs(exact)) > 1e-10
    assert 0 < off.mean() < 0.01
    # What is drawn there lies between the components in truth as well.
    assert (exact[off] > 1.5).all()
    assert (exact[off] < distance - 1.5).all()


@pytest.mark.parametrize("distribution", [d for d in SMOOTH if not isinstance(d, Student) or d.df >= 5], ids=str)
def test_what_the_table_draws_has_the_moments_stated(distribution):
    shape = distribution.shape()
    z, weights = quadrature(shape)
    values, missing = (shape(z) - shape.mean) / shape.sd, 1 - weights.sum()
    assert abs(weights @ values - missing * shape.mean / shape.sd) < 1e-5
    heavy = isinstance(distribution, LogNormal) and distribution.log_sd > 1
    assert weights @ values**2 == pytest.approx(1, abs=2e-3 if heavy else 1e-5)


@pytest.mark.parametrize("share", [1e-4, 0.3, 0.5, 0.9])
def test_a_binary_distribution_is_one_step(share):
    shape = Binary(share=share).shape()
    assert (shape.mean, shape.sd) == pytest.approx((share, math.sqrt(share * (1 - share))), rel=1e-12)
    assert shape.table[0, 0] == pytest.approx(-ndtri(share))
    z = np.array([-ndtri(share) - 1e-9, -ndtri(share) + 1e-9])
    np.testing.assert_array_equal(shape(z), [0, 1])
    np.testing.assert_array_equal(Binary(share=share).quantile(ndtr(z), ndtr(-z)), [0, 1])
    assert Binary(share=share).moments() == pytest.approx((shape.mean, shape.sd))


def test_an_effect_is_centred_and_scaled_and_so_is_a_predictor_but_for_a_binary_one():
    z, weights = quadrature(ChiSquare(df=3).shape())
    for quantity in (ChiSquare(df=3).effect("u0", 1, 2.0), ChiSquare(df=3).predictor("x", 0, 2.0)):
        values = quantity.values(z)
        assert (weights @ values, weights @ values**2) == pytest.approx((0, 4), abs=1e-8)
    z, weights = quadrature(Binary(share=0.2).shape())
    effect = Binary(share=0.2).effect("u0", 1, 2.0).values(z)
    assert (weights @ effect, weights @ effect**2) == pytest.approx((0, 4), abs=1e-8)
    assert set(Binary(share=0.2).predictor("x", 0, 1.0).values(z)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("distribution", "skewness", "kurtosis"),
    [
        (Binary(share=0.1), 0.8 / 0.3, 1 / 0.09 - 6),
        (Binary(), 0, -2),
        (ChiSquare(df=3), math.sqrt(8 / 3), 4),
        (Student(df=10), 0, 1),
        (Student(df=5), 0, 6),
        (Uniform(), 0, -1.2),
        (Laplace(), 0, 3),
        (LogNormal(log_sd=0.5), *map(float, stats.lognorm.stats(0.5, moments="sk"))),
        (LogNormal(log_sd=1.9), *map(float, stats.lognorm.stats(1.9, moments="sk"))),
        (SkewNormal(slant=4), *map(float, stats.skewnorm.stats(4, moments="sk"))),
    ],
    ids=str,
)
def test_the_meaning_tells_skewness_and_excess_kurtosis(distribution, skewness, kurtosis):
    assert distribution.meaning().endswith(f"; skewness {skewness:.3g}, excess kurtosis {kurtosis:.3g}")


def test_the_kurtosis_of_a_heavy_t_is_infinite():
    assert Student(df=4).meaning() == "Student's t distribution; skewness 0, excess kurtosis infinite"
    assert Normal().meaning() == "Normal distribution"
    assert Mixture(share=0.1, sd_ratio=3).meaning().startswith("Mixture of two normal distributions; skewness 0, ")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Student(df=2), "Student: df: given 2; allowed: a finite number, above 2"),
        (lambda: ChiSquare(df=0), "ChiSquare: df: given 0; allowed: a finite number, above 0, at most 100000"),
        (lambda: LogNormal(log_sd=2), "LogNormal: log_sd: given 2; allowed: a finite number, at least 0.001, below 2"),
        (
            lambda: SkewNormal(slant=51),
            "SkewNormal: slant: given 51; allowed: a finite number, at least -50, at most 50",
        ),
        (lambda: Binary(share=1), "Binary: share: given 1; allowed: a finite number, above 0, below 1"),
        (
            lambda: Mixture(share=0.5, distance=9),
            "Mixture: distance: given 9; allowed: a finite number, at least -8, at most 8",
        ),
        (
            lambda: Mixture(share=0.5, sd_ratio=0.01),
            "Mixture: sd_ratio: given 0.01; allowed: a finite number, at least 0.05, at most 20",
        ),
        (
            lambda: Mixture(share=0.5),
            (
                "Mixture: distance, sd_ratio: given 0 and 1, one normal distribution; allowed: another distance or "
                "sd_ratio"
            ),
        ),
        (
            lambda: TwoLevel(n_clusters=5, cluster_size=2, residuals=Student),
            (
                "TwoLevel: residuals: given <class 'mcsim.mechanisms.parts.distributions.Student'>; allowed: a "
                "distribution: Normal(), Student(df), ChiSquare(df), LogNormal(log_sd), Uniform(), Laplace(), "
                "SkewNormal(slant), Mixture(share, distance, sd_ratio), Binary(share)"
            ),
        ),
    ],
)
def test_an_impossible_distribution_is_refused_with_the_range(make, message):
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message
