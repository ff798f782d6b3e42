"""What happens to a growth model that takes autocorrelated residuals for independent ones?

After Kwok, West & Green (2007), The impact of misspecifying the within-subject covariance structure in multiwave
longitudinal multilevel models, Multivariate Behavioral Research 42, 557-592, and Ferron, Dailey & Yi (2002), Effects of
misspecifying the first-level error structure in two-level models of change, same journal, 37, 379-403: variances of
intercept and slope, and standard errors and tests of time and of treatment by time. No method here models the
autocorrelation; treatment has no effect.

With 80 persons, rho .6 and slopes that differ (variance 0.1), the variance of slopes is overestimated by 0.104 (MCSE
0.001) at 4 occasions and by 0.029 (0.001) at 8, that of intercepts (1) by 0.73 and 0.68 (0.01); the residual variance
takes the loss. Random slopes absorb the autocorrelation, so that the test of treatment by time holds its 5 % (rejects
.053 and .048, MCSE .007), as does OLS with cluster-robust errors. Without random slopes, and where slopes do not
differ, it rejects .133 (.011) and .213 (.013), and standard errors of time are 23 % and 37 % (1.6, 1.4) too small.
"""

from mcsim import Study, grid
from mcsim.mechanisms import AR1, Growth, Independent, Times
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

study = Study(
    conditions=grid(
        Growth,
        n_persons=[20, 80],
        occasions=[4, 8, Times(0, 1, 3, 7)],
        tau2=1.0,
        slope_variance=[0.0, 0.1],
        covariance=0.0,
        gamma10=0.2,
        gamma01=0.0,
        gamma11=0.0,
        residual_correlation=[Independent(), AR1(rho=0.3), AR1(rho=0.6)],
    ),
    methods={
        "slopes": LinearMixedModel(df="satterthwaite"),
        "intercepts": LinearMixedModel("y ~ time * treatment + (1 | person)", df="satterthwaite"),
        "OLS CR2": OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey", cluster="person"),
    },
    replications=1000,
    seed=2007,
)
