"""Members side by side as one matrix, so that regions of all of them can be exchanged alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline

from ..methods.combination import blocks

__all__ = ["Cells", "as_matrix"]


class Cells(TransformerMixin, BaseEstimator):
    """Cut rows into what each member gave.

    Parameters
    ----------
    widths : sequence of int
        Values of each member.

    Examples
    --------
    >>> found = Cells((2, 1)).fit_transform(np.array([[1.0, 2.0, 3.0]]))
    >>> [cell.tolist() for cell in found[0]]
    [[1.0, 2.0], [3.0]]
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        self.widths = widths

    def fit(self, X: Any, y: Any = None) -> Cells:
        """Learn nothing."""
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """An array of objects ``(n, n_members)``, each cell a row of features."""
        cells: list[Any] = np.split(np.asarray(X), np.cumsum(self.widths)[:-1], axis=1)
        return blocks(*cells)


def as_matrix(X: Any, tail: Pipeline) -> tuple[np.ndarray, Pipeline]:
    """One float matrix, and the pipeline that takes it; where `X` is one, both as they are.

    Parameters
    ----------
    X : ndarray ``(n, d)``, or array of objects ``(n, n_members)`` whose cells are rows
    tail : Pipeline
        What is fitted to `X`.
    """
    if X.dtype != object:
        return X, tail
    widths = tuple(len(cell) for cell in X[0])
    flat = np.array([np.concatenate(row) for row in X], np.float64)
    return flat, Pipeline([("cells", Cells(widths)), *tail.steps])
