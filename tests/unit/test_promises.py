"""What a study's own classes say of themselves is held against what is asked, before anything runs."""

import math

import pytest
from fakes import Mean, Plain, study_of

from mcsim import Status, StudyError
from mcsim.promises import mechanism_faults, method_faults

CONDITION = Plain(mean=1.0)


def test_a_mechanism_that_keeps_its_promises_has_no_faults():
    assert mechanism_faults(CONDITION) == []


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("columns", "y", "columns() returned 'y'; allowed: a tuple of different names"),
        ("columns", ["y"], "columns() returned ['y']; allowed"),
        ("columns", ("y", "y"), "columns() returned ('y', 'y'); allowed"),
        ("columns", None, "columns() returned None; allowed"),
        ("formula", None, "formula() returned None; allowed: a string"),
        ("truth", None, "truth() returned None; allowed: a dict of numbers by estimand"),
        ("truth", {"mean": None}, "truth() returned {'mean': None}; allowed"),
        ("truth", {"mean": "1"}, "truth() returned {'mean': '1'}; allowed"),
        ("truth", {"mean": math.inf}, "truth() returned {'mean': inf}; allowed"),
        ("equation", "y = e", "equation() returned 'y = e'; allowed: lines of text"),
        ("rows", 0, "rows() returned 0; allowed: a whole number from 1"),
        ("rows", "10", "rows() returned '10'; allowed"),
    ],
)
def test_what_is_promised_has_a_form(name, given, said, monkeypatch):
    monkeypatch.setattr(Plain, name, lambda self: given, raising=False)
    [fault] = mechanism_faults(CONDITION)
    assert f"Plain: {said}" in fault


def test_a_promise_that_raises_says_how(monkeypatch):
    monkeypatch.setattr(Plain, "truth", lambda self: {}["gamma12"])
    assert mechanism_faults(CONDITION) == ["Plain: truth() raised KeyError: 'gamma12'"]


def test_a_truth_may_be_unknown(monkeypatch):
    monkeypatch.setattr(Plain, "truth", lambda self: {"mean": math.nan})
    assert mechanism_faults(CONDITION) == []


@pytest.mark.parametrize("given", [["mean"], (), ("mean", "mean"), ("",), (Status.OK,), None, "mean"])
def test_a_method_must_say_what_it_reports(given, monkeypatch):
    monkeypatch.setattr(Mean, "estimands", lambda self, condition: given)
    assert method_faults(Mean(), CONDITION) == [f"estimands() returned {given!r}; allowed: a tuple of different names"]


def test_a_method_that_cannot_say_is_told_with_its_error(monkeypatch):
    monkeypatch.setattr(Mean, "estimands", lambda self, condition: {}["gamma12"])
    assert method_faults(Mean(), CONDITION) == ["estimands() raised KeyError: 'gamma12'"]


def test_what_a_method_says_against_a_condition_comes_first(monkeypatch):
    monkeypatch.setattr(Mean, "estimands", lambda self, condition: None)
    monkeypatch.setattr(Mean, "misfits", lambda self, condition: ["too few rows"], raising=False)
    assert method_faults(Mean(), CONDITION) == ["too few rows"]


def test_a_study_is_refused_with_every_broken_promise(monkeypatch):
    monkeypatch.setattr(Plain, "truth", lambda self: None)
    with pytest.raises(StudyError, match=r"truth\(\) returned None; allowed: .*\(at mean=0; mean=1\)"):
        study_of()
