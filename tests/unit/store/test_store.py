"""Blocks of estimates: what is written, what is read, and what is noticed when files are damaged."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from fakes import first_condition
from storing import files, write

from mcsim.errors import StorageError
from mcsim.store import BlockName, Span, Store
from mcsim.store.schema import ESTIMATES_SCHEMA


def test_everything_lies_in_the_folder_of_the_study(store, study):
    write(store, study)
    condition, method = first_condition(study), study.method_keys["A"]
    assert files(store) == [
        "conditions.parquet",
        f"estimates/condition={condition}/{method}-000000000-000000002.parquet",
        "study.json",
    ]


def test_the_estimates_are_one_row_per_replication_and_estimand_with_nulls(store, study):
    table = pq.ParquetFile(write(store, study, first=100, last=102)).read()
    assert table.schema.remove_metadata() == ESTIMATES_SCHEMA
    assert table.to_pylist()[:2] == [
        {"rep": 100, "method": "A", "estimand": "x", "estimate": 0.0, "std_error": 1.0, "df": None, "lower": 3.0,
         "upper": 4.0, "p_value": 5.0, "status": "ok", "note": None},
        {"rep": 100, "method": "A", "estimand": "var_x|cluster", "estimate": 6.0, "std_error": 7.0, "df": None,
         "lower": 9.0, "upper": 10.0, "p_value": 11.0, "status": "failed", "note": "ValueError: no"},
    ]  # fmt: skip
    assert table.column("rep").to_pylist() == [100, 100, 101, 101]


def test_timings_and_counts_go_into_the_footer(store, study):
    path = write(store, study)
    said = json.loads(pq.read_metadata(path).metadata[b"mcsim"])
    assert said["seconds"] == 0.5
    assert said["replications"] == {"ok": 2, "singular": 0, "not_converged": 0, "failed": 1, "skipped": 0}
    assert (said["seed"], said["condition"], said["first"], said["last"]) == (7, first_condition(study), 0, 2)
    name = BlockName(first_condition(study), study.method_keys["A"], Span(0, 2))
    assert [store.statuses([name], n) for n in (0, 1)] == [{}, {name[:2]: {"ok": 1, "failed": 1}}]
    assert store.statuses([name], 2)[name[:2]]["ok"] == 2


def test_pandas_reads_the_folder_as_it_is(store, study):
    for label in "AB":
        write(store, study, label)
        write(store, study, label, 2, 4)
    frame = pd.read_parquet(store.path / "estimates")
    assert len(frame) == 16
    assert set(frame["condition"].astype(str)) == {first_condition(study)}
    assert frame["note"].notna().sum() == 4
    assert frame["df"].isna().all()


def test_reading_gives_methods_and_replications_in_order(store, study):
    write(store, study, "B")
    write(store, study, "A", 2, 4)
    write(store, study, "A", 0, 2)
    frame = store.read_estimates(first_condition(study))
    assert list(zip(frame["method"], frame["rep"], strict=True))[::2] == [("A", r) for r in range(4)] + [
        ("B", 0),
        ("B", 1),
    ]


def test_reading_the_first_replications_cuts_inside_a_block(store, study):
    write(store, study, "A", 0, 2)
    write(store, study, "A", 2, 4)
    assert sorted(set(store.read_estimates(first_condition(study), 3)["rep"])) == [0, 1, 2]
    assert store.read_estimates(first_condition(study), 1, columns=["rep"], estimands=["x"])["rep"].tolist() == [0]
    assert list(store.read_estimates(first_condition(study), 1, columns=["estimand", "rep"]).columns) == [
        "estimand",
        "rep",
    ]


def test_a_condition_without_results_reads_as_an_empty_table(store, study):
    frame = store.read_estimates(first_condition(study))
    assert len(frame) == 0
    assert list(frame.columns) == ESTIMATES_SCHEMA.names
    assert len(Store(store.root, "never run").read_estimates(first_condition(study))) == 0


@pytest.mark.parametrize("damage", ["empty", "truncated", "zeroed", "foreign"])
def test_a_damaged_block_is_named_with_what_to_do(damage, store, study):
    path = write(store, study)
    whole = path.read_bytes()
    content = {"empty": b"", "truncated": whole[:-20], "zeroed": bytes(len(whole)), "foreign": None}[damage]
    if content is None:
        pd.DataFrame({"a": [1]}).to_parquet(path)
    else:
        path.write_bytes(content)
    with pytest.raises(StorageError, match="`mcsim verify` sets it aside") as caught:
        store.read_estimates(first_condition(study))
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 74


def test_flipped_bits_are_found_by_the_page_checksums_or_change_no_number(store, study):
    path = write(store, study, last=200)
    whole, right = path.read_bytes(), store.read_estimates(first_condition(study))
    generator = np.random.default_rng(1)
    noticed = 0
    for _ in range(60):
        place, bit = generator.integers(4, len(whole) // 2), generator.integers(8)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << bit)]) + whole[place + 1 :])
        try:
            pd.testing.assert_frame_equal(store.read_estimates(first_condition(study)), right)
        except StorageError:
            noticed += 1
    assert noticed >= 55  # the others hit unused bits of page headers


def test_a_block_under_another_name_is_not_taken_for_what_the_name_says(store, study):
    path = write(store, study, "A")
    path.rename(store.path / BlockName(first_condition(study), study.method_keys["B"], Span(0, 2)).under("estimates"))
    with pytest.raises(StorageError, match="it holds other results than its name says"):
        store.read_estimates(first_condition(study))


def test_stray_files_are_passed_over(store, study):
    path = write(store, study)
    for name in (".DS_Store", "notes.txt", path.stem + ".tmp", "m0-000000000-000000002.parquet", "condition=x"):
        (path.parent / name).write_text("stray")
        (store.path / "estimates" / name).write_text("stray")
    assert len(store.read_estimates(first_condition(study))) == 4
    assert store.arrangement(study.conditions, study.method_keys.values()).retire == ()


def test_a_file_that_another_runner_moved_meanwhile_is_no_fault(store, study, monkeypatch):
    path = write(store, study, "A", 0, 2)
    write(store, study, "A", 0, 4)
    blocks, calls = store._blocks, []

    def first_as_before(*which):
        calls.append(1)
        found = blocks(*which)
        return {str(path.relative_to(store.path)): next(iter(found.values()))} if len(calls) == 1 else found

    monkeypatch.setattr(store, "_blocks", first_as_before)
    path.unlink()
    assert len(store.read_estimates(first_condition(study))) == 8
    assert len(calls) == 2


def test_one_method_can_be_read_alone(store, study):
    write(store, study, "A", 0, 4)
    write(store, study, "B", 0, 4)
    assert set(store.read_estimates(first_condition(study), method="B")["method"]) == {"B"}


def test_a_moved_folder_is_still_the_same_results(store, study, tmp_path):
    write(store, study)
    moved = tmp_path / "élan vital" / study.name
    moved.parent.mkdir()
    store.path.rename(moved)
    assert len(Store(moved.parent, study.name).read_estimates(first_condition(study))) == 4
    assert Path(moved / "study.json").exists()
