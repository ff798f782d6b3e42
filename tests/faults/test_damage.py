"""Files that are damaged, deleted, moved or added to between runs."""

import json
import os
import pickle
import shutil
import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from fakes import Mean, Plain, first_condition
from running import run
from study_texts import NORMAL
from undisturbed import blocks, files, study

from mcsim.cli.main import main
from mcsim.errors import ResultsError, StorageError
from mcsim.store import BlockName, Span, Store
from mcsim.store.verification import verify_blocks, verify_others

STUDY = (
    '"""A mean."""\n'
    + NORMAL
    + """
@dataclass(frozen=True, kw_only=True)
class Average(Method):
    def estimands(self, condition):
        return ("mean",)

    def fit(self, dataset, rng):
        return Estimates.of({"mean": {"estimate": dataset.columns["y"].mean()}})

study = Study(conditions=grid(Normal, mean=[0, 1]), methods={"a": Average()}, replications=150, seed=1)
"""
)


def _other_schema(path):
    table = pq.read_table(path)
    pq.write_table(table.drop_columns("note").replace_schema_metadata(), path)


def _of_a_later_schema(path):
    """Whole but for what it says of its schema."""
    said = json.loads(pq.read_metadata(path).metadata[b"mcsim"])
    with pq.ParquetWriter(path, (table := pq.read_table(path)).schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"mcsim": json.dumps({**said, "schema": 99})})


def _of_another_study(path):
    other = path.parents[4] / "other study"
    run(study().with_seed(8), other)
    shutil.copy(other / path.relative_to(path.parents[3]), path)


def _flip(path, place):
    content = bytearray(path.read_bytes())
    content[place(len(content))] ^= 1
    path.write_bytes(content)


SEEN_IN_THE_FOOTER = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: os.truncate(path, path.stat().st_size - 20),
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "cut in the middle": lambda path: path.write_bytes(path.read_bytes()[:500] + path.read_bytes()[600:]),
    "a text": lambda path: path.write_text("rep,method\n1,A\n"),
    "of another program": lambda path: pd.DataFrame({"a": [1]}).to_parquet(path),
    "of another schema": _other_schema,
    "of a later schema": _of_a_later_schema,
    "of another study": _of_another_study,
    "of another condition": lambda path: shutil.copy(blocks(path.parents[3])[-2], path),
}
SEEN_IN_THE_PAGES = {
    "a bit flip": lambda path: _flip(path, lambda size: size // 2),
    "a bit flip at the start": lambda path: _flip(path, lambda size: 60),
    "a zeroed stretch": lambda path: path.write_bytes(path.read_bytes()[:400] + bytes(200) + path.read_bytes()[600:]),
}


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A study file whose study has been run, and the folder with its results."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(os, "environ", os.environ.copy())
    (tmp_path / "mine.py").write_text(STUDY)
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    return tmp_path / "results" / "mine"


def content(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("kind", SEEN_IN_THE_FOOTER)
def test_25_a_damaged_block_is_set_aside_and_computed_again_by_the_next_run(kind, finished, as_if_undisturbed):
    path = blocks(finished)[0]
    SEEN_IN_THE_FOOTER[kind](path)
    result = as_if_undisturbed(finished, f"damaged/{path.parent.name}/{path.name}")
    assert result.simulated == 100
    [remark] = result.remarks
    assert str(path.relative_to(finished / "study")) in remark
    assert as_if_undisturbed(finished, f"damaged/{path.parent.name}/{path.name}").remarks == ()


@pytest.mark.parametrize("kind", {**SEEN_IN_THE_FOOTER, **SEEN_IN_THE_PAGES})
def test_25_a_damaged_block_is_never_read_silently(kind, finished):
    path = blocks(finished)[0]
    (SEEN_IN_THE_FOOTER | SEEN_IN_THE_PAGES)[kind](path)
    with pytest.raises(StorageError, match="`mcsim verify` sets it aside") as caught:
        Store(finished, "study").read_estimates(first_condition(study()))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kind", SEEN_IN_THE_PAGES)
def test_25_a_bit_flip_is_found_set_aside_and_computed_again(kind, mine, capsys):
    before = pd.read_parquet(mine / "estimates")
    path = min((mine / "estimates").rglob("*.parquet"))
    SEEN_IN_THE_PAGES[kind](path)
    capsys.readouterr()
    assert main(["verify", "mine.py"]) == 3
    said = capsys.readouterr()
    [line] = said.out.splitlines()
    assert line.startswith(f"{path.relative_to(mine)}: ")
    assert said.err == "mcsim: what was set aside is computed again by: mcsim run mine.py\n"
    assert (mine / "damaged" / path.parent.name / path.name).exists()
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    pd.testing.assert_frame_equal(pd.read_parquet(mine / "estimates"), before, check_exact=True)
    assert main(["verify", "mine.py"]) == 0


def test_25_a_bit_flip_anywhere_is_found(finished):
    path = blocks(finished)[0]
    whole, store = path.read_bytes(), Store(finished, "study")
    generator = np.random.default_rng(25)
    for place in generator.permutation(len(whole))[:1000]:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << int(generator.integers(8))
        path.write_bytes(flipped)
        [damage] = filter(None, verify_blocks(store.place, study().seed, study()))
        assert damage.file == str(path.relative_to(finished / "study"))


def test_25_damaged_tables_beside_the_blocks_are_found_and_made_again(mine, capsys):
    before = content(mine)
    for name in ("conditions.parquet", "performance/measure=bias/part.parquet"):
        _flip(mine / name, lambda size: size // 3)
    assert main(["verify", "mine.py"]) == 3
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    assert content(mine).items() >= before.items()
    assert main(["verify", "mine.py"]) == 0


def test_26_a_deleted_block_is_computed_again(finished, as_if_undisturbed):
    blocks(finished)[1].unlink()
    assert as_if_undisturbed(finished).simulated == 50


def test_26_stray_files_are_passed_over_by_everything_and_stay(mine, capsys):
    strays = [
        mine / "estimates" / ".DS_Store",
        mine / "estimates" / "notes.tmp",
        next((mine / "estimates").iterdir()) / ".DS_Store",
        next((mine / "estimates").iterdir()) / "Thumbs.db",
        next((mine / "estimates").iterdir()) / "m000000000000-000000000-000000100.parquet.tmp",
        mine / "performance" / "measure=bias" / ".nfs0001",
    ]
    for stray in strays:
        stray.write_bytes(b"stray")
    before = content(mine)
    for words in (["run", "mine.py", "--jobs", "1"], ["verify", "mine.py"], ["status", "mine.py"], ["plan", "mine.py"]):
        assert main(words) == 0
    assert content(mine) == before


@pytest.mark.parametrize("damage", ["", "{", '{"schema": 2}', "\0" * 100])
def test_27_a_damaged_plan_is_never_started_over_on_top_and_verify_makes_it_again(damage, mine, capsys):
    plan = json.loads((mine / "study.json").read_text())
    (mine / "study.json").write_text(damage)
    before = content(mine)
    for words in (["run", "mine.py"], ["performance", "mine.py"], ["plan", "mine.py"], ["status", "mine.py"]):
        assert main(words) == 2
        assert "study.json is damaged" in capsys.readouterr().err
    assert content(mine) == before
    assert main(["verify", "mine.py"]) == 3
    assert (mine / "damaged" / "study.json").read_text() == damage
    assert json.loads((mine / "study.json").read_text()) == plan
    rows_before = {path: path.stat().st_mtime_ns for path in (mine / "estimates").rglob("*.parquet")}
    assert main(["run", "mine.py", "--jobs", "1"]) == 0
    assert {path: path.stat().st_mtime_ns for path in (mine / "estimates").rglob("*.parquet")} == rows_before


def test_27_a_lost_plan_is_made_again_only_from_the_study_of_these_results(mine, capsys):
    (mine / "study.json").unlink()
    (mine.parents[1] / "mine.py").write_text(STUDY.replace("seed=1", "seed=2"))
    assert main(["run", "mine.py"]) == 2
    assert main(["verify", "mine.py"]) == 2
    assert "block files are of seed 1, but the study has seed 2" in capsys.readouterr().err
    assert not (mine / "study.json").exists()
    (mine.parents[1] / "mine.py").write_text(STUDY)
    assert main(["verify", "mine.py"]) == 3
    assert main(["verify", "mine.py"]) == 0


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
