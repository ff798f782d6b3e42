"""The data sets that every contestant fits: 20 clusters of 50 rows with a random slope."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FORMULA = "y ~ x + (1 + x | cluster)"
TAU2, COVARIANCE, SLOPE_VARIANCE, SIGMA2 = 5.0, 1.0, 3.0, 3.0
GAMMA00, GAMMA10 = 2.0, 5.0


class Samples(NamedTuple):
    """Data sets of one design: y and x are (count, rows), cluster is (rows,) with clusters 1 to n_clusters."""

    y: npt.NDArray[np.float64]
    x: npt.NDArray[np.float64]
    cluster: npt.NDArray[np.int64]

    def part(self, start: int, count: int) -> "Samples":
        """The `count` data sets from `start`."""
        return Samples(self.y[start : start + count], self.x[start : start + count], self.cluster)

    def repeated(self, times: int) -> "Samples":
        """The same data sets over and over."""
        return Samples(np.tile(self.y, (times, 1)), np.tile(self.x, (times, 1)), self.cluster)


def draw(count: int, *, n_clusters: int = 20, cluster_size: int = 50, seed: int = 1) -> Samples:
    """Draw data sets from the random-slope model with numpy alone."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), cluster_size)
    x = rng.standard_normal((count, cluster.size))
    effects = rng.multivariate_normal(
        [GAMMA00, GAMMA10], [[TAU2, COVARIANCE], [COVARIANCE, SLOPE_VARIANCE]], size=(count, n_clusters)
    )
    noise = np.sqrt(SIGMA2) * rng.standard_normal(x.shape)
    return Samples(effects[:, cluster, 0] + effects[:, cluster, 1] * x + noise, x, cluster + 1)


def write(samples: Samples, folder: Path) -> None:
    """Write each data set as 0.csv, 1.csv, ... with every digit."""
    for index, (y, x) in enumerate(zip(samples.y, samples.x, strict=True)):
        table = np.column_stack([y, x, samples.cluster])
        np.savetxt(
            folder / f"{index}.csv",
            table,
            fmt=["%.17g", "%.17g", "%d"],
            delimiter=",",
            header="y,x,cluster",
            comments="",
        )
