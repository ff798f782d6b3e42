"""An lme4-style formula, ``y ~ x * z + (1 + x | cluster)``, parsed into terms.

The grammar is small: names, 0, 1, ``+ - * : /``, parentheses, and bars in parentheses. What the operators mean is R's
(Chambers & Hastie 1992, Statistical Models in S, ch. 2) and lme4's (Bates et al. 2015, J. Stat. Softw. 67(1), table 2).
"""

import re
from functools import lru_cache
from typing import NamedTuple, NoReturn

from mcsim.errors import FormulaError
from mcsim.terms import Formula, RandomTerm, Term, covariance_estimands, covariance_names

__all__ = [
    "Formula",
    "RandomTerm",
    "Term",
    "covariance_estimands",
    "covariance_names",
    "parse_formula",
    "require_mixed",
]

ALLOWED = "allowed: response ~ terms + (terms | group), where terms are names, 0, 1, +, -, *, :, / and parentheses"
MAX_TERMS = 1000
MAX_DEPTH = 20
MAX_LENGTH = 10_000


def parse_formula(text: str) -> Formula:
    """Parse a formula; the same text is parsed once.

    Parameters
    ----------
    text : str
        Such as ``"y ~ x * z + (1 + x | cluster)"``. An intercept is implied, also within a bar; ``0 +`` or ``- 1``
        removes it. ``a * b`` is ``a + b + a:b``; ``a / b`` is ``a + a:b``; ``-`` removes terms. Main effects
        come before products, lower products before higher ones, else in order of appearance.

    Returns
    -------
    Formula
        With no random term, or one.

    Raises
    ------
    FormulaError
        On anything outside the grammar, with the place; on more than one bar or grouping factor; on a model without
        a fixed effect; on a response or grouping factor that is used as a predictor too.
    """
    if not isinstance(text, str):
        raise FormulaError(f"a formula is a string: given {text!r}\n{ALLOWED}")
    plain = " ".join(text.split())
    if len(plain) > MAX_LENGTH:
        raise FormulaError(_message(f"the formula is longer than {MAX_LENGTH} characters", plain, MAX_LENGTH))
    return _parse(plain)


def require_mixed(formula: Formula) -> Formula:
    """The formula itself, if it has random effects.

    Raises
    ------
    FormulaError
        If it has none.
    """
    if not formula.random:
        end = len(formula.text)
        raise FormulaError(_message("a mixed model needs random effects, such as + (1 | cluster)", formula.text, end))
    return formula


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


class _Terms(NamedTuple):
    """The value of an expression: products in order, what it says of the intercept (None: nothing), any bar in it."""

    products: tuple[frozenset[str], ...] = ()
    intercept: bool | None = None
    has_bar: bool = False


_TOKEN = re.compile(r"(?P<name>[^\W\d][\w.]*)|(?P<number>[0-9][\w.]*)|(?P<sign>\|\||[~+\-*:/|()])|(?P<other>\S)")


@lru_cache(maxsize=1024)
def _parse(text: str) -> Formula:
    return _Parser(text).formula()


class _Parser:
    """Recursive descent over the tokens; depth and number of terms are bounded, so any text ends in an answer."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [_Token(m.lastgroup or "", m.group(), m.start()) for m in _TOKEN.finditer(text)]
        self.tokens.append(_Token("end", "", len(text)))
        self.at = 0
        self.depth = 0
        self.bars: list[RandomTerm] = []
        self.predictors: dict[str, int] = {}  # every name used as a predictor, and where first
        self.order: dict[str, None] = {}  # the same in order of appearance; every bar begins anew

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def fail(self, what: str, place: int | None = None) -> NoReturn:
        raise FormulaError(_message(what, self.text, self.token.place if place is None else place))

    def take(self, *signs: str) -> str:
        """Step over the next token if it is one of the signs, and say which; else the empty string."""
        token = self.token
        if token.kind != "sign" or token.text not in signs:
            return ""
        self.at += 1
        return token.text

    def name(self, what: str) -> _Token:
        token = self.token
        if token.kind != "name":
            self.fail(f"{what} must be the name of a column: found {_shown(token)}")
        self.at += 1
        if self.token.text == "(" and self.token.place == token.place + len(token.text):
            self.fail(f"function calls are not supported: {token.text}(...); compute the column first", token.place)
        return token

    def formula(self) -> Formula:
        """Response ~ sum, to the end."""
        if self.token.kind == "end":
            self.fail("the formula is empty")
        if not any(token.text == "~" for token in self.tokens):
            self.fail("the formula has no ~ between the response and the terms", len(self.text))
        response = self.name("the response")
        if not self.take("~"):
            self.fail(f"the response must be one name, followed by ~: found {_shown(self.token)}")
        value = self.sum()
        if self.token.text in ("|", "||"):
            self.fail(f"a bar stands in parentheses: write + (terms {self.token.text} group)")
        if self.token.kind != "end":
            self.fail(f"expected an operator or the end: found {_shown(self.token)}")
        fixed = self.ordered(value)
        if not fixed:
            self.fail("the model has no fixed effect: a term such as 1 or x is required", response.place)
        if response.text in self.predictors:
            self.fail(f"the response {response.text} is used as a predictor too", self.predictors[response.text])
        for bar in self.bars:
            self.check_group(bar.group, response.text)
        return Formula(self.text, response.text, fixed, tuple(self.bars))

    def check_group(self, group: str, response: str) -> None:
        """A grouping factor is neither predictor nor response."""
        if group in self.predictors:
            what = f"{group} is used as a predictor and as a grouping factor; a grouping factor is a column of groups"
            self.fail(what, self.predictors[group])
        if group == response:
            self.fail(f"the response {group} is used as a grouping factor too", 0)

    def sum(self) -> _Terms:
        """Products with + and - between them; the first may carry a sign."""
        value, sign = _Terms(), self.take("+", "-") or "+"
        while sign:
            place = self.token.place
            right = self.product()
            if sign == "-" and right.has_bar:
                self.fail("a term of random effects can only be added: write + (terms | group)", place)
            value = _add(value, right) if sign == "+" else _remove(value, right)
            self.bound(len(value.products), place)
            sign = self.take("+", "-")
        return value

    def product(self) -> _Terms:
        """Interactions with * and / between them."""
        value = self.interaction()
        while operator := self.take("*", "/"):
            place = self.token.place
            right = self.interaction()
            whole = frozenset[str]().union(*value.products)
            left = value._replace(products=(whole,)) if operator == "/" and whole else value
            crossed = self.cross(left, right, place)
            value = _add(_add(value, right), crossed) if operator == "*" else _add(value, crossed)
            self.bound(len(value.products), place)
        return value

    def interaction(self) -> _Terms:
        """Factors with : between them."""
        value = self.factor()
        while self.take(":"):
            place = self.token.place
            value = self.cross(value, self.factor(), place)
        return value

    def cross(self, left: _Terms, right: _Terms, place: int) -> _Terms:
        """Every product of the left with every one of the right."""
        if left.has_bar or right.has_bar:
            self.fail("a term of random effects can only be added: write + (terms | group)", place)
        if left.intercept is not None or right.intercept is not None:
            self.fail("0 and 1 can be added and removed, not multiplied", place)
        self.bound(len(left.products) * len(right.products), place)
        return _Terms(tuple(dict.fromkeys(a | b for a in left.products for b in right.products)))

    def factor(self) -> _Terms:
        """A name, 0, 1, or a sum or a bar in parentheses."""
        token = self.token
        if token.kind == "number":
            if token.text not in ("0", "1"):
                self.fail(f"the only numbers are 0 (no intercept) and 1 (intercept): found {token.text}")
            self.at += 1
            return _Terms(intercept=token.text == "1")
        if self.take("("):
            return self.parenthesis(token)
        name = self.name("a term")
        self.predictors.setdefault(name.text, name.place)
        self.order.setdefault(name.text)
        return _Terms((frozenset({name.text}),))

    def parenthesis(self, opening: _Token) -> _Terms:
        """What follows an opening parenthesis, with the closing one."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"parentheses are nested deeper than {MAX_DEPTH}", opening.place)
        if self.token.text in ("|", "||"):
            self.fail("the bar has no terms to its left: write (1 | group) for a random intercept")
        outer, self.order = self.order, {}
        value = self.sum()
        if bar := self.take("|", "||"):
            value = self.bar(value, bar, opening)
            self.order = outer
        self.order = {**outer, **self.order}
        if not self.take(")"):
            self.fail(f"expected an operator or a closing parenthesis: found {_shown(self.token)}")
        self.depth -= 1
        return value

    def bar(self, value: _Terms, sign: str, opening: _Token) -> _Terms:
        """The grouping factor after a bar."""
        if value.has_bar:
            self.fail("a bar within a bar", opening.place)
        terms = self.ordered(value)
        if not terms:
            self.fail("the bar has no term left of it: write (1 | group) for a random intercept", opening.place)
        group = self.name("the grouping factor")
        if self.token.text in ("/", ":", "*", "+"):
            self.fail("a bar takes one grouping factor; nested and crossed grouping factors are not supported")
        for other in self.bars:
            what = f"there are two terms of random effects, of {other.group} and {group.text}; only one can be fitted"
            if other.group == group.text:
                what += ": write (terms | group), or (terms || group) for uncorrelated effects"
            self.fail(what, opening.place)
        self.bars.append(RandomTerm(terms, group.text, sign == "|"))
        return _Terms(has_bar=True)

    def ordered(self, value: _Terms) -> tuple[Term, ...]:
        """The terms as R orders them: the intercept, then by degree, names in order of appearance."""
        rank = {name: i for i, name in enumerate(self.order)}
        products = sorted(value.products, key=len)
        terms = [Term(tuple(sorted(product, key=rank.__getitem__))) for product in products]
        return (*([] if value.intercept is False else [Term()]), *terms)

    def bound(self, count: int, place: int) -> None:
        if count > MAX_TERMS:
            self.fail(f"the formula expands to more than {MAX_TERMS} terms", place)


def _add(left: _Terms, right: _Terms) -> _Terms:
    intercept = left.intercept if right.intercept is None else right.intercept
    products = tuple(dict.fromkeys(left.products + right.products))
    return _Terms(products, intercept, left.has_bar or right.has_bar)


def _remove(left: _Terms, right: _Terms) -> _Terms:
    intercept = left.intercept if right.intercept is None else not right.intercept
    return _Terms(tuple(p for p in left.products if p not in right.products), intercept, left.has_bar)


def _shown(token: _Token) -> str:
    if token.kind == "end":
        return "the end of the formula"
    return repr(token.text if len(token.text) <= 40 else token.text[:40] + "...")


def _message(what: str, text: str, place: int) -> str:
    """The message, the formula around the place, a caret under it, and the grammar."""
    start = max(0, place - 60)
    head, tail = "..." * (start > 0), "..." * (place + 40 < len(text))
    shown = "".join(c if c.isprintable() else "?" for c in text[start : place + 40])
    return f"{what}\n  {head}{shown}{tail}\n  {' ' * (len(head) + place - start)}^\n{ALLOWED}"
