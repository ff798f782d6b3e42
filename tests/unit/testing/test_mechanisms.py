"""A mechanism that keeps its contract passes; one that breaks a rule is told which, and where."""

# ruff: noqa: S311  (broken classes leave unused what they are given, or draw as they should not)

import random
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from mcsim.mechanisms import TwoLevel
from mcsim.model import Dataset, DatasetBlock, Mechanism
from mcsim.parameters import number, parameter
from mcsim.testing import check_mechanism

ROWS = 6
BUILT_IN = [
    TwoLevel(n_clusters=4, cluster_size=3, tau2=1),
    TwoLevel(n_clusters=4, cluster_size=5, tau2=1, gamma10=0.5, slope_variance=1, covariance=-0.5),
    TwoLevel(n_clusters=5, cluster_size=3, gamma10=0.5, gamma01=1, gamma11=2, slope_variance=1, predictors="fixed"),
]


@dataclass(frozen=True, kw_only=True)
class Plain(Mechanism):
    """A right mechanism with a block form and a design, for the broken ones to change in one place."""

    mean: float = parameter("the mean", number(), 1.0)

    def columns(self):
        return ("y", "x", "cluster")

    def formula(self):
        return "y ~ x + (1 | cluster)"

    def truth(self):
        return {"(Intercept)": self.mean, "x": 0.0, "var_(Intercept)|cluster": 0.0, "var_residual": 1.0}

    def rows(self):
        return ROWS

    def design(self, rng):
        return rng.standard_normal(ROWS)

    def simulate(self, rng, design):
        return Dataset(self._shared(design) | {"y": self.mean + rng.standard_normal(ROWS)})

    def simulate_block(self, streams, design):
        values = np.stack([self.mean + rng.standard_normal(ROWS) for rng in streams])
        return DatasetBlock(("y",), values[:, None, :], self._shared(design))

    def _shared(self, design):
        return {"x": design, "cluster": np.array([1, 1, 2, 2, 3, 3])}


@dataclass(frozen=True, kw_only=True)
class Single(Mechanism):
    """A right mechanism as short as a study's author may write it: no block form, no design, a text column."""

    def columns(self):
        return ("y", "school")

    def formula(self):
        return "y ~ 1 + (1 | school)"

    def truth(self):
        return {"(Intercept)": 0.0, "var_(Intercept)|school": float("nan"), "var_residual": 1.0}

    def simulate(self, rng):
        return Dataset(
            {"y": rng.standard_normal(4), "school": np.array(["a", "a", "b", "b"])}, components={"shift": 0.0}
        )


def broken(right: Any, **changes: Any) -> Any:
    """A value of a class that is like `right` but for some methods."""
    cls = dataclass(frozen=True, kw_only=True)(type(right.__name__, (right,), changes))
    return cls()


def changed_data(**columns):
    """Plain's `simulate` with other columns."""

    def simulate(self, rng, design):
        made = {**Plain.simulate(self, rng, design).columns, **columns}
        return Dataset({name: values for name, values in made.items() if values is not None})

    return simulate


def global_numpy(self, rng, design):
    return Dataset(self._shared(design) | {"y": np.random.standard_normal(ROWS)})  # noqa: NPY002


def global_python(self, rng, design):
    random.random()
    return Plain.simulate(self, rng, design)


def unseeded(self, rng, design):
    return Dataset(self._shared(design) | {"y": np.random.default_rng().standard_normal(ROWS)})


def constant(self, rng, design):
    return Dataset(self._shared(design) | {"y": np.arange(6.0)})


def changes_design(self, rng, design):
    made = Plain.simulate(self, rng, design.copy())
    design += 1
    return made


def raises(self, *_):
    raise ZeroDivisionError("no rows")


def last_bit(self, streams, design):
    block = Plain.simulate_block(self, streams, design)
    block.values[-1, 0, 2] = np.nextafter(block.values[-1, 0, 2], np.inf)
    return block


def from_zero(self, streams, design):
    return Plain.simulate_block(self, replace(streams, first=0), design)


def changed_block(**changes):
    return lambda self, streams, design: replace(Plain.simulate_block(self, streams, design), **changes)


def changed_truth(**changes):
    return lambda self: {**Plain.truth(self), **changes}


BROKEN_MECHANISMS = {
    "a list of columns": ({"columns": lambda _: ["y", "x"]}, "Plain.columns: it returns ['y', 'x']; a tuple of names"),
    "a column twice": ({"columns": lambda _: ("y", "x", "y")}, "Plain.columns: a name stands twice in y, x, y"),
    "no columns": ({"columns": lambda _: ()}, "Plain.columns: it returns no name at all"),
    "a formula outside the grammar": ({"formula": lambda _: "y ~ log(x)"}, "Plain.formula: it does not parse: "),
    "a formula with an unknown column": (
        {"formula": lambda _: "y ~ z + (1 | cluster)"},
        "Plain.formula: z is not among the columns (y, x, cluster)",
    ),
    "a formula with a column made from an unknown one": (
        {"formula": lambda _: "y ~ z_within + (1 | cluster)"},
        "Plain.formula: z_within is not among the columns (y, x, cluster)",
    ),
    "a formula with a response that is made": (
        {"formula": lambda _: "y_within ~ x + (1 | cluster)"},
        "Plain.formula: its response y_within is not among the columns (y, x, cluster)",
    ),
    "truths that are no dict": ({"truth": lambda _: [1.0]}, "Plain.truth: it returns a value of type list; a dict"),
    "truths that lack a term": (
        {"truth": lambda _: {"(Intercept)": 1.0, "var_residual": 1.0}},
        "Plain.truth: it lacks x, var_(Intercept)|cluster, which the formula has; NaN where there is no truth",
    ),
    "an infinite truth": ({"truth": changed_truth(x=np.inf)}, "Plain.truth: x is inf; a finite number or NaN"),
    "a truth that is a word": ({"truth": changed_truth(x="big")}, "Plain.truth: x is 'big'; a finite number or NaN"),
    "an error in truth": ({"truth": raises}, "Plain: it raises ZeroDivisionError: no rows"),
    "an error in simulate": (
        {"simulate": raises},
        "Plain.simulate, replication 0: it raises ZeroDivisionError: no rows",
    ),
    "an error in design": ({"design": raises}, "Plain.design: it raises ZeroDivisionError"),
    "no data set": (
        {"simulate": lambda *_: {}},
        "Plain.simulate, replication 0: it returns a value of type dict; a Da",
    ),
    "a column missing": (
        {"simulate": changed_data(x=None)},
        "Plain.simulate, replication 0: it lacks the columns x, which columns() promises",
    ),
    "a column too many": (
        {"simulate": changed_data(w=np.zeros(6))},
        "Plain.simulate, replication 0: it has the columns w, which columns() does not promise",
    ),
    "a column of two axes": (
        {"simulate": changed_data(x=np.zeros((6, 1)))},
        "replication 0: x is a value of type ndarray; an array with one axis is expected",
    ),
    "columns of two lengths": (
        {"simulate": changed_data(x=np.zeros(5))},
        "replication 0: its columns have [5, 6] rows; one length is expected",
    ),
    "other rows than foretold": ({"rows": lambda _: 7}, "replication 0: it has 6 rows where rows() says 7"),
    "a predictor that is a text": (
        {"simulate": changed_data(x=np.array(["a"] * 6))},
        "replication 0: x has type <U1, which is no number",
    ),
    "infinite values": ({"simulate": changed_data(x=np.full(6, np.inf))}, "replication 0: x has infinite values"),
    "a component of another length": (
        {"simulate": lambda *a: replace(Plain.simulate(*a), components={"u0": np.zeros(2)})},
        "replication 0: component u0 is neither a number nor an array of one value a row",
    ),
    "no use of the stream": (
        {"simulate": constant},
        "Plain.simulate: replications 0 and 1 have the same y; draw it from rng",
    ),
    "numpy's global generator": (
        {"simulate": global_numpy},
        "Plain.simulate, replication 0: it draws from or seeds the global generator of numpy.random; use rng",
    ),
    "Python's global generator": (
        {"simulate": global_python},
        "replication 0: it draws from or seeds the global generator of random; use rng",
    ),
    "a generator of its own": (
        {"simulate": unseeded},
        "Plain.simulate: drawn a second time from the same stream, replication 19: y is not the same, bit for bit",
    ),
    "a design of its own": (
        {"design": lambda _, rng: np.random.default_rng().standard_normal(ROWS)},
        "drawn a second time from the same stream, replication 19: x is not the same, bit for bit (row 0: ",
    ),
    "a changed design": ({"simulate": changes_design}, "drawn a second time from the same stream, replication "),
    "a last bit in the block form": (
        {"simulate_block": last_bit},
        "Plain.simulate_block against simulate, replication 19: y is not the same, bit for bit (row 2: ",
    ),
    "a block form that begins at 0": (
        {"simulate_block": from_zero},
        "Plain.simulate_block against simulate, replication 1: y is not the same",
    ),
    "an error in the block form": (
        {"simulate_block": raises},
        "Plain.simulate_block, replications 0 to 19: it raises ZeroDivisionError",
    ),
    "no block": ({"simulate_block": lambda *_: 1}, "replications 0 to 19: it returns a value of type int; a DatasetBl"),
    "a block of whole numbers": (
        {"simulate_block": changed_block(values=np.zeros((20, 1, 6), int))},
        "replications 0 to 19: its values are no contiguous array of float64",
    ),
    "a block of another shape": (
        {"simulate_block": changed_block(values=np.zeros((20, 6)))},
        "replications 0 to 19: its values have shape (20, 6); expected (20, 1, rows)",
    ),
    "a column both own and shared": (
        {"simulate_block": changed_block(shared={"y": np.zeros(6)})},
        "replications 0 to 19: y cannot be both shared and of each replication",
    ),
    "a block that lacks a column": (
        {"simulate_block": changed_block(shared={"x": np.zeros(6)})},
        "against simulate, replication 0: it has the columns y, x, not x, cluster, y",
    ),
    "a block with another type": (
        {
            "simulate_block": lambda s, st, d: replace(
                Plain.simulate_block(s, st, d), shared=s._shared(d) | {"cluster": np.ones(6)}
            )
        },
        "replication 0: cluster is not the same, bit for bit (float64 (6,) and int64 (6,))",
    ),
}


@pytest.mark.parametrize("mechanism", [*BUILT_IN, Plain(), Plain(mean=-2), Single()], ids=str)
def test_a_right_mechanism_passes(mechanism):
    check_mechanism(mechanism)


@pytest.mark.parametrize("rule", BROKEN_MECHANISMS)
def test_a_broken_mechanism_is_told_the_rule_and_the_place(rule):
    changes, message = BROKEN_MECHANISMS[rule]
    with pytest.raises(AssertionError, match=re.escape(message)):
        check_mechanism(broken(Plain, **changes))


def test_a_value_that_its_fields_do_not_make_again_is_told_so():
    @dataclass(frozen=True, kw_only=True)
    class Shifting(Plain):
        def __post_init__(self):
            super().__post_init__()
            object.__setattr__(self, "mean", self.mean + 1)

    with pytest.raises(AssertionError, match="Shifting: made anew from its fields it is another value"):
        check_mechanism(Shifting())


def test_checking_leaves_the_global_generators_as_they_were():
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = random.Random(5).random(), np.random.RandomState(5).random()
    check_mechanism(Plain())
    with pytest.raises(AssertionError):
        check_mechanism(broken(Plain, simulate=global_numpy))
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


def test_fewer_than_two_replications_cannot_be_compared():
    with pytest.raises(ValueError, match="replications: given 1; allowed: 2 or more"):
        check_mechanism(Plain(), replications=1)
