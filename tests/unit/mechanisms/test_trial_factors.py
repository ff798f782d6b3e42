"""What the factors of a trial may be, each and together."""

import pytest

from mcsim.errors import ParameterError
from mcsim.mechanisms import Covariate, Covariates, Groups, NegativeBinomial, Sizes, Toeplitz, Trial

SMALL = {"n_clusters": 6, "cluster_size": 4}
NESTED = {"clustered": "treatment", "n_controls": 5}


@pytest.mark.parametrize(
    ("factor", "value", "allowed"),
    [
        ("n_clusters", 1, "a whole number from 2 to 1000000000"),
        ("assignment", "rows", "one of 'clusters', 'within'"),
        ("treated", 0, "a finite number, at least 0.001, at most 0.999"),
        ("clustered", "control", "one of 'both', 'treatment'"),
        ("n_controls", 0, "None or a whole number from 1 to 1000000000"),
        ("tau2", -1, "a finite number, at least 0"),
        ("slope_variance", -1, "None or a finite number, at least 0"),
        ("gamma_treatment", None, "a finite number"),
    ],
)
def test_an_impossible_factor_is_named_with_what_was_given_and_what_is_allowed(factor, value, allowed):
    with pytest.raises(ParameterError) as caught:
        Trial(**{**SMALL, factor: value})
    assert str(caught.value) == f"Trial: {factor}: given {value!r}; allowed: {allowed}"


@pytest.mark.parametrize(
    ("factors", "fault"),
    [
        ({"n_controls": 5}, "n_controls: given 5 with clusters in both arms; allowed: None, or clustered='treatment'"),
        (
            {"clustered": "treatment"},
            "n_controls: not given with clustered='treatment'; allowed: a whole number, at least 1",
        ),
        (
            {**NESTED, "assignment": "within"},
            (
                "assignment: given 'within' with clustered='treatment', where all rows of clusters are treated; "
                "allowed: 'clusters'"
            ),
        ),
        (
            {**NESTED, "treated": 0.3},
            (
                "treated: given 0.3 with clustered='treatment', where n_controls says how many are not; "
                "allowed: leave treated out"
            ),
        ),
        (
            {"slope_variance": 1},
            (
                "slope_variance: given 1 with assignment 'clusters', where no cluster has both arms to tell its effect "
                "from; allowed: None, or assignment='within'"
            ),
        ),
        (
            {"assignment": "within", "covariance": 1},
            "covariance: given 1 without a slope_variance; allowed: None, or give the slope_variance too",
        ),
        (
            {"assignment": "within", "tau2": 1, "slope_variance": 0.25, "covariance": -0.6},
            (
                "covariance: given -0.6 with tau2 1 and slope_variance 0.25, a covariance matrix that is not positive "
                "semi-definite (smallest eigenvalue -0.08255); allowed: 0.5 or less either way, the square root of "
                "tau2 * slope_variance"
            ),
        ),
        ({"treated": 0.05}, "treated: given 0.05 of 6 clusters, nobody; allowed: a share above 0.08333, up to 0.9167"),
        (
            {"treated": 0.95},
            "treated: given 0.95 of 6 clusters, everybody; allowed: a share above 0.08333, up to 0.9167",
        ),
        (
            {"assignment": "within", "treated": 0.1},
            "treated: given 0.1 of 4 rows of a cluster, nobody; allowed: a share above 0.125, up to 0.875",
        ),
        (
            {"assignment": "within", "cluster_size": 1},
            "treated: given 0.5 of 1 row of a cluster, nobody; allowed: larger clusters, or assignment='clusters'",
        ),
        (
            {"residual_variance": Groups(on="treatment", ratio=2, above=1)},
            (
                "residual_variance: Groups(on=treatment, ratio=2, above=1): all values of treatment lie on one side of "
                "1; allowed: a value between them"
            ),
        ),
        (
            {"residual_variance": Groups(on="treatmnt", ratio=2)},
            (
                "residual_variance: given Groups(on=treatmnt, ratio=2), which depends on treatmnt; allowed: a "
                "predictor of this condition (treatment); did you mean treatment?"
            ),
        ),
        (
            {"covariates": Covariates(Covariate(name="treatment", effect=1))},
            "covariates: given one called treatment, which the data or the model have anyway; allowed: another name",
        ),
        (
            {**NESTED, "cluster_size": Sizes(2, 3), "residual_correlation": Toeplitz(0.9, 0.1)},
            (
                "residual_correlation: Toeplitz(0.9, 0.1): given for clusters of up to 3 rows, a correlation matrix "
                "that is not positive definite (smallest eigenvalue -0.2238); allowed: correlations that fall off more "
                "evenly"
            ),
        ),
    ],
)
def test_factors_that_make_no_sense_together_are_refused_with_the_reason(factors, fault):
    with pytest.raises(ParameterError) as caught:
        Trial(**{**SMALL, **factors})
    assert str(caught.value) == f"Trial: {fault}"


def test_every_fault_is_named():
    with pytest.raises(ParameterError) as caught:
        Trial(**SMALL, clustered="treatment", assignment="within", treated=0.3, covariance=1)
    named = [line.partition(":")[0] for line in caught.value.faults]
    assert named == ["n_controls", "assignment", "treated", "covariance"]


def test_a_share_that_treats_somebody_in_large_clusters_only_is_possible():
    size = NegativeBinomial(mean=3, cv=0.8)
    assert Trial(n_clusters=6, cluster_size=size, assignment="within", treated=0.1).treated == 0.1
