"""Where rows come from, and when rows of other versions are beside them."""

import dataclasses
import json
import subprocess

import pytest
from fakes import study_of
from storing import begin, write

from mcsim.errors import ResultsError
from mcsim.loading import load_study
from mcsim.store import Record, Store
from mcsim.store.provenance import MOST, differences, joined, provenance_of

STUDY = """
from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import OrdinaryLeastSquares

study = Study(conditions=grid(TwoLevel, n_clusters=5, cluster_size=5), methods={"OLS": OrdinaryLeastSquares()},
              replications=1, seed=1)
"""


def git(folder, *words):
    own = ["-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", "-C", folder, *own, *words], capture_output=True, text=True, check=True
    ).stdout.strip()


def of(**versions):
    return {"versions": versions, "platform": "linux x86_64", "blas": ["openblas 0.3 Haswell"]}


def with_versions(record, **versions):
    return dataclasses.replace(record, provenance=[of(**versions)])


def test_the_commit_of_the_study_s_folder_and_the_hash_of_its_file_are_written_down(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(STUDY)
    assert provenance_of(load_study(file), [])["git"] is None
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "a study")
    before = provenance_of(load_study(file), [])
    assert before["git"] == {"commit": git(tmp_path, "rev-parse", "HEAD"), "dirty": False}
    file.write_text(STUDY + "\n")
    after = provenance_of(load_study(file), [])
    assert after["git"] == {**before["git"], "dirty": True}
    assert before["study_file"] != after["study_file"]
    assert after["study_file"].startswith("sha256:")
    assert provenance_of(study_of(), [])["git"] is None


def test_the_machine_is_written_down():
    machine = provenance_of(study_of(), ["openblas"])["machine"]
    assert machine["cores"] >= 1
    assert machine["host"]
    assert machine["processor"]


def test_other_versions_are_named_with_both():
    assert differences([of(numpy="1", scipy="3")], of(numpy="2", scipy="3")) == ["numpy 1 -> 2"]
    assert differences([of(numpy="1"), of(numpy="2")], of(numpy="2")) == ["numpy 1 -> 2"]
    assert differences([of(numpy="1")], {**of(numpy="1"), "platform": "darwin arm64"}) == [
        "linux x86_64 -> darwin arm64"
    ]


def test_a_library_that_is_loaded_at_one_time_only_is_no_difference():
    more = [*of()["blas"], "mkl 2024 intel"]
    assert differences([of()], {**of(), "blas": more}) == []
    assert differences([{**of(), "blas": more}], of()) == []
    assert differences([of()], {**of(), "blas": ["openblas 0.3 Zen"]}) == ["openblas 0.3 Haswell -> openblas 0.3 Zen"]
    assert differences([of(statsmodels="1")], of()) == []


def test_the_first_provenance_stays_and_new_ones_follow_up_to_a_bound():
    found = [of(numpy="0")]
    for number in (0, 1, 1, 2):
        found = joined(found, [of(numpy=str(number))])
    assert [one["versions"]["numpy"] for one in found] == ["0", "1", "2"]
    for number in range(50):
        found = joined(found, [of(numpy=str(number))])
    assert len(found) == MOST
    assert found[0] == of(numpy="0")
    assert found[-1] == of(numpy="49")


def test_two_machines_of_one_kind_are_one():
    nodes = [{**of(numpy="1"), "machine": {"host": h, "processor": "EPYC", "cores": 4}} for h in ("node1", "node2")]
    assert joined(nodes[:1], nodes[1:]) == nodes[:1]


def test_a_resume_under_other_versions_is_told_and_kept_and_refused_if_strict(tmp_path):
    study = study_of()
    now = Record.of(study, dict.fromkeys(study.conditions, 100), [])
    assert Store(tmp_path, "study").begin(study, with_versions(now, numpy="1")) == []
    before = (tmp_path / "study" / "study.json").read_bytes()
    with pytest.raises(ResultsError, match=r"has rows of other versions \(numpy 1 -> 2\)") as caught:
        Store(tmp_path, "study").begin(study, with_versions(now, numpy="2"), strict=True)
    assert caught.value.exit_code == 2
    assert (tmp_path / "study" / "study.json").read_bytes() == before
    assert Store(tmp_path, "study").begin(study, with_versions(now, numpy="2")) == ["numpy 1 -> 2"]
    kept = json.loads((tmp_path / "study" / "study.json").read_text())["provenance"]
    assert [one["versions"]["numpy"] for one in kept] == ["1", "2"]
    assert Store(tmp_path, "study").begin(study, with_versions(now, numpy="1"), strict=False) == ["numpy 2 -> 1"]


def test_the_performance_table_does_not_depend_on_where_rows_come_from(store, study):
    import pandas as pd

    store.write_performance(study, pd.DataFrame([], columns=_columns()), {})
    assert store.has_performance({})
    record = Record.of(study, dict.fromkeys(study.conditions, 100), ["another library"])
    other = Store(store.root, study.name)
    other.begin(study, with_versions(record, numpy="0"))
    assert len(other.record().provenance) == 2
    assert other.has_performance({})


def _columns():
    from mcsim.store.schema import PERFORMANCE_SCHEMA

    return [*PERFORMANCE_SCHEMA.names, "measure"]


def test_a_folder_of_schema_1_is_read_and_written_anew(store, study):
    path = write(store, study)
    file = store.path / "study.json"
    content = json.loads(file.read_text())
    [provenance] = content.pop("provenance")
    old = {"platform": "linux x86_64", "blas": ["openblas"], **provenance["versions"], "numpy": "1.0"}
    file.write_text(json.dumps({**content, "schema": 1, "environment": old}))
    again = Store(store.root, study.name)
    assert again.record().provenance[0]["versions"]["numpy"] == "1.0"
    begin(again, study)
    assert json.loads(file.read_text())["schema"] == 2
    assert len(json.loads(file.read_text())["provenance"]) == 2
    assert path.exists()
