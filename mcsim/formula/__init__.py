"""An lme4-style formula, ``y ~ x * z + (1 + x | school/classroom)``, parsed into terms.

The grammar is small: names, 0, 1, ``+ - * : /``, parentheses, and bars in parentheses. What the operators mean is R's
(Chambers & Hastie 1992, Statistical Models in S, ch. 2) and lme4's (Bates et al. 2015, J. Stat. Softw. 67(1), table 2).
"""

from functools import lru_cache

from mcsim.errors import FormulaError
from mcsim.formula.bars import MAX_TERMS
from mcsim.formula.parser import Parser
from mcsim.formula.tokens import ALLOWED, message
from mcsim.terms import (
    Formula,
    RandomTerm,
    Scale,
    Term,
    covariance_names,
    random_estimands,
    residual_estimand,
)

__all__ = [
    "MAX_TERMS",
    "Formula",
    "RandomTerm",
    "Scale",
    "Term",
    "covariance_names",
    "parse_formula",
    "random_estimands",
    "require_mixed",
    "require_one_group",
    "residual_estimand",
]

MAX_LENGTH = 10_000


def parse_formula(text: str) -> Formula:
    """Parse a formula; the same text is parsed once.

    Parameters
    ----------
    text : str
        Such as ``"y ~ x * z + (1 + x | cluster)"``. An intercept is implied, also within a bar; ``0 +`` or ``- 1``
        removes it. ``a * b`` is ``a + b + a:b``; ``a / b`` is ``a + a:b``; ``-`` removes terms. Main effects
        come before products, lower products before higher ones, else in order of appearance. There may be several
        bars: ``(1 + x | a/b)`` is ``(1 + x | a) + (1 + x | b:a)``, and ``b:a`` is the group of each combination of
        their values; effects in different bars, and under ``||`` all effects, are independent.

    Returns
    -------
    Formula
        With any number of random terms, or none.

    Raises
    ------
    FormulaError
        On anything outside the grammar, with the place; on a model without a fixed effect; on a random effect that a
        group has twice; on a column that is used as two of response, predictor and grouping factor.
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is a string: given {text!r}\n{ALLOWED}")
    plain = " ".join(text.split())
    if len(plain) > MAX_LENGTH:
        raise FormulaError(message(f"the formula is longer than {MAX_LENGTH} characters", plain, MAX_LENGTH))
    return _parse(plain)


@lru_cache(maxsize=1024)
def _parse(text: str) -> Formula:
    return Parser(text).formula()


def require_mixed(formula: Formula) -> Formula:
    """The formula itself, if it has random effects.

    Raises
    ------
    FormulaError
        If it has none.
    """
    if not formula.random:
        end = len(formula.text)
        raise FormulaError(message("a mixed model needs random effects, such as + (1 | cluster)", formula.text, end))
    return formula


def require_one_group(formula: Formula) -> RandomTerm:
    """The random effects of a model with one grouping factor, as one bar.

    Bars with one effect each, ``(1 | g) + (0 + x | g)``, are ``(1 + x || g)``.

    Raises
    ------
    FormulaError
        If there are several grouping factors, or several bars that one cannot stand for.
    """
    first, *others = formula.random
    if not others:
        return first
    if len(formula.groups) > 1:
        raise FormulaError(f"{formula.text!r} has several grouping factors, {', '.join(formula.groups)}; allowed: one")
    if any(len(block) > 1 for bar in formula.random for block in bar.blocks):
        what = f"{formula.text!r} has several sets of correlated effects of {first.group}"
        raise FormulaError(f"{what}; allowed: one, or effects that are all independent")
    return RandomTerm(tuple(term for bar in formula.random for term in bar.terms), first.group, correlated=False)
