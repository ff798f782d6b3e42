"""When is measured: so many times at equal distances, or given times."""

import pytest

from mcsim.errors import ParameterError
from mcsim.mechanisms import Growth, ThreeLevel, Times
from mcsim.mechanisms.parts.times import times_of


def test_a_number_of_occasions_counts_from_zero_and_given_times_are_as_they_are():
    assert times_of(4) == (0.0, 1.0, 2.0, 3.0)
    assert times_of(Times(-2, 0.5, 8)) == (-2.0, 0.5, 8.0)


def test_times_are_a_level_known_by_their_text():
    assert str(Times(0, 1, 2.5)) == "Times(0, 1, 2.5)"
    assert Times(0, 1) == Times(0.0, 1.0)
    assert Times(0, 1, 2.5).meaning() == "measured at the times 0, 1, 2.5"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ((0, 2, 2), "entries: given 2 after 2; allowed: times that rise, each once"),
        ((0, 2, 1.5), "entries: given 1.5 after 2; allowed: times that rise, each once"),
        ((0,), "entries: given (0,); allowed: a tuple of 2 or more, each a finite number"),
        ((0, "1"), "entries: given (0, '1'); allowed: a tuple of 2 or more, each a finite number"),
    ],
)
def test_times_rise(given, fault):
    with pytest.raises(ParameterError) as caught:
        Times(*given)
    assert str(caught.value) == f"Times: {fault}"


@pytest.mark.parametrize("value", [1, 0, 2.5, 10_001, "4", (0, 1)])
def test_occasions_are_a_whole_number_or_times(value):
    allowed = "a whole number from 2 to 10000, or given times: Times(...)"
    with pytest.raises(ParameterError) as caught:
        Growth(n_persons=5, occasions=value)
    assert str(caught.value) == f"Growth: occasions: given {value!r}; allowed: {allowed}"
    with pytest.raises(ParameterError) as caught:
        ThreeLevel(n_schools=5, school_size=2, occasions=value)
    assert str(caught.value) == f"ThreeLevel: occasions: given {value!r}; allowed: None or {allowed}"
