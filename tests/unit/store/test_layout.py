"""Which block files make up a study."""

import pandas as pd
import pytest
from fakes import Mean, first_condition, study_of
from storing import files, write

from mcsim.store import Span
from mcsim.store.layout import arrange, disjoint


def spans(*given):
    return [Span(*s) for s in given]


@pytest.mark.parametrize(
    ("there", "used"),
    [
        ([(0, 100), (100, 200)], [(0, 100), (100, 200)]),
        ([(0, 100), (0, 250)], [(0, 250)]),
        ([(200, 250), (200, 300), (250, 300)], [(200, 300)]),
        ([(0, 100), (50, 150), (100, 200)], [(0, 100), (100, 200)]),
        ([], []),
    ],
)
def test_of_overlapping_spans_readers_agree_which_to_use(there, used):
    assert list(disjoint(spans(*there))) == spans(*used)
    assert list(disjoint(reversed(spans(*there)))) == spans(*used)


def test_a_span_inside_another_is_read_once_and_retired(store, study):
    write(store, study, "A", 0, 2)
    write(store, study, "A", 0, 4)
    assert len(store.read_estimates(first_condition(study))) == 8
    store.tidy(study)
    retired = [name for name in files(store) if name.startswith("retired")]
    condition, method = first_condition(study), study.method_keys["A"]
    assert retired == [f"retired/condition={condition}/{method}-000000000-000000002.parquet"]
    assert len(pd.read_parquet(store.path / "estimates")) == 8
    store.tidy(study)
    assert [name for name in files(store) if name.startswith("retired")] == retired


def test_what_no_longer_belongs_is_retired_and_comes_back_when_it_belongs_again(store, study):
    write(store, study, "A")
    write(store, study, "B")
    before = files(store)
    without_b = study_of(mean=[0.0], methods={"A": Mean()}, replications=4)
    moved = store.tidy(without_b)
    assert [name.method for name in moved.retire] == [study.method_keys["B"]]
    assert len(pd.read_parquet(store.path / "estimates")) == 4
    moved = store.tidy(study)
    assert [name.method for name in moved.restore] == [study.method_keys["B"]]
    assert [name for name in files(store) if not name.startswith("retired")] == before


def test_the_folder_of_a_removed_condition_goes_too(store, study):
    path = write(store, study)
    store.tidy(study_of(mean=[9.0], methods={"A": Mean()}))
    assert not path.parent.exists()


def test_replications_beyond_those_asked_for_are_kept(store, study):
    write(store, study, "A", 0, 2)
    write(store, study, "A", 2, 4)
    assert store.tidy(study.with_replications(1)).retire == ()


def test_a_retired_file_that_overlaps_with_what_is_there_stays_away():
    retired = {"c1": {"m1": tuple(spans((0, 100), (100, 200)))}}
    found = arrange({"c1"}, {"m1"}, {"c1": {"m1": tuple(spans((150, 300)))}}, retired)
    assert [name.span for name in found.restore] == spans((0, 100))
    assert found.kept["c1"]["m1"] == tuple(spans((0, 100), (150, 300)))
