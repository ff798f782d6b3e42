"""Frozen values with checked fields: the base of mechanisms (fields are factors) and methods (fields are options).

Each field states its range and its meaning once, in `parameter(...)`; the message of a bad value, the table of
`mcsim describe` and the content that keys are made from all follow from that.
"""

import dataclasses
import difflib
import math
from collections.abc import Iterable, Iterator
from typing import Any, Self

import numpy as np

from mcsim.errors import ParameterError
from mcsim.ranges import Check, absent_or, either, flag, number, several, text, whole, word

__all__ = [
    "REQUIRED",
    "Check",
    "Listing",
    "Parameters",
    "absent_or",
    "either",
    "flag",
    "follows",
    "given_fields",
    "kind",
    "nearest",
    "number",
    "parameter",
    "plain_text",
    "several",
    "shown",
    "text",
    "whole",
    "word",
]

REQUIRED: Any = dataclasses.MISSING

_LONGEST = 80  # characters of a value in a message


def parameter(description: str, check: Check, default: Any = REQUIRED, *, positional: bool = False) -> Any:
    """A field of a `Parameters` class.

    Parameters
    ----------
    description : str
        What the field means, in a few words, with its unit where it has one.
    check : Check
        What it accepts.
    default : object, optional
        Its default; a field without one is required.
    positional : bool, optional
        Whether it may be given by position (a method's formula).
    """
    return dataclasses.field(
        default=default, kw_only=not positional, metadata={"description": description, "check": check}
    )


def follows() -> Any:
    """A field of a `Parameters` class that cannot be given: its value follows from the others, by `following`."""
    return dataclasses.field(init=False)


def kind(base: "type[Parameters]", called: str) -> Check:
    """A value of a class derived from `base`; messages call it so and list the classes there are."""

    def canonical(value: Any) -> Any:
        if not isinstance(value, base):
            raise ValueError
        return value

    return Check(f"{called}: {', '.join(_usage(cls) for cls in _derived(base))}", canonical)


def _undeclared(value: Any) -> Any:
    """The canonical form of a field that states no check: a finite number, a word, None or a `Parameters` value."""
    if value is None or isinstance(value, (str, bool, np.bool_, Parameters)):
        return bool(value) if isinstance(value, np.bool_) else value
    plain = number().canonical(value)
    return int(plain) if isinstance(value, (int, np.integer)) else plain


_ANYTHING = Check("a finite number, a string, True, False, None or a frozen value", _undeclared)


def nearest(name: str, known: Iterable[str]) -> str:
    """'; did you mean X?' for the known name closest to a mistyped one, or ''."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parameters:
    """Base of frozen values whose fields are checked together: one `ParameterError` names every fault.

    Subclass it as a frozen dataclass, give fields by `parameter(...)`, and say in `faults` what fields must satisfy
    together.
    """

    def __new__(cls, *args: Any, **given: Any) -> Self:
        if faults := list(_call_faults(cls, args, given)):
            raise ParameterError(cls.__name__, faults)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        faults = []
        for field in given_fields(type(self)):
            check: Check = field.metadata.get("check", _ANYTHING)
            value = getattr(self, field.name)
            try:
                object.__setattr__(self, field.name, check.canonical(value))
            except (ValueError, TypeError, OverflowError):
                faults.append(f"{field.name}: given {shown(value)}; allowed: {check.allowed}")
        if not faults:
            for name, value in self.following().items():
                object.__setattr__(self, name, value)
            faults.extend(self.faults())
        if faults:
            raise ParameterError(type(self).__name__, faults)

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy is made from the fields, as any other value is, and so is checked as any other.
        return _remade, (type(self), {f.name: getattr(self, f.name) for f in given_fields(type(self))})

    def faults(self) -> list[str]:
        """What is wrong with the fields taken together, one line each; none by default."""
        return []

    def following(self) -> dict[str, Any]:
        """The values of the fields declared by `follows`, made from the others; these are valid one by one by then."""
        return {}

    def __str__(self) -> str:
        return self._text()

    def _text(self, *first: str, without: str = "") -> str:
        fields = ((f, getattr(self, f.name)) for f in given_fields(type(self)) if f.name != without)
        given = [*first, *(f"{f.name}={plain_text(v)}" for f, v in fields if v != f.default)]
        return f"{type(self).__name__}({', '.join(given)})"


@dataclasses.dataclass(frozen=True, kw_only=True, init=False)
class Listing(Parameters):
    """Base of frozen values that are a list, given by its entries: ``Sizes(5, 10, 40)``.

    A subclass is a frozen dataclass with ``init=False`` and a field `entries` that states by `several(...)` what it
    accepts; other fields have defaults and are given by name.
    """

    entries: tuple[Any, ...]

    def __new__(cls, *entries: Any, **given: Any) -> Self:
        if entries and "entries" in given:
            raise ParameterError(cls.__name__, ["entries: given twice, by place and by name"])
        return super().__new__(cls, **{"entries": entries, **given})

    def __init__(self, *entries: Any, **given: Any) -> None:
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, given.get(field.name, field.default))
        if "entries" not in given:
            object.__setattr__(self, "entries", entries)
        self.__post_init__()

    def __str__(self) -> str:
        return self._text(*map(plain_text, self.entries), without="entries")


def given_fields(cls: type[Parameters]) -> list[dataclasses.Field[Any]]:
    """The fields that can be given: those that do not follow from others."""
    return [field for field in dataclasses.fields(cls) if field.init]


def plain_text(value: Any) -> str:
    """The canonical text of a field's value, as it stands in tables: 1, 0.5, random, Normal(...)."""
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def shown(value: Any) -> str:
    """A value as a message shows it: its repr, cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python prints no integer of more than 4300 digits
        return "a number too long to print"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def _call_faults(cls: type[Parameters], args: tuple[Any, ...], given: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the names and the number of the values that a `Parameters` class is called with."""
    if any(isinstance(value, dataclasses.Field) for value in vars(cls).values()):
        yield "its fields are not seen; put @dataclass(frozen=True, kw_only=True) above the class"
        return
    fields = given_fields(cls)
    known = [field.name for field in fields]
    for name in given:
        if name not in known:
            yield f"{name} is not one of its fields{nearest(name, known)} (it has {', '.join(known)})"
    by_place = [field.name for field in fields if not field.kw_only]
    if len(args) > len(by_place):
        allowed = f"only {', '.join(by_place)}" if by_place else "none; write name=value"
        yield f"values without a name: given {len(args)}; allowed: {allowed}"
    for name in by_place[: len(args)]:
        if name in given:
            yield f"{name}: given twice, by place and by name"
    for field in fields:
        required = field.default is REQUIRED and field.default_factory is REQUIRED
        if required and field.name not in [*by_place[: len(args)], *given]:
            check: Check = field.metadata.get("check", _ANYTHING)
            yield f"{field.name}: not given; allowed: {check.allowed}"


def _derived(base: type) -> Iterator[Any]:
    """The classes derived from one, those that further ones are derived from left out; itself if there are none."""
    derived: list[type] = base.__subclasses__()
    if not derived:
        yield base
    for cls in derived:
        yield from _derived(cls)


def _usage(cls: Any) -> str:
    """How a class is called: its name and its fields, as in ``Student(df)`` and ``Sizes(...)``."""
    names = ("..." if f.name == "entries" else f.name for f in given_fields(cls))
    return f"{cls.__name__}({', '.join(names)})"


def _remade(cls: type[Parameters], fields: dict[str, Any]) -> Parameters:
    return cls(**fields)
