"""Further predictors: names, categories, dummies, correlations."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

from mcsim.errors import ParameterError
from mcsim.mechanisms import Binary, Categorical, ChiSquare, Covariate, Covariates, NegativeBinomial, TwoLevel
from mcsim.mechanisms.composition.joint import pair
from mcsim.mechanisms.composition.shapes import quadrature
from mcsim.mechanisms.parts.covariates import effects_of
from mcsim.streams import DATA, Streams

SMALL = {"n_clusters": 5, "cluster_size": 3, "tau2": 1.0}
AGE = Covariate(name="age", effect=0.5, distribution=ChiSquare(df=3), sd=2)
REGION = Categorical(name="region", level=2, shares=(0.5, 0.3, 0.2), differences=(1, -2))


def test_every_column_has_its_effect_in_order():
    covariates = Covariates(AGE, REGION)
    assert effects_of(covariates) == {"age": 0.5, "region2": 1.0, "region3": -2.0}
    condition = TwoLevel(**SMALL, gamma10=0.3, gamma01=0.2, gamma11=0.1, covariates=covariates)
    assert condition.columns() == ("y", "x", "z", "age", "region2", "region3", "cluster", "id")
    assert condition.formula() == "y ~ 1 + x + z + age + region2 + region3 + x:z + (1 | cluster)"
    assert {name: condition.truth()[name] for name in effects_of(covariates)} == effects_of(covariates)


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.01, 0.98, 0.01), (0.5, 0.5), (1e-6, 1 - 1e-6), (0.1,) * 10])
def test_categories_have_their_shares_and_are_told_by_their_dummies(shares):
    differences = tuple(range(1, len(shares)))
    category, *dummies = Categorical(name="g", shares=shares, differences=differences).quantities()
    z, weights = quadrature(category.shape)
    values = category.values(z)
    assert [weights @ (values == c) for c in range(1, len(shares) + 1)] == pytest.approx(shares, rel=1e-7, abs=1e-11)
    assert [dummy.column for dummy in dummies] == [f"g{c}" for c in range(2, len(shares) + 1)]
    for c, dummy in enumerate(dummies, 2):
        np.testing.assert_array_equal(dummy.values(z), values == c)
        share = shares[c - 1]
        moments = (dummy.shape.mean, dummy.shape.sd)
        assert moments == pytest.approx((share, math.sqrt(share * (1 - share))), rel=1e-6)
        assert (dummy.of, dummy.hidden, category.hidden) == ("g", False, True)


def test_dummies_exclude_each_other_and_are_constant_within_clusters_on_level_2():
    condition = TwoLevel(n_clusters=3000, cluster_size=2, covariates=Covariates(AGE, REGION))
    columns = condition.simulate(Streams(1, "c0", DATA, 0, 1).generator(0)).columns
    both = np.stack([columns["region2"], columns["region3"]])
    assert set(both.sum(axis=0)) == {0.0, 1.0}
    np.testing.assert_array_equal(both[:, ::2], both[:, 1::2])
    assert both.mean(axis=1) == pytest.approx([0.3, 0.2], abs=0.03)
    assert (columns["age"].mean(), columns["age"].std()) == pytest.approx((0, 2), abs=0.15)


def test_covariates_correlate_with_each_other_and_with_x_and_z_of_their_level():
    covariates = Covariates(
        AGE,
        Covariate(name="old", effect=0, distribution=Binary(share=0.3)),
        Covariate(name="rich", level=2, effect=0),
        correlation=0.4,
    )
    condition = TwoLevel(n_clusters=40_000, cluster_size=2, gamma10=0, gamma01=0, covariates=covariates)
    columns = condition.simulate(Streams(1, "c0", DATA, 0, 1).generator(0)).columns
    rows = np.corrcoef([columns[name] for name in ("x", "age", "old")])
    np.testing.assert_allclose(rows[np.triu_indices(3, 1)], 0.4, atol=0.02)
    clusters = np.corrcoef([columns[name][::2] for name in ("z", "rich")])
    assert clusters[0, 1] == pytest.approx(0.4, abs=0.02)
    assert abs(np.corrcoef(columns["rich"], columns["age"])[0, 1]) < 0.02


def test_categories_correlate_by_their_numbers():
    covariates = Covariates(REGION, Covariate(name="rich", level=2, effect=0), correlation=-0.5)
    condition = TwoLevel(n_clusters=80_000, cluster_size=1, covariates=covariates)
    columns = condition.simulate(Streams(1, "c0", DATA, 0, 1).generator(0)).columns
    number = 1 + columns["region2"] + 2 * columns["region3"]
    assert np.corrcoef(number, columns["rich"])[0, 1] == pytest.approx(-0.5, abs=0.015)
    assert columns["region3"].mean() == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("name", ["y", "x", "cluster", "id", "u0", "e", "e_sd"])
def test_a_name_that_is_taken_is_refused(name):
    from mcsim.mechanisms import VaryingBetweenClusters

    covariates = Covariates(Covariate(name=name, level=2, effect=1))
    with pytest.raises(ParameterError, match=f"covariates: given one called {name}, which .* allowed: another name"):
        TwoLevel(**SMALL, gamma10=1, residual_variance=VaryingBetweenClusters(cv=0.5), covariates=covariates)


@pytest.mark.parametrize("name", ["x", "u0"])
def test_a_category_may_not_be_called_as_a_quantity_of_the_model_either(name):
    covariates = Covariates(Categorical(name=name, shares=(0.5, 0.5), differences=(1,)))
    with pytest.raises(ParameterError, match=f"covariates: given one called {name}, which"):
        TwoLevel(**SMALL, gamma10=1, covariates=covariates)


def test_a_category_and_a_covariate_of_one_name_are_refused():
    covariates = Covariates(Categorical(name="g", shares=(0.5, 0.5), differences=(1,)), Covariate(name="g", effect=1))
    with pytest.raises(ParameterError, match="covariates: given one called g, which"):
        TwoLevel(**SMALL, covariates=covariates)


def test_a_size_drawn_anew_is_a_quantity_too():
    with pytest.raises(ParameterError, match="covariates: given one called size, which"):
        TwoLevel(
            n_clusters=5,
            cluster_size=NegativeBinomial(mean=5, cv=0.6),
            covariates=Covariates(Covariate(name="size", effect=1)),
        )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Covariate(name="2a", effect=1),
            "Covariate: name: given '2a'; allowed: a name such as 'age', letters and digits",
        ),
        (
            lambda: Covariate(name="a", effect=1, distribution=Binary(), sd=2),
            "Covariate: sd: given 2 with Binary(), which is 0 and 1; allowed: leave sd out",
        ),
        (
            lambda: Covariate(name="a", effect=1, level=3),
            "Covariate: level: given 3; allowed: a whole number from 1 to 2",
        ),
        (
            lambda: Categorical(name="g", shares=(0.5, 0.6), differences=(1,)),
            "Categorical: shares: given 0.5, 0.6, together 1.1; allowed: together 1",
        ),
        (
            lambda: Categorical(name="g", shares=(0.5, 0.5), differences=(1, 2)),
            "Categorical: differences: given 2 for 2 categories; allowed: 1, one for each category but the first",
        ),
        (
            lambda: Categorical(name="g", shares=(0.5, 0.5), differences=1),
            "Categorical: differences: given 1; allowed: a tuple of 1 or more, each a finite number",
        ),
        (
            lambda: Covariates(AGE, AGE),
            "Covariates: entries: two columns are called age; allowed: different names",
        ),
        (
            lambda: Covariates(AGE, correlation=1),
            "Covariates: correlation: given 1; allowed: a finite number, above -1, below 1",
        ),
        (
            Covariates,
            (
                "Covariates: entries: given (); allowed: a tuple of 1 or more, each a predictor: Covariate(name, "
                "level, "
                "effect, distribution, sd), Categorical(name, level, shares, differences)"
            ),
        ),
    ],
)
def test_impossible_predictors_are_refused_with_the_reason(make, message):
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message


def test_a_correlation_out_of_reach_is_refused_with_the_range():
    with pytest.raises(ParameterError) as caught:
        TwoLevel(**SMALL, gamma10=1, covariates=Covariates(AGE, REGION, correlation=-0.97))
    most = pair(None, AGE.distribution.shape()).most
    assert str(caught.value) == (
        "TwoLevel: correlation of x and age: given a correlation of -0.97; allowed with these distributions: "
        f"{-most:.4g} to {most:.4g}"
    )


def test_correlations_that_cannot_hold_together_are_refused():
    three = Covariates(*(Covariate(name=name, effect=1) for name in "abc"), correlation=-0.6)
    with pytest.raises(ParameterError, match=r"correlations of a, b, c: they cannot hold together, .* -0\.2"):
        TwoLevel(**SMALL, covariates=three)


def test_the_meaning_tells_levels_distributions_and_effects():
    assert Covariates(AGE, REGION, correlation=0.2).meaning() == (
        "age of rows, ChiSquare(df=3), SD 2, effect 0.5; region of clusters, categories of shares 0.5, 0.3, 0.2, "
        "differences from the first 1, -2; correlation 0.2"
    )
    assert Covariate(name="old", effect=1, distribution=Binary()).meaning() == "old of rows, Binary(), effect 1"


def test_a_threshold_has_its_share_in_the_tail():
    category = Categorical(name="g", shares=(1e-10, 1 - 1e-10), differences=(1,)).quantities()[0]
    assert ndtr(category.shape.table[0, 0]) == pytest.approx(1e-10)
