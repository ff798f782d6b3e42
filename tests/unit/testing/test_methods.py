"""A method that keeps its contract passes; one that breaks a rule is told which, and where."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares
from mcsim.model import Dataset, Estimates, Mechanism, Method, Status
from mcsim.testing import check_method

CONDITION = TwoLevel(n_clusters=4, cluster_size=3)
BUILT_IN = [
    TwoLevel(n_clusters=4, cluster_size=3, tau2=1),
    TwoLevel(n_clusters=4, cluster_size=5, tau2=1, gamma10=0.5, slope_variance=1, covariance=-0.5),
    TwoLevel(n_clusters=5, cluster_size=3, gamma10=0.5, gamma01=1, gamma11=2, slope_variance=1, predictors="fixed"),
]


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


@dataclass(frozen=True, kw_only=True)
class Mean(Method):
    """A right method with a block form."""

    def estimands(self, condition):
        return ("(Intercept)", "spread")

    def fit(self, dataset, rng):
        y = dataset.columns["y"]
        spread = {"estimate": y.std() + 0.0 * rng.standard_normal(), "p_value": 0.5}
        return Estimates.of({"(Intercept)": {"estimate": y.mean()}, "spread": spread})

    def fit_block(self, block, streams):
        singles = [self.fit(block.dataset(r), rng) for r, rng in enumerate(streams)]
        notes = {(r, k): note for r, single in enumerate(singles) for (_, k), note in single.notes.items()}
        first = singles[0]
        return replace(
            first,
            values=np.concatenate([single.values for single in singles]),
            status=np.concatenate([single.status for single in singles]),
            notes=notes,
        )


def broken(right: Any, **changes: Any) -> Any:
    """A value of a class that is like `right` but for some methods."""
    cls = dataclass(frozen=True, kw_only=True)(type(right.__name__, (right,), changes))
    return cls()


def changed_fit(**changes):
    return lambda self, dataset, rng: replace(Mean.fit(self, dataset, rng), **changes)


def row(status=Status.OK, note="", **quantities):
    """A method that reports this of its second estimand."""

    def fit(self, dataset, rng):
        made = Estimates.of({"(Intercept)": {"estimate": 1.0}, "spread": quantities}, note=note)
        made.status[:, 1] = status
        return made

    return fit


def raises(self, dataset, rng):
    raise ZeroDivisionError("no rows")


def shifts_data(self, dataset, rng):
    dataset.columns["y"][:] -= 1
    return Mean.fit(self, dataset, rng)


def global_fit(self, dataset, rng):
    np.random.seed(1)  # noqa: NPY002
    return Mean.fit(self, dataset, rng)


def unseeded_fit(self, dataset, rng):
    return Mean.fit(self, replace(dataset, columns={"y": np.random.default_rng().standard_normal(5)}), rng)


CALLS = []


def remembers(self, dataset, rng):
    CALLS.append(1)
    return Mean.fit(self, replace(dataset, columns={"y": dataset.columns["y"] + len(CALLS)}), rng)


def last_bit_fit(self, block, streams):
    made = Mean.fit_block(self, block, streams)
    made.values[-1, 1, 0] = np.nextafter(made.values[-1, 1, 0], 0)
    return made


def other_block(change):
    """Mean's block form with its estimates changed."""

    def fit_block(self, block, streams):
        made = Mean.fit_block(self, block, streams)
        return change(made)

    return fit_block


def singular_block(made):
    return replace(made, status=np.full_like(made.status, Status.SINGULAR))


BROKEN_METHODS = {
    "a condition it cannot analyse": (
        {"misfits": lambda *_: ["needs two predictors"]},
        "Mean.misfits: it cannot analyse TwoLevel(n_clusters=4, cluster_size=3): needs two predictors",
    ),
    "estimands that are a text": ({"estimands": lambda *_: "x"}, "Mean.estimands: it returns 'x'; a tuple of names is"),
    "an error": ({"fit": raises}, "Mean.fit, replication 0: it raises ZeroDivisionError: no rows"),
    "no estimates": ({"fit": lambda *_: 3}, "Mean.fit, replication 0: it returns a value of type int; Estimates are"),
    "estimands in another order": (
        {"estimands": lambda *_: ("spread", "(Intercept)")},
        "Mean.fit, replication 0: its estimands are ('(Intercept)', 'spread'); estimands() promises ('spread', '(In",
    ),
    "values of another shape": (
        {"fit": changed_fit(values=np.zeros((1, 2, 5)))},
        "Mean.fit, replication 0: its values are no array of float64 of shape (1, 2, 6)",
    ),
    "a status of another type": (
        {"fit": changed_fit(status=np.zeros((1, 2)))},
        "replication 0: its status is no array of int8 of shape (1, 2)",
    ),
    "an unknown status": (
        {"fit": changed_fit(status=np.full((1, 2), 7, np.int8))},
        "replication 0: status [7] is none of 0 (ok), 1 (singular), 2 (not_converged), 3 (failed), 4 (skipped)",
    ),
    "a note on a row that is not there": (
        {"fit": changed_fit(notes={(0, 2): "why"})},
        "replication 0: the note 'why' at (0, 2) is no text on one of its rows",
    ),
    "ok without a number": ({"fit": row()}, "replication 0: spread is ok, yet has no number"),
    "an infinite estimate": ({"fit": row(estimate=np.inf)}, "replication 0: spread has an infinite estimate"),
    "a negative standard error": ({"fit": row(std_error=-1)}, "spread has a std_error that is negative or infinite"),
    "a df of zero": ({"fit": row(df=0)}, "spread has a df of 0 or less"),
    "limits in reverse": ({"fit": row(lower=2, upper=1)}, "spread has a lower limit above the upper"),
    "a p_value above 1": ({"fit": row(p_value=1.5)}, "spread has a p_value outside 0 to 1"),
    "a failure with numbers": (
        {"fit": row(Status.FAILED, "why", estimate=1)},
        "spread is failed, yet has estimate",
    ),
    "a failure without a note": ({"fit": row(Status.FAILED)}, "spread is failed without a note that says why"),
    "changed data": ({"fit": shifts_data}, "Mean.fit, replication 0: it changes its data; the next method must see"),
    "the global generator": (
        {"fit": global_fit},
        "Mean.fit, replication 0: it draws from or seeds the global generator of numpy.random; use rng",
    ),
    "a generator of its own": (
        {"fit": unseeded_fit},
        "Mean.fit: analysed a second time with the same data and stream, replication 19: estimate of (Intercept) is",
    ),
    "a memory": ({"fit": remembers}, "Mean.fit: analysed a second time with the same data and stream, replication 19"),
    "a last bit in the block form": (
        {"fit_block": last_bit_fit},
        "Mean.fit_block against fit, replication 19: estimate of spread is not the same, bit for bit (",
    ),
    "another status in the block form": (
        {"fit_block": other_block(singular_block)},
        "Mean.fit_block against fit, replication 0: status of (Intercept) is not the same, bit for bit (1 and 0)",
    ),
    "another note in the block form": (
        {"fit_block": other_block(lambda made: replace(made, notes={(0, 0): "slow"}))},
        "Mean.fit_block against fit, replication 0: the notes are not the same ({0: 'slow'} and {})",
    ),
    "a block form of another length": (
        {"fit_block": other_block(lambda made: replace(made, values=made.values[:1]))},
        "Mean.fit_block, replications 0 to 19: its values are no array of float64 of shape (20, 2, 6)",
    ),
}


@pytest.mark.parametrize(
    "method", [Mean(), LinearMixedModel(), LinearMixedModel(reml=False), OrdinaryLeastSquares()], ids=str
)
@pytest.mark.parametrize("mechanism", BUILT_IN, ids=str)
def test_a_right_method_passes(method, mechanism):
    check_method(method, mechanism)


def test_a_method_is_checked_on_a_mechanism_without_a_block_form():
    check_method(Mean(), Single())
    with pytest.raises(AssertionError, match=r"Mean\.fit_block against fit, replication 19"):
        check_method(broken(Mean, fit_block=last_bit_fit), Single())


def test_rows_that_failed_or_did_not_converge_pass():
    check_method(broken(Mean, fit=row(Status.FAILED, "LinAlgError: singular matrix")), CONDITION)
    check_method(broken(Mean, fit=row(Status.SKIPPED)), CONDITION)
    check_method(broken(Mean, fit=row(Status.NOT_CONVERGED, "slow", estimate=1, std_error=-1)), CONDITION)


@pytest.mark.parametrize("rule", BROKEN_METHODS)
def test_a_broken_method_is_told_the_rule_and_the_place(rule):
    changes, message = BROKEN_METHODS[rule]
    with pytest.raises(AssertionError, match=re.escape(message)):
        check_method(broken(Mean, **changes), CONDITION)
