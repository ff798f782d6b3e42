"""Shares of a study: disjoint, complete, even, and the same whatever is missing."""

from collections import Counter

import pytest
from fakes import study_of

from mcsim.errors import ParameterError
from mcsim.plan import blocks_to_do, of_shard
from mcsim.shards import Position, Shard, parse_shard, share
from mcsim.store import Span

PLACES = [Position(f"c{k:012x}", first) for k in range(23) for first in range(0, 500, 100)]
NONE: dict[str, str] = {}


def shares(count, salt="", positions=PLACES):
    return [share(positions, Shard(index, count, salt)) for index in range(1, count + 1)]


@pytest.mark.parametrize("count", [1, 2, 7, 50, 115, 200])
def test_shares_are_disjoint_complete_and_even(count):
    found = shares(count)
    assert Counter(position for one in found for position in one) == Counter(PLACES)
    sizes = {len(one) for one in found}
    assert max(sizes) - min(sizes) <= 1


def test_a_share_is_the_same_in_whatever_order_the_blocks_are_named():
    assert shares(7) == shares(7, positions=PLACES[::-1])


def test_shares_are_the_same_in_every_release():
    # A submission may outlive an upgrade; its tasks must still agree.
    positions = [Position("ca", 0), Position("ca", 100), Position("cb", 0), Position("cb", 100)]
    assert sorted(share(positions, Shard(1, 2))) == [Position("ca", 100), Position("cb", 100)]
    assert sorted(share(positions, Shard(1, 2, "17"))) == [Position("ca", 0), Position("ca", 100)]


def test_each_share_has_blocks_of_every_part_of_the_study():
    # Conditions differ in what they cost, so none may fall on one share as a whole.
    for one in shares(4):
        assert len({position.condition for position in one}) > 15


def test_another_salt_spreads_what_a_lost_share_left_over():
    lost = shares(10, "101")[2]
    again = [len(lost & one) for one in shares(10, "102")]
    assert sum(again) == len(lost)
    assert max(again) < len(lost) / 2


@pytest.mark.parametrize(("text", "shard"), [("3/50", (3, 50)), ("1/1", (1, 1)), (" 50/50 ", (50, 50))])
def test_a_share_is_given_by_index_and_count(text, shard):
    assert parse_shard(text, {"SLURM_ARRAY_TASK_ID": "9"}) == Shard(*shard)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0/50", "allowed: shares from 1/50 to 50/50"),
        ("51/50", "allowed: shares from 1/50 to 50/50"),
        ("3/0", "allowed: a number of shares from 1, as in 1/1"),
        ("auto/0", "allowed: a number of shares from 1, as in 1/1"),
        *(
            (text, "allowed: a share such as 3/50, the third of fifty; or auto within")
            for text in ["", "a/b", "3", "/"]
        ),
        *(
            (text, "allowed: a share such as 3/50")
            for text in ["-1/5", "1/5/7", "1.0/5", "3/1e3", "٣/5", "AUTO", "3 /5"]
        ),
        ("1/" + "9" * 10, "allowed: a share such as 3/50"),
    ],
)
def test_any_other_share_is_refused(text, said):
    with pytest.raises(ParameterError, match=r"^run: shard: given ") as caught:
        parse_shard(text, NONE)
    assert said in str(caught.value)


def slurm(task, first, last, step=1):
    values = {"ID": task, "MIN": first, "MAX": last, "STEP": step, "COUNT": (last - first) // step + 1}
    return {"SLURM_ARRAY_JOB_ID": "77"} | {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in values.items()}


def sge(task, first, last, step=1):
    return {"JOB_ID": "77", "SGE_TASK_ID": f"{task}", "SGE_TASK_FIRST": f"{first}", "SGE_TASK_LAST": f"{last}"} | {
        "SGE_TASK_STEPSIZE": f"{step}"
    }


@pytest.mark.parametrize("system", [slurm, sge])
@pytest.mark.parametrize(
    ("array", "first", "last"),
    [
        ((1, 50), (1, 50), (50, 50)),
        ((0, 49), (1, 50), (50, 50)),
        ((5, 90, 5), (1, 18), (18, 18)),
        ((0, 10, 4), (1, 3), (3, 3)),
        ((7, 7), (1, 1), (1, 1)),
    ],
)
def test_in_an_array_the_tasks_are_the_shares(system, array, first, last):
    low, high, step = (*array, 1)[:3]
    tasks = range(low, high + 1, step)
    assert parse_shard("auto", system(tasks[0], low, high, step)) == Shard(*first, "77")
    assert parse_shard("auto", system(tasks[-1], low, high, step)) == Shard(*last, "77")
    assert [parse_shard("auto", system(task, low, high, step)).index for task in tasks] == [*range(1, len(tasks) + 1)]


def test_an_array_of_lsf_counts_from_one():
    environ = {"LSB_JOBID": "77", "LSB_JOBINDEX_END": "99", "LSB_JOBINDEX_STEP": "2"}
    assert parse_shard("auto", {**environ, "LSB_JOBINDEX": "1"}) == Shard(1, 50, "77")
    assert parse_shard("auto", {**environ, "LSB_JOBINDEX": "99"}) == Shard(50, 50, "77")
    assert parse_shard("auto", {"LSB_JOBINDEX": "3", "LSB_JOBINDEX_END": "8"}) == Shard(3, 8)


@pytest.mark.parametrize("variable", ["PBS_ARRAY_INDEX", "PBS_ARRAYID"])
def test_pbs_does_not_say_how_many_tasks_there_are(variable):
    with pytest.raises(ParameterError, match="does not tell a task how many there are; give their number, as in auto/"):
        parse_shard("auto", {variable: "3"})
    assert parse_shard("auto/50", {variable: "3"}) == Shard(3, 50)


@pytest.mark.parametrize("begin", [0, 1, 17])
def test_with_a_number_of_shares_an_array_may_begin_anywhere(begin):
    found = [parse_shard("auto/5", {"PBS_ARRAY_INDEX": str(begin + k), "PBS_ARRAY_ID": "9[]"}) for k in range(5)]
    assert {*found} == {Shard(index, 5, "9[]") for index in range(1, 6)}


@pytest.mark.parametrize(
    "environ", [NONE, {"SLURM_JOB_ID": "4"}, {"SGE_TASK_ID": "undefined"}, {"LSB_JOBINDEX": "0"}, {"PBS_ARRAYID": ""}]
)
@pytest.mark.parametrize("text", ["auto", "auto/50"])
def test_auto_outside_an_array_is_refused(text, environ):
    with pytest.raises(ParameterError, match=r"this is no task of a batch array, .* allowed here: a share"):
        parse_shard(text, environ)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"SLURM_ARRAY_TASK_ID": "x"}, "SLURM_ARRAY_TASK_ID is 'x'; allowed: a whole number"),
        (slurm(9, 1, 5), "Slurm says task 9 of an array from 1 to 5"),
        ({"SLURM_ARRAY_TASK_ID": "3"}, "Slurm does not tell a task how many there are"),
    ],
)
def test_an_environment_that_makes_no_sense_is_refused(environ, said):
    with pytest.raises(ParameterError) as caught:
        parse_shard("auto", environ)
    assert said in str(caught.value)


# Blocks of a study


def of(study, shard, kept=None, size=100):
    sizes = dict.fromkeys(study.conditions, size)
    return of_shard(study, blocks_to_do(study, kept or {}, sizes), sizes, shard)


def names(blocks):
    return {(block.condition, block.first, block.last) for block in blocks}


def test_the_shares_of_a_fresh_study_are_its_blocks():
    study = study_of(mean=[0.0, 1.0, 2.0], replications=450)
    found = [of(study, Shard(index, 4)) for index in range(1, 5)]
    assert Counter(len(blocks) for blocks in found) == Counter({4: 3, 3: 1})
    assert len(set.union(*map(names, found))) == 15


def test_what_is_missing_does_not_move_a_block_to_another_share():
    study = study_of(mean=[0.0, 1.0, 2.0], replications=450)
    method = study.method_keys["A"]
    kept = {key: {method: (Span(0, 100), Span(200, 300))} for key in study.conditions}
    for index in range(1, 5):
        shard = Shard(index, 4)
        left = {block for block in names(of(study, shard)) if block[1] not in {0, 200}}
        assert names(of(study, shard, kept)) == left


def test_the_rest_of_a_block_belongs_where_the_block_does():
    study = study_of(mean=[0.0, 1.0], replications=250)
    kept = {key: {study.method_keys["A"]: (Span(0, 100), Span(100, 130))} for key in study.conditions}
    for index in (1, 2):
        whole = {(condition, first // 100) for condition, first, _ in names(of(study, Shard(index, 2)))}
        rest = {(condition, first // 100) for condition, first, _ in names(of(study, Shard(index, 2), kept))}
        assert rest == {position for position in whole if position[1] > 0}


def test_more_shares_than_blocks_leave_some_with_nothing():
    study = study_of(mean=[0.0], replications=150)
    assert sorted(len(of(study, Shard(index, 5))) for index in range(1, 6)) == [0, 0, 0, 1, 1]
