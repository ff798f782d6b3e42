"""What a study's own classes say of themselves, held against what is asked of them before anything runs."""

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from mcsim.errors import McsimError
from mcsim.isolation import Failure, attempt
from mcsim.model import Mechanism, Method
from mcsim.parameters import shown


def mechanism_faults(mechanism: Mechanism) -> list[str]:
    """What is wrong with the columns, formula, truth, equation and rows that a condition gives, one line each.

    Parameters
    ----------
    mechanism : Mechanism
        The condition.
    """
    asked: dict[str, tuple[Callable[[Any], bool], str]] = {
        "columns": (_are_names, "a tuple of different names"),
        "formula": (lambda given: isinstance(given, str), "a string"),
        "truth": (_is_truth, "a dict of numbers by estimand, NaN where there is no truth"),
        "equation": (_are_lines, "lines of text"),
        "rows": (lambda given: _is_number(given) and given >= 1 and given == int(given), "a whole number from 1"),
    }
    calls = {name: getattr(mechanism, name, None) for name in asked}
    # A factor may bear the name of what is optional, such as rows.
    faults = (_fault(name, call, *asked[name]) for name, call in calls.items() if callable(call))
    return [f"{type(mechanism).__name__}: {fault}" for fault in faults if fault]


def method_faults(method: Method, mechanism: Mechanism) -> list[str]:
    """Why a method cannot analyse a condition, by its own words, or what is wrong with the estimands it promises.

    Parameters
    ----------
    method : Method
        Asked for its `misfits`, if it has such a method, and for its `estimands`.
    mechanism : Mechanism
        The condition.
    """
    try:
        misfits = method.misfits(mechanism) if hasattr(method, "misfits") else []
        lines: list[Any] = list(misfits) if isinstance(misfits, Iterable) and not isinstance(misfits, str) else [None]
    except McsimError as error:
        return [str(error)]
    except Exception as error:  # noqa: BLE001 (whatever it raises is a fault of the study)
        return [f"misfits(condition) raised {type(error).__name__}: {error}"]
    if not all(isinstance(line, str) for line in lines):
        return [f"misfits(condition) returned {shown(misfits)}; allowed: a list of lines"]
    if lines:
        return lines
    said = _fault("estimands", lambda: method.estimands(mechanism), _are_names, "a tuple of different names")
    return [said] if said else []


def _fault(name: str, call: Callable[[], Any], holds: Callable[[Any], bool], allowed: str) -> str:
    given = attempt(call)
    if isinstance(given, Failure):
        return f"{name}() raised {given.note}"
    return "" if holds(given) else f"{name}() returned {shown(given)}; allowed: {allowed}"


def _are_names(given: Any) -> bool:
    are_words = isinstance(given, tuple) and bool(given) and all(isinstance(name, str) and name for name in given)
    return are_words and len(set(given)) == len(given)


def _are_lines(given: Any) -> bool:
    return isinstance(given, (tuple, list)) and all(isinstance(line, str) for line in given)


def _is_truth(given: Any) -> bool:
    if not isinstance(given, Mapping):
        return False
    return all(isinstance(name, str) and _is_number(value) and not math.isinf(value) for name, value in given.items())


def _is_number(given: Any) -> bool:
    return isinstance(given, (Real, np.integer, np.floating)) and not isinstance(given, (bool, np.bool_))
