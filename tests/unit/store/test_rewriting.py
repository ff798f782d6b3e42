"""Block files written again: failed replications replaced, pieces joined."""

import pandas as pd
import pytest
from fakes import Mean, first_condition, study_of
from running import rows, run
from storing import begin, estimates, write

from mcsim import Estimates
from mcsim.store import BlockName, Span, Store
from mcsim.store.rewriting import failed_replications, join_pieces, replace_replications
from mcsim.store.verification import verify_blocks

STUDY = study_of(mean=[0.0], methods={"A": Mean()}, replications=230)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, "study")


def name(first, last):
    return BlockName(first_condition(STUDY), STUDY.method_keys["A"], Span(first, last))


def read(store):
    return store.read_estimates(first_condition(STUDY)).astype({"method": str, "estimand": str, "status": str})


def test_the_failed_replications_of_a_block_are_found(store):
    begin(store, STUDY)
    write(store, STUDY, first=10, last=14)
    assert failed_replications(store, STUDY, name(10, 14)) == [10]


def test_a_replication_is_replaced_and_the_others_stay_bit_for_bit(store):
    begin(store, STUDY)
    write(store, STUDY, first=10, last=14)
    before = read(store)
    new = Estimates.of({"x": {"estimate": 5.0}, "var_x|cluster": {"estimate": 6.0}})
    replace_replications(store, STUDY, name(10, 14), {10: new}, label="A")
    after = read(store)
    assert after.query("rep == 10")["estimate"].tolist() == [5.0, 6.0]
    assert after.query("rep == 10")["note"].isna().all()
    pd.testing.assert_frame_equal(after.query("rep > 10"), before.query("rep > 10"), check_exact=True)
    assert failed_replications(store, STUDY, name(10, 14)) == []
    [counts] = store.statuses([name(10, 14)], 100).values()
    assert counts["failed"] == 0
    assert counts["ok"] == 4


def test_pieces_become_one_file_with_the_same_rows_and_the_facts_of_all(tmp_path, store):
    run(STUDY, tmp_path)
    before = rows(tmp_path)
    assert len(list(store.path.rglob("condition=*/*.parquet"))) == 3
    assert join_pieces(store, STUDY, name(0, 230), [Span(0, 100), Span(100, 200), Span(200, 230)], label="A")
    assert [path.name for path in store.path.rglob("condition=*/*.parquet")] == [name(0, 230).file.partition("/")[2]]
    pd.testing.assert_frame_equal(rows(tmp_path), before, check_exact=True)
    assert list(verify_blocks(store.place, STUDY.seed, STUDY)) == [None]
    assert run(STUDY, tmp_path).simulated == 0


@pytest.mark.parametrize("spans", [[], [(0, 2), (3, 5)], [(1, 3), (3, 5)], [(0, 2), (2, 4)], [(0, 2), (2, 5)]])
def test_what_is_not_all_there_is_left_alone(spans, store):
    begin(store, STUDY)
    for first, last in ((0, 2), (2, 4), (3, 5)):
        write(store, STUDY, first=first, last=last)
    before = sorted(store.path.rglob("*.parquet"))
    assert not join_pieces(store, STUDY, name(0, 5), [Span(*span) for span in spans], label="A")
    assert sorted(store.path.rglob("*.parquet")) == before


def test_pieces_that_stay_beside_the_whole_are_not_read_twice(store):
    begin(store, STUDY)
    pieces = [write(store, STUDY, first=first, last=first + 2) for first in (0, 2)]
    kept = [piece.read_bytes() for piece in pieces]
    assert join_pieces(store, STUDY, name(0, 4), [Span(0, 2), Span(2, 4)], label="A")
    before = read(store)
    for piece, content in zip(pieces, kept, strict=True):  # as if it had been killed before it removed them
        piece.write_bytes(content)
    pd.testing.assert_frame_equal(read(store), before)
    assert len(before) == 2 * len(estimates(4).estimands) * 2
