"""Fields state their range and meaning once; a bad value's message says what was given and what is allowed."""

import copy
import math
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import numpy as np
import pytest

from mcsim.errors import ParameterError
from mcsim.parameters import (
    Check,
    Listing,
    Parameters,
    absent_or,
    flag,
    follows,
    nearest,
    number,
    parameter,
    plain_text,
    several,
    shown,
    text,
    whole,
    word,
)


@dataclass(frozen=True, kw_only=True)
class Spread(Parameters):
    formula: str | None = parameter("a formula", absent_or(text()), None, positional=True)
    n: int = parameter("how many", whole(least=2, most=100))
    sd: float = parameter("how wide", number(above=0), 1.0)
    share: float = parameter("how much of it", number(least=0, below=1), 0.5)
    shape: str = parameter("how it is shaped", word("round", "square"), "round")
    known: bool = parameter("whether it is known", flag(), default=False)

    def faults(self):
        return ["n, sd: too wide for so many"] if self.n * self.sd > 1000 else []


def faults_of(**given):
    with pytest.raises(ParameterError) as caught:
        Spread(**given)
    return list(caught.value.faults)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1", True, np.True_, None, [1.0], 1j])
def test_a_number_is_finite_and_no_string_boolean_or_list(value):
    assert faults_of(n=3, sd=value) == [f"sd: given {value!r}; allowed: a finite number, above 0"]


@pytest.mark.parametrize("value", [-0.1, 1, 1.5, np.float64(2)])
def test_a_number_keeps_to_its_bounds(value):
    assert faults_of(n=3, share=value) == [f"share: given {value!r}; allowed: a finite number, at least 0, below 1"]


@pytest.mark.parametrize("value", [1, 101, 2.5, math.nan, math.inf, "3", True, np.False_, 2**64 + 3])
def test_a_whole_number_keeps_to_its_range(value):
    assert faults_of(n=value) == [f"n: given {value!r}; allowed: a whole number from 2 to 100"]


def test_a_large_whole_number_is_not_rounded_through_a_float():
    assert whole(least=0, most=2**64).canonical(2**53 + 1) == 2**53 + 1
    with pytest.raises(ValueError):  # noqa: PT011 (it has no message)
        whole(least=0, most=2**53).canonical(2**53 + 1)


def test_a_number_too_large_for_a_float_is_refused():
    assert faults_of(n=3, sd=10**400) == [f"sd: given 1{'0' * 75} ...; allowed: a finite number, above 0"]


@pytest.mark.parametrize("value", ["oval", 1, None, True])
def test_a_word_is_one_of_the_words(value):
    assert faults_of(n=3, shape=value) == [f"shape: given {value!r}; allowed: one of 'round', 'square'"]


@pytest.mark.parametrize("value", [1, 0, "True", None])
def test_a_flag_is_true_or_false(value):
    assert faults_of(n=3, known=value) == [f"known: given {value!r}; allowed: True or False"]


def test_a_text_is_a_string_or_none_where_it_may_be_absent():
    assert Spread(n=3).formula is None
    assert Spread("y ~ x", n=3).formula == "y ~ x"
    assert faults_of(formula=3, n=3) == ["formula: given 3; allowed: None or a string"]


def test_every_fault_is_named_at_once():
    with pytest.raises(ParameterError) as caught:
        Spread(n=1, sd=0, shape="oval")
    assert str(caught.value).splitlines() == [
        "Spread has 3 faults:",
        "  - n: given 1; allowed: a whole number from 2 to 100",
        "  - sd: given 0; allowed: a finite number, above 0",
        "  - shape: given 'oval'; allowed: one of 'round', 'square'",
    ]


def test_one_fault_stands_on_one_line_and_is_bad_input():
    with pytest.raises(ParameterError, match=r"^Spread: n: given 1; allowed: a whole number from 2 to 100$") as caught:
        Spread(n=1)
    assert caught.value.exit_code == 2


def test_fields_are_judged_together_only_when_each_is_possible():
    assert faults_of(n=100, sd=50) == ["n, sd: too wide for so many"]
    assert faults_of(n=100.5, sd=5000) == ["n: given 100.5; allowed: a whole number from 2 to 100"]


def test_an_unknown_field_is_named_with_the_nearest_known_one():
    assert faults_of(n=3, shap="round") == [
        "shap is not one of its fields; did you mean shape? (it has formula, n, sd, share, shape, known)"
    ]
    assert nearest("zzz", ["shape"]) == ""


def test_a_required_field_left_out_is_named_with_what_it_takes():
    assert faults_of(sd=2) == ["n: not given; allowed: a whole number from 2 to 100"]


def test_values_without_a_name_are_only_for_positional_fields():
    with pytest.raises(ParameterError, match="values without a name: given 2; allowed: only formula"):
        Spread("y ~ x", 3, n=3)
    with pytest.raises(ParameterError, match="formula: given twice, by place and by name"):
        Spread("y ~ x", formula="y ~ z", n=3)


def test_a_class_without_the_dataclass_decorator_says_what_is_missing():
    class Bare(Parameters):
        size: float = parameter("size", number(), 1.0)

    with pytest.raises(ParameterError, match=r"Bare: its fields are not seen; put @dataclass\(frozen=True, kw_only"):
        Bare(size=2)


def test_values_become_plain_python_values():
    made = Spread(n=np.float64(20.0), sd=np.int32(3), share=-0.0, known=np.True_, shape=np.str_("square"))
    assert [type(getattr(made, f.name)) for f in fields(made)] == [type(None), int, float, float, str, bool]
    assert math.copysign(1, made.share) == 1
    assert made == Spread(n=20, sd=3, share=0, known=True, shape="square")


def test_a_value_is_frozen_hashable_and_copied_by_every_means():
    made = Spread("y ~ x", n=5)
    with pytest.raises(FrozenInstanceError):
        made.n = 6
    assert {made: 1}[Spread("y ~ x", n=5)] == 1
    assert copy.copy(made) == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made  # noqa: S301 (our own)
    assert replace(made, n=6).n == 6


def test_a_field_without_a_check_takes_numbers_words_flags_none_and_frozen_values():
    @dataclass(frozen=True, kw_only=True)
    class Loose(Parameters):
        value: object = None
        fixed: tuple[str, ...] = field(default=(), init=False, metadata={"check": Check("anything", tuple)})

    spread = Spread(n=3)
    for value in (1, 2.5, "word", True, None, spread):
        assert Loose(value=value).value == value
    assert isinstance(Loose(value=np.int64(3)).value, int)
    assert Loose(value=np.True_).value is True
    with pytest.raises(ParameterError, match="allowed: a finite number, a string, True, False, None or a frozen"):
        Loose(value=[1])


def test_a_field_that_follows_is_made_from_the_others_and_cannot_be_given():
    @dataclass(frozen=True, kw_only=True)
    class Circle(Parameters):
        area: float = follows()
        radius: float = parameter("radius", number(above=0))

        def following(self):
            return {"area": math.pi * self.radius**2}

        def faults(self):
            return ["too large"] if self.area > 100 else []

    assert Circle(radius=np.float64(2)).area == 4 * math.pi
    assert str(Circle(radius=2)) == "Circle(radius=2)"
    assert replace(Circle(radius=2), radius=1) == Circle(radius=1)
    with pytest.raises(ParameterError, match="area is not one of its fields"):
        Circle(radius=2, area=1)
    with pytest.raises(ParameterError, match="too large"):
        Circle(radius=20)
    with pytest.raises(ParameterError, match="radius: given -1; allowed"):
        Circle(radius=-1)


def test_the_text_of_a_value_names_what_differs_from_the_defaults():
    assert str(Spread(n=3, sd=2.0, share=0.25)) == "Spread(n=3, sd=2, share=0.25)"
    assert [plain_text(v) for v in (1.0, 0.5, 1e20, math.nan, "a", 3)] == ["1", "0.5", "1e+20", "nan", "a", "3"]


def test_a_long_value_is_cut_in_messages():
    assert len(shown(list(range(1000)))) == 80
    assert shown(10**5000) == "a number too long to print"
    assert shown("short") == "'short'"


@dataclass(frozen=True, kw_only=True, init=False)
class Steps(Listing):
    entries: tuple[int, ...] = parameter("heights of steps", several(whole(least=1)))
    width: float = parameter("width of a step", number(above=0), 1.0)


def test_a_listing_is_given_by_its_entries():
    made = Steps(1, 2.0, np.int64(3), width=2)
    assert (made.entries, made.width) == ((1, 2, 3), 2.0)
    assert made == Steps(entries=[1, 2, 3], width=2.0)
    assert hash(made) == hash(Steps(1, 2, 3, width=2))
    assert str(made) == "Steps(1, 2, 3, width=2)"
    assert str(Steps(4)) == "Steps(4)"


def test_a_listing_is_copied_by_every_means():
    made = Steps(1, 2, width=3)
    assert copy.copy(made) == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made  # noqa: S301 (our own)
    assert replace(made, entries=(5,)) == Steps(5, width=3)
    with pytest.raises(FrozenInstanceError):
        made.width = 4


def test_a_listing_may_be_given_as_a_list():
    assert Steps([1, 2]) == Steps((1, 2)) == Steps(1, 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Steps, "Steps: entries: given (); allowed: a tuple of 1 or more, each a whole number from 1 to 1000000000"),
        (
            lambda: Steps([1], 3),
            "Steps: entries: given ([1], 3); allowed: a tuple of 1 or more, each a whole number from 1 to 1000000000",
        ),
        (lambda: Steps(1, entries=(2,)), "Steps: entries: given twice, by place and by name"),
        (lambda: Steps(1, width=0), "Steps: width: given 0; allowed: a finite number, above 0"),
        (
            lambda: Steps(1, widht=2),
            "Steps: widht is not one of its fields; did you mean width? (it has entries, width)",
        ),
    ],
)
def test_an_impossible_listing_is_named_with_what_is_allowed(make, message):
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == message
