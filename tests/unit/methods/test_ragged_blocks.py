"""Blocks of data sets with clusters of their own: as each by itself, but in one call, and no padding is looked at."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from dense_regression import dense_regression
from fakes import Ragged, study_of

from mcsim import DatasetBlock, Status
from mcsim.formula import parse_formula
from mcsim.kernels.dense import DenseModel, gradient, solution
from mcsim.methods import FixedEffects, Gee, LinearMixedModel, OrdinaryLeastSquares
from mcsim.methods.block_columns import cluster_rows
from mcsim.methods.block_method import BlockMethod
from mcsim.methods.levels import levels_of_each, nested_levels
from mcsim.methods.mixed_model import incomplete_rows, model_of
from mcsim.plan import Block
from mcsim.run import run_block
from mcsim.streams import Streams
from mcsim.testing import check_method

NESTED = "y ~ x + z + (1 + x | school) + (1 | classroom:school)"

CENTRED = "y ~ x_within + x_between_school + id_centred + (1 + x_within | school) + (1 | classroom:school)"


@dataclass(frozen=True, kw_only=True)
class Spoilt(Ragged):
    """With NaN in the padding."""

    beyond: ClassVar[float] = np.nan


CONDITIONS = [Ragged(missing=0.1), Spoilt(missing=0.1), Ragged(anew=True), Spoilt(n_schools=3)]

METHODS = [
    LinearMixedModel(),
    LinearMixedModel(NESTED, df="satterthwaite", intervals="profile_reml", scale="sd"),
    LinearMixedModel(NESTED, df="kenward_roger", intervals="bootstrap", n_boot=9),
    LinearMixedModel(df="between_within", tests="likelihood_ratio", reml=False, intervals="profile"),
    LinearMixedModel(NESTED, df="between_within", tests="likelihood_ratio"),
    LinearMixedModel("y ~ id + (1 | school:classroom)", df="residual"),
    OrdinaryLeastSquares(),
    OrdinaryLeastSquares("y ~ x + school", covariance="CR0", cluster="school"),
    OrdinaryLeastSquares(covariance="CR1", df="clusters", cluster="school"),
    OrdinaryLeastSquares(covariance="CR1S", cluster="classroom"),
    OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey", cluster="school"),
    FixedEffects(cluster="school"),
    FixedEffects(covariance="CR2", df="bell_mccaffrey", cluster="school"),
    Gee(cluster="school"),
    LinearMixedModel(CENTRED, df="between_within"),
    OrdinaryLeastSquares("y ~ x_within + x_mean + z_centred", cluster="school"),
    OrdinaryLeastSquares(CENTRED, covariance="CR0", cluster="school"),
    FixedEffects("y ~ x_within + id_within", cluster="school"),
    Gee("y ~ x_within + x_between", cluster="school"),
]

IN_BLOCKS = [method for method in METHODS if isinstance(method, BlockMethod)]


def drawn(mechanism, count=30):
    return replace(mechanism.simulate_block(Streams(5, "c", "d", 0, count)), formula=mechanism.formula())


def of_block(method, block):
    return method.fit_block(block, Streams(1, "c", "m", 0, len(block)))


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
@pytest.mark.parametrize("method", METHODS, ids=str)
def test_a_block_is_analysed_as_its_data_sets_bit_for_bit(method, condition):
    check_method(method, condition)


@pytest.mark.parametrize("method", IN_BLOCKS, ids=str)
def test_what_stands_in_the_padding_changes_nothing(method):
    block = drawn(Ragged(missing=0.1))
    expected, padding = of_block(method, block), np.arange(block.values.shape[2]) >= block.rows[:, None]
    noise = np.random.default_rng(2).standard_normal(block.values.shape)
    spoilt = replace(
        block,
        values=np.where(padding[:, None], noise, block.values),
        own_labels={name: np.where(padding, 99, labels) for name, labels in block.own_labels.items()},
    )
    found = of_block(method, spoilt)
    np.testing.assert_array_equal(found.values, expected.values)
    assert found.notes == expected.notes


def test_padding_does_not_count_as_missing():
    block = drawn(Spoilt())
    formula = parse_formula(block.formula)
    data = cluster_rows(block, formula)
    model = model_of(formula, data.columns, data.places, data.levels)
    assert np.isnan(model.columns.own).any()
    assert not incomplete_rows(model).any()


@pytest.mark.parametrize("method", IN_BLOCKS, ids=str)
def test_it_is_analysed_in_one_call(method, monkeypatch):
    def fit(self, dataset, rng):
        raise AssertionError("a data set analysed by itself")

    monkeypatch.setattr(BlockMethod, "fit", fit)
    assert (of_block(method, drawn(Ragged())).status == Status.OK).any()


def test_a_study_of_such_data_runs_in_the_block_form():
    study = study_of(Ragged, methods={"A": LinearMixedModel(), "B": OrdinaryLeastSquares()}, missing=[0.2])
    [key] = study.conditions
    result = run_block(study, Block(key, ("A", "B"), 0, 6))
    assert result.repeated == ()
    assert len(result.estimates["A"]) == 6


def test_a_note_counts_the_rows_of_its_own_replication():
    block = drawn(Spoilt(missing=0.2))
    for method in (LinearMixedModel(), OrdinaryLeastSquares(), FixedEffects(cluster="school")):
        notes = of_block(method, block).notes
        for rep, rows in enumerate(block.rows):
            left_out = int(np.isnan(block.dataset(rep).columns["y"]).sum())
            assert f"{left_out} of {rows} rows left out: missing values" in notes[rep, 1]


@pytest.mark.parametrize("reml", [True, False])
def test_estimates_are_those_of_the_textbook_with_full_matrices(reml):
    block = drawn(Ragged(n_schools=6, missing=0.1), 8)
    found = of_block(LinearMixedModel(reml=reml), block)
    for rep in np.flatnonzero(found.status[:, 0] == Status.OK):
        data = block.dataset(rep).columns
        there = ~np.isnan(data["y"])
        y, x, z, school = (data[name][there] for name in ("y", "x", "z", "school"))
        one, estimates = np.ones_like(x), found.values[rep, :, 0]
        model = DenseModel(y, np.column_stack([one, x, z]), np.column_stack([one, x]), school, reml)
        D = estimates[[3, 4, 4, 5]].reshape(2, 2) / estimates[6]
        expected = solution(model, D)
        np.testing.assert_allclose(estimates[:3], expected.beta, rtol=0, atol=1e-10)
        np.testing.assert_allclose(found.values[rep, :3, 1] ** 2, np.diag(expected.beta_cov), rtol=1e-9)
        np.testing.assert_allclose(estimates[6], expected.sigma**2, rtol=1e-9)
        np.testing.assert_allclose(gradient(model, D), 0, atol=1e-5)


def test_robust_standard_errors_are_those_of_the_textbook_with_full_matrices():
    block = drawn(Ragged(n_schools=8), 6)
    found = of_block(OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey", cluster="school"), block)
    for rep in range(len(block)):
        data = block.dataset(rep).columns
        X = np.column_stack([np.ones_like(data["x"]), data["x"], data["z"]])
        expected = dense_regression(X, data["y"], data["school"])
        np.testing.assert_allclose(found.values[rep, :, 0], expected.beta, rtol=1e-9)
        np.testing.assert_allclose(found.values[rep, :, 1] ** 2, np.diag(expected.covariance["CR2"]), rtol=1e-8)
        np.testing.assert_allclose(found.values[rep, :, 2], expected.bell_mccaffrey, rtol=1e-7)


def one_by_one(monkeypatch):
    """Where each data set that is analysed by itself is counted."""
    counted, fit = [], BlockMethod.fit

    def watched(self, dataset, rng):
        counted.append(len(next(iter(dataset.columns.values()))))
        return fit(self, dataset, rng)

    monkeypatch.setattr(BlockMethod, "fit", watched)
    return counted


@pytest.mark.parametrize("method", [LinearMixedModel(), OrdinaryLeastSquares(covariance="CR0", cluster="school")])
def test_a_block_whose_labels_are_out_of_order_is_analysed_one_data_set_at_a_time(method, monkeypatch):
    block = drawn(Ragged(), 5)
    schools = block.own_labels["school"].copy()
    schools[3] = schools[3, ::-1]
    block = replace(block, own_labels={**block.own_labels, "school": schools})
    counted = one_by_one(monkeypatch)
    found = of_block(method, block)
    assert counted == block.rows.tolist()
    for rep in range(5):
        alone = method.fit(block.dataset(rep), np.random.default_rng())
        np.testing.assert_array_equal(found.values[rep], alone.values[0])


def test_a_grouping_factor_that_all_replications_share_has_the_first_rows_of_each(monkeypatch):
    whole = drawn(Ragged(n_schools=3), 6)
    n = whole.values.shape[2]
    block = DatasetBlock(
        whole.names, whole.values, {"school": np.arange(n) // 4}, whole.formula, np.maximum(whole.rows, 12)
    )
    counted = one_by_one(monkeypatch)
    found = of_block(LinearMixedModel(), block)
    assert counted == []
    for rep in range(6):
        alone = LinearMixedModel().fit(block.dataset(rep), np.random.default_rng())
        np.testing.assert_array_equal(found.values[rep], alone.values[0])


def test_labels_may_differ_where_all_replications_have_the_same_rows(monkeypatch):
    rng = np.random.default_rng(3)
    values, labels = rng.standard_normal((5, 2, 30)), np.sort(rng.integers(0, 6, (5, 30)), axis=1)
    block = DatasetBlock(("y", "x"), values, {}, "y ~ x + (1 | cluster)", own_labels={"cluster": labels})
    counted = one_by_one(monkeypatch)
    found = of_block(LinearMixedModel(), block)
    assert counted == []
    for rep in range(5):
        alone = LinearMixedModel().fit(block.dataset(rep), np.random.default_rng())
        np.testing.assert_array_equal(found.values[rep], alone.values[0])


def test_a_replication_without_rows_fails_alone():
    block = drawn(Ragged(), 4)
    block = replace(block, rows=np.where(np.arange(4) == 2, 0, block.rows))
    for method in (
        LinearMixedModel(NESTED, df="between_within"),
        OrdinaryLeastSquares(),
        FixedEffects(cluster="school"),
    ):
        status = of_block(method, block).status
        assert (status[2] != Status.OK).all()
        assert (status[[0, 1, 3], 1] != Status.FAILED).all()


def test_no_replications_have_no_estimates():
    block = drawn(Ragged(), 4).slice(0, 0)
    for method in (LinearMixedModel(), OrdinaryLeastSquares(), FixedEffects(cluster="school")):
        assert of_block(method, block).values.shape[0] == 0


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize("text", [NESTED, "y ~ 1 + (1 | school)", "y ~ 1 + (1 | school:classroom)"])
def test_levels_of_all_replications_are_those_of_each(text, anew):
    block, formula = drawn(Ragged(anew=anew)), parse_formula(text)
    labels = {name: block.own_labels[name] for name in formula.grouping_columns}
    found = levels_of_each(formula, labels, block.rows)
    for rep, rows in enumerate(block.rows):
        order, levels = nested_levels(formula, {name: column[rep, :rows] for name, column in labels.items()})
        assert order is None
        for level, expected in zip(found, levels, strict=True):
            assert level.group == expected.group
            J = len(expected.starts)
            assert level.starts[rep, :J].tolist() == expected.starts.tolist()
            assert (level.starts[rep, J:] == rows).all()
