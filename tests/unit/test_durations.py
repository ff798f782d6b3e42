"""Lengths of time: what a person writes, in seconds."""

import pytest

from mcsim.durations import clock_text, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4h", 14400),
        ("3h50m", 13800),
        ("3h 50m", 13800),
        ("90m", 5400),
        ("90 m", 5400),
        ("30s", 30),
        ("30", 30),
        ("0.25", 0.25),
        ("1.5H", 5400),
        ("1d12h", 129600),
        ("1d2h3m4.5s", 93784.5),
        ("04:00:00", 14400),
        ("100:00:01", 360001),
        ("1-00:00:00", 86400),
        ("2-03:04:05", 183845),
        (" 5m ", 300),
        ("1000d", 86_400_000),
    ],
)
def test_a_length_of_time_is_a_number_of_seconds(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "h", "4x", "h4", "50m3h", "4h4h", "-4h", "1e3", "nan", "inf", "4:00", "04:60:00", "00:00:60", "1-00"],
)
def test_anything_else_is_refused_with_what_is_allowed(text):
    refused(text)


@pytest.mark.parametrize("text", ["1-", "four hours", "4h\n5m", "4h;rm", "\u0664h", "1_0", "1" * 41])
def test_so_is_what_only_looks_like_one(text):
    refused(text)


def refused(text):
    with pytest.raises(ValueError, match=r"given .*; allowed: a length of time such as 4h"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0", "0h", "00:00:00", "0-00:00:00", "1001d", "9" * 39])
def test_nothing_and_for_ever_are_refused(text):
    with pytest.raises(ValueError, match="allowed: more than 0 and at most 1,000 days"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(14400, "0-04:00:00"), (183845, "2-03:04:05"), (59.2, "0-00:01:00"), (0.1, "0-00:00:01")]
)
def test_the_text_that_slurm_takes_gives_the_same_length_back(seconds, text):
    assert clock_text(seconds) == text
    assert seconds <= parse_duration(text) < seconds + 1
