"""Where clusters begin: as one replication after the other is looked at by itself."""

import numpy as np
import pytest

from mcsim.kernels.cluster_starts import are_nested, find_starts, set_starts

ROWS = np.array([0, 1, 40, 17, 8, 9])


def starts_of(labels, rows=ROWS):
    """(R, J + 1) of labels (R, C, n), or None if they are not in order."""
    labels = np.ascontiguousarray(labels, dtype=np.int64)
    labels.flags.writeable = False
    counts, found = np.empty(len(rows), dtype=np.int64), np.empty(rows.sum(), dtype=np.int64)
    if not find_starts(labels, rows, counts, found):
        return None
    starts = np.empty((len(rows), counts.max() + 1), dtype=np.int64)
    set_starts(found, counts, rows, starts)
    return starts


def alone(labels, n):
    """The same of one replication, (C, n), by numpy."""
    changed = np.any(np.diff(labels[:, :n], axis=1) != 0, axis=0)
    return [0, *np.flatnonzero(changed) + 1, n] if n else [0]


@pytest.mark.parametrize("share", [0.02, 0.5, 1.0])
@pytest.mark.parametrize("replications", [1, len(ROWS)])
def test_they_are_those_of_each_replication_and_padding_is_not_looked_at(share, replications):
    rng = np.random.default_rng(1)
    labels = np.cumsum(rng.random((replications, 1, 40)) < share, axis=2)
    found = starts_of(np.where(np.arange(40) < ROWS.max(), labels, -5))
    for rep, n in enumerate(ROWS):
        expected = alone(labels[rep % replications], n)
        assert found[rep].tolist() == expected + [n] * (found.shape[1] - len(expected))


def test_labels_of_a_combination_may_begin_anew_where_a_later_column_rises():
    school, classroom = np.repeat([[0, 3, 4]], 12), np.tile(np.repeat([1, 2, 3], 4), 3)
    together = np.stack([classroom, school])[None]
    assert starts_of(together, np.array([36])).tolist() == [list(range(0, 37, 4))]
    assert starts_of(together[:, ::-1], np.array([36])) is None


@pytest.mark.parametrize("row", [1, 7, 8, 9, 15, 16, 31, 39])
def test_a_lower_label_is_noticed_wherever_it_is_unless_it_is_padding(row):
    labels = np.zeros((1, 1, 40))
    labels[0, 0, row:] = -1
    assert starts_of(labels, np.array([row + 1])) is None
    assert starts_of(labels, np.array([row])).tolist() == [[0, row]]


@pytest.mark.parametrize(
    ("inner", "outer", "nested"),
    [
        ([0, 2, 4, 6], [0, 4, 6], True),
        ([0, 2, 4, 6], [0, 6, 6], True),
        ([0, 2, 4, 6], [0, 3, 6], False),
        ([0, 2, 4, 6], [0, 4, 5, 6], False),
        ([0, 2, 4, 6], [0, 2, 4, 6], False),
        ([0, 4, 6, 6], [0, 4, 6], False),
        ([0, 4, 6, 6], [0, 6, 6], True),
        ([0, 0, 0, 0], [0, 0, 0], True),
        ([0, 6, 6, 6], [0, 6, 6], False),
    ],
)
def test_clusters_are_nested_if_each_lies_in_one_of_fewer_outer_ones(inner, outer, nested):
    good = ([0, 1, 2, 6], [0, 2, 6] if len(outer) == 3 else [0, 2, 6, 6])
    inner, outer = (np.array([right, given], dtype=np.int64) for right, given in zip(good, (inner, outer), strict=True))
    assert are_nested(inner, outer) == nested
