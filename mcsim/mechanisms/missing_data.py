"""Any mechanism with missing data: the same class with one factor more."""

import inspect
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np

from mcsim.errors import ParameterError
from mcsim.isolation import attempt
from mcsim.mechanisms.composition.holes import Draw, with_holes
from mcsim.mechanisms.parts.missing import Missing
from mcsim.model import Dataset, DatasetBlock, Floats, Mechanism
from mcsim.parameters import absent_or, kind, parameter, shown
from mcsim.streams import Streams


@dataclass(frozen=True, kw_only=True)
class Incomplete(Mechanism):
    """What `incomplete` adds to a mechanism.

    Which values go missing is drawn from the replication's stream 2**128 draws further on (numpy's ``jumped()``), so
    that the values are those of the mechanism without holes.
    """

    wrapped: ClassVar[type[Mechanism]]
    """The class that it was made from."""

    missing: Missing | None = parameter(
        "which values go missing; None: none", absent_or(kind(Missing, "a pattern of missing data")), None
    )

    def __reduce__(self) -> tuple[Any, ...]:
        _, (_, given) = super().__reduce__()
        return _remade, (self.wrapped, given)

    def faults(self) -> list[str]:
        """What is wrong with the factors of the mechanism, or else with what goes missing."""
        found = super().faults()
        # What a study's own columns() does wrong is said of it when the study is built.
        if found or self.missing is None or not isinstance(attempt(self.columns), tuple):
            return found
        return self.missing.misfits(self)

    def equation(self) -> tuple[str, ...]:
        """The generating equation of the mechanism, and what goes missing in words."""
        lines = getattr(super(), "equation", tuple)
        of_wrapped = tuple(lines()) if callable(lines) else ()
        return of_wrapped if self.missing is None else (*of_wrapped, f"missing data: {self.missing.meaning()}")

    def simulate(self, rng: np.random.Generator, design: Any = None) -> Dataset:
        """Draw one data set of the mechanism, and make the holes.

        Parameters
        ----------
        rng : numpy.random.Generator
            The replication's data stream, of which nothing has been drawn yet.
        design : object, optional
            What `design` drew.

        Returns
        -------
        Dataset
            Missing values are NaN, in a column of float64.
        """
        complete: Any = super()
        given = () if design is None else (design,)
        jumped = np.random.Generator(rng.bit_generator.jumped())  # type: ignore[attr-defined]
        dataset: Dataset = complete.simulate(rng, *given)
        if self.missing is None:
            return dataset
        alone = DatasetBlock((), np.empty((1, 0, len(dataset.columns[self.missing.of]))), dataset.columns)
        block = self._with_holes(alone, lambda count: jumped.standard_normal((1, count)))
        return replace(dataset, columns={**dataset.columns, self.missing.of: block.values[0, 0]})

    def _with_holes(self, block: DatasetBlock, draw: Draw) -> DatasetBlock:
        assert self.missing is not None
        return with_holes(block, self.missing, getattr(self, "grouping_factors", ()), draw)


@dataclass(frozen=True, kw_only=True)
class _InBlocks(Incomplete):
    """The same for a mechanism with a block form."""

    def simulate_block(self, streams: Streams, design: Any = None) -> DatasetBlock:
        """Draw consecutive replications, bit for bit what `simulate` draws one by one.

        Parameters
        ----------
        streams : Streams
            The data streams of the replications.
        design : object, optional
            As in `simulate`.

        Returns
        -------
        DatasetBlock
            A column that all share is one of each replication if it has holes.
        """
        complete: Any = super()
        given = () if design is None else (design,)
        block: DatasetBlock = complete.simulate_block(streams, *given)
        if self.missing is None:
            return block

        def draw(count: int) -> Floats:
            from mcsim.kernels.holes import draw_normals

            normals = np.empty((len(streams), count))
            draw_normals(streams.key, streams.first, normals)
            return normals

        return self._with_holes(block, draw)


def incomplete(mechanism: type[Mechanism]) -> Any:
    """A mechanism with missing data: the class that is given with one factor more, `missing`.

    ``grid(incomplete(TwoLevel), n_clusters=20, cluster_size=10, missing=[None, MCAR(rate=0.2)])``. The estimands and
    their truths are those of the complete data, and so are the values that are left.

    Parameters
    ----------
    mechanism : class
        A `Mechanism`, one of a study's own too.

    Returns
    -------
    class
        The same whenever it is asked for. It has a block form if the given class has one.

    Raises
    ------
    ParameterError
        If it is no such class, or has a factor `missing` already.
    """
    if fault := _fault(mechanism):
        raise ParameterError("incomplete", [fault])
    return _made(mechanism)


def _fault(given: Any) -> str:
    if isinstance(given, Mechanism):
        name = type(given).__name__
        return f"given {given}; write the class, incomplete({name}), and its factors in grid"
    if not (inspect.isclass(given) and issubclass(given, Mechanism)):
        return f"given {shown(given)}; allowed: a Mechanism class such as TwoLevel"
    if "__dataclass_fields__" not in vars(given) and vars(given).get("__annotations__"):
        return f"{given.__name__} needs @dataclass(frozen=True, kw_only=True) above it"
    if any(field.name == "missing" for field in fields(given)):
        return f"{given.__name__} has a factor missing already; allowed: a mechanism without one"
    return ""


@cache
def _made(wrapped: type[Mechanism]) -> type[Incomplete]:
    kind = _InBlocks if hasattr(wrapped, "simulate_block") else Incomplete
    name = f"Incomplete{wrapped.__name__}"
    # Its source is that of the class it is made from, which a key takes from that class.
    parts = {"__module__": __name__, "__doc__": f"{wrapped.__name__} with missing data.", "wrapped": wrapped}
    made: type[Incomplete] = dataclass(frozen=True, kw_only=True)(type(name, (kind, wrapped), parts))
    return made


def _remade(wrapped: type[Mechanism], given: dict[str, Any]) -> Incomplete:
    return _made(wrapped)(**given)
