"""Names as they stand on charts."""

import pytest

from mcsim.report.charts.words import measure_title, of_estimand


@pytest.mark.parametrize(
    ("measure", "title"),
    [
        ("coverage", "coverage"),
        ("rmse", "RMSE"),
        ("empirical_se", "empirical SE"),
        ("ci_width", "CI width"),
        ("relative_error_model_se", "relative error of model SE (%)"),
        ("coverage_all", "coverage, missing fits as misses"),
        ("bias_eliminated_coverage", "bias-eliminated coverage"),
        ("difference_bias", "difference in bias"),
    ],
)
def test_a_measure_is_written_in_words_with_its_unit(measure, title) -> None:
    assert measure_title(measure) == title


def test_the_unit_stands_after_the_estimand() -> None:
    assert of_estimand("coverage", "x:z") == "coverage of x:z"
    assert of_estimand("relative_precision", "x") == "relative precision of x (%)"
