"""Where clusters start when their sizes are drawn in every replication."""

import numpy as np

from mcsim.kernels.sizes import put_all_starts, put_starts
from mcsim.streams import DATA, Streams

THRESHOLDS = np.array([-0.5, 0.2, 1.0])
MEMBERS = np.array([[0, 1, 2, 3, 4, 5, 6], [0, 2, 3, 6, 6, 6, 6]])  # six clusters in three


def by_hand(normals):
    sizes = 1 + np.searchsorted(THRESHOLDS, normals)
    return np.concatenate([[0], np.cumsum(sizes)])[MEMBERS]


def test_a_cluster_has_a_row_and_one_more_for_each_threshold_below_its_normal():
    normals, starts = np.array([-1.0, -0.5, 0.0, 0.5, 3.0, 1.0]), np.empty((2, 7), dtype=np.int64)
    put_starts(THRESHOLDS, normals, MEMBERS, starts)
    np.testing.assert_array_equal(starts, [[0, 1, 2, 4, 7, 11, 14], [0, 2, 4, 14, 14, 14, 14]])
    np.testing.assert_array_equal(starts, by_hand(normals))


def test_replications_take_the_first_normals_of_their_streams():
    streams, starts = Streams(5, "c1", DATA, 2**40, 50), np.empty((50, 2, 7), dtype=np.int64)
    put_all_starts(THRESHOLDS, (streams.key, streams.first), MEMBERS, 0, starts)
    np.testing.assert_array_equal(starts, [by_hand(streams.generator(r).standard_normal(6)) for r in range(50)])


def test_the_last_clusters_may_have_one_row_each():
    streams, starts = Streams(5, "c1", DATA, 0, 20), np.empty((20, 2, 7), dtype=np.int64)
    put_all_starts(THRESHOLDS, (streams.key, streams.first), MEMBERS, 2, starts)
    for rep, found in enumerate(starts):
        sizes = 1 + np.searchsorted(THRESHOLDS, streams.generator(rep).standard_normal(6)[:4])
        np.testing.assert_array_equal(np.diff(found[0]), [*sizes, 1, 1])
