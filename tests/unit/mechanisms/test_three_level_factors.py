"""What the factors of three-level data may be, each and together."""

import pytest

from mcsim.errors import ParameterError
from mcsim.mechanisms import Binary, ChiSquare, NegativeBinomial, Sizes, ThreeLevel

SMALL = {"n_schools": 3, "school_size": Sizes(2, 1, 3), "classroom_size": 4}


@pytest.mark.parametrize(
    ("factors", "fault"),
    [
        ({"classroom_size": None}, "classroom_size, occasions: given neither; allowed: one of them"),
        (
            {"occasions": 3},
            "classroom_size, occasions: given 4 and 3; allowed: one of them, rows are students or occasions",
        ),
        (
            {"school_size": Sizes(1)},
            (
                "school_size: given Sizes(1), one classroom in each school, so that both are the same; allowed: more "
                "in some schools"
            ),
        ),
        (
            {"school_size": NegativeBinomial(mean=5, cv=0.7)},
            (
                "school_size: given NegativeBinomial(mean=5.0, cv=0.7, drawn='every replication'); allowed: a whole "
                "number from 2 to 1000000000, or a pattern of given sizes: Sizes(...), SmallClusters(share, small, "
                "large)"
            ),
        ),
        (
            {"covariance_school": 1},
            (
                "covariance_school: given 1 without a slope_variance_school; allowed: None, or give the "
                "slope_variance_school too"
            ),
        ),
        (
            {"tau2_school": 1, "slope_variance_school": 0.1, "covariance_school": 1},
            (
                "covariance_school: given 1 with tau2_school 1 and slope_variance_school 0.1, a covariance matrix that "
                "is not positive semi-definite (smallest eigenvalue -0.5466); allowed: 0.316228 or less either way, "
                "the square root of tau2_school * slope_variance_school"
            ),
        ),
        (
            {"x_distribution": ChiSquare(df=3)},
            "x_distribution: given ChiSquare(df=3), but there is no x; allowed: Normal(), or give an effect of x",
        ),
        (
            {"classroom_size": None, "occasions": 3, "gamma100": 1, "x_sd": 2},
            "x_distribution, x_sd: given Normal() and 2, but time stands for x; allowed: leave them out",
        ),
        (
            {"gamma001": 1, "w_distribution": Binary(), "w_sd": 2},
            "w_sd: given 2 with Binary(), which is 0 and 1; allowed: leave w_sd out",
        ),
        (
            {"classroom_size": NegativeBinomial(mean=6, cv=0.7), "gamma100": 1, "predictors": "fixed"},
            "predictors: given 'fixed' with sizes drawn in every replication; allowed: 'random', or sizes drawn='once'",
        ),
    ],
)
def test_factors_that_make_no_sense_together_are_refused_with_the_reason(factors, fault):
    with pytest.raises(ParameterError) as caught:
        ThreeLevel(**{**SMALL, **factors})
    assert str(caught.value) == f"ThreeLevel: {fault}"


def test_every_fault_is_named():
    with pytest.raises(ParameterError) as caught:
        ThreeLevel(n_schools=3, school_size=Sizes(1), covariance=1, z_distribution=Binary())
    assert [line.partition(":")[0] for line in caught.value.faults] == [
        "classroom_size, occasions",
        "school_size",
        "covariance",
        "z_distribution",
    ]
