"""Engines: the same receipts from one process or several, and a stop that reaches the worker processes."""

import os
import signal
import subprocess
import sys
import time

import pytest

from mcsim import engines
from mcsim.errors import ParameterError, Stopped, StorageError

# Work for processes is imported by name, so it is work that every process knows.
INVERSE = (1).__truediv__


def test_one_process_does_the_work_here_and_in_order():
    assert list(engines.execute(lambda item: (item, os.getpid()), [3, 1, 2], 1)) == [
        (3, os.getpid()),
        (1, os.getpid()),
        (2, os.getpid()),
    ]


def test_work_begins_when_its_receipt_is_asked_for():
    begun = []
    receipts = engines.execute(begun.append, [1, 2], 1)
    assert begun == []
    next(receipts)
    assert begun == [1]


def test_several_processes_return_every_receipt():
    assert sorted(engines.execute(len, ["a", "bb", "ccc"] * 10, 2)) == sorted([1, 2, 3] * 10)


def test_workers_have_one_thread_and_leave_ctrl_c_to_their_parent():
    found = list(engines.execute(os.getenv, ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"] * 2, 2))
    assert found == ["1"] * 6
    handlers = list(engines.execute(signal.getsignal, [signal.SIGINT] * 4, 2))
    assert set(handlers) == {signal.SIG_IGN}


def test_an_error_in_a_worker_comes_back_as_what_it_is():
    with pytest.raises(ZeroDivisionError):
        list(engines.execute(INVERSE, [1, 0, 1, 1], 2))


def test_an_error_of_ours_keeps_its_exit_code():
    with pytest.raises(StorageError, match="disk full") as caught:
        list(engines.execute(exec, ["from mcsim.errors import *; raise StorageError('disk full')"] * 2, 2))
    assert caught.value.exit_code == 74


def test_a_killed_worker_stops_the_run_and_a_later_one_works():
    with pytest.raises(Stopped, match=r"a worker process was killed .* run again to continue"):
        list(engines.execute(exec, ["import os; os.kill(os.getpid(), 9)"] * 2, 2))
    assert sorted(engines.execute(len, ["a", "bb"], 2)) == [1, 2]


@pytest.mark.skipif(sys.platform != "linux", reason="workers outlive a killed parent where Linux's prctl is not")
def test_workers_die_with_a_parent_that_is_killed():
    work = "import os, time; os.write(2, b'%d\\n' % os.getpid()); time.sleep(60)"
    parent = f"from mcsim import engines; list(engines.execute(exec, [{work!r}] * 2, 2))"
    process = subprocess.Popen([sys.executable, "-c", parent], stderr=subprocess.PIPE)
    assert process.stderr is not None
    workers = [int(process.stderr.readline()) for _ in range(2)]
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while any(_lives(pid) for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.stderr.close()


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
            return stat.read().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(("jobs", "processes"), [(1, 1), (3, 3), (-1, None), (None, None)])
def test_jobs_are_processes_or_all_cores(jobs, processes):
    assert engines.workers(jobs) == (processes or engines._cores())
    assert engines._cores() >= 1


@pytest.mark.parametrize("jobs", [0, -2, 1.5, "4", True, False])
def test_other_jobs_are_refused(jobs):
    with pytest.raises(ParameterError, match="allowed: a whole number from 1, or -1 for all cores"):
        engines.workers(jobs)
