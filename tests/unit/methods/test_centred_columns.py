"""Columns that methods make themselves: against pandas, in every method, one data set or many."""

import numpy as np
import pandas as pd
import pytest
from fakes import Ragged

from mcsim.errors import DataError
from mcsim.formula import parse_formula
from mcsim.mechanisms import TwoLevel
from mcsim.methods import FixedEffects, Gee, LinearMixedModel, Mixedlm, OrdinaryLeastSquares, StatsmodelsMixedLM
from mcsim.methods.block_method import alone
from mcsim.methods.centred_columns import with_centred_columns
from mcsim.model import QUANTITIES, Dataset, DatasetBlock, Status
from mcsim.streams import DATA, Streams
from mcsim.testing import check_mechanism, check_method

RNG = np.random.default_rng(0)
MODEL = "y ~ x_within + x_between + (1 | cluster)"
METHODS = [
    LinearMixedModel(MODEL),
    LinearMixedModel("y ~ x + x_mean + z + (1 + x_within | cluster)"),
    LinearMixedModel("y ~ x_centred + x_between + (1 | cluster)", df="between_within"),
    LinearMixedModel(MODEL, df="kenward_roger", tests="likelihood_ratio"),
    OrdinaryLeastSquares("y ~ x_within + x_between"),
    OrdinaryLeastSquares("y ~ x_within * x_between", covariance="CR2", df="bell_mccaffrey"),
    FixedEffects("y ~ x_within + x_between"),
    Gee("y ~ x_within + x_between"),
    StatsmodelsMixedLM(MODEL),
    Mixedlm(MODEL),
]
EVERY = pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{type(method).__name__} {method.formula}")


def frame(*, seed=1, missing=False):
    """Unequal clusters, rows in no order, labels that are words; x is related to the intercepts."""
    rng = np.random.default_rng(seed)
    cluster = rng.permutation(np.repeat(np.arange(9), [1, 2, 3, 12, 4, 7, 9, 5, 8]))
    u, v = rng.standard_normal((2, 9))[:, cluster]
    x = 3 + u + v + rng.standard_normal(len(cluster))
    y = 1 + 0.5 * x + 2 * u + rng.standard_normal(len(cluster))
    data = pd.DataFrame({"y": y, "x": x, "z": v, "cluster": np.array(list("abcdefghi"))[cluster]})
    if missing:
        data.loc[data.cluster == "a", "x"] = np.nan
        data.loc[[3, 11, 40], "x"] = np.nan
        data.loc[[5, 11], "y"] = np.nan
    return data


def dataset(data, formula=""):
    return Dataset({name: data[name].to_numpy() for name in data}, formula)


def quantity(estimates, name="estimate"):
    return dict(zip(estimates.estimands, estimates.values[0, :, QUANTITIES.index(name)].tolist(), strict=True))


@pytest.mark.parametrize("missing", [False, True])
def test_the_columns_are_those_of_pandas(missing):
    data = frame(missing=missing)
    formula = parse_formula("y ~ x_within + x_between + x_mean + x_centred + z_within + (1 | cluster)")
    found = with_centred_columns(alone(dataset(data)), formula).shared
    means = data.groupby("cluster").transform("mean", numeric_only=True)
    expected = {
        "x_within": data.x - means.x,
        "x_between": means.x,
        "x_mean": means.x,
        "x_centred": data.x - data.x.mean(),
        "z_within": 0 * data.z,
    }
    for name, column in expected.items():
        np.testing.assert_allclose(found[name], column, rtol=1e-13, atol=1e-13, err_msg=name)
    assert not found["z_within"].any()
    assert set(found) == {*data, *expected}


def test_rows_without_a_label_belong_to_no_cluster_but_to_all_rows():
    data = frame()
    data.loc[[0, 7], "cluster"] = None
    formula = parse_formula("y ~ x_within + x_between + x_centred + (1 | cluster)")
    found = with_centred_columns(alone(dataset(data)), formula).shared
    means = data.groupby("cluster").x.transform("mean")
    assert np.isnan(found["x_between"][[0, 7]]).all()
    np.testing.assert_allclose(found["x_between"], means)
    np.testing.assert_allclose(found["x_within"], data.x - means)
    np.testing.assert_allclose(found["x_centred"], data.x - data.x.mean())


def test_nested_factors_have_the_means_of_the_innermost_and_by_name_of_each():
    rng = np.random.default_rng(3)
    school, classroom = np.repeat([2, 1, 3], 8), np.tile(np.repeat([1, 2, 3, 4], 2), 3)
    order = rng.permutation(24)
    data = pd.DataFrame({"y": 0.0, "x": rng.standard_normal(24), "school": school, "classroom": classroom}).loc[order]
    formula = parse_formula("y ~ x_within + x_between + x_within_school + x_between_school + (1 | school/classroom)")
    found = with_centred_columns(alone(dataset(data)), formula).shared
    inner, outer = (data.groupby(by).x.transform("mean") for by in (["school", "classroom"], "school"))
    for name, column in {
        "x_within": data.x - inner,
        "x_between": inner,
        "x_within_school": data.x - outer,
        "x_between_school": outer,
    }.items():
        np.testing.assert_allclose(found[name], column, atol=1e-13, err_msg=name)
    separate = parse_formula("y ~ x_between + (1 | school) + (1 | room)")
    data["room"] = data.school * 10 + data.classroom
    np.testing.assert_allclose(with_centred_columns(alone(dataset(data)), separate).shared["x_between"], inner)


def test_what_is_shared_stays_shared_and_the_rest_is_of_each_replication():
    rng = np.random.default_rng(4)
    shared = {"x": rng.standard_normal(6), "cluster": np.array([1, 1, 2, 2, 3, 3])}
    block = DatasetBlock(("y", "v"), rng.standard_normal((4, 2, 6)), shared)
    found = with_centred_columns(block, parse_formula("y ~ x_within + v_between + x_centred + (1 | cluster)"))
    assert found.names == ("y", "v", "v_between")
    assert set(found.shared) == {"x", "cluster", "x_within", "x_centred"}
    np.testing.assert_array_equal(found.values[:, :2], block.values)
    np.testing.assert_allclose(found.values[:, 2], block.values[:, 1].reshape(4, 3, 2).mean(axis=2).repeat(2, axis=1))


def test_a_formula_without_such_columns_leaves_the_block_as_it_is():
    block = alone(dataset(frame()))
    assert with_centred_columns(block, parse_formula("y ~ x + (1 | cluster)")) is block


def test_where_clusters_differ_between_replications_each_has_its_own_means():
    block = Ragged(anew=True).simulate_block(Streams(1, "c", DATA, 0, 5))
    formula = parse_formula("y ~ x_within + x_between_school + id_centred + (1 | school/classroom)")
    found = with_centred_columns(block, formula)
    assert found.names == ("y", "x", "z", "id", "x_within", "x_between_school", "id_centred")
    for rep in range(5):
        data = pd.DataFrame(block.dataset(rep).columns)
        made = found.dataset(rep).columns
        np.testing.assert_array_equal(made["id"], data.id)
        inner, outer = (data.groupby(by).x.transform("mean") for by in (["school", "classroom"], "school"))
        np.testing.assert_allclose(made["x_within"], data.x - inner, atol=1e-13)
        np.testing.assert_allclose(made["x_between_school"], outer, atol=1e-13)
        np.testing.assert_allclose(made["id_centred"], data.id - data.id.mean(), atol=1e-13)


@EVERY
def test_a_method_fits_what_it_would_with_the_columns_in_the_data(method):
    data = frame(missing=True)
    means, x = data.groupby("cluster").x.transform("mean"), data.x
    given = data.assign(x_within=x - means, x_between=means, x_mean=means, x_centred=x - x.mean())
    found, expected = (method.fit(dataset(d, MODEL), np.random.default_rng(1)) for d in (data, given))
    assert found.estimands == expected.estimands
    np.testing.assert_array_equal(found.status, expected.status)
    assert Status.FAILED not in found.status
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-6, atol=1e-8)
    assert found.notes == expected.notes


@EVERY
@pytest.mark.parametrize("predictors", ["random", "fixed"])
def test_the_block_form_is_the_single_form_bit_for_bit(method, predictors):
    condition = TwoLevel(
        n_clusters=8, cluster_size=6, tau2=1, gamma10=0.5, gamma01=0.3, slope_variance=0.5, predictors=predictors
    )
    check_method(method, condition, replications=4)


def test_labels_that_differ_between_replications_are_followed():
    rng = np.random.default_rng(5)
    labels = np.array([rng.permutation(np.repeat(np.arange(5.0), 6)) for _ in range(3)])
    block = DatasetBlock(("y", "x", "cluster"), np.stack([*rng.standard_normal((2, 3, 30)), labels], axis=1), {}, MODEL)
    for method in (LinearMixedModel(), OrdinaryLeastSquares()):
        together = method.fit_block(block, Streams(1, "c", DATA, 0, 3))
        for rep in range(3):
            alone_ = method.fit(block.dataset(rep), RNG)
            np.testing.assert_array_equal(together.values[rep], alone_.values[0])
            assert np.isfinite(quantity(alone_)["x_within"])


@pytest.mark.parametrize("method", [LinearMixedModel(), Gee(), OrdinaryLeastSquares(), Mixedlm()])
def test_the_effect_within_clusters_is_that_of_fixed_effects(method):
    data = frame()
    data.loc[[3, 11, 40], "x"] = np.nan
    expected = quantity(FixedEffects("y ~ x").fit(dataset(data), RNG))["x"]
    within = quantity(method.fit(dataset(data, MODEL), RNG))["x_within"]
    assert within == pytest.approx(expected, rel=1e-8)
    assert quantity(FixedEffects().fit(dataset(data, MODEL), RNG))["x_within"] == pytest.approx(expected, rel=1e-8)


def test_the_contextual_effect_is_the_between_less_the_within_effect():
    data = frame()
    split, context = (
        quantity(LinearMixedModel(f"y ~ {fixed} + (1 | cluster)").fit(dataset(data), RNG))
        for fixed in ("x_within + x_between", "x + x_mean")
    )
    assert context["x"] == pytest.approx(split["x_within"], rel=1e-6)
    assert context["x_mean"] == pytest.approx(split["x_between"] - split["x_within"], rel=1e-6)


def test_degrees_of_freedom_between_and_within_know_which_effect_is_which():
    df = quantity(LinearMixedModel(MODEL, df="between_within").fit(dataset(frame()), RNG), "df")
    assert (df["x_within"], df["x_between"]) == (51 - 9 - 1, 9 - 1 - 1)


def test_the_clusters_of_a_regression_with_random_effects_are_those_of_the_formula():
    data = frame().assign(other=np.arange(51) % 4)
    formula = "y ~ x_within + (1 | other)"
    found = OrdinaryLeastSquares(formula, covariance="CR1").fit(dataset(data), RNG)
    given = data.assign(x_within=data.x - data.groupby("other").x.transform("mean"))
    np.testing.assert_allclose(
        found.values, OrdinaryLeastSquares("y ~ x_within", covariance="CR1").fit(dataset(given), RNG).values
    )
    by_option = OrdinaryLeastSquares("y ~ x_within", cluster="other").fit(dataset(data), RNG)
    assert quantity(by_option)["x_within"] == pytest.approx(quantity(found)["x_within"])


def test_text_has_no_mean():
    data = frame().assign(z="word")
    with pytest.raises(DataError, match=r"the column z of .* is not numeric"):
        LinearMixedModel("y ~ z_mean + (1 | cluster)").fit(dataset(data), RNG)


def test_infinite_values_are_a_failed_fit_and_no_missing_ones():
    data = frame()
    data.loc[data.index[0], "x"] = np.inf
    for formula in (MODEL, "y ~ x_centred + (1 | cluster)"):
        found = LinearMixedModel(formula).fit(dataset(data), RNG)
        assert set(found.status[0]) == {Status.FAILED}
        assert "left out" not in found.notes[0, 0]


@pytest.mark.parametrize("method", [LinearMixedModel, OrdinaryLeastSquares, Gee, StatsmodelsMixedLM, Mixedlm])
def test_a_column_made_from_one_that_is_not_there_is_refused_in_one_line(method):
    condition = TwoLevel(n_clusters=8, cluster_size=6, gamma10=0.5)
    formula = "y ~ w_within + (1 | cluster)"
    wanted = f"{formula!r} names the column w_within, which is made from w; there are y, x, cluster, id"
    assert method(formula).misfits(condition) == [wanted]
    assert method("y ~ x_within + x_mean + (1 | cluster)").misfits(condition) == []


@pytest.mark.parametrize("method", [OrdinaryLeastSquares, FixedEffects, Gee])
def test_clusters_that_are_not_there_are_refused_before_anything_runs(method):
    condition = TwoLevel(n_clusters=8, cluster_size=6, gamma10=0.5)
    (own,) = method("y ~ x_within", cluster="school").misfits(condition)
    assert "the column school; there are y, x, cluster, id" in own
    (of_formula,) = method("y ~ x_within + (1 | school)").misfits(condition)
    assert of_formula.startswith("'y ~ x_within + (1 | school)' names the column school")
    (grouping,) = method("y ~ x_within + (1 | x)").misfits(condition) or ["none"]
    assert "a column of values" in grouping or "made from the grouping factor x" in grouping


def test_means_of_clusters_need_clusters():
    condition = TwoLevel(n_clusters=2, cluster_size=6, gamma10=0.5)
    (fault,) = LinearMixedModel(MODEL).misfits(condition)
    effects = f"{MODEL!r} has fixed effects of clusters ((Intercept), x_between)"
    assert fault == f"{effects}: needs more than 2 clusters; given 2"
    (robust,) = OrdinaryLeastSquares("y ~ x_mean", covariance="CR1").misfits(condition)
    assert "fixed effects of clusters ((Intercept), x_mean)" in robust
    assert OrdinaryLeastSquares("y ~ x_mean").misfits(condition) == []


class _Centred(TwoLevel):
    """A generating formula may name such columns."""

    def formula(self):
        return MODEL

    def truth(self):
        return {**super().truth(), "x_within": self.gamma10, "x_between": self.gamma10}


def test_a_mechanism_may_be_generated_by_such_a_model():
    condition = _Centred(n_clusters=8, cluster_size=6, tau2=1, gamma10=0.5)
    check_mechanism(condition, replications=2)
    for method in (LinearMixedModel(), OrdinaryLeastSquares(), FixedEffects(), Gee()):
        check_method(method, condition, replications=2)
