"""The calling process as an engine."""

import os

from mcsim.engines import Done, HereEngine


def test_the_work_is_done_here_when_its_outcome_is_asked_for():
    begun = []
    engine = HereEngine(lambda item: begun.append(item) or os.getpid())
    engine.submit(3)
    assert begun == []
    assert engine.wait(1) == [Done(3, os.getpid())]
    assert begun == [3]
    assert engine.wait(1) == []
