"""The performance chart."""

import itertools

import charting
import pytest

from mcsim.errors import ParameterError
from mcsim.report.charts import performance, style
from mcsim.report.charts.request import Request

FACTORS = {f"c{n}{size}": {"n": n, "size": size} for n in (10, 20, 50) for size in (5, 50)}
MANY = tuple(f"method {number}" for number in range(performance.MOST_LINES + 1))


def what(factors=FACTORS, methods=("A", "B"), **asked):
    tables = charting.tables(charting.measured(factors, methods), factors=factors)
    return performance.what(tables, Request(**asked))


def test_a_line_for_each_method_over_the_factor_in_panels_by_the_other() -> None:
    drawing = what()
    assert drawing.titles == {"x": "n", "y": "coverage of x", "note": ""}
    assert drawing.orders["x"] == ["10", "20", "50"]
    assert drawing.orders["column"] == ["size = 5", "size = 50"]
    assert drawing.orders["method"] == ["A", "B"]
    assert len(drawing.data["figures"]) == 12
    assert 2 * drawing.sizes["width"] < style.PAGE_WIDTH


def test_factors_in_which_conditions_in_one_place_differ_are_named() -> None:
    grid = {str(levels): dict(zip("nabc", levels, strict=True)) for levels in itertools.product((1, 2), repeat=4)}
    assert what(grid).titles["note"] == "conditions in one place differ in c"
    assert "conditions in one place differ in c" in charting.svg(performance.draw(what(grid)))


def test_with_more_methods_than_lines_can_show_they_stand_below_each_other() -> None:
    drawing = what(methods=MANY)
    assert drawing.orders["column"] == ["n = 10", "n = 20", "n = 50"]
    assert drawing.orders["row"] == ["size = 5", "size = 50"]
    assert {row["column"] for row in drawing.data["figures"]} == set(drawing.orders["column"])


def test_one_method_needs_no_legend() -> None:
    assert what(methods=("A",)).orders["legend"] == []


def test_one_measure_at_a_time() -> None:
    with pytest.raises(ParameterError, match="one on this kind of chart"):
        what(measures=("bias", "rmse"))


@pytest.mark.parametrize("methods", [("A", "B & <i>"), MANY])
@pytest.mark.parametrize("factors", [FACTORS, {"c1": {"n": 10}}])
def test_it_can_be_drawn(methods, factors) -> None:
    svg = charting.svg(performance.draw(what(factors, methods)))
    assert "coverage of x" in svg


def test_a_grid_with_holes_can_be_drawn() -> None:
    holes = {key: values for key, values in FACTORS.items() if key not in {"c105", "c2050"}}
    assert "size = 50" in charting.svg(performance.draw(what(holes)))
