"""Performance figures as rows to draw."""

import math

import charting
import pytest

from mcsim.errors import ParameterError
from mcsim.report.charts.figures import (
    chosen_factors,
    condition_words,
    default_estimand,
    default_measure,
    figures,
    panels,
)
from mcsim.report.charts.request import Request

FACTORS = {
    "c1": {"n": 10, "size": 5, "slope": None},
    "c2": {"n": 20, "size": 5, "slope": None},
    "c3": {"n": 10, "size": 50, "slope": None},
    "c4": {"n": 20, "size": 50, "slope": None},
}
LEVELS = {"B": 0.9, "A": 0.95}


def drawn(rows, request=None, **more):
    tables = charting.tables(rows, factors=FACTORS, levels=LEVELS, **more)
    return figures(tables, request or Request(), measures=["coverage"], estimands=["x"])


def test_rows_stand_in_the_order_of_the_study_with_their_places_as_texts() -> None:
    found = drawn(charting.measured(FACTORS, methods=("A", "B"))[::-1])
    places = [(row["condition"], row["method"], row["x"], row["column"], row["row"]) for row in found.rows]
    assert places[:4] == [
        ("c1", "B", "10", "size = 5", ""),
        ("c1", "A", "10", "size = 5", ""),
        ("c2", "B", "20", "size = 5", ""),
        ("c2", "A", "20", "size = 5", ""),
    ]
    assert found.methods == ["B", "A"]
    assert panels(found.layout, "column") == ["size = 5", "size = 50"]
    assert panels(found.layout, "row") == [""]


def test_a_row_has_its_interval_its_reference_and_what_it_rests_on() -> None:
    row = drawn([charting.figure("c1", "B", "coverage", 0.912, mcse=0.009, n_used=968, n_missing=32)]).rows[0]
    assert (row["reference"], row["shown"], row["n_used"], row["missing"]) == (0.9, "0.912 (0.009)", 968, "3.2%")
    assert row["lower"] < 0.912 < row["upper"]
    assert row["band_lower"] == pytest.approx(0.9 - 1.96 * math.sqrt(0.09 / 968), abs=1e-4)


def test_a_figure_without_a_value_is_no_row_and_an_error_that_does_not_exist_is_none() -> None:
    rows = [
        charting.figure("c1", "A", "coverage", math.nan),
        charting.figure("c2", "A", "coverage", 1.0, mcse=math.nan),
    ]
    found = drawn(rows).rows
    assert [row["condition"] for row in found] == ["c2"]
    assert (found[0]["lower"], found[0]["upper"]) == (None, None)


def test_only_conditions_that_have_figures_have_a_place() -> None:
    found = drawn(charting.measured(["c1", "c2"]))
    assert (found.layout.x, found.layout.column) == ("n", None)


def test_where_keeps_conditions_by_the_texts_of_levels() -> None:
    tables = charting.tables(charting.measured(FACTORS), factors=FACTORS)
    assert list(chosen_factors(tables, Request(where={"n": ("20",), "size": ("5", "50")}))) == ["c2", "c4"]
    assert list(chosen_factors(tables, Request(where={"slope": ("-",)}))) == list(FACTORS)


def test_conditions_are_named_by_what_tells_them_apart() -> None:
    assert condition_words(FACTORS)["c3"] == "n = 10, size = 50"
    assert condition_words({"c1": FACTORS["c1"]}) == {"c1": ""}


def test_where_nothing_is_left_it_says_what_was_asked_for() -> None:
    with pytest.raises(ParameterError, match=r"no figure for measure coverage, estimand x, method A, n = 20"):
        drawn(charting.measured(["c1"]), Request(methods=("A",), where={"n": ("20",)}))


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["(Intercept)", "var_x|cluster", "x", "z"], "x"),
        (["(Intercept)", "sigma", "cor_x.(Intercept)|cluster"], "(Intercept)"),
    ],
)
def test_the_estimand_is_the_first_effect_that_is_no_intercept(names, first) -> None:
    rows = [charting.figure("c1", "A", "bias", 0.0, estimand=name) for name in names]
    assert default_estimand(charting.tables(rows, factors=FACTORS)) == first


def test_where_a_study_has_no_intervals_its_first_measure_with_values_is_drawn() -> None:
    rows = [
        charting.figure("c1", "A", "coverage", math.nan),
        charting.figure("c1", "A", "rmse", 0.3),
        charting.figure("c1", "A", "bias", 0.1),
    ]
    tables = charting.tables(rows, factors=FACTORS)
    assert default_measure(tables, "x") == "bias"
    assert default_measure(charting.tables(charting.measured(FACTORS), factors=FACTORS), "x") == "coverage"


def test_the_interval_of_a_proportion_ends_at_0_and_1() -> None:
    row = drawn([charting.figure("c1", "A", "coverage", 0.993, mcse=0.007)]).rows[0]
    assert (row["upper"], row["lower"]) == (1.0, pytest.approx(0.9793, abs=1e-4))
