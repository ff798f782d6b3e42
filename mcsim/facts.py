"""The facts of a study as plain rows: factors, conditions, generating models, estimands, methods.

Whatever shows a study (`mcsim describe`, the report, the methods section, a notebook) shows these.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mcsim.keys import factors
from mcsim.model import Mechanism, Method
from mcsim.parameters import given_fields
from mcsim.rounding import word
from mcsim.streams import DESIGN, generator, stream_key

LEVELS = 12
"""So many levels of a factor, or values of a truth, are listed where room is short."""

Conditions = Mapping[str, Mechanism]
"""The conditions of a study by their keys."""


class Factor(NamedTuple):
    """A factor that some condition gives: its mechanism, its name, its levels in order, what it means."""

    mechanism: str
    name: str
    levels: tuple[Any, ...]
    meaning: str


class Model(NamedTuple):
    """A generating model.

    Attributes
    ----------
    formula : str
        In lme4's notation.
    conditions : tuple of str
        The keys of the conditions that it generates.
    equation : tuple of str
        Lines of text; where conditions differ only in numbers, those of the first. Empty if the mechanism gives none.
    """

    formula: str
    conditions: tuple[str, ...]
    equation: tuple[str, ...]


class Estimand(NamedTuple):
    """An estimand in one generating model: its true values in order (NaN where there is none), who reports it."""

    model: str
    name: str
    truths: tuple[float, ...]
    methods: tuple[str, ...]


class Analysis(NamedTuple):
    """A method: its label, its class with its options, the formula that it fits, and the options not stated.

    Attributes
    ----------
    label : str
        Its name in the study.
    options : str
        Such as ``LinearMixedModel(reml=False)``.
    formula : str or None
        "" for the model that generated the data; None for a method that takes no formula.
    defaults : str
        The options that are at their defaults, such as ``level=0.95``.
    """

    label: str
    options: str
    formula: str | None
    defaults: str


def factor_levels(conditions: Conditions) -> list[Factor]:
    """Every factor that any condition gives, with its levels and its meaning; not those always at their default."""
    rows = []
    for cls in dict.fromkeys(type(mechanism) for mechanism in conditions.values()):
        of_class = [mechanism for mechanism in conditions.values() if type(mechanism) is cls]
        for field in given_fields(cls):
            levels = _distinct(getattr(mechanism, field.name) for mechanism in of_class)
            if levels != [field.default]:
                meaning = field.metadata.get("description", "")
                rows.append(Factor(cls.__name__, field.name, tuple(levels), meaning))
    return rows


def parts(conditions: Conditions) -> dict[str, str]:
    """What the levels mean that are no numbers or words, such as ``Student(df=5)``, by their texts.

    Parameters
    ----------
    conditions : mapping of str to Mechanism
        Of a study.
    """
    levels = (level for factor in factor_levels(conditions) for level in factor.levels)
    return {str(level): level.meaning() for level in levels if callable(getattr(level, "meaning", None))}


def factors_of(conditions: Conditions) -> dict[str, dict[str, Any]]:
    """The mechanism and the factors of every condition, by its key."""
    return {key: {"mechanism": type(m).__name__, **factors(m)} for key, m in conditions.items()}


def following(conditions: Conditions) -> dict[str, dict[str, Any]]:
    """What follows from the factors of a condition, such as raw parameters from effect sizes, by its key.

    Conditions of which nothing follows, and parameters that are absent from all, are left out.
    """
    rows = {
        key: {field.name: getattr(mechanism, field.name) for field in dataclasses.fields(mechanism) if not field.init}
        for key, mechanism in conditions.items()
    }
    present = {name for row in rows.values() for name, value in row.items() if value is not None}
    return {key: {name: row[name] for name in row if name in present} for key, row in rows.items() if row}


def varying(values: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The factors that are not the same in all conditions, in order; one that a condition lacks is absent there.

    Parameters
    ----------
    values : mapping of str to mapping
        The factors of every condition by its key, as `factors_of` gives them.
    """
    names = dict.fromkeys(name for row in values.values() for name in row)
    return [name for name in names if len(_distinct(row.get(name) for row in values.values())) > 1]


def telling(values: Mapping[str, Mapping[str, Any]], placed: Iterable[str] = ()) -> tuple[str, ...]:
    """The first factors, in order, that tell conditions apart where the placed ones do not.

    Parameters
    ----------
    values : mapping of str to mapping
        As of `varying`.
    placed : iterable of str
        Factors whose levels are known.
    """
    known, found = list(placed), list[str]()
    for name in varying(values):
        found += undetermined(values, [name], [*known, *found])
    return tuple(found)


def undetermined(values: Mapping[str, Mapping[str, Any]], names: Iterable[str], placed: Sequence[str]) -> list[str]:
    """The names whose levels do not follow from those of the placed factors.

    Parameters
    ----------
    values : mapping of str to mapping
        As of `varying`.
    names, placed : iterable of str
        Factors.
    """
    found = []
    for name in names:
        seen: dict[tuple[Any, ...], Any] = {}
        if any(seen.setdefault(tuple(map(row.get, placed)), row.get(name)) != row.get(name) for row in values.values()):
            found.append(name)
    return found


def models(conditions: Conditions) -> list[Model]:
    """Every generating model, in order."""
    groups: dict[str, list[str]] = {}
    for key, mechanism in conditions.items():
        groups.setdefault(mechanism.formula(), []).append(key)
    return [Model(formula, tuple(keys), _equation(conditions[keys[0]])) for formula, keys in groups.items()]


def estimands(conditions: Conditions, methods: Mapping[str, Method]) -> list[Estimand]:
    """What is estimated in each model, its true values, and by which methods."""
    rows = []
    for formula, keys, _ in models(conditions):
        truths = [conditions[key].truth() for key in keys]
        reported = {label: method.estimands(conditions[keys[0]]) for label, method in methods.items()}
        for name in dict.fromkeys(name for names in reported.values() for name in names):
            values = _distinct(truth.get(name, math.nan) for truth in truths)
            by = tuple(label for label, names in reported.items() if name in names)
            rows.append(Estimand(formula, name, tuple(values), by))
    return rows


def analyses(methods: Mapping[str, Method]) -> list[Analysis]:
    """Every method with its options."""
    rows = []
    for label, method in methods.items():
        formula = (method.formula or "") if hasattr(method, "formula") else None
        rows.append(Analysis(label, str(method), formula, _defaults(method)))
    return rows


def fixed_designs(conditions: Conditions, seed: int) -> list[str]:
    """The keys of the conditions in which something is drawn once and held fixed over replications."""
    return [
        key
        for key, mechanism in conditions.items()
        if mechanism.design(generator(stream_key(seed, key, DESIGN), 0)) is not None
    ]


def listed(values: Sequence[Any], most: int = LEVELS) -> str:
    """Values in a row, those beyond `most` counted: ``10, 20, 50``."""
    shown = ", ".join(word(value) for value in values[:most])
    rest = len(values) - most
    return f"{shown} and {rest} more" if rest > 0 else shown


def counted(count: int, noun: str) -> str:
    """A number and its noun: ``1 condition``, ``1,000 replications``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _defaults(method: Method) -> str:
    values = ((field, getattr(method, field.name)) for field in dataclasses.fields(method))
    at_default = ((field.name, value) for field, value in values if value == field.default and field.name != "formula")
    return ", ".join(f"{name}={word(value)}" for name, value in at_default)


def _equation(mechanism: Mechanism) -> tuple[str, ...]:
    equation = getattr(mechanism, "equation", tuple)
    return tuple(equation()) if callable(equation) else ()


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Each value once, in order; NaN like any other."""
    return list({str(value) if value != value else value: value for value in values}.values())  # noqa: PLR0124
