"""Worker processes: every item comes back, with its receipt or with how its worker ended."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from study_texts import STUBBORN

from mcsim.engines import Cause, Done, Lost
from mcsim.engines.loky import LokyEngine
from mcsim.errors import Stopped, StorageError

# Work for processes is imported by name, so it is work that every process knows.
INVERSE = (1).__truediv__


@contextmanager
def opened(work, jobs):
    engine = LokyEngine(work, jobs)
    try:
        yield engine
    finally:
        engine.close(kill=True)


def outcomes_of(work, items, jobs=1):
    """What becomes of the items, fed as there is room."""
    found, todo, busy = [], list(items), 0
    with opened(work, jobs) as engine:
        while todo or busy:
            while todo and busy < engine.capacity:
                engine.submit(todo.pop(0))
                busy += 1
            outcomes = engine.wait(30)
            busy -= len(outcomes)
            found += outcomes
    return found


def test_every_item_comes_back_with_its_receipt():
    items = ["a", "bb", "ccc"] * 4
    found = outcomes_of(len, items, jobs=2)
    assert sorted(outcome.item for outcome in found) == sorted(items)
    assert all(outcome == Done(outcome.item, len(outcome.item)) for outcome in found)


def test_one_job_is_a_process_of_its_own_too():
    [done] = outcomes_of(eval, ["__import__('os').getpid()"])
    assert done.receipt != os.getpid()


def test_waiting_ends_when_the_time_is_up():
    with opened(time.sleep, 1) as engine:
        assert engine.wait(0.01) == []
        engine.submit(0.5)
        engine.wait(0)
        assert engine.wait(30) == [Done(0.5, None)]


def test_workers_have_one_thread_and_leave_signals_to_their_parent():
    found = outcomes_of(os.getenv, ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"] * 2, 2)
    assert [done.receipt for done in found] == ["1"] * 6
    handlers = outcomes_of(signal.getsignal, [signal.SIGINT, signal.SIGTERM])
    assert [done.receipt for done in handlers] == [signal.SIG_IGN] * 2


def test_an_error_in_a_worker_comes_back_as_what_it_is():
    with pytest.raises(ZeroDivisionError):
        outcomes_of(INVERSE, [1, 0, 1, 1], 2)


def test_an_error_of_ours_keeps_its_exit_code():
    with pytest.raises(StorageError, match="disk full") as caught:
        outcomes_of(exec, ["from mcsim.errors import *; raise StorageError('disk full')"])
    assert caught.value.exit_code == 74


@pytest.mark.parametrize(
    ("code", "cause", "reason"),
    [
        ("import os; os.kill(os.getpid(), 9)", Cause.KILLED, "SIGKILL"),
        ("import os; os.kill(os.getpid(), 11)", Cause.CRASHED, "SIGSEGV"),
        ("import os; os._exit(3)", Cause.CRASHED, "3"),
        ("raise MemoryError", Cause.CRASHED, "out of memory"),
    ],
)
def test_a_worker_that_dies_loses_its_item_alone_and_is_replaced(code, cause, reason):
    found = outcomes_of(exec, ["import time; time.sleep(0.3)", code, "pass", "pass"], 2)
    [lost] = [outcome for outcome in found if isinstance(outcome, Lost)]
    assert (lost.item, lost.cause) == (code, cause)
    assert reason in lost.reason
    assert len(found) == 4


def test_the_watchdog_ends_what_an_alarm_cannot():
    began = time.monotonic()
    [lost] = outcomes_of(exec, [STUBBORN])
    assert lost.cause is Cause.TIMEOUT
    assert time.monotonic() - began < 10


def test_a_worker_that_has_grown_is_replaced_between_two_items(capfd):
    grow = "import builtins as b; b.kept = [*getattr(b, 'kept', []), bytearray(2 * 10**8)]; assert len(b.kept) <= 3"
    found = outcomes_of(exec, [grow] * 10)
    assert all(isinstance(outcome, Done) for outcome in found)
    assert capfd.readouterr().err == ""


class Deadly:
    """Work that kills every process it arrives in."""

    def __reduce__(self):
        return os._exit, (7,)


def test_workers_that_die_before_they_do_anything_end_the_run():
    with pytest.raises(Stopped, match=r"worker processes die before they do anything .*too little memory"):
        outcomes_of(Deadly(), "abcd")


def test_closing_kills_what_is_not_wanted_any_more():
    began = time.monotonic()
    with opened(time.sleep, 2) as engine:
        engine.submit(60)
        engine.submit(60)
    assert time.monotonic() - began < 10


@pytest.mark.skipif(sys.platform != "linux", reason="workers outlive a killed parent where Linux's prctl is not")
def test_workers_die_with_a_parent_that_is_killed(tmp_path):
    note = tmp_path / "workers"
    work = f"import os, time; open({str(note)!r}, 'a').write(str(os.getpid()) + chr(10)); time.sleep(60)"
    parent = (
        "from mcsim.engines.loky import LokyEngine; engine = LokyEngine(exec, 2)\n"
        f"for _ in range(2): engine.submit({work!r})\n"
        "engine.wait(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", parent])
    deadline = time.monotonic() + 30
    while not note.exists() or len(note.read_text().split()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while any(_lives(pid) for pid in note.read_text().split()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
            return stat.read().split(")")[1].split()[0] != "Z"
    except OSError:
        return False
