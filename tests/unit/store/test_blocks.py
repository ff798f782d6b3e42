"""What is told of block files from their size and footer, before anything is planned."""

import pandas as pd
import pytest
from fakes import first_condition
from storing import write

from mcsim.store import BlockName, Span
from mcsim.store.schema import ESTIMATES_SCHEMA


def inspect(store, study):
    return store.inspect(store.arrangement(study.conditions, study.method_keys.values()).kept)


def damages():
    """Ways to damage a file that its size or footer shows."""
    return {
        "empty": lambda whole: b"",
        "a few bytes": lambda whole: b"PAR1",
        "truncated": lambda whole: whole[:-1],
        "half": lambda whole: whole[: len(whole) // 2],
        "zeroed": lambda whole: bytes(len(whole)),
        "longer": lambda whole: whole[:4] + b"x" + whole[4:],
        "cut in the middle": lambda whole: whole[:300] + whole[301:],
        "text": lambda whole: b"not a table at all",
    }


def test_the_facts_of_whole_blocks_come_with_the_inventory(store, study):
    for label in "AB":
        write(store, study, label, 0, 2)
        write(store, study, label, 2, 4)
    found = inspect(store, study)
    assert found.damaged == ()
    assert found.kept == store.arrangement(study.conditions, study.method_keys.values()).kept
    name = BlockName(first_condition(study), study.method_keys["A"], Span(2, 4))
    assert found.facts[name].replications["failed"] == 1
    assert found.facts[name].seconds == 0.5
    assert len(found.facts) == 4


@pytest.mark.parametrize("kind", damages())
def test_a_block_that_its_size_or_footer_gives_away_is_left_out_and_named(kind, store, study):
    path = write(store, study)
    write(store, study, "B")
    path.write_bytes(damages()[kind](path.read_bytes()))
    found = inspect(store, study)
    assert [damage.file for damage in found.damaged] == [str(path.relative_to(store.path))]
    assert found.damaged[0].why
    assert list(found.kept[first_condition(study)]) == [study.method_keys["B"]]
    assert path.exists()


def test_a_table_of_another_program_is_no_block(store, study):
    path = write(store, study)
    pd.DataFrame(columns=ESTIMATES_SCHEMA.names).to_parquet(path)
    [damage] = inspect(store, study).damaged
    assert "not a file of schema version 2 or earlier" in damage.why


def test_a_block_of_another_name_or_seed_is_not_what_its_name_says(store, study):
    write(store, study, "A", 0, 2).rename(
        store.path / BlockName(first_condition(study), study.method_keys["A"], Span(0, 4)).under("estimates")
    )
    write(store, study.with_seed(8), "B")
    found = inspect(store, study)
    assert found.kept == {}
    assert [damage.why for damage in found.damaged] == ["it holds other results than its name says"] * 2


def test_what_is_set_aside_keeps_its_name_and_a_second_one_gets_another(store, study):
    for number in (1, 2):
        path = write(store, study)
        path.write_bytes(b"bad" * number)
        [line] = store.set_aside(inspect(store, study).damaged)
        assert "does not end as a Parquet file does; moved to " in line
        assert not path.exists()
    aside = sorted((store.path / "damaged").rglob("*.*"))
    assert [p.name for p in aside] == [path.name, f"{path.name}.2"]
    assert [p.parent.name for p in aside] == [path.parent.name] * 2
    assert [p.read_bytes() for p in aside] == [b"bad", b"badbad"]
    assert inspect(store, study).damaged == ()


def test_a_file_that_another_runner_takes_away_meanwhile_is_only_not_there(store, study):
    path = write(store, study)
    kept = store.arrangement(study.conditions, study.method_keys.values()).kept
    path.unlink()
    found = store.inspect(kept)
    assert (found.kept, found.facts, found.damaged) == ({}, {}, ())
