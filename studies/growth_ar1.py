"""What happens to growth curves when residuals of neighbouring occasions correlate and the model ignores it?

After Ferron, Dailey & Yi (2002) and Kwok, West & Green (2007): a straight line for each person, half of them treated,
residuals with first-order autocorrelation that the mixed model takes for independent. Persons, occasions (also with
growing distances) and the autocorrelation vary. Least squares with cluster-robust errors does not model it either, but
its errors hold. The treatment changes the slope or does not.

What came out, with 100 persons and an autocorrelation of .6 (true variances: intercept 1, slope 0.2, residual 1): with
4 occasions the intercept variance is estimated as 1.73 (MCSE .01), that of the slope as 0.30 (.001), the residual
variance as 0.37 (.001), and their covariance of 0 as -0.15 (.002); with 8 occasions as 1.68, 0.23, 0.53 and -0.10.
These are the figures that follow from the least squares lines of persons. Fixed effects are unbiased all the same, and
tests of the treatment by time keep their level (.040 to .056, MCSE .005), as with cluster-robust errors: what
autocorrelation does to the lines of persons, the wrong variances make up for.
"""

from mcsim import Study, grid
from mcsim.mechanisms import AR1, Growth, Independent, Times
from mcsim.methods import LinearMixedModel, OrdinaryLeastSquares

study = Study(
    conditions=grid(
        Growth,
        n_persons=[30, 100],
        occasions=[4, 8, Times(0, 1, 2, 4, 8)],
        tau2=1.0,
        slope_variance=0.2,
        covariance=0.0,
        sigma2=1.0,
        gamma10=0.2,
        gamma01=0.0,
        gamma11=[0.0, 0.3],
        residual_correlation=[Independent(), AR1(rho=0.3), AR1(rho=0.6)],
    ),
    methods={
        "Satterthwaite": LinearMixedModel(df="satterthwaite"),
        "profile": LinearMixedModel(df="satterthwaite", intervals="profile_reml"),
        "OLS CR2": OrdinaryLeastSquares(covariance="CR2", df="bell_mccaffrey", cluster="person"),
    },
    replications=1000,
    seed=2007,
)
