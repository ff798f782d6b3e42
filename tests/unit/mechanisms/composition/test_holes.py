"""Where the clusters of data sets start, however their rows stand."""

import numpy as np
import pytest

from mcsim.mechanisms.composition.holes import cluster_starts

WORDS = np.array([["b", "b", "a", "a", "a", "c"]])


def starts_of(*labels, rows):
    order, starts = cluster_starts([np.array(column) for column in labels], np.array(rows))
    return None if order is None else order.tolist(), starts.tolist()


def test_rows_in_order_stay_so():
    assert starts_of([[1, 1, 2, 3, 3]], rows=[5, 5]) == (None, [[0, 2, 3, 5]])
    assert starts_of([[7]], rows=[1]) == (None, [[0, 1]])


def test_the_number_of_rows_fills_the_places_of_replications_with_fewer_clusters():
    labels = [[1, 1, 2, 3, 4, 4], [1, 1, 1, 2, 0, 0]]
    assert starts_of(labels, rows=[6, 4]) == (None, [[0, 2, 3, 4, 6], [0, 3, 4, 4, 4]])


def test_labels_that_begin_anew_in_every_outer_cluster_are_told_apart():
    assert starts_of([[1, 1, 2, 1, 2, 2]], [[1, 1, 1, 2, 2, 2]], rows=[6]) == (None, [[0, 2, 3, 4, 6]])


@pytest.mark.parametrize("rows", [[6], [5]])
def test_rows_of_a_cluster_are_brought_together_in_the_order_they_have(rows):
    order, starts = starts_of([[1, 2, 3, 1, 2, 3]], rows=rows)
    assert order == [[0, 3, 1, 4, 2, 5]]
    assert starts == ([[0, 2, 4, 6]] if rows == [6] else [[0, 2, 4, 5]])


def test_labels_may_be_words():
    assert starts_of(WORDS, rows=[6, 6]) == ([[2, 3, 4, 0, 1, 5]], [[0, 3, 5, 6]])
