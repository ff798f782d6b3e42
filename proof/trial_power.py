"""Power of a balanced cluster randomised trial, where it is known in closed form.

J clusters of n persons, half of them treated. The estimated effect is the difference of the arms' means, with variance
4 (tau2 + sigma2 / n) / J; where the intercept variance is not estimated as 0, REML estimates that as the mean square
between clusters does, on J - 2 degrees of freedom, which are those of Kenward-Roger too. So the test is the t test of
cluster means, and its power that of a noncentral t (Donner & Klar 2000, Design and Analysis of Cluster Randomization
Trials in Health Research, sec. 5.2).
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from scipy import stats

import mcsim
from mcsim.mechanisms import Trial, TrialByEffectSizes
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares
from proof.judgement import Judgement, share

REPLICATIONS = 40_000
BELOW_ERROR = 1e-3  # a probability of an estimate of 0 that is below the standard error of a power
DESIGN = {"n_clusters": [10, 20, 40], "cluster_size": 50, "icc": 0.2, "d": [0.0, 0.3, 0.5]}
"""Trials in which the intercept variance is hardly ever estimated as 0."""

BOUNDARY = {"n_clusters": 10, "cluster_size": 5, "icc": 0.01, "d": [0.0, 0.5]}
"""Trials in which it mostly is."""

METHODS = {
    "t test": OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey"),
    "KR": LinearMixedModel(df="kenward_roger"),
}
"""With equal clusters and arms the first is the t test of cluster means, to the last digits."""


def power(trial: TrialByEffectSizes, level: float = 0.05) -> float:
    """The power of the two-sided t test of cluster means, at equal sizes and allocation."""
    clusters, size = trial.n_clusters, trial.cluster_size
    assert isinstance(size, int)
    error = (4 * (trial.tau2 + trial.sigma2 / size) / clusters) ** 0.5
    critical = stats.t.isf(level / 2, clusters - 2)
    rejects = stats.nct(clusters - 2, trial.gamma_treatment / error)
    return float(rejects.sf(critical) + rejects.cdf(-critical))


def probability_of_zero(trial: TrialByEffectSizes) -> float:
    """P(estimated intercept variance = 0): that the mean square between clusters is below that within."""
    clusters, size = trial.n_clusters, trial.cluster_size
    assert isinstance(size, int)
    ratio = trial.sigma2 / (trial.sigma2 + size * trial.tau2)
    return float(stats.f.cdf(ratio, clusters - 2, clusters * (size - 1)))


def judgements(results: Path, seed: int) -> Iterator[Judgement]:
    """The simulated power of every trial beside the exact one, and how often the variance is 0 where it may be."""
    study = mcsim.Study(
        conditions=mcsim.grid(Trial.from_effect_sizes, **DESIGN) + mcsim.grid(Trial.from_effect_sizes, **BOUNDARY),
        methods=METHODS,
        replications=REPLICATIONS,
        seed=seed,
        name="trial power",
    )
    run = mcsim.run(study, results=results, progress=False)
    rows = run.performance.query("measure == 'rejection' and estimand == 'treatment'")
    found = rows.set_index(["condition", "method"]).value
    for key, trial in study.conditions.items():
        title = f"J={trial.n_clusters}, n={trial.cluster_size}, icc {trial.icc:g}, d={trial.d:g}"
        yield share(f"{title}: power, t test", float(found[key, "t test"]), power(trial), REPLICATIONS)
        if (zero := probability_of_zero(trial)) < BELOW_ERROR:
            yield share(f"{title}: power, Kenward-Roger", float(found[key, "KR"]), power(trial), REPLICATIONS)
            continue
        print(f"{title}: power, Kenward-Roger {found[key, 'KR']:.4f}; decides nothing")
        yield share(f"{title}: P(tau2 = 0)", _share_of_zeros(run.path, key), zero, REPLICATIONS)


def _share_of_zeros(path: Path, key: str) -> float:
    """In how many replications of a condition REML estimates the intercept variance as 0."""
    chosen = [("condition", "==", key), ("method", "==", "KR"), ("estimand", "==", "var_(Intercept)|cluster")]
    estimates = pd.read_parquet(path / "estimates", columns=["estimate"], filters=chosen)
    return float((estimates.estimate == 0).mean())
