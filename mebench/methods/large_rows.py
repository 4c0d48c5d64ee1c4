"""Steps that learn from rows which lie in a file, and turn them into others: some rows at a time.

Rows too large for the memory stay where they are: a step of ours reads them in blocks by itself,
and scikit-learn's scalers, which would copy all of them, are given one block after another. Its PCA
is told the components that are found so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..features.components import Components
from ..storage.rows import Rows, blocks, is_mapped

__all__ = ["fitted_step", "transformed"]

#: Scalers of scikit-learn whose ``partial_fit`` learns what ``fit`` does.
_LEARN_IN_PARTS = ("StandardScaler", "MinMaxScaler", "MaxAbsScaler")
#: Those that give for a row what they would give for it among others.
_ROW_BY_ROW = (
    *_LEARN_IN_PARTS,
    *("RobustScaler", "Normalizer", "Binarizer", "PowerTransformer", "QuantileTransformer"),
    *("SelectKBest", "SelectPercentile", "VarianceThreshold", "PCA", "IncrementalPCA"),
    *("TruncatedSVD",),
)


def fitted_step(step: Any, X: Any, y: Any, **facts: Any) -> Any:
    """``step.fit(X, y)``; scalers and PCA learn from blocks of rows where `X` lies in a file.

    Means and variances of ``StandardScaler`` are then those of ``fit`` to rounding (1e-12 of the
    largest), minima and maxima to the last bit. A ``PCA`` that is told how many components or which
    share of the variance to keep finds those of its exact solvers to rounding.

    Parameters
    ----------
    step : estimator
    X : ndarray ``(n, d)`` or list
    y : ndarray ``(n,)``
    **facts
        What else ``fit`` asks for.

    Returns
    -------
    estimator
        The step.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> fitted_step(StandardScaler(), np.array([[1.0], [3.0]]), None).mean_.tolist()
    [2.0]
    """
    if is_mapped(X) and _named(step, ("PCA",)) and _exact(step, X):
        return _fitted_pca(step, X) or step.fit(X, y, **facts)
    again = hasattr(step, "n_samples_seen_")  # it would learn on from what it knows
    if again or not (is_mapped(X) and _named(step, _LEARN_IN_PARTS)):
        return step.fit(X, y, **facts)
    for _, rows in blocks(X):
        step.partial_fit(rows)
    return step


def transformed(step: Any, X: Any) -> Any:
    """``step.transform(X)``; where `X` lies in a file, block by block if that is the same.

    What comes of many rows is in a file again.

    Parameters
    ----------
    step : fitted estimator
        Blocks are for those that look at each row by itself: scalers and components of
        scikit-learn, and ours that say so by ``row_by_row``.
    X : ndarray ``(n, d)`` or list
    """
    by_row = getattr(step, "row_by_row", False) or _named(step, _ROW_BY_ROW)
    if not (is_mapped(X) and by_row):
        return step.transform(X)
    kept = Rows()
    for _, rows in blocks(X):
        for row in step.transform(rows):
            kept.append(row)
    return np.asarray(kept.collected())


def _exact(pca: Any, X: Any) -> bool:
    """Whether it is told how much to keep, and not to draw."""
    n = pca.n_components
    told = isinstance(n, (int, float, np.integer)) and 0 < n <= min(X.shape)
    return told and pca.svd_solver in ("auto", "full", "covariance_eigh")


def _fitted_pca(pca: Any, X: np.ndarray) -> Any:
    """With the components that its ``fit`` would find; None where there are fewer than asked."""

    def enough(squares: np.ndarray, total: float) -> int:
        if pca.n_components >= 1 and not isinstance(pca.n_components, float):
            return int(pca.n_components)
        share = np.cumsum(squares) / total
        return int(np.searchsorted(share, pca.n_components, side="right")) + 1

    found, n = Components(X, enough), len(X)
    k = len(found.squares)
    if isinstance(pca.n_components, (int, np.integer)) and k < pca.n_components:
        return None
    axes = found.axes.T
    largest = np.abs(axes).argmax(axis=1)  # is positive, as scikit-learn has it
    axes = axes * np.where(axes[np.arange(k), largest] < 0, -1.0, 1.0)[:, None]
    kind = X.dtype if X.dtype == np.float32 else np.float64
    pca.n_samples_, pca.n_features_in_ = X.shape
    pca.n_components_, pca._fit_svd_solver = k, "full"
    pca.mean_, pca.components_ = found.mean.astype(kind), axes.astype(kind, order="C")
    pca.explained_variance_ = (found.squares / (n - 1)).astype(kind)
    pca.explained_variance_ratio_ = (found.squares / found.total).astype(kind)
    pca.singular_values_ = np.sqrt(found.squares).astype(kind)
    left = min(X.shape) - k
    pca.noise_variance_ = (found.total - found.squares.sum()) / (n - 1) / left if left else 0.0
    return pca


def _named(step: Any, names: tuple[str, ...]) -> bool:
    """Whether it is one of scikit-learn's own: a class derived from one may do anything."""
    kind = type(step)
    return kind.__module__.startswith("sklearn.") and kind.__name__ in names
