"""Nested loop plot: where conditions stand, and what the lines of factors say."""

import math

import pytest
from charting import figure, svg, tables

from mcsim.report.charts.nested_loop import draw, what
from mcsim.report.charts.request import Request
from mcsim.report.charts.words import BETWEEN

GRID = {
    "c1": {"n": 20, "tau2": 1.0, "slope": None, "sigma2": 3.0},
    "c2": {"n": 10, "tau2": 5.0, "slope": 0.5, "sigma2": 3.0},
    "c3": {"n": 10, "tau2": 1.0, "slope": None, "sigma2": 3.0},
    # 20 with tau2 = 5 does not exist.
}


def drawing(**request: object):
    rows = [figure(key, method, "coverage", 0.9) for key in GRID for method in ("REML", "ML")]
    return what(tables(rows, GRID), Request(**request))


def test_conditions_stand_in_the_order_of_their_factors_and_a_missing_combination_takes_no_place() -> None:
    places = {row["condition"]: (row["start"], row["end"]) for row in drawing().data["figures"]}
    assert places == {"c3": (0, 1), "c2": (1, 2), "c1": (2, 3)}


def test_a_factor_that_is_asked_for_changes_slowest() -> None:
    places = {row["condition"]: row["start"] for row in drawing(x="tau2").data["figures"]}
    assert places == {"c3": 0, "c1": 1, "c2": 2}


def test_factors_that_vary_together_share_a_line_and_a_level_of_each_is_named() -> None:
    levels = drawing().data["levels"]
    assert [run for run in levels if run["factor"] == "tau2, slope"] == [
        {"factor": "tau2, slope", "level": f"tau2, slope{BETWEEN}1 / -", "start": 0, "end": 1},
        {"factor": "tau2, slope", "level": f"tau2, slope{BETWEEN}5 / 0.5", "start": 1, "end": 2},
        {"factor": "tau2, slope", "level": f"tau2, slope{BETWEEN}1 / -", "start": 2, "end": 3},
    ]


def test_a_level_that_lasts_is_one_run() -> None:
    runs = [(run["level"], run["start"], run["end"]) for run in drawing().data["levels"] if run["factor"] == "n"]
    assert runs == [(f"n{BETWEEN}10", 0, 2), (f"n{BETWEEN}20", 2, 3)]


def test_a_factor_rises_on_the_page_as_its_levels_do_and_absence_is_lowest() -> None:
    factors = {"c1": {"slope": None}, "c2": {"slope": 1.0}, "c3": {"slope": 3.0}}
    of = what(tables([figure(key, "REML", "bias", 0.1) for key in factors], factors), Request(measures=("bias",)))
    assert of.orders["level"] == [f"slope{BETWEEN}{text}" for text in ("", "3", "1", "-")]


def test_every_figure_has_its_interval_reference_and_band() -> None:
    row = drawing().data["figures"][0]
    assert row["lower"] == pytest.approx(0.8804, abs=1e-6)
    assert row["upper"] == pytest.approx(0.9196, abs=1e-6)
    assert row["reference"] == 0.95
    assert row["band_lower"] < 0.95 < row["band_upper"]


def test_a_line_is_interrupted_where_a_method_has_no_figure() -> None:
    rows = [figure("c3", "ML", "coverage", math.nan), *(figure(key, "REML", "coverage", 0.9) for key in GRID)]
    rows += [figure(key, "ML", "coverage", 0.9) for key in ("c1", "c2")]
    of = what(tables(rows, GRID), Request())
    assert [(row["start"], row["value"]) for row in of.data["figures"] if row["method"] == "ML"] == [
        (0, None),
        (1, 0.9),
        (2, 0.9),
    ]


def test_one_method_needs_no_legend_and_many_have_a_panel_each() -> None:
    one = what(tables([figure(key, "REML", "coverage", 0.9) for key in GRID], GRID), Request())
    many = [figure(key, f"method {i}", "coverage", 0.9) for key in GRID for i in range(12)]
    apart = what(tables(many, GRID), Request())
    assert not one.orders["legend"]
    assert not apart.orders["legend"]
    assert len(apart.orders["method"]) == 12
    assert "method 11" in svg(draw(apart))


def test_names_with_special_characters_are_drawn_as_they_are() -> None:
    factors = {"c1": {"a<b": 1}, "c2": {"a<b": 2}}
    rows = [figure(key, method, "coverage", 0.9) for key in factors for method in ("R&D", 'say "no"')]
    picture = svg(draw(what(tables(rows, factors), Request())))
    assert "R&amp;D" in picture
    assert "a&lt;b" in picture
    assert 'say "no"' in picture or "say &quot;no&quot;" in picture
