"""The graph that joins similar samples."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist, pdist, squareform

from ...errors import BadInput

__all__ = ["adjacency", "edge_weights", "knn_graph", "matrix", "nearest"]


def knn_graph(
    X: np.ndarray, k: int = 5, weights: str = "binary", heat: float | None = None
) -> sparse.csr_matrix:
    """Symmetric graph that joins two samples if either is among the other's `k` nearest.

    Parameters
    ----------
    X : ndarray (m, n)
        Samples in columns.
    k : int, default 5
        Neighbours per sample, by Euclidean distance (our choice).
    weights : {"binary", "heat"}, default "binary"
        1 for every edge (Zheng et al. 2011), or exp(−‖x_i − x_j‖²/t).
    heat : float, optional
        The t of the heat kernel. Default: the mean squared length of the edges (our choice).

    Returns
    -------
    csr_matrix (n, n), float64
        Symmetric, with an empty diagonal.

    Raises
    ------
    BadInput
        Not more samples than neighbours, or parameters that cannot work.

    See Also
    --------
    graph_codes : Uses it.

    Examples
    --------
    >>> import numpy as np
    >>> knn_graph(np.array([[0.0, 1.0, 5.0]]), k=1).toarray()
    array([[0., 1., 0.],
           [1., 0., 1.],
           [0., 1., 0.]])
    """
    X = matrix(X, "X")
    n = X.shape[1]
    if not 1 <= k < n:
        raise BadInput(f"Found k={k} for {n} samples; expected 1 ≤ k < {n}.")
    near, squares = nearest(X, X, k, itself=True)
    rows = np.repeat(np.arange(n), k)
    values = edge_weights(squares, weights, heat).ravel()
    graph = sparse.csr_matrix((values, (rows, near.ravel())), shape=(n, n))
    return graph.maximum(graph.T).tocsr()


def adjacency(W: np.ndarray | sparse.spmatrix, n: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Checked weights without their diagonal, and the degrees (row sums)."""
    graph = sparse.csr_matrix(W, dtype=float)
    if graph.shape != (n, n):
        raise BadInput(f"Found graph weights of shape {graph.shape}; expected ({n}, {n}).")
    graph = (graph - sparse.diags(graph.diagonal())).tocsr()
    graph.eliminate_zeros()
    if not np.isfinite(graph.data).all() or (graph.data < 0).any() or (graph != graph.T).nnz:
        raise BadInput("Found asymmetric, negative or non-finite graph weights.")
    return graph, np.asarray(graph.sum(axis=1)).ravel()


def nearest(
    X: np.ndarray, pool: np.ndarray, k: int, itself: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the nearest columns of `pool`, (n, k), and squared distances to them."""
    if itself:
        squares = squareform(pdist(X.T, "sqeuclidean"))
        np.fill_diagonal(squares, np.inf)
    else:
        squares = cdist(X.T, pool.T, "sqeuclidean")
    last = np.partition(squares, k - 1, axis=1)[:, k - 1, None]
    near = np.empty((len(squares), k), np.int64)
    for row, among in enumerate(squares <= last):  # of equals at the end, the first
        found = np.flatnonzero(among)
        near[row] = found[np.argsort(squares[row, found], kind="stable")[:k]]
    return near, np.take_along_axis(squares, near, axis=1)


def edge_weights(squares: np.ndarray, weights: str, heat: float | None) -> np.ndarray:
    """Weights of edges of these squared lengths."""
    if weights == "binary":
        return np.ones_like(squares)
    if weights != "heat" or (heat is not None and not heat > 0):
        raise BadInput(
            f"Found weights={weights!r} with heat={heat}; expected 'binary', or 'heat' with a "
            "positive heat (or None)."
        )
    mean = squares.mean() if heat is None else heat
    return np.exp(-squares / mean) if mean > 0 else np.ones_like(squares)


def matrix(array: np.ndarray, name: str) -> np.ndarray:
    """`array` as a float matrix, checked."""
    array = np.asarray(array, float)
    if array.ndim != 2 or 0 in array.shape or not np.isfinite(array).all():
        raise BadInput(f"Found {name} of shape {array.shape}; expected a finite, filled matrix.")
    return array
