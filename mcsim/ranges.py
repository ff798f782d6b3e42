"""What a field of a frozen value accepts, in words and as a check."""

import dataclasses
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Check:
    """What a field accepts: `allowed` in words, and `canonical`, which returns the plain value or raises ValueError."""

    allowed: str
    canonical: Callable[[Any], Any]


def number(
    *, least: float | None = None, above: float | None = None, below: float | None = None, most: float | None = None
) -> Check:
    """A finite number, at least `least`, above `above`, below `below`, at most `most`."""
    bounds = {
        "at least": (least, operator.ge),
        "above": (above, operator.gt),
        "below": (below, operator.lt),
        "at most": (most, operator.le),
    }
    stated = {word: (bound, holds) for word, (bound, holds) in bounds.items() if bound is not None}

    def canonical(value: Any) -> float:
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise ValueError
        plain = float(value) + 0.0  # -0.0 becomes 0.0
        if not math.isfinite(plain) or not all(holds(plain, bound) for bound, holds in stated.values()):
            raise ValueError
        return plain

    return Check(
        ", ".join(["a finite number", *(f"{word} {bound:g}" for word, (bound, _) in stated.items())]), canonical
    )


def whole(*, least: int, most: int = 10**9) -> Check:
    """A whole number from `least` to `most`; 20.0 is taken as 20."""

    def canonical(value: Any) -> int:
        plain = int(value) if isinstance(value, (int, np.integer)) else number().canonical(value)
        if isinstance(value, (bool, np.bool_)) or plain != int(plain) or not least <= plain <= most:
            raise ValueError
        return int(plain)

    return Check(f"a whole number from {least} to {most}", canonical)


def word(*words: str) -> Check:
    """One of the given words."""

    def canonical(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError
        return str(value)

    return Check("one of " + ", ".join(repr(w) for w in words), canonical)


def flag() -> Check:
    """True or False."""

    def canonical(value: Any) -> bool:
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError
        return bool(value)

    return Check("True or False", canonical)


def text() -> Check:
    """A string."""

    def canonical(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError
        return str(value)

    return Check("a string", canonical)


def several(check: Check, *, least: int = 1) -> Check:
    """A tuple, list or array of values that `check` accepts, at least so many."""

    def canonical(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple, np.ndarray)) or len(value) < least:
            raise ValueError
        return tuple(check.canonical(entry) for entry in value)

    return Check(f"a tuple of {least} or more, each {check.allowed}", canonical)


def either(one: Check, other: Check) -> Check:
    """What one of two checks accepts."""

    def canonical(value: Any) -> Any:
        try:
            return one.canonical(value)
        except (ValueError, TypeError, OverflowError):
            return other.canonical(value)

    return Check(f"{one.allowed}, or {other.allowed}", canonical)


def absent_or(check: Check) -> Check:
    """None, or what `check` accepts."""
    return Check("None or " + check.allowed, lambda value: None if value is None else check.canonical(value))
