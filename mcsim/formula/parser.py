"""The grammar of formulas, by recursive descent."""

from mcsim.formula.bars import MAX_TERMS, Bars
from mcsim.formula.expression import Expression
from mcsim.formula.tokens import Cursor, Token, shown
from mcsim.terms import Formula, RandomTerm, Term

MAX_DEPTH = 20

_ONLY_ADDED = "a term of random effects can only be added: write + (terms | group)"


class Parser:
    """One formula being parsed; depth and number of terms are bounded, so any text ends in an answer.

    Parameters
    ----------
    text : str
        The formula, on one line.
    """

    def __init__(self, text: str) -> None:
        self.cursor = Cursor(text)
        self.bars = Bars(self.cursor)
        self.depth = 0
        self.predictors: dict[str, int] = {}  # every name used as a predictor, and where first
        self.order: dict[str, None] = {}  # the same in order of appearance; every bar begins anew

    def formula(self) -> Formula:
        """Response ~ sum, to the end.

        Raises
        ------
        FormulaError
            On anything outside the grammar.
        """
        cursor = self.cursor
        if cursor.token.kind == "end":
            cursor.fail("the formula is empty")
        if not any(token.text == "~" for token in cursor.tokens):
            cursor.fail("the formula has no ~ between the response and the terms", len(cursor.text))
        response = cursor.name("the response")
        if not cursor.take("~"):
            cursor.fail(f"the response must be one name, followed by ~: found {shown(cursor.token)}")
        value = self._sum()
        if cursor.token.text in ("|", "||"):
            cursor.fail(f"a bar stands in parentheses: write + (terms {cursor.token.text} group)")
        if cursor.token.kind != "end":
            cursor.fail(f"expected an operator or the end: found {shown(cursor.token)}")
        fixed = self._ordered(value)
        if not fixed:
            cursor.fail("the model has no fixed effect: a term such as 1 or x is required", response.place)
        parsed = Formula(cursor.text, response.text, fixed, tuple(self.bars.found))
        self._check_roles(parsed)
        return parsed

    def _check_roles(self, parsed: Formula) -> None:
        """A column is the response, a predictor or a grouping factor, not two of them."""
        if parsed.response in self.predictors:
            what = f"the response {parsed.response} is used as a predictor too"
            self.cursor.fail(what, self.predictors[parsed.response])
        for name in parsed.grouping_columns:
            if name in self.predictors:
                what = (
                    f"{name} is used as a predictor and as a grouping factor; a grouping factor is a column of groups"
                )
                self.cursor.fail(what, self.predictors[name])
            if name == parsed.response:
                self.cursor.fail(f"the response {name} is used as a grouping factor too", 0)

    def _sum(self) -> Expression:
        """Products with + and - between them; the first may carry a sign."""
        value, sign = Expression(), self.cursor.take("+", "-") or "+"
        while sign:
            place = self.cursor.token.place
            right = self._product()
            if sign == "-" and right.has_bar:
                self.cursor.fail(_ONLY_ADDED, place)
            value = value.plus(right) if sign == "+" else value.minus(right)
            self._bound(len(value.products), place)
            sign = self.cursor.take("+", "-")
        return value

    def _product(self) -> Expression:
        """Interactions with * and / between them."""
        value = self._interaction()
        while operator := self.cursor.take("*", "/"):
            place = self.cursor.token.place
            right = self._interaction()
            crossed = self._cross(value.whole if operator == "/" else value, right, place)
            value = value.plus(right).plus(crossed) if operator == "*" else value.plus(crossed)
            self._bound(len(value.products), place)
        return value

    def _interaction(self) -> Expression:
        """Factors with : between them."""
        value = self._factor()
        while self.cursor.take(":"):
            place = self.cursor.token.place
            value = self._cross(value, self._factor(), place)
        return value

    def _cross(self, left: Expression, right: Expression, place: int) -> Expression:
        """Every product of the left with every one of the right."""
        if left.has_bar or right.has_bar:
            self.cursor.fail(_ONLY_ADDED, place)
        if left.intercept is not None or right.intercept is not None:
            self.cursor.fail("0 and 1 can be added and removed, not multiplied", place)
        self._bound(len(left.products) * len(right.products), place)
        return left.times(right)

    def _factor(self) -> Expression:
        """A name, 0, 1, or a sum or a bar in parentheses."""
        opening = self.cursor.token
        intercept = self.cursor.number()
        if intercept is not None:
            return Expression(intercept=intercept)
        if self.cursor.take("("):
            return self._parenthesis(opening)
        name = self.cursor.name("a term")
        self.predictors.setdefault(name.text, name.place)
        self.order.setdefault(name.text)
        return Expression((frozenset({name.text}),))

    def _parenthesis(self, opening: Token) -> Expression:
        """What follows an opening parenthesis, with the closing one."""
        cursor = self.cursor
        self.depth += 1
        if self.depth > MAX_DEPTH:
            cursor.fail(f"parentheses are nested deeper than {MAX_DEPTH}", opening.place)
        if cursor.token.text in ("|", "||"):
            cursor.fail("the bar has no terms to its left: write (1 | group) for a random intercept")
        outer, self.order = self.order, {}
        value = self._sum()
        if bar := cursor.take("|", "||"):
            value = self._bar(value, bar, opening)
            self.order = outer
        self.order = {**outer, **self.order}
        if not cursor.take(")"):
            cursor.fail(f"expected an operator or a closing parenthesis: found {shown(cursor.token)}")
        self.depth -= 1
        return value

    def _bar(self, value: Expression, sign: str, opening: Token) -> Expression:
        """The groups after a bar: the same effects for each of them."""
        if value.has_bar:
            self.cursor.fail("a bar within a bar", opening.place)
        terms = self._ordered(value)
        if not terms:
            self.cursor.fail("the bar has no term left of it: write (1 | group) for a random intercept", opening.place)
        for group in self._groups():
            self.bars.add(RandomTerm(terms, group, sign == "|"), opening.place)
        return Expression(has_bar=True)

    def _groups(self) -> list[str]:
        """Groups with / between them, the outer first; an inner one takes in the names of those around it."""
        groups, names = [], self._names()
        groups.append(":".join(names))
        while self.cursor.take("/"):
            names = self._names(names)
            groups.append(":".join(names))
        if self.cursor.token.text in ("+", "-", "*"):
            what = "grouping factors have : or / between them; for factors side by side write a bar for each"
            self.cursor.fail(f"{what}, (terms | a) + (terms | b)")
        return groups

    def _names(self, around: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Names with : between them, and then those of the groups around."""
        found: list[str] = []
        while not found or self.cursor.take(":"):
            name = self.cursor.name("the grouping factor")
            if name.text in found or name.text in around:
                self.cursor.fail(f"{name.text} is there twice in one grouping factor", name.place)
            found.append(name.text)
            if len(found) + len(around) > MAX_DEPTH:
                self.cursor.fail(f"a grouping factor has more than {MAX_DEPTH} names", name.place)
        return (*found, *around)

    def _ordered(self, value: Expression) -> tuple[Term, ...]:
        """The terms as R orders them: the intercept, then by degree, names in order of appearance."""
        rank = {name: i for i, name in enumerate(self.order)}
        products = sorted(value.products, key=len)
        terms = [Term(tuple(sorted(product, key=rank.__getitem__))) for product in products]
        return (*([] if value.intercept is False else [Term()]), *terms)

    def _bound(self, count: int, place: int) -> None:
        if count > MAX_TERMS:
            self.cursor.fail(f"the formula expands to more than {MAX_TERMS} terms", place)
