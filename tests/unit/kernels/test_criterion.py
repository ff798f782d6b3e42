"""The criterion and its derivatives against the dense oracle and against differences, at any D, singular ones too."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from mixed_models import FORMULAS, SLOPE, Evaluator, draw

from mcsim.kernels import dense as oracle

SIZES = st.lists(st.integers(1, 9), min_size=4, max_size=9).filter(lambda sizes: sum(sizes) > 4 * len(sizes))


def random_factor(seed, evaluator, rank):
    """A Lambda of the given rank, in a lower triangle."""
    rng = np.random.default_rng(seed)
    factor = np.tril(rng.standard_normal((evaluator.q, evaluator.q))) * 10 ** rng.uniform(-1.5, 1)
    factor *= evaluator.layout.blocks[:, None] == evaluator.layout.blocks
    factor[:, rank:] = 0
    return factor


def close(found, expected, tolerance=1e-9):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * max(1.0, np.abs(expected).max()))


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("formula", FORMULAS)
@given(seed=st.integers(0, 2**32), sizes=SIZES, rank=st.integers(0, 4))
@settings(max_examples=15, deadline=None)
def test_criterion_gradient_and_information_are_those_of_the_oracle(formula, reml, seed, sizes, rank):
    evaluator = Evaluator(formula, draw(seed, sizes), reml=reml)
    factor = random_factor(seed, evaluator, rank)
    point, D = evaluator.at(factor), factor @ factor.T
    expected = oracle.solution(evaluator.dense, D)
    close(point.criterion, expected.criterion)
    close(point.sigma2, expected.sigma**2)
    wanted = oracle.gradient(evaluator.dense, D)
    rows, columns = evaluator.directions.T
    close(point.gradient[rows, columns], wanted[rows, columns], 1e-8)
    close(point.moments / 2, oracle.information(evaluator.dense, evaluator.directions, D, 1.0), 1e-8)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("formula", FORMULAS)
def test_the_hessian_is_that_of_the_gradient(formula, reml):
    evaluator = Evaluator(formula, draw(5, [7, 5, 9, 6, 8, 5]), reml=reml)
    factor = random_factor(6, evaluator, evaluator.q)
    D, width = factor @ factor.T, 1e-5 * np.linalg.eigvalsh(factor @ factor.T)[0]
    curvature = evaluator.at(factor).curvature
    rows, columns = evaluator.directions.T
    times = np.where(rows == columns, 1, 2)
    for u, (a, b) in enumerate(evaluator.directions):
        step = np.zeros_like(D)
        step[a, b] = step[b, a] = width
        upper, lower = (evaluator.at(np.linalg.cholesky(D + sign * step)).gradient for sign in (1, -1))
        close(curvature[u], times * (upper - lower)[rows, columns] / (2 * width), 1e-5)


def test_turning_a_column_of_lambda_changes_nothing():
    evaluator = Evaluator(SLOPE, draw(7, [5] * 6))
    factor = np.array([[1.0, 0.0], [0.3, 0.6]])
    assert evaluator.at(factor).criterion == evaluator.at(factor * [1, -1]).criterion


def test_a_hundred_thousand_clusters_of_great_variance_do_not_overflow():
    sizes = [2] * 100_000
    evaluator = Evaluator("y ~ 1 + (1 | cluster)", draw(8, sizes))
    with_one = [evaluator.at(np.array([[size]])).criterion for size in (1e6, 2e6)]
    assert np.isfinite(with_one).all()
    assert with_one[0] < with_one[1]
