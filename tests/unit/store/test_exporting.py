"""One sorted file with every row of a study and the factors of its condition."""

import dataclasses
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fakes import Mean, Plain, study_of
from running import run

from mcsim.errors import ResultsError, StorageError
from mcsim.store import Store, exporting
from mcsim.store.exporting import check_target, export


@dataclasses.dataclass(frozen=True, kw_only=True)
class Named(Plain):
    """With factors that the estimates have columns of, and words."""

    df: float = 2.5
    status: str = "new"
    count: int = 3


@pytest.fixture
def study():
    return study_of(Named, mean=[1.0, 0.0], methods={"B": Mean(), "A": Mean(shift=1.0)}, replications=230)


@pytest.fixture
def store(study, tmp_path):
    run(study, tmp_path)
    return Store(tmp_path, "study")


def test_the_rows_stand_in_the_order_of_the_study_with_typed_factors(study, store, tmp_path):
    assert export(store, study, tmp_path / "all.parquet") == 2 * 2 * 230 * 2
    table = pq.read_table(tmp_path / "all.parquet")
    types = {field.name: str(field.type) for field in table.schema}
    assert list(types)[:7] == ["condition", "mechanism", "mean", "rows_each", "factor_df", "factor_status", "count"]
    assert (types["mean"], types["count"], types["factor_df"], types["factor_status"]) == (
        "double", "int64", "double", "string",
    )  # fmt: skip
    rows = table.select(["condition", "method", "rep", "estimand"]).to_pydict()
    assert list(zip(*rows.values(), strict=True)) == [
        (condition, method, rep, estimand)
        for condition in study.conditions
        for method in ("B", "A")
        for rep in range(230)
        for estimand in ("mean", "spread")
    ]
    key = next(iter(study.conditions))
    one = table.filter([c == key for c in rows["condition"]])
    assert set(one["mean"].to_pylist()) == {1.0}
    assert one["estimate"].to_pylist() == store.read_estimates(key)["estimate"].to_list()


def test_rows_are_written_in_groups_however_many_there_are(study, store, tmp_path, monkeypatch):
    export(store, study, tmp_path / "whole.parquet")
    monkeypatch.setattr(exporting, "ROWS_A_GROUP", 300)
    export(store, study, tmp_path / "parts.parquet")
    groups = pq.read_metadata(tmp_path / "parts.parquet")
    assert all(groups.row_group(number).num_rows <= 300 for number in range(groups.num_row_groups))
    assert pq.read_table(tmp_path / "parts.parquet").equals(pq.read_table(tmp_path / "whole.parquet"))


def test_only_the_replications_and_methods_of_the_study_are_written(store, tmp_path):
    less = study_of(Named, mean=[0.0], methods={"A": Mean(shift=1.0)}, replications=150)
    assert export(store, less, tmp_path / "less.parquet") == 150 * 2
    none = study_of(Named, mean=[5.0])
    assert export(store, none, tmp_path / "none.parquet") == 0
    assert "estimate" in pq.read_schema(tmp_path / "none.parquet").names


def test_a_damaged_block_leaves_the_file_as_it_was(study, store, tmp_path):
    (tmp_path / "all.parquet").write_bytes(b"before")
    next(iter((tmp_path / "study" / "estimates").rglob("*.parquet"))).write_bytes(b"PAR1")
    with pytest.raises(StorageError, match="`mcsim verify` sets it aside"):
        export(store, study, tmp_path / "all.parquet")
    assert (tmp_path / "all.parquet").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("all.csv", "does not end in .parquet"),
        ("study.py", "does not end in .parquet"),
        ("folder.parquet", "it is a folder"),
        ("none/all.parquet", "there is no folder .*none; make it first"),
        ("study/estimates/all.parquet", "holds the results"),
        ("a\0b.parquet", "null"),
        ("x" * 300 + "/a.parquet", "(too long|there is no folder)"),
        ("s3://bucket/all.parquet", "not a file of this machine"),
    ],
)
def test_what_cannot_be_written_is_refused(target, why, tmp_path):
    (tmp_path / "folder.parquet").mkdir()
    (tmp_path / "study" / "estimates").mkdir(parents=True)
    given = target if "://" in target else str(tmp_path / target)
    with pytest.raises(ResultsError, match=f"(?s)cannot write the table to .*{why}"):
        check_target(given, Store(tmp_path, "study"))
    assert check_target("all.parquet", Store(tmp_path, "study")) == Path("all.parquet")
