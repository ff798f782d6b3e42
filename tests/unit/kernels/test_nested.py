"""Clusters within clusters against full matrices: the fit, its information, Kenward-Roger and Satterthwaite."""

import json
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from mcsim import Dataset
from mcsim.formula import parse_formula
from mcsim.methods import LinearMixedModel
from mcsim.methods.block_columns import cluster_rows
from mcsim.methods.block_method import alone
from mcsim.methods.mixed_model import model_of

GOLDEN = Path(__file__).parents[2] / "golden"
SLOPES = "y ~ x + w + (1 + x | school/classroom)"
FORMULAS = (
    "y ~ x + (1 | school/classroom)",
    SLOPES,
    "y ~ x + (1 + x | school) + (1 | classroom:school)",
    "y ~ x + w + (1 + x || school) + (0 + w | classroom:school)",
    "y ~ x + (1 | district/school/classroom)",
)


def draw(seed, *, least=1):
    """Pupils in classrooms in schools in districts, classrooms of as few as one pupil; labels recur in every school."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(least, 7, (3, 4, 3))
    district, school, classroom = (np.repeat(index.ravel(), sizes.ravel()) for index in np.indices(sizes.shape))
    school = district * 4 + school
    room = school * 3 + classroom
    x, w, e = rng.standard_normal((3, len(room)))
    levels = ((district, 0.5), (school, 1.0), (room, 0.7))
    y = 1 + 0.5 * x + e
    for labels, size in levels:
        intercept, slope = size * rng.standard_normal((2, labels.max() + 1))
        y = y + intercept[labels] + 0.6 * slope[labels] * x
    columns = {"y": y, "x": x, "w": w, "district": district, "school": school, "classroom": classroom}
    order = rng.permutation(len(y))
    return {name: column[order] for name, column in columns.items()}


class Dense(NamedTuple):
    """A model with full matrices; `derivatives` are those of Var(y) in each (co)variance and the residual variance."""

    y: np.ndarray
    X: np.ndarray
    derivatives: list


def dense(formula, data):
    parsed = parse_formula(formula)
    n = len(data["y"])

    def column(term):
        return np.prod([data[name] for name in term.names], axis=0) * np.ones(n)

    derivatives = []
    for bar in parsed.random:
        labels = pd.DataFrame({name: data[name] for name in bar.factors}).groupby(list(bar.factors)).ngroup().to_numpy()
        same = labels[:, None] == labels
        for terms in bar.blocks:
            columns = [column(term) for term in terms]
            for b in range(len(terms)):
                for a in range(b, len(terms)):
                    product = np.outer(columns[a], columns[b])
                    derivatives.append(same * (product if a == b else product + product.T))
    X = np.column_stack([column(term) for term in parsed.fixed])
    return Dense(data["y"], X, [*derivatives, np.eye(n)])


def criterion(model, parameters, *, reml):
    V = sum(value * part for value, part in zip(parameters, model.derivatives, strict=True))
    W = np.linalg.inv(V)
    Phi = np.linalg.inv(model.X.T @ W @ model.X)
    beta = Phi @ model.X.T @ W @ model.y
    residual = model.y - model.X @ beta
    n, p = model.X.shape
    value = np.linalg.slogdet(V)[1] + residual @ W @ residual + (n - p if reml else n) * np.log(2 * np.pi)
    return value - (np.linalg.slogdet(Phi)[1] if reml else 0.0), beta, Phi


def fitted(formula, data, *, reml=True):
    parsed = parse_formula(formula)
    clustered = cluster_rows(alone(Dataset(data)), parsed)
    fits = model_of(parsed, clustered.columns, clustered.places, clustered.levels).fit(reml=reml)
    found = LinearMixedModel(formula, reml=reml).fit(Dataset(data), np.random.default_rng())
    return fits, found.values[0, len(parsed.fixed) :, 0]


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_nested_fit_is_what_full_matrices_say(formula, seed, reml):
    data = draw(seed)
    fits, variances = fitted(formula, data, reml=reml)
    model = dense(formula, data)
    value, beta, Phi = criterion(model, variances, reml=reml)
    assert fits.criterion[0] == pytest.approx(value, abs=1e-8)
    np.testing.assert_allclose(fits.beta[0], beta, rtol=1e-7)
    np.testing.assert_allclose(fits.beta_cov[0], Phi, rtol=1e-6, atol=1e-9)
    information = expected_information(model, variances, reml=reml)
    np.testing.assert_allclose(fits.variance_cov[0], np.linalg.inv(information), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("name", ["three_level", "pastes"])
def test_the_golden_files_are_fitted_as_full_matrices_say(name, reml):
    formula = json.loads((GOLDEN / f"{name}.json").read_text())["formula"]
    frame = pd.read_csv(GOLDEN / f"{name}.csv")
    data = {column: frame[column].to_numpy() for column in frame}
    fits, variances = fitted(formula, data, reml=reml)
    parsed = parse_formula(formula)
    model = dense(formula, {**data, "y": data[parsed.response]})
    value, beta, Phi = criterion(model, variances, reml=reml)
    assert fits.criterion[0] == pytest.approx(value, abs=1e-8)
    np.testing.assert_allclose(fits.beta[0], beta, rtol=1e-7)
    np.testing.assert_allclose(fits.beta_cov[0], Phi, rtol=1e-6)


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("formula", FORMULAS)
def test_no_other_covariance_matrices_have_a_lower_criterion(formula, reml):
    data, rng = draw(4), np.random.default_rng(5)
    fits, _ = fitted(formula, data, reml=reml)
    model, parsed = dense(formula, data), parse_formula(formula)
    blocks = [len(terms) for bar in parsed.random for terms in bar.blocks]
    at = np.cumsum([0, *blocks])
    for size in (1e-3, 1e-2, 0.1, 1.0):
        for _ in range(5):
            parameters = []
            for start, stop in pairwise(at):
                step = size * rng.standard_normal((stop - start, stop - start))
                moved = fits.covariance[0, start:stop, start:stop] + step @ step.T
                parameters += [moved[a, b] for b in range(len(moved)) for a in range(b, len(moved))]
            parameters.append(fits.sigma[0] ** 2 * np.exp(0.1 * size * rng.standard_normal()))
            assert criterion(model, parameters, reml=reml)[0] > fits.criterion[0] - 1e-9


def projection(model, parameters, *, reml):
    V = sum(value * part for value, part in zip(parameters, model.derivatives, strict=True))
    W = np.linalg.inv(V)
    if not reml:
        return W
    WX = W @ model.X
    return W - WX @ np.linalg.solve(model.X.T @ WX, WX.T)


def expected_information(model, parameters, *, reml):
    products = [projection(model, parameters, reml=reml) @ part for part in model.derivatives]
    return np.array([[np.sum(one * other.T) / 2 for other in products] for one in products])


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("formula", FORMULAS)
def test_kenward_roger_is_that_of_the_paper(formula, seed):
    data = draw(seed)
    _, variances = fitted(formula, data)
    found = LinearMixedModel(formula, df="kenward_roger").fit(Dataset(data), np.random.default_rng())
    model = dense(formula, data)
    _, _, Phi = criterion(model, variances, reml=True)
    V = sum(value * part for value, part in zip(variances, model.derivatives, strict=True))
    inverse, X = np.linalg.inv(V), model.X
    W = np.linalg.inv(expected_information(model, variances, reml=True))
    P = [-X.T @ inverse @ part @ inverse @ X for part in model.derivatives]
    k, adjustment = len(P), np.zeros_like(Phi)
    for i in range(k):
        for j in range(k):
            Q = X.T @ inverse @ model.derivatives[i] @ inverse @ model.derivatives[j] @ inverse @ X
            adjustment += W[i, j] * (Q - P[i] @ Phi @ P[j])
    adjusted = Phi + 2 * Phi @ adjustment @ Phi
    p = X.shape[1]
    np.testing.assert_allclose(found.values[0, :p, 1], np.sqrt(np.diag(adjusted)), rtol=1e-6)
    np.testing.assert_allclose(found.values[0, :p, 2], [paper_df(Phi, P, W, c) for c in np.eye(p)], rtol=1e-6)


def paper_df(Phi, P, W, contrast):
    """Kenward & Roger (1997), sec. 3, for one contrast, step by step."""
    Theta = np.outer(contrast, contrast) / (contrast @ Phi @ contrast)
    parts = [Theta @ Phi @ part @ Phi for part in P]
    A1 = sum(W[i, j] * np.trace(a) * np.trace(b) for i, a in enumerate(parts) for j, b in enumerate(parts))
    A2 = sum(W[i, j] * np.trace(a @ b) for i, a in enumerate(parts) for j, b in enumerate(parts))
    B = (A1 + 6 * A2) / 2
    g = (2 * A1 - 5 * A2) / (3 * A2)
    c1, c2, c3 = (part / (3 + 2 * (1 - g)) for part in (g, 1 - g, 3 - g))
    mean = 1 / (1 - A2)
    variance = 2 * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
    rho = variance / (2 * mean**2)
    df = 4 + 3 / (rho - 1)
    assert df / (mean * (df - 2)) == pytest.approx(1.0)  # the scale of the statistic
    return df


@pytest.mark.parametrize("reml", [True, False])
def test_satterthwaite_is_that_of_the_observed_information(reml):
    formula, data = "y ~ x + (1 | school/classroom)", draw(6, least=3)
    _, variances = fitted(formula, data, reml=reml)
    assert (variances > 0.01).all()
    found = LinearMixedModel(formula, df="satterthwaite", reml=reml).fit(Dataset(data), np.random.default_rng())
    model = dense(formula, data)

    def moved(*steps):
        shift = np.zeros(3)
        for place, size in steps:
            shift[place] += size * variances[place]
        return variances + shift

    h = 1e-3
    H, gradients = np.empty((3, 3)), np.empty((3, 2))
    for i in range(3):
        up, down = (criterion(model, moved((i, s * h)), reml=reml)[2] for s in (1, -1))
        gradients[i] = np.diag(up - down) / (2 * h * variances[i])
        for j in range(3):
            corners = [
                s * t * criterion(model, moved((i, s * h), (j, t * h)), reml=reml)[0] for s in (1, -1) for t in (1, -1)
            ]
            H[i, j] = sum(corners) / (4 * h * h * variances[i] * variances[j])
    Phi = np.diag(criterion(model, variances, reml=reml)[2])
    spread = np.einsum("ip,ij,jp->p", gradients, 2 * np.linalg.inv(H), gradients)
    np.testing.assert_allclose(found.values[0, :2, 2], 2 * Phi**2 / spread, rtol=1e-4)
