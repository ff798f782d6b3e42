"""Charts from Python."""

import fakes
import pytest
import running

import mcsim
from mcsim.errors import ParameterError, ResultsError
from mcsim.store import Store


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with the results of `study`."""
    folder = tmp_path_factory.mktemp("api")
    running.run(study(), folder)
    return folder


def study(**more):
    methods = {"A": fakes.Mean(), "B": fakes.Mean(shift=0.5)}
    return fakes.study_of(methods=methods, mean=[0.1, 0.5, 1.0], rows_each=[4, 8], **more)


def rows(chart):
    return chart.to_dict()["datasets"]["figures"]


def test_a_chart_shows_what_is_asked_for(root) -> None:
    chart = mcsim.chart(study(), "performance", results=root, measure="bias", estimand="mean", method=["B"], x="mean")
    assert {(row["measure"], row["estimand"], row["method"]) for row in rows(chart)} == {("bias", "mean", "B")}
    assert [row["x"] for row in rows(chart)][:3] == ["0.1", "0.1", "0.5"]


@pytest.mark.parametrize("levels", [0.5, [0.5], "0.5", ("0.5",)])
def test_levels_are_given_as_values_or_as_texts(levels, root) -> None:
    chart = mcsim.chart(study(), "performance", results=root, where={"mean": levels})
    assert len(rows(chart)) == 4


@pytest.mark.parametrize("levels", [[0.1, 0.5], "0.1,0.5"])
def test_several_levels_are_kept(levels, root) -> None:
    assert len(rows(mcsim.chart(study(), "performance", results=root, where={"mean": levels}))) == 8


def test_results_may_be_a_store_and_replications_fewer(root) -> None:
    store = Store(root, study().name)
    chart = mcsim.chart(study(), "performance", results=store, measure="bias", replications=4)
    assert {row["n_used"] for row in rows(chart)} == {4}


def test_it_shows_itself_in_a_notebook(root) -> None:
    shown = mcsim.chart(study(), "missingness", results=root)._repr_mimebundle_()
    assert "vegaEmbed" in shown["text/html"]


@pytest.mark.parametrize("kind", ["missingness", "performance", "zip_plot", "scatter", "estimates"])
def test_what_is_left_open_is_chosen_from_the_study(kind, root) -> None:
    assert len(rows(mcsim.chart(study(), kind, results=root))) > 3


def test_wrong_words_and_names_are_refused(root) -> None:
    with pytest.raises(ParameterError, match="word: given 'measures'; did you mean measure"):
        mcsim.chart(study(), "performance", results=root, measures="bias")
    with pytest.raises(ParameterError) as refused:
        mcsim.chart(study(), "zip", results=root, method="C", where={"meen": 1})
    assert [fault.partition(":")[0] for fault in refused.value.faults] == ["kind", "method", "where"]


def test_a_study_that_has_not_been_run_is_told_how(tmp_path, root) -> None:
    with pytest.raises(ResultsError, match=r"has no results of this study yet; mcsim\.run\(study\) makes them"):
        mcsim.chart(study(), "performance", results=tmp_path)
    other = fakes.study_of(methods={"A": fakes.Mean()}, mean=[7.0])
    with pytest.raises(ResultsError, match="has no results of this study yet"):
        mcsim.chart(other, "performance", results=root)


def test_what_is_no_study_is_refused(root) -> None:
    with pytest.raises(ParameterError, match=r"allowed: a Study, as mcsim\.load_study gives"):
        mcsim.chart(mcsim.load(root / "study"), "performance")
