"""A block: what happens to a replication, and that nothing changes a bit."""

import importlib
import random
import time
import warnings

import numpy as np
import pytest
from fakes import Blocked, Held, Mean, MeanBlock, Plain, first_condition, method, study_of

from mcsim import Status
from mcsim.plan import Block
from mcsim.run import run_block
from mcsim.streams import DATA, Streams, method_purpose

BLOCK = importlib.import_module("mcsim.run.block")  # the name mcsim.run is the function


def block_of(study, first=0, last=6):
    return Block(first_condition(study), tuple(study.methods), first, last)


def estimates_of(study, first=0, last=6):
    return run_block(study, block_of(study, first, last)).estimates


def test_a_replication_is_what_its_streams_give():
    study = study_of(mean=[3.0])
    [found] = estimates_of(study, 4, 6).values()
    key = first_condition(study)
    y = 3.0 + Streams(7, key, DATA, 5, 1).generator(0).standard_normal(4)
    drawn = Streams(7, key, method_purpose(study.method_keys["A"]), 5, 1).generator(0).random()
    assert found.values[1, 0, 0] == y.mean()
    assert found.values[1, 0, 5] == drawn


@pytest.mark.parametrize("mechanism", [Plain, Blocked])
@pytest.mark.parametrize("analysis", [Mean(), MeanBlock()])
def test_block_forms_blocks_and_chunks_change_no_bit(mechanism, analysis, monkeypatch):
    study = study_of(mechanism, mean=[1.0], methods={"A": analysis})
    [whole] = estimates_of(study, 0, 6).values()
    y = np.array([1.0 + rng.standard_normal(4) for rng in Streams(7, first_condition(study), DATA, 0, 6)])
    assert np.array_equal(whole.values[:, 0, 0], y.mean(axis=1))
    cut = [estimates_of(study, *span)["A"].values for span in ((0, 1), (1, 5), (5, 6))]
    assert np.array_equal(np.concatenate(cut), whole.values, equal_nan=True)
    monkeypatch.setattr(BLOCK, "CHUNK_NUMBERS", 2 * 8)
    assert np.array_equal(estimates_of(study, 0, 6)["A"].values, whole.values, equal_nan=True)


def test_other_methods_and_conditions_do_not_change_a_method():
    alone = estimates_of(study_of(mean=[1.0]))["A"]
    together = study_of(mean=[0.0, 1.0], methods={"B": Mean(shift=2.0), "A": Mean()})
    key = list(together.conditions)[1]
    beside = run_block(together, Block(key, ("B", "A"), 0, 6)).estimates["A"]
    assert np.array_equal(alone.values, beside.values, equal_nan=True)


def test_a_design_is_drawn_once_and_handed_to_every_replication():
    seen = []
    watch = method(lambda estimates, dataset: seen.append(dataset.columns["x"]) or estimates)
    study = study_of(Held, methods={"A": watch}, mean=[0.0])
    estimates_of(study, 0, 2)
    estimates_of(study, 3, 4)
    assert len(seen) == 3
    assert all(np.array_equal(x, seen[0]) for x in seen)
    assert not np.array_equal(estimates_of(study).get("A").values[0], estimates_of(study).get("A").values[1])


def test_a_method_sees_the_columns_and_the_formula_read_only_and_nothing_unseen():
    seen = []
    watch = method(lambda estimates, dataset: seen.append(dataset) or estimates)
    for mechanism in (Plain, Blocked):
        estimates_of(study_of(mechanism, methods={"A": watch}, mean=[0.0]), 0, 1)
    for dataset in seen:
        assert set(dataset.columns) == {"y", "id"}
        assert dataset.formula == "y ~ 1"
        assert dataset.components == {}
        assert not any(column.flags.writeable for column in dataset.columns.values())


def test_a_method_that_spoils_what_it_is_given_spoils_it_for_itself_alone():
    def spoil(estimates, dataset):
        dataset.columns["y2"] = dataset.columns.pop("y")
        random.seed(1)
        return estimates

    study = study_of(mean=[0.0], methods={"A": method(spoil), "B": Mean()})
    found = estimates_of(study)
    assert (found["B"].status == Status.OK).all()
    assert np.array_equal(found["A"].values[:, :, 0], found["B"].values[:, :, 0])


def test_a_block_form_that_takes_too_long_is_repeated_in_the_single_form(monkeypatch):
    study = study_of(Blocked, mean=[1.0], methods={"A": MeanBlock()})
    [whole] = estimates_of(study).values()
    fit_block, calls = MeanBlock.fit_block, []

    def sometimes_slow(self, block, streams):
        calls.append(len(block))
        if len(block) > 1:
            time.sleep(60)
        return fit_block(self, block, streams)

    monkeypatch.setattr(MeanBlock, "fit_block", sometimes_slow)
    found = run_block(study, block_of(study), fit_timeout=0.2)
    assert calls[0] == 1
    assert max(calls) > 1
    assert found.repeated == ("A, fit_block: timeout: not done after 0.2 s",)
    assert np.array_equal(found.estimates["A"].values, whole.values, equal_nan=True)
    assert found.estimates["A"].notes == {}


def test_with_a_time_limit_calls_grow_until_they_take_a_tenth_of_it(monkeypatch):
    study = study_of(Blocked, mean=[1.0], methods={"A": MeanBlock()})
    fit_block, calls = MeanBlock.fit_block, []

    def counted(self, block, streams):
        calls.append(len(block))
        time.sleep(0.002 * len(block))
        return fit_block(self, block, streams)

    monkeypatch.setattr(MeanBlock, "fit_block", counted)
    run_block(study, block_of(study, 0, 100), fit_timeout=0.5)
    assert calls[0] == 1
    assert sum(calls) == 100
    assert 5 < max(calls) < 40


def test_a_block_form_that_has_something_to_say_is_repeated_so_that_it_stands_at_its_replication(monkeypatch):
    study = study_of(Blocked, mean=[1.0], methods={"A": MeanBlock()})
    fit = MeanBlock.fit

    def talkative(self, dataset, rng):
        if dataset.columns["y"][0] > 1:
            warnings.warn("high", stacklevel=1)
        return fit(self, dataset, rng)

    monkeypatch.setattr(MeanBlock, "fit", talkative)
    found = run_block(study, block_of(study))
    y = np.array([1.0 + rng.standard_normal(4) for rng in Streams(7, first_condition(study), DATA, 0, 6)])
    high = sorted({(rep, k) for rep in np.flatnonzero(y[:, 0] > 1).tolist() for k in range(2)})
    assert 0 < len(high) < 12
    assert sorted(found.estimates["A"].notes) == high
    assert set(found.estimates["A"].notes.values()) == {"1 warning: UserWarning: high"}
    assert len(found.repeated) == 1
