"""Calls of a study's own code."""

import signal
import time

import pytest

from mcsim.isolation import Failure, Interrupted, Remarks, attempt, isolated


def raising(error):
    def call():
        raise error

    return call


def test_what_a_call_returns_is_handed_on():
    assert attempt(lambda: 3) == isolated(lambda: 3) == 3


@pytest.mark.parametrize("error", [ValueError("no\nmore"), SystemExit(3), MemoryError(), GeneratorExit()])
def test_what_it_raises_becomes_a_value_with_one_line(error):
    for call in (attempt, isolated):
        found = call(raising(error), "fit: ")
        assert isinstance(found, Failure)
        assert found.error is error
        assert found.note.startswith(f"fit: {type(error).__name__}")
        assert "more" not in found.note


def test_a_person_who_presses_ctrl_c_is_not_taken_for_a_failure():
    with pytest.raises(Interrupted):
        attempt(raising(Interrupted()))
    with pytest.raises(KeyboardInterrupt):
        attempt(raising(KeyboardInterrupt()))


def test_a_method_that_raises_keyboardinterrupt_where_nobody_can_press_it_failed():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert attempt(raising(KeyboardInterrupt())).note == "KeyboardInterrupt"
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_call_that_takes_too_long_fails():
    assert isolated(lambda: time.sleep(10), "m: ", seconds=0.1).note == "m: timeout: not done after 0.1 s"


def test_an_error_whose_message_cannot_be_shown_is_an_error_all_the_same():
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    assert attempt(raising(Mute())).note == "Mute: its message cannot be shown"


def test_remarks_are_those_of_a_call_that_fails_too():
    remarks = Remarks()

    def call():
        print("hello")  # noqa: T201
        raise ValueError

    assert isinstance(isolated(call, remarks=remarks), Failure)
    assert str(remarks) == "printed 6 characters: hello"
