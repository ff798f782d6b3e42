"""Trials stated by Cohen's d: the raw parameters that follow, and what cannot be."""

import math

import pytest

from mcsim.errors import ParameterError
from mcsim.mechanisms import Covariate, Covariates, Trial, TrialByEffectSizes
from mcsim.streams import DATA, Streams
from mcsim.testing import check_mechanism

SMALL = {"n_clusters": 6, "cluster_size": 4}
NESTED = {"clustered": "treatment", "n_controls": 5}
WITHIN = {"assignment": "within"}


def trial(**given):
    return Trial.from_effect_sizes(**{**SMALL, "icc": 0.2, "d": 0.5, **given})


@pytest.mark.parametrize("total", [1.0, 4.0])
@pytest.mark.parametrize(("standardizer", "share"), [("total", 1.0), ("within", 0.8), ("between", 0.2)])
@pytest.mark.parametrize("design", [{}, WITHIN, NESTED], ids=["clusters", "within", "nested"])
def test_d_is_the_effect_in_standard_deviations(standardizer, share, total, design):
    found = trial(standardizer=standardizer, total_variance=total, **design)
    assert found.tau2 == pytest.approx(0.2 * total)
    assert found.sigma2 == pytest.approx(0.8 * total)
    assert found.truth()["treatment"] == found.gamma_treatment == pytest.approx(0.5 * math.sqrt(share * total))
    assert found.slope_variance is None


def test_effects_that_differ_between_clusters_are_stated_in_the_same_unit():
    found = trial(**WITHIN, d_sd=0.3, correlation=-0.4, standardizer="within", total_variance=4.0)
    sd = 0.3 * math.sqrt(3.2)
    assert found.slope_variance == pytest.approx(sd**2)
    assert found.covariance == pytest.approx(-0.4 * math.sqrt(0.8) * sd)
    assert found.truth()["cor_treatment.(Intercept)|cluster"] == pytest.approx(-0.4)
    assert trial(**WITHIN, d_sd=0.0).slope_variance == 0.0


def test_the_data_are_those_of_the_raw_parameters():
    stated = trial(**WITHIN, d_sd=0.3, correlation=0.4)
    names = ("tau2", "slope_variance", "covariance", "sigma2", "gamma_treatment")
    raw = Trial(**SMALL, **WITHIN, **{name: getattr(stated, name) for name in names})
    streams = Streams(1, "c0", DATA, 0, 3)
    assert (stated.simulate_block(streams).values == raw.simulate_block(streams).values).all()
    assert stated.formula() == raw.formula()
    check_mechanism(stated, replications=3)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"icc": 1}, "icc: given 1; allowed: a finite number, at least 0, below 1"),
        ({"standardizer": "pooled"}, "standardizer: given 'pooled'; allowed: one of 'total', 'within', 'between'"),
        (
            {"icc": 0, "standardizer": "between"},
            (
                "standardizer: given 'between' with icc 0, where clusters do not differ; allowed: 'total', 'within', "
                "or an icc above 0"
            ),
        ),
        (
            {"d_sd": 0.1},
            (
                "d_sd: given 0.1 with assignment 'clusters', where no cluster has both arms; allowed: None, or "
                "assignment='within'"
            ),
        ),
        (
            {**WITHIN, "correlation": 0.1},
            "correlation: given 0.1 without a d_sd; allowed: None, or give the d_sd too",
        ),
        (
            {**WITHIN, "correlation": 0.1, "d_sd": 0},
            "correlation: given 0.1 with d_sd 0, where nothing varies that could correlate; allowed: None or 0",
        ),
        (
            {"covariates": Covariates(Covariate(name="age", effect=1))},
            (
                "covariates: given Covariates(Covariate(name=age, effect=1)); effect sizes are of y without further "
                "predictors; allowed: None, or a Trial"
            ),
        ),
        (
            {"d": 1e300, "total_variance": 1e300},
            "d, d_sd, total_variance: gamma_treatment would be beyond the largest number",
        ),
        ({"treated": 0.01}, "treated: given 0.01 of 6 clusters, nobody; allowed: a share above 0.08333, up to 0.9167"),
    ],
)
def test_impossible_effect_sizes_are_refused_with_the_reason(given, fault):
    with pytest.raises(ParameterError) as caught:
        trial(**given)
    assert str(caught.value) == f"TrialByEffectSizes: {fault}"


def test_the_effect_sizes_are_known_by_the_mechanism_that_they_state():
    assert Trial.from_effect_sizes is TrialByEffectSizes
    assert str(trial()) == "TrialByEffectSizes(n_clusters=6, cluster_size=4, icc=0.2, d=0.5)"
