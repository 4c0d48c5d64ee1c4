"""Rows as short as they are many, with the same products: long ones need be read only once."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh

from ..storage.rows import gram_matrix, mapped

__all__ = ["MANY", "short_rows"]

#: Rows beyond which memory counts for more than time.
MANY = 2000


def short_rows(rows: np.ndarray) -> np.ndarray:
    """Rows ``(n, n)`` with the products of `rows`, of which few matrices are held at a time.

    Those of more than :data:`MANY` lie in a file.

    Examples
    --------
    >>> X = np.random.default_rng(0).random((3, 100))
    >>> Z = short_rows(X)
    >>> Z.shape, bool(np.allclose(Z @ Z.T, X @ X.T))
    ((3, 3), True)
    """
    few = len(rows) <= MANY
    values, vectors = eigh(
        gram_matrix(rows).T, overwrite_a=True, check_finite=False,
        driver="evd" if few else "evr",  # evd is faster, and takes n² more
    )  # fmt: skip
    vectors *= np.sqrt(np.maximum(values, 0))
    return np.asarray(vectors) if few else mapped(vectors)
