"""When a run stops."""

import signal
import threading

import pytest

from mcsim.isolation import Interrupted
from mcsim.run import stopping
from mcsim.run.stopping import Stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_where_there_is_patience_and_the_second_interrupts(number):
    stop = Stop()
    before = signal.getsignal(number)
    with stop.signals(), stop.patience():
        assert stop.feeding
        signal.raise_signal(number)
        assert not stop.feeding
        assert not stop.dropping
        with pytest.raises(Interrupted):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_without_patience_the_first_signal_interrupts():
    stop = Stop()
    with stop.signals(), pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGINT)


def test_what_is_in_flight_is_dropped_when_the_grace_is_over(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    stop = Stop()
    with stop.signals(), stop.patience():
        signal.raise_signal(signal.SIGTERM)
        now[0] += stopping.GRACE - 0.1
        assert not stop.dropping
        now[0] += 0.2
        assert stop.dropping


def test_the_time_is_up_after_so_long_and_what_is_in_flight_is_awaited(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    stop = Stop(after=60)
    assert stop.feeding
    now[0] += 61
    assert not stop.feeding
    assert not stop.dropping


def test_other_threads_get_no_signals_and_no_error():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def run():
        with Stop().signals():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]
