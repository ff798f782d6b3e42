"""The textbook formulas of a two-level mixed model with full n x n matrices: the oracle that kernels are compared with.

Slow and plain on purpose. y ~ N(X beta, sigma^2 V), V = I + sum over clusters of Z_j D Z_j'. Sources: Searle, Casella &
McCulloch (1992), Variance Components, ch. 6; Bates et al. (2015), J. Stat. Softw. 67(1), sec. 3.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class DenseModel(NamedTuple):
    """A two-level model and its data."""

    y: Floats
    """(n,)"""
    X: Floats
    """(n, p)"""
    Z: Floats
    """(n, q)"""
    cluster: npt.NDArray[np.int64]
    """(n,)"""
    reml: bool


class DenseSolution(NamedTuple):
    """What follows from a model once D is given."""

    criterion: float
    """The REML criterion, or -2 log likelihood, at the best beta and sigma."""
    beta: Floats
    """(p,)"""
    sigma: float
    beta_cov: Floats
    """(p, p)"""


def solution(model: DenseModel, D: Floats) -> DenseSolution:
    """The best beta and sigma for given D (q, q), and the criterion there."""
    n, p = model.X.shape
    V = covariance(model, D)
    XtVX = model.X.T @ np.linalg.solve(V, model.X)
    beta = np.linalg.solve(XtVX, model.X.T @ np.linalg.solve(V, model.y))
    residual = model.y - model.X @ beta
    squares = float(residual @ np.linalg.solve(V, residual))
    degrees = n - p if model.reml else n
    criterion = float(np.linalg.slogdet(V).logabsdet) + degrees * (1 + np.log(2 * np.pi * squares / degrees))
    if model.reml:
        criterion += float(np.linalg.slogdet(XtVX).logabsdet)
    sigma2 = squares / degrees
    return DenseSolution(float(criterion), beta, float(np.sqrt(sigma2)), sigma2 * np.linalg.inv(XtVX))


def gradient(model: DenseModel, D: Floats) -> Floats:
    """The derivatives G (q, q) of the criterion in the elements of D, both of an off-diagonal pair taken as free."""
    n, p = model.X.shape
    P = projection(model, D)
    squares, degrees = model.y @ P @ model.y, n - p if model.reml else n
    first = P if model.reml else np.linalg.inv(covariance(model, D))
    weighted = first - degrees / squares * np.outer(P @ model.y, P @ model.y)
    G: Floats = np.sum([Z.T @ weighted @ Z for Z in per_cluster(model)], axis=0)
    return G


def information(model: DenseModel, directions: npt.NDArray[np.int64], D: Floats, sigma2: float) -> Floats:
    """The expected information of the elements of Sigma = sigma^2 D at `directions` (k, 2), and of sigma^2.

    tr(P V_k P V_l) / 2, under ML with inv(V) in place of P; V_k is the derivative of Var(y): (k + 1, k + 1).
    """
    q = len(D)
    derivatives = []
    for a, b in directions:
        U = np.zeros((q, q))
        U[a, b] = U[b, a] = 1
        derivatives.append(np.sum([Z @ U @ Z.T for Z in per_cluster(model)], axis=0))
    derivatives.append(np.eye(len(model.y)))
    P = projection(model, D) if model.reml else np.linalg.inv(covariance(model, D))
    products = [P / sigma2 @ derivative for derivative in derivatives]
    return np.array([[np.trace(one @ other) / 2 for other in products] for one in products])


def covariance(model: DenseModel, D: Floats) -> Floats:
    """V (n, n)."""
    V = np.eye(len(model.y))
    for Z in per_cluster(model):
        V += Z @ D @ Z.T
    return V


def projection(model: DenseModel, D: Floats) -> Floats:
    """P = inv(V) - inv(V) X inv(X' inv(V) X) X' inv(V), (n, n)."""
    W = np.linalg.inv(covariance(model, D))
    WX = W @ model.X
    return np.asarray(W - WX @ np.linalg.solve(model.X.T @ WX, WX.T), dtype=np.float64)


def per_cluster(model: DenseModel) -> list[Floats]:
    """Z with the rows of all but one cluster zero, for every cluster: J times (n, q)."""
    return [np.where((model.cluster == j)[:, None], model.Z, 0.0) for j in np.unique(model.cluster)]
