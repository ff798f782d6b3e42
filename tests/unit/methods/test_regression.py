"""The options that regressions share: covariance matrices, degrees of freedom, clusters, and what they refuse."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dense_regression import dense_regression
from fakes import Plain
from scipy import stats

from mcsim.errors import DataError, ParameterError
from mcsim.kernels.variants import COVARIANCES, DEGREES
from mcsim.keys import method_key
from mcsim.mechanisms import Growth, TwoLevel
from mcsim.methods import FixedEffects, OrdinaryLeastSquares
from mcsim.model import QUANTITIES, Dataset, DatasetBlock, Status
from mcsim.streams import Streams
from mcsim.testing import check_method

GOLDEN = Path(__file__).parents[2] / "golden"
REFERENCES = sorted(path for path in GOLDEN.glob("*.json") if "ols" in json.loads(path.read_text()))
ROBUST = COVARIANCES[1:]
RNG = np.random.default_rng(0)
BOTH = pytest.mark.parametrize("method", [OrdinaryLeastSquares, FixedEffects])


def dataset(*, clusters=8, size=5, seed=1):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), size)
    z, u = rng.standard_normal((2, clusters))[:, cluster]
    x, e = rng.standard_normal((2, len(cluster)))
    return Dataset({"y": x + u + e, "x": x, "z": z, "cluster": cluster}, "y ~ x + z + (1 | cluster)")


def changed(data, **columns):
    return Dataset({**data.columns, **columns}, data.formula)


def quantity(estimates, name):
    return estimates.values[0, :, QUANTITIES.index(name)]


def agrees(options, reference, df):
    """Whether the fit of one reference data set is clubSandwich's."""
    frame = pd.read_csv(reference.with_suffix(".csv"))
    wanted = json.loads(reference.read_text())
    ols = wanted["ols"]
    method = OrdinaryLeastSquares(wanted["formula"], cluster=ols["cluster"], **options)
    estimates = method.fit(Dataset(dict(frame.items())), RNG)
    np.testing.assert_allclose(quantity(estimates, "estimate"), ols["estimate"], rtol=1e-6)
    std_error = ols[options["covariance"]]["std_error"]
    np.testing.assert_allclose(quantity(estimates, "std_error"), std_error, rtol=1e-6)
    np.testing.assert_allclose(quantity(estimates, "df"), df(ols, frame), rtol=1e-6)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda path: path.stem)
@pytest.mark.parametrize("covariance", ROBUST)
def test_robust_standard_errors_are_those_of_r_on_the_reference_data(covariance, reference):
    def clusters(ols, frame):
        return [frame[ols["cluster"]].nunique() - 1] * len(ols["names"])

    agrees({"covariance": covariance, "df": "clusters"}, reference, clusters)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda path: path.stem)
def test_bell_mccaffrey_df_are_those_of_r_on_the_reference_data(reference):
    options = {"covariance": "CR2", "df": "bell_mccaffrey"}
    agrees(options, reference, lambda ols, _: ols["CR2"]["bell_mccaffrey_df"])


@BOTH
def test_intervals_and_p_values_are_those_of_t_with_the_df_of_each_effect(method):
    estimates = method(covariance="CR2", df="bell_mccaffrey", level=0.9).fit(dataset(), RNG)
    estimate, std_error, df = (quantity(estimates, name)[1] for name in ("estimate", "std_error", "df"))
    half_width = stats.t.ppf(0.95, df) * std_error
    np.testing.assert_allclose(quantity(estimates, "lower")[1], estimate - half_width, rtol=1e-10)
    np.testing.assert_allclose(quantity(estimates, "upper")[1], estimate + half_width, rtol=1e-10)
    p_value = 2 * stats.t.sf(abs(estimate / std_error), df)
    np.testing.assert_allclose(quantity(estimates, "p_value")[1], p_value, rtol=1e-10)


def test_clusters_may_be_words_in_any_order_with_some_missing():
    data = dataset()
    words = np.array([f"school {label}" for label in data.columns["cluster"]], dtype=object)
    words[[4, 17]] = None
    order = np.random.default_rng(3).permutation(len(words))
    shuffled = changed(Dataset({name: column[order] for name, column in data.columns.items()}, data.formula))
    estimates = OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey").fit(
        changed(shuffled, cluster=words[order]), RNG
    )
    kept = np.delete(np.arange(len(words)), [4, 17])
    X = np.column_stack([np.ones(len(kept)), data.columns["x"][kept], data.columns["z"][kept]])
    dense = dense_regression(X, data.columns["y"][kept], words[kept].astype(str))
    np.testing.assert_allclose(quantity(estimates, "std_error") ** 2, np.diag(dense.covariance["CR2"]), rtol=1e-9)
    np.testing.assert_allclose(quantity(estimates, "df"), dense.bell_mccaffrey, rtol=1e-9)
    assert set(estimates.notes.values()) == {"2 of 40 rows left out: missing values"}


def test_clusters_that_differ_between_replications_are_those_of_each():
    datasets = [dataset(seed=seed) for seed in (1, 2, 3)]
    labels = [np.repeat(np.arange(40.0 / size), size) for size in (4, 5, 8)]
    names = ("y", "x", "z", "cluster")
    values = np.array(
        [[*(data.columns[n] for n in names[:3]), label] for data, label in zip(datasets, labels, strict=True)]
    )
    block = DatasetBlock(names, values, {}, datasets[0].formula)
    method = OrdinaryLeastSquares(covariance="CR1", df="clusters")
    estimates = method.fit_block(block, Streams(1, "c", "m", 0, 3))
    np.testing.assert_array_equal(estimates.values[:, 0, QUANTITIES.index("df")], [9, 7, 4])
    for rep in range(3):
        np.testing.assert_array_equal(method.fit(block.dataset(rep), RNG).values[0], estimates.values[rep])
    assert (
        method.fit_block(DatasetBlock(names, values[:0], {}, block.formula), Streams(1, "c", "m", 0, 0)).values.size
        == 0
    )


@BOTH
@pytest.mark.parametrize("predictors", ["random", "fixed"])
@pytest.mark.parametrize(
    "options", [{"covariance": "CR2", "df": "bell_mccaffrey"}, {"covariance": "CR1S"}, {"df": "clusters"}], ids=str
)
def test_it_keeps_the_contract_of_a_method(method, predictors, options):
    condition = TwoLevel(n_clusters=6, cluster_size=5, gamma10=0.5, gamma01=0.2, gamma11=0.1, predictors=predictors)
    check_method(method(**options), condition)
    check_method(method("y ~ 0 + z:x", **options), condition)


def test_options_at_their_defaults_leave_the_key_as_it_was_before_there_were_any():
    plain = method_key("OLS", OrdinaryLeastSquares())
    assert plain == "m88db112287a3"
    assert method_key("OLS", OrdinaryLeastSquares(covariance="classical", df="residual", cluster="cluster")) == plain
    keys = {method_key("OLS", OrdinaryLeastSquares(covariance=word)) for word in COVARIANCES}
    assert len(keys) == len(COVARIANCES)


@BOTH
@pytest.mark.parametrize("covariance", [word for word in COVARIANCES if word != "CR2"])
def test_bell_mccaffrey_df_without_cr2_are_refused_when_the_method_is_built(method, covariance):
    with pytest.raises(ParameterError) as error:
        method(covariance=covariance, df="bell_mccaffrey")
    allowed = "allowed: 'residual', 'clusters', or give covariance='CR2' too"
    assert f"df: given 'bell_mccaffrey' with covariance '{covariance}'; {allowed}" in str(error.value)


@BOTH
def test_words_that_are_none_are_refused_together(method):
    with pytest.raises(ParameterError) as error:
        method(covariance="HC3", df="satterthwaite", cluster=1)
    assert f"covariance: given 'HC3'; allowed: one of {', '.join(map(repr, COVARIANCES))}" in str(error.value)
    assert f"df: given 'satterthwaite'; allowed: one of {', '.join(map(repr, DEGREES))}" in str(error.value)
    assert "cluster: given 1; allowed: a string" in str(error.value)


@BOTH
def test_a_column_of_clusters_that_a_condition_lacks_is_named(method):
    condition = TwoLevel(n_clusters=6, cluster_size=5, gamma10=0.5)
    (misfit,) = method(covariance="CR2", cluster="clusters").misfits(condition)
    assert misfit == "the clusters are the column clusters; there are y, x, cluster, id; did you mean cluster?"
    (misfit,) = method(covariance="CR2", cluster="id").misfits(condition)
    assert misfit == "the clusters are id, a column of values; grouping factors: cluster"
    assert method(covariance="CR2").misfits(condition) == []


def test_a_condition_whose_clusters_have_another_name_says_what_to_write():
    growth = Growth(n_persons=10, occasions=4, gamma10=1.0)
    (misfit,) = OrdinaryLeastSquares(covariance="CR2").misfits(growth)
    assert misfit == "the clusters are the column cluster; there are y, time, person, id; write cluster='person'"


def test_without_need_for_clusters_their_column_may_be_missing():
    assert OrdinaryLeastSquares(cluster="school").misfits(TwoLevel(n_clusters=6, cluster_size=5)) == []
    assert OrdinaryLeastSquares(df="clusters", cluster="school").misfits(TwoLevel(n_clusters=6, cluster_size=5)) != []


def test_too_few_clusters_for_the_effects_of_clusters_are_found_when_the_study_is_built():
    two = TwoLevel(n_clusters=2, cluster_size=5, gamma10=0.5, gamma01=0.5)
    (misfit,) = OrdinaryLeastSquares("y ~ x + z", covariance="CR1").misfits(two)
    wanted = "'y ~ x + z' has fixed effects of clusters ((Intercept), z): CR1 needs more than 2 clusters; given 2"
    assert misfit == wanted
    assert OrdinaryLeastSquares("y ~ x + z").misfits(two) == []
    assert FixedEffects("y ~ x + z", covariance="CR1").misfits(two) == []


@BOTH
def test_a_condition_of_one_cluster_has_too_few(method):
    class OneCluster(Plain):
        n_clusters = 1

        def columns(self):
            return ("y", "cluster")

    (misfit,) = method(covariance="CR0").misfits(OneCluster())
    assert misfit == f"{method.__name__} needs at least 2 clusters; given 1"


def test_a_column_of_clusters_that_the_data_lack_is_an_error():
    with pytest.raises(DataError, match="names the column school; there are y, x, z, cluster"):
        OrdinaryLeastSquares(covariance="CR0", cluster="school").fit(dataset(), RNG)


def notes_of(method, data):
    """The notes by estimand; no row but a failed or skipped one is without numbers."""
    estimates = method.fit(data, RNG)
    for k, status in enumerate(estimates.status[0]):
        assert np.isnan(estimates.values[0, k, :2]).all() == (status in {Status.FAILED, Status.SKIPPED})
    codes = dict(zip(estimates.estimands, estimates.status[0].tolist(), strict=True))
    return codes, {estimates.estimands[k]: note for (_, k), note in estimates.notes.items()}


BAD = {
    "one cluster": ({"cluster": np.zeros(40)}, "fewer than two clusters"),
    "constant y": ({"y": np.full(40, 0.1)}, "the fixed effects explain the response completely"),
    "huge y": ({"y": np.full(40, 1e300)}, "a value is infinite, or too large to square"),
    "all-NaN x": (
        {"x": np.full(40, np.nan)},
        "as many fixed effects as rows, or more; 40 of 40 rows left out: missing values",
    ),
    "no cluster known": (
        {"cluster": np.full(40, np.nan)},
        "as many fixed effects as rows, or more; 40 of 40 rows left out: missing values",
    ),
}


@BOTH
@pytest.mark.parametrize("bad", BAD)
def test_data_that_say_nothing_are_a_failed_fit_with_the_reason(method, bad):
    columns, note = BAD[bad]
    codes, notes = notes_of(method(covariance="CR2", df="bell_mccaffrey"), changed(dataset(), **columns))
    assert (codes["x"], notes["x"]) == (Status.FAILED, note)


@BOTH
def test_linearly_dependent_predictors_are_a_failed_fit(method):
    data = dataset()
    codes, notes = notes_of(method("y ~ x + w", covariance="CR2"), changed(data, w=2 * data.columns["x"]))
    assert (codes["w"], notes["w"]) == (Status.FAILED, "the fixed effects are linearly dependent")


def test_an_effect_without_robust_variance_fails_alone():
    codes, notes = notes_of(OrdinaryLeastSquares("y ~ z", covariance="CR0"), dataset(clusters=2))
    note = "the residuals of every cluster cancel: the cluster-robust variance is zero"
    assert codes == {"(Intercept)": Status.FAILED, "z": Status.FAILED}
    assert notes == {"(Intercept)": note, "z": note}


def test_an_effect_that_one_cluster_alone_determines_says_so():
    data = dataset()
    data = changed(data, z=1.0 * (data.columns["cluster"] == 3))
    codes, notes = notes_of(OrdinaryLeastSquares("y ~ x + z", covariance="CR2", df="bell_mccaffrey"), data)
    assert set(codes.values()) == {Status.OK}
    note = "some cluster alone determines part of this effect: the cluster-robust standard error leaves that part out"
    assert notes == {"z": note}
