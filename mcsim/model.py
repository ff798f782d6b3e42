"""The nouns of a replication: what is simulated, what is reported, and what a mechanism and a method must offer."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mcsim.markup import ROWS, html_table
from mcsim.parameters import Parameters
from mcsim.rounding import ABSENT
from mcsim.streams import Streams

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

QUANTITIES = ("estimate", "std_error", "df", "lower", "upper", "p_value")
"""What a method reports for an estimand, in the order of the last axis of `Estimates.values`; NaN is 'not given'."""


class Status(IntEnum):
    """How an analysis ended. Usable are OK and SINGULAR; missing are NOT_CONVERGED and FAILED; SKIPPED is neither."""

    OK = 0
    SINGULAR = 1
    NOT_CONVERGED = 2
    FAILED = 3
    SKIPPED = 4

    @property
    def label(self) -> str:
        """The word that stands in tables."""
        return self.name.lower()


@dataclass(frozen=True)
class Dataset:
    """One simulated data set.

    Attributes
    ----------
    columns : mapping of str to array (n,)
        What a method sees.
    formula : str
        The model that generated the data, which a method without a formula of its own fits; the runner fills it in.
    components : mapping of str to array (n,) or float
        The unseen parts the data were put together from (random effects, residuals, fixed coefficients), kept for
        the eyes of a person; block forms leave them out.
    """

    columns: Mapping[str, npt.NDArray[Any]]
    formula: str = ""
    components: Mapping[str, npt.NDArray[Any] | float] = field(default_factory=dict)


@dataclass(frozen=True)
class DatasetBlock:
    """Many data sets of one condition, of the same number of rows or not.

    Attributes
    ----------
    names : tuple of str
        The columns that differ between replications.
    values : array (replications, len(names), n) of float64
        Their values; one replication is one contiguous matrix.
    shared : mapping of str to array (n,)
        The columns that all replications have in common; a data set has the first rows of them.
    formula : str
        The model that generated the data, as in `Dataset`.
    rows : array (replications,) of int64, optional
        How many rows each replication has, where they differ; n is the most that one has. The places beyond are
        padding: 0, never looked at, and not missing. Without it all have n.
    own_labels : mapping of str to array (replications, n) of int64
        Grouping factors, or other columns of whole numbers, that differ between replications. Clusters are found
        quickest where labels never decrease: those of `classroom` within a school if they begin anew in each.
    """

    names: tuple[str, ...]
    values: Floats
    shared: Mapping[str, npt.NDArray[Any]]
    formula: str = ""
    rows: Integers | None = None
    own_labels: Mapping[str, Integers] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def slice(self, start: int, stop: int) -> "DatasetBlock":
        """The replications from `start` to before `stop`, as views."""
        labels = {name: column[start:stop] for name, column in self.own_labels.items()}
        rows = None if self.rows is None else self.rows[start:stop]
        return replace(self, values=self.values[start:stop], rows=rows, own_labels=labels)

    def dataset(self, index: int) -> Dataset:
        """The replication at `index`, as views."""
        own = {name: self.values[index, c] for c, name in enumerate(self.names)}
        columns = {**own, **{name: column[index] for name, column in self.own_labels.items()}, **self.shared}
        if self.rows is not None:
            columns = {name: column[: self.rows[index]] for name, column in columns.items()}
        return Dataset(columns, self.formula)

    @property
    def row_counts(self) -> Integers:
        """(replications,) how many rows each replication has."""
        return np.full(len(self), self.values.shape[2], dtype=np.int64) if self.rows is None else self.rows


@dataclass(frozen=True)
class Estimates:
    """What one method reports of one or more replications.

    Attributes
    ----------
    estimands : tuple of str
        The k targets.
    values : array (replications, k, 6) of float64
        The `QUANTITIES` of each; NaN where not given.
    status : array (replications, k) of int8
        `Status` codes.
    notes : mapping of (replication index, estimand index) to str
        Why a row is not ok, or what else a reader should know; sparse.
    """

    estimands: tuple[str, ...]
    values: Floats
    status: npt.NDArray[np.int8]
    notes: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def _repr_html_(self) -> str:
        """The rows, four digits a number, for a notebook."""
        rows = [
            [
                rep,
                name,
                *map(_digits, self.values[rep, k]),
                Status(self.status[rep, k]).label,
                self.notes.get((rep, k), ""),
            ]
            for rep in range(min(len(self), ROWS))
            for k, name in enumerate(self.estimands)
        ]
        head = ["replication", "estimand", *QUANTITIES, "status", "note"]
        return html_table(head, rows, total=len(self) * len(self.estimands))

    @classmethod
    def of(
        cls,
        rows: Mapping[str, Mapping[str, float]],
        *,
        status: Status = Status.OK,
        note: str = "",
    ) -> "Estimates":
        """The estimates of one replication: ``Estimates.of({"x": {"estimate": 0.3, "std_error": 0.1}})``.

        Parameters
        ----------
        rows : mapping of estimand to mapping of quantity to number
            Quantities are those of `QUANTITIES`; those left out are NaN.
        status : Status, optional
            How the analysis ended.
        note : str, optional
            Stands on every row.

        Raises
        ------
        ValueError
            If a quantity is not one of `QUANTITIES`.
        """
        values = np.full((1, len(rows), len(QUANTITIES)), np.nan)
        for k, (estimand, given) in enumerate(rows.items()):
            for quantity, value in given.items():
                if quantity not in QUANTITIES:
                    allowed = ", ".join(QUANTITIES)
                    raise ValueError(f"estimand {estimand!r}: {quantity!r} is not a quantity (allowed: {allowed})")
                values[0, k, QUANTITIES.index(quantity)] = value
        notes = {(0, k): note for k in range(len(rows))} if note else {}
        return cls(tuple(rows), values, np.full((1, len(rows)), status, dtype=np.int8), notes)

    @classmethod
    def failed(cls, estimands: Sequence[str], note: str, *, replications: int = 1) -> "Estimates":
        """Rows that say of every estimand that the analysis failed, and why."""
        shape = (replications, len(estimands))
        notes = {(r, k): note for r in range(shape[0]) for k in range(shape[1])}
        return cls(
            tuple(estimands),
            np.full((*shape, len(QUANTITIES)), np.nan),
            np.full(shape, Status.FAILED, dtype=np.int8),
            notes,
        )


def _digits(number: float) -> str:
    return ABSENT if np.isnan(number) else f"{number:.4g}"


@dataclass(frozen=True, kw_only=True)
class Mechanism(Parameters, ABC):
    """A data-generating mechanism; a condition is one with every factor filled in.

    A subclass is a frozen dataclass whose fields are its factors. It gives `columns`, `formula`, `truth` and
    `simulate`. It may also give

    - ``design(rng)``, what is held fixed over the replications of a condition (predictors, cluster sizes): drawn once
      per condition, from a stream of its own, and handed to every ``simulate(rng, design)``. None says that nothing
      is held fixed, which is the default and may be the answer for some values of the factors only; then
      ``simulate(rng)`` is called, and a mechanism that never has a design may leave the argument out;
    - ``simulate_block(streams, design) -> DatasetBlock``, many replications in one call, bit for bit what `simulate`
      returns (`mcsim.testing.check_mechanism` proves it);
    - ``rows()``, the number of rows of a data set, or the mean number, rounded, where it differs between replications;
      from it block sizes and the memory needed are foreseen;
    - ``equation()``, the generating equation as lines of text for `mcsim describe`.
    """

    version: ClassVar[int] = 1
    """Enters the key; raised by a release that changes the data a condition gives."""

    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The columns of a data set."""

    @abstractmethod
    def formula(self) -> str:
        """The model that generated the data, in lme4's notation."""

    @abstractmethod
    def truth(self) -> dict[str, float]:
        """The true value of every estimand that a method may report; NaN where there is none."""

    def design(self, rng: np.random.Generator) -> Any:
        """Draw what all replications share, or return None where they share nothing."""
        del rng

    @abstractmethod
    def simulate(self, rng: np.random.Generator, design: Any = None) -> Dataset:
        """Draw one data set."""


@dataclass(frozen=True, kw_only=True)
class Method(Parameters, ABC):
    """An analysis of a data set; its fields are its options.

    A subclass is a frozen dataclass. It gives `estimands` and `fit`. It may also give

    - ``fit_block(block, streams) -> Estimates``, many replications in one call, bit for bit what `fit`
      returns (`mcsim.testing.check_method` proves it);
    - ``misfits(condition) -> list of str``, why it cannot analyse a condition at all (a column that is not there, too
      few clusters), asked when the study is built.
    """

    version: ClassVar[int] = 1
    """Enters the key; raised by a release that changes the numbers it reports."""

    @abstractmethod
    def estimands(self, condition: Mechanism) -> tuple[str, ...]:
        """The targets it reports under a condition."""

    @abstractmethod
    def fit(self, dataset: Dataset, rng: np.random.Generator) -> Estimates:
        """Analyse one data set."""


__all__ = [
    "QUANTITIES",
    "Dataset",
    "DatasetBlock",
    "Estimates",
    "Floats",
    "Mechanism",
    "Method",
    "Status",
    "Streams",
]
