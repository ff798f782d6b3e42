"""What do clusters of unequal size cost, and whose mean is estimated where size tells about the outcome?"""

from dataclasses import dataclass

import numpy as np

from mcsim import Estimates, Method, Study, grid, parameter
from mcsim.mechanisms import LogNormalSizes, NegativeBinomial, SmallClusters, TwoLevel
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares, ReportedAs
from mcsim.methods.wald import wald
from mcsim.parameters import number

OF_ROWS = {"(Intercept)": "(Intercept)_unit"}


@dataclass(frozen=True, kw_only=True)
class ClusterMeans(Method):
    """Least squares on the means of clusters, each of which counts the same: y on z, with t on clusters less two."""

    level: float = parameter("confidence level of the intervals", number(above=0, below=1), 0.95)

    def estimands(self, condition):
        return ("(Intercept)", "z")

    def fit(self, dataset, rng):
        cluster = dataset.columns["cluster"] - 1
        y, z = (np.bincount(cluster, dataset.columns[name]) / np.bincount(cluster) for name in "yz")
        X = np.column_stack([np.ones_like(z), z])
        inverse = np.linalg.inv(X.T @ X)
        estimate, df = inverse @ X.T @ y, len(y) - 2
        sigma2 = ((y - X @ estimate) ** 2).sum() / df
        values = wald(estimate, np.sqrt(sigma2 * np.diag(inverse)), self.level, df=df)
        return Estimates(("(Intercept)", "z"), values[None], np.zeros((1, 2), dtype=np.int8))


mixed_model = LinearMixedModel(df="kenward_roger")
least_squares = OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey")
counts = [NegativeBinomial(mean=20, cv=0.4), NegativeBinomial(mean=20, cv=0.8)]

study = Study(
    conditions=grid(
        TwoLevel,
        n_clusters=[10, 30],
        cluster_size=[
            20,
            *counts,
            LogNormalSizes(mean=20, cv=0.4),
            LogNormalSizes(mean=20, cv=0.8),
            SmallClusters(share=0.5, small=5, large=35),
        ],
        informative_size=[0.0, 0.5],
        tau2=[0.05, 0.25],
        gamma01=0.0,
        where=lambda c: c.informative_size == 0 or c.cluster_size in counts,
    ),
    methods={
        "mixed model": mixed_model,
        "cluster means": ClusterMeans(),
        "OLS": least_squares,
        "mixed model of rows": ReportedAs(mixed_model, OF_ROWS),
        "OLS of rows": ReportedAs(least_squares, OF_ROWS),
    },
    replications=2000,
    seed=2026,
)
