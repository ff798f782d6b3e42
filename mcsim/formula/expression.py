"""The value of an expression: what is left of a sum of terms when its operators have been carried out."""

from typing import NamedTuple


class Expression(NamedTuple):
    """Products in order, what the expression says of the intercept (None: nothing), and any bar in it."""

    products: tuple[frozenset[str], ...] = ()
    intercept: bool | None = None
    has_bar: bool = False

    def plus(self, other: "Expression") -> "Expression":
        """The terms of both; the other has the last word on the intercept."""
        intercept = self.intercept if other.intercept is None else other.intercept
        products = tuple(dict.fromkeys(self.products + other.products))
        return Expression(products, intercept, self.has_bar or other.has_bar)

    def minus(self, other: "Expression") -> "Expression":
        """The terms of the one without those of the other."""
        intercept = self.intercept if other.intercept is None else not other.intercept
        return Expression(tuple(p for p in self.products if p not in other.products), intercept, self.has_bar)

    def times(self, other: "Expression") -> "Expression":
        """Every product of the one with every product of the other."""
        return Expression(tuple(dict.fromkeys(a | b for a in self.products for b in other.products)))

    @property
    def whole(self) -> "Expression":
        """One product of everything in it, or itself if nothing is: what ``/`` nests terms in."""
        everything = frozenset[str]().union(*self.products)
        return self._replace(products=(everything,)) if everything else self
