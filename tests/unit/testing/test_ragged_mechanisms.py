"""A mechanism whose data sets differ in rows and clusters passes; a block that has them wrong is told so."""

import re
from dataclasses import replace

import numpy as np
import pytest
from fakes import Ragged

from mcsim.testing import check_mechanism

WHERE = "Ragged.simulate_block, replications 0 to 19: "
BROKEN = {
    "rows of the longest": (
        lambda block: {"rows": None},
        "Ragged.simulate_block against simulate, replication 0: y is not the same, bit for bit (float64 (",
    ),
    "rows that are no whole numbers": (
        lambda block: {"rows": block.rows.astype(float)},
        f"{WHERE}rows: an array of int64 of shape (20,) is expected",
    ),
    "more rows than values": (lambda block: {"rows": block.rows + 1}, f"{WHERE}rows go from "),
    "a replication without rows": (
        lambda block: {"rows": block.rows * 0},
        f"{WHERE}rows go from 0 to 0; expected 1 to ",
    ),
    "labels of another length": (
        lambda block: {"own_labels": {"school": np.ones((20, 5), dtype=np.int64)}},
        f"{WHERE}own_labels of school: an array of int64 of shape (20, ",
    ),
    "labels of one replication for all": (
        lambda block: {"own_labels": {name: labels[[0] * 20] for name, labels in block.own_labels.items()}},
        "Ragged.simulate_block against simulate, replication 1: classroom is not the same, bit for bit (row ",
    ),
    "labels both own and shared": (
        lambda block: {"shared": {**block.shared, "school": block.own_labels["school"][0]}},
        f"{WHERE}school cannot be both shared and of each replication",
    ),
    "labels that are values too": (
        lambda block: {"own_labels": {**block.own_labels, "x": block.own_labels["school"]}},
        f"{WHERE}x cannot be both among names and own_labels",
    ),
}


@pytest.mark.parametrize("mechanism", [Ragged(), Ragged(missing=0.2), Ragged(anew=True)], ids=str)
def test_a_right_mechanism_passes(mechanism):
    check_mechanism(mechanism)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_wrong_block_is_told_the_rule_and_the_place(rule, monkeypatch):
    changes, message = BROKEN[rule]
    right = Ragged.simulate_block

    def simulate_block(self, streams):
        block = right(self, streams)
        return replace(block, **changes(block))

    monkeypatch.setattr(Ragged, "simulate_block", simulate_block)
    with pytest.raises(AssertionError, match=re.escape(message)):
        check_mechanism(Ragged())
