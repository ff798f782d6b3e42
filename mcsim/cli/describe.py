"""`mcsim describe`: what a study will do, in the order aims, mechanisms, estimands, methods, performance (ADEMP)."""

import argparse
import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mcsim.cli.common import add_study
from mcsim.keys import factors
from mcsim.loading import load_study
from mcsim.model import Mechanism
from mcsim.parameters import plain_text
from mcsim.streams import DESIGN, generator, stream_key
from mcsim.study import Study

_LEVELS_SHOWN = 12


def register(subparsers: Any) -> None:
    """Declare the verb's arguments."""
    parser = subparsers.add_parser("describe", help="say what a study will do")
    add_study(parser)


def run(args: argparse.Namespace) -> int:
    """Print the description."""
    study = load_study(args.study)
    sections = {
        f"Study {study.name}": [str(study.source)],
        "Aims": study.aims.splitlines() or ["(the file has no docstring)"],
        "Factors": _factors(study),
        f"Conditions: {len(study.conditions):,}": _conditions(study),
        "Generating equations": _equations(study),
        "Estimands": _estimands(study),
        "Methods": _methods(study),
        "Replications": _replications(study),
        "Warnings": _warnings(study),
    }
    texts = ["\n".join([title, *(f"  {line}".rstrip() for line in body)]) for title, body in sections.items() if body]
    print("\n\n".join(texts))
    return 0


def _factors(study: Study) -> list[str]:
    """Every factor that any condition gives, with its levels and its meaning."""
    rows = []
    for cls in dict.fromkeys(type(mechanism) for mechanism in study.conditions.values()):
        of_class = [m for m in study.conditions.values() if type(m) is cls]
        for field in dataclasses.fields(cls):
            levels = _distinct(getattr(mechanism, field.name) for mechanism in of_class)
            if levels != [field.default]:
                rows.append([cls.__name__, field.name, _listed(levels), field.metadata.get("description", "")])
    return _table(["mechanism", "factor", "levels", "meaning"], rows)


def _conditions(study: Study) -> list[str]:
    """Every condition by its key, with the factors that vary."""
    values = {key: {"mechanism": type(m).__name__, **factors(m)} for key, m in study.conditions.items()}
    names = dict.fromkeys(name for row in values.values() for name in row)
    varying = [name for name in names if len(_distinct(row.get(name) for row in values.values())) > 1]
    return _table(["key", *varying], [[key, *(_cell(row.get(n)) for n in varying)] for key, row in values.items()])


def _equations(study: Study) -> list[str]:
    """The generating equation of each model; where conditions differ only in numbers, that of the first."""
    lines = []
    for formula, keys in _by_formula(study.conditions).items():
        mechanism = study.conditions[keys[0]]
        equation = getattr(mechanism, "equation", lambda: ("(the mechanism gives no equation)",))()
        lines += [f"{formula}   ({_conditions_text(len(keys))}; the numbers are those of {keys[0]})"]
        lines += [f"  {line}" for line in equation]
    return lines


def _estimands(study: Study) -> list[str]:
    """What is estimated in each model, its true values, and by which methods."""
    rows = []
    for formula, keys in _by_formula(study.conditions).items():
        truths = [study.conditions[key].truth() for key in keys]
        first = study.conditions[keys[0]]
        reported = {label: method.estimands(first) for label, method in study.methods.items()}
        for estimand in dict.fromkeys(name for names in reported.values() for name in names):
            values = _distinct(truth.get(estimand, math.nan) for truth in truths)
            by = ", ".join(label for label, names in reported.items() if estimand in names)
            rows.append([formula, estimand, _listed(values), by])
    return _table(["model", "estimand", "truth", "methods"], rows)


def _methods(study: Study) -> list[str]:
    """Every method with its options and the models it fits."""
    generating = " or ".join(_by_formula(study.conditions))
    rows = []
    for label, method in study.methods.items():
        formula = getattr(method, "formula", "-") or f"the generating model, {generating}"
        name = f"{label} (reference)" if label == study.reference else label
        rows.append([name, study.method_keys[label], str(method), formula])
    return _table(["method", "key", "options", "formula"], rows)


def _replications(study: Study) -> list[str]:
    sets = len(study.conditions) * study.replications
    return [
        f"{study.replications:,} of each condition, seed {study.seed}",
        f"{sets:,} data sets, {sets * len(study.methods):,} fits",
    ]


def _warnings(study: Study) -> list[str]:
    """What a reader of the results must know."""
    fixed = []
    for key, mechanism in study.conditions.items():
        if mechanism.design(generator(stream_key(study.seed, key, DESIGN), 0)) is not None:
            fixed.append(key)
    if not fixed:
        return []
    which = f"{_conditions_text(len(fixed))}, such as {fixed[0]}"
    return [f"Drawn once and held fixed over replications ({which}): results hold for that one draw."]


def _by_formula(conditions: Mapping[str, Mechanism]) -> dict[str, list[str]]:
    """The keys of the conditions of each generating model."""
    groups: dict[str, list[str]] = {}
    for key, mechanism in conditions.items():
        groups.setdefault(mechanism.formula(), []).append(key)
    return groups


def _distinct(values: Iterable[Any]) -> list[Any]:
    """Each value once, in order; NaN like any other."""
    return list({plain_text(value) if value != value else value: value for value in values}.values())  # noqa: PLR0124


def _listed(values: Sequence[Any]) -> str:
    shown = ", ".join(_cell(value) for value in values[:_LEVELS_SHOWN])
    rest = len(values) - _LEVELS_SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def _cell(value: Any) -> str:
    return "-" if value is None or value != value else plain_text(value)  # noqa: PLR0124 (NaN)


def _conditions_text(count: int) -> str:
    return f"{count:,} condition{'s' * (count != 1)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Left-aligned columns as wide as their longest entry."""
    widths = [max(len(row[c]) for row in [head, *rows]) for c in range(len(head))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]]
