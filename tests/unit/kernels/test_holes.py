"""Which values go missing: the selection, and how many."""

import math

import numpy as np
import pytest
from numba import njit

from mcsim.kernels.holes import Holed, _select, draw_normals, hide_ends, hide_later_rows, hide_rows, most_for_ends
from mcsim.streams import generator, stream_key

KEY = stream_key(7, "c0123456789ab", "data")
RNG = np.random.default_rng(1)
SHAPES = {
    "at random": RNG.standard_normal,
    "sorted": lambda n: np.arange(float(n)),
    "reversed": lambda n: -np.arange(float(n)),
    "like an organ pipe": lambda n: -np.abs(np.arange(float(n)) - n // 2),
    "with many ties": lambda n: RNG.integers(0, 3, n).astype(float),
}


@njit
def selected(numbers, place):
    return _select(numbers.copy(), numbers.shape[0], place)


def holed(columns, *, on=None, rows=None, starts=((0,),), of=0):
    own = np.array(columns, dtype=float)
    on = own[:, of] if on is None else np.array(on, dtype=float)
    rows = np.full(len(own), own.shape[2]) if rows is None else np.array(rows)
    return Holed(own.copy(), of, on.copy(), rows, np.array(starts))


def missing(given):
    return np.isnan(given.own[:, given.of])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_selected_number_is_the_one_that_would_stand_there_if_all_were_sorted(shape):
    for n in (1, 2, 3, 4, 10, 101):
        numbers = SHAPES[shape](n)
        assert [selected(numbers, place) for place in range(n)] == sorted(numbers)


def test_the_normals_are_those_of_the_jumped_stream_of_each_replication():
    out = np.empty((3, 50))
    draw_normals(KEY, 2**32 - 1, out)
    for row, rep in zip(out, range(2**32 - 1, 2**32 + 2), strict=True):
        jumped = np.random.Generator(generator(KEY, rep).bit_generator.jumped())
        assert row.tobytes() == jumped.standard_normal(50).tobytes()


@pytest.mark.parametrize("strength", [0.0, 1.5, -0.5])
def test_the_rows_with_the_largest_scores_go_missing(strength):
    columns, on, normals = RNG.standard_normal((20, 2, 30)), RNG.exponential(size=(20, 30)), np.zeros((20, 31))
    normals[:, 1:] = RNG.standard_normal((20, 30))
    given = holed(columns, on=on, of=1)
    hide_rows(given, normals, (0.3, strength))
    lean = strength * (on - on.mean(1, keepdims=True)) / on.std(1, keepdims=True)
    largest = np.argsort(-(lean + normals[:, 1:]), axis=1)[:, :9]
    assert [set(np.flatnonzero(row)) for row in missing(given)] == [set(row) for row in largest]
    np.testing.assert_array_equal(given.own[:, 0], columns[:, 0])


def test_a_number_that_is_not_whole_is_rounded_up_as_often_as_its_mean_needs():
    normals = RNG.standard_normal((4000, 11))
    given = holed(np.zeros((4000, 1, 10)))
    hide_rows(given, normals, (0.27, 0.0))
    counts = missing(given).sum(1)
    below = np.array([0.5 * math.erfc(-normal / math.sqrt(2)) for normal in normals[:, 0]])
    np.testing.assert_array_equal(counts, np.floor(2.7 + below))


def test_only_values_that_are_there_go_missing_and_count():
    columns = np.arange(12.0).reshape(1, 1, 12)
    columns[0, 0, :4] = np.nan
    given = holed(columns)
    hide_rows(given, np.zeros((1, 13)), (0.5, 1.0))
    assert missing(given).tolist() == [[True] * 4 + [False] * 4 + [True] * 4]


@pytest.mark.parametrize("value", [np.nan, np.inf, 3.0])
def test_values_that_say_nothing_leave_it_to_chance(value):
    normals = RNG.standard_normal((1, 13))
    by_value, by_chance = holed(np.zeros((1, 1, 12)), on=np.full((1, 12), value)), holed(np.zeros((1, 1, 12)))
    hide_rows(by_value, normals, (0.5, 2.0))
    hide_rows(by_chance, normals, (0.5, 0.0))
    np.testing.assert_array_equal(missing(by_value), missing(by_chance))


def test_the_last_value_seen_decides_and_first_rows_keep_theirs():
    values = [[1, 9, 9, 0, 8, 9, 3, 2, 7]]
    given = holed([values], starts=[[0, 3, 6, 9, 9]])
    hide_later_rows(given, np.zeros((1, 10)), (1 / 3, 50.0))
    # Row 1 of the last cluster first (3 is the largest before), and for row 2 its first row is the last that is seen.
    assert np.flatnonzero(missing(given)).tolist() == [2, 7]
    given = holed([values], starts=[[0, 3, 6, 9, 9]])
    hide_later_rows(given, np.zeros((1, 10)), (2 / 3, 50.0))
    assert missing(given).reshape(3, 3).tolist() == [[False, True, False], [False, False, True], [False, True, True]]


def test_every_occasion_has_its_share_of_holes():
    given = holed(np.zeros((50, 1, 40)), starts=[np.arange(0, 41, 4)])
    hide_later_rows(given, RNG.standard_normal((50, 41)), (0.3, 0.0))
    assert missing(given).reshape(50, 10, 4).sum(1).tolist() == [[0, 3, 3, 3]] * 50


def test_rows_beyond_the_last_of_a_replication_are_left_alone():
    normals = np.repeat([np.arange(11.0)], 2, axis=0) - 3
    given = holed(np.zeros((2, 1, 10)), rows=[10, 5], starts=[[0, 5, 10], [0, 5, 5]])
    hide_rows(given, normals, (0.8, 0.0))
    assert missing(given).sum(1).tolist() == [8, 4]
    assert not missing(given)[1, 5:].any()
    ends = holed(np.zeros((2, 1, 10)), rows=[10, 5], starts=[[0, 5, 10], [0, 5, 5]])
    hide_ends(ends, np.repeat([3.0 + np.arange(1 + most_for_ends(ends, 0.99))], 2, axis=0), (0.99, 1.0, 0.0))
    assert missing(ends)[:, [0, 5]].tolist() == [[False, False], [False, False]]
    assert not missing(ends)[1, 5:].any()
    assert missing(ends)[1, 4]


def test_so_many_clusters_drop_out_by_each_occasion_as_the_weibull_distribution_says():
    clusters, size, rate, shape = 50, 6, 0.6, 1.7
    given = holed(np.zeros((200, 1, 300)), starts=[np.arange(0, 301, size)])
    normals = RNG.standard_normal((200, 1 + most_for_ends(given, rate)))
    hide_ends(given, normals, (rate, shape, 0.0))
    gone = missing(given).reshape(200, clusters, size).sum(1)
    below = np.array([0.5 * math.erfc(-normal / math.sqrt(2)) for normal in normals[:, 0]])
    out = 1 - (1 - rate) ** ((np.arange(size) / (size - 1)) ** shape)
    np.testing.assert_array_equal(gone, np.floor(clusters * out + below[:, None] * (out > 0) + 1e-12))


def test_who_drops_out_has_the_largest_value_when_last_seen():
    values = np.array([[[1, 0, 0, 0], [0, 5, 0, 0], [np.nan, np.nan, 9, 9]]], dtype=float).reshape(1, 1, 12)
    given = holed(values, starts=[[0, 4, 8, 12]])
    hide_ends(given, np.zeros((1, 1 + most_for_ends(given, 0.3))), (0.3, 60.0, 50.0))
    late = missing(given).reshape(3, 4).tolist()
    assert late == [[False] * 4, [False] * 4, [True, True, False, True]]
