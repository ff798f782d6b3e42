"""What stands on the page in words."""

import math

import pytest

from mcsim.facts import Analysis, Estimand, Factor, Model
from mcsim.report.ademp import Ademp, Missingness, Precision, ademp_of, evidence_of
from mcsim.report.page.sections import Findings, sections_of
from mcsim.standing import Standing

FACTS = Ademp(
    name="mine",
    aims="First.\n\nSecond <b>.",
    models=[Model("y ~ x", ("c1", "c2"), ("y = x + e",))],
    factors=[Factor("TwoLevel", "n", (10, 20), "how many")],
    parts={},
    conditions={
        "c1": {"mechanism": "TwoLevel", "n": 10, "s": None},
        "c2": {"mechanism": "TwoLevel", "n": 20, "s": 0.5},
    },
    fixed=[],
    estimands=[Estimand("y ~ x", "x", (0.0, math.nan), ("A", "B")), Estimand("y ~ x", "z", (1.0,), ("A",))],
    methods=[
        Analysis("A", "Lmm()", "", ""),
        Analysis("B", "Lmm(y ~ 1)", "y ~ 1", ""),
        Analysis("C", "Own()", None, ""),
    ],
    method_keys={"A": "m1", "B": "m2", "C": "m3"},
    reference="A",
    measures=("coverage", "bias"),
    replications=1000,
    seed=7,
    expected={},
    precision=[Precision("bias", "x", 0.0123, "B", "c2", 990), Precision("coverage", "x", 0.0157, "A", "c1", 1000)],
    missingness=Missingness(6000, 6000, {"singular": 60}, 0.0, None),
    provenance=[
        {"versions": {"mcsim": "1", "numpy": "2"}, "platform": "linux", "machine": {"processor": "P", "cores": 4}},
        {"versions": {"mcsim": "1"}, "platform": "linux", "git": {"commit": "abc", "dirty": True}, "blas": ["one"]},
    ],
)


def words(facts=FACTS, *, done=6000, missing=0, unreadable=()):
    return sections_of(facts, Findings(Standing("all", done, missing, seconds=65.0), [], [], unreadable))


def test_the_size_is_said_in_one_line_and_aims_in_their_paragraphs() -> None:
    said = words()
    assert said["size"] == "2 conditions × 1,000 replications × 3 methods"
    assert said["aims"] == ["First.", "Second <b>."]
    assert words(FACTS._replace(aims=""))["aims"] == []


def test_partial_results_say_how_far_they_are() -> None:
    assert words()["partial"] == ""
    assert words(done=1500, missing=4500)["partial"] == "1,500 of 6,000 fits are there, 25 %."
    assert words(unreadable=["cannot read a"])["partial"] == "cannot read a."


def test_the_design_is_that_of_the_study() -> None:
    said = words()
    assert said["factors"] == [["TwoLevel", "n", "10, 20", "how many"]]
    assert said["models"] == [
        {"formula": "y ~ x", "conditions": "2 conditions", "first": "c1", "equation": ("y = x + e",)}
    ]
    assert said["estimands"] == [["y ~ x", "x", "0, -", "all but C"], ["y ~ x", "z", "1", "A"]]
    assert [row[2] for row in said["methods"]] == ["that of the generating model", "y ~ 1", "-"]
    assert [row[0] for row in said["measures"]] == ["coverage", "bias"]


def test_methods_are_named_by_those_that_are_not_where_these_are_fewer() -> None:
    every = FACTS._replace(estimands=[Estimand("y ~ x", "x", (0.0,), ("A", "B", "C"))])
    assert words(every)["estimands"][0][3] == "all"


def test_the_monte_carlo_error_that_the_replications_give_is_told() -> None:
    said = words()
    assert said["replications"] == (
        "1,000 replications of each condition: 2,000 data sets, 6,000 fits. No figure is known better than its Monte "
        "Carlo standard error (MCSE); the largest of coverage 0.016."
    )
    assert said["errors"] == [["bias", "x", "0.012", "B", "n 20"], ["coverage", "x", "0.016", "A", "n 10"]]
    assert words(FACTS._replace(precision=[]))["replications"].endswith("standard error (MCSE).")


def test_what_is_missing_is_one_sentence() -> None:
    assert words()["missing"] == "Of 6,000 fits, 60 (1.0%) were singular; none is missing."
    lost = Missingness(6000, 6000, {"failed": 30}, 0.03, ("c2", "B"))
    assert words(FACTS._replace(missingness=lost))["missing"].endswith("failed) is 3.0%, of B under n 20.")


def test_provenance_tells_of_every_run_and_says_nothing_where_nothing_is_known() -> None:
    assert words()["provenance"] == [
        ("seed", "7"),
        ("time of fits", "65 s on one core, without simulation"),
        ("versions", "mcsim 1, numpy 2"),
        ("machine", "P, 4 cores, linux"),
        ("versions, later run", "mcsim 1"),
        ("machine, later run", "linux"),
        ("linear algebra, later run", "one"),
        ("commit of the study, later run", "abc, with changes"),
    ]


def test_keys_name_conditions_with_their_factors_and_methods() -> None:
    assert words()["keys"] == [
        ["c1", "TwoLevel(n=10, s=-)"],
        ["c2", "TwoLevel(n=20, s=0.5)"],
        ["m1", "A"],
        ["m2", "B"],
        ["m3", "C"],
    ]


@pytest.mark.parametrize("field", ["failing", "slowest"])
def test_a_study_that_has_been_run_has_every_section(ran, field) -> None:
    study, store = ran
    said = sections_of(ademp_of(study, evidence_of(study, store)), Findings(Standing("all", 96, 0), [], [], []))
    assert said[field] == []
    assert said["partial"] == ""
