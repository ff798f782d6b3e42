"""`mcsim.fit` with columns that it makes: deviations from means, and means of clusters."""

import numpy as np
import pandas as pd
import pytest

import mcsim
from mcsim.errors import DataError


def draw():
    rng = np.random.default_rng(1)
    cluster = np.repeat(list("abcdefgh"), 6)
    x, y = rng.standard_normal((2, 48)) + np.repeat(rng.standard_normal(8), 6)
    return pd.DataFrame({"y": y, "x": x, "cluster": cluster})


def test_centred_columns_are_made_from_those_that_are_there():
    frame = draw().assign(x=lambda f: f.x.where(f.index != 5)).sample(frac=1, random_state=1)
    means = frame.groupby("cluster").x.transform("mean")
    given = frame.assign(within=frame.x - means, between=means)
    made = mcsim.fit("y ~ x_within + x_between + (1 + x_within | cluster)", frame)
    same = mcsim.fit("y ~ within + between + (1 + within | cluster)", given)
    assert list(made.fixed.term) == ["(Intercept)", "x_within", "x_between"]
    np.testing.assert_allclose(made.fixed.estimate, same.fixed.estimate, rtol=1e-9)
    np.testing.assert_allclose(made.residuals, same.residuals, rtol=1e-9, atol=1e-9)
    assert made.n_left_out == 1


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("y ~ w_within + (1 | cluster)", "there is no column w_within, which is made from w; there are y, x, cluster"),
        ("y ~ x_witin + (1 | cluster)", r"there is no column x_witin; .*; did you mean x_within\?"),
        ("y ~ x_between + (1 | cluster)", "the column x is infinite in row 4; allowed: finite numbers"),
    ],
)
def test_centred_columns_that_cannot_be_made_are_told(formula, said):
    frame = draw()
    frame.loc[3, "x"] = np.inf
    with pytest.raises(DataError, match=said):
        mcsim.fit(formula, frame)
