"""The dictionary under sparse codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from scipy import sparse

from ...errors import BadInput
from .codes import graph_codes, problem, solve_codes
from .graph import adjacency, knn_graph, matrix

__all__ = ["atoms_by_turns", "basis_step", "learn_dictionary"]


def basis_step(
    X: np.ndarray,
    S: np.ndarray,
    B: np.ndarray | None = None,
    *,
    tol: float = 1e-9,
    max_passes: int = 2000,
) -> np.ndarray:
    """The dictionary that minimises ‖X − BS‖² under ‖b_j‖₂ ≤ 1, for fixed codes.

    Parameters
    ----------
    X, S : ndarray (m, n), (K, n)
        Samples and their codes.
    B : ndarray (m, K), optional
        Dictionary to start from; default zero. An atom that no sample uses stays as it is.
    tol : float, default 1e-9
        Stop when no entry moves by more in a whole pass.
    max_passes : int, default 2000
        Most passes over the atoms.

    Returns
    -------
    ndarray (m, K), float64

    See Also
    --------
    learn_dictionary : Takes it by turns with codes.

    Notes
    -----
    Exact minimisation over one atom after the other (Mairal et al. 2010); it needs no inverse
    and so bears unused atoms. The Lagrange dual of Lee et al. (2007), which GraphSC uses,
    reaches the same minimum.

    References
    ----------
    J. Mairal, F. Bach, J. Ponce, G. Sapiro, "Online Learning for Matrix Factorization and
    Sparse Coding", JMLR 11, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> basis_step(np.array([[4.0, 0.0], [0.0, 1.0]]), 2 * np.eye(2))
    array([[1. , 0. ],
           [0. , 0.5]])
    """
    X, S = matrix(X, "X"), matrix(S, "S")
    if X.shape[1] != S.shape[1]:
        raise BadInput(f"Found {X.shape[1]} samples but codes of {S.shape[1]}.")
    atoms = np.zeros((len(S), len(X))) if B is None else np.array(matrix(B, "B").T, order="C")
    if atoms.shape != (len(S), len(X)):
        raise BadInput(f"Found a dictionary {atoms.T.shape}; expected {(len(X), len(S))}.")
    _fit_atoms(atoms, S @ S.T, S @ X.T, tol, max_passes)
    return np.ascontiguousarray(atoms.T)


def learn_dictionary(
    X: np.ndarray,
    n_atoms: int,
    alpha: float,
    beta: float,
    *,
    W: np.ndarray | sparse.spmatrix | None = None,
    k: int = 5,
    weights: str = "binary",
    heat: float | None = None,
    n_iter: int = 20,
    seed: int = 0,
    tol: float = 1e-4,
) -> tuple[np.ndarray, np.ndarray]:
    """Dictionary and codes by turns, as GraphSC learns them.

    Parameters
    ----------
    X : ndarray (m, n)
        Training samples in columns.
    n_atoms : int
        Size K of the dictionary.
    alpha, beta : float
        Weights of the graph and of the L1 term.
    W : ndarray or sparse matrix (n, n), optional
        The graph; default ``knn_graph(X, k, weights, heat)``.
    k, weights, heat
        As in :func:`knn_graph`.
    n_iter : int, default 20
        Rounds of codes and dictionary (our choice). In each the codes take a few sweeps from
        where they were, which is enough for the turns to converge together.
    seed : int, default 0
        Of the random training samples that are the first atoms, scaled to length 1.
    tol : float, default 1e-4
        Of the codes at the end, as in :func:`graph_codes`.

    Returns
    -------
    B : ndarray (m, K), float64
    S : ndarray (K, n), float64
        The codes for this dictionary.

    See Also
    --------
    basis_step : One dictionary for fixed codes.
    graph_codes : Codes for a fixed dictionary.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).standard_normal((6, 40))
    >>> B, S = learn_dictionary(X, 8, alpha=0.1, beta=0.1)
    >>> B.shape, S.shape, bool(np.linalg.norm(B, axis=0).max() <= 1 + 1e-12)
    ((6, 8), (8, 40), True)
    """
    X = matrix(X, "X")
    graph = knn_graph(X, k, weights, heat) if W is None else W
    B, S = atoms_by_turns(X, n_atoms, alpha, beta, graph, n_iter=n_iter, seed=seed, tol=tol)
    return B, graph_codes(X, B, graph, alpha, beta, start=S, tol=tol)


def atoms_by_turns(
    X: np.ndarray,
    n_atoms: int,
    alpha: float,
    beta: float,
    W: np.ndarray | sparse.spmatrix,
    *,
    n_iter: int,
    seed: int,
    tol: float = 1e-4,
) -> tuple[np.ndarray, np.ndarray]:
    """The dictionary of :func:`learn_dictionary`, and the codes that it was fitted to last.

    Its own codes take many sweeps more until they converge; who wants only atoms does without.
    """
    if n_atoms < 1 or n_iter < 1:
        raise BadInput(f"Found n_atoms={n_atoms} and n_iter={n_iter}; expected at least 1.")
    graph, degree = adjacency(W, X.shape[1])
    B = _first_atoms(X, n_atoms, np.random.default_rng(seed))
    X, B = problem(X, B, alpha, beta)
    S: Any = None
    for _ in range(n_iter):
        S = solve_codes(X.T @ B, B, graph, degree, alpha, beta, S, tol, 3, warn=False)
        B = basis_step(X, S, B, tol=1e-6, max_passes=20)
    return B, S


def _first_atoms(X: np.ndarray, n_atoms: int, rng: np.random.Generator) -> np.ndarray:
    """Random samples, then (if there are too few) random directions, of length 1."""
    useful = np.flatnonzero((X != 0).any(axis=0))
    chosen = rng.permutation(useful)[:n_atoms]
    rest = rng.standard_normal((len(X), n_atoms - len(chosen)))
    atoms = np.hstack([X[:, chosen], rest])
    return atoms / np.linalg.norm(atoms, axis=0)


# Sums may be reordered, so that they are vectorised; nothing else is relaxed.
_jit = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


@_jit
def _fit_atoms(atoms, gram, target, tol, max_passes):  # type: ignore[no-untyped-def]
    """Block descent over the rows of `atoms` for gram = S Sᵀ and target = S Xᵀ."""
    size, m = atoms.shape
    new = np.empty(m)
    for _ in range(max_passes):
        moved = 0.0
        for j in range(size):
            if gram[j, j] <= 0:
                continue
            new[:] = target[j]
            for k in range(size):
                weight = gram[j, k]
                if weight != 0 and k != j:
                    atom = atoms[k]
                    for c in range(m):
                        new[c] -= weight * atom[c]
            square = 0.0
            for c in range(m):
                new[c] /= gram[j, j]
                square += new[c] * new[c]
            scale = 1.0 / np.sqrt(square) if square > 1 else 1.0
            for c in range(m):
                value = scale * new[c]
                moved = max(moved, abs(value - atoms[j, c]))
                atoms[j, c] = value
        if moved <= tol:
            break
