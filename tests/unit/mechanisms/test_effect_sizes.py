"""A difference of means stated by Cohen's d."""

import pytest

from mcsim.errors import ParameterError
from mcsim.mechanisms.effect_sizes import mean_difference


@pytest.mark.parametrize(("standardizer", "sd"), [("total", 2.5), ("within", 2.0), ("between", 1.5)])
def test_cohens_d_is_in_standard_deviations_of_the_variance_that_is_named(standardizer, sd):
    assert mean_difference(-0.4, tau2=2.25, sigma2=4, standardizer=standardizer) == pytest.approx(-0.4 * sd)


def test_cohens_d_is_in_total_standard_deviations_unless_said_otherwise():
    assert mean_difference(0.4, tau2=0.36, sigma2=0.64) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("standardizer", "fault"),
    [
        ("betwen", "given 'betwen'; allowed: one of 'total', 'within', 'between'; did you mean between?"),
        ("between", "given 'between', a variance of 0; allowed: one whose variance is above 0"),
    ],
)
def test_a_standardizer_without_a_variance_is_refused(standardizer, fault):
    with pytest.raises(ParameterError) as caught:
        mean_difference(0.4, tau2=0, sigma2=1, standardizer=standardizer)
    assert list(caught.value.faults) == [f"standardizer: {fault}"]
