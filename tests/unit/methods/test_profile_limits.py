"""The equation that a profile limit solves: with the parameter held there, the least deviance is a chi-square higher.

The deviance is written out with full matrices of each cluster, and minimised by scipy over standard deviations, partial
correlations and sigma, from starts on both sides of every correlation.
"""

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from mixed_models import draw
from scipy.optimize import minimize

from mcsim import Dataset
from mcsim.formula import parse_formula
from mcsim.mechanisms import TwoLevel
from mcsim.methods import LinearMixedModel
from mcsim.model import QUANTITIES
from mcsim.streams import DATA, Streams

GOLDEN = Path(__file__).parents[2] / "golden"
CHI_SQUARE = 3.841458820694124


class Problem(NamedTuple):
    """y, X and Z by cluster, and which effects are correlated."""

    parts: list
    names: list
    correlated: bool


def problem(formula, data):
    parsed = parse_formula(formula)
    bar = parsed.random[0]
    y = np.asarray(data[parsed.response], dtype=float)
    X, Z = (np.column_stack([columns(term, data, len(y)) for term in terms]) for terms in (parsed.fixed, bar.terms))
    groups = pd.factorize(np.asarray(data[bar.group]))[0]
    parts = [(y[groups == g], X[groups == g], Z[groups == g]) for g in np.unique(groups)]
    return Problem(parts, [term.label for term in parsed.fixed], bar.correlated)


def columns(term, data, n):
    return np.prod([data[name] for name in term.names], axis=0) * np.ones(n)


def deviance(given, Sigma, sigma2, held):
    """-2 log likelihood at the best fixed effects, or the best with one of them held."""
    p = len(given.names)
    XVX, XVy, yVy, log_det, n = np.zeros((p, p)), np.zeros(p), 0.0, 0.0, 0
    for y, X, Z in given.parts:
        target = y if held is None else y - X[:, held[0]] * held[1]
        V = Z @ Sigma @ Z.T + sigma2 * np.eye(len(y))
        W = np.linalg.inv(V)
        XVX += X.T @ W @ X
        XVy += X.T @ W @ target
        yVy += target @ W @ target
        log_det += np.linalg.slogdet(V)[1]
        n += len(y)
    free = [j for j in range(p) if held is None or j != held[0]]
    explained = XVy[free] @ np.linalg.solve(XVX[np.ix_(free, free)], XVy[free]) if free else 0.0
    return n * np.log(2 * np.pi) + log_det + yVy - explained


def correlation_matrix(partial, order):
    """From partial correlations (Lewandowski, Kurowicka & Joe 2009); the first is the correlation of the first two."""
    q = len(order)
    L, values = np.eye(q), iter(partial)
    for i in range(1, q):
        left = 1.0
        for j in range(i):
            L[i, j] = next(values) * np.sqrt(left)
            left -= L[i, j] ** 2
        L[i, i] = np.sqrt(max(left, 0.0))
    R = np.empty((q, q))
    R[np.ix_(order, order)] = L @ L.T
    return R


def least(given, start, *, sd=None, correlation=None, sigma=None, effect=None):
    """The least deviance with a parameter held."""
    sds, sigma_start = start
    q = len(sds)
    pair = list(correlation[0]) if correlation else [0, 1][:q]
    order = [*pair, *(a for a in range(q) if a not in pair)]
    pairs = q * (q - 1) // 2 if given.correlated else 0

    def unpack(x):
        s, partial = np.exp(x[:q]), np.tanh(x[q : q + pairs])
        if sd is not None:
            s[sd[0]] = sd[1]
        if correlation is not None:
            partial[0] = correlation[1]
        one = sigma if sigma is not None else np.exp(x[-1])
        corr = correlation_matrix(partial, order) if pairs else np.eye(q)
        return s[:, None] * corr * s, one**2

    def objective(x):
        return deviance(given, *unpack(x), effect)

    best = np.inf
    for signs in itertools.product([-0.7, 0.7], repeat=pairs):
        x0 = np.concatenate([np.log(np.maximum(sds, 0.05)), signs, [np.log(sigma_start)]])
        found = minimize(objective, x0, method="BFGS", options={"gtol": 1e-7})
        found = minimize(
            objective, found.x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 400}
        )
        best = min(best, found.fun)
    return best


def check_limits(formula, data, estimands):
    given, parsed = problem(formula, data), parse_formula(formula)
    dataset = Dataset({name: np.asarray(column) for name, column in data.items()})
    found = LinearMixedModel(formula, intervals="profile", scale="sd").fit(dataset, np.random.default_rng())
    by_ml = LinearMixedModel(formula, reml=False, scale="sd").fit(dataset, np.random.default_rng())
    labels = [term.label for term in parsed.random[0].terms]
    group = parsed.random[0].group
    estimate = dict(zip(by_ml.estimands, by_ml.values[0, :, 0], strict=True))
    start = (np.array([estimate[f"sd_{label}|{group}"] for label in labels]), estimate["sigma"])
    optimum = least(given, start)
    checked = 0
    for k, estimand in enumerate(found.estimands):
        for side in ("lower", "upper"):
            limit, note = found.values[0, k, QUANTITIES.index(side)], found.notes.get((0, k), "")
            if estimand not in estimands or f"{side} limit at the boundary" in note:
                continue
            held = holding(estimand, limit, labels, given.names)
            assert least(given, start, **held) - optimum == pytest.approx(CHI_SQUARE, abs=1e-6), (estimand, side)
            checked += 1
    assert checked


def holding(estimand, limit, labels, effects):
    kind, _, rest = estimand.partition("_")
    name = rest.partition("|")[0]
    if estimand == "sigma":
        return {"sigma": limit}
    if kind == "sd":
        return {"sd": (labels.index(name), limit)}
    if kind == "cor":
        later, _, earlier = name.partition(".")
        return {"correlation": ((labels.index(earlier), labels.index(later)), limit)}
    return {"effect": (effects.index(estimand), limit)}


@pytest.mark.parametrize(
    ("name", "estimands"),
    [
        ("dyestuff", ["sd_(Intercept)|batch", "sigma", "(Intercept)"]),
        ("dyestuff2", ["sd_(Intercept)|batch", "sigma", "(Intercept)"]),
        ("unbalanced_slope", ["sd_(Intercept)|cluster", "cor_x.(Intercept)|cluster", "sd_x|cluster", "sigma", "x:z"]),
        ("singular_slope", ["sd_(Intercept)|cluster", "sd_x|cluster", "sigma", "x"]),
        ("two_slopes", ["cor_x2.(Intercept)|cluster"]),
    ],
)
def test_limits_of_the_golden_files_solve_the_deviance_equation(name, estimands):
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    check_limits(golden["formula"], pd.read_csv(GOLDEN / f"{name}.csv"), estimands)


@pytest.mark.parametrize(
    ("seed", "formula", "estimands"),
    [
        (3, "y ~ x + (1 + x | cluster)", ["sd_(Intercept)|cluster", "cor_x.(Intercept)|cluster", "sd_x|cluster", "x"]),
        (4, "y ~ x + (1 + x || cluster)", ["sd_(Intercept)|cluster", "sd_x|cluster", "sigma", "(Intercept)"]),
        (5, "y ~ x + z + (1 + x | cluster)", ["sd_x|cluster", "cor_x.(Intercept)|cluster", "z"]),
    ],
)
def test_limits_of_drawn_data_with_one_row_clusters_solve_it_too(seed, formula, estimands):
    check_limits(formula, draw(seed, [1, 7, 5, 9, 1, 6, 8, 4, 10, 3]), estimands)


@pytest.mark.parametrize("scale", ["variance", "sd"])
@pytest.mark.parametrize("clusters", [6, 10, 20])
def test_hardly_a_limit_is_not_found_in_small_data_sets(clusters, scale):
    condition = TwoLevel(
        n_clusters=clusters, cluster_size=10, tau2=0.25, slope_variance=0.1, covariance=0.0, gamma10=0.0, gamma01=0.0
    )
    streams = Streams(5, "c", DATA, 0, 1000)
    block = replace(condition.simulate_block(streams), formula=condition.formula())
    found = LinearMixedModel(intervals="profile", scale=scale).fit_block(block, streams)
    assert sum("not found" in note for note in found.notes.values()) <= 1
