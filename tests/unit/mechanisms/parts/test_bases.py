"""The bases of parts say what a part must give: one that lacks it is no part."""

import pytest

from mcsim.mechanisms.parts.covariates import Predictor
from mcsim.mechanisms.parts.distributions import Distribution
from mcsim.mechanisms.parts.missing import Missing
from mcsim.mechanisms.parts.residual_correlation import ResidualCorrelation
from mcsim.mechanisms.parts.residual_variance import ResidualVariance
from mcsim.mechanisms.parts.sizes import DrawnSizes, GivenSizes, SizePattern

GIVEN = {Predictor: {"name": "age"}, Missing: {"rate": 0.1}, DrawnSizes: {"mean": 5, "cv": 1}}


@pytest.mark.parametrize(
    "base",
    [DrawnSizes, Distribution, GivenSizes, Missing, Predictor, ResidualCorrelation, ResidualVariance, SizePattern],
)
def test_a_base_is_no_part(base):
    with pytest.raises(TypeError, match="abstract"):
        base(**GIVEN.get(base, {}))
