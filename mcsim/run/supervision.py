"""Blocks are fed to an engine; what its workers lose on the way is done again, and at last cornered."""

import sys
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Hashable, Iterable
from typing import NamedTuple

from mcsim.engines import Cause, Done, Engine, Lost
from mcsim.plan import Block
from mcsim.run.stopping import Stop
from mcsim.run.work import Receipt

_WAIT = 0.25
"""Seconds between two looks at whether to stop."""

_PATIENCE = {Cause.KILLED: 2, Cause.CRASHED: 1, Cause.TIMEOUT: 1}
"""How often a block is lost before it is halved. Whoever kills a worker from outside means no block in particular."""

_CERTAINTY = {Cause.KILLED: 3, Cause.CRASHED: 2, Cause.TIMEOUT: 1}
"""How often one replication of one method is lost before it is said to be guilty."""


class Orders(NamedTuple):
    """What a supervisor needs to know of a block's work."""

    item: Callable[[Block], Hashable]
    """The block as an engine is given it."""
    give_up: Callable[[Block, Lost], Receipt]
    """Record one replication of one method as failed."""
    at_once: int = sys.maxsize
    """How many blocks to have in flight, where the engine would take more."""


def supervise(
    engine: Engine, blocks: Iterable[Block], orders: Orders, stop: Stop
) -> Generator[tuple[Block, Receipt], None, None]:
    """Have every block done, until it is time to stop.

    A worker that dies takes one block along. That block is begun again; lost too often it is halved, and its halves
    likewise, until one replication of one method is left that cannot be computed. Everything else is.

    Parameters
    ----------
    engine : Engine
        Does the work.
    blocks : iterable of Block
        In the order in which to begin.
    orders : Orders
        How a block is given to the engine, and given up.
    stop : Stop
        Asked before every block.

    Yields
    ------
    Block, Receipt
        As they are finished.
    """
    todo = deque(blocks)
    lost: Counter[Block] = Counter()
    given: dict[Hashable, Block] = {}
    while given or (todo and stop.feeding):
        while stop.feeding and len(given) < min(engine.capacity, orders.at_once):
            block = _next(todo, given.values())
            if block is None:
                break
            item = orders.item(block)
            given[item] = block
            engine.submit(item)
        for outcome in engine.wait(_WAIT):
            block = given.pop(outcome.item)
            if isinstance(outcome, Done):
                yield block, outcome.receipt
                continue
            lost[block] += 1
            again = _instead(block, lost[block], outcome.cause)
            if again:
                todo.extendleft(reversed(again))
            else:
                yield block, orders.give_up(block, outcome)
        if stop.dropping:
            return


def _next(todo: deque[Block], busy: Collection[Block]) -> Block | None:
    """The next block to begin with; two that write to one file must not be in flight together."""
    for _ in range(len(todo)):
        block = todo.popleft()
        if block.again is None or not any(block.shares_file(other) for other in busy):
            return block
        todo.append(block)
    return None


def _instead(block: Block, times: int, cause: Cause) -> list[Block]:
    """What to do about a block that was lost so many times; nothing is left if it is given up."""
    halves = block.halves()
    if times < (_PATIENCE if halves else _CERTAINTY)[cause]:
        return [block]
    return halves
