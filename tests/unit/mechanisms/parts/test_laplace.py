"""The Laplace distribution, against scipy's."""

import numpy as np
import pytest
from scipy import stats

from mcsim.mechanisms import Laplace

TAIL = np.geomspace(1e-12, 0.5, 400)


def test_quantiles_are_scipys_in_both_tails():
    np.testing.assert_allclose(Laplace().quantile(TAIL, 1 - TAIL), stats.laplace.ppf(TAIL), rtol=1e-12)
    np.testing.assert_allclose(Laplace().quantile(1 - TAIL, TAIL), stats.laplace.isf(TAIL), rtol=1e-12)


def test_moments_are_scipys():
    assert Laplace().moments() == pytest.approx((stats.laplace.mean(), stats.laplace.std()), rel=1e-12)


def test_it_has_heavy_tails_in_the_table_that_is_drawn_from():
    assert Laplace().meaning() == "Laplace distribution; skewness 0, excess kurtosis 3"
