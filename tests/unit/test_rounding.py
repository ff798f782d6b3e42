"""How numbers stand in tables."""

import math

import pytest

from mcsim.rounding import format_value, percent, word

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "mcse", "text"),
    [
        (0.9482, 0.0071, "0.948 (0.007)"),
        (0.922110552763819, 0.0134335028233175, "0.922 (0.013)"),
        (0.0256027200939705, 0.00755911018200621, "0.026 (0.008)"),
        (-3.20785228768276, 3.48719171888639, "-3.2 (3.5)"),
        (49.7749338834946, 11.7021741774369, "50 (12)"),
        (1432.7513, 71.2, "1433 (71)"),
        (2.5, 0.0999, "2.50 (0.10)"),
        (0.5, 0.0096, "0.500 (0.010)"),
        (-0.0001, 0.004, "0.000 (0.004)"),
        (0.0, 0.02, "0.000 (0.020)"),
        (2e-7, 3.1e-9, "2.000e-07 (3.1e-09)"),
        (123456789.0, 12345.0, "1.23457e+08 (1.2e+04)"),
        (0.0, 1.2e-310, "0e+00 (1.2e-310)"),
    ],
)
def test_a_value_has_the_decimals_of_its_mcse_which_keeps_one_or_two_digits(
    value: float, mcse: float, text: str
) -> None:
    assert format_value(value, mcse) == text


@pytest.mark.parametrize(
    ("value", "mcse", "text"),
    [
        (NAN, NAN, "-"),
        (NAN, 0.1, "-"),
        (0.123456, NAN, "0.1235 (-)"),
        (math.inf, NAN, "inf (-)"),
        (0.392, 0.0, "0.392 (0)"),
        (0.392, 7e-18, "0.392 (0)"),
    ],
)
def test_without_an_mcse_a_value_claims_none(value: float, mcse: float, text: str) -> None:
    assert format_value(value, mcse) == text


@pytest.mark.parametrize(
    ("value", "interval", "text"),
    [
        (1.0, (0.996173, 1.0), "1 [0.9962, 1]"),
        (0.0, (0.0, 0.161125), "0 [0, 0.16]"),
        (1.0, (0.99962, 1.0), "1 [0.99962, 1]"),
        (0.0, (-0.003827, 0.003827), "0 [-0.004, 0.004]"),
        (-1.0, (-1.0, -0.6777), "-1 [-1, -0.68]"),
        (0.5, (NAN, NAN), "0.5 (-)"),
    ],
)
def test_a_proportion_of_0_or_1_and_a_difference_of_pairs_that_are_all_alike_show_their_interval(
    value: float, interval: tuple[float, float], text: str
) -> None:
    assert format_value(value, NAN, interval=interval) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0%"), (1.0, "100.0%"), (0.0321, "3.2%"), (0.0001, "<0.1%"), (NAN, "-")]
)
def test_a_share_is_a_percentage_and_never_0_for_one_that_is_not(share: float, text: str) -> None:
    assert percent(share) == text


def test_an_absent_factor_and_truth_are_a_dash_and_a_number_its_plain_text() -> None:
    assert [word(None), word(NAN), word(3.0), word(0.25), word("random")] == ["-", "-", "3", "0.25", "random"]
