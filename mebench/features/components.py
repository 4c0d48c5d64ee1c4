"""Principal components of many rows, from their products or their scatter: the smaller one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..storage.rows import blocks, gram_matrix
from .leading import leading
from .products import Products

__all__ = ["Components"]

#: Of the largest variance: components of less are rounding.
_LEAST = 1e-12


class Components:
    """Principal components of training rows, of which no copy is made.

    Parameters
    ----------
    X : ndarray ``(n, d)``, perhaps in a file, or Products
        The training rows; known by their products, they are never looked at.
    enough : callable
        From variances, largest first, and the sum of all, to how many components are kept; more
        than there are, if these are too few to say.

    Attributes
    ----------
    squares : ndarray ``(k,)``
        Sum of the squares of the training rows along each component, largest first.
    total : float
        Sum of their squares along all there are.
    mean, axes : ndarray ``(d,)``, ``(d, k)``
        Of rows; of what is known by products there are none. The training row that lies farthest
        along a component does so on its positive side.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(9, 4))
    >>> found = Components(X, lambda squares, total: 2)
    >>> peer = np.linalg.svd(X - X.mean(axis=0))[1]
    >>> bool(np.allclose(found.squares, peer[:2] ** 2)), found.transform(X).shape
    (True, (9, 2))
    """

    def __init__(self, X: Any, enough: Callable[[np.ndarray, float], int]) -> None:
        def count(squares: np.ndarray, total: float) -> int:
            real = squares > _LEAST * max(squares[0], 1e-300)
            found = enough(squares[real], total)
            return found if real.all() else min(found, int(real.sum()))

        if isinstance(X, Products):
            self._trained = X
            self._learn(X.gram[np.ix_(X.index, X.index)], count)
            return
        sums = [rows.sum(axis=0, dtype=np.float64) for _, rows in blocks(X)]
        self.mean = np.sum(sums, axis=0) / len(X)
        if X.shape[1] < len(X):
            self._learn_short(X, count)
        else:
            self._learn(gram_matrix(X), count)
            self.axes = np.zeros((X.shape[1], len(self.squares)))
            for part, rows in blocks(X):
                self.axes += rows.T @ self._weights[part]
            del self._weights

    def transform(self, X: Any) -> np.ndarray:
        """Float64 ``(n, k)``."""
        out = np.empty((len(X), len(self.squares)))
        if not isinstance(X, Products):
            for part, rows in blocks(X):
                out[part] = (rows - self.mean) @ self.axes
        elif X is self._trained:
            np.multiply(self._weights, self.squares, out=out)
        else:
            for part, places in blocks(X.index):
                some = X.gram[np.ix_(places, self._trained.index)]
                some -= some.mean(axis=1, keepdims=True) + (self._row - self._row.mean())
                out[part] = some @ self._weights
        return out

    def _learn(self, gram: np.ndarray, count: Callable[[np.ndarray, float], int]) -> None:
        """From products of the training rows, which are overwritten."""
        self._row = gram.mean(axis=0)
        gram -= self._row
        gram -= (self._row - self._row.mean())[:, None]
        self.total = float(np.trace(gram))
        self.squares, vectors = leading(gram, count)
        self._weights = vectors * (_signs(vectors) / np.sqrt(self.squares))

    def _learn_short(self, X: np.ndarray, count: Callable[[np.ndarray, float], int]) -> None:
        """From the scatter of columns, of which there are fewer than rows."""
        scatter = np.zeros((X.shape[1], X.shape[1]))
        for _, rows in blocks(X):
            rows = rows - self.mean
            scatter += rows.T @ rows
        self.total = float(np.trace(scatter))
        self.squares, self.axes = leading(scatter, count)
        farthest = np.zeros((1, len(self.squares)))
        for _, rows in blocks(X):
            both = np.concatenate([farthest, (rows - self.mean) @ self.axes])
            farthest = both[np.abs(both).argmax(axis=0), np.arange(both.shape[1])][None]
        self.axes = self.axes * np.where(farthest < 0, -1.0, 1.0)


def _signs(vectors: np.ndarray) -> np.ndarray:
    """That make the largest value of each positive, as scikit-learn's."""
    largest = np.abs(vectors).argmax(axis=0)
    return np.asarray(np.where(vectors[largest, np.arange(vectors.shape[1])] < 0, -1.0, 1.0))
