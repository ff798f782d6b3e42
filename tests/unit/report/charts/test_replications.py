"""Which conditions and methods a chart of replications shows, and what each method reported."""

import charting
import numpy as np
import pytest

from mcsim.errors import ParameterError
from mcsim.model import Status
from mcsim.report.charts.replications import COVERS, MISSES, NO_INTERVAL, choose, coverages, evenly, fits, said_of
from mcsim.report.charts.request import Request

FACTORS = {
    f"c{n}-{size}-{tau2}": {"kind": "k", "n": n, "size": size, "tau2": tau2, "slope": 2 * tau2}
    for tau2 in (1, 5)
    for size in (10, 50)
    for n in (20, 10, 50)
}
TABLES = charting.tables(charting.measured(FACTORS), factors=FACTORS)


def chosen(tables=TABLES, *, panels=24, conditions=6, **asked):
    return choose(tables, Request(**asked), panels=panels, conditions=conditions)


def test_the_first_condition_and_those_that_differ_in_one_factor_are_drawn_and_said() -> None:
    found = chosen()
    assert found.conditions == {"c10-10-1": "n = 10", "c20-10-1": "n = 20", "c50-10-1": "n = 50"}
    assert found.said == ("size = 10, tau2 = 1", "3 of 12 conditions")
    assert found.title("intervals") == "intervals of x; size = 10, tau2 = 1; 3 of 12 conditions"


def test_the_factor_can_be_chosen_and_what_it_determines_changes_with_it() -> None:
    found = chosen(x="tau2")
    assert list(found.conditions) == ["c20-10-1", "c20-10-5"]
    assert found.said == ("n = 20, size = 10", "2 of 12 conditions")


def test_all_conditions_that_where_keeps_are_drawn_if_they_are_few() -> None:
    found = chosen(where={"n": ("10",)})
    assert list(found.conditions.values()) == [f"size = {size}, tau2 = {tau2}" for tau2 in (1, 5) for size in (10, 50)]
    assert found.said == ("n = 10",)


def test_one_condition_needs_no_count() -> None:
    found = chosen(where={"n": ("10",), "size": ("50",), "tau2": ("5",)})
    assert list(found.conditions.values()) == [""]
    assert found.said == ("n = 10, size = 50, tau2 = 5",)


def test_with_many_methods_there_are_fewer_conditions_and_with_too_many_fewer_methods() -> None:
    methods = tuple(f"m{number}" for number in range(10))
    tables = charting.tables(charting.measured(FACTORS, methods), factors=FACTORS)
    assert len(chosen(tables).conditions) == 2
    found = chosen(tables, panels=8)
    assert (len(found.conditions), found.methods) == (1, list(methods[:8]))
    assert found.said[1:] == ("1 of 12 conditions", "8 of 10 methods")


def test_levels_that_are_too_many_are_drawn_evenly_spaced() -> None:
    factors = {f"c{n}": {"n": n} for n in range(100)}
    tables = charting.tables(charting.measured(factors), factors=factors)
    assert list(chosen(tables, conditions=4).conditions.values()) == ["n = 0", "n = 33", "n = 66", "n = 99"]
    assert evenly(3, 5) == [0, 1, 2]
    assert evenly(100, 1) == [0]


def test_conditions_without_the_estimand_are_not_counted() -> None:
    rows = [*charting.measured(list(FACTORS)[:6]), charting.figure("c20-10-5", "A", "bias", 0.0, estimand="z")]
    found = chosen(charting.tables(rows, factors=FACTORS), conditions=3)
    assert found.said == ("size = 10", "3 of 6 conditions")


def test_what_does_not_exist_together_is_refused() -> None:
    tables = charting.tables(charting.measured(["c20-10-1"]), factors=FACTORS)
    with pytest.raises(ParameterError, match="no estimates of x by A, n = 50: what exists"):
        chosen(tables, methods=("A",), where={"n": ("50",)})
    with pytest.raises(ParameterError, match="one on this kind of chart"):
        chosen(estimands=("x", "z"))


def of_one(columns, needs=("lower", "upper")):
    """The fits of one method under one condition that reported this."""
    factors = {"c1": {"n": 10}}
    rows = charting.measured(factors, ("A",), value=0.932, mcse=0.008)
    tables = charting.tables(rows, factors=factors, estimates={("c1", "A"): columns})
    return tables, fits(tables, chosen(tables), needs)


def test_missing_fits_are_counted_and_skipped_ones_are_not() -> None:
    status = [Status.OK, Status.SINGULAR, Status.NOT_CONVERGED, Status.FAILED, Status.SKIPPED]
    _, (found,) = of_one(charting.reported([1.0, 2.0, 3.0, charting.NAN, charting.NAN], status=status))
    assert found.estimate.tolist() == [1.0, 2.0]
    assert (found.n_singular, found.n_missing, found.missing) == (1, 2, "50.0% missing")


def test_a_fit_that_lacks_what_is_needed_is_missing_unless_none_has_it() -> None:
    columns = charting.reported([1.0, 2.0, 3.0], [0.1, charting.NAN, 0.1])
    assert of_one(columns)[1][0].n_missing == 1
    assert of_one(columns, ["estimate"])[1][0].n_missing == 0
    never = of_one(charting.reported([1.0, 2.0], charting.NAN))[1][0]
    assert (never.rep.size, never.n_missing, never.missing) == (0, 0, "")


def test_what_each_interval_does() -> None:
    columns = charting.reported([1.1, 1.5, 1.0], [0.1, 0.1, charting.NAN])
    assert of_one(columns, ["estimate"])[1][0].covers == [COVERS, MISSES, NO_INTERVAL]


def test_without_results_there_are_no_fits() -> None:
    assert of_one(None)[1] == []


def test_coverage_is_that_of_the_performance_table() -> None:
    tables, (found,) = of_one(charting.reported(np.full(10, 5.0)))
    row = said_of(found, coverages(tables, "x"))
    assert row["coverage"] == "coverage .932 [.916, .948]"
    assert (row["band_lower"], row["band_upper"]) == pytest.approx((91.632, 94.768))
    assert said_of(found, coverages(tables, "z"))["coverage"] == ""
