"""Scatter of estimates and standard errors."""

import charting
import numpy as np
import pytest

from mcsim.errors import ParameterError
from mcsim.report.charts import scatter
from mcsim.report.charts.replications import COVERS, MISSES, NO_INTERVAL
from mcsim.report.charts.request import Request

FACTORS = {"c1": {"n": 10}, "c2": {"n": 20}}
REPORTED = charting.reported([1.0, 1.3, 0.9], [0.1, 0.1, 0.2])


def what(reported=REPORTED, *, methods=("A",), truths=None, **asked):
    rows = charting.measured(FACTORS, methods)
    estimates = {(key, label): reported for key in FACTORS for label in methods}
    return scatter.what(charting.tables(rows, factors=FACTORS, truths=truths, estimates=estimates), Request(**asked))


def points(drawing):
    return [row for row in drawing.data["figures"] if "estimate" in row]


def test_a_point_for_each_replication_with_what_its_interval_does() -> None:
    found = points(what(where={"n": ("10",)}))
    assert [(row["estimate"], row["std_error"]) for row in found] == [(1.0, 0.1), (1.3, 0.1), (0.9, 0.2)]
    assert [row["covers"] for row in found] == [COVERS, MISSES, COVERS]


def test_the_limits_of_coverage_are_the_truth_plus_and_minus_z_standard_errors() -> None:
    (panel,) = [row for row in what(where={"n": ("10",)}).data["figures"] if "low" in row]
    for at in ("low", "high"):
        assert panel[f"right_{at}"] == pytest.approx(1 + 1.959964 * panel[at], rel=1e-4)
        assert panel[f"left_{at}"] == pytest.approx(1 - 1.959964 * panel[at], rel=1e-4)
    assert panel["truth"] == 1.0
    assert what().titles["note"].startswith("slanted lines: truth ± 1.96 SE,")


def test_no_standard_error_is_shown_below_0() -> None:
    drawing = what(charting.reported([1.0, 1.1], [0.0, 0.1]))
    assert drawing.orders["errors"][0] == 0.0


def test_marks_differ_in_shape_and_only_those_that_occur_are_explained() -> None:
    assert what().orders["covers"] == [COVERS, MISSES]
    assert len(set(what().orders["shape"])) == 2
    drawing = what(truths={"c1": {}, "c2": {}})
    assert drawing.orders["covers"] == [NO_INTERVAL]


def test_of_many_points_evenly_spaced_ones_are_drawn() -> None:
    drawing = what(charting.reported(np.linspace(0.5, 1.5, 10_000)), where={"n": ("10",)})
    assert len(points(drawing)) == 1000


def test_a_point_far_out_stands_on_the_edge() -> None:
    drawing = what(charting.reported([*np.linspace(0.9, 1.1, 999), 1e6]), where={"n": ("10",)})
    assert max(row["estimate"] for row in points(drawing)) == pytest.approx(drawing.orders["ends"][1], rel=1e-4)


def test_without_standard_errors_it_is_refused() -> None:
    with pytest.raises(ParameterError, match="no standard error of x"):
        what(charting.reported([1.0, 1.1], charting.NAN))


@pytest.mark.parametrize("methods", [("A <&> 'b'",), ("A", "B")])
@pytest.mark.parametrize("truths", [None, {"c1": {}, "c2": {}}])
def test_it_can_be_drawn(methods, truths) -> None:
    svg = charting.svg(scatter.draw(what(methods=methods, truths=truths)))
    assert "standard error" in svg
    assert "undefined" not in svg
