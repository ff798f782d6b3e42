"""Blocks under supervision: what workers lose is done again, and what cannot be done is cornered."""

import pytest

from mcsim.engines import Cause, Done, Lost
from mcsim.plan import Block
from mcsim.run.stopping import Stop
from mcsim.run.supervision import Orders, supervise
from mcsim.run.work import Receipt
from mcsim.store import Span


class Scripted:
    """An engine whose workers die of what `dies(block)` says; it notes what it is given, and in what company."""

    def __init__(self, dies, capacity=2):
        self.capacity = capacity
        self.dies = dies
        self.given = []
        self.most = 0
        self.busy = []

    def submit(self, item):
        self.given.append(item)
        self.busy.append(item)
        self.most = max(self.most, len(self.busy))

    def wait(self, seconds):
        item = self.busy.pop(0)
        cause = self.dies(item)
        return [Lost(item, cause, "why")] if cause else [Done(item, Receipt())]

    def close(self, *, kill):
        pass


def supervised(engine, blocks, *, stop=None, **orders):
    """The blocks finished, and those given up."""
    given_up = []

    def give_up(block, lost):
        given_up.append(block)
        return Receipt()

    found = supervise(engine, blocks, Orders(lambda block: block, give_up, **orders), stop or Stop())
    return [block for block, _ in found if block not in given_up], given_up


def block(first=0, last=8, methods=("a", "b"), **more):
    return Block("c1", methods, first, last, **more)


def cells(blocks):
    return sorted((rep, method) for b in blocks for rep in range(b.first, b.last) for method in b.methods)


ALL = cells([block()])


def test_blocks_are_begun_in_order_as_there_is_room():
    blocks = [block(first, first + 2) for first in range(0, 8, 2)]
    engine = Scripted(lambda _: None)
    done, given_up = supervised(engine, blocks)
    assert (done, given_up, engine.given, engine.most) == (blocks, [], blocks, 2)


def test_a_block_whose_worker_was_killed_from_outside_is_begun_again_as_it_was():
    deaths = [Cause.KILLED]
    engine = Scripted(lambda _: deaths.pop() if deaths else None)
    done, given_up = supervised(engine, [block()])
    assert (done, given_up) == ([block()], [])
    assert engine.given == [block(), block()]


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("guilty", [{(5, "b")}, {(0, "a"), (7, "b")}, {(3, "a"), (3, "b")}])
def test_exactly_what_kills_its_worker_is_given_up(cause, guilty):
    engine = Scripted(lambda b: cause if guilty & set(cells([b])) else None)
    done, given_up = supervised(engine, [block()])
    assert set(cells(given_up)) == guilty
    assert all(len(cells([b])) == 1 for b in given_up)
    assert cells(done + given_up) == ALL


def test_what_is_killed_from_outside_is_not_soon_taken_for_guilty():
    alone = block(4, 5, ("a",))
    for deaths, guilty in ((2, False), (3, True)):
        left = [Cause.KILLED] * deaths
        engine = Scripted(lambda _, left=left: left.pop() if left else None)
        done, given_up = supervised(engine, [alone])
        assert bool(given_up) is guilty
        assert bool(done) is not guilty


def test_two_parts_of_one_file_are_never_in_flight_together():
    parts = [block(0, 4, ("a",), again=Span(0, 8)), block(4, 8, ("a",), again=Span(0, 8))]
    engine = Scripted(lambda _: None)
    done, _ = supervised(engine, parts)
    assert cells(done) == cells(parts)
    assert engine.most == 1


def test_no_more_blocks_are_in_flight_than_ordered():
    engine = Scripted(lambda _: None, capacity=8)
    supervised(engine, [block(r, r + 1) for r in range(8)], at_once=3)
    assert engine.most == 3


def test_no_block_is_begun_when_it_is_enough_and_what_is_in_flight_is_finished():
    stop = Stop()
    engine = Scripted(lambda _: None)
    blocks = [block(r, r + 1) for r in range(8)]
    found = []
    for finished, _ in supervise(engine, blocks, Orders(lambda b: b, None), stop):
        found.append(finished)
        stop.enough()
    assert found == blocks[:2]


def test_no_block_is_begun_when_the_time_is_up():
    done, given_up = supervised(Scripted(lambda _: None), [block()], stop=Stop(after=0))
    assert (done, given_up) == ([], [])
