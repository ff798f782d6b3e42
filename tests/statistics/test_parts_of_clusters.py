"""The moments of sizes and predictors are those that the parts of a mechanism state: see `test_parts`."""

import math

import numpy as np
import pytest

from mcsim.mechanisms import (
    Categorical,
    ChiSquare,
    Covariate,
    Covariates,
    LogNormalSizes,
    NegativeBinomial,
    Normal,
    Sizes,
    SmallClusters,
    TwoLevel,
    Uniform,
)
from mcsim.streams import DATA, DESIGN, Streams
from tests.moments import beyond, columns, data, errors

MANY, REPLICATIONS = 200_000, 3000


@pytest.mark.parametrize("sizes", [NegativeBinomial(mean=8, cv=0.7), LogNormalSizes(mean=8, cv=0.7)], ids=str)
@pytest.mark.parametrize("effects", [Normal(), ChiSquare(df=3)], ids=str)
def test_sizes_have_their_mean_cv_and_correlation_with_the_intercept(sizes, effects):
    condition = TwoLevel(
        n_clusters=MANY // 4, cluster_size=sizes, tau2=2.0, random_effects=effects, informative_size=0.6, gamma00=1.0
    )
    drawn = data(condition)
    first = np.unique(drawn.columns["cluster"], return_index=True)[1]
    size, u0 = np.diff(np.append(first, len(drawn.columns["y"]))), drawn.components["u0"][first]
    sd = 8 * 0.7
    found = {"mean": errors(size, 8), "variance": errors((size - 8.0) ** 2, sd**2), "u0": errors(u0, 0)}
    found["variance of u0"] = errors(u0**2, 2)
    found["covariance"] = errors((size - 8) * u0, 0.6 * sd * math.sqrt(2))
    truth = condition.truth()
    found["average cluster"] = errors(1 + u0, truth["(Intercept)"])
    found["average row"] = errors(size * (1 + u0 - truth["(Intercept)_unit"]), 0)
    assert beyond(found) == {}


def test_sizes_drawn_anew_differ_between_replications_and_sizes_drawn_once_do_not():
    anew = TwoLevel(n_clusters=30, cluster_size=NegativeBinomial(mean=8, cv=0.7))
    block = anew.simulate_block(Streams(3, "c0", DATA, 0, REPLICATIONS))
    assert (
        beyond(
            {
                "rows": errors(block.row_counts.astype(float), 240),
                "variance": errors((block.row_counts - 240.0) ** 2, 30 * 5.6**2),
            }
        )
        == {}
    )
    once = TwoLevel(n_clusters=MANY, cluster_size=NegativeBinomial(mean=8, cv=0.7, drawn="once"))
    starts = once.design(Streams(3, "c0", DESIGN, 0, 1).generator(0))["starts"]
    size = np.diff(starts[0, 0]).astype(float)
    assert beyond({"mean": errors(size, 8), "variance": errors((size - 8) ** 2, 5.6**2)}) == {}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [(Sizes(2, 5, 9), [2, 5, 9, 2, 5, 9]), (SmallClusters(share=0.5, small=2, large=7), [7, 2, 7, 2, 7, 2])],
    ids=str,
)
def test_given_sizes_are_those_of_the_clusters(pattern, expected):
    drawn = data(TwoLevel(n_clusters=6, cluster_size=pattern, gamma10=1.0, slope_variance=1.0))
    assert np.bincount(drawn.columns["cluster"])[1:].tolist() == expected


@pytest.mark.parametrize("x", [Normal(), ChiSquare(df=3)], ids=str)
@pytest.mark.parametrize("cluster_mean", ["latent", "observed"])
def test_x_has_its_icc_and_its_effects_within_and_between(x, cluster_mean):
    condition = TwoLevel(
        n_clusters=6,
        cluster_size=5,
        tau2=1.0,
        gamma00=2.0,
        gamma10=0.5,
        gamma10_between=2.0,
        cluster_mean=cluster_mean,
        x_icc=0.3,
        x_sd=2.0,
        x_distribution=x,
    )
    drawn = columns(condition, 10_000)
    x, y = drawn["x"], drawn["y"]
    pairs = (x.sum(-1) ** 2 - (x**2).sum(-1)) / 20
    found = {"mean of x": errors(x, 0), "variance of x": errors(x**2, 4.0), "shared variance": errors(pairs, 0.3 * 4)}
    deviation, mean = x - x.mean(-1, keepdims=True), x.mean(-1, keepdims=True)
    found["effect within"] = errors(deviation * (y - 0.5 * x), 0)
    if cluster_mean == "observed":
        found["effect between"] = errors(mean * (y - 2 - 2.0 * mean), 0)
    else:  # the mean in the data has the reliability 1.2 / (1.2 + 2.8 / 5)
        reliability = 1.2 / (1.2 + 2.8 / 5)
        between = 0.5 + 1.5 * reliability
        found["effect between"] = errors(mean * (y - 2 - between * mean), 0)
    truth = condition.truth()
    assert (truth["x_within"], truth["x_between"], truth["x_mean"]) == (0.5, 2.0, 1.5)
    assert beyond(found) == {}


@pytest.mark.parametrize("effects", [Normal(), ChiSquare(df=3)], ids=str)
def test_an_endogenous_predictor_correlates_with_the_intercept_by_its_shared_part(effects):
    condition = TwoLevel(
        n_clusters=6,
        cluster_size=5,
        tau2=2.0,
        slope_variance=0.5,
        covariance=0.3,
        gamma10=0.5,
        x_icc=0.4,
        x_sd=1.5,
        x_distribution=effects,
        random_effects=effects,
        endogeneity=0.5,
    )
    drawn = data(TwoLevel(**{**vars(condition), "n_clusters": MANY}))
    x, u0 = drawn.columns["x"].reshape(MANY, 5), drawn.components["u0"].reshape(MANY, 5)[:, 0]
    u1 = drawn.components["u1"].reshape(MANY, 5)[:, 0]
    assert (
        beyond(
            {
                "x and u0": errors(x[:, 0] * u0, 0.5 * math.sqrt(0.4) * 1.5 * math.sqrt(2)),
                "within": errors((x[:, 0] - x[:, 1]) * u0, 0),
                "u0 and u1": errors(u0 * u1, 0.3),
                "variance of x": errors(x[:, 0] ** 2, 2.25),
            }
        )
        == {}
    )


def test_categories_shift_the_mean_by_their_differences():
    covariates = Covariates(
        Categorical(name="g", shares=(0.5, 0.3, 0.2), differences=(1.0, -2.0)),
        Covariate(name="w", level=2, effect=0.7, distribution=Uniform(), sd=2),
        Categorical(name="h", level=2, shares=(0.4, 0.6), differences=(3.0,)),
    )
    drawn = columns(TwoLevel(n_clusters=6, cluster_size=5, tau2=1.0, covariates=covariates))
    rest = drawn["y"] - 0.7 * drawn["w"]
    found = {name: errors(drawn[name], share) for name, share in (("g2", 0.3), ("g3", 0.2), ("h2", 0.6))}
    found |= {"mean": errors(drawn["y"], 0.3 - 0.4 + 1.8), "w": errors(drawn["w"] ** 2, 4)}
    found |= {"effect of w": errors(drawn["w"] * (rest - 1.7), 0)}
    for name, others in (("g2", 1.0), ("g3", -2.0)):
        found[f"effect of {name}"] = errors(drawn[name] * (rest - others - 3 * drawn["h2"]), 0)
    found["effect of h2"] = errors(drawn["h2"] * (rest - 3 + 0.1), 0)
    assert beyond(found) == {}
