"""The random effects of a formula, collected bar by bar and held against each other."""

from mcsim.formula.tokens import Cursor
from mcsim.terms import RandomTerm

MAX_TERMS = 1000


class Bars:
    """The random effects found so far.

    Parameters
    ----------
    cursor : Cursor
        The formula that they stand in, for messages.
    """

    def __init__(self, cursor: Cursor) -> None:
        self.found: list[RandomTerm] = []
        self._cursor = cursor
        self._names: dict[frozenset[str], str] = {}  # the name of each group, by the columns that make it up
        self._effects: set[tuple[str, frozenset[str]]] = set()

    def add(self, bar: RandomTerm, place: int) -> None:
        """Add the effects of one group.

        Raises
        ------
        FormulaError
            If the group has one of the effects already, or stands there under another name; if there are more than
            `MAX_TERMS` effects.
        """
        name = self._names.setdefault(frozenset(bar.factors), bar.group)
        if name != bar.group:
            self._cursor.fail(f"{name} and {bar.group} are the same groups: write {name} both times", place)
        for term in bar.terms:
            effect = bar.group, frozenset(term.names)
            if effect in self._effects:
                self._cursor.fail(_twice(term.label, bar.group), place)
            self._effects.add(effect)
        if len(self._effects) > MAX_TERMS:
            self._cursor.fail(f"the formula expands to more than {MAX_TERMS} random effects", place)
        self.found.append(bar)


def _twice(label: str, group: str) -> str:
    what = f"the random effect {label} of {group} is there twice: "
    if label != "(Intercept)":
        return f"{what}it can stand in one term of {group} only"
    return f"{what}a bar has an intercept unless 0 removes it, as in (1 | {group}) + (0 + x | {group})"
