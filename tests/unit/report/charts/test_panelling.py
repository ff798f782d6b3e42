"""A panel for each condition and method."""

import numpy as np
import pytest

from mcsim.report.charts import style
from mcsim.report.charts.panelling import beyond, drawn, extent, panels, short, shortened
from mcsim.report.charts.replications import Chosen
from mcsim.report.charts.request import Request


def placed(conditions, methods):
    texts = {f"c{number}": f"n = {number}" for number in range(conditions)}
    chosen = Chosen("x", texts, [f"m{number}" for number in range(methods)], ())
    return panels(chosen, [(key, label) for key in texts for label in chosen.methods])


def test_methods_stand_in_columns_and_conditions_in_rows() -> None:
    found = placed(3, 2)
    assert found.orders == {"row": ["n = 0", "n = 1", "n = 2"], "column": ["m0", "m1"], "panel": []}
    assert found.places["c2", "m1"] == {"row": "n = 2", "column": "m1", "panel": ""}


def test_many_methods_stand_in_rows() -> None:
    found = placed(2, 8)
    assert (len(found.orders["row"]), found.orders["column"]) == (8, ["n = 0", "n = 1"])


@pytest.mark.parametrize(
    ("conditions", "methods", "first", "columns"), [(1, 17, "m0", 4), (6, 1, "n = 0", 3), (1, 1, "m0", 1)]
)
def test_one_condition_or_one_method_runs_on(conditions, methods, first, columns) -> None:
    found = placed(conditions, methods)
    assert found.orders["panel"][0] == first
    assert len(found.orders["panel"]) == max(conditions, methods)
    assert found.sizes["columns"] == columns
    assert found.sizes["width"] * columns <= style.PAGE_WIDTH


def test_what_has_nothing_to_show_has_no_panel() -> None:
    chosen = Chosen("x", {"c1": "n = 1", "c2": "n = 2"}, ["A", "B"], ())
    assert panels(chosen, [("c1", "B"), ("c2", "B")]).orders["panel"] == ["n = 1", "n = 2"]


def test_an_axis_reaches_to_the_extremes() -> None:
    low, high = extent(np.linspace(0, 1, 1000), [np.nan, np.inf])
    assert -0.1 < low < 0
    assert 1 < high < 1.1


def test_an_axis_does_not_follow_a_value_that_lies_far_out() -> None:
    assert extent([*np.linspace(0, 1, 1000), 1e6])[1] < 2
    assert extent([*np.linspace(0, 1, 1000), -1e6])[0] > -1


@pytest.mark.parametrize("values", [[], [np.nan], [0.0], [3.0, 3.0]])
def test_an_axis_has_a_length_whatever_there_is(values) -> None:
    low, high = extent(values)
    assert low < high


def test_what_lies_beyond_an_axis_is_said() -> None:
    assert beyond((0.0, 1.0), np.array([0.0, 1.0, np.nan])) == ""
    assert beyond((0.0, 1.0), np.array([-1.0, 0.5]), np.array([np.inf])) == "; 2 beyond the axis"


def test_the_more_panels_the_fewer_replications_in_each() -> None:
    assert len(drawn(5000, Request(), panels=1)) == 1000
    assert len(drawn(5000, Request(), panels=24)) * 24 <= 4000
    assert drawn(5000, Request(most_drawn=9), panels=3) == [0, 2500, 4999]
    assert drawn(3, Request(), panels=24) == [0, 1, 2]


def test_numbers_are_short() -> None:
    assert short(1 / 3) == 0.33333
    assert short(np.nan) is None


def test_many_numbers_are_as_short_as_one() -> None:
    rng = np.random.default_rng(1)
    numbers = rng.standard_normal(2000) * 10.0 ** rng.integers(-12, 12, 2000)
    numbers[:3] = 0.0, -99999.7, 1e5
    assert shortened(numbers) == [short(number) for number in numbers]
