"""The study of growth curves finds what follows from the least squares lines of persons.

With the same times for all persons, REML's variances are moments of these lines: the residual mean square around them,
and their covariance matrix less what that makes up of it. Under autocorrelated residuals both expectations are known.
"""

from pathlib import Path

import numpy as np
import pytest
from moments import LIMIT
from running import run

from mcsim import load_study
from mcsim.mechanisms import AR1

REPLICATIONS = 200
STUDY = Path(__file__).parents[2] / "studies" / "growth_ar1.py"


@pytest.fixture(scope="module")
def study():
    return load_study(STUDY)


@pytest.fixture(scope="module")
def table(study, tmp_path_factory):
    return run(study, tmp_path_factory.mktemp("results"), replications=REPLICATIONS).performance


def expected(condition):
    """What the variances of the model without autocorrelation are estimated as, by estimand."""
    times = np.array(condition.times)
    rho = condition.residual_correlation.rho if isinstance(condition.residual_correlation, AR1) else 0.0
    R = condition.sigma2 * rho ** np.abs(times[:, None] - times)  # 0 ** 0 is 1
    X = np.column_stack([np.ones_like(times), times])
    inverse = np.linalg.inv(X.T @ X)
    residual = np.trace((np.eye(len(times)) - X @ inverse @ X.T) @ R) / (len(times) - 2)
    D = np.array([[condition.tau2, condition.covariance], [condition.covariance, condition.slope_variance]])
    D = D + inverse @ X.T @ R @ X @ inverse - residual * inverse
    return {
        "var_(Intercept)|person": D[0, 0],
        "cov_time.(Intercept)|person": D[0, 1],
        "var_time|person": D[1, 1],
        "var_residual": residual,
    }


def test_ignored_autocorrelation_biases_variances_by_known_amounts(study, table):
    bias = table[(table.measure == "bias") & (table.method == "Satterthwaite")].set_index(["condition", "estimand"])
    tested = 0
    for key, condition in study.conditions.items():
        if condition.n_persons < 100:
            continue  # a slope variance estimated as 0 would be no such moment
        for estimand, value in expected(condition).items():
            found = bias.loc[key, estimand]
            off = found.value - (value - condition.truth()[estimand])
            assert abs(off) < LIMIT * found.mcse, (condition, estimand)
            tested += 1
    assert tested == 4 * 18


def test_the_treatment_by_time_keeps_its_level(study, table):
    rows = table[(table.measure == "rejection") & (table.estimand == "time:treatment")]
    null = [key for key, condition in study.conditions.items() if condition.gamma11 == 0]
    for method in ("Satterthwaite", "OLS CR2"):
        shares = rows[(rows.method == method) & rows.condition.isin(null)].value
        assert len(shares) == 18
        assert abs(shares.mean() - 0.05) < LIMIT * (0.05 * 0.95 / (18 * REPLICATIONS)) ** 0.5
