"""What happens to growth curves when residuals of neighbouring occasions correlate and the model ignores it?

After Ferron, Dailey & Yi (2002) and Kwok, West & Green (2007): a straight line for each person, half of them treated,
residuals with first-order autocorrelation that the mixed model takes for independent. Persons, occasions (also with
growing distances) and the autocorrelation vary. Least squares with cluster-robust errors does not model it either, but
its errors hold. The treatment changes the slope or does not.
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
    replications=2000,
    seed=2007,
)
