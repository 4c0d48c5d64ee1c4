"""Sparse codes of samples for a fixed dictionary."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from ...errors import BadInput
from .descent import sweep
from .graph import adjacency, edge_weights, matrix, nearest

__all__ = ["graph_codes", "neighbour_codes", "objective", "problem", "solve_codes", "sparse_codes"]

_MEMORY = 6  # sweeps between two extrapolations


def graph_codes(
    X: np.ndarray,
    B: np.ndarray,
    W: np.ndarray | sparse.spmatrix,
    alpha: float,
    beta: float,
    *,
    start: np.ndarray | None = None,
    tol: float = 1e-6,
    max_sweeps: int = 2000,
) -> np.ndarray:
    """The codes that minimise :func:`objective` for a fixed dictionary.

    Parameters
    ----------
    X : ndarray (m, n)
        Samples in columns.
    B : ndarray (m, K)
        Dictionary, one atom per column.
    W : ndarray or sparse matrix (n, n)
        Symmetric, non-negative weights; the diagonal does not matter.
    alpha : float
        Weight of the graph term, ≥ 0.
    beta : float
        Weight of the L1 term, ≥ 0.
    start : ndarray (K, n), optional
        Codes to start from; default zero. The minimum does not depend on it (where it is
        unique), the time does.
    tol : float, default 1e-6
        Largest violation of the optimality conditions, relative to max|BᵀX|.
    max_sweeps : int, default 2000
        Most sweeps over the samples.

    Returns
    -------
    ndarray (K, n), float64

    Raises
    ------
    BadInput
        Shapes that do not fit, values that are not finite, negative weights, an asymmetric
        graph.

    Warns
    -----
    ConvergenceWarning
        `max_sweeps` did not reach `tol`.

    See Also
    --------
    sparse_codes : Without a graph.
    neighbour_codes : Of unseen samples, with the graph.
    learn_dictionary : Codes and dictionary by turns.

    Notes
    -----
    One sample after the other is solved with the others fixed, as in the paper; within a
    sample, coordinate descent over all atoms alternates with coordinate descent over those in
    use until the optimality conditions hold; every few sweeps the codes are extrapolated, where
    that lowers the objective. The paper's feature-sign search reaches the same minimum.

    References
    ----------
    M. Zheng, J. Bu, C. Chen, C. Wang, L. Zhang, G. Qiu, D. Cai, "Graph Regularized Sparse
    Coding for Image Representation", IEEE TIP 20(5), 2011, pp. 1327–1336.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1.0, 0.8], [0.0, 0.1]])
    >>> apart, together = (
    ...     graph_codes(X, np.eye(2), np.array([[0, 1], [1, 0]]), alpha, beta=0.2)
    ...     for alpha in (0, 10)
    ... )
    >>> apart.round(3)  # soft thresholding
    array([[0.8, 0.6],
           [0. , 0. ]])
    >>> together.round(3)  # neighbours pull each other
    array([[0.705, 0.695],
           [0.   , 0.   ]])
    """
    X, B = problem(X, B, alpha, beta)
    graph, degree = adjacency(W, X.shape[1])
    return solve_codes(X.T @ B, B, graph, degree, alpha, beta, start, tol, max_sweeps)


def sparse_codes(
    X: np.ndarray, B: np.ndarray, beta: float, *, tol: float = 1e-6, max_sweeps: int = 2000
) -> np.ndarray:
    """Codes without a graph, each sample for itself: ½‖x − Bs‖² + β·Σ|s| (the lasso).

    Parameters
    ----------
    X, B, beta, tol, max_sweeps
        As in :func:`graph_codes`.

    Returns
    -------
    ndarray (K, n), float64
        A column depends on its own sample only.

    See Also
    --------
    graph_codes : With a graph between samples.
    neighbour_codes : Drawn towards training samples.

    Examples
    --------
    >>> import numpy as np
    >>> sparse_codes(np.array([[1.0], [0.1]]), np.eye(2), beta=0.2)
    array([[0.8],
           [0. ]])
    """
    X, B = problem(X, B, 0.0, beta)
    n = X.shape[1]
    nothing = sparse.csr_matrix((n, n))
    return solve_codes(X.T @ B, B, nothing, np.zeros(n), 0.0, beta, None, tol, max_sweeps)


def neighbour_codes(
    X: np.ndarray,
    B: np.ndarray,
    alpha: float,
    beta: float,
    X_train: np.ndarray,
    S_train: np.ndarray,
    *,
    k: int = 5,
    weights: str = "binary",
    heat: float | None = None,
    tol: float = 1e-6,
    max_sweeps: int = 2000,
) -> np.ndarray:
    """Codes of unseen samples, drawn towards the fixed codes of their training neighbours.

    Each column minimises ½‖x − Bs‖² + ½α·Σ_j w_j‖s − s_j‖² + β·Σ|s| over its `k` nearest
    training samples j. Nothing of the training set changes, and unseen samples do not see each
    other (our choice: GraphSC as published codes all samples together).

    Parameters
    ----------
    X : ndarray (m, n)
        Unseen samples in columns.
    B, alpha, beta, tol, max_sweeps
        As in :func:`graph_codes`.
    X_train, S_train : ndarray (m, n_train), (K, n_train)
        Training samples and their codes.
    k, weights, heat
        As in :func:`knn_graph`; `heat` defaults to that of the training samples.

    Returns
    -------
    ndarray (K, n), float64

    See Also
    --------
    graph_codes : Of all samples together.
    sparse_codes : Each by itself.

    Examples
    --------
    >>> import numpy as np
    >>> train, codes = np.array([[1.0], [0.0]]), np.array([[0.5], [0.0]])
    >>> neighbour_codes(np.array([[1.0], [0.1]]), np.eye(2), 1.0, 0.2, train, codes, k=1)
    array([[0.65],
           [0.  ]])
    """
    X, B = problem(X, B, alpha, beta)
    X_train = matrix(X_train, "X_train")
    S_train = matrix(S_train, "S_train")
    if X_train.shape[0] != X.shape[0] or S_train.shape != (B.shape[1], X_train.shape[1]):
        raise BadInput(
            f"Found training samples {X_train.shape} with codes {S_train.shape} for samples "
            f"{X.shape} and a dictionary {B.shape}; expected "
            f"({X.shape[0]}, n) and ({B.shape[1]}, n)."
        )
    if not 1 <= k <= X_train.shape[1]:
        raise BadInput(f"Found k={k} for {X_train.shape[1]} training samples.")
    near, squares = nearest(X, X_train, k)
    if weights == "heat" and heat is None:
        # From the training samples alone: a code must not depend on who is coded along with it.
        edges = nearest(X_train, X_train, min(k, X_train.shape[1] - 1), itself=True)[1]
        heat = edges.mean() if edges.size and edges.mean() > 0 else 1.0
    pull = edge_weights(squares, weights, heat)
    linear = X.T @ B + alpha * np.einsum("ij,kij->ik", pull, S_train[:, near])
    n = X.shape[1]
    degree = pull.sum(axis=1)
    return solve_codes(
        linear, B, sparse.csr_matrix((n, n)), degree, alpha, beta, None, tol, max_sweeps
    )


def objective(
    X: np.ndarray,
    B: np.ndarray,
    S: np.ndarray,
    W: np.ndarray | sparse.spmatrix | None = None,
    alpha: float = 0.0,
    beta: float = 0.0,
) -> float:
    """½‖X − BS‖² + ½α·tr(S L Sᵀ) + β·Σ|s|, with L = D − W the Laplacian of the graph.

    Parameters
    ----------
    X, B, S : ndarray (m, n), (m, K), (K, n)
    W : ndarray or sparse matrix (n, n), optional
        Symmetric weights; without it there is no graph term.
    alpha, beta : float

    Returns
    -------
    float

    See Also
    --------
    graph_codes : Minimises it over codes.
    basis_step : Minimises it over dictionaries.

    Examples
    --------
    >>> import numpy as np
    >>> objective(np.eye(2), np.eye(2), np.zeros((2, 2)))
    1.0
    """
    value = 0.5 * np.sum((X - B @ S) ** 2) + beta * np.abs(S).sum()
    if W is not None:
        graph, degree = adjacency(W, S.shape[1])
        # tr(S L Sᵀ) as a sum over edges cancels nothing, whatever the offset of the codes.
        rows = np.repeat(np.arange(len(degree)), np.diff(graph.indptr))
        gaps = ((S[:, rows] - S[:, graph.indices]) ** 2).sum(axis=0)
        value += 0.25 * alpha * (graph.data * gaps).sum()
    return float(value)


def problem(
    X: np.ndarray, B: np.ndarray, alpha: float, beta: float
) -> tuple[np.ndarray, np.ndarray]:
    X, B = matrix(X, "X"), matrix(B, "B")
    if X.shape[0] != B.shape[0]:
        raise BadInput(
            f"Found samples of length {X.shape[0]} and atoms of length {B.shape[0]}; samples and "
            "atoms are columns, and of one length."
        )
    if not (alpha >= 0 and beta >= 0):
        raise BadInput(f"Found alpha={alpha} and beta={beta}; expected both at least 0.")
    return X, B


def solve_codes(
    linear: np.ndarray,
    B: np.ndarray,
    graph: sparse.csr_matrix,
    degree: np.ndarray,
    alpha: float,
    beta: float,
    start: np.ndarray | None,
    tol: float,
    max_sweeps: int,
    warn: bool = True,
) -> np.ndarray:
    """Minimise over the codes, given Bᵀx (and what pulls besides) in the rows of `linear`."""
    # Relative to all samples where they are coupled, to each alone where they are not: then no
    # sample's code depends on who else is coded.
    size = np.abs(linear).max(axis=1)
    tolerance = tol * (np.full(len(size), size.max()) if graph.nnz else size)
    codes = np.zeros(linear.shape)
    if start is not None:
        if np.shape(start) != codes.T.shape:
            raise BadInput(f"Found start codes {np.shape(start)}; expected {codes.T.shape}.")
        codes[:] = np.asarray(start).T
    gram, linear = B.T @ B, np.ascontiguousarray(linear)

    def energy(codes: np.ndarray, product: np.ndarray) -> float:
        pull = 2 * linear + alpha * (graph @ codes) - (alpha * degree)[:, None] * codes - product
        return beta * np.abs(codes).sum() - 0.5 * np.vdot(pull, codes)

    product = codes @ gram
    recent: list[np.ndarray] = []
    for _ in range(max_sweeps):
        if sweep(
            gram, linear, codes, product, graph.indptr, graph.indices, graph.data, degree,
            float(alpha), float(beta), tolerance,
        ):  # fmt: skip
            break
        if graph.nnz:
            # A strong graph makes neighbours creep along together: see where they are going.
            recent.append(codes.copy())
            if len(recent) == _MEMORY:
                guess = _extrapolate(recent)
                ahead = guess @ gram
                if energy(guess, ahead) < energy(codes, product):
                    codes, product = guess, ahead
                recent = [codes.copy()]
    else:
        if warn:
            warnings.warn(
                f"The sparse codes have not converged to tol={tol} in {max_sweeps} sweeps; "
                "raise max_sweeps, tol or beta.",
                ConvergenceWarning,
                stacklevel=3,
            )
    return np.ascontiguousarray(codes.T)


def _extrapolate(recent: list[np.ndarray]) -> np.ndarray:
    """The limit of a linear iteration that fits its recent points best (Anderson 1965)."""
    steps = np.stack([b - a for a, b in itertools.pairwise(recent)]).reshape(len(recent) - 1, -1)
    normal = steps @ steps.T
    normal[np.diag_indices_from(normal)] += 1e-12 * max(np.trace(normal), 1e-300)
    shares = np.linalg.solve(normal, np.ones(len(normal)))
    shares /= shares.sum()
    return sum(share * point for share, point in zip(shares, recent[1:], strict=True))
