"""Formulas with several terms of random effects, for packages that fit nested and crossed grouping factors."""

import re
from dataclasses import replace

from mcsim.formula import Formula, RandomTerm, parse_formula

_BAR = re.compile(r"\(([^()|]*)(\|\|?)([^()|]*)\)")
_NAME = re.compile(r"[^\W\d][\w.]*")


def parse_bars(text: str) -> Formula:
    """Parse a formula that may have several bars, and ``a/b`` or ``b:a`` right of one.

    Parameters
    ----------
    text : str
        Such as ``"y ~ x + (1 + x | school/classroom) + (1 | item)"``.

    Returns
    -------
    Formula
        ``school/classroom`` gives a term of `school` and one of `classroom:school`.

    Raises
    ------
    FormulaError
        On anything outside the grammar.
    """
    found = _BAR.findall(text)
    if len(found) <= 1 and all(_NAME.fullmatch(group.strip()) for *_, group in found):
        return parse_formula(text)
    fixed = re.sub(rf"\+?\s*{_BAR.pattern}", "", text)
    fixed += " 1" if fixed.rstrip().endswith("~") else ""
    random: list[RandomTerm] = []
    for terms, sign, group in found:
        for factors in _factors(group):
            # One name at a time, which is what checks that a grouping factor is neither response nor predictor.
            parsed = [parse_formula(f"{fixed} + ({terms} {sign} {factor})") for factor in factors]
            random.append(replace(parsed[0].random[0], group=":".join(factors)))
    return replace(parse_formula(fixed), text=" ".join(text.split()), random=tuple(random))


def factors_of(term: RandomTerm) -> tuple[str, ...]:
    """The columns that a term is grouped by: two for ``classroom:school``."""
    return tuple(term.group.split(":"))


def _factors(group: str) -> list[tuple[str, ...]]:
    """The grouping factors of what stands right of a bar, the outermost first."""
    levels = [tuple(part.strip() for part in level.split(":")) for level in group.split("/")]
    return [sum(reversed(levels[: i + 1]), ()) for i in range(len(levels))]
