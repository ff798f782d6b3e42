"""Results of one study from several places joined in one."""

import itertools
import json
import shutil

import pandas as pd
import pytest
from fakes import Mean, study_of
from running import rows, run

from mcsim.errors import ResultsError
from mcsim.store import Store
from mcsim.store.merging import merge


def store(tmp_path, name):
    return Store(tmp_path / name, "study")


def content(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def parts(tmp_path):
    """Three folders: of other conditions, of more replications, of another method."""
    run(study_of(mean=[0.0], replications=230), tmp_path / "one")
    run(study_of(mean=[0.0, 1.0], replications=150), tmp_path / "two")
    run(study_of(mean=[1.0], replications=150, methods={"B": Mean(shift=1.0)}), tmp_path / "three")
    return [store(tmp_path, name) for name in ("one", "two", "three")]


@pytest.fixture
def whole(tmp_path):
    study = study_of(mean=[0.0, 1.0], replications=230, methods={"A": Mean(), "B": Mean(shift=1.0)})
    run(study, tmp_path / "whole")
    return study


def test_merged_parts_and_what_a_run_adds_are_the_whole(parts, whole, tmp_path):
    before = [content(part.path) for part in parts]
    done = merge(store(tmp_path, "all"), parts)
    # 3 of `one`, 2 + 2 of `two`, 2 of `three`; but two have the first block, and 100-150 lies in 100-200.
    assert done == (7, 2)
    assert not (tmp_path / "all" / "study" / "retired").exists()
    assert [content(part.path) for part in parts] == before
    result = run(whole, tmp_path / "all")
    assert result.simulated < 2 * 230
    pd.testing.assert_frame_equal(rows(tmp_path / "all"), rows(tmp_path / "whole"), check_exact=True)
    assert merge(store(tmp_path, "all"), parts).copied == 0


def test_the_order_of_the_sources_does_not_matter(parts, tmp_path):
    found = []
    for number, order in enumerate(itertools.permutations(parts)):
        merge(store(tmp_path, f"all{number}"), list(order))
        found.append(content(tmp_path / f"all{number}"))
    assert all(other == found[0] for other in found[1:])


def test_a_target_that_has_results_keeps_them(parts, tmp_path):
    one, two, _ = parts
    before = content(one.path / "estimates")
    done = merge(one, [two])
    assert done == (2, 2)
    assert before.items() <= content(one.path / "estimates").items()
    record = json.loads((one.path / "study.json").read_text())
    assert record["replications"] == 230
    assert len(record["conditions"]) == 2
    assert len(rows(tmp_path / "one")) == (230 + 150) * 2


def test_conditions_come_from_a_source_that_has_them_all_and_else_from_the_next_run(parts, tmp_path):
    one, two, three = parts
    merge(store(tmp_path, "a"), [one, two])
    assert (tmp_path / "a/study/conditions.parquet").read_bytes() == (two.path / "conditions.parquet").read_bytes()
    merge(store(tmp_path, "b"), [one, three])
    assert not (tmp_path / "b/study/conditions.parquet").exists()


def refused(tmp_path, target, sources, match):
    before = content(tmp_path)
    with pytest.raises(ResultsError, match=match):
        merge(target, sources)
    assert content(tmp_path) == before


def test_equal_names_with_other_rows_are_refused_and_nothing_is_merged(parts, tmp_path):
    one, two, _ = parts
    shutil.copytree(tmp_path / "one", tmp_path / "forged")
    shutil.rmtree(tmp_path / "forged" / "study" / "estimates")

    class Shifted(Mean):
        __qualname__ = __name__ = "Mean"

        def fit(self, dataset, rng):
            estimates = super().fit(dataset, rng)
            estimates.values[...] += 1.0
            return estimates

    Shifted.__name__ = "Mean"
    forged = study_of(mean=[0.0], replications=230, methods={"A": Shifted()})
    assert forged.method_keys == study_of().method_keys
    run(forged, tmp_path / "forged")
    refused(tmp_path, one, [two, store(tmp_path, "forged")], r"condition=c\w+/m\w+-000000000-000000100.* other rows in")


def test_a_damaged_source_is_refused(parts, tmp_path):
    one, two, _ = parts
    path = next(iter((two.path / "estimates").rglob("*.parquet")))
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 3] ^= 4
    path.write_bytes(damaged)
    refused(tmp_path, one, [two], rf"{path.name}.*`mcsim verify` sets it aside.*nothing was merged")


def test_results_that_are_not_of_one_study_are_refused(parts, tmp_path):
    one, two, _ = parts
    run(study_of(mean=[0.0], seed=8), tmp_path / "seed")
    refused(tmp_path, one, [two, store(tmp_path, "seed")], "are not of one study: seed (8 and 7|7 and 8)")
    run(study_of(mean=[0.0], methods={"A": Mean(shift=3.0)}), tmp_path / "option")
    refused(tmp_path, one, [store(tmp_path, "option")], "other methods under the label 'A'")
    refused(tmp_path, one, [two, store(tmp_path, "none")], "holds no results")
    refused(tmp_path, one, [two, one], "both what is merged and what it is merged into")
    file = two.path / "study.json"
    file.write_text(file.read_text().replace(": 100", ": 50"))
    refused(tmp_path, one, [store(tmp_path, "two")], "have blocks of other sizes .*: 50 and 100 replications")
