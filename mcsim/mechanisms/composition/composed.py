"""The base of mechanism families: whoever says which mixed model its factors mean can be simulated."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mcsim.mechanisms.composition.clusters import Clusters, clusters_of
from mcsim.mechanisms.composition.model import Model
from mcsim.mechanisms.composition.quantities import Quantity
from mcsim.model import Dataset, DatasetBlock, Floats, Mechanism
from mcsim.streams import Streams

if TYPE_CHECKING:
    from mcsim.kernels.recipe import Recipe

Integers = npt.NDArray[np.int64]
Design = Mapping[str, npt.NDArray[Any]]

STARTS = "starts"
"""The name under which a design holds where clusters start."""


class _Plan(NamedTuple):
    """A model ready to be simulated, worked out once for a condition."""

    model: Model
    clusters: Clusters
    held: tuple[str, ...]
    """The columns that a replication does not draw."""
    recipe: "Recipe"

    @property
    def own(self) -> tuple[str, ...]:
        """The columns that differ between replications."""
        return ("y", *(column for column in self.model.columns if column not in self.held))


@dataclass(frozen=True, kw_only=True)
class Composed(Mechanism):
    """A mechanism whose factors mean a `Model`, from which everything is drawn.

    A subclass gives `model`, `formula`, `columns` and `truth`, and says in `grouping_factors` what its levels are
    called, the innermost first. With a factor `predictors` that is ``fixed``, predictors are drawn once.
    """

    @property
    def grouping_factors(self) -> tuple[str, ...]:
        """What the levels are called, the innermost first."""
        return ("cluster",)

    @abstractmethod
    def model(self) -> Model:
        """The model that the factors mean."""

    def equation(self) -> tuple[str, ...]:
        """The generating equation, level by level, in symbols and numbers, one line each."""
        from mcsim.mechanisms.composition.equation import equation

        return equation(self.model(), fixed=self._holds_predictors)

    def rows(self) -> int:
        """The number of rows of a data set; where sizes are drawn, the mean, rounded."""
        return round(self.model().rows)

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
        starts = plan.clusters.starts
        if plan.clusters.drawn == "once":
            starts = found[STARTS] = plan.clusters.from_normals(rng.standard_normal(plan.clusters.innermost))
        if self._holds_predictors and (drawn := _drawn_predictors(plan.model)):
            assert starts is not None
            found |= _columns(plan.model, starts, drawn, rng)
        return found or None

    def simulate(self, rng: np.random.Generator, design: Design | None = None) -> Dataset:
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
        if plan.clusters.drawn == "every replication":
            sizes = rng.standard_normal(plan.clusters.innermost)
            starts = plan.clusters.from_normals(sizes)
        else:
            starts = self._starts(plan, design)
        rest = rng.standard_normal(count_normals(plan.recipe.quantities, starts[0]) - len(sizes))
        n, held = int(starts[0, 0, -1]), self._held(plan, starts, design)
        own, values = np.empty((len(plan.own), n)), np.empty((len(plan.recipe.quantities), n))
        room = (values, own, np.empty(starts.shape[1] + 1, dtype=np.int64))
        put_dataset(plan.recipe, np.concatenate([sizes, rest]), starts[0], _matrix(held, n), room)
        columns = {**dict(zip(plan.own, own, strict=True)), **held, **self._labels(starts[0])}
        components = {**_effects(plan, starts[0], values), **self._coefficients()}
        return Dataset({name: columns[name] for name in self.columns()}, self.formula(), components)

    def simulate_block(self, streams: Streams, design: Design | None = None) -> DatasetBlock:
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
        from mcsim.kernels.sizes import put_labels

        plan = _plan(self)
        varying = plan.clusters.drawn == "every replication"
        starts = plan.clusters.from_streams(streams) if varying else self._starts(plan, design)
        n = int(starts[:, 0, -1].max(initial=0))
        held, own = self._held(plan, starts, design), np.zeros((len(streams), len(plan.own), n))
        put_datasets(plan.recipe, (streams.key, streams.first), starts, _matrix(held, n), own)
        if not varying:
            return DatasetBlock(plan.own, own, {**held, **self._labels(starts[0])}, self.formula())
        labels = np.zeros((len(self.grouping_factors), len(streams), n), dtype=np.int64)
        put_labels(starts, labels)
        own_labels = dict(reversed(list(zip(self.grouping_factors, labels, strict=True))))
        shared, rows = {**held, "id": np.arange(1, n + 1)}, starts[:, 0, -1].copy()
        return DatasetBlock(plan.own, own, shared, self.formula(), rows=rows, own_labels=own_labels)

    @property
    def _holds_predictors(self) -> bool:
        return getattr(self, "predictors", "random") == "fixed"

    def _starts(self, plan: _Plan, design: Design | None) -> Integers:
        """Where clusters start in every replication, if a design is given where there is one."""
        once = plan.clusters.drawn == "once"
        holds = once or (self._holds_predictors and bool(_drawn_predictors(plan.model)))
        if holds and design is None:
            what = "sizes are drawn once" if once else "the predictors are held fixed"
            raise ValueError(f"{what}: give the design that design(rng) draws")
        if not holds and design is not None:
            raise ValueError("nothing is held fixed under these factors: a design is not for this condition")
        starts = (design or {}).get(STARTS, plan.clusters.starts)
        assert starts is not None
        return starts

    def _held(self, plan: _Plan, starts: Integers, design: Design | None) -> dict[str, npt.NDArray[Any]]:
        """The columns that all replications share: those given, and those of the design."""
        given = tuple(q for q in plan.model.quantities if q.given and q.column in plan.held)
        found = {**(_columns(plan.model, starts, given, None) if given else {}), **(design or {})}
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
    clusters = clusters_of(model)
    held = {q.column for q in model.quantities if q.given} if clusters.drawn != "every replication" else set()
    if mechanism._holds_predictors:  # noqa: SLF001
        held |= {q.column for q in _drawn_predictors(model)}
    names = tuple(column for column in model.columns if column in held)
    return _Plan(model, clusters, names, recipe(model, names))


def _drawn_predictors(model: Model) -> tuple[Quantity, ...]:
    """The quantities that predictors are made from, and are drawn."""
    return tuple(q for q in model.quantities if q.column and not q.given)


def _columns(
    model: Model, starts: Integers, quantities: tuple[Quantity, ...], rng: np.random.Generator | None
) -> dict[str, Floats]:
    """The columns made of some quantities, with the normals of a generator where these are drawn."""
    from mcsim.kernels.mixed_data import count_normals, count_units, put_columns, put_values
    from mcsim.mechanisms.composition.recipe import recipe

    columns = tuple(column for column in model.columns if any(q.column == column for q in quantities))
    alone, n = recipe(model.only(quantities, columns), ()), int(starts[0, 0, -1])
    count = count_normals(alone.quantities, starts[0])
    normals = rng.standard_normal(count) if rng is not None else np.empty(0)
    values, own = np.empty((len(quantities), n)), np.empty((len(columns), n))
    units = np.empty(starts.shape[1] + 1, dtype=np.int64)
    count_units(starts[0], units)
    put_values(alone, normals, starts[0], units, values)
    put_columns(alone, starts[0], values, own)
    return dict(zip(columns, own, strict=True))


def _matrix(held: Mapping[str, Floats], n: int) -> Floats:
    return np.array(list(held.values()), dtype=np.float64).reshape(len(held), n)


def _effects(plan: _Plan, starts: Integers, values: Floats) -> dict[str, Floats | float]:
    """The random effects and residuals of every row."""
    named = {add.what for add in plan.model.adds}
    drawn = [q for q in plan.model.quantities if not q.column or q.column not in plan.held]
    found: dict[str, Floats | float] = {}
    for q, of_q in zip(drawn, values, strict=True):
        if q.name in named and q.name not in plan.model.columns:
            sizes = np.diff(starts[q.level - 1])
            found[q.name] = np.repeat(of_q[: len(sizes)], sizes)
        elif q.name == "e":
            found[q.name] = of_q.copy()
    return found
