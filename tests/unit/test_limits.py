"""Time limits for code that is not ours."""

import signal
import threading
import time

import pytest

from mcsim import limits
from mcsim.limits import TimeLimit, within


def test_no_limit_is_no_limit():
    with within(None):
        pass


def test_what_is_done_in_time_is_not_disturbed_and_nothing_goes_off_later():
    before = signal.getsignal(signal.SIGALRM)
    with within(0.1):
        pass
    time.sleep(0.2)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_sleep_is_interrupted():
    began = time.monotonic()
    with pytest.raises(TimeLimit), within(0.1):
        time.sleep(10)
    assert time.monotonic() - began < 5


def test_an_alarm_that_was_caught_goes_off_again():
    caught = []

    def stubborn():
        for _ in range(3):
            try:
                time.sleep(10)
            except BaseException:
                caught.append(1)
                if len(caught) == 3:
                    raise

    with pytest.raises(TimeLimit), within(0.1):
        stubborn()
    assert len(caught) == 3


def test_it_is_no_exception_that_a_method_would_catch():
    def careless():
        try:
            time.sleep(10)
        except Exception:  # noqa: BLE001 (as methods do)
            return

    with pytest.raises(TimeLimit), within(0.1):
        careless()


def test_in_a_thread_python_code_is_interrupted_too():
    found = []

    def work():
        try:
            with within(0.1):
                while True:
                    time.sleep(0.01)
        except TimeLimit:
            found.append("limit")
        with within(0.1):
            pass
        time.sleep(0.2)
        found.append("undisturbed")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert found == ["limit", "undisturbed"]


def test_a_process_that_nobody_supervises_is_not_ended(tmp_path):
    assert not limits._watch
    assert not limits.was_reached(tmp_path / "none")
