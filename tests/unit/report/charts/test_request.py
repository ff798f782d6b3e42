"""What a chart is asked to show, checked against what a study has."""

import charting
import pytest

from mcsim.errors import ParameterError
from mcsim.report.charts.request import Request, single

FACTORS = {"c1": {"n": 10, "tau2": 0.5 / 9, "z": None}, "c2": {"n": 20, "tau2": 0.125, "z": "a, b"}}
TABLES = charting.tables(charting.measured(FACTORS), factors=FACTORS, levels={"A": 0.95, "B": 0.95, "not run": 0.95})


def faults(**asked) -> tuple[str, ...]:
    with pytest.raises(ParameterError) as refused:
        Request(**asked).check(TABLES)
    return refused.value.faults


def test_what_the_study_has_is_accepted() -> None:
    Request(
        measures=("bias",), estimands=("x",), methods=("A",), x="n", where={"tau2": ("0.0556",), "z": ("-", "a, b")}
    ).check(TABLES)


def test_every_wrong_name_is_said_at_once_with_the_nearest_and_those_there_are() -> None:
    found = faults(measures=("covrage",), estimands=("xx",), methods=("C",), x="m", where={"tau": ("1",)}, power=1.5)
    assert len(found) == 6
    assert found[0].startswith("measure: given 'covrage'; did you mean coverage?; allowed: bias, ")
    assert found[1] == "estimand: given 'xx'; did you mean x?; allowed: x"
    assert found[2] == "method: given 'C'; allowed: A, B"
    assert found[4] == "where: given 'tau'; did you mean tau2?; allowed: n, tau2, z"
    assert found[5] == "power: given 1.5; allowed: a number above 0, below 1"


def test_a_level_that_does_not_exist_is_answered_with_the_levels() -> None:
    assert faults(where={"tau2": ("7",)}) == ("where tau2: given '7'; allowed: 0.0556, 0.125",)


def test_a_method_that_has_not_been_run_has_nothing_to_show() -> None:
    assert faults(methods=("not run",)) == ("method: given 'not run'; allowed: A, B",)


def test_a_factor_has_one_place() -> None:
    assert faults(x="n", row="n") == ("x and row: given 'n' for each; allowed: once",)


def test_what_a_kind_has_no_use_for_is_refused_if_it_is_given() -> None:
    with pytest.raises(ParameterError) as refused:
        Request(measures=("bias",), power=0.9, x="n").check(TABLES, unused=["measures", "row", "power"])
    assert refused.value.faults == (
        "measure: given, but this kind of chart has no use for it",
        "power: given, but this kind of chart has no use for it",
    )


def test_one_name_where_there_is_room_for_one() -> None:
    assert single("measure", ()) is None
    assert single("measure", ("bias",)) == "bias"
    with pytest.raises(ParameterError, match="measure: given bias, rmse; allowed: one"):
        single("measure", ("bias", "rmse"))


def test_a_factor_that_does_not_vary_has_no_place() -> None:
    tables = charting.tables(charting.measured(FACTORS), factors={k: {**v, "fixed": 1} for k, v in FACTORS.items()})
    with pytest.raises(ParameterError, match="x: given 'fixed'; allowed: n, tau2, z"):
        Request(x="fixed").check(tables)
