"""What a field accepts beyond one number: several values, values of a kind, one of two checks."""

from dataclasses import dataclass

import numpy as np
import pytest

from mcsim.errors import ParameterError
from mcsim.parameters import Parameters, either, kind, number, parameter, several, whole


@dataclass(frozen=True, kw_only=True)
class Law(Parameters):
    pass


@dataclass(frozen=True, kw_only=True)
class Even(Law):
    pass


@dataclass(frozen=True, kw_only=True)
class Steep(Law):
    slope: float = parameter("how steep", number(above=0))


@dataclass(frozen=True, kw_only=True)
class VerySteep(Steep):
    pass


@pytest.mark.parametrize("value", [3, 2.999, 5.0, np.float64(4)])
def test_a_number_may_have_a_largest_value(value):
    check = number(least=2.5, most=5)
    assert check.allowed == "a finite number, at least 2.5, at most 5"
    assert check.canonical(value) == value
    with pytest.raises(ValueError):  # noqa: PT011 (it has no message)
        check.canonical(5.001)


@pytest.mark.parametrize("value", [[1, 2.0], (1.0, 2), np.array([1, 2]), np.array([1.0, 2.0])])
def test_several_values_become_a_tuple_of_plain_ones(value):
    found = several(whole(least=1)).canonical(value)
    assert found == (1, 2)
    assert [type(entry) for entry in found] == [int, int]


@pytest.mark.parametrize("value", [1, "12", (), (1,), (1, 0), (1, "2"), {1: 2, 3: 4}, None, np.array([[1, 2], [3, 4]])])
def test_several_are_enough_and_each_is_possible(value):
    check = several(whole(least=1, most=9), least=2)
    assert check.allowed == "a tuple of 2 or more, each a whole number from 1 to 9"
    with pytest.raises((ValueError, TypeError)):
        check.canonical(value)


def test_a_kind_is_a_value_of_a_derived_class_and_names_the_last_of_them():
    check = kind(Law, "a law")
    assert check.allowed == "a law: Even(), VerySteep(slope)"
    assert check.canonical(Steep(slope=2)) == Steep(slope=2)
    for value in (Even, "Even()", None, 3, object()):
        with pytest.raises(ValueError):  # noqa: PT011 (it has no message)
            check.canonical(value)


def test_either_takes_what_one_of_two_takes():
    check = either(whole(least=1, most=9), kind(Law, "a law"))
    assert check.allowed == "a whole number from 1 to 9, or a law: Even(), VerySteep(slope)"
    assert (check.canonical(3.0), check.canonical(Even())) == (3, Even())
    for value in (0, "3", Even, None, 10**400):
        with pytest.raises((ValueError, TypeError)):
            check.canonical(value)


def test_a_field_of_a_kind_shows_the_value_as_it_is_written():
    @dataclass(frozen=True, kw_only=True)
    class Road(Parameters):
        law: Law = parameter("its law", kind(Law, "a law"), Even())

    assert str(Road(law=Steep(slope=2.0))) == "Road(law=Steep(slope=2))"
    assert str(Road()) == "Road()"
    with pytest.raises(ParameterError, match=r"^Road: law: given 3; allowed: a law: Even\(\), VerySteep\(slope\)$"):
        Road(law=3)
