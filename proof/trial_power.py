"""Power of a balanced cluster randomised trial, where it is known in closed form.

J clusters of n persons, half of them treated. The estimated effect is the difference of the arms' means, with variance
4 (tau2 + sigma2 / n) / J; where the intercept variance is not estimated as 0, REML estimates that as the mean square
between clusters does, on J - 2 degrees of freedom, which are those of Kenward-Roger too. So the test is the t test of
cluster means, and its power that of a noncentral t (Donner & Klar 2000, Design and Analysis of Cluster Randomization
Trials in Health Research, sec. 5.2).
"""

from collections.abc import Iterator
from pathlib import Path

from scipy import stats

import mcsim
from mcsim.mechanisms import Trial
from mcsim.mechanisms.trial import TrialByEffectSizes
from mcsim.methods import LinearMixedModel
from proof.judgement import Judgement, share

REPLICATIONS = 40_000
DESIGN = {"n_clusters": [10, 20, 40], "cluster_size": 50, "icc": 0.2, "d": [0.0, 0.3, 0.5]}
"""Trials in which the intercept variance is hardly ever estimated as 0."""


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
    """The simulated power of every trial beside the exact one."""
    study = mcsim.Study(
        conditions=mcsim.grid(Trial.from_effect_sizes, **DESIGN),
        methods={"KR": LinearMixedModel(df="kenward_roger")},
        replications=REPLICATIONS,
        seed=seed,
        name="trial power",
    )
    table = mcsim.run(study, results=results, progress=False).performance
    rows = table.query("measure == 'rejection' and estimand == 'treatment'").set_index("condition")
    for key, trial in study.conditions.items():
        title = f"J={trial.n_clusters}, n=50, icc .2, d={trial.d:g}: power"
        yield share(title, float(rows.value[key]), power(trial), REPLICATIONS)
