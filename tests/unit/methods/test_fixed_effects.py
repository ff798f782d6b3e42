"""The within estimator as a method: dummy variables without the dummies."""

import numpy as np
import pytest
from dense_regression import dense_regression, dummies

from mcsim.kernels.variants import COVARIANCES
from mcsim.mechanisms import TwoLevel
from mcsim.methods import FixedEffects
from mcsim.model import QUANTITIES, Dataset, Status
from mcsim.testing import check_method

RNG = np.random.default_rng(0)
SIZES = [1, 2, 3, 12, 4, 7, 9, 2]
ABSORBED = "the clusters' own intercepts take its place"
CONSTANT = "constant within every cluster: not to be told from the clusters' own intercepts"


def dataset(seed=1):
    """Clusters of many sizes; x is related to the intercepts of the clusters."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(SIZES)), SIZES)
    z, u = rng.standard_normal((2, len(SIZES)))[:, cluster]
    x = rng.standard_normal(len(cluster)) + u
    y = 0.5 * x + 0.2 * z + 3 * u + rng.standard_normal(len(cluster))
    return Dataset({"y": y, "x": x, "z": z, "cluster": cluster}, "y ~ x * z + (1 | cluster)")


def quantity(estimates, name):
    return dict(zip(estimates.estimands, estimates.values[0, :, QUANTITIES.index(name)].tolist(), strict=True))


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_it_is_the_regression_with_a_dummy_variable_for_each_cluster(covariance):
    data = dataset()
    x, z, cluster = (data.columns[name] for name in ("x", "z", "cluster"))
    dense = dense_regression(np.column_stack([dummies(cluster), x, x * z]), data.columns["y"], cluster)
    df = "bell_mccaffrey" if covariance == "CR2" else "residual"
    estimates = FixedEffects(covariance=covariance, df=df).fit(data, RNG)
    std_error = np.sqrt(np.diag(dense.covariance[covariance])[-2:])
    wanted_df = dense.bell_mccaffrey[-2:] if covariance == "CR2" else [len(x) - len(SIZES) - 2] * 2
    for k, label in enumerate(("x", "x:z")):
        np.testing.assert_allclose(quantity(estimates, "estimate")[label], dense.beta[k - 2], rtol=1e-9)
        np.testing.assert_allclose(quantity(estimates, "std_error")[label], std_error[k], rtol=1e-9)
        np.testing.assert_allclose(quantity(estimates, "df")[label], wanted_df[k], rtol=1e-9)


def test_the_intercept_and_what_is_constant_within_clusters_are_skipped_with_the_reason():
    estimates = FixedEffects().fit(dataset(), RNG)
    assert estimates.estimands == ("(Intercept)", "x", "z", "x:z")
    codes = [Status.SKIPPED, Status.OK, Status.SKIPPED, Status.OK]
    np.testing.assert_array_equal(estimates.status[0], codes)
    assert np.isnan(estimates.values[0, [0, 2]]).all()
    assert estimates.notes == {(0, 0): ABSORBED, (0, 2): CONSTANT}


def test_the_intercept_is_skipped_also_where_the_fit_failed():
    data = dataset()
    data.columns["y"][:] = np.inf
    estimates = FixedEffects().fit(data, RNG)
    assert estimates.status[0, 0] == Status.SKIPPED
    assert set(estimates.status[0, 1:]) == {Status.FAILED}


def test_what_varies_between_clusters_only_does_not_move_it():
    data = dataset()
    moved = dict(data.columns)
    moved["y"] = moved["y"] + 100.0 * moved["cluster"]
    before, after = (FixedEffects().fit(Dataset(c, data.formula), RNG) for c in (data.columns, moved))
    np.testing.assert_allclose(after.values[0, [1, 3]], before.values[0, [1, 3]], rtol=1e-9)


def test_rows_left_out_are_counted_on_the_rows_that_are_not_skipped():
    data = dataset()
    data.columns["x"][[0, 5]] = np.nan
    estimates = FixedEffects().fit(data, RNG)
    rows = sum(SIZES)
    left_out = f"2 of {rows} rows left out: missing values"
    assert estimates.notes == {(0, 0): ABSORBED, (0, 1): left_out, (0, 2): CONSTANT, (0, 3): left_out}
    assert quantity(estimates, "df")["x"] == (rows - 2) - (len(SIZES) - 1) - 2  # the cluster of one row is gone


def test_a_response_without_variation_within_clusters_is_a_failed_fit():
    data = dataset()
    data.columns["y"][:] = data.columns["z"]
    estimates = FixedEffects().fit(data, RNG)
    assert estimates.notes[0, 1] == "the fixed effects explain the response completely"
    assert estimates.status[0, 1] == Status.FAILED


def test_it_always_needs_its_column_of_clusters():
    condition = TwoLevel(n_clusters=6, cluster_size=5, gamma10=0.5)
    (misfit,) = FixedEffects(cluster="school").misfits(condition)
    assert misfit.startswith("the clusters are the column school; there are y, x, cluster, id")


def test_it_keeps_the_contract_of_a_method():
    condition = TwoLevel(n_clusters=6, cluster_size=5, gamma10=0.5, gamma01=0.2, gamma11=0.1)
    check_method(FixedEffects(), condition)
    check_method(FixedEffects("y ~ 0 + z:x"), condition)
    check_method(FixedEffects("y ~ z"), condition)
