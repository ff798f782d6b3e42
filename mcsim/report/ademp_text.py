"""The facts of a methods section as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from mcsim.facts import counted, listed, telling, varying
from mcsim.measures.formulas import FORMULAS, REFERENCES, SYMBOLS
from mcsim.report.ademp import Ademp
from mcsim.report.charts.levels import levels_of
from mcsim.report.charts.words import measure_title
from mcsim.report.escapes import escaped
from mcsim.rounding import percent
from mcsim.streams import DEFINITION

_ENDED = {
    "singular": "{} were singular",
    "not_converged": "{} did not converge",
    "failed": "{} failed",
    "skipped": "{} skipped an estimand to which they do not apply",
}


def ademp_text(facts: Ademp) -> str:
    """The facts as Markdown, a heading a section.

    Parameters
    ----------
    facts : Ademp
        From `ademp_of`.

    Returns
    -------
    str
        Without a final newline.
    """
    sections = {
        "Aims": [_safe(part) for part in facts.aims.split("\n\n")] if facts.aims else ["(The study states none.)"],
        "Data-generating mechanisms": _mechanisms(facts),
        "Estimands": _estimands(facts),
        "Methods": _methods(facts),
        "Performance measures": _measures(facts),
        "Replications and Monte Carlo standard errors": _replications(facts),
        "Missing fits": _missing(facts),
        "Software and random numbers": _provenance(facts),
        "Keys of the conditions": _conditions(facts),
    }
    texts = [f"## {title}\n\n" + "\n\n".join(filter(None, body)) for title, body in sections.items()]
    return "\n\n".join([f"# {_safe(facts.name)}", *texts])


def _mechanisms(facts: Ademp) -> Iterator[str]:
    yield f"{counted(len(facts.conditions), 'condition')}."
    for formula, keys, equation in facts.models:
        yield f"{_code(formula)} ({counted(len(keys), 'condition')}; numbers and levels are those of {keys[0]}):"
        yield "\n".join(["```text", *(equation or ("(the mechanism gives no equation)",)), "```"])
    several = len({factor.mechanism for factor in facts.factors}) > 1
    head = [*["mechanism"] * several, "factor", "levels", "meaning"]
    yield _table(
        head, [[*[f.mechanism] * several, f.name, listed(f.levels, len(f.levels)), f.meaning] for f in facts.factors]
    )
    if facts.parts:
        yield _table(["level", "meaning"], list(facts.parts.items()))
    if facts.fixed:
        yield f"Drawn once and held fixed over replications in {counted(len(facts.fixed), 'condition')}."


def _estimands(facts: Ademp) -> Iterator[str]:
    several, labels = len(facts.models) > 1, tuple(method.label for method in facts.methods)
    rows = [
        [*[e.model] * several, e.name, listed(e.truths), "all" if e.methods == labels else ", ".join(e.methods)]
        for e in facts.estimands
    ]
    yield _table([*["model"] * several, "estimand", "truth", "methods"], rows)


def _methods(facts: Ademp) -> Iterator[str]:
    formulas = {None: "-", "": "that of the generating model"}
    rows = [[m.label, m.options, formulas.get(m.formula, m.formula), facts.method_keys[m.label]] for m in facts.methods]
    yield _table(["method", "options", "formula", "key"], rows)
    for cls in dict.fromkeys(method.options.partition("(")[0] for method in facts.methods):
        of_class = [method for method in facts.methods if method.options.startswith(f"{cls}(")]
        defaults = max((method.defaults for method in of_class), key=len)
        if defaults:
            yield f"{_safe(cls)}, where not stated otherwise: {_safe(defaults)}."
    if len(facts.methods) > 1:
        yield f"Paired measures compare each method with {_safe(facts.reference)} on the same data."


def _measures(facts: Ademp) -> Iterator[str]:
    rows, cited = [], set[int]()
    for measure in facts.measures:
        words, formula, mcse, reference = FORMULAS[measure]
        cited |= {reference} if reference else set()
        cited |= {number for number in REFERENCES if f"[{number}]" in mcse}
        rows.append([measure_title(measure), words, formula, mcse, f"[{reference}]" if reference else ""])
    yield _table(["measure", "what it is", "formula", "Monte Carlo standard error", "source"], rows)
    yield _safe(SYMBOLS) + "."
    yield "\n".join(f"- \\[{number}\\] {_safe(REFERENCES[number])}" for number in sorted(cited))


def _replications(facts: Ademp) -> Iterator[str]:
    sets = facts.replications * len(facts.conditions)
    yield (
        f"{counted(facts.replications, 'replication')} of each condition: {sets:,} data sets, "
        f"{sets * len(facts.methods):,} fits."
    )
    for proportion, mcse in facts.expected.items():
        expected = f"a proportion of {proportion:g} has a Monte Carlo standard error of {two_digits(mcse)}"
        yield f"Expected before any run: {expected}."
    if facts.precision:
        names = conditions_in_words(facts.conditions)
        rows = [
            [measure_title(p.measure), p.estimand, two_digits(p.mcse), p.method, names[p.condition], f"{p.n_used:,}"]
            for p in facts.precision
        ]
        yield "The largest Monte Carlo standard errors, and where they occur:"
        yield _table(["measure", "estimand", "largest", "method", "condition", "replications used"], rows)


def _missing(facts: Ademp) -> Iterator[str]:
    yield _safe(missing_in_words(facts))


def missing_in_words(facts: Ademp) -> str:
    """How the fits of a study ended, in one sentence."""
    missing = facts.missingness
    if missing is None:
        return "Nothing has been run yet."
    of_all = f"{missing.fits:,} of {missing.planned:,} planned fits" if missing.fits < missing.planned else ""
    ended = [
        how.format(f"{count:,} ({percent(count / missing.fits)})")
        for status, how in _ENDED.items()
        if (count := missing.statuses.get(status, 0))
    ]
    text = f"Of {of_all or counted(missing.fits, 'fit')}, {', '.join(ended) or 'all ended ok'}"
    if missing.worst is None:
        return f"{text}; none is missing."
    condition, method = missing.worst
    where = f"{method} under {conditions_in_words(facts.conditions)[condition] or condition}"
    return f"{text}; the largest share missing (not converged or failed) is {percent(missing.share)}, of {where}."


def _provenance(facts: Ademp) -> Iterator[str]:
    purposes = "The purpose is the data, a design held fixed, or a method by its key."
    yield f"Seed: {facts.seed}. {_safe(DEFINITION)} {purposes}"
    if not facts.provenance:
        yield "The study has not been run, so there are no versions to state."
    for one in facts.provenance:
        versions = ", ".join(f"{name} {version}" for name, version in one["versions"].items())
        git = one.get("git") or {}
        commit = f"; commit {git['commit']}{' with changes' * git['dirty']}" if git else ""
        where = "; ".join([str(one.get("platform", "")), *one.get("blas", ())])
        yield _safe(f"Run with {versions}; {where}{commit}.")


def _conditions(facts: Ademp) -> Iterator[str]:
    names = varying(facts.conditions)
    texts = levels_of(facts.conditions, names)
    rows = [[key, *(texts[n][row.get(n)] for n in names)] for key, row in facts.conditions.items()]
    yield _table(["key", *names], rows)


def conditions_in_words(conditions: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Each condition by the factors that tell it from the others; "" for a single one."""
    texts = levels_of(conditions, telling(conditions))
    return {
        key: ", ".join(f"{name} {levels[row[name]]}" for name, levels in texts.items() if row.get(name) is not None)
        for key, row in conditions.items()
    }


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    cells = [[_safe(str(cell)) for cell in row] for row in rows]
    return str(tabulate(cells, [_safe(name) for name in head], "pipe", disable_numparse=True))


def two_digits(mcse: float) -> str:
    """A standard error with two significant digits."""
    return f"{mcse:#.2g}".rstrip(".")


def _safe(text: str) -> str:
    return escaped(text, "markdown")


def _code(text: str) -> str:
    """A formula as code, which no character ends."""
    marks = "`" * (1 + max((len(run) for run in text.split() if set(run) == {"`"}), default=0))
    return f"{marks}{text}{marks}"
