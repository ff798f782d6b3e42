"""Power curve: which conditions have power, where curves stand, and what is said of the smallest level."""

import pytest
from charting import NAN, figure, svg, tables

from mcsim.errors import ParameterError
from mcsim.report.charts.power_curve import draw, what
from mcsim.report.charts.request import Request

POWER = {10: 0.4, 20: 0.7, 40: 0.95}


def factors(**others: object):
    return {f"c{n}": {"n_clusters": n, "tau2": 1.0, **others} for n in POWER}


def rejections(method: str = "REML", **others: object):
    return [figure(f"c{n}", method, "rejection", share, **others) for n, share in POWER.items()]


def part(drawing, name: str):
    return [row for row in drawing.data["figures"] if row["part"] == name]


def test_figures_stand_at_the_numbers_of_their_levels_with_the_line_of_the_power_asked_for() -> None:
    of = what(tables(rejections(), factors()), Request(power=0.9))
    assert [(row["at"], row["value"]) for row in part(of, "figure")] == [(10, 0.4), (20, 0.7), (40, 0.95)]
    assert {row["reference"] for row in part(of, "figure")} == {0.9}
    assert of.orders["x"] == [10, 20, 40]


def test_a_curve_runs_through_its_figures_and_its_band_around_it() -> None:
    points = {row["at"]: row for row in part(what(tables(rejections(), factors()), Request()), "curve")}
    assert {10, 20, 40} <= {round(at, 9) for at in points}
    assert next(row["value"] for at, row in points.items() if round(at, 9) == 20) == pytest.approx(0.7)
    assert all(row["lower"] < row["value"] < row["upper"] for row in points.values())


def test_the_smallest_level_is_said_for_each_method_and_panel() -> None:
    of = what(tables(rejections() + rejections("OLS"), factors()), Request())
    found = part(of, "crossing")
    assert {row["method"]: row["line"] for row in found} == {"REML": 1, "OLS": 0}, "the first method stands on top"
    assert all(row["text"].startswith("25 [") for row in found)


def test_conditions_without_effect_are_left_out() -> None:
    rows = [*rejections(), figure("null", "REML", "rejection", 0.05)]
    given = tables(rows, {**factors(), "null": {"n_clusters": 80, "tau2": 1.0}})
    truths = {**given.truths, "null": {"x": 0.0}}
    of = what(given._replace(truths=truths), Request())
    assert {row["condition"] for row in part(of, "figure")} == {"c10", "c20", "c40"}


def test_an_estimand_whose_truth_is_0_is_refused_and_those_with_power_are_named() -> None:
    rows = rejections() + rejections(estimand="z") + [figure("c10", "REML", "bias", 0.1, estimand="var_residual")]
    given = tables(rows, factors())
    given = given._replace(truths={key: {"x": 0.0, "z": 0.2, "var_residual": 1.0} for key in given.truths})
    with pytest.raises(ParameterError, match=r"given 'x', whose truth is 0 or unknown.*; allowed: z$"):
        what(given, Request(estimands=("x",)))
    assert what(given, Request()).titles["y"] == "power of z"
    unknown = given._replace(truths={key: {"x": NAN} for key in given.truths})
    with pytest.raises(ParameterError, match="allowed: none in this study"):
        what(unknown, Request())


def test_the_number_of_clusters_is_on_the_axis_if_it_varies_and_another_factor_if_it_is_asked_for() -> None:
    grid = {f"{n}-{size}": {"size": size, "n_clusters": n} for n in (10, 20) for size in (5, 10, 20)}
    rows = [figure(key, "REML", "rejection", 0.5) for key in grid]
    assert what(tables(rows, grid), Request()).titles["x"] == "n_clusters"
    of = what(tables(rows, grid), Request(x="size"))
    assert (of.titles["x"], of.orders["column"]) == ("size", ["n_clusters = 10", "n_clusters = 20"])


def test_a_factor_without_two_numbers_is_refused() -> None:
    grid = {f"{n}-{kind}": {"n": n, "kind": kind} for n in (10, 20) for kind in ("random", "fixed")}
    rows = [figure(key, "REML", "rejection", 0.5) for key in grid]
    with pytest.raises(ParameterError, match=r"x: given 'kind'; allowed in a power curve: .* are numbers: n$"):
        what(tables(rows, grid), Request(x="kind"))


def test_another_measure_is_refused() -> None:
    with pytest.raises(ParameterError, match="given 'bias'; allowed in a power curve: rejection, rejection_all"):
        what(tables(rejections(), factors()), Request(measures=("bias",)))


def test_rejection_of_all_rests_on_all_replications() -> None:
    rows = [{**row, "measure": "rejection_all", "n_missing": 500} for row in rejections()]
    of = what(tables(rows, factors()), Request(measures=("rejection_all",)))
    assert {row["n"] for row in part(of, "figure")} == {1500}


def test_factors_without_a_place_are_rows_of_panels_and_no_curve_mixes_conditions() -> None:
    grid = {
        f"{n}{a}{b}{c}": {"n_clusters": n, "a": a, "b": b, "c": c}
        for n in (1, 2)
        for a in (1, 2)
        for b in (1, 2)
        for c in (1, 2)
    }
    of = what(tables([figure(key, "REML", "rejection", 0.5) for key in grid], grid), Request())
    assert of.orders["row"] == ["1, 1", "1, 2", "2, 1", "2, 2"]
    assert of.titles["row"] == "b, c"
    assert len(part(of, "crossing")) == 8


def test_more_panels_than_can_be_read_are_refused() -> None:
    grid = {f"{n}-{a}": {"n_clusters": n, "a": a} for n in (1, 2) for a in range(25)}
    with pytest.raises(ParameterError, match=r"panels: given 25; allowed: at most 24; .*\(n_clusters, a\)"):
        what(tables([figure(key, "REML", "rejection", 0.5) for key in grid], grid), Request())


@pytest.mark.parametrize("n_methods", [1, 2, 17])
def test_it_is_drawn_with_what_is_said_of_each_method(n_methods: int) -> None:
    rows = [row for place in range(n_methods) for row in rejections(f"a<b {place}")]
    picture = svg(draw(what(tables(rows, factors()), Request())))
    assert f"a&lt;b {n_methods - 1}" in picture
    assert picture.count("25 [") >= n_methods


def test_a_level_stands_on_the_axis_as_it_is_whatever_its_distance_from_the_others() -> None:
    levels = {10: 0.4, 20: 0.7, 25: 0.8, 40: 0.95}
    rows = [figure(f"c{n}", "REML", "rejection", share) for n, share in levels.items()]
    picture = svg(draw(what(tables(rows, {f"c{n}": {"n_clusters": n} for n in levels}), Request())))
    assert ">25</text>" in picture
    assert ">30</text>" not in picture
