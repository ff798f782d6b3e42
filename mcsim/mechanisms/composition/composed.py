"""The base of mechanism families: whoever says which mixed model its factors mean can be simulated."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.composition.quantities import Quantity
from mcsim.mechanisms.parts.sizes import DrawnSizes
from mcsim.model import Dataset, DatasetBlock, Floats, Mechanism
from mcsim.streams import Streams

if TYPE_CHECKING:
    from mcsim.kernels.mixed_data import Recipe

Integers = npt.NDArray[np.int64]

STARTS = "starts"
"""The name under which a design holds where clusters start."""


class _Plan(NamedTuple):
    """A model ready to be simulated, worked out once for a condition."""

    model: Model
    held: tuple[str, ...]
    """The columns that a replication does not draw."""
    recipe: "Recipe"
    members: Integers
    """(levels, J + 1) the innermost cluster that each cluster of a level starts with, J in the places left."""
    starts: Integers | None
    """(1, levels, J + 1) where clusters start, if their sizes are given."""

    @property
    def drawn(self) -> str:
        """When sizes are drawn; "" if they are given."""
        size = self.model.sizes[0]
        return size.drawn if isinstance(size, DrawnSizes) else ""


@dataclass(frozen=True, kw_only=True)
class Composed(Mechanism):
    """A mechanism whose factors mean a `Model`, from which everything is drawn.

    A subclass gives `model`, `formula`, `columns` and `truth`, and says in `grouping_factors` what its levels are
    called, the innermost first. With a factor `predictors` that is ``fixed``, predictors are drawn once.
    """

    grouping_factors: ClassVar[tuple[str, ...]] = ("cluster",)

    @abstractmethod
    def model(self) -> Model:
        """The model that the factors mean."""

    def rows(self) -> int:
        """The number of rows of a data set; where sizes are drawn, the mean, rounded."""
        plan = _plan(self)
        if plan.starts is not None:
            return int(plan.starts[0, 0, -1])
        size = plan.model.sizes[0]
        assert isinstance(size, DrawnSizes)
        return round(size.mean * (plan.members.shape[1] - 1))

    def design(self, rng: np.random.Generator) -> dict[str, npt.NDArray[Any]] | None:
        """Draw what all replications share: sizes drawn once, then predictors held fixed.

        Parameters
        ----------
        rng : numpy.random.Generator
            The condition's design stream.

        Returns
        -------
        dict of str to array, or None
            `STARTS` (1, levels, J + 1) if sizes are drawn once, and the predictors held fixed, (n,) each; None if
            there is neither.
        """
        plan = _plan(self)
        found: dict[str, npt.NDArray[Any]] = {}
        if plan.drawn == "once":
            found[STARTS] = _starts(plan, rng.standard_normal(plan.members.shape[1] - 1))
        drawn = _drawn_predictors(plan.model) if self._holds_predictors else ()
        if drawn:
            found |= _columns(plan, found.get(STARTS, plan.starts), drawn, rng)
        return found or None

    def simulate(self, rng: np.random.Generator, design: Mapping[str, npt.NDArray[Any]] | None = None) -> Dataset:
        """Draw one data set, with every component it was put together from.

        Parameters
        ----------
        rng : numpy.random.Generator
            The replication's data stream.
        design : mapping of str to array, optional
            What `design` drew; given if and only if it drew something.

        Returns
        -------
        Dataset
            Its components are the random effects and e, (n,) each, and the fixed effects by their factors' names.

        Raises
        ------
        ValueError
            If a design is missing, or given where nothing is held fixed.
        """
        from mcsim.kernels.mixed_data import count_normals, put_dataset

        plan, sizes = _plan(self), np.empty(0)
        self._check(plan, design)
        starts = (design or {}).get(STARTS, plan.starts)
        if plan.drawn == "every replication":
            sizes = rng.standard_normal(plan.members.shape[1] - 1)
            starts = _starts(plan, sizes)
        held = self._held(plan, starts, design)
        rest = rng.standard_normal(count_normals(plan.recipe.quantities, starts[0]) - len(sizes))
        own_names, n = self._own_names(plan), int(starts[0, 0, -1])
        own, values = np.empty((len(own_names), n)), np.empty((len(plan.recipe.quantities), n))
        room = (values, own, np.empty(starts.shape[1] + 1, dtype=np.int64))
        put_dataset(plan.recipe, np.concatenate([sizes, rest]), starts[0], _matrix(held, plan.held, n), room)
        columns = {**dict(zip(own_names, own, strict=True)), **held, **self._labels(starts[0])}
        components = {**_effects(plan, starts[0], values), **self._coefficients()}
        return Dataset({name: columns[name] for name in self.columns()}, self.formula(), components)

    def simulate_block(self, streams: Streams, design: Mapping[str, npt.NDArray[Any]] | None = None) -> DatasetBlock:
        """Draw consecutive replications, bit for bit what `simulate` draws one by one, without the components.

        Parameters
        ----------
        streams : Streams
            The data streams of the replications.
        design : mapping of str to array, optional
            As in `simulate`.

        Returns
        -------
        DatasetBlock
            What all replications have in common is shared.

        Raises
        ------
        ValueError
            As in `simulate`.
        """
        from mcsim.kernels.mixed_data import put_datasets
        from mcsim.kernels.sizes import put_all_starts

        plan, stream = _plan(self), (streams.key, streams.first)
        self._check(plan, design)
        starts = (design or {}).get(STARTS, plan.starts)
        if plan.drawn == "every replication":
            starts = np.empty((len(streams), *plan.members.shape), dtype=np.int64)
            put_all_starts(_thresholds(plan), stream, plan.members, starts)
        n, names = int(starts[:, 0, -1].max(initial=0)), self._own_names(plan)
        held, own = self._held(plan, starts, design), np.zeros((len(streams), len(names), n))
        put_datasets(plan.recipe, stream, starts, _matrix(held, plan.held, n), own)
        if len(starts) == 1:
            return DatasetBlock(names, own, {**held, **self._labels(starts[0])}, self.formula())
        labels = {name: np.zeros((len(streams), n), dtype=np.int64) for name in self.grouping_factors}
        for rep, of_rep in enumerate(starts):
            for name, values in self._labels(of_rep).items():
                if name in labels:
                    labels[name][rep, : len(values)] = values
        return DatasetBlock(
            names, own, {"id": np.arange(1, n + 1)}, self.formula(), rows=starts[:, 0, -1].copy(), own_labels=labels
        )

    @property
    def _holds_predictors(self) -> bool:
        return getattr(self, "predictors", "random") == "fixed"

    def _check(self, plan: _Plan, design: Mapping[str, Any] | None) -> None:
        holds = plan.drawn == "once" or (self._holds_predictors and bool(_drawn_predictors(plan.model)))
        if holds and design is None:
            what = "sizes are drawn once" if plan.drawn == "once" else "the predictors are held fixed"
            raise ValueError(f"{what}: give the design that design(rng) draws")
        if not holds and design is not None:
            raise ValueError("nothing is held fixed under these factors: a design is not for this condition")

    def _own_names(self, plan: _Plan) -> tuple[str, ...]:
        """The columns that differ between replications."""
        return ("y", *(column for column in plan.model.columns if column not in plan.held))

    def _held(
        self, plan: _Plan, starts: Integers, design: Mapping[str, npt.NDArray[Any]] | None
    ) -> dict[str, npt.NDArray[Any]]:
        """The columns that all replications share: those given, and those of the design."""
        given = [q for q in plan.model.quantities if q.given and q.column in plan.held]
        found = _columns(plan, starts, tuple(given), None) if given else {}
        found |= {name: column for name, column in (design or {}).items() if name != STARTS}
        return {name: found[name] for name in plan.held}

    def _labels(self, starts: Integers) -> dict[str, npt.NDArray[np.int64]]:
        """The grouping columns, the outermost first, and id, each counted from 1."""
        n, found = int(starts[0, -1]), {}
        for name, of_level in reversed(list(zip(self.grouping_factors, starts, strict=True))):
            sizes = np.diff(of_level)
            found[name] = np.repeat(np.arange(1, len(sizes) + 1), sizes)
        return {**found, "id": np.arange(1, n + 1)}

    def _coefficients(self) -> dict[str, float]:
        """The fixed effects that are there, by their factors' names."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name.startswith("gamma")}
        return {name: value for name, value in values.items() if value is not None}


@lru_cache(maxsize=64)
def _plan(mechanism: Composed) -> _Plan:
    from mcsim.mechanisms.composition.recipe import recipe

    model = mechanism.model()
    members, starts = _clusters(model)
    held = {q.column for q in model.quantities if q.given} if starts is not None or _is_once(model) else set()
    if mechanism._holds_predictors:  # noqa: SLF001
        held |= {q.column for q in _drawn_predictors(model)}
    names = tuple(column for column in model.columns if column in held)
    return _Plan(model, names, recipe(model, names), members, starts)


def _is_once(model: Model) -> bool:
    size = model.sizes[0]
    return isinstance(size, DrawnSizes) and size.drawn == "once"


def _drawn_predictors(model: Model) -> tuple[Quantity, ...]:
    """The quantities that predictors are made from, and are drawn."""
    return tuple(q for q in model.quantities if q.column and not q.given)


def _clusters(model: Model) -> tuple[Integers, Integers | None]:
    """`members` and `starts` of a plan."""
    counts, units = [], model.outermost
    for size in reversed(model.sizes):
        if isinstance(size, DrawnSizes):
            counts.append(None)
            break
        sizes = np.full(units, size) if isinstance(size, int) else np.array(size.sizes(units))
        counts.append(sizes)
        units = int(sizes.sum())
    counts.reverse()
    clusters = units if counts[0] is None else len(counts[0])
    members = np.full((len(counts), clusters + 1), clusters, dtype=np.int64)
    members[0] = np.arange(clusters + 1)
    for level in range(1, len(counts)):
        ends = np.concatenate([[0], np.cumsum(counts[level])])
        for inner in range(level - 1, 0, -1):
            ends = np.concatenate([[0], np.cumsum(counts[inner])])[ends]
        members[level, : len(ends)] = ends
    if counts[0] is None:
        return members, None
    rows = np.concatenate([[0], np.cumsum(counts[0])])
    return members, rows[members][None].astype(np.int64)


def _thresholds(plan: _Plan) -> Floats:
    size = plan.model.sizes[0]
    assert isinstance(size, DrawnSizes)
    return size.shape().table[0, :-1].copy()


def _starts(plan: _Plan, normals: Floats) -> Integers:
    from mcsim.kernels.sizes import put_starts

    starts = np.empty((1, *plan.members.shape), dtype=np.int64)
    put_starts(_thresholds(plan), normals, plan.members, starts[0])
    return starts


def _columns(
    plan: _Plan, starts: Integers, quantities: tuple[Quantity, ...], rng: np.random.Generator | None
) -> dict[str, Floats]:
    """The columns made of some quantities, with the normals of a generator where these are drawn."""
    from mcsim.kernels.mixed_data import count_normals, count_units, put_columns, put_values
    from mcsim.mechanisms.composition.recipe import recipe

    columns = tuple(c for c in plan.model.columns if any(q.column == c for q in quantities))
    alone = recipe(plan.model.only(quantities, columns), ())
    n, count = int(starts[0, 0, -1]), count_normals(alone.quantities, starts[0])
    normals = rng.standard_normal(count) if rng is not None else np.empty(0)
    values, own = np.empty((len(quantities), n)), np.empty((len(columns), n))
    units = np.empty(starts.shape[1] + 1, dtype=np.int64)
    count_units(starts[0], units)
    put_values(alone, normals, starts[0], units, values)
    put_columns(alone, starts[0], values, own)
    return dict(zip(columns, own, strict=True))


def _matrix(held: Mapping[str, Floats], names: tuple[str, ...], n: int) -> Floats:
    return np.array([held[name] for name in names]).reshape(len(names), n)


def _effects(plan: _Plan, starts: Integers, values: Floats) -> dict[str, Floats]:
    """The random effects and residuals of every row."""
    named = {add.what for add in plan.model.adds}
    found, row = {}, 0
    for q in (q for q in plan.model.quantities if q.column not in plan.held or not q.column):
        if q.name in named and not q.column:
            bounds = starts[q.level - 1]
            sizes = np.diff(bounds)
            found[q.name] = np.repeat(values[row, : len(sizes)], sizes)
        elif q.name == "e":
            found[q.name] = values[row].copy()
        row += 1
    return found
