"""Stored results as tables, without the study's file."""

import shutil

import pandas as pd
import pytest
from fakes import Mean, Plain, study_of
from running import run
from storing import begin, write

import mcsim
from mcsim import Study, grid
from mcsim.errors import ParameterError, ResultsError
from mcsim.mechanisms import TwoLevel
from mcsim.methods import OrdinaryLeastSquares
from mcsim.performance.table import PerformanceTable
from mcsim.store import Store

STUDY = Study(
    conditions=grid(TwoLevel, n_clusters=[5, 10], cluster_size=4)
    + grid(TwoLevel, n_clusters=5, cluster_size=4, gamma10=0.5, predictors="fixed"),
    methods={"OLS": OrdinaryLeastSquares(), "robust": OrdinaryLeastSquares(covariance="CR0")},
    replications=20,
    seed=1,
    name="study",
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with the results of one study."""
    place = tmp_path_factory.mktemp("results")
    run(STUDY, place)
    return place


@pytest.fixture
def results(root):
    return mcsim.load(root / "study")


def test_the_facts_are_those_of_the_run(results):
    assert (results.name, results.record.seed, results.record.replications) == ("study", 1, 20)
    assert results.methods["robust"] == "OrdinaryLeastSquares(covariance=CR0)"
    assert results.versions["mcsim"] == mcsim.__version__
    assert repr(results) == "Results of study: 3 conditions x 20 replications x 2 methods"


def test_a_folder_that_holds_one_study_will_do(root):
    assert mcsim.load(str(root)).name == "study"


def test_a_folder_of_several_studies_names_them(tmp_path):
    for name in ("one", "two"):
        begin(Store(tmp_path, name), study_of())
    with pytest.raises(ResultsError, match=r"several studies; allowed: the folder of one of them \(one, two\)"):
        mcsim.load(tmp_path)


def test_what_holds_no_results_is_refused(tmp_path, root):
    for folder in (tmp_path, tmp_path / "nowhere", root / "study" / "estimates"):
        with pytest.raises(ResultsError, match="holds no results; allowed: the folder of a study that has been run"):
            mcsim.load(folder)
    with pytest.raises(ResultsError, match="holds no results; did you mean study"):
        mcsim.load(root / "stdy")
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="is a file"):
        mcsim.load(tmp_path / "file")


def test_conditions_have_a_typed_column_for_every_factor(results):
    frame = results.conditions
    assert list(frame["condition"]) == list(STUDY.conditions)
    assert list(frame.columns)[:4] == ["condition", "mechanism", "n_clusters", "cluster_size"]
    assert (frame["n_clusters"].dtype, frame["gamma10"].dtype) == ("int64", "float64")
    assert frame["mechanism"].dtype == "category"
    assert frame["predictors"].tolist() == ["random", "random", "fixed"]


def test_whole_numbers_and_flags_stay_what_they_are_where_some_are_absent(tmp_path):
    from dataclasses import dataclass

    @dataclass(frozen=True, kw_only=True)
    class Odd(Plain):
        count: int | None = None
        flag: bool | None = None

    run(study_of(Odd, count=[None, 3], flag=[None, True], mean=0.0), tmp_path)
    frame = mcsim.load(tmp_path).conditions
    assert (str(frame["count"].dtype), str(frame["flag"].dtype)) == ("Int64", "boolean")
    assert len(mcsim.load(tmp_path).estimates(count=None, flag=True, columns="rep")) == 6 * 2
    assert str(mcsim.load(tmp_path).performance["count"].dtype) == "Int64"


def test_the_performance_table_has_factors_and_words_that_are_categorical_in_the_order_of_the_study(results, root):
    table = results.performance
    assert isinstance(table, PerformanceTable)
    assert len(table) == len(Store(root, "study").performance())
    for name in ("condition", "method", "estimand", "measure"):
        assert table[name].dtype == "category"
    assert list(table["condition"].cat.categories) == list(STUDY.conditions)
    assert list(table["measure"].cat.categories)[:2] == ["bias", "relative_bias"]
    computed = mcsim.performance(STUDY, root)
    merged = computed.merge(table.astype({"condition": str}), on=["condition", "method", "estimand", "measure"])
    pd.testing.assert_series_equal(merged["value_x"], merged["value_y"], check_names=False, check_exact=True)
    assert len(merged) == len(table)


def test_estimates_are_all_there_is(results, root):
    frame = results.estimates()
    assert list(frame.columns) == ["condition", "rep", "method", "estimand", *mcsim.model.QUANTITIES, "status", "note"]
    assert len(frame) == len(pd.read_parquet(root / "study" / "estimates"))
    for name in ("condition", "method", "estimand", "status"):
        assert frame[name].dtype == "category"
    assert list(frame["method"].cat.categories) == ["OLS", "robust"]


def test_estimates_are_those_that_are_asked_for(results):
    last = list(STUDY.conditions)[2]
    frame = results.estimates(method="OLS", estimand=["x"], columns=["rep", "estimate"])
    assert list(frame.columns) == ["condition", "rep", "estimate"]
    assert (set(frame["condition"]), frame["rep"].tolist()) == ({last}, list(range(20)))
    assert set(results.estimates(n_clusters=5)["condition"]) == {next(iter(STUDY.conditions)), last}
    assert set(results.estimates(n_clusters=[5, 10], gamma10=None)["condition"]) == set(list(STUDY.conditions)[:2])
    assert set(results.estimates(condition=last, n_clusters=5)["condition"]) == {last}
    assert len(results.estimates(condition=last, n_clusters=10)) == 0


def test_only_the_files_that_are_asked_for_are_read(results, monkeypatch):
    read = []
    original = type(results._store.place).read
    monkeypatch.setattr(
        type(results._store.place), "read", lambda self, name: (read.append(name), original(self, name))[1]
    )
    results.estimates(condition=next(iter(STUDY.conditions)), method="robust")
    key = STUDY.method_keys["robust"]
    blocks = [name for name in read if name.startswith("estimates/")]
    assert len(blocks) == 1
    assert key in blocks[0]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"n_clusters": 6}, "n_clusters: given 6; allowed: 5, 10"),
        ({"gamma10": [0.5, 1]}, "gamma10: given 1; allowed: -, 0.5"),
        (
            {"n_cluster": 5},
            r"n_cluster is not a factor; did you mean n_clusters\? \(there are n_clusters, cluster_size",
        ),
        ({"condition": "c0"}, "condition: given 'c0'"),
        ({"method": "OSL"}, r"method: given 'OSL'; did you mean OLS\?; allowed: OLS, robust"),
        ({"estimand": "y"}, r"estimand: given 'y'; allowed: \(Intercept\), x"),
        ({"columns": ["estimates"]}, r"columns: given 'estimates'; did you mean estimate\?"),
        ({"method": "a", "n_clusters": "5"}, "has 2 faults"),
    ],
)
def test_names_and_levels_that_do_not_exist_are_answered_with_those_that_do(results, asked, said):
    with pytest.raises(ParameterError, match=said):
        results.estimates(**asked)


def test_a_run_under_way_has_conditions_and_the_estimates_so_far_but_no_performance(tmp_path):
    study = study_of(methods={"A": Mean()}, replications=4)
    store = Store(tmp_path, "study")
    begin(store, study)
    results = mcsim.load(tmp_path)
    assert len(results.estimates()) == len(results.estimates(estimand="anything")) == 0
    write(store, study)
    assert len(results.conditions) == 2
    assert results.estimates()["rep"].tolist() == [0, 0, 1, 1]
    assert "4; 6 are missing" not in results._repr_html_()
    assert "2; 6 are missing" in results._repr_html_()
    with pytest.raises(ResultsError, match="holds no performance table; run the study first"):
        _ = results.performance


def test_a_performance_table_of_other_estimates_is_given_with_a_warning(tmp_path, root):
    shutil.copytree(root / "study", tmp_path / "study")
    next((tmp_path / "study" / "estimates").rglob("*.parquet")).unlink()
    with pytest.warns(UserWarning, match="not of all estimates that are there now; run the study again"):
        assert len(mcsim.load(tmp_path).performance) > 0


def test_a_notebook_shows_the_facts(results):
    html = results._repr_html_()
    for said in ("Results of study", "3 conditions x 20 replications x 2 methods", "120", "covariance=CR0", "numpy"):
        assert said in html
    assert "missing" not in html
