"""Residual variances that differ: their mean over rows is the variance stated."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from mcsim.errors import ParameterError
from mcsim.mechanisms import (
    Binary,
    Categorical,
    ChiSquare,
    Constant,
    Covariate,
    Covariates,
    Groups,
    LogLinear,
    LogNormal,
    Normal,
    SkewNormal,
    Student,
    TwoLevel,
    Uniform,
    VaryingBetweenClusters,
)
from mcsim.mechanisms.composition.quantities import Quantity
from mcsim.mechanisms.composition.shapes import quadrature

SMALL = {"n_clusters": 5, "cluster_size": 3, "gamma10": 0.0}
X = {
    "normal": (Normal().predictor("x", 0, 1.5),),
    "chi-square": (ChiSquare(df=3).predictor("x", 0, 1.5),),
    "skew-normal": (SkewNormal(slant=-4).predictor("x", 0, 0.7),),
    "uniform": (Uniform().predictor("x", 0, 2.0),),
    "binary": (Binary(share=0.3).predictor("x", 0, 1.0),),
    "binary of clusters": (Binary(share=0.9).predictor("x", 1, 1.0),),
    "shared and within": (Normal().predictor("s", 1, 0.8, column="x"), Normal().predictor("x", 0, 0.6)),
    "chi-square shared and within": (
        ChiSquare(df=4).predictor("s", 1, 0.8, column="x"),
        ChiSquare(df=4).predictor("x", 0, 0.6),
    ),
    "given": (Quantity("x", 0, given=(-1.0, 0.0, 1.0, 4.0), column="x"),),
    "given and added": (Normal().predictor("s", 1, 0.8, column="x"), Quantity("x", 0, given=(0.0, 2.0), column="x")),
}


def values_and_weights(part):
    """The values of a quantity and their probabilities, finely."""
    if part.given:
        return np.array(part.given), np.full(len(part.given), 1 / len(part.given))
    z, weights = quadrature(part.shape)
    return part.values(z), weights


def mean_variance(spread, parts):
    """The mean of the squared factor over the distribution of the column."""
    values, weights = values_and_weights(parts[-1])
    if len(parts) == 2:
        added, chances = values_and_weights(parts[0])
        values, weights = np.add.outer(added, values).ravel(), np.outer(chances, weights).ravel()
    one, two, three = spread.numbers
    factors = three * np.exp(one * values) if isinstance(one, float) and spread.kind == 0 else None
    return weights @ (factors**2 if factors is not None else np.where(values > one, three, two) ** 2)


@pytest.mark.parametrize("slope", [-0.8, 0.2, 0.4])
@pytest.mark.parametrize("name", X)
def test_the_mean_of_a_log_linear_variance_is_that_stated(name, slope):
    [spread] = LogLinear(slope=slope).spreads(X[name])
    assert spread.on == "x"
    assert mean_variance(spread, X[name]) == pytest.approx(1, abs=1e-8)


@pytest.mark.parametrize("above", [-0.5, 0.0, 0.4])
@pytest.mark.parametrize("name", X)
def test_the_mean_of_the_variances_of_groups_is_that_stated(name, above):
    pattern = Groups(ratio=5, above=above)
    if pattern.misfit(X[name]):
        assert (name, above) in {("binary", -0.5), ("binary of clusters", -0.5)}
        return
    [spread] = pattern.spreads(X[name])
    # The comparison cuts where the quadrature has no edge: its own error is what is tolerated.
    assert mean_variance(spread, X[name]) == pytest.approx(1, abs=0.03)
    assert spread.numbers[2] / spread.numbers[1] == pytest.approx(math.sqrt(5))


@pytest.mark.parametrize(
    ("part", "cut", "share"),
    [
        (Normal().predictor("x", 0, 2.0), 1.0, stats.norm.sf(0.5)),
        (ChiSquare(df=3).predictor("x", 0, 1.0), 0.5, stats.chi2.sf(3 + 0.5 * math.sqrt(6), 3)),
        (ChiSquare(df=1).predictor("x", 0, 1.0), -1.0, 1.0),
        (Student(df=3).predictor("x", 0, 1.0), 4.0, stats.t.sf(4 * math.sqrt(3), 3)),
        (Binary(share=0.3).predictor("x", 0, 1.0), 0.5, 0.3),
        (Binary(share=0.3).predictor("x", 0, 1.0), 0.0, 0.3),
        (Binary(share=0.3).predictor("x", 0, 1.0), 1.0, 0.0),
        (Binary(share=0.3).effect("x", 0, 1.0), 0.0, 0.3),
        (Quantity("x", 0, given=(1.0, 2.0, 2.0, 5.0)), 2.0, 0.25),
    ],
)
def test_the_share_above_a_cut_is_exact(part, cut, share):
    np.testing.assert_allclose(part.share_above(np.array([cut])), [share], atol=1e-12)


def test_the_share_above_of_a_sum_is_exact():
    [spread] = Groups(ratio=3, above=0.7).spreads(X["shared and within"])
    share = stats.norm.sf(0.7)  # SDs of 0.8 and 0.6 make 1
    assert spread.numbers[1] == pytest.approx(math.sqrt(1 / (1 + 2 * share)), rel=1e-9)
    shared, within = stats.chi2(4), stats.chi2(4)
    [spread] = Groups(ratio=3, above=0.7).spreads(X["chi-square shared and within"])
    part = lambda s: shared.pdf(s) * within.sf(4 + (0.7 - 0.8 * (s - 4) / math.sqrt(8)) / 0.6 * math.sqrt(8))  # noqa: E731
    share = integrate.quad(part, 0, 100, limit=500, epsabs=1e-12)[0]
    assert spread.numbers[1] == pytest.approx(math.sqrt(1 / (1 + 2 * share)), rel=1e-6)


@pytest.mark.parametrize(
    ("part", "rate", "expected"),
    [
        (Normal().predictor("x", 0, 2.0), 0.7, math.exp(0.98)),
        (ChiSquare(df=8).predictor("x", 0, 4.0), 0.1, (1 - 0.2) ** -4 * math.exp(-0.8)),
        (Binary(share=0.3).predictor("x", 0, 1.0), 1.0, 0.7 + 0.3 * math.e),
        (Binary(share=0.3).predictor("x", 1, 1.0), -2.0, 0.7 + 0.3 * math.exp(-2)),
        (Uniform().predictor("x", 0, math.sqrt(1 / 12)), 1.0, 2 * math.sinh(0.5)),
        (Quantity("x", 0, given=(0.0, 1.0)), 1.0, (1 + math.e) / 2),
    ],
)
def test_the_expectation_of_an_exponential_is_exact(part, rate, expected):
    assert part.expectation_of_exp(rate) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("category", [2, 3])
def test_a_dummy_tells_groups_apart_and_makes_a_variance(category):
    shares = (0.2, 0.5, 0.3)
    quantities = Categorical(name="g", shares=shares, differences=(1, 2)).quantities()
    [part] = [q for q in quantities if q.column == f"g{category}" and not q.hidden]
    share = shares[category - 1]
    assert part.share_above(np.array([0.5])) == pytest.approx([share])
    assert part.expectation_of_exp(1.0) == pytest.approx(1 - share + share * math.e, rel=1e-9)
    assert (part.shape.mean, part.shape.sd) == pytest.approx((share, math.sqrt(share * (1 - share))))


@pytest.mark.parametrize("cv", [0.01, 0.3, 1.0, 5.0])
def test_variances_of_clusters_have_the_mean_and_the_coefficient_of_variation_stated(cv):
    [factor] = VaryingBetweenClusters(cv=cv).quantities()
    z, weights = quadrature(factor.shape)
    variances = factor.values(z) ** 2
    mean = weights @ variances
    assert (factor.level, factor.coded, factor.column) == (1, True, "")
    assert mean == pytest.approx(1, rel=1e-6)
    assert np.sqrt(weights @ (variances - mean) ** 2) == pytest.approx(cv, rel=1e-2)
    np.testing.assert_allclose(np.log(variances), math.sqrt(math.log1p(cv**2)) * z - math.log1p(cv**2) / 2, atol=1e-7)


@pytest.mark.parametrize(
    ("pattern", "distribution"),
    [
        (LogLinear(slope=0.5), Student(df=5)),
        (LogLinear(slope=0.1), Student(df=2.5)),
        (LogLinear(slope=1), ChiSquare(df=1)),
        (LogLinear(slope=1), LogNormal(log_sd=1)),
    ],
)
def test_a_variance_without_a_mean_is_refused(pattern, distribution):
    with pytest.raises(ParameterError) as caught:
        TwoLevel(**SMALL, residual_variance=pattern, x_distribution=distribution)
    assert str(caught.value) == (
        f"TwoLevel: residual_variance: {pattern}: given for a column of so long tails that the mean of the "
        "variance does "
        "not exist, or hangs on values that hardly ever come; allowed: a smaller slope, or shorter tails"
    )


def test_a_short_tail_or_a_small_slope_is_no_fault():
    TwoLevel(**SMALL, residual_variance=LogLinear(slope=0.5), x_distribution=ChiSquare(df=3))
    TwoLevel(**SMALL, residual_variance=LogLinear(slope=-1), x_distribution=LogNormal(log_sd=1))


def test_a_pattern_names_a_column_that_is_there():
    with pytest.raises(ParameterError) as caught:
        TwoLevel(
            **SMALL,
            residual_variance=Groups(on="agee", ratio=2),
            covariates=Covariates(Covariate(name="age", effect=1)),
        )
    assert str(caught.value) == (
        "TwoLevel: residual_variance: given Groups(on=agee, ratio=2), which depends on agee; allowed: a "
        "predictor of this "
        "condition (x, age); did you mean age?"
    )


def test_groups_need_rows_on_both_sides():
    with pytest.raises(ParameterError) as caught:
        TwoLevel(**SMALL, residual_variance=Groups(ratio=2, above=1), x_distribution=Binary())
    assert str(caught.value) == (
        "TwoLevel: residual_variance: Groups(ratio=2, above=1): all values of x lie on one side of 1; allowed: a value "
        "between them"
    )


def test_the_meaning_of_patterns():
    patterns = (Constant(), LogLinear(slope=0.5), Groups(ratio=3), VaryingBetweenClusters(cv=0.5))
    assert [pattern.meaning() for pattern in patterns] == [
        "the same for all rows",
        "proportional to exp(0.5 x), its mean as stated",
        "where x > 0, 3 times what it is elsewhere; its mean as stated",
        "lognormal between clusters with a coefficient of variation of 0.5, its mean as stated",
    ]
