"""Data and methods for tests of the methods that call other packages."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mcsim import Dataset, Mechanism
from mcsim.methods import Gee, Mixedlm, StatsmodelsMixedLM
from mcsim.model import QUANTITIES

GOLDEN = Path(__file__).parent / "golden"
TWO_LEVEL = (
    "article_m0",
    "article_m1",
    "article_m2",
    "article_m3",
    "dyestuff",
    "dyestuff2",
    "singular_slope",
    "sleepstudy",
    "two_slopes",
    "unbalanced_slope",
)
SLOPE = "y ~ x + (1 + x | cluster)"

METHODS = {
    "gee": Gee(),
    "gee, independence, corrected": Gee(working="independence", small_sample="mancl_derouen"),
    "statsmodels": StatsmodelsMixedLM(),
    "statsmodels, independent effects, ML": StatsmodelsMixedLM("y ~ x + (1 + x || cluster)", reml=False),
    "mixedlm": Mixedlm(),
    "mixedlm, binomial": Mixedlm("y ~ x + (1 | cluster)", family="binomial"),
    "mixedlm, poisson": Mixedlm("y ~ x + (1 | cluster)", family="poisson"),
}
"""Every method with every kind of model it has, for data whose formula is `SLOPE`."""


def reference(name):
    """A golden data set as a frame, and what R says of it."""
    return pd.read_csv(GOLDEN / f"{name}.csv"), json.loads((GOLDEN / f"{name}.json").read_text())


def dataset(frame, formula=""):
    return Dataset({name: frame[name].to_numpy() for name in frame}, formula)


def analysed(method, frame, formula=""):
    return method.fit(dataset(frame, formula), np.random.default_rng())


def quantity(estimates, name):
    return estimates.values[0, :, QUANTITIES.index(name)]


def drawn(method, *, seed=1, clusters=12, size=8):
    """A frame with a random slope, its response of the kind that the method is for."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), size)
    x = rng.standard_normal(len(cluster))
    u, v = rng.standard_normal((2, clusters))
    predictor = 0.5 * x + 0.8 * u[cluster] + 0.5 * v[cluster] * x
    family = getattr(method, "family", "gaussian")
    if family == "gaussian":
        y = 1 + predictor + rng.standard_normal(len(cluster))
    elif family == "binomial":
        y = (rng.random(len(cluster)) < 1 / (1 + np.exp(-predictor))).astype(float)
    else:
        y = rng.poisson(np.exp(predictor)).astype(float)
    return pd.DataFrame({"y": y, "x": x, "cluster": cluster.astype(float)})


@dataclass(frozen=True, kw_only=True)
class Drawn(Mechanism):
    """Zeros and ones, or counts, with an intercept that varies between clusters."""

    family: str = "binomial"

    def columns(self):
        return ("y", "x", "cluster")

    def formula(self):
        return "y ~ x + (1 | cluster)"

    def truth(self):
        return {"(Intercept)": 0.2, "x": 0.5, "var_(Intercept)|cluster": 0.5, "var_residual": np.nan}

    def simulate(self, rng, design=None):
        cluster, x = np.repeat(np.arange(12), 8), rng.standard_normal(96)
        mean = np.exp(0.2 + 0.5 * x + np.sqrt(0.5) * rng.standard_normal(12)[cluster])
        y = rng.random(96) < mean / (1 + mean) if self.family == "binomial" else rng.poisson(mean)
        return Dataset({"y": y.astype(float), "x": x, "cluster": cluster})
