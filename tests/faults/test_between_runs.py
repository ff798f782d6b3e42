"""Results that are read, moved, copied, aged or asked of another study between runs."""

import json
import os
import pickle
import shutil
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
import pytest
from fakes import Mean, Plain, first_condition
from running import run
from undisturbed import STUDY, blocks, content, files, study

from mcsim.cli.main import main
from mcsim.errors import ResultsError
from mcsim.store import BlockName, Span, Store
from mcsim.store.verification import verify_blocks, verify_others


def test_29_reading_during_a_run_is_partial_and_says_so(mine, capsys):
    max((mine / "estimates").rglob("*.parquet")).unlink()
    capsys.readouterr()
    for words in (["performance", "mine.py"], ["export", "mine.py", "--out", "all.parquet"]):
        assert main(words) == 0
        said = capsys.readouterr().err
        assert said == "mcsim: partial: 50 of 300 fits are missing; a run computes them: mcsim run mine.py\n"
    assert len(pq.read_table("all.parquet")) == 250
    assert main(["status", "mine.py"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:3] == ["all", "250", "50"]


def test_30_a_moved_folder_a_link_and_a_name_in_unicode_are_the_same_results(finished, tmp_path, as_if_undisturbed):
    moved = tmp_path / "Ergebnisse – élan vital" / "results"
    moved.parent.mkdir()
    shutil.move(finished, moved)
    assert as_if_undisturbed(moved).simulated == 0
    link = tmp_path / "link to it"
    link.symlink_to(moved, target_is_directory=True)
    blocks(moved)[0].unlink()
    assert as_if_undisturbed(link).simulated == 100
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "study").symlink_to(moved / "study", target_is_directory=True)
    assert as_if_undisturbed(tmp_path / "half").simulated == 0


def test_31_results_of_an_older_schema_are_migrated(finished, as_if_undisturbed):
    file = finished / "study" / "study.json"
    now = json.loads(file.read_text())
    old = {"platform": now["provenance"][0]["platform"], "blas": [], **now["provenance"][0]["versions"]}
    older = {name: value for name, value in now.items() if name != "provenance"}
    file.write_text(json.dumps({**older, "schema": 1, "environment": old}))
    assert as_if_undisturbed(finished).simulated == 0
    assert json.loads(file.read_text())["schema"] == now["schema"]


def test_31_results_of_a_later_schema_are_refused(finished):
    file = finished / "study" / "study.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "schema": 99}))
    before = content(finished)
    with pytest.raises(ResultsError, match=r"has schema 99; this mcsim .* reads schema 2 and earlier"):
        run(study(), finished)
    assert content(finished) == before


@pytest.mark.parametrize("moment", [0, 4_000_000_000])
def test_32_times_of_files_have_no_effect(moment, finished, as_if_undisturbed):
    for path in finished.rglob("*"):
        os.utime(path, (moment, moment))
    assert as_if_undisturbed(finished).simulated == 0
    assert {path.stat().st_mtime for path in blocks(finished)} == {moment}


@dataclass(frozen=True, kw_only=True)
class Renamed(Plain):
    """Another mechanism."""


@pytest.mark.parametrize(
    ("changed", "simulated"),
    [
        ({"mean": [0.0, 2.0]}, 150),
        ({"methods": {"A": Mean(), "B": Mean(shift=2.0)}}, 300),
        ({"methods": {"A": Mean(), "C": Mean(shift=1.0)}}, 300),
        ({"mechanism": Renamed}, 300),
    ],
)
def test_34_a_changed_level_option_label_or_mechanism_has_new_keys(changed, simulated, finished, as_if_undisturbed):
    result = run(study(**changed), finished)
    assert result.simulated == simulated
    left = [name for name in files(finished) if name.startswith("retired")]
    assert left
    run(study(), finished)
    back = [name for name in files(finished) if name.startswith("retired")]
    assert as_if_undisturbed(finished, *back).simulated == 0


def test_34_changed_code_of_a_study_has_new_keys(mine):
    before = {path.name for path in (mine / "estimates").rglob("*.parquet")}
    (mine.parents[1] / "mine.py").write_text(STUDY.replace(".mean()}", ".mean() + 1}"))
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    assert before.isdisjoint(path.name for path in (mine / "estimates").rglob("*.parquet"))
    assert {path.name for path in (mine / "retired").rglob("*.parquet")} == before


def test_34_a_changed_seed_is_refused_showing_both(mine, capsys):
    (mine.parents[1] / "mine.py").write_text(STUDY.replace("seed=1", "seed=2"))
    before = content(mine)
    for words in (["run", "mine.py"], ["verify", "mine.py"], ["export", "mine.py", "--out", "all.parquet"]):
        assert main(words) == 2
        assert "holds results of seed 1, but the study has seed 2" in capsys.readouterr().err
    assert content(mine) == before


def test_44_no_pickle_is_ever_read_from_a_results_folder(finished):
    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(finished / "sprung"),))

    trap = pickle.dumps(Trap())
    key, method = first_condition(study()), study().method_keys["A"]
    for name in ("study.pkl", f"estimates/{BlockName(key, method, Span(150, 250)).file}", "performance/_inputs.json"):
        (finished / "study" / name).write_bytes(trap)
    run(study(), finished)
    store = Store(finished, "study")
    found = [*verify_blocks(store.place, study().seed), *verify_others(store.place, store.record())]
    assert [damage for damage in found if damage] == []
    assert not (finished / "sprung").exists()
    (finished / "study" / "study.json").write_bytes(trap)
    with pytest.raises(ResultsError, match="is damaged"):
        run(study(), finished)
    assert not (finished / "sprung").exists()


def test_rows_of_other_versions_are_told_of_and_refused_if_strict(finished):
    file = finished / "study" / "study.json"
    file.write_text(file.read_text().replace(f'"numpy": "{np.__version__}"', '"numpy": "1.0"'))
    with pytest.raises(ResultsError, match="has rows of other versions"):
        run(study(), finished, strict=True)
    [remark] = run(study(), finished).remarks
    assert remark == f"there are rows of other versions: numpy 1.0 -> {np.__version__}"
