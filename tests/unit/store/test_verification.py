"""Every file read whole: what is found that no footer tells."""

import json

import pyarrow as pa
import pytest
from fakes import first_condition
from storing import estimates, write

from mcsim.errors import ResultsError
from mcsim.store import BlockName, LostRecordError, Record, Span, Store
from mcsim.store.blocks import identity
from mcsim.store.parquet import estimates_bytes
from mcsim.store.schema import estimates_table, facts_of
from mcsim.store.verification import restore_record, verify_blocks, verify_others


def found(store):
    return [damage for damage in verify_blocks(store.place, 7) if damage]


def rewrite(store, study, **columns):
    """A block of two replications with other columns than its footer counts."""
    name = BlockName(first_condition(study), study.method_keys["A"], Span(0, 2))
    table = estimates_table(estimates(2), "A", 0)
    for column, values in columns.items():
        place = table.column_names.index(column)
        table = table.set_column(place, column, pa.array(values, pa.int64() if column == "rep" else pa.string()))
    facts = facts_of(estimates(2), {**identity(study.seed, name), "label": "A"}, 0.5)
    store.place.publish(name.under("estimates"), estimates_bytes(table, facts))


def test_whole_files_are_whole(store, study):
    write(store, study)
    write(store, study, "B", 2, 4)
    rewrite(store, study)
    assert list(verify_blocks(store.place, study.seed)) == [None, None]
    assert list(verify_others(store.place, store.record())) == [None]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"rep": [0, 0, 2, 2]}, "its replications are not 0 to 1, each once, in order"),
        ({"rep": [1, 1, 0, 0]}, "its replications are not 0 to 1, each once, in order"),
        ({"method": ["A", "A", "A", "B"]}, "it has rows of another method"),
        ({"method": ["A", "A", "A", None]}, "it has rows of another method"),
        ({"estimand": ["x", "x", "x", "x"]}, "its estimands are not those of the method"),
        ({"estimand": ["x", "y", "y", "x"]}, "its estimands are not those of the method"),
        ({"status": ["ok", "ok", "ok", "ok"]}, "its statuses are not those that its footer counts"),
        ({"status": ["ok", "failed", "ok", "fine"]}, "its statuses are not those that its footer counts"),
    ],
)
def test_rows_that_are_not_those_of_the_block_are_found(columns, why, store, study):
    rewrite(store, study, **columns)
    [damage] = found(store)
    assert why in damage.why


def test_the_estimands_are_those_that_the_study_promises(store, study):
    write(store, study)  # x and var_x|cluster, where the method promises mean and spread
    [damage] = verify_blocks(store.place, study.seed, study)
    assert "its estimands are not those of the method" in damage.why


def test_a_flipped_bit_in_a_page_is_found_though_the_footer_is_whole(store, study):
    path = write(store, study, last=200)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    kept = store.arrangement(study.conditions, study.method_keys.values()).kept
    assert store.inspect(kept).damaged == ()
    [damage] = found(store)
    assert damage.file == str(path.relative_to(store.path))


def test_retired_blocks_are_read_too_for_they_may_come_back(store, study):
    path = write(store, study)
    retired = store.path / "retired" / path.parent.name / path.name
    retired.parent.mkdir(parents=True)
    path.rename(retired)
    retired.write_bytes(retired.read_bytes()[:-1])
    [damage] = found(store)
    assert damage.file.startswith("retired/")
    store.set_aside([damage])
    assert [p.name for p in (store.path / "damaged").rglob("*.parquet")] == [path.name]


def test_conditions_that_are_not_those_of_the_plan_are_damaged(store, study):
    conditions = store.path / "conditions.parquet"
    whole = conditions.read_bytes()
    content = json.loads((store.path / "study.json").read_text())
    content["conditions"] = {"c000000000000": "Plain()"}
    (store.path / "study.json").write_text(json.dumps(content))
    [damage] = verify_others(store.place, Store(store.root, study.name).record())
    assert "its conditions are not those of study.json" in damage.why
    conditions.write_bytes(whole[:-5])
    [damage] = verify_others(store.place, store.record())
    assert damage.file == "conditions.parquet"


# A record that is lost


def lost(store):
    (store.path / "study.json").write_text("{")
    fresh = Store(store.root, store.name)
    with pytest.raises(LostRecordError) as caught:
        fresh.record()
    return fresh, caught.value


def test_a_lost_record_is_made_again_if_the_blocks_have_the_seed_of_the_study(store, study):
    path = write(store, study)
    write(store, study, "B").write_bytes(b"damaged")
    fresh, error = lost(store)
    said = restore_record(fresh, Record.of(study, {first_condition(study): 100}, []), error)
    assert "made again from the study, whose seed 7 the block files have" in said[-1]
    assert (store.path / "damaged" / "study.json").read_text() == "{"
    assert Store(store.root, store.name).check(study).seed == 7
    assert path.exists()


@pytest.mark.parametrize("other", ["seed", "study"])
def test_a_lost_record_is_not_made_from_a_study_that_the_blocks_are_not_of(other, store, study):
    write(store, study)
    fresh, error = lost(store)
    record = Record.of(study.with_seed(8), {}, [])
    if other == "study":
        record = Record.of(study, {}, [])
        record.methods.clear()
    with pytest.raises(
        ResultsError, match=r"block files are of seed 7.* has seed 8|none of the block files is of this"
    ):
        restore_record(fresh, record, error)
    assert (store.path / "study.json").read_text() == "{"
