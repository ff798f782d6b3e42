"""The studies that are timed."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.samples import COVARIANCE, GAMMA00, GAMMA10, SIGMA2, SLOPE_VARIANCE, TAU2
from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel
from mcsim.model import Dataset, DatasetBlock, Estimates, Mechanism, Method
from mcsim.streams import Streams


def random_slope(replications: int, *, n_clusters: int = 20, cluster_size: Any = 50, **further: Any) -> Study:
    """One condition, the random slope of `benchmarks.samples` with further factors if wished, fitted by REML."""
    conditions = grid(
        TwoLevel,
        n_clusters=n_clusters,
        cluster_size=cluster_size,
        tau2=TAU2,
        slope_variance=SLOPE_VARIANCE,
        covariance=COVARIANCE,
        sigma2=SIGMA2,
        gamma00=GAMMA00,
        gamma10=GAMMA10,
        **further,
    )
    return Study(
        conditions=conditions,
        methods={"REML": LinearMixedModel()},
        replications=replications,
        seed=1,
        name="benchmark",
    )


NAMES = ("(Intercept)", "x", "z", "x:z", "var_residual")


@dataclass(frozen=True, kw_only=True)
class NoData(Mechanism):
    """Simulates nothing, in blocks."""

    number: int = 0

    def columns(self) -> tuple[str, ...]:
        """One column."""
        return ("y",)

    def formula(self) -> str:
        """Its mean."""
        return "y ~ 1"

    def truth(self) -> dict[str, float]:
        """Zero for every estimand."""
        return dict.fromkeys(NAMES, 0.0)

    def simulate(self, rng: np.random.Generator, design: Any = None) -> Dataset:
        """A row of zeros."""
        del rng, design
        return Dataset({"y": np.zeros(1)})

    def simulate_block(self, streams: Streams, design: Any = None) -> DatasetBlock:
        """Rows of zeros."""
        del design
        return DatasetBlock(("y",), np.zeros((len(streams), 1, 1)), {})


@dataclass(frozen=True, kw_only=True)
class NoAnalysis(Method):
    """Reports zeros, in blocks."""

    count: int = 1

    def estimands(self, condition: Mechanism) -> tuple[str, ...]:
        """The first so many."""
        del condition
        return NAMES[: self.count]

    def fit(self, dataset: Dataset, rng: np.random.Generator) -> Estimates:
        """Zeros."""
        del dataset, rng
        return self._zeros(1)

    def fit_block(self, block: DatasetBlock, streams: Streams) -> Estimates:
        """Zeros."""
        del streams
        return self._zeros(len(block))

    def _zeros(self, replications: int) -> Estimates:
        shape = (replications, self.count)
        return Estimates(NAMES[: self.count], np.zeros((*shape, 6)), np.zeros(shape, np.int8))


def nothing(replications: int) -> Study:
    """A study whose work is free: what it costs is the framework."""
    return Study(
        conditions=grid(NoData),
        methods={"nothing": NoAnalysis()},
        replications=replications,
        seed=1,
        name="nothing",
    )


def many_conditions(conditions: int) -> Study:
    """Many conditions of a hundred replications whose work is free."""
    return Study(
        conditions=grid(NoData, number=range(conditions)),
        methods={"nothing": NoAnalysis()},
        replications=100,
        seed=1,
        name="many",
    )


def many_estimands(replications: int, estimands: int) -> Study:
    """Twenty conditions with several estimands each."""
    return Study(
        conditions=grid(NoData, number=range(20)),
        methods={"nothing": NoAnalysis(count=estimands)},
        replications=replications,
        seed=1,
        name="rows",
    )


def profiles(replications: int) -> Study:
    """Twenty conditions of fits with profile limits."""
    return Study(
        conditions=grid(TwoLevel, n_clusters=range(10, 30), cluster_size=10, tau2=1.0, gamma10=0.5, slope_variance=0.5),
        methods={"profile": LinearMixedModel(df="kenward_roger", intervals="profile")},
        replications=replications,
        seed=1,
    )
