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


def random_slope(replications: int, *, n_clusters: int = 20, cluster_size: int = 50) -> Study:
    """One condition, the random slope of `benchmarks.samples`, fitted by REML."""
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
    )
    return Study(
        conditions=conditions,
        methods={"REML": LinearMixedModel()},
        replications=replications,
        seed=1,
        name="benchmark",
    )


@dataclass(frozen=True, kw_only=True)
class NoData(Mechanism):
    """Simulates nothing, in blocks."""

    def columns(self) -> tuple[str, ...]:
        """One column."""
        return ("y",)

    def formula(self) -> str:
        """Its mean."""
        return "y ~ 1"

    def truth(self) -> dict[str, float]:
        """One estimand."""
        return {"(Intercept)": 0.0}

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

    def estimands(self, condition: Mechanism) -> tuple[str, ...]:
        """One estimand."""
        del condition
        return ("(Intercept)",)

    def fit(self, dataset: Dataset, rng: np.random.Generator) -> Estimates:
        """Zeros."""
        del dataset, rng
        return Estimates(("(Intercept)",), np.zeros((1, 1, 6)), np.zeros((1, 1), np.int8))

    def fit_block(self, block: DatasetBlock, streams: Streams) -> Estimates:
        """Zeros."""
        del streams
        return Estimates(("(Intercept)",), np.zeros((len(block), 1, 6)), np.zeros((len(block), 1), np.int8))


def nothing(replications: int) -> Study:
    """A study whose work is free: what it costs is the framework."""
    return Study(
        conditions=grid(NoData),
        methods={"nothing": NoAnalysis()},
        replications=replications,
        seed=1,
        name="nothing",
    )
