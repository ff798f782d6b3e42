"""Balanced random-intercept conditions, where the truth is known in closed form.

J clusters of n rows. The REML estimate of the intercept variance is the analysis-of-variance one, max(0, (MSB - MSW)/n)
(Searle, Casella & McCulloch 1992, section 4.5); it is 0 with probability F(sigma2/(sigma2 + n tau2)) for the F
distribution with J - 1 and J(n - 1) degrees of freedom, under ML with the argument times J/(J - 1). Where the boundary
plays no part, the z interval of the intercept covers as often as |t| with J - 1 degrees of freedom is below 1.96.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import mcsim
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel
from mcsim.streams import DATA, Streams
from proof.judgement import Judgement, share, within

REPLICATIONS = 40_000
BOUNDARY = {"n_clusters": 10, "cluster_size": 5, "tau2": 0.05, "sigma2": 0.95}
INTERIOR = {"n_clusters": 20, "cluster_size": 50, "tau2": 0.3, "sigma2": 0.7}


def _study(seed: int) -> mcsim.Study:
    return mcsim.Study(
        conditions=mcsim.grid(TwoLevel, **BOUNDARY) + mcsim.grid(TwoLevel, **INTERIOR),
        methods={"REML": LinearMixedModel(), "ML": LinearMixedModel(reml=False)},
        replications=REPLICATIONS,
        seed=seed,
        name="closed forms",
    )


def probability_of_zero(n_clusters: int, cluster_size: int, tau2: float, sigma2: float, *, reml: bool) -> float:
    """P(estimated intercept variance = 0)."""
    argument = sigma2 / (sigma2 + cluster_size * tau2) * (1 if reml else n_clusters / (n_clusters - 1))
    return float(stats.f.cdf(argument, n_clusters - 1, n_clusters * (cluster_size - 1)))


def anova_estimate(y: np.ndarray) -> float:
    """max(0, (MSB - MSW)/n) of a J x n array."""
    clusters, size = y.shape
    between = size * y.mean(axis=1).var(ddof=1)
    within_ms = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum() / (clusters * (size - 1))
    return max(0.0, (between - within_ms) / size)


def _anova(study: mcsim.Study, seed: int) -> Iterator[Judgement]:
    """The largest distance between REML and the analysis of variance over 500 data sets."""
    for key, condition in study.conditions.items():
        method = LinearMixedModel()
        streams = Streams(seed, key, DATA, 0, 500)
        block = condition.simulate_block(streams)
        estimates = method.fit_block(block, streams)
        position = estimates.estimands.index("var_(Intercept)|cluster")
        y = block.values[:, block.names.index("y")].reshape(500, condition.n_clusters, condition.cluster_size)
        gaps = [abs(estimates.values[i, position, 0] - anova_estimate(y[i])) for i in range(500)]
        yield within(f"J={condition.n_clusters}: REML - ANOVA, largest of 500", max(gaps), 0.0, 1e-6)


def judgements(results: Path, seed: int) -> Iterator[Judgement]:
    """Every closed form beside what the study gives."""
    study = _study(seed)
    yield from _anova(study, seed)
    run = mcsim.run(study, results=results, progress=False)
    boundary, interior = study.conditions
    estimates = pd.read_parquet(run.path / "estimates", columns=["rep", "method", "estimand", "estimate", "condition"])
    rows = estimates[(estimates.condition == boundary) & (estimates.estimand == "var_(Intercept)|cluster")]
    for method, reml in (("REML", True), ("ML", False)):
        zero = float((rows.estimate[rows.method == method] == 0).mean())
        known = probability_of_zero(**BOUNDARY, reml=reml)
        yield share(f"J=10, n=5, icc .05, {method}: P(tau2 = 0)", zero, known, REPLICATIONS)
    table = run.performance.query("measure == 'coverage' and estimand == '(Intercept)' and method == 'REML'")
    coverage = float(table.set_index("condition").value[interior])
    known = 1 - 2 * stats.t.sf(stats.norm.ppf(0.975), INTERIOR["n_clusters"] - 1)
    yield share("J=20, n=50, icc .3, REML: coverage of the z interval", coverage, float(known), REPLICATIONS)
