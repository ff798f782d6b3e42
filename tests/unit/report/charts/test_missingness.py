"""How fits ended."""

import charting
import numpy as np
import pytest

from mcsim.errors import ParameterError
from mcsim.model import Status
from mcsim.report.charts import missingness
from mcsim.report.charts.request import Request


def factors(count):
    return {f"c{number}": {"n": number, "size": number % 2} for number in range(count)}


def what(statuses, *, conditions=None, methods=("A",), estimates=None, **asked):
    """The chart of these statuses by (condition, method), of 100 replications; all ok where none are given."""
    conditions = conditions or factors(2)
    all_ok = {(key, label): {"ok": 100} for key in conditions for label in methods}
    tables = charting.tables(
        charting.measured(conditions, methods),
        factors=conditions,
        statuses={place: counts for place, counts in (all_ok | statuses).items() if counts},
        replications=100,
        estimates=estimates,
    )
    return missingness.what(tables, Request(**asked))


def parts(drawing, line):
    rows = drawing.data["figures"]
    return {
        row["status"]: (row["start"], row["end"], row["n"]) for row in rows if row["line"] == line and "status" in row
    }


def said(drawing):
    return {(row["line"], row["column"]): row["said"] for row in drawing.data["figures"] if "said" in row}


def test_where_nothing_is_missing_the_title_says_so() -> None:
    drawing = what({})
    assert drawing.titles["chart"] == "200 fits; none is missing"
    assert drawing.orders["status"] == ["ok"]
    assert set(said(drawing).values()) == {""}


def test_a_bar_is_the_shares_of_the_statuses_from_good_to_bad() -> None:
    drawing = what({("c0", "A"): {"failed": 10, "not_converged": 20, "singular": 30, "ok": 40}})
    assert parts(drawing, "0") == {
        "ok": (0, 40, 40),
        "singular": (40, 70, 30),
        "not converged": (70, 90, 20),
        "failed": (90, 100, 10),
    }
    assert said(drawing)["0", "A"] == "30.0% missing"
    assert drawing.titles["chart"] == "200 fits; 30 missing (15.0%); 30 singular"


def test_what_has_not_been_run_leaves_a_bar_short() -> None:
    drawing = what({("c0", "A"): {"ok": 25}, ("c1", "A"): None})
    assert parts(drawing, "0") == {"ok": (0, 25, 25)}
    assert said(drawing) == {("0", "A"): "75.0% not run yet", ("1", "A"): "not run yet"}
    assert drawing.titles["chart"] == "25 fits; none is missing; 175 not run yet"


def test_skipped_fits_are_neither_usable_nor_missing() -> None:
    drawing = what({("c0", "A"): {"skipped": 100}})
    assert parts(drawing, "0") == {"skipped": (0, 100, 100)}
    assert said(drawing)["0", "A"] == ""


def test_a_fit_with_several_statuses_counts_once_by_the_worst() -> None:
    status = [Status.OK] * 50 + [Status.SKIPPED] * 40 + [Status.NOT_CONVERGED] * 10
    reported = charting.reported(np.ones(100), status=status)
    counts = {"ok": 100, "skipped": 100, "not_converged": 10}
    drawing = what({("c0", "A"): counts}, estimates={("c0", "A"): reported})
    assert {status: n for status, (*_, n) in parts(drawing, "0").items()} == {
        "ok": 50,
        "skipped": 40,
        "not converged": 10,
    }
    assert said(drawing)["0", "A"] == "16.7% missing"


def test_the_statuses_of_one_estimand_are_those_of_its_rows() -> None:
    reported = charting.reported(np.ones(100), status=[Status.OK] * 99 + [Status.FAILED])
    estimates = {("c0", "A"): reported, ("c1", "A"): reported}
    assert what({}, estimates=estimates, estimands=("x",)).titles["chart"] == "200 fits; 2 missing (1.0%)"


def test_the_longer_of_conditions_and_methods_runs_down() -> None:
    wide = what({}, conditions=factors(3), methods=tuple(f"m{number}" for number in range(17)))
    assert wide.orders["line"] == [f"m{number}" for number in range(17)]
    assert wide.orders["column"] == ["n = 0", "n = 1", "n = 2"]
    long = what({}, conditions=factors(27))
    assert long.orders["line"] == [str(number) for number in range(27)]
    assert (long.orders["column"], long.titles["note"]) == (["A"], "conditions by n")


def test_of_many_conditions_the_worst_have_bars_of_their_own_and_the_others_one_together() -> None:
    bad = {("c5", "A"): {"ok": 95, "singular": 5}, ("c70", "A"): {"ok": 99, "failed": 1}}
    drawing = what(bad, conditions=factors(80))
    assert drawing.orders["line"] == ["5", "70", "78 others together"]
    assert parts(drawing, "78 others together") == {"ok": (0, 100, 7800)}
    assert drawing.titles["note"].endswith("those with the most fits missing, then singular")


def test_many_conditions_that_are_all_well_are_one_bar() -> None:
    drawing = what({}, conditions=factors(80))
    assert drawing.orders["line"] == ["80 conditions together"]
    assert drawing.titles["chart"] == "8,000 fits; none is missing"


def test_no_more_than_can_be_read_have_bars_of_their_own() -> None:
    bad = {(f"c{number}", "A"): {"ok": 100 - number, "failed": number} for number in range(80)}
    lines = what(bad, conditions=factors(80)).orders["line"]
    assert (len(lines), lines[0], lines[-1]) == (31, "50", "50 others together")


def test_many_methods_and_many_conditions_are_shown_by_the_levels_of_a_factor() -> None:
    methods = tuple(f"m{number}" for number in range(8))
    drawing = what({("c0", "m1"): {"failed": 100}}, conditions=factors(10), methods=methods, x="size")
    assert drawing.orders["column"] == ["size = 0", "size = 1"]
    assert said(drawing)["m1", "size = 0"] == "20.0% missing"
    drawing = what({}, conditions=factors(10), methods=methods)
    assert drawing.orders["column"] == ["all conditions"]


def test_levels_that_no_condition_has_together_are_refused() -> None:
    with pytest.raises(ParameterError, match="no condition has these levels together"):
        what({}, where={"n": ("0",), "size": ("1",)})


@pytest.mark.parametrize("conditions", [factors(1), factors(27), factors(80)])
@pytest.mark.parametrize("methods", [("A <&> 'b'",), tuple("ABCDEFGH")])
def test_it_can_be_drawn(conditions, methods) -> None:
    bad = {("c0", methods[0]): {"ok": 40, "failed": 10}}
    svg = charting.svg(missingness.draw(what(bad, conditions=conditions, methods=methods)))
    assert "missing" in svg
    assert "undefined" not in svg
