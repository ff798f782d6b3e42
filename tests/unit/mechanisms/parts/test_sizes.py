"""Cluster sizes: given ones, and distributions with exactly the mean and the coefficient of variation stated."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from mcsim.errors import ParameterError
from mcsim.mechanisms import LogNormalSizes, NegativeBinomial, Sizes, SmallClusters

DRAWN = [
    *(NegativeBinomial(mean=mean, cv=cv) for mean, cv in [(1.5, 0.6), (5, 0.5), (20, 0.6), (50, 1.9), (2000, 1.9)]),
    *(LogNormalSizes(mean=mean, cv=cv) for mean, cv in [(1.5, 0.5), (2, 0.01), (5.5, 0.1), (20, 0.6), (50, 1.9)]),
]


@pytest.mark.parametrize("sizes", DRAWN, ids=str)
def test_mean_and_coefficient_of_variation_are_those_stated(sizes):
    probabilities = sizes.probabilities()
    k = np.arange(1, len(probabilities) + 1)
    mean = probabilities @ k
    assert probabilities.sum() == pytest.approx(1, abs=1e-13)
    assert mean == pytest.approx(sizes.mean, rel=1e-9)
    assert np.sqrt(probabilities @ (k - mean) ** 2) / mean == pytest.approx(sizes.cv, abs=2e-9)
    shape = sizes.shape()
    assert (shape.mean, shape.sd / shape.mean) == pytest.approx((sizes.mean, sizes.cv), rel=1e-8)
    assert sizes.average(7) == sizes.mean
    assert sizes.longest() == len(probabilities)


@pytest.mark.parametrize("sizes", DRAWN, ids=str)
def test_a_size_comes_with_its_probability_in_both_tails(sizes):
    probabilities, thresholds = sizes.probabilities(), sizes.shape().table[0, :-1]
    np.testing.assert_allclose(ndtr(thresholds), np.cumsum(probabilities)[:-1], rtol=1e-9)
    np.testing.assert_allclose(ndtr(-thresholds), np.cumsum(probabilities[::-1])[::-1][1:], rtol=1e-9)
    assert sizes.shape()(np.array([-np.inf, np.inf])).tolist() == [1, sizes.longest()]


@pytest.mark.parametrize(("mean", "cv"), [(5, 0.5), (20, 0.6), (20, 1.5), (200, 0.1)])
def test_negative_binomial_sizes_are_scipys_without_0(mean, cv):
    probabilities = NegativeBinomial(mean=mean, cv=cv).probabilities()
    k = np.arange(1, len(probabilities) + 1)
    # The ratios of neighbouring probabilities of a negative binomial, p (1 + (r - 1) / k), tell p and r.
    common = slice(0, int(mean * (1 + 3 * cv)))
    ratio = probabilities[1:][common] / probabilities[:-1][common]
    slope, p = np.polyfit(1 / k[1:][common], ratio, 1)
    known = stats.nbinom(slope / p + 1, 1 - p)
    np.testing.assert_allclose(probabilities, known.pmf(k) / known.sf(0), rtol=1e-5, atol=1e-13)


@pytest.mark.parametrize(("mean", "cv"), [(20, 0.6), (50, 1.2)])
def test_lognormal_sizes_are_rounded_and_at_least_1(mean, cv):
    probabilities = LogNormalSizes(mean=mean, cv=cv).probabilities()
    edges = np.arange(1, len(probabilities)) + 0.5
    normal = stats.norm.ppf(np.cumsum(probabilities)[:-1])
    kept = np.abs(normal) < 6
    line = np.polyfit(np.log(edges[kept]), normal[kept], 1)
    np.testing.assert_allclose(np.polyval(line, np.log(edges[kept])), normal[kept], atol=1e-6)


@pytest.mark.parametrize("kind", [NegativeBinomial, LogNormalSizes])
@pytest.mark.parametrize("mean", [1.2, 3, 20, 9999])
def test_sizes_of_every_mean_come_with_the_cvs_that_are_allowed_or_are_refused(kind, mean):
    for cv in (0.001, 0.02, 0.224, 0.5, 1, 1.9):
        try:
            shape = kind(mean=mean, cv=cv).shape()
        except ParameterError as error:
            assert f"mean, cv: given {mean:g} and {cv:g}; allowed: a cv " in str(error)  # noqa: PT017
        else:
            assert (shape.mean, shape.sd / shape.mean) == pytest.approx((mean, cv), rel=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: NegativeBinomial(mean=20, cv=0.1),
            (
                "NegativeBinomial: mean, cv: given 20 and 0.1; allowed: a cv above 0.2236 and below 1.888 for sizes "
                "of mean 20"
            ),
        ),
        (
            lambda: LogNormalSizes(mean=2.5, cv=0.1),
            (
                "LogNormalSizes: mean, cv: given 2.5 and 0.1; allowed: a cv well above 0.2 for sizes of mean "
                "2.5, or a mean "
                "further above 1"
            ),
        ),
        (
            lambda: NegativeBinomial(mean=1, cv=0.5),
            "NegativeBinomial: mean: given 1; allowed: a finite number, above 1, at most 10000",
        ),
        (
            lambda: LogNormalSizes(mean=20, cv=2),
            "LogNormalSizes: cv: given 2; allowed: a finite number, above 0, below 2",
        ),
        (
            lambda: NegativeBinomial(mean=20, cv=1, drawn="twice"),
            "NegativeBinomial: drawn: given 'twice'; allowed: one of 'every replication', 'once'",
        ),
        (
            lambda: Sizes(5, 0),
            "Sizes: entries: given (5, 0); allowed: a tuple of 1 or more, each a whole number from 1 to 1000000000",
        ),
        (
            lambda: SmallClusters(share=1, small=2, large=9),
            "SmallClusters: share: given 1; allowed: a finite number, at least 0, below 1",
        ),
    ],
)
def test_impossible_sizes_are_refused_with_the_range(make, message):
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message


def test_given_sizes_are_taken_in_turn():
    sizes = Sizes(5, 10, 40)
    assert sizes.sizes(5) == (5, 10, 40, 5, 10)
    assert sizes.longest() == 40
    assert [sizes.average(n) for n in (1, 2, 5)] == [5, 7.5, 14]
    assert str(sizes) == "Sizes(5, 10, 40)"
    assert sizes.meaning() == "clusters have in turn the sizes 5, 10, 40"


@pytest.mark.parametrize("share", [0, 0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("clusters", [1, 7, 20, 40])
def test_small_clusters_are_evenly_spread(share, clusters):
    pattern = SmallClusters(share=share, small=2, large=30)
    sizes = pattern.sizes(clusters)
    small = np.cumsum([size == 2 for size in sizes])
    assert small[-1] == round(share * clusters)
    assert np.abs(small - small[-1] * np.arange(1, clusters + 1) / clusters).max() < 1
    assert pattern.average(clusters) == pytest.approx(sum(sizes) / clusters)
    assert pattern.longest() == 30


def test_the_meaning_tells_mean_sd_and_when_sizes_are_drawn():
    assert NegativeBinomial(mean=20, cv=0.6).meaning() == (
        "negative binomial, mean 20, SD 12, largest 248, drawn in every replication"
    )
    assert LogNormalSizes(mean=20, cv=0.6, drawn="once").meaning() == (
        "lognormal, rounded, mean 20, SD 12, largest 834, drawn once, the same in every replication"
    )
    assert SmallClusters(share=0.25, small=2, large=30).meaning() == ("0.25 of the clusters have 2 rows, the others 30")
