"""The finding of studies/growth_ar1.py: ignored autocorrelation goes into the variances, and random slopes save tests.

Everybody is measured at the same times, so that the restricted maximum likelihood estimates are moments of the lines
fitted to each person, and their expectations are exact where no variance is at its boundary.
"""

from pathlib import Path

import numpy as np
import pytest
from moments import beyond, errors

from mcsim.loading import load_study
from mcsim.mechanisms import AR1, Times
from mcsim.model import QUANTITIES
from mcsim.streams import DATA, Streams

STUDY = load_study(Path(__file__).parents[2] / "studies" / "growth_ar1.py")
REPLICATIONS = 400


def condition(**wanted):
    """The one condition of the study that has these levels."""
    (found,) = [
        one for one in STUDY.conditions.values() if all(getattr(one, name) == level for name, level in wanted.items())
    ]
    return found


def fits(model, method):
    streams = Streams(7, "c0", DATA, 0, REPLICATIONS)
    return STUDY.methods[method].fit_block(model.simulate_block(streams), streams)


def column(found, estimand, quantity="estimate"):
    return found.values[:, found.estimands.index(estimand), QUANTITIES.index(quantity)]


def expected(model):
    """What the variances are taken for when residuals are thought independent."""
    times = np.array(model.times)
    X = np.vander(times, 2, increasing=True)
    R = model.sigma2 * model.residual_correlation.rho ** np.abs(np.subtract.outer(times, times))
    lines = np.linalg.pinv(X)
    residual = np.trace(R - X @ lines @ R) / (len(times) - 2)
    added = lines @ R @ lines.T - residual * lines @ lines.T
    return {
        "var_(Intercept)|person": model.tau2 + added[0, 0],
        "cov_time.(Intercept)|person": model.covariance + added[1, 0],
        "var_time|person": model.slope_variance + added[1, 1],
        "var_residual": residual,
    }


@pytest.mark.parametrize("occasions", [4, 8, Times(0, 1, 3, 7)], ids=str)
def test_ignored_autocorrelation_goes_into_the_variances_as_the_closed_form_says(occasions):
    model = condition(n_persons=80, occasions=occasions, slope_variance=0.1, residual_correlation=AR1(rho=0.6))
    found, wanted = fits(model, "slopes"), expected(model)
    assert beyond({name: errors(column(found, name), value) for name, value in wanted.items()}) == {}
    true = {name: model.truth()[name] for name in wanted}
    assert set(beyond({name: errors(column(found, name), value) for name, value in true.items()})) == set(wanted)


@pytest.mark.parametrize("method", ["slopes", "OLS CR2"])
def test_the_test_of_treatment_by_time_holds_its_level_with_random_slopes_or_robust_errors(method):
    model = condition(n_persons=80, occasions=8, slope_variance=0.0, residual_correlation=AR1(rho=0.6))
    rejected = column(fits(model, method), "time:treatment", "p_value") < 0.05
    assert beyond({"rejection": errors(rejected, 0.05)}) == {}


def test_without_random_slopes_it_rejects_too_often():
    model = condition(n_persons=80, occasions=8, slope_variance=0.0, residual_correlation=AR1(rho=0.6))
    rejected = column(fits(model, "intercepts"), "time:treatment", "p_value") < 0.05
    assert errors(rejected, 0.05) > 4.5
