"""The columns of a regression: what taking out the means of clusters leaves, and what it sets aside."""

import numpy as np
import pytest

from mcsim.kernels.columns import ABSENT
from mcsim.kernels.orthogonal import absorb_means, is_constant, measure
from mcsim.kernels.reasons import CONSTANT_WITHIN, OK
from mcsim.kernels.regression import ABSORBED_MEANS, GROUPS, KEPT, LEFT, LENGTHS, Design, N, new_room
from mcsim.kernels.variants import CLASSICAL, RESIDUAL


def demeaned(rows, starts):
    """The room with the columns given, the last the response, without the means of their clusters."""
    p, n = len(rows) - 1, len(rows[0])
    terms = np.array([[c] for c in range(p + 1)])
    room = new_room(Design(terms, np.array([starts]), True, CLASSICAL, RESIDUAL), n)
    room.columns[: p + 1] = rows
    room.bounds[:] = starts
    room.counts[N], room.counts[GROUPS] = n, len(starts) - 1
    assert measure(room, room.vectors[LENGTHS])
    aside = np.zeros(p, dtype=np.int8)
    absorb_means(room, aside)
    return room, aside


def test_columns_that_keep_something_move_up_with_their_lengths():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((2, 12))
    z = np.repeat(rng.standard_normal(3), 4)
    room, aside = demeaned([z, x, y], [0, 4, 8, 12])
    np.testing.assert_array_equal(aside, [CONSTANT_WITHIN, OK])
    assert (room.counts[KEPT], room.counts[ABSORBED_MEANS], room.places[0]) == (1, 3, 1)
    for place, column in enumerate((x, y)):
        left = column - np.repeat(column.reshape(3, 4).mean(axis=1), 4)
        np.testing.assert_allclose(room.columns[place], left, rtol=0, atol=1e-14)
        np.testing.assert_allclose(room.vectors[LENGTHS, place], np.linalg.norm(column), rtol=1e-14)
        np.testing.assert_allclose(room.vectors[LEFT, place], np.linalg.norm(left), rtol=1e-13)


@pytest.mark.parametrize("constant", [0.1, np.pi, 1e8 / 3])
def test_the_rounding_of_a_mean_over_many_rows_is_taken_out_too(constant):
    n = 200_000
    y = np.full(n, constant)
    room, _ = demeaned([np.arange(n, dtype=float), y], [0, n // 2, n])
    assert room.vectors[LEFT, 1] <= 2 * np.finfo(float).eps * room.vectors[LENGTHS, 1]


def test_an_intercept_is_known_by_having_no_columns():
    assert is_constant(np.array([ABSENT, ABSENT]))
    assert not is_constant(np.array([0, ABSENT]))
