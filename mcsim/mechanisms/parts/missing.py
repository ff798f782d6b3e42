"""Patterns of missing data. To add one, write a class here.

Values go missing in so many rows (or clusters) as the rate says, whatever the distribution of the data: those with the
largest ``strength * (value - mean) / SD + a standard normal`` among the rows that may. Terms: Rubin (1976), Inference
and missing data, Biometrika 63(3).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mcsim.model import Floats, Mechanism
from mcsim.parameters import Parameters, nearest, number, parameter, text

if TYPE_CHECKING:
    from mcsim.kernels.holes import Holed


@dataclass(frozen=True, kw_only=True)
class Missing(Parameters, ABC):
    """Base of patterns; `of` of a pattern is the one column that it makes holes in."""

    version: ClassVar[int] = 1
    """Enters the key of a condition; raised by a release that changes which values go missing."""

    rate: float = parameter("share that goes missing", number(least=0, below=1))
    of: str = parameter("the column that values go missing in", text(), "y")

    @property
    def decides(self) -> str | None:
        """The column whose values decide; None if none does."""
        return None

    @property
    def by_cluster(self) -> bool:
        """Whether rows must be known by clusters, in which they stand in the order of time."""
        return False

    @abstractmethod
    def meaning(self) -> str:
        """The pattern in words."""

    @abstractmethod
    def draws(self, holed: "Holed") -> int:
        """How many standard normals a replication takes, at most."""

    @abstractmethod
    def hide(self, holed: "Holed", normals: Floats) -> None:
        """Make the holes; a replication has its row of `normals` (R, draws)."""

    def misfits(self, mechanism: Mechanism) -> list[str]:
        """Why values of a mechanism cannot go missing in this way, one line each.

        Parameters
        ----------
        mechanism : Mechanism
            A condition, valid in all else.
        """
        columns, groups = mechanism.columns(), tuple(getattr(mechanism, "grouping_factors", ()))
        found = []
        for name in dict.fromkeys([self.of, *([self.decides] if self.decides else [])]):
            if name not in columns:
                found.append(f"there is no column {name}; allowed: one of {', '.join(columns)}{nearest(name, columns)}")
            elif name in groups:
                found.append(f"{name} is a grouping factor, whose labels are no amounts; allowed: another column")
        if self.by_cluster and not groups:
            found.append("rows have no clusters; allowed: a mechanism that names its grouping_factors")
        elif self.by_cluster and getattr(mechanism, "cluster_size", None) == 1:
            found.append("clusters have one row each; allowed: two rows or more")
        return [f"missing: given {self}, but {fault}" for fault in found]


@dataclass(frozen=True, kw_only=True)
class MissingInRows(Missing):
    """Base of patterns in which rows go missing each for itself."""

    def draws(self, holed: "Holed") -> int:
        """One for rounding, and one a row."""
        return 1 + int(holed.own.shape[2])

    def hide(self, holed: "Holed", normals: Floats) -> None:
        """Make the holes."""
        from mcsim.kernels.holes import hide_rows

        hide_rows(holed, normals, (self.rate, getattr(self, "strength", 0.0)))


def _strength(default: float) -> Any:
    """The field that says how much the value that decides weighs."""
    what = "how much the value that decides weighs, in its SDs for one SD of chance; below 0 small values go missing"
    return parameter(what, number(least=-100, most=100), default)


@dataclass(frozen=True, kw_only=True)
class MCAR(MissingInRows):
    """Missing completely at random: nothing decides which rows."""

    def meaning(self) -> str:
        """The pattern in words."""
        return f"{self.rate:.3g} of {self.of} missing completely at random"


@dataclass(frozen=True, kw_only=True)
class MAR(MissingInRows):
    """Missing at random given another column, or given the last value seen in the same cluster (`on` equal to `of`).

    In the latter case the rows of a cluster are occasions in the order of time. The first row is always seen, and one
    occasion comes after the other, so that no missing value decides.
    """

    on: str = parameter(
        "the column that decides; the same as `of`: the last value of it that is seen before in the cluster",
        text(),
        "x",
    )
    strength: float = _strength(1.0)

    @property
    def decides(self) -> str:
        """The column whose values decide."""
        return self.on

    @property
    def by_cluster(self) -> bool:
        """Whether it is the last value seen."""
        return self.on == self.of

    def hide(self, holed: "Holed", normals: Floats) -> None:
        """Make the holes."""
        if not self.by_cluster:
            super().hide(holed, normals)
            return
        from mcsim.kernels.holes import hide_later_rows

        hide_later_rows(holed, normals, (self.rate, self.strength))

    def meaning(self) -> str:
        """The pattern in words."""
        if not self.by_cluster:
            return f"{self.rate:.3g} of {self.of} missing at random, {_rather(self.on, self.strength)}"
        later = f"{self.rate:.3g} of {self.of} after the first row of a cluster missing at random"
        return f"{later}, {_rather(f'the last {self.on} seen', self.strength)}"


@dataclass(frozen=True, kw_only=True)
class MNAR(MissingInRows):
    """Missing not at random: the value itself decides whether it is seen."""

    strength: float = _strength(1.0)

    @property
    def decides(self) -> str:
        """The column whose values decide."""
        return self.of

    def meaning(self) -> str:
        """The pattern in words."""
        return f"{self.rate:.3g} of {self.of} missing not at random, {_rather('it', self.strength)}"


@dataclass(frozen=True, kw_only=True)
class Dropout(Missing):
    """Clusters drop out at some occasion and stay out; their rows are occasions in the order of time.

    Of clusters that go on for as long as the longest, the share 1 - S(t) has dropped out by occasion t = 0, ..., last,
    with S(t) = (1 - rate)^((t / last)^shape): a Weibull distribution, whose hazard is constant with shape 1, rises with
    a larger shape and falls with a smaller one. The first occasion is always seen. Who drops out among those still in
    is a matter of chance, or of the last value seen too (missing at random).
    """

    rate: float = parameter("share of clusters that have dropped out by the last occasion", number(least=0, below=1))
    shape: float = parameter(
        "1: the hazard is constant; above: it rises; below: it falls", number(above=0, most=100), 1.0
    )
    strength: float = _strength(0.0)

    @property
    def decides(self) -> str:
        """The column whose last value seen decides."""
        return self.of

    @property
    def by_cluster(self) -> bool:
        """Always."""
        return True

    def meaning(self) -> str:
        """The pattern in words."""
        course = "constant" if self.shape == 1 else f"{'rising' if self.shape > 1 else 'falling'} (Weibull)"
        who = f", {_rather(f'the last {self.of} seen', self.strength)}" if self.strength else ""
        return f"{self.rate:.3g} of the clusters drop out of {self.of} by the last occasion, hazard {course}{who}"

    def draws(self, holed: "Holed") -> int:
        """One for rounding, and one a cluster whenever some drop out."""
        from mcsim.kernels.holes import most_for_ends

        return 1 + most_for_ends(holed, self.rate)

    def hide(self, holed: "Holed", normals: Floats) -> None:
        """Make the holes."""
        from mcsim.kernels.holes import hide_ends

        hide_ends(holed, normals, (self.rate, self.shape, self.strength))


def _rather(what: str, strength: float) -> str:
    """Which values decide, in words."""
    if strength == 0:
        return f"whatever {what} is"
    return f"rather where {what} is {'large' if strength > 0 else 'small'} (strength {abs(strength):.3g})"
