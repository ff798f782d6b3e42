"""study.json: the plan as data, and what is refused because of it."""

import errno
import json
from importlib.metadata import version

import pytest
from fakes import first_condition, study_of
from storing import begin, files, write

from mcsim import Study, grid
from mcsim.errors import ResultsError
from mcsim.mechanisms import TwoLevel
from mcsim.methods import Gee
from mcsim.store import Store


def test_study_json_is_the_plan_as_data(store, study):
    content = json.loads((store.path / "study.json").read_text())
    assert content["schema"] == 2
    assert content["seed"] == 7
    assert content["replications"] == 4
    assert content["reference"] == "A"
    assert content["methods"]["B"] == {"key": study.method_keys["B"], "method": "Mean(shift=1)"}
    assert content["conditions"] == {first_condition(study): "Plain()"}
    assert content["block_sizes"] == {first_condition(study): 100}
    [provenance] = content["provenance"]
    assert {"mcsim", "numpy", "pyarrow", "python"} <= provenance["versions"].keys()
    assert {"blas", "platform", "machine", "git", "study_file"} <= provenance.keys()


def test_study_json_has_the_versions_of_packages_that_methods_call(tmp_path):
    study = Study(conditions=grid(TwoLevel, n_clusters=5, cluster_size=5), methods={"A": Gee()}, replications=1, seed=1)
    begin(Store(tmp_path, "called"), study)
    versions = json.loads((tmp_path / "called" / "study.json").read_text())["provenance"][0]["versions"]
    assert versions["statsmodels"] == version("statsmodels")
    assert "mixedlm" not in versions


def test_a_results_folder_belongs_to_one_seed(store, study):
    other = study_of(mean=[0.0], seed=8)
    before = files(store), (store.path / "study.json").read_bytes()
    with pytest.raises(ResultsError, match=r"holds results of seed 7, but the study has seed 8") as caught:
        begin(Store(store.root, study.name), other)
    assert caught.value.exit_code == 2
    assert before == (files(store), (store.path / "study.json").read_bytes())


@pytest.mark.parametrize("name", ["results", "results/study"])
def test_a_results_folder_that_is_a_file_is_refused(name, study, tmp_path):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    with pytest.raises(ResultsError, match=f"the results folder .*{name} is a file; give a folder"):
        begin(Store(tmp_path / "results", study.name), study)
    assert file.read_text() == "mine"


def test_a_results_folder_that_cannot_be_made_is_refused(study, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match=r"there is no folder .*file; make it first"):
        begin(Store(tmp_path / "file" / "results", study.name), study)


def test_a_results_folder_that_cannot_be_written_is_refused_before_anything_is(study, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("mcsim.store.local.tempfile.TemporaryFile", refuse)
    store = Store(tmp_path / "results", study.name)
    with pytest.raises(ResultsError, match=r"cannot write to the results folder .*: Read-only file system"):
        begin(store, study)
    assert files(store) == []


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema": 1}', '{"schema": 1, "sede": 3}'])
def test_a_damaged_study_json_is_refused_and_nothing_is_started_over(content, store, study):
    (store.path / "study.json").write_text(content)
    with pytest.raises(
        ResultsError, match=r"study\.json is damaged .*put back a copy of it, have `mcsim verify` make it"
    ):
        begin(Store(store.root, study.name), study)
    assert (store.path / "study.json").read_text() == content


def test_a_study_json_of_another_schema_is_refused(store, study):
    (store.path / "study.json").write_text('{"schema": 99}')
    with pytest.raises(ResultsError, match=r"has schema 99; this mcsim .* reads schema 2 and earlier"):
        Store(store.root, study.name).check(study)


def test_estimates_without_a_study_json_are_not_taken_over(store, study):
    write(store, study)
    (store.path / "study.json").unlink()
    with pytest.raises(ResultsError, match=r"holds estimates but no study\.json"):
        Store(store.root, study.name).check(study)
