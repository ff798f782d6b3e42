"""Cluster randomised trials with equal clusters and arms, where power is known in closed form.

J clusters of n. The t test on cluster means is exact: J - 2 degrees of freedom, noncentrality d / sqrt(4 (icc +
(1 - icc) / n) / J) for an effect of d standard deviations (Donner & Klar 2000, section 5). REML with Kenward-Roger
degrees of freedom is the same test unless it estimates the intercept variance as 0, which it does with probability
F((1 - icc) / (1 - icc + n icc)) for the F distribution with J - 2 and J(n - 1) degrees of freedom.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from scipy import stats

import mcsim
from mcsim.mechanisms import Trial
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares
from proof.judgement import Judgement, share

REPLICATIONS = 40_000
NEVER = 4e-4  # a probability of an estimate of 0 below the Monte Carlo standard error of every power here
METHODS = {
    "t test on cluster means": OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey"),
    "Kenward-Roger": LinearMixedModel(df="kenward_roger"),
    "Satterthwaite": LinearMixedModel(df="satterthwaite"),
}


def power(n_clusters: int, cluster_size: int, icc: float, d: float) -> float:
    """P(p < .05) of the t test on cluster means."""
    df = n_clusters - 2
    shift, critical = d / (4 * (icc + (1 - icc) / cluster_size) / n_clusters) ** 0.5, stats.t.ppf(0.975, df)
    return float(stats.nct.sf(critical, df, shift) + stats.nct.cdf(-critical, df, shift))


def probability_of_zero(n_clusters: int, cluster_size: int, icc: float) -> float:
    """P(estimated intercept variance = 0)."""
    argument = (1 - icc) / (1 - icc + cluster_size * icc)
    return float(stats.f.cdf(argument, n_clusters - 2, n_clusters * (cluster_size - 1)))


def _study(seed: int) -> mcsim.Study:
    interior = mcsim.grid(
        Trial.from_effect_sizes,
        n_clusters=[10, 20, 40],
        cluster_size=[20, 50],
        icc=0.2,
        d=[0.0, 0.25, 0.5],
        where=lambda c: probability_of_zero(c.n_clusters, c.cluster_size, c.icc) < NEVER,
    )
    boundary = mcsim.grid(Trial.from_effect_sizes, n_clusters=10, cluster_size=5, icc=0.01, d=[0.0, 0.5])
    return mcsim.Study(
        conditions=interior + boundary, methods=METHODS, replications=REPLICATIONS, seed=seed, name="trial power"
    )


def judgements(results: Path, seed: int) -> Iterator[Judgement]:
    """The power of every method beside the known one, and how often the boundary is reached where it plays a part."""
    study = _study(seed)
    run = mcsim.run(study, results=results, progress=False)
    table = run.performance.query("measure == 'rejection' and estimand == 'treatment'")
    found = table.set_index(["condition", "method"]).value
    for key, c in study.conditions.items():
        design, zero = (c.n_clusters, c.cluster_size, c.icc), probability_of_zero(c.n_clusters, c.cluster_size, c.icc)
        at = f"J={c.n_clusters}, n={c.cluster_size}, icc {c.icc:g}, d {c.d:g}"
        for method in METHODS if zero < NEVER else list(METHODS)[:1]:
            yield share(f"{at}: {method}", float(found[key, method]), power(*design, c.d), REPLICATIONS)
        if zero >= NEVER:
            print(
                f"{at}: Kenward-Roger {found[key, 'Kenward-Roger']:.4f} where the t test has {power(*design, c.d):.4f}"
            )
            yield share(f"{at}: P(tau2 = 0)", _share_of_zeros(run.path, key), zero, REPLICATIONS)


def _share_of_zeros(path: Path, key: str) -> float:
    """In how many replications of a condition REML estimates the intercept variance as 0."""
    estimates = pd.read_parquet(
        path / "estimates",
        columns=["estimate"],
        filters=[
            ("condition", "==", key),
            ("method", "==", "Kenward-Roger"),
            ("estimand", "==", "var_(Intercept)|cluster"),
        ],
    )
    return float((estimates.estimate == 0).mean())
