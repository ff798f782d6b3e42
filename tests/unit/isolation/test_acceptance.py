"""What a method returns is held against what it promised."""

import numpy as np
import pytest
from fakes import Mean, first_condition, method, replaced, study_of

from mcsim import Estimates, Status
from mcsim.plan import Block
from mcsim.run import run_block


def block_of(study, first=0, last=6):
    return Block(first_condition(study), tuple(study.methods), first, last)


def estimates_of(study, first=0, last=6):
    return run_block(study, block_of(study, first, last)).estimates


@pytest.mark.parametrize(
    ("result", "note"),
    [
        (lambda e, d: [1.0], "A: TypeError: returned list, not Estimates"),
        (lambda e, d: None, "A: TypeError: returned NoneType, not Estimates"),
        (
            lambda e, d: Estimates.of({"mean": {"estimate": 1.0}, "skew": {}}),
            "A: ValueError: Estimates.estimands are not those promised (unknown: skew; missing: spread)",
        ),
        (
            lambda e, d: replaced(e, estimands=("mean", "mean")),
            "A: ValueError: Estimates.estimands are not those promised (missing: spread; twice: mean)",
        ),
        (
            lambda e, d: replaced(e, values=e.values[0]),
            "A: ValueError: Estimates.values is float64 of shape (2, 6); allowed: numbers of shape (1, 2, 6)",
        ),
        (
            lambda e, d: replaced(e, values=e.values.astype(str)),
            "A: ValueError: Estimates.values is <U32 of shape (1, 2, 6); allowed: numbers of shape (1, 2, 6)",
        ),
        (
            lambda e, d: replaced(e, status=e.status[0]),
            "A: ValueError: Estimates.status is int8 of shape (2,); allowed: numbers of shape (1, 2)",
        ),
        (
            lambda e, d: replaced(e, status=e.status + 5),
            "A: ValueError: Estimates.status holds other values than the codes 0 to 4",
        ),
        (lambda e, d: replaced(e, notes=["no"]), "A: TypeError: Estimates.notes is list, not a mapping"),
        (
            lambda e, d: replaced(e, notes={(0, 9): "no"}),
            "A: ValueError: Estimates.notes has a note for (0, 9); allowed: indices below (1, 2)",
        ),
    ],
)
def test_a_method_that_returns_something_else_fails_with_the_field_named(result, note):
    found = estimates_of(study_of(mean=[0.0], methods={"A": method(result)}), 0, 1)["A"]
    assert (found.status == Status.FAILED).all()
    assert found.notes[0, 0] == note


def test_estimands_in_another_order_are_put_in_the_promised_one():
    turn = method(
        lambda e, d: Estimates(
            e.estimands[::-1], e.values[:, ::-1], np.array([[1, 0]], dtype=np.int8), {(0, 0): "of spread"}
        )
    )
    found = estimates_of(study_of(mean=[0.0], methods={"A": turn, "B": Mean()}), 0, 1)
    assert found["A"].estimands == ("mean", "spread")
    assert np.array_equal(found["A"].values[:, :, 0], found["B"].values[:, :, 0])
    assert found["A"].status.tolist() == [[Status.OK, Status.SINGULAR]]
    assert found["A"].notes == {(0, 1): "of spread"}


@pytest.mark.parametrize(
    ("given", "status", "note"),
    [
        ({}, Status.FAILED, "no estimate, interval or p-value"),
        ({"df": 3.0}, Status.FAILED, "no estimate, interval or p-value"),
        ({"p_value": 0.2}, Status.OK, None),
        ({"lower": 0.0, "upper": 1.0}, Status.OK, None),
        ({"lower": 0.0}, Status.FAILED, "no estimate, interval or p-value"),
        ({"estimate": np.inf}, Status.OK, "an infinite value"),
        ({"estimate": 1.0, "df": np.inf}, Status.OK, None),
        ({"estimate": 1.0, "std_error": 0.0}, Status.OK, "a standard error that is not positive"),
        ({"estimate": -np.inf, "std_error": -1}, Status.OK, "an infinite value; a standard error that is not positive"),
    ],
)
def test_odd_numbers_are_kept_and_noted_and_a_row_without_any_is_failed(given, status, note):
    odd = method(lambda e, d: Estimates.of({"mean": given, "spread": {"estimate": 1.0}}))
    found = estimates_of(study_of(mean=[0.0], methods={"A": odd}), 0, 1)["A"]
    assert found.status.tolist() == [[status, Status.OK]]
    assert found.notes == ({(0, 0): note} if note else {})
