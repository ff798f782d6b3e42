"""Grids of conditions: kept unevaluated until a study is built, then validated whole."""

import dataclasses
import inspect
import itertools
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from mcsim.errors import ParameterError
from mcsim.keys import canonical_text
from mcsim.model import Mechanism
from mcsim.parameters import Parameters, given_fields, nearest, plain_text, shown

MOST_CONDITIONS = 1_000_000
_EXAMPLES = 3
_SHOWN = 20

Condition = tuple[Mechanism, str]
"""A mechanism with every factor filled in, and its place in words: the factors that vary."""


class Faults:
    """Faults in the order found; one that concerns many conditions is said once, with how many and examples."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, fault: str, place: str = "") -> None:
        """Note a fault and the condition it was found in."""
        places = self._places.setdefault(fault, [])
        self._counts[fault] = self._counts.get(fault, 0) + 1
        if place and len(places) < _EXAMPLES:
            places.append(place)

    def __bool__(self) -> bool:
        return bool(self._places)

    def lines(self) -> list[str]:
        """One line a fault; beyond the first twenty only how many more."""
        lines = [fault + self._where(fault) for fault in itertools.islice(self._places, _SHOWN)]
        rest = len(self._places) - len(lines)
        return [*lines, f"and {rest} more"] if rest else lines

    def _where(self, fault: str) -> str:
        count, places = self._counts[fault], self._places[fault]
        if not places:
            return ""
        examples = "; ".join(places)
        return f" (at {examples})" if count <= len(places) else f" ({count} conditions, such as {examples})"


class _Combination(SimpleNamespace):
    """What `where` sees: a raw value for every factor."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name} is not a factor{nearest(name, vars(self))} (there are {', '.join(vars(self))})")


@dataclasses.dataclass(frozen=True)
class _Part:
    """One call of `grid`."""

    mechanism: type[Mechanism]
    factors: dict[str, Sequence[Any]]
    varying: frozenset[str]
    where: Callable[[Any], Any] | None

    @property
    def size(self) -> int:
        """The number of combinations before `where`."""
        return math.prod(_length(levels) for levels in self.factors.values())

    def conditions(self, faults: Faults) -> Iterator[Condition]:
        """Every combination that `where` keeps and that is valid; what is not goes into `faults`."""
        if not self._is_sound(faults):
            return
        for values in self._combinations(faults):
            place = ", ".join(f"{name}={_shown(values[name])}" for name in self.factors if name in self.varying)
            try:
                yield self.mechanism(**values), place
            except ParameterError as error:
                for fault in error.faults:
                    faults.add(f"{self.mechanism.__name__}: {fault}", place)

    def _combinations(self, faults: Faults) -> Iterator[dict[str, Any]]:
        """Every combination that `where` keeps, as raw values."""
        defaults = {field.name: _default(field) for field in given_fields(self.mechanism)}
        kept = 0
        for levels in itertools.product(*self.factors.values()):
            values = dict(zip(self.factors, levels, strict=True))
            try:
                keep = self.where is None or self.where(_Combination(**{**defaults, **values}))
            except Exception as error:  # noqa: BLE001 (whatever it raises is a fault of the study)
                faults.add(f"{self._name}: where raised {type(error).__name__}: {error}")
                return
            if keep:
                kept += 1
                yield values
        if not kept:
            faults.add(f"{self._name}: where drops all of its {self.size} combinations; at least one must stay")

    def _is_sound(self, faults: Faults) -> bool:
        """Whether the mechanism, the names and the lists of levels are such that conditions can be made."""
        found = list(self._class_faults())
        if not found:
            found = [*self._name_faults(), *self._level_faults()]
        for fault in found:
            faults.add(fault)
        return not found

    def _class_faults(self) -> Iterator[str]:
        if isinstance(self.mechanism, Mechanism):
            name = type(self.mechanism).__name__
            yield f"grid: given {self.mechanism}; write the class, grid({name}, ...), and its factors after it"
        elif not (isinstance(self.mechanism, type) and issubclass(self.mechanism, Mechanism)):
            yield f"grid: given {shown(self.mechanism)}; allowed: a Mechanism class such as TwoLevel"
        elif inspect.isabstract(self.mechanism):
            lacks = ", ".join(sorted(self.mechanism.__abstractmethods__))
            yield f"{self._name}: {self.mechanism.__name__} cannot be simulated: it lacks {lacks}"
        elif "__dataclass_fields__" not in vars(self.mechanism) and vars(self.mechanism).get("__annotations__"):
            yield f"{self._name}: {self.mechanism.__name__} needs @dataclass(frozen=True, kw_only=True) above it"
        if self.where is not None and not callable(self.where):
            yield f"where: given {shown(self.where)}; allowed: a function such as lambda c: c.tau2 > 0"

    def _name_faults(self) -> Iterator[str]:
        fields = {field.name: field for field in given_fields(self.mechanism)}
        for name in self.factors:
            if name not in fields:
                known = ", ".join(fields)
                yield f"{self._name}: {name} is not one of its factors{nearest(name, fields)} (it has {known})"
        missing = [name for name, field in fields.items() if _is_required(field) and name not in self.factors]
        if missing:
            yield f"{self._name}: {', '.join(missing)} not given; required"

    def _level_faults(self) -> Iterator[str]:
        for name, levels in self.factors.items():
            if not levels:
                yield f"{self._name}: {name} has no levels: given an empty list; allowed: at least one level"
            seen: dict[str, Any] = {}
            for level in levels:
                try:
                    text = canonical_text(level)
                except (TypeError, ValueError):
                    continue  # refused with its allowed values when the condition is made
                if text in seen:
                    yield f"{self._name}: {name} has a level twice: {shown(seen[text])} and {shown(level)}"
                seen[text] = level

    @property
    def _name(self) -> str:
        return f"grid({getattr(self.mechanism, '__name__', self.mechanism)})"


class Grid:
    """Conditions to be: every combination of the levels given; grids add. Made by `grid`."""

    def __init__(self, parts: tuple[_Part, ...]) -> None:
        self._parts = parts

    def __add__(self, other: "Grid") -> "Grid":
        return Grid(self._parts + other._parts) if isinstance(other, Grid) else NotImplemented

    def conditions(self, faults: Faults) -> Iterator[Condition]:
        """Every condition that is valid; what is wrong goes into `faults`.

        A grid too large is refused before any combination is made.
        """
        size = sum(part.size for part in self._parts)
        if size > MOST_CONDITIONS:
            faults.add(f"conditions: the grid has {_count(size)} combinations; allowed: at most {MOST_CONDITIONS:,}")
            return
        for part in self._parts:
            yield from part.conditions(faults)


def grid(mechanism: type[Mechanism], /, *, where: Callable[[Any], Any] | None = None, **factors: Any) -> Grid:
    """Every combination of the factors' levels, as conditions of a study; evaluated when the study is built.

    Parameters
    ----------
    mechanism : class
        A `Mechanism`, such as `TwoLevel`.
    where : function, optional
        Takes a combination, with the raw value of every factor as attribute (the default where none is given), and
        returns whether to keep it. It is asked before the combination is validated.
    **factors
        In a list, tuple, range or array the entries are levels; anything else is held fixed.

    Returns
    -------
    Grid
        Grids add: ``grid(A, ...) + grid(B, ...)``.
    """
    levels = {name: _levels(value) for name, value in factors.items()}
    varying = frozenset(name for name in levels if _length(levels[name]) > 1)
    return Grid((_Part(mechanism, levels, varying, where),))


def _levels(value: Any) -> Sequence[Any]:
    if isinstance(value, np.ndarray):
        value = value.tolist()  # plain numbers; that of an array without dimensions is one, not a list
    return value if isinstance(value, (list, tuple, range)) else (value,)


def _length(levels: Sequence[Any]) -> int:
    try:
        return len(levels)
    except OverflowError:  # a range longer than an index can be
        return sys.maxsize


def _count(size: int) -> str:
    return f"{size:,}" if size < 10**9 else f"about {size:.0e}" if size < 10**300 else "more than 1e300"


def _shown(value: Any) -> str:
    return plain_text(value) if isinstance(value, (float, Parameters)) else shown(value)


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default
