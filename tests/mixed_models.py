"""Two-level data for tests, fitted by the kernels and set up for the dense oracle."""

from typing import NamedTuple

import numpy as np
from numba import njit

from mcsim.formula import parse_formula
from mcsim.kernels.columns import Columns, term_places
from mcsim.kernels.criterion import differentiate, evaluate
from mcsim.kernels.dense import DenseModel
from mcsim.kernels.information import set_curvature, set_moments
from mcsim.kernels.layout import ModelTerms, lay_out
from mcsim.kernels.mixed_model import fit_mixed_models
from mcsim.kernels.preparation import prepare
from mcsim.kernels.structure import set_products
from mcsim.kernels.workspace import (
    COVARIANCE,
    CURVATURE,
    DEGREES,
    FACTOR,
    GRADIENT,
    MOMENTS,
    NUMBERS,
    PIVOTS,
    RANK,
    SIGMA2,
    N,
    new_workspace,
)

SLOPE = "y ~ x + (1 + x | cluster)"
FORMULAS = (
    "y ~ 1 + (1 | cluster)",
    SLOPE,
    "y ~ x + (1 + x || cluster)",
    "y ~ x * z + (1 + x + w | cluster)",
    "y ~ x + z + w + (1 + x + w + x:w | cluster)",
    "y ~ 0 + x + (0 + x | cluster)",
    "y ~ z + (1 + x | cluster)",
    "y ~ x + w + (0 + w + x || cluster)",
)


def draw(seed, sizes, *, variances=(1.0, 0.5, 0.25, 0.25)):
    """Columns y, x, w (rows), z (clusters) and cluster, with random effects of 1, x, w and x:w."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    x, w = rng.standard_normal((2, len(cluster)))
    z = rng.standard_normal(len(sizes))[cluster]
    effects = rng.standard_normal((len(sizes), 4)) * np.sqrt(variances)
    Z = np.column_stack([np.ones_like(x), x, w, x * w])
    y = 1 + 0.5 * x - 0.3 * z + (Z * effects[cluster]).sum(axis=1) + rng.standard_normal(len(cluster))
    return {"y": y, "x": x, "w": w, "z": z, "cluster": cluster}


class Setting(NamedTuple):
    """What `fit_mixed_models` takes."""

    columns: Columns
    starts: np.ndarray
    terms: ModelTerms
    reml: bool


def setting(text, data, *, reml=True):
    """A formula and the data of one replication, rows sorted by cluster, for the kernels."""
    formula = parse_formula(text)
    bar = formula.random[0]
    places = {name: c for c, name in enumerate(formula.columns)}
    own = np.array([[data[name] for name in formula.columns]], dtype=np.float64)
    changes = np.flatnonzero(np.diff(data[bar.group])) + 1
    starts = np.concatenate([[0], changes, [own.shape[2]]])
    fixed, random = (term_places([t.names for t in part], places) for part in (formula.fixed, bar.terms))
    terms = ModelTerms(places[formula.response], fixed, random, *one_level(bar))
    return Setting(Columns(own, np.empty((0, own.shape[2]))), starts, terms, reml)


def one_level(bar):
    """The blocks and levels of the random effects of one bar."""
    effects = np.arange(len(bar.terms))
    return 0 * effects if bar.correlated else effects, 0 * effects


def fit(text, data, *, reml=True):
    """The fit of one replication."""
    return fit_mixed_models(*setting(text, data, reml=reml))


def dense(text, data, *, reml=True):
    """The same model for the oracle."""
    formula = parse_formula(text)
    bar = formula.random[0]
    X, Z = (np.column_stack([_product(term, data) for term in part]) for part in (formula.fixed, bar.terms))
    return DenseModel(np.asarray(data["y"], dtype=np.float64), X, Z, np.asarray(data[bar.group]), reml)


def _product(term, data):
    return np.prod([data[name] for name in term.names], axis=0) * np.ones(len(data["y"]))


def relative(fits, rep=0):
    """D, the covariance matrix of the random effects over sigma^2, that a fit found."""
    return fits.covariance[rep] / fits.sigma[rep] ** 2


class Point(NamedTuple):
    """The criterion and its derivatives at one D, for columns as the kernel scales them."""

    criterion: float
    sigma2: float
    gradient: np.ndarray
    curvature: np.ndarray
    moments: np.ndarray


class Evaluator:
    """One replication's criterion as the kernels see it: columns orthogonalised and at unit root mean square."""

    def __init__(self, text, data, *, reml=True):
        given = setting(text, data, reml=reml)
        self.layout = lay_out(given.terms, reml)
        self.work = new_workspace(self.layout, given.starts[None], given.columns.own.shape[2])
        assert _prepare(given.columns, given.starts[None], self.layout, self.work) == 0
        self.q, self.directions = self.layout.q, self.layout.directions
        p, c = self.layout.p, len(self.layout.terms)
        columns = self.work.columns[:, : self.work.counts[N]]
        columns = columns / np.sqrt(np.mean(columns**2, axis=1, keepdims=True))
        cluster = np.repeat(np.arange(len(given.starts) - 1), np.diff(given.starts))
        self.dense = DenseModel(
            columns[c - 1], columns[self.layout.orders[0, :p]].T, columns[: self.q].T, cluster, reml
        )

    def at(self, factor):
        """Evaluate everything at Lambda = factor (q, q), of full rank or with zero columns at the end."""
        self.work.small[FACTOR] = self.work.small[COVARIANCE] = 0.0
        self.work.small[FACTOR, : self.q, : self.q] = factor
        self.work.small[COVARIANCE, : self.q, : self.q] = factor @ factor.T
        self.work.counts[RANK] = np.count_nonzero(np.any(factor != 0, axis=0))
        self.work.places[PIVOTS, : self.q] = range(self.q)
        criterion = _evaluate(self.layout, self.work)
        k, q, small = len(self.directions), self.q, self.work.small
        return Point(
            criterion,
            self.work.vectors[NUMBERS, SIGMA2],
            small[GRADIENT, :q, :q].copy(),
            small[CURVATURE, :k, :k].copy(),
            small[MOMENTS, : k + 1, : k + 1].copy(),
        )


@njit
def _prepare(columns, starts, layout, work):
    reason = prepare(columns.own[0], columns.shared, starts, layout, work)
    set_products(layout, work, 0)
    work.vectors[NUMBERS, DEGREES] = work.counts[N] - layout.p if layout.reml else work.counts[N]
    return reason


@njit
def _evaluate(layout, work):
    criterion = evaluate(layout, work, FACTOR)
    differentiate(layout, work)
    set_curvature(layout, work)
    set_moments(layout, work)
    return criterion
