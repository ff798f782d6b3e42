"""Where the columns of a model stand: those that X and Z have in common once, the constant first."""

import numpy as np
from mixed_models import setting

from mcsim.kernels.columns import ABSENT
from mcsim.kernels.layout import FIXED, RANDOM, X_FAMILY, directions, lay_out

DATA = {name: np.arange(6.0) for name in ("y", "x", "z")} | {"cluster": np.arange(6) // 3}


def layout(formula):
    """The layout, and its columns by the place of each: y 0, x 1, z 2, in order of appearance."""
    found = lay_out(setting(formula, DATA).terms, True)
    return found, [tuple(int(place) for place in term if place != ABSENT) for term in found.terms]


def test_columns_that_x_and_z_have_in_common_stand_once():
    found, columns = layout("y ~ x + z + (1 + x | cluster)")
    assert columns == [(), (1,), (2,), (0,)]
    assert found.shared == 2
    assert found.orders[X_FAMILY].tolist() == [0, 1, 2, 3]


def test_the_constant_stands_first_wherever_the_formula_has_it():
    found, columns = layout("y ~ 0 + x + z + (x + z | cluster)")
    assert columns == [(1,), (2,), (), (0,)]
    assert found.shared == 2
    assert found.orders[RANDOM, :3].tolist() == [1, 2, 0]
    assert found.orders[FIXED, :2].tolist() == [0, 1]


def test_a_product_is_one_column_whichever_factor_is_named_first():
    found, columns = layout("y ~ x:z + (0 + z:x | cluster)")
    assert sorted(columns[0]) == [1, 2]
    assert found.shared == 1


def test_uncorrelated_random_effects_share_no_more_than_the_constant():
    found, columns = layout("y ~ x + (1 + x || cluster)")
    assert columns == [(), (1,), (1,), (0,)]
    assert found.shared == 1
    assert found.orders[X_FAMILY, :3].tolist() == [0, 2, 3]


def test_covariances_stand_in_the_lower_triangle_by_column():
    assert directions([0, 0, 0]).tolist() == [[0, 0], [1, 0], [2, 0], [1, 1], [2, 1], [2, 2]]
    assert directions([0, 1, 2]).tolist() == [[0, 0], [1, 1], [2, 2]]
