"""Zip plot."""

import charting
import numpy as np
import pytest

from mcsim.errors import ParameterError
from mcsim.model import Status
from mcsim.report.charts import zip_plot
from mcsim.report.charts.replications import COVERS, MISSES
from mcsim.report.charts.request import Request

FACTORS = {"c1": {"n": 10}, "c2": {"n": 20}}


def what(reported, *, factors=FACTORS, methods=("A",), truths=None, levels=None, **asked):
    """The zip plot of methods that all report the same."""
    rows = charting.measured(factors, methods, value=0.9, mcse=0.02)
    estimates = {(key, label): reported for key in factors for label in methods}
    tables = charting.tables(rows, factors=factors, truths=truths, levels=levels, estimates=estimates)
    return zip_plot.what(tables, Request(**asked))


def intervals(drawing, **place):
    rows = drawing.data["figures"]
    return [row for row in rows if "centile" in row and all(row[name] == value for name, value in place.items())]


def test_intervals_are_ordered_by_significance() -> None:
    drawing = what(charting.reported([1.3, 1.1, 0.7, 1.0], [0.1, 0.2, 1.0, 0.1]), where={"n": ("10",)})
    found = intervals(drawing)
    assert [row["rep"] for row in found] == [3, 2, 1, 0]
    assert [row["centile"] for row in found] == [12.5, 37.5, 62.5, 87.5]
    assert [row["covers"] for row in found] == [COVERS, COVERS, COVERS, MISSES]
    assert (found[2]["lower"], found[2]["upper"]) == pytest.approx((1.1 - 0.392, 1.1 + 0.392), abs=1e-4)


def test_a_panel_has_the_truth_the_nominal_level_and_the_interval_of_its_coverage() -> None:
    status = [Status.OK] * 9 + [Status.FAILED]
    drawing = what(charting.reported(np.ones(10), status=status), where={"n": ("10",)}, levels={"A": 0.9})
    (panel,) = [row for row in drawing.data["figures"] if "nominal" in row]
    assert (panel["truth"], panel["nominal"]) == (1.0, 90.0)
    assert (panel["band_lower"], panel["band_upper"]) == pytest.approx((86.08, 93.92))
    assert (panel["coverage"], panel["missing"]) == ("coverage .900 [.861, .939]", "10.0% missing")
    assert drawing.orders["ticks"] == [0, 25, 50, 75, 90]


def test_every_interval_that_misses_lies_above_those_that_cover_whatever_their_degrees_of_freedom() -> None:
    # Two SE away with an interval of three, and one SE away with one of a half; the last reaches further on one side.
    reported = charting.reported([1.2, 1.1, 0.8], 0.1)
    reported = reported._replace(lower=np.array([0.9, 1.05, 0.7]), upper=np.array([1.5, 1.15, 1.3]))
    found = intervals(what(reported, where={"n": ("10",)}))
    assert [row["rep"] for row in found] == [2, 0, 1]
    assert [row["covers"] for row in found] == [COVERS, COVERS, MISSES]


def test_of_many_intervals_evenly_spaced_centiles_are_drawn() -> None:
    rng = np.random.default_rng(0)
    drawing = what(charting.reported(1 + 0.1 * rng.standard_normal(10_000)), where={"n": ("10",)})
    found = intervals(drawing)
    assert len(found) == 1000
    assert np.allclose(np.diff([row["centile"] for row in found]), 0.1, atol=0.011)
    share = np.mean([row["covers"] == MISSES for row in found])
    assert share == pytest.approx(0.05, abs=0.01)


def test_many_panels_share_what_a_file_can_hold() -> None:
    methods = tuple(f"m{number}" for number in range(20))
    drawing = what(charting.reported(np.ones(1000)), methods=methods)
    assert len(intervals(drawing)) == 4000
    assert drawing.titles["chart"] == "intervals of x; n = 10; 1 of 2 conditions"


def test_an_interval_that_goes_on_is_cut_where_the_axis_ends() -> None:
    reported = charting.reported(np.linspace(0.9, 1.1, 100))
    upper = np.where(np.arange(100) == 7, np.inf, reported.upper)
    drawing = what(reported._replace(upper=upper), where={"n": ("10",)})
    (row,) = [row for row in intervals(drawing) if row["rep"] == 7]
    assert row["upper"] == pytest.approx(drawing.orders["ends"][1], rel=1e-4)


def test_an_estimate_on_the_truth_with_an_error_of_0_comes_first() -> None:
    drawing = what(charting.reported([1.5, 1.0], [0.0, 0.0]), where={"n": ("10",)})
    assert [row["rep"] for row in intervals(drawing)] == [1, 0]


@pytest.mark.parametrize(
    ("reported", "truths"),
    [
        (charting.reported(np.ones(5), charting.NAN), None),
        (charting.reported(np.ones(5)), {"c1": {"x": charting.NAN}, "c2": {}}),
    ],
)
def test_without_intervals_or_a_truth_it_is_refused(reported, truths) -> None:
    with pytest.raises(ParameterError, match="no interval of x beside a truth"):
        what(reported, truths=truths)


@pytest.mark.parametrize("methods", [("A <&> 'b'",), ("A", "B"), tuple("ABCDEFG")])
def test_it_can_be_drawn(methods) -> None:
    svg = charting.svg(zip_plot.draw(what(charting.reported(np.linspace(0.7, 1.3, 40)), methods=methods)))
    assert "coverage .900 [.861, .939]" in svg
    assert "undefined" not in svg
