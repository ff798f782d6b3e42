"""What a fault of a study's own code costs: the guilty replication, and no more."""

import numpy as np
import pytest
from fakes import Blocked, Held, Mean, MeanBlock, Plain, first_condition, method, study_of

from mcsim import Dataset, DatasetBlock, Status
from mcsim.plan import Block
from mcsim.run import run_block
from mcsim.streams import DATA, Streams


def block_of(study, first=0, last=6):
    return Block(first_condition(study), tuple(study.methods), first, last)


def estimates_of(study, first=0, last=6):
    return run_block(study, block_of(study, first, last)).estimates


def fails_in_rep(study, rep, error):
    """A method that raises in one replication."""
    y = Streams(7, first_condition(study), DATA, rep, 1).generator(0).standard_normal(4)

    def result(estimates, dataset):
        if np.array_equal(dataset.columns["y"], y):
            raise error
        return estimates

    return method(result)


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (ValueError("first line\nsecond line"), "ValueError: first line"),
        (ZeroDivisionError(), "ZeroDivisionError"),
        (SystemExit(3), "SystemExit: 3"),
        (MemoryError("\n  \n too much "), "MemoryError: too much"),
        (RuntimeError("x" * 1000), "RuntimeError: " + "x" * 186),
    ],
)
def test_a_method_that_raises_costs_that_replications_rows_of_that_method(error, note):
    plain = study_of(mean=[0.0])
    study = study_of(mean=[0.0], methods={"A": fails_in_rep(plain, 2, error), "B": Mean()})
    found = estimates_of(study)
    assert (found["B"].status == Status.OK).all()
    assert found["A"].status.tolist() == [[Status.FAILED] * 2 if rep == 2 else [Status.OK] * 2 for rep in range(6)]
    assert found["A"].notes == {(2, 0): note, (2, 1): note}
    assert np.isnan(found["A"].values[2]).all()


def test_an_error_whose_message_raises_is_an_error_all_the_same():
    class Nasty(Exception):
        def __str__(self):
            raise RuntimeError

    found = estimates_of(study_of(mean=[0.0], methods={"A": fails_in_rep(study_of(mean=[0.0]), 1, Nasty())}))["A"]
    assert found.notes[1, 0] == "Nasty: its message cannot be shown"


def test_a_mechanism_that_raises_costs_that_replication_for_every_method(monkeypatch):
    simulate = Plain.simulate

    def sometimes(self, rng, design=None):
        dataset = simulate(self, rng)
        if dataset.columns["y"][0] > 0:
            raise ValueError("too large")
        return dataset

    monkeypatch.setattr(Plain, "simulate", sometimes)
    study = study_of(mean=[0.0], methods={"A": Mean(), "B": MeanBlock()})
    first = np.array([rng.standard_normal(4)[0] for rng in Streams(7, first_condition(study), DATA, 0, 6)])
    assert 0 < (first > 0).sum() < 6
    for found in estimates_of(study).values():
        assert ((found.status == Status.FAILED).all(axis=1) == (first > 0)).all()
        assert set(found.notes.values()) == {"simulate: ValueError: too large"}


def test_a_design_that_raises_costs_every_replication_of_the_condition(monkeypatch):
    def design(self, rng):
        raise ValueError("no design")

    monkeypatch.setattr(Held, "design", design)
    found = estimates_of(study_of(Held, mean=[0.0]))["A"]
    assert (found.status == Status.FAILED).all()
    assert found.notes[0, 0] == "simulate: ValueError: no design"


@pytest.mark.parametrize(
    ("returned", "note"),
    [
        (None, "simulate: TypeError: returned NoneType, not a Dataset"),
        (Dataset({}), "simulate: ValueError: returned columns of shapes {}; allowed: one length for all"),
        (Dataset({"y": np.ones(3), "x": np.ones(2)}), "simulate: ValueError: returned columns of shapes {'y': (3,), "),
    ],
)
def test_a_mechanism_that_returns_no_data_set_is_told_so(returned, note, monkeypatch):
    monkeypatch.setattr(Plain, "simulate", lambda self, rng, design=None: returned)
    assert estimates_of(study_of(mean=[0.0]))["A"].notes[0, 0].startswith(note)


def test_when_a_block_form_raises_the_single_form_finds_the_guilty_replication():
    class Strict(MeanBlock):
        """Its block form gives up on all when one is bad."""

    plain = study_of(Blocked, mean=[0.0])
    bad = Streams(7, first_condition(plain), DATA, 3, 1).generator(0).standard_normal(4)

    def fit_block(self, block, streams):
        raise FloatingPointError("somewhere")

    def fit(self, dataset, rng):
        if np.array_equal(dataset.columns["y"], bad):
            raise FloatingPointError("here")
        return Mean.fit(self, dataset, rng)

    Strict.fit_block, Strict.fit = fit_block, fit
    study = study_of(Blocked, mean=[0.0], methods={"A": Strict(), "B": Mean()})
    result = run_block(study, block_of(study))
    found = result.estimates["A"]
    assert np.flatnonzero((found.status == Status.FAILED).all(axis=1)).tolist() == [3]
    assert found.notes[3, 0] == "FloatingPointError: here"
    assert result.repeated == ("A, fit_block: FloatingPointError: somewhere",)


@pytest.mark.parametrize(
    ("returned", "why"),
    [
        (lambda count: None, "TypeError: returned NoneType, not a DatasetBlock"),
        (
            lambda count: DatasetBlock(("y",), np.zeros((count + 1, 1, 4)), {}),
            "ValueError: returned values of shape (7, 1, 4), not (6, 1, n)",
        ),
        (
            lambda count: DatasetBlock(("y",), np.zeros((count, 1, 4), np.float32), {}),
            "ValueError: returned values of type float32, not float64",
        ),
        (
            lambda count: DatasetBlock(("y",), np.zeros((count, 1, 4)), {"id": np.arange(3)}),
            "ValueError: returned shared columns (id) of another length than 4",
        ),
        (
            lambda count: DatasetBlock(("y",), np.zeros((count, 1, 4)), {}, rows=np.full(count, 5)),
            "ValueError: returned rows from 5 to 5; allowed: 0 to 4, the length of values",
        ),
        (
            lambda count: DatasetBlock(("y",), np.zeros((count, 1, 4)), {}, rows=np.full(count, 4.0)),
            "ValueError: returned rows of shape (6,) and type float64, not int64 of shape (6,)",
        ),
        (
            lambda count: DatasetBlock(("y",), np.zeros((count, 1, 4)), {}, own_labels={"c": np.ones((count, 3), int)}),
            "ValueError: returned own_labels of c of shape (6, 3) and type int64, not int64 of shape (6, 4)",
        ),
    ],
)
def test_a_wrong_block_of_data_is_repeated_in_the_single_form(returned, why, monkeypatch):
    right = estimates_of(study_of(Blocked, mean=[0.0]))["A"]
    monkeypatch.setattr(Blocked, "simulate_block", lambda self, streams: returned(len(streams)))
    study = study_of(Blocked, mean=[0.0])
    result = run_block(study, block_of(study))
    assert np.array_equal(result.estimates["A"].values, right.values, equal_nan=True)
    assert result.repeated == (f"Blocked.simulate_block: {why}",)


@pytest.mark.parametrize(("labels", "blocks_of"), [([1, 2, 3, 4, 5], [6]), (["a", "b", "c", "d", "e"], [])])
def test_data_sets_that_differ_in_size_are_one_block_unless_texts_differ_too(labels, blocks_of, monkeypatch):
    blocks, fit_block = [], MeanBlock.fit_block

    def simulate(self, rng, design=None):
        n = rng.integers(3, 6)
        return Dataset({"y": rng.standard_normal(n), "id": np.array(labels[:n])})

    def watched(self, block, streams):
        blocks.append(len(block))
        return fit_block(self, block, streams)

    monkeypatch.setattr(Plain, "simulate", simulate)
    monkeypatch.setattr(MeanBlock, "fit_block", watched)
    study = study_of(mean=[0.0], methods={"A": MeanBlock(), "B": Mean()})
    found = estimates_of(study)
    assert blocks == blocks_of
    assert np.array_equal(found["A"].values[:, :, 0], found["B"].values[:, :, 0])
    assert (found["A"].status == Status.OK).all()
