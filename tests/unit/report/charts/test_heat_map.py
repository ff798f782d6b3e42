"""Heat map: which figure stands in which cell, its colour, and when it is bold."""

import math

import pytest
from charting import figure, svg, tables

from mcsim.errors import ParameterError
from mcsim.report.charts.heat_map import ABOVE, AT, BELOW, draw, what
from mcsim.report.charts.request import Request

FACTORS = {
    f"c{n}-{tau2}-{size}": {"n": n, "size": size, "tau2": tau2, "slope": None if size == 5 else 1.0}
    for n in (10, 20)
    for tau2 in (1.0, 5.0)
    for size in (5, 50)
    if (n, tau2) != (20, 5.0)
}
METHODS = ("REML", "OLS")


def drawing(measure: str = "coverage", value: float = 0.94, **request: object):
    rows = [figure(key, method, measure, value) for key in FACTORS for method in METHODS]
    return what(tables(rows, FACTORS), Request(measures=(measure,), **request))


def test_two_factors_span_the_map_a_third_its_columns_and_methods_its_rows() -> None:
    of = drawing(x="n", row="tau2", column="size")
    assert of.orders["x"] == ["10", "20"]
    assert of.orders["y"] == ["1", "5"]
    assert of.orders["column"] == ["size = 5", "size = 50"]
    assert of.orders["panel"] == list(METHODS)
    assert (of.titles["x"], of.titles["y"]) == ("n", "tau2")


def test_a_combination_that_does_not_exist_is_an_empty_cell() -> None:
    of = drawing(x="n", row="tau2", column="size")
    cells = {(row["x"], row["y"], row["column"], row["panel"]) for row in of.data["figures"]}
    assert len(cells) == len(of.data["figures"]) == 12
    assert ("20", "5", "size = 5", "REML") not in cells


def test_a_factor_without_a_place_shares_the_vertical_axis_and_no_cell_holds_two_figures() -> None:
    factors = {
        f"c{a}{b}{c}{d}": {"a": a, "b": b, "c": c, "d": d}
        for a in (1, 2)
        for b in (1, 2)
        for c in (1, 2)
        for d in (1, 2)
    }
    of = what(tables([figure(key, "REML", "coverage", 0.9) for key in factors], factors), Request(x="a", column="b"))
    assert of.titles["y"] == "c, d"
    assert of.orders["y"] == ["1, 1", "1, 2", "2, 1", "2, 2"]
    assert len({(row["x"], row["y"], row["column"]) for row in of.data["figures"]}) == 16


def test_with_one_factor_methods_stand_on_the_vertical_axis() -> None:
    factors = {"c1": {"n": 6}, "c2": {"n": 10}}
    rows = [figure(key, f"method {i}", "coverage", 0.9) for key in factors for i in range(17)]
    of = what(tables(rows, factors), Request())
    assert of.orders["y"] == [f"method {i}" for i in range(17)]
    assert of.orders["panel"] == [""]
    assert {row["panel"] for row in of.data["figures"]} == {""}


def test_colours_diverge_from_the_value_that_the_measure_should_have() -> None:
    rows = [figure("c1", "REML", "bias", -0.3), figure("c2", "REML", "bias", 0.1)]
    of = what(tables(rows, {"c1": {"n": 1}, "c2": {"n": 2}}), Request(measures=("bias",)))
    assert of.orders["domain"] == [-0.3, 0, 0.3]
    assert of.orders["range"] == [BELOW, AT, ABOVE]
    assert of.titles["note"].startswith("white: 0;")


def test_colours_of_a_measure_without_such_a_value_run_from_the_smallest_to_the_largest() -> None:
    rows = [figure("c1", "REML", "rmse", 0.2), figure("c2", "REML", "rmse", 0.5)]
    of = what(tables(rows, {"c1": {"n": 1}, "c2": {"n": 2}}), Request(measures=("rmse",)))
    assert of.orders["domain"] == [0.2, 0.5]
    assert of.orders["range"] == [AT, ABOVE]
    assert "bold" not in of.titles["note"]


@pytest.mark.parametrize(("value", "off"), [(0.94, False), (0.963, False), (0.936, True), (0.98, True)])
def test_a_value_is_off_outside_the_monte_carlo_band_of_the_reference(value: float, off: bool) -> None:
    assert {row["off"] for row in drawing(value=value).data["figures"]} == {off}


def test_a_value_without_an_interval_is_not_off() -> None:
    rows = [figure("c1", "REML", "bias", 0.3, mcse=math.nan), figure("c2", "REML", "bias", 0.3)]
    of = what(tables(rows, {"c1": {"n": 1}, "c2": {"n": 2}}), Request(measures=("bias",)))
    assert [row["off"] for row in of.data["figures"]] == [False, True]


def test_more_cells_than_can_be_read_are_refused_with_the_factors_to_hold() -> None:
    factors = {f"c{n}": {"n": n, "tau2": n % 7} for n in range(70)}
    rows = [figure(key, "REML", "coverage", 0.9) for key in factors]
    with pytest.raises(
        ParameterError, match=r"cells .* given \d+; allowed: at most .*--where FACTOR=LEVEL \(n, tau2\)"
    ):
        what(tables(rows, factors), Request())


def test_a_map_is_drawn_with_value_and_error_in_each_cell() -> None:
    picture = svg(draw(drawing(value=0.9)))
    assert picture.count(">0.900<") == 12
    assert picture.count(">(0.010)<") == 12
    assert 'font-weight="bold"' in picture
