"""The plan: what is missing, why, and in which blocks."""

from types import SimpleNamespace

import pytest
from fakes import Blocked, Mean, MeanBlock, Plain, first_condition, study_of

from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel
from mcsim.plan import Block, block_size, block_sizes, blocks_to_do, plan, rehearsals
from mcsim.store import Span, Store

SIZE = 100


def blocks(study, held, size=SIZE):
    """The plan where the first condition's methods have the given spans, by label."""
    condition = first_condition(study)
    kept = {condition: {study.method_keys[label]: tuple(Span(*s) for s in spans) for label, spans in held.items()}}
    return blocks_to_do(study, kept, dict.fromkeys(study.conditions, size))


def one(replications=250, labels="A"):
    return study_of(mean=[0.0], methods={label: Mean() for label in labels}, replications=replications)


def cuts(found):
    return [(block.first, block.last) for block in found]


def test_a_new_condition_is_cut_at_the_multiples_of_its_block_size():
    found = blocks(one(250), {})
    assert cuts(found) == [(0, 100), (100, 200), (200, 250)]
    assert {block.reason for block in found} == {"new condition"}


def test_what_is_there_is_not_done_again():
    assert blocks(one(250), {"A": [(0, 100), (100, 200), (200, 250)]}) == []


def test_more_replications_begin_where_the_stored_ones_end_and_fall_back_into_step():
    found = blocks(one(420), {"A": [(0, 100), (100, 200), (200, 250)]})
    assert cuts(found) == [(250, 300), (300, 400), (400, 420)]
    assert {block.reason for block in found} == {"replications 250 -> 420"}


def test_fewer_replications_than_stored_need_nothing():
    assert blocks(one(120), {"A": [(0, 100), (100, 200), (200, 250)]}) == []


def test_a_missing_file_is_found_in_the_middle_and_at_the_start():
    found = blocks(one(300), {"A": [(100, 200), (250, 300)]})
    assert [(b.first, b.last, b.reason) for b in found] == [(0, 100, "file missing"), (200, 250, "file missing")]


def test_a_new_method_is_named_and_comes_alone():
    found = blocks(one(200, "AB"), {"A": [(0, 100), (100, 200)]})
    assert {(block.methods, block.reason) for block in found} == {(("B",), "new method B")}


def test_methods_that_miss_the_same_replications_share_a_block_and_so_its_data():
    study = one(200, "ABC")
    found = blocks(study, {"A": [(0, 100)], "B": [(0, 100)]})
    condition = first_condition(study)
    assert found == [
        Block(condition, ("C",), 0, 100, "new method C"),
        Block(condition, ("A", "B", "C"), 100, 200, "replications 100 -> 200; new method C"),
    ]


def test_the_order_is_that_of_conditions_then_replications():
    study = study_of(mean=[3.0, 1.0, 2.0], replications=150)
    found = blocks_to_do(study, {}, dict.fromkeys(study.conditions, SIZE))
    assert [block.condition for block in found] == [key for key in study.conditions for _ in range(2)]


def test_planning_needs_no_results_folder_and_makes_none(tmp_path):
    study = one(30)
    assert cuts(plan(study, Store(tmp_path / "results", study.name))) == [(0, 30)]
    assert cuts(plan(study, Store(tmp_path / "results", study.name), 10)) == [(0, 10)]
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("rows", "replications", "size"),
    [(1000, 10_000, 4000), (10, 10_000, 5000), (10**6, 10_000, 100), (1000, 2500, 2500), (1000, 1, 1000)],
)
def test_a_block_of_compiled_code_has_four_million_rows_but_at_most_the_first_replications(rows, replications, size):
    mechanism = Blocked(rows_each=rows)
    assert block_size(mechanism, [MeanBlock()], replications) == size


@pytest.mark.parametrize(("mechanism", "method"), [(Plain(), MeanBlock()), (Blocked(), Mean())])
def test_a_block_of_a_persons_own_code_has_100_replications(mechanism, method):
    assert block_size(mechanism, [method], 10_000) == 100


def test_a_block_size_once_chosen_stays():
    study = study_of(Blocked, methods={"A": MeanBlock()})
    record = SimpleNamespace(block_sizes={first_condition(study): 123, "c000000000000": 7})
    sizes = block_sizes(study, record)
    assert sizes[first_condition(study)] == 123
    assert sizes["c000000000000"] == 7  # a retired condition may come back


def test_ten_thousand_conditions_are_planned():
    study = study_of(mean=[float(k) for k in range(10_000)], methods={label: Mean() for label in "ABC"})
    kept = {key: {m: (Span(0, 3),) for m in study.method_keys.values()} for key in study.conditions}
    assert len(blocks_to_do(study, kept, dict.fromkeys(study.conditions, 100))) == 10_000


def test_one_replication_by_each_kind_of_method_is_rehearsed():
    methods = {"A": MeanBlock(), "B": MeanBlock(shift=1.0), "C": Mean()}
    study = study_of(Blocked, mean=[0.0, 1.0], methods=methods)
    blocks = [Block(key, tuple(methods), 2, 6) for key in study.conditions]
    assert rehearsals(study, blocks) == [Block(first_condition(study), ("A",), 2, 3)]


def test_methods_whose_options_choose_other_kernels_are_rehearsed_each():
    methods = {"z": LinearMixedModel(), "z 90": LinearMixedModel(level=0.9), "KR": LinearMixedModel(df="kenward_roger")}
    study = study_of(TwoLevel, n_clusters=[5], cluster_size=4, tau2=1.0, methods=methods)
    blocks = [Block(key, tuple(methods), 0, 6) for key in study.conditions]
    assert [block.methods for block in rehearsals(study, blocks)] == [("z",), ("KR",)]
