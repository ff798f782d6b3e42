"""Lollipop chart: rows, columns, and what is refused."""

import pytest
from charting import NAN, figure, svg, tables

from mcsim.errors import ParameterError
from mcsim.report.charts.lollipop import draw, what
from mcsim.report.charts.request import Request
from mcsim.report.charts.words import BETWEEN

FACTORS = {"c1": {"n": 10, "slope": None, "tau2": 1.0}, "c2": {"n": 20, "slope": 0.5, "tau2": 1.0}}


def drawing(
    methods: tuple[str, ...] = ("REML", "ML"),
    measures: tuple[str, ...] = ("bias", "coverage", "rmse"),
    **request: object,
):
    rows = [figure(key, method, measure, 0.9) for key in FACTORS for method in methods for measure in measures]
    return what(tables(rows, FACTORS), Request(**request))


def test_methods_stand_below_the_name_of_their_condition() -> None:
    of = drawing()
    assert of.orders["y"] == [key + BETWEEN + name for key in ("c1", "c2") for name in ("", "REML", "ML")]
    assert [row["head"] for row in of.data["figures"] if "head" in row] == ["n = 10", "n = 20"]


def test_with_one_method_a_row_is_a_condition() -> None:
    of = drawing(methods=("REML",))
    assert of.orders["y"] == [f"c1{BETWEEN}n = 10", f"c2{BETWEEN}n = 20"]
    assert not any("head" in row for row in of.data["figures"])


def test_with_one_condition_its_factors_are_not_repeated() -> None:
    of = drawing(where={"n": ("10",)})
    assert of.orders["y"] == [f"c1{BETWEEN}REML", f"c1{BETWEEN}ML"]


def test_by_default_it_shows_of_the_four_measures_what_exists() -> None:
    assert drawing().orders["measure"] == ["bias", "coverage"]


def test_the_measures_that_are_asked_for_are_shown_in_their_order() -> None:
    assert drawing(measures=("rmse", "bias")).orders["measure"] == ["bias"]
    of = what(
        tables([figure("c1", "REML", measure, 0.1) for measure in ("bias", "rmse")], FACTORS),
        Request(measures=("rmse", "bias")),
    )
    assert of.orders["measure"] == ["RMSE", "bias"]


def test_a_measure_without_a_value_to_reach_has_no_stem_and_a_figure_without_error_no_interval() -> None:
    rows = [figure("c1", "REML", "rmse", 0.1), figure("c1", "REML", "bias", 0.1, mcse=NAN)]
    of = what(tables(rows, FACTORS), Request(measures=("rmse", "bias")))
    by_measure = {row["measure"]: row for row in of.data["figures"]}
    assert by_measure["rmse"]["reference"] is None
    assert by_measure["bias"]["lower"] is None


def test_more_rows_than_can_be_read_are_refused_with_the_factors_to_hold() -> None:
    factors = {f"c{n}": {"n_clusters": n} for n in range(40)}
    rows = [figure(key, method, "bias", 0.1) for key in factors for method in ("REML", "ML")]
    with pytest.raises(
        ParameterError, match=r"rows: given 40 conditions of 2 methods; allowed: at most 60; .*n_clusters"
    ):
        what(tables(rows, factors), Request())


def test_it_is_drawn_with_the_names_as_they_are() -> None:
    picture = svg(draw(drawing(methods=("R&D", "a<b"))))
    assert "R&amp;D" in picture
    assert "a&lt;b" in picture
    assert "n = 20" in picture
