"""`mcsim describe`: what a study will do, in the order aims, mechanisms, estimands, methods, performance (ADEMP)."""

import argparse
from collections.abc import Sequence
from typing import Any

from mcsim.cli.common import add_study
from mcsim.facts import (
    analyses,
    counted,
    estimands,
    factor_levels,
    factors_of,
    fixed_designs,
    following,
    listed,
    models,
    parts,
    varying,
)
from mcsim.loading import load_study
from mcsim.rounding import word
from mcsim.study import Study


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
        "Levels with fields of their own": _parts(study),
        f"Conditions: {len(study.conditions):,}": _conditions(study),
        "Parameters that follow from the factors": _following(study),
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
    rows = [[f.mechanism, f.name, listed(f.levels), f.meaning] for f in factor_levels(study.conditions)]
    return _table(["mechanism", "factor", "levels", "meaning"], rows)


def _parts(study: Study) -> list[str]:
    """What sizes, distributions and the like mean."""
    rows = list(parts(study.conditions).items())
    return _table(["level", "meaning"], rows) if rows else []


def _conditions(study: Study) -> list[str]:
    """Every condition by its key, with the factors that vary."""
    values = factors_of(study.conditions)
    names = varying(values)
    return _table(["key", *names], [[key, *(word(row.get(name)) for name in names)] for key, row in values.items()])


def _following(study: Study) -> list[str]:
    """The raw parameters of conditions that are stated by others, such as effect sizes, six digits each."""
    rows = following(study.conditions)
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    table = [[key, *(_six_digits(row.get(name)) for name in names)] for key, row in rows.items()]
    return _table(["key", *names], table) if table else []


def _six_digits(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else word(value)


def _equations(study: Study) -> list[str]:
    """The generating equation of each model."""
    lines = []
    for formula, keys, equation in models(study.conditions):
        lines += [f"{formula}   ({counted(len(keys), 'condition')}; numbers and levels are those of {keys[0]})"]
        lines += [f"  {line}" for line in equation or ("(the mechanism gives no equation)",)]
    return lines


def _estimands(study: Study) -> list[str]:
    """What is estimated in each model, its true values, and by which methods."""
    rows = [
        [row.model, row.name, listed(row.truths), ", ".join(row.methods)]
        for row in estimands(study.conditions, study.methods)
    ]
    return _table(["model", "estimand", "truth", "methods"], rows)


def _methods(study: Study) -> list[str]:
    """Every method with its options and the models it fits."""
    generating = " or ".join(model.formula for model in models(study.conditions))
    rows = []
    for label, options, given, _ in analyses(study.methods):
        formula = "-" if given is None else given or f"the generating model, {generating}"
        name = f"{label} (reference)" if label == study.reference else label
        rows.append([name, study.method_keys[label], options, formula])
    return _table(["method", "key", "options", "formula"], rows)


def _replications(study: Study) -> list[str]:
    sets = len(study.conditions) * study.replications
    return [
        f"{study.replications:,} of each condition, seed {study.seed}",
        f"{sets:,} data sets, {sets * len(study.methods):,} fits",
    ]


def _warnings(study: Study) -> list[str]:
    """What a reader of the results must know."""
    fixed = fixed_designs(study.conditions, study.seed)
    if not fixed:
        return []
    which = f"{counted(len(fixed), 'condition')}, such as {fixed[0]}"
    return [f"Drawn once and held fixed over replications ({which}): results hold for that one draw."]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Left-aligned columns as wide as their longest entry."""
    widths = [max(len(row[c]) for row in [head, *rows]) for c in range(len(head))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]]
