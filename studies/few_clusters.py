"""Which interval holds its 95 % when there are few clusters?

Six, ten and twenty clusters of ten with random intercepts and slopes, an effect of x within clusters and one of z
between them. Every method analyses the same data, and is compared with Kenward-Roger. Needs the packages that some
methods call: pip install 'mcsim[statsmodels,mixedlm]', or make few-clusters.
"""

from mcsim import Study, grid
from mcsim.mechanisms import TwoLevel
from mcsim.methods import (
    FixedEffects,
    Gee,
    LinearMixedModel,
    Mixedlm,
    OrdinaryLeastSquares,
    StatsmodelsMixedLM,
)

study = Study(
    conditions=grid(
        TwoLevel,
        n_clusters=[6, 10, 20],
        cluster_size=10,
        tau2=0.25,
        slope_variance=0.1,
        covariance=0.0,
        gamma10=0.0,
        gamma01=0.0,
    ),
    methods={
        "normal": LinearMixedModel(),
        "residual df": LinearMixedModel(df="residual"),
        "between-within": LinearMixedModel(df="between_within"),
        "Satterthwaite": LinearMixedModel(df="satterthwaite"),
        "Kenward-Roger": LinearMixedModel(df="kenward_roger"),
        "profile": LinearMixedModel(intervals="profile", tests="likelihood_ratio"),
        "profile REML": LinearMixedModel(intervals="profile_reml"),
        "bootstrap": LinearMixedModel(intervals="bootstrap", n_boot=1000),
        "OLS": OrdinaryLeastSquares(),
        "OLS CR0": OrdinaryLeastSquares(covariance="CR0"),
        "OLS CR2": OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey"),
        "fixed effects": FixedEffects(),
        "fixed effects CR2": FixedEffects(covariance="CR2", df="bell_mccaffrey"),
        "GEE": Gee(),
        "GEE Mancl-DeRouen": Gee(small_sample="mancl_derouen"),
        "statsmodels": StatsmodelsMixedLM(),
        "mixedlm": Mixedlm(),
    },
    reference="Kenward-Roger",
    replications=1000,
    seed=2026,
)
