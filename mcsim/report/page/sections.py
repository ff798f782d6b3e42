"""What stands on the page in words: facts of the study, Monte Carlo errors, conditions to look at, provenance."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import mcsim
from mcsim.facts import counted, listed
from mcsim.measures.formulas import FORMULAS, SYMBOLS
from mcsim.progress import duration
from mcsim.report.ademp import Ademp
from mcsim.report.ademp_text import conditions_in_words, missing_in_words, two_digits
from mcsim.report.charts.words import measure_title
from mcsim.report.page.attention import Noted
from mcsim.standing import Standing

_TOLD = ("coverage", "rejection")
"""Measures whose largest standard error is told at once: it is the same whatever the estimand's scale."""

_FORMULA_OF = {None: "-", "": "that of the generating model"}


class Findings(NamedTuple):
    """What is known of a run beside the facts of its study.

    Attributes
    ----------
    total : Standing
        How far the study is, and what it has cost.
    failing, slowest : sequence of Noted
        Conditions to look at.
    remarks : sequence of str
        What else a reader must know at once: a file that is damaged, replications that the study asks for beside those
        that were run.
    """

    total: Standing
    failing: Sequence[Noted]
    slowest: Sequence[Noted]
    remarks: Sequence[str]


def sections_of(facts: Ademp, findings: Findings) -> dict[str, Any]:
    """The words of the page, by the names that its template has for them.

    Parameters
    ----------
    facts : Ademp
        Of a study that has been run.
    findings : Findings
        Of the run.
    """
    return {
        "version": mcsim.__version__,
        "name": facts.name,
        "size": _size(facts),
        "aims": [part for part in facts.aims.split("\n\n") if part],
        "partial": _partial(findings),
        **_design(facts),
        "measures": [[measure_title(name), *FORMULAS[name][:3]] for name in facts.measures],
        "symbols": SYMBOLS,
        "replications": _replications(facts),
        "errors": _errors(facts),
        "missing": missing_in_words(facts),
        "failing": findings.failing,
        "slowest": findings.slowest,
        "provenance": _provenance(facts, findings.total),
        "keys": [[key, _condition(values)] for key, values in facts.conditions.items()]
        + [[facts.method_keys[method.label], method.label] for method in facts.methods],
    }


def _size(facts: Ademp) -> str:
    of = [(len(facts.conditions), "condition"), (facts.replications, "replication"), (len(facts.methods), "method")]
    return " × ".join(counted(count, noun) for count, noun in of)


def _partial(findings: Findings) -> str:
    """How far a run is that is not at its end, and what else must be known of it."""
    done, missing = findings.total.done, findings.total.missing
    parts = (
        [f"{done:,} of {done + missing:,} fits are there, {100 * done / (done + missing):.3g} %."] if missing else []
    )
    return " ".join([*parts, *(f"{line}." for line in findings.remarks)])


def _design(facts: Ademp) -> dict[str, Any]:
    return {
        "factors": [[f.mechanism, f.name, listed(f.levels), f.meaning] for f in facts.factors],
        "parts": [list(part) for part in facts.parts.items()],
        "models": [
            {"formula": m.formula, "conditions": counted(len(m.conditions), "condition"), "first": m.conditions[0]}
            | {"equation": m.equation}
            for m in facts.models
        ],
        "estimands": [[e.model, e.name, listed(e.truths), _all_or(e.methods, facts)] for e in facts.estimands],
        "methods": [[m.label, m.options, _FORMULA_OF.get(m.formula, m.formula)] for m in facts.methods],
    }


def _all_or(labels: Sequence[str], facts: Ademp) -> str:
    """Methods in as few words as name them."""
    others = [method.label for method in facts.methods if method.label not in labels]
    if not others:
        return "all"
    return ", ".join(labels) if len(labels) <= len(others) else f"all but {', '.join(others)}"


def _replications(facts: Ademp) -> str:
    sets = facts.replications * len(facts.conditions)
    worst = {p.measure: two_digits(p.mcse) for p in facts.precision if p.measure in _TOLD}
    given = " and ".join(f"{measure_title(measure)} {mcse}" for measure, mcse in worst.items())
    return (
        f"{counted(facts.replications, 'replication')} of each condition: {sets:,} data sets, "
        f"{sets * len(facts.methods):,} fits. No figure is known better than its Monte Carlo standard error (MCSE)"
        + (f"; the largest of {given}." if given else ".")
    )


def _errors(facts: Ademp) -> list[list[str]]:
    names = conditions_in_words(facts.conditions)
    return [
        [measure_title(p.measure), p.estimand, two_digits(p.mcse), p.method, names[p.condition]]
        for p in facts.precision
    ]


def _condition(values: Mapping[str, Any]) -> str:
    given = ", ".join(f"{name}={listed([value])}" for name, value in values.items() if name != "mechanism")
    return f"{values['mechanism']}({given})"


def _provenance(facts: Ademp, total: Standing) -> list[tuple[str, str]]:
    rows = [("seed", str(facts.seed)), ("time of fits", f"{duration(total.seconds)} on one core, without simulation")]
    for number, one in enumerate(facts.provenance):
        rows += [(name if not number else f"{name}, later run", text) for name, text in _run(one)]
    return rows


def _run(one: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where some rows come from, in words."""
    machine, git = one.get("machine") or {}, one.get("git") or {}
    commit = f"{git['commit']}{', with changes' if git['dirty'] else ''}" if git else ""
    cores = f"{machine['cores']} cores" if machine.get("cores") else ""
    named = {
        "versions": ", ".join(f"{name} {version}" for name, version in one["versions"].items()),
        "machine": ", ".join(filter(None, [machine.get("processor"), cores, one["platform"]])),
        "linear algebra": ", ".join(one.get("blas") or ()),
        "commit of the study": commit,
        "digest of the study file": str(one.get("study_file") or ""),
    }
    return [(name, text) for name, text in named.items() if text]
