"""Least squares with cluster-robust covariance matrices as a textbook has it: full n x n matrices, no shortcuts."""

from typing import NamedTuple

import numpy as np

SINGULAR = 1e-9  # eigenvalues of I - H_jj that count as zero


class Dense(NamedTuple):
    """Coefficients, covariance matrices by name, Bell-McCaffrey degrees of freedom of CR2."""

    beta: np.ndarray
    covariance: dict[str, np.ndarray]
    bell_mccaffrey: np.ndarray


def dense_regression(X: np.ndarray, y: np.ndarray, cluster: np.ndarray) -> Dense:
    """Regress y on X; columns in lengths of one, so that numpy's inverse keeps its digits."""
    lengths = np.linalg.norm(X, axis=0)
    X = X / lengths
    n, p = X.shape
    bread = np.linalg.inv(X.T @ X)
    hat = X @ bread @ X.T
    beta = np.linalg.lstsq(X, y)[0]
    residuals = y - X @ beta
    members = [np.flatnonzero(cluster == label) for label in np.unique(cluster)]
    J = len(members)
    plain = [X[rows].T @ residuals[rows] for rows in members]
    adjusted = [inverse_root(np.eye(len(rows)) - hat[np.ix_(rows, rows)]) for rows in members]
    scores = [X[rows].T @ A @ residuals[rows] for rows, A in zip(members, adjusted, strict=True)]
    CR0, CR2 = (bread @ sum(np.outer(u, u) for u in us) @ bread for us in (plain, scores))
    covariance = {
        "classical": residuals @ residuals / (n - p) * bread,
        "CR0": CR0,
        "CR1": CR0 * J / (J - 1),
        "CR1S": CR0 * J / (J - 1) * (n - 1) / (n - p),
        "CR2": CR2,
    }
    df = np.empty(p)
    for c in range(p):
        G = np.zeros((n, J))
        for j, (rows, A) in enumerate(zip(members, adjusted, strict=True)):
            G[rows, j] = A @ X[rows] @ bread[c]
        P = G.T @ (np.eye(n) - hat) @ G
        df[c] = np.trace(P) ** 2 / np.trace(P @ P)
    scale = np.outer(lengths, lengths)
    return Dense(beta / lengths, {name: matrix / scale for name, matrix in covariance.items()}, df)


def inverse_root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric generalised inverse square root."""
    values, vectors = np.linalg.eigh(matrix)
    roots = np.where(values > SINGULAR, 1 / np.sqrt(np.maximum(values, SINGULAR)), 0.0)
    return vectors * roots @ vectors.T


def dummies(cluster: np.ndarray) -> np.ndarray:
    """A column for each cluster: 1 in its rows, else 0."""
    return (cluster[:, None] == np.unique(cluster)).astype(float)
