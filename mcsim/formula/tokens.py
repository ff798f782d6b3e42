"""A formula as words and signs, and a cursor that steps through them."""

import re
from typing import NamedTuple, NoReturn

from mcsim.errors import FormulaError

ALLOWED = (
    "allowed: response ~ terms + (terms | group) + ..., where terms are names, 0, 1, +, -, *, :, / and parentheses, "
    "and a group is a name or names with : or / between them"
)

_TOKEN = re.compile(r"(?P<name>[^\W\d][\w.]*)|(?P<number>[0-9][\w.]*)|(?P<sign>\|\||[~+\-*:/|()])|(?P<other>\S)")


class Token(NamedTuple):
    """A name, a number, a sign, any other character, or the end; and where it stands."""

    kind: str
    text: str
    place: int


class Cursor:
    """The tokens of a formula and where the parser is in them.

    Parameters
    ----------
    text : str
        The formula, on one line.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [Token(m.lastgroup or "", m.group(), m.start()) for m in _TOKEN.finditer(text)]
        self.tokens.append(Token("end", "", len(text)))
        self._at = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self._at]

    def fail(self, what: str, place: int | None = None) -> NoReturn:
        """Refuse the formula for what is at a place, the next token if none is given.

        Raises
        ------
        FormulaError
            Always.
        """
        raise FormulaError(message(what, self.text, self.token.place if place is None else place))

    def take(self, *signs: str) -> str:
        """Step over the next token if it is one of the signs, and say which; else the empty string."""
        token = self.token
        if token.kind != "sign" or token.text not in signs:
            return ""
        self._at += 1
        return token.text

    def number(self) -> bool | None:
        """Step over a 0 (False) or 1 (True); None if the next token is no number.

        Raises
        ------
        FormulaError
            On another number.
        """
        token = self.token
        if token.kind != "number":
            return None
        if token.text not in ("0", "1"):
            self.fail(f"the only numbers are 0 (no intercept) and 1 (intercept): found {token.text}")
        self._at += 1
        return token.text == "1"

    def name(self, what: str) -> Token:
        """Step over a name.

        Raises
        ------
        FormulaError
            On anything else, and on the name of a function.
        """
        token = self.token
        if token.kind != "name":
            self.fail(f"{what} must be the name of a column: found {shown(token)}")
        self._at += 1
        if self.token.text == "(" and self.token.place == token.place + len(token.text):
            self.fail(f"function calls are not supported: {token.text}(...); compute the column first", token.place)
        return token


def shown(token: Token) -> str:
    """A token as messages show it."""
    if token.kind == "end":
        return "the end of the formula"
    return repr(token.text if len(token.text) <= 40 else token.text[:40] + "...")


def message(what: str, text: str, place: int) -> str:
    """What is wrong, the formula around the place, a caret under it, and the grammar."""
    start = max(0, place - 60)
    head, tail = "..." * (start > 0), "..." * (place + 40 < len(text))
    around = "".join(c if c.isprintable() else "?" for c in text[start : place + 40])
    return f"{what}\n  {head}{around}{tail}\n  {' ' * (len(head) + place - start)}^\n{ALLOWED}"
