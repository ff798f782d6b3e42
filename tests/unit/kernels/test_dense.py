"""The oracle itself, against what is known without it: closed forms, and differences of its own criterion."""

import numpy as np
import pytest
from mixed_models import SLOPE, dense, draw

from mcsim.kernels import dense as oracle

BALANCED = "y ~ 1 + (1 | cluster)"
DIRECTIONS = np.array([[0, 0], [1, 0], [1, 1]])


def mean_squares(data, size):
    means = data["y"].reshape(-1, size)
    within = ((means - means.mean(axis=1, keepdims=True)) ** 2).sum() / (len(means) * (size - 1))
    return size * means.mean(axis=1).var(ddof=1), within


def test_without_random_effects_it_is_the_linear_model():
    model = dense(SLOPE, draw(1, [4, 5, 6]))
    found = oracle.solution(model, np.zeros((2, 2)))
    beta, squares, _, _ = np.linalg.lstsq(model.X, model.y)
    assert np.allclose(found.beta, beta)
    assert np.isclose(found.sigma**2, squares[0] / 13)
    assert np.allclose(found.beta_cov, squares[0] / 13 * np.linalg.inv(model.X.T @ model.X))


def test_a_balanced_random_intercept_has_its_least_reml_criterion_at_the_analysis_of_variance():
    data = draw(2, [5] * 8)
    between, within = mean_squares(data, 5)
    D = np.array([[(between / within - 1) / 5]])
    model = dense(BALANCED, data)
    found = oracle.solution(model, D)
    assert np.isclose(found.sigma**2, within)
    assert np.isclose(found.beta_cov[0, 0], between / 40)
    assert np.allclose(oracle.gradient(model, D), 0, atol=1e-9)


def test_the_information_of_a_balanced_random_intercept_is_that_of_the_mean_squares():
    data = draw(2, [5] * 8)
    between, within = mean_squares(data, 5)
    D = np.array([[(between / within - 1) / 5]])
    inverse = np.linalg.inv(oracle.information(dense(BALANCED, data), DIRECTIONS[:1], D, within))
    variances = 2 * between**2 / 7, 2 * within**2 / 32
    assert np.isclose(inverse[1, 1], variances[1])
    assert np.isclose(inverse[0, 0], sum(variances) / 25)


@pytest.mark.parametrize("reml", [True, False])
def test_the_gradient_is_that_of_the_criterion(reml):
    model = dense(SLOPE, draw(3, [3, 1, 6, 4, 5]), reml=reml)
    D = np.array([[1.0, 0.2], [0.2, 0.5]])
    for a, b in DIRECTIONS:
        step = np.zeros((2, 2))
        step[a, b] = step[b, a] = 1e-5
        upper, lower = (oracle.solution(model, D + sign * step).criterion for sign in (1, -1))
        times = 1 if a == b else 2
        assert np.isclose((upper - lower) / 2e-5, times * oracle.gradient(model, D)[a, b], rtol=1e-6, atol=1e-6)
