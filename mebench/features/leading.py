"""The leading eigenvectors of a large matrix: as many as are kept, and no others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import eigh

__all__ = ["leading"]

#: Vectors that are multiplied at a time.
_WIDTH = 16
#: A vector is found when the matrix moves it by so little, as part of the largest eigenvalue.
_TOLERANCE = 1e-13


def leading(
    matrix: np.ndarray, count: Callable[[np.ndarray, float], int]
) -> tuple[np.ndarray, np.ndarray]:
    """Largest eigenvalues of a symmetric matrix without negative ones, and their vectors.

    A Krylov space of blocks is tried first, all of it products of matrices: where it need not
    grow beyond half of the matrix that takes a fraction of the time; otherwise all are found.
    Either way they are those of the matrix to rounding.

    Parameters
    ----------
    matrix : ndarray of float64 ``(n, n)``
        It is overwritten.
    count : callable
        From eigenvalues, largest first, and the sum of all there are, to how many are kept. Where
        those given are too few to say, it gives more than they are.

    Returns
    -------
    values : ndarray ``(k,)``
        Largest first.
    vectors : ndarray ``(n, k)``

    References
    ----------
    G. H. Golub and R. Underwood, "The block Lanczos method for computing eigenvalues", 1977. With
    full orthogonalisation, so that nothing is found twice.

    Examples
    --------
    >>> values, vectors = leading(np.diag([1.0, 4.0, 2.0]), lambda values, total: 2)
    >>> values.tolist(), np.abs(vectors.T).tolist()
    ([4.0, 2.0], [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    """
    total = float(np.trace(matrix))
    found = _krylov(matrix, count, total)
    if found is not None:
        return found
    # Symmetric: its transpose is itself, and in the order that LAPACK works in, without a copy.
    values, vectors = eigh(matrix.T, overwrite_a=True, check_finite=False, driver="evr")
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    k = count(values, total)
    return values[:k], vectors[:, :k]


def _krylov(
    matrix: np.ndarray, count: Callable[[np.ndarray, float], int], total: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """None where they are too many for it."""
    n = len(matrix)
    most = n // 2 // _WIDTH * _WIDTH
    if most < 4 * _WIDTH:
        return None
    basis = np.empty((n, most + _WIDTH), order="F")
    inner = np.zeros((most + _WIDTH, most + _WIDTH))
    start = matrix @ np.random.default_rng(0).standard_normal((n, _WIDTH))
    basis[:, :_WIDTH] = np.linalg.qr(start)[0]
    look = 4 * _WIDTH
    for m in range(_WIDTH, most + 1, _WIDTH):
        known, last = basis[:, :m], slice(m - _WIDTH, m)
        new = matrix @ basis[:, last]
        inner[:m, last] = known.T @ new
        inner[last, :m] = inner[:m, last].T
        new, size = np.linalg.qr(new - known @ inner[:m, last])
        new, again = np.linalg.qr(new - known @ (known.T @ new))
        basis[:, m : m + _WIDTH], coupling = new, again @ size
        over = np.abs(size).max() <= _TOLERANCE * total  # there is nothing else
        if m < look and m + _WIDTH <= most and not over:
            continue
        values, turned = eigh(inner[:m, :m], check_finite=False)
        values, turned = np.maximum(values[::-1], 0), turned[:, ::-1]
        k = count(values, total)
        if 4 * k > most:  # about so many are needed until they are still
            return None
        look = max(m + m // 4, 3 * k)
        moved = np.linalg.norm(coupling @ turned[last, :k], axis=0)
        if k <= m and (moved <= _TOLERANCE * values[0]).all():
            return values[:k], known @ turned[:, :k]
        if over:
            return None
    return None
