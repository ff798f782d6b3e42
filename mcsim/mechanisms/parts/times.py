"""When repeated measurements are taken: so many at equal distances, or at given times."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mcsim.parameters import Listing, kind, parameter
from mcsim.ranges import absent_or, either, number, several, whole

_MOST = 10_000  # occasions


@dataclass(frozen=True, kw_only=True, init=False)
class Times(Listing):
    """Given times of measurement, the same for everybody: ``Times(0, 1, 2, 4, 8)``."""

    entries: tuple[float, ...] = parameter(
        "times of measurement, each later than the one before", several(number(), least=2)
    )

    def faults(self) -> list[str]:
        """Each is later than the one before."""
        for before, after in pairwise(self.entries):
            if after <= before:
                return [f"entries: given {after:g} after {before:g}; allowed: times that rise, each once"]
        return []

    def meaning(self) -> str:
        """The times in words."""
        return f"measured at the times {', '.join(f'{time:g}' for time in self.entries)}"


Occasions = int | Times
"""A number of occasions at the times 0, 1, 2, ..., or given times."""


def occasions_of(what: str, *, optional: bool = False) -> Any:
    """The field of a mechanism that says when is measured; an optional one may be None."""
    check = either(whole(least=2, most=_MOST), kind(Times, "given times"))
    return parameter(what, absent_or(check), None) if optional else parameter(what, check)


def times_of(occasions: Occasions) -> tuple[float, ...]:
    """The times of measurement."""
    return occasions.entries if isinstance(occasions, Times) else tuple(map(float, range(occasions)))
