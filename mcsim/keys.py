"""Names made from content: a condition's key from its factors, a method's from its label and options.

A key is a letter and twelve hex digits of BLAKE2b over canonical JSON: ``[class name, version, {field: value}]``,
fields at their default left out, so that a field added later changes no key. For classes that a study file defines
itself, their code in that file is part of the content too: other code, other key.
"""

import ast
import dataclasses
import hashlib
import inspect
import json
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from mcsim.model import Mechanism, Method
from mcsim.parameters import Parameters, given_fields

STUDY_MODULE = "_mcsim_study_"
"""What the module name of a loaded study file begins with."""

STUDY_SOURCE = "__mcsim_source__"
"""The name in such a module that holds the text it was made from."""

_EXACT = 2**53  # up to here every whole float is that integer and no other


def condition_key(mechanism: Mechanism) -> str:
    """The key of a condition: "c" and 12 hex digits of its mechanism's name, version and factors."""
    return "c" + _digest(_content(mechanism))


def method_key(label: str, method: Method) -> str:
    """The key of a method: "m" and 12 hex digits of its label, name, version and options."""
    return "m" + _digest([label, _content(method)])


def factors(parameters: Parameters) -> dict[str, float | str | bool | None]:
    """Every field that can be given with its canonical value, as it stands in tables.

    Returns
    -------
    dict of str to float, int, str, bool or None
        Numbers, words, flags and None as they are; a frozen value with fields of its own as its text.
    """
    values = {field.name: getattr(parameters, field.name) for field in given_fields(type(parameters))}
    return {name: value if _is_plain(value) else str(value) for name, value in values.items()}


def canonical(value: Any) -> Any:
    """The one JSON form of a value: 0, 0.0, -0.0 and numpy's 0 become 0; a frozen value becomes its content.

    Raises
    ------
    TypeError
        If the value is none of number, string, True, False, None, `Parameters` or a tuple of these.
    """
    if isinstance(value, Parameters):
        return _content(value)
    if isinstance(value, tuple):
        return [canonical(entry) for entry in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return _number(int(value))
    if isinstance(value, (float, np.floating)):
        return _number(float(value))
    raise TypeError(f"{value!r} cannot be a factor or an option: it is neither a number, a word nor a frozen value")


def canonical_text(value: Any) -> str:
    """The canonical form as JSON text; equal values have equal texts."""
    return json.dumps(canonical(value), separators=(",", ":"), sort_keys=True)


def _number(value: int | float) -> int | float:
    if abs(value) <= _EXACT:
        return int(value) if value == int(value) else value
    if isinstance(value, int) and abs(value) < 10**300 and float(value) == value:
        return float(value)
    return value


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


def _digest(content: Any) -> str:
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _content(parameters: Parameters) -> list[Any]:
    cls: Any = type(parameters)
    given = {}
    for name, default in _defaults(cls):
        value = canonical(getattr(parameters, name))
        if default is dataclasses.MISSING or value != default or type(value) is not type(default):
            given[name] = value
    return [cls.__name__, getattr(cls, "version", 1), given, *_code(cls)]


@cache
def _defaults(cls: type[Parameters]) -> tuple[tuple[str, Any], ...]:
    """The name of each field that can be given, and the canonical form of its default."""
    found = []
    for field in given_fields(cls):
        default: Any = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        found.append((field.name, default if default is dataclasses.MISSING else canonical(default)))
    return tuple(found)


# The code of classes that a study defines itself


@cache
def _code(cls: type) -> tuple[str, ...]:
    """The source of a class and of everything it names, as far as the study file defines it; () for other classes."""
    found: dict[str, None] = {}
    for base in cls.__mro__:
        definitions = _definitions(base.__module__)
        wanted = [base.__qualname__.partition(".")[0]] if definitions else []
        seen: set[str] = set()
        while wanted:
            name = wanted.pop()
            if name in definitions and name not in seen:
                seen.add(name)
                source, names = definitions[name]
                found[source] = None
                wanted.extend(names)
    return tuple(sorted(found))


def _definitions(module: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What a study file defines at top level: name -> (source, the names used there)."""
    text = _study_text(module)
    lines = text.splitlines()
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for statement in ast.parse(text).body:
        used = tuple(sorted({n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}))
        start = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        source = "\n".join(line.rstrip() for line in lines[start - 1 : statement.end_lineno])
        for name, own in _bound(statement):
            before = found.get(name, ("", ()))
            found[name] = (before[0] + (own or source) + "\n", before[1] + used)
    return found


def _study_text(module: str) -> str:
    """The text of a study file that was loaded, or that is the running script; empty for any other module."""
    if module.startswith(STUDY_MODULE):
        return str(vars(sys.modules[module])[STUDY_SOURCE])
    main = sys.modules.get("__main__")
    if module == "__main__" and getattr(main, "__file__", None):
        return inspect.getsource(main) if main else ""
    return ""


def _bound(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """The names a statement binds; an import's with its own text, since one line may import much else."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name, ""
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        origin = "." * statement.level + (statement.module or "") if isinstance(statement, ast.ImportFrom) else ""
        for alias in statement.names:
            yield alias.asname or alias.name.partition(".")[0], f"{origin} {alias.name} {alias.asname or ''}"
    else:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id, ""
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                yield node.name, ""
