"""Whitened PCA of rows that are far longer than they are many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import BadInput
from ..storage.memory import free_mib
from ..storage.rows import blocks, gram_matrix, is_mapped, mapped
from .products import InBlocks, Products
from .short_rows import MANY, short_rows
from .whitened import least_variance, whitened

__all__ = ["WhitenedPCA"]


class WhitenedPCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Principal components scaled to unit variance, of each of several blocks of columns.

    Everything is computed from the products of rows (as in kernel PCA), so the length of a row
    costs one pass over it. The result is that of ``sklearn.decomposition.PCA(whiten=True)`` on
    each block, up to the signs of components.

    Parameters
    ----------
    n_components : int, optional
        Per block. Default: all, which are as many as training rows less one. Then *all training
        rows end up at the same distance from each other*, whatever their class: a linear machine
        separates any labelling of them, no value of its C makes a difference beyond scale, and
        what it learns is which of the training rows a new one leans to. ELBPTOP is published so;
        fewer components keep distances that mean something.
    n_blocks : int or sequence of int, default 1
        Into how many equal parts the columns are cut, or the widths of the parts; each has
        components of its own, and they are concatenated.

    Attributes
    ----------
    rows_ : ndarray ``(n, d)``
        The training rows, as they were given.
    weights_ : list of ndarray ``(n, n_components)``
        Per block, the weights of centred products with the training rows.

    See Also
    --------
    ELBPTOP : What comes before it.
    sklearn.decomposition.PCA : With ``whiten=True``, of one block and of short rows.

    References
    ----------
    C. Guo, J. Liang, G. Zhan, Z. Liu, M. Pietikäinen and L. Liu, IEEE Access 7, 2019, who
    compress descriptors so. They print 163 and 246 dimensions, of 164 and 247 clips: one less
    than all, which a training fold does not have, so their components saw the test clips. These
    do not.

    Examples
    --------
    >>> X = np.random.default_rng(0).random((5, 600))
    >>> Z = WhitenedPCA(n_blocks=2).fit_transform(X)
    >>> Z.shape, bool(np.allclose(np.cov(Z[:, :4].T), np.eye(4)))
    ((5, 8), True)
    """

    row_by_row = True

    def __init__(self, n_components: int | None = None, n_blocks: int | Sequence[int] = 1) -> None:
        self.n_components = n_components
        self.n_blocks = n_blocks

    def fit(self, X: Any, y: Any = None) -> WhitenedPCA:
        """Find the components.

        Raises
        ------
        BadInput
            One row only, columns that do not part into blocks, no positive `n_components`; or
            more rows than the memory has room for their components.
        """
        if self.n_components is not None and self.n_components < 1:
            raise BadInput(f"n_components must be at least 1 or None, found {self.n_components}.")
        if isinstance(X, InBlocks):
            if len(X) < 2:
                raise BadInput("Components need two rows, found one.")
            self.products_, self._places = whitened(X, self.n_components)
            return self
        X = validate_data(self, X, dtype=[np.float64, np.float32], ensure_min_samples=2)
        self.rows_ = X
        self.weights_, self._means = [], []
        parts = self._blocks(X)
        _check_room(len(X), len(parts), self.n_components)
        for block in parts:
            products = _products(block, block)
            self._means.append(products.mean(axis=0))
            size = max(products.max(), -products.min())
            values, vectors = _eigen(products, self._means[-1])
            values, vectors = values[::-1], vectors[:, ::-1]
            # What is smaller than this is rounding; one column is kept in any case.
            least = least_variance(values[0], size)
            rank = max(1, int((values > least).sum()))
            kept = min(rank, self.n_components or rank)
            values, vectors = values[:kept], vectors[:, :kept]
            largest = np.abs(vectors).argmax(axis=0)
            signs = np.sign(vectors[largest, np.arange(kept)])
            scale = np.zeros(kept)
            np.divide(np.sqrt(len(X) - 1), values, out=scale, where=values > least)
            self.weights_.append(vectors * signs * scale)
        return self

    def transform(self, X: Any) -> np.ndarray | Products:
        """Whitened components, float64 ``(n, Σ n_components)``; or their products.

        The latter of samples that were made :meth:`by_products`.
        """
        check_is_fitted(self)
        if isinstance(X, InBlocks):
            return Products(self.products_, self._places[X.parts[0].index])
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        parts = zip(
            self._blocks(X), self._blocks(self.rows_), self._means, self.weights_, strict=True
        )
        return np.concatenate(
            [_centred(_products(a, b), mean) @ weights for a, b, mean, weights in parts], axis=1
        )

    def condense(self, X: np.ndarray) -> np.ndarray:
        """Shorter rows with the same products in each block.

        Fitted on some of these rows, this transformer gives for the others what it would give for
        rows of `X`, to rounding: nothing but products of rows enters it. Whoever fits it again
        and again on parts of `X`, as cross-validation does, need read the long rows only once. No
        label is used, and a row's products with others do not depend on which rows are there.

        Parameters
        ----------
        X : ndarray ``(n, d)``

        Returns
        -------
        ndarray of float64 ``(n, n_blocks · n)``, or `X` itself where that is no shorter; with one
        column more if `n_blocks` has widths. Of more than 2,000 rows it lies in a file.

        Examples
        --------
        >>> X = np.random.default_rng(0).random((5, 600))
        >>> short = WhitenedPCA().condense(X)
        >>> short.shape, bool(np.allclose(short @ short.T, X @ X.T))
        ((5, 5), True)
        """
        if len(self._blocks(X)) * len(X) >= X.shape[1]:
            return X
        parts = []
        for block in self._blocks(X):
            if len(X) > MANY:
                parts.append(short_rows(block))
                continue
            values, vectors = np.linalg.eigh(_products(block, block))
            parts.append(vectors * np.sqrt(np.maximum(values, 0)))
        if not isinstance(self.n_blocks, (int, np.integer)):
            parts.append(np.zeros((len(X), 1)))
        return np.concatenate(parts, axis=1) if len(X) <= MANY else mapped(*parts)

    def by_products(self, X: np.ndarray) -> InBlocks | None:
        """The rows as what all of them are multiplied by each other, in each block.

        Fitted on some of these samples this transformer gives for others the products of what it
        would give for rows of `X`, to rounding: enough for a kernel machine, with three matrices
        in memory at a time, however many blocks and components there are. Those of more than
        2,000 rows lie in files.

        Parameters
        ----------
        X : ndarray ``(n, d)``

        Returns
        -------
        InBlocks; None where rows are no longer than they are many.

        Examples
        --------
        >>> X = np.random.default_rng(0).random((6, 600))
        >>> known, train = WhitenedPCA().by_products(X), np.arange(5)
        >>> found = WhitenedPCA().fit(known[train]).transform(known)
        >>> Z = WhitenedPCA().fit(X[train]).transform(X)
        >>> bool(np.allclose(found.gram[np.ix_(found.index, found.index)], Z @ Z.T))
        True
        """
        if X.shape[1] <= len(X):
            return None
        parts = []
        for block in self._blocks(X):
            gram = gram_matrix(block) if len(X) <= MANY else mapped(gram_matrix(block))
            parts.append(Products(gram, np.arange(len(X))))
        return InBlocks(parts)

    def _blocks(self, X: np.ndarray) -> list[np.ndarray]:
        n = self.n_blocks
        if not isinstance(n, (int, np.integer)):
            if min(n) > 0 and sum(n) == X.shape[1]:
                return np.split(X, np.cumsum(n)[:-1], axis=1)
            # Condensed, blocks are equally wide, and a column of zeros says so.
            condensed = X.shape[1] < sum(n) and not X[:, -1].any()
            X, n = (X[:, :-1], len(n)) if condensed else (X, 0)
        if n < 1 or X.shape[1] % n:
            raise BadInput(
                f"Rows of {X.shape[1]} values cannot be cut into n_blocks={self.n_blocks} equal "
                "parts: give the number of descriptors that are concatenated, or their widths."
            )
        return np.split(X, n, axis=1)

    @property
    def _n_features_out(self) -> int:
        return sum(weights.shape[1] for weights in self.weights_)


def _check_room(n: int, n_blocks: int, n_components: int | None) -> None:
    """Say that weights of so many rows and what finds them will not fit, before it is tried."""
    kept, free = min(n_components or n, n), free_mib()
    needed = 8 * n * (2 * n + n_blocks * kept) / 2**20
    if n > MANY and free is not None and needed > free:
        raise BadInput(
            f"Whitened components of {n} rows in {n_blocks} blocks take {needed:.0f} MiB, and "
            f"{free:.0f} MiB of memory are free. Give n_components (a few hundred), or put a "
            "PolySVC right behind them, whose search needs their products alone."
        )


def _products(A: np.ndarray, B: np.ndarray, chunk: int = 8192) -> np.ndarray:
    """A Bᵀ in double precision, some columns at a time; of rows in a file, some rows."""
    if is_mapped(A) or is_mapped(B):
        if A is B:
            return gram_matrix(A)
        found = np.empty((len(A), len(B)))
        for here, a in blocks(A):
            a = a.astype(np.float64)
            for there, b in blocks(B):
                found[here, there] = a @ np.asarray(b, np.float64).T
        return found
    out = np.zeros((len(A), len(B)))
    for start in range(0, A.shape[1], chunk):
        a = A[:, start : start + chunk].astype(np.float64)
        out += a @ (a if A is B else B[:, start : start + chunk].astype(np.float64)).T
    return out


def _eigen(products: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and vectors of centred products; many are centred and taken apart in place."""
    if len(products) <= MANY:
        found = np.linalg.eigh(_centred(products, mean))
        return found[0], found[1]
    products -= products.mean(axis=1, keepdims=True)
    products -= mean - mean.mean()
    values, vectors = eigh(products.T, overwrite_a=True, check_finite=False, driver="evr")
    return values, vectors


def _centred(products: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Products of rows less the training rows' mean; `mean` has theirs with each training row."""
    return products - products.mean(axis=1, keepdims=True) - mean + mean.mean()
