"""The factors of conditions as a chart places them: levels in order, and which factor goes where."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from mcsim.facts import telling, undetermined
from mcsim.rounding import word

Factors = Mapping[str, Mapping[str, Any]]
"""The factors of conditions by their keys."""


class Layout(NamedTuple):
    """Where the factors of a chart stand.

    Attributes
    ----------
    x, row, column : str or None
        The factors on the horizontal axis, and in rows and columns of panels; None where nothing is left to vary.
    rest : tuple of str
        What else varies: conditions that differ in these stand in the same place. What follows from the levels of the
        others is not among them.
    levels : mapping of str to mapping of value to str
        The levels of every factor that varies, in order, and their texts.
    """

    x: str | None
    row: str | None
    column: str | None
    rest: tuple[str, ...]
    levels: Mapping[str, Mapping[Any, str]]


def level_texts(values: Iterable[Any]) -> dict[Any, str]:
    """Every distinct value once, in order, with a text as short as tells them apart: 0.0556 for 0.05555555.

    Parameters
    ----------
    values : iterable
        Numbers come first, from small to large, then the others as they appear; None, an absent factor, is ``-``.
    """
    distinct = list(dict.fromkeys(values))
    numbers = sorted(value for value in distinct if is_number(value))
    others = [value for value in distinct if not is_number(value)]
    for digits in range(3, 17):
        texts = {value: _rounded(value, digits) for value in numbers}
        if len(set(texts.values())) == len(numbers):
            break
    else:
        texts = {value: word(value) for value in numbers}
    return {value: texts.get(value, word(value)) for value in (*numbers, *others)}


def levels_of(factors: Factors, names: Iterable[str] | None = None) -> dict[str, dict[Any, str]]:
    """The levels of every factor in order, and their texts; see `level_texts`.

    Parameters
    ----------
    factors : mapping of str to mapping
        Of the conditions.
    names : iterable of str, optional
        Only these.
    """
    if names is None:
        names = dict.fromkeys(name for values in factors.values() for name in values)
    return {name: level_texts(values.get(name) for values in factors.values()) for name in names}


def arrange(factors: Factors, *, x: str | None = None, row: str | None = None, column: str | None = None) -> Layout:
    """Place the factors that vary: what is asked for as asked, the others by default.

    The horizontal axis takes the factor with the most levels among those whose levels are numbers, columns and rows
    the next ones in the order of the study. A factor that the placed ones determine needs no place.

    Parameters
    ----------
    factors : mapping of str to mapping
        Of the conditions that are drawn.
    x, row, column : str, optional
        Where named factors are to stand.
    """
    levels = levels_of(factors)
    varying = {name: of_name for name, of_name in levels.items() if len(of_name) > 1}
    asked = [name for name in (x, row, column) if name is not None]
    if x is None:
        free = undetermined(factors, list(varying), asked)
        x = max(free, key=lambda name: (is_numeric(varying[name]), len(varying[name])), default=None)
        asked += [x] if x is not None else []
    if column is None:
        column = next(iter(undetermined(factors, list(varying), asked)), None)
        asked += [column] if column is not None else []
    if row is None:
        row = next(iter(undetermined(factors, list(varying), asked)), None)
        asked += [row] if row is not None else []
    rest = telling(factors, asked)
    return Layout(x, row, column, rest, {**{name: levels[name] for name in asked}, **varying})


def together(factors: Factors, first: Iterable[str] = ()) -> list[tuple[str, ...]]:
    """The factors that vary, in order; those that never vary without each other are one entry.

    Parameters
    ----------
    factors : mapping of str to mapping
        Of the conditions that are drawn.
    first : iterable of str
        Factors that come before the others.
    """
    names = dict.fromkeys((*first, *(name for values in factors.values() for name in values)))
    found: dict[tuple[int, ...], list[str]] = {}
    for name in names:
        if any(pattern := pattern_of(values.get(name) for values in factors.values())):
            found.setdefault(pattern, []).append(name)
    return [tuple(alike) for alike in found.values()]


def pattern_of(values: Iterable[Hashable]) -> tuple[int, ...]:
    """Which values are equal: each as the number of distinct ones that came before it first appeared."""
    seen: dict[Hashable, int] = {}
    return tuple(seen.setdefault(value, len(seen)) for value in values)


def _rounded(value: float, digits: int) -> str:
    """A number with so many significant digits, but never fewer than before its point: 1000, not 1e+03."""
    if isinstance(value, int) or value.is_integer():
        return word(value)
    return f"{value:.{max(digits, len(str(int(abs(value)))))}g}" if abs(value) < 1e15 else word(value)


def is_number(value: Any) -> bool:
    """Whether a level is a number; True and False are words."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_numeric(levels: Iterable[Any]) -> bool:
    """Whether all levels of a factor are numbers, but for those that are absent."""
    return all(is_number(value) or value is None for value in levels)
