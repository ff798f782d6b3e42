"""Files that are damaged, deleted, moved or added to between runs."""

import json
import os
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from fakes import first_condition
from running import run
from undisturbed import STUDY, blocks, content, study

from mcsim.cli.main import main
from mcsim.errors import StorageError
from mcsim.store import Store
from mcsim.store.verification import verify_blocks


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
