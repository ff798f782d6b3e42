"""The nouns of a replication and what they hold."""

import numpy as np
import pytest

from mcsim.model import QUANTITIES, Dataset, DatasetBlock, Estimates, Mechanism, Method, Status


def test_a_status_has_the_word_that_stands_in_tables():
    assert [status.label for status in Status] == ["ok", "singular", "not_converged", "failed", "skipped"]


def test_a_data_set_of_a_block_is_a_view_with_own_and_shared_columns():
    values, cluster = np.arange(12.0).reshape(2, 2, 3), np.array([1, 1, 2])
    block = DatasetBlock(("y", "x"), values, {"cluster": cluster}, "y ~ x + (1 | cluster)")
    dataset = block.dataset(1)
    assert len(block) == 2
    assert list(dataset.columns) == ["y", "x", "cluster"]
    assert dataset.formula == block.formula
    assert np.shares_memory(dataset.columns["x"], values)
    np.testing.assert_array_equal(dataset.columns["x"], [9, 10, 11])
    assert dataset.columns["cluster"] is cluster


def test_a_data_set_of_a_block_has_its_own_rows_and_labels():
    rows, labels = np.array([2, 4, 3]), np.array([[1, 2, 0, 0], [1, 1, 2, 2], [1, 2, 3, 0]])
    block = DatasetBlock(
        ("y",), np.arange(12.0).reshape(3, 1, 4), {"id": np.arange(1, 5)}, "y ~ 1", rows, {"cluster": labels}
    )
    for part, index, rep in ((block, 2, 2), (block.slice(1, 3), 1, 2), (block.slice(0, 1), 0, 0)):
        columns = part.dataset(index).columns
        assert list(columns) == ["y", "cluster", "id"]
        np.testing.assert_array_equal(columns["y"], block.values[rep, 0, : rows[rep]])
        np.testing.assert_array_equal(columns["cluster"], labels[rep, : rows[rep]])
        np.testing.assert_array_equal(columns["id"], np.arange(1, rows[rep] + 1))
        assert np.shares_memory(columns["cluster"], labels)
    assert block.slice(1, 3).row_counts.tolist() == [4, 3]


def test_replications_of_a_block_have_the_same_rows_unless_it_says_otherwise():
    block = DatasetBlock(("y",), np.zeros((2, 1, 3)), {})
    assert block.row_counts.tolist() == [3, 3]
    assert block.row_counts.dtype == np.int64


def test_a_data_set_has_no_formula_and_no_components_unless_given():
    dataset = Dataset({"y": np.zeros(3)})
    assert (dataset.formula, dict(dataset.components)) == ("", {})


def test_estimates_of_one_replication_are_written_as_a_mapping():
    made = Estimates.of({"x": {"estimate": 0.3, "std_error": 0.1}, "z": {"p_value": 0.5}}, status=Status.SINGULAR)
    assert (made.estimands, len(made)) == (("x", "z"), 1)
    assert made.values.shape == (1, 2, len(QUANTITIES))
    np.testing.assert_array_equal(made.values[0, 0], [0.3, 0.1, *[np.nan] * 4])
    np.testing.assert_array_equal(made.values[0, 1], [*[np.nan] * 5, 0.5])
    assert made.status.tolist() == [[Status.SINGULAR] * 2]
    assert made.status.dtype == np.int8
    assert made.notes == {}


def test_a_note_stands_on_every_row():
    made = Estimates.of({"x": {}, "z": {}}, status=Status.NOT_CONVERGED, note="stopped after 100 steps")
    assert made.notes == {(0, 0): "stopped after 100 steps", (0, 1): "stopped after 100 steps"}


def test_an_unknown_quantity_is_refused_with_those_allowed():
    with pytest.raises(ValueError, match=r"'x': 'se' is not a quantity \(allowed: estimate, std_error, df, lower, upp"):
        Estimates.of({"x": {"se": 0.1}})


def test_a_failure_is_a_row_for_every_estimand():
    made = Estimates.failed(["x", "z"], "ValueError: no", replications=2)
    assert np.isnan(made.values).all()
    assert made.values.shape == (2, 2, len(QUANTITIES))
    assert (made.status == Status.FAILED).all()
    assert made.notes == {(r, k): "ValueError: no" for r in range(2) for k in range(2)}


def test_a_mechanism_holds_nothing_fixed_unless_it_says_so():
    class Constant(Mechanism):
        def columns(self):
            return ("y",)

        def formula(self):
            return "y ~ 1"

        def truth(self):
            return {"(Intercept)": 0.0}

        def simulate(self, rng):
            return Dataset({"y": rng.standard_normal(3)})

    assert Constant().design(np.random.default_rng(1)) is None


@pytest.mark.parametrize("kind", [Mechanism, Method])
def test_a_class_that_lacks_what_is_required_cannot_be_used(kind):
    class Nothing(kind):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Nothing()
