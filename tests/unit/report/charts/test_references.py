"""The value that a measure should have, with the band that Monte Carlo error gives it."""

import math

import pytest

from mcsim.measures import MEASURES
from mcsim.report.charts.references import Aim, reference

AIM = Aim(truth=0.3, level=0.95, power=0.8)


def of(measure, aim=AIM, mcse=0.01, n=1000):
    return reference(measure, aim, mcse=mcse, n=n)


@pytest.mark.parametrize("measure", ["bias", "relative_bias", "relative_precision", "difference_coverage"])
def test_a_difference_should_be_0_give_or_take_its_own_error(measure) -> None:
    assert of(measure) == pytest.approx((0.0, -0.0196, 0.0196), abs=1e-6)


@pytest.mark.parametrize("measure", ["coverage", "coverage_all", "bias_eliminated_coverage"])
def test_an_interval_should_cover_at_its_level_with_a_binomial_band(measure) -> None:
    half = 1.959964 * math.sqrt(0.95 * 0.05 / 1000)
    assert of(measure) == pytest.approx((0.95, 0.95 - half, 0.95 + half), abs=1e-6)
    assert of(measure, Aim(0.3, 0.9, 0.8)).value == 0.9


def test_a_test_should_reach_the_power_or_keep_its_level_where_the_truth_is_0() -> None:
    assert of("rejection").value == 0.8
    assert of("rejection", Aim(0.0, 0.95, 0.8)).value == pytest.approx(0.05)
    assert math.isnan(of("rejection", Aim(math.nan, 0.95, 0.8)).value)


def test_a_band_of_a_proportion_stays_between_0_and_1() -> None:
    assert of("coverage", n=10).upper == 1.0
    assert of("rejection", Aim(0.0, 0.95, 0.8), n=10).lower == 0.0


def test_without_replications_there_is_no_band() -> None:
    band = of("coverage", n=0)
    assert band.value == 0.95
    assert math.isnan(band.lower)
    assert math.isnan(band.upper)


def test_a_measure_with_no_aim_has_no_reference() -> None:
    without = {measure for measure in MEASURES if math.isnan(of(measure).value)}
    assert without == {"empirical_se", "model_se", "mse", "rmse", "ci_width", "convergence", "singular"}
