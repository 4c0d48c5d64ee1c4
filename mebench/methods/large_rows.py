"""Steps that learn from rows which lie in a file, and turn them into others: some rows at a time.

Rows too large for the memory stay where they are: a step of ours reads them in blocks by itself,
and scikit-learn's scalers, which would copy all of them, are given one block after another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

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
    """``step.fit(X, y)``; a scaler learns from one block after another where `X` lies in a file.

    Means and variances of ``StandardScaler`` are then those of ``fit`` to rounding (1e-12 of the
    largest), minima and maxima to the last bit.

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


def _named(step: Any, names: tuple[str, ...]) -> bool:
    """Whether it is one of scikit-learn's own: a class derived from one may do anything."""
    kind = type(step)
    return kind.__module__.startswith("sklearn.") and kind.__name__ in names
