"""The Dask engine alone, on workers that come and go."""

import time
from contextlib import contextmanager

import pytest

pytest.importorskip("distributed", reason="needs pip install 'mcsim[dask]'")
from dask_processes import Dask

from mcsim.engines import Done
from mcsim.engines.dask import DaskEngine
from mcsim.engines.dask_cluster import DaskCluster
from mcsim.errors import Stopped


@pytest.fixture
def dask(tmp_path):
    """A scheduler without workers."""
    found = Dask(tmp_path)
    try:
        yield found
    finally:
        found.down()


@contextmanager
def engine_on(dask, work, **place):
    engine = DaskEngine(work, DaskCluster(scheduler=dask.address, **place))
    try:
        yield engine
    finally:
        engine.close(kill=True)


def test_3_two_workers_share_the_work_and_more_of_them_take_more(dask):
    dask.worker()
    dask.worker()
    with engine_on(dask, eval) as engine:
        _wait_for(engine, lambda: engine.capacity == 4)
        found = _done(engine, ["(__import__('time').sleep(0.1), __import__('os').getppid())[1]"] * 12)
        assert len(set(found)) == 2
        dask.worker()
        _wait_for(engine, lambda: engine.capacity == 6)
        dask.kill_nanny(dask.workers[0])
        _wait_for(engine, lambda: engine.capacity == 4)


def test_a_worker_with_several_threads_has_a_process_for_each(dask):
    dask.worker("--nthreads", "3")
    with engine_on(dask, eval) as engine:
        _wait_for(engine, lambda: engine.capacity == 6)
        found = _done(engine, ["(__import__('time').sleep(0.2), __import__('os').getpid())[1]"] * 12)
        assert len(set(found)) == 3


def test_3_a_scheduler_without_workers_is_not_waited_for_without_end(dask):
    with engine_on(dask, len, without_workers=1.5) as engine:
        assert engine.capacity == 0
        with pytest.raises(Stopped, match=r"has had no worker for 2 s; finished blocks are kept"):
            _wait_for(engine, lambda: False)


def _wait_for(engine, true):
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        assert engine.wait(0.1) == []


def _done(engine, items):
    for item in items:
        engine.submit(item)
    found = []
    while len(found) < len(items):
        found += engine.wait(30)
    assert all(isinstance(outcome, Done) for outcome in found)
    return [outcome.receipt for outcome in found]
