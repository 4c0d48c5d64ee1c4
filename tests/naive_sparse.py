"""Slow, obvious twins of mebench.features.sparse_coding."""

import numpy as np


def objective(X, B, S, W, alpha, beta):
    laplacian = np.diag(W.sum(axis=1)) - W
    return (
        0.5 * np.linalg.norm(X - B @ S) ** 2
        + 0.5 * alpha * np.trace(S @ laplacian @ S.T)
        + beta * np.abs(S).sum()
    )


def graph_codes(X, B, W, alpha, beta, iterations=20000):
    """Accelerated proximal gradient (FISTA) on all codes at once."""
    laplacian = np.diag(W.sum(axis=1)) - W
    step = 1 / (np.linalg.norm(B, 2) ** 2 + alpha * np.linalg.norm(laplacian, 2))
    S = previous = np.zeros((B.shape[1], X.shape[1]))
    t = 1.0
    for _ in range(iterations):
        t_next = (1 + np.sqrt(1 + 4 * t**2)) / 2
        Z = S + (t - 1) / t_next * (S - previous)
        Z = Z - step * (B.T @ (B @ Z - X) + alpha * Z @ laplacian)
        previous, S, t = S, np.sign(Z) * np.maximum(np.abs(Z) - step * beta, 0), t_next
        if np.abs(S - previous).max() < 1e-13:
            break
    return S


def knn_graph(X, k):
    n = X.shape[1]
    W = np.zeros((n, n))
    for i in range(n):
        distances = [np.linalg.norm(X[:, i] - X[:, j]) if j != i else np.inf for j in range(n)]
        for j in np.argsort(distances)[:k]:
            W[i, j] = W[j, i] = 1
    return W


def basis_step(X, S, iterations=20000):
    """Projected gradient on all atoms at once."""
    B = np.zeros((len(X), len(S)))
    step = 1 / np.linalg.norm(S, 2) ** 2
    for _ in range(iterations):
        B = B + step * (X - B @ S) @ S.T
        B /= np.maximum(np.linalg.norm(B, axis=0), 1)
    return B
