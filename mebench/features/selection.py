"""Feature selection by the ratio of between-class to within-class variance."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import BadInput
from ..storage.rows import blocks

__all__ = ["VarianceRatio", "variance_ratio"]


def variance_ratio(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Between-class over within-class variance of each column.

    With m the mean of all n samples, m_c and n_c those of class c,

        Σ_c n_c (m_c − m)² / Σ_c Σ_{i in c} (x_i − m_c)²,

    which is the F statistic of a one-way analysis of variance up to a constant factor.

    Parameters
    ----------
    X : ndarray ``(n, d)``
    y : ndarray ``(n,)``
        Labels.

    Returns
    -------
    ndarray of float64 ``(d,)``
        0 for a column that never changes, inf for one that is constant in each class but not
        the same in all.

    Examples
    --------
    >>> X = np.array([[0.0, 5, 1], [2, 5, 1], [4, 5, 7], [6, 5, 7]])
    >>> variance_ratio(X, np.array(["a", "a", "b", "b"])).tolist()
    [4.0, 0.0, inf]
    """
    codes = np.unique(np.asarray(y), return_inverse=True)[1]
    sizes = np.bincount(codes)
    totals, sums = np.zeros(X.shape[1]), np.zeros((len(sizes), X.shape[1]))
    low, high = np.array(X[0]), np.array(X[0])
    for part, rows in blocks(X):
        totals = _added(totals, rows)
        for c in np.unique(codes[part]):
            sums[c] = _added(sums[c], rows[codes[part] == c])
        low, high = np.minimum(low, rows.min(axis=0)), np.maximum(high, rows.max(axis=0))
    mean, centres = totals / len(X), sums / sizes[:, None]
    squares = np.zeros_like(sums)
    for part, rows in blocks(X):
        for c in np.unique(codes[part]):
            squares[c] = _added(squares[c], (rows[codes[part] == c] - centres[c]) ** 2)
    between, within = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for c, size in enumerate(sizes):
        between += size * (centres[c] - mean) ** 2
        within += squares[c]
    # A constant column whose mean is not exactly its value must not look like a difference.
    still = high == low
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(still, 0.0, between / within)


def _added(total: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """A sum and more rows, added one after the other: blocks change no digit of it."""
    return np.add.reduce(np.concatenate([total[None], rows.astype(np.float64)]), axis=0)


class VarianceRatio(SelectorMixin, BaseEstimator):
    """Keep the features whose between-class variance is largest against that within classes.

    The ratio is computed from the rows and labels given to `fit` alone, so that inside a
    pipeline it never sees a test sample.

    Parameters
    ----------
    k : int or 'all', default 100
        How many features to keep (our choice); all where there are no more than `k`. Among
        equal ratios the first columns win.

    Attributes
    ----------
    scores_ : ndarray ``(d,)``
        See :func:`variance_ratio`.

    See Also
    --------
    sklearn.feature_selection.SelectKBest : With ``f_classif`` it ranks columns the same.

    References
    ----------
    H. Kato, H. Takano, M. Saiko, M. Kubo and H. Imaoka, APSIPA ASC 2021, pp. 1781–1785, who
    select features of micro-expressions so.

    Examples
    --------
    >>> X = np.array([[0.0, 5, 1], [2, 5, 1], [4, 5, 7], [6, 5, 7]])
    >>> VarianceRatio(k=1).fit_transform(X, ["a", "a", "b", "b"]).ravel().tolist()
    [1.0, 1.0, 7.0, 7.0]
    """

    row_by_row = True

    def __init__(self, k: int | str = 100) -> None:
        self.k = k

    def fit(self, X: Any, y: Any) -> VarianceRatio:
        """Rank the features.

        Raises
        ------
        BadInput
            `k` is neither a positive integer nor 'all'.
        """
        whole = isinstance(self.k, Integral) and not isinstance(self.k, bool)
        if self.k != "all" and not (whole and int(self.k) >= 1):
            raise BadInput(f"k must be a positive integer or 'all', found {self.k!r}.")
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        self.scores_ = variance_ratio(X, y)
        return self

    def _get_support_mask(self) -> np.ndarray:
        check_is_fitted(self)
        mask = np.ones(len(self.scores_), bool)
        if self.k != "all":
            mask[np.argsort(-self.scores_, kind="stable")[int(self.k) :]] = False
        return mask

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
