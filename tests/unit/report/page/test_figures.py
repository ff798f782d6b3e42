"""The performance table as the page carries it: what the page makes of it is what is in it."""

import math

import charting
import pytest
from page_content import column_of

from mcsim.measures import Z95, wilson_interval
from mcsim.report.page.figures import conditions_of, figures_of, rounded, varying_levels

FACTORS = {
    "c1": {"n": 10, "slope": None, "fixed": 1},
    "c2": {"n": 5, "slope": 0.5, "fixed": 1},
    "c3": {"n": 10, "slope": 0.5, "fixed": 1},
}


def carried(figures, **more):
    """The figures as the page's script has them, after data.js."""
    found = figures_of(charting.tables(figures, factors=FACTORS, **more), 0.8)
    columns = {name: column_of(column, found["length"]) for name, column in found["words"].items()}
    rows = [
        {name: values[place] for name, values in {**columns, **found["numbers"]}.items()}
        for place in range(found["length"])
    ]
    for place, row in enumerate(rows):
        row["lower"], row["upper"] = found["limits"].get(place) or around(row["value"], row["mcse"])
        bands = found["bands"][row["band"]] if row["band"] >= 0 else around(row["reference"], row["mcse"])
        row["band_lower"], row["band_upper"] = bands
    return rows


def around(middle, mcse):
    return (None, None) if middle is None or mcse is None else (middle - Z95 * mcse, middle + Z95 * mcse)


def test_a_figure_comes_back_to_six_digits_with_its_interval_and_band() -> None:
    exact = charting.figure("c1", "A", "bias", 1 / 3, mcse=1 / 70)
    exact |= {"lower": 1 / 3 - Z95 / 70, "upper": 1 / 3 + Z95 / 70}
    (row,) = carried([exact])
    given = {name: row[name] for name in ("condition", "method", "estimand", "measure", "n_used", "n_missing")}
    assert given == {name: exact[name] for name in given}
    assert (row["value"], row["mcse"]) == (0.333333, 0.0142857)
    assert (row["lower"], row["upper"]) == pytest.approx((exact["lower"], exact["upper"]), abs=1e-6)
    assert row["reference"] == 0
    assert (row["band_lower"], row["band_upper"]) == pytest.approx((-Z95 / 70, Z95 / 70), abs=1e-6)
    assert (row["shown"], row["missing"]) == ("0.333 (0.014)", "0%")


def test_limits_that_are_not_the_value_and_its_errors_are_carried() -> None:
    lower, upper = wilson_interval(1.0, 1000)
    sure = charting.figure("c1", "A", "coverage", 1.0, mcse=math.nan) | {"lower": lower, "upper": upper}
    (row,) = carried([sure])
    assert row["mcse"] is None
    assert (row["lower"], row["upper"]) == pytest.approx((lower, 1.0), abs=1e-6)


def test_the_band_of_a_proportion_is_that_of_its_reference_and_carried_once() -> None:
    rows = [charting.figure(key, method, "coverage", 0.9) for key in FACTORS for method in ("A", "B")]
    half = Z95 * math.sqrt(0.95 * 0.05 / 1000)
    assert len(figures_of(charting.tables(rows, factors=FACTORS), 0.8)["bands"]) == 1
    for row in carried(rows):
        assert (row["band_lower"], row["band_upper"]) == pytest.approx((0.95 - half, 0.95 + half), abs=1e-6)


def test_a_measure_without_a_reference_has_no_band_and_one_without_an_error_no_limits() -> None:
    (row,) = carried([charting.figure("c1", "A", "rmse", 0.4)])
    assert (row["reference"], row["band_lower"], row["band_upper"]) == (None, None, None)
    (row,) = carried([charting.figure("c1", "A", "rmse", 0.4, mcse=math.nan)])
    assert (row["mcse"], row["lower"], row["upper"]) == (None, None, None)


def test_the_power_to_reach_is_the_reference_of_rejection() -> None:
    assert [row["reference"] for row in carried([charting.figure("c1", "A", "rejection", 0.6)])] == [0.8]


def test_a_figure_without_a_value_stays_only_if_something_is_missing() -> None:
    none = charting.figure("c1", "A", "bias", math.nan, mcse=math.nan, n_used=0)
    lost = charting.figure("c2", "A", "bias", math.nan, mcse=math.nan, n_used=0, n_missing=1000)
    (row,) = carried([none, lost])
    assert (row["condition"], row["value"], row["n_missing"], row["missing"]) == ("c2", None, 1000, "100.0%")


def test_factors_that_vary_have_their_levels_as_texts_and_conditions_their_places() -> None:
    tables = charting.tables(charting.measured(FACTORS), factors=FACTORS)
    factors = varying_levels(tables)
    assert factors == {"n": ["5", "10"], "slope": ["0.5", "-"]}
    assert conditions_of(tables, factors) == [
        {"key": "c1", "levels": {"n": 1, "slope": 1}},
        {"key": "c2", "levels": {"n": 0, "slope": 0}},
        {"key": "c3", "levels": {"n": 1, "slope": 0}},
    ]


@pytest.mark.parametrize(("given", "expected"), [(1234567.8, 1234570.0), (None, None), (math.inf, None)])
def test_numbers_are_rounded_to_six_digits(given, expected) -> None:
    assert rounded(given) == expected
