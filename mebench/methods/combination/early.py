"""Early fusion: blocks of features, each brought to one scale, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.base import TransformerMixin, clone
from sklearn.decomposition import KernelPCA
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_is_fitted

from ...errors import BadInput
from ...features.components import Components
from ...features.products import InBlocks, Products
from ...features.selection import VarianceRatio
from ...features.short_rows import MANY, short_rows
from ...renamed import finder
from ...storage.rows import blocks as blocks_of_rows
from ...storage.rows import gram_matrix, mapped
from ..candidates import as_matrix
from ..fitting import Rows, as_input, fit_steps
from .branches import blocks

__all__ = ["SideBySide"]

SCALES = ("block", "columns")

#: Share of its squares below which a block's spread is rounding: nothing moves.
_STILL = 1e-14


class SideBySide(TransformerMixin, _BaseComposition):
    """Several blocks of features as one row, no block outweighing another by size or units.

    Of each block, in this order and from the training samples alone: its own steps that learn
    are fitted; the `k` columns of largest between-class to within-class variance are kept; it
    is turned to its principal components; and it is scaled.

    Parameters
    ----------
    members : list of (str, Pipeline or 'passthrough')
        Per block, its steps that learn before a classifier.
    scale : {'block', 'columns'}, default 'block'
        'block': the block's mean is subtracted, and it is divided by the root mean square
        distance of training rows from it, so that all blocks spread equally and the columns of
        one keep their proportions. 'columns': each column to mean 0 and deviation 1, and the
        block divided by the root of its width. Our choices, as papers name neither.
    select : int, optional
        How many columns of each block to keep; default all. See
        :class:`mebench.features.selection.VarianceRatio`.
    pca : float or int, optional
        Principal components of each block: so many, or as many as explain this share of its
        variance. Default: no PCA.

    Attributes
    ----------
    n_features_ : list of int
        Width of each block in the result.

    Raises
    ------
    BadInput
        Another number of blocks, or an unknown scale.

    Examples
    --------
    >>> from mebench.methods.combination import blocks
    >>> rng = np.random.default_rng(0)
    >>> X = blocks(100 * rng.normal(size=(20, 30)), 0.01 * rng.normal(size=(20, 3)))
    >>> fuse = SideBySide([("long", "passthrough"), ("short", "passthrough")], pca=0.9)
    >>> Z = fuse.fit_transform(X)
    >>> squares = (Z**2).sum(0) / 20
    >>> fuse.n_features_, float(squares.sum().round(6)), float(squares[-3:].sum().round(6))
    ([12, 3], 1.0, 0.5)
    """

    def __init__(
        self,
        members: Sequence[tuple[str, Any]],
        *,
        scale: str = "block",
        select: int | None = None,
        pca: float | int | None = None,
    ) -> None:
        self.members = members
        self.scale = scale
        self.select = select
        self.pca = pca

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters, with those of the members under their names."""
        found: dict[str, Any] = self._get_params("members", deep=deep)
        return found

    def set_params(self, **params: Any) -> SideBySide:
        """Set parameters, those of a member as ``name__step__parameter``."""
        self._set_params("members", **params)
        return self

    def fit(self, X: Any, y: Any = None, groups: Any = None) -> SideBySide:
        """Learn each block's steps and scale; see :meth:`fit_transform`."""
        self.fit_transform(X, y, groups)
        return self

    def fit_transform(self, X: Any, y: Any = None, groups: Any = None) -> np.ndarray | Products:
        """Fit, and fuse the training samples.

        Parameters
        ----------
        X : ndarray of object ``(n, n_blocks)``
            See :func:`~mebench.methods.combination.blocks`.
        y : array ``(n,)``
            Labels; needed for `select` and by members' steps that learn from them.
        groups : array ``(n,)``, optional
            Subjects, for steps that ask for them.
        """
        if self.scale not in SCALES:
            raise BadInput(f"scale must be one of {', '.join(SCALES)}, found {self.scale!r}.")
        if self._are_products(X):
            self.n_features_ = [len(X)] * len(X.parts)
            self._products = _fused_products(X.parts)
            return self.transform(X)
        self._steps, self._scales, fused = [], [], []
        for (_, learned), column in zip(self.members, self._columns(X), strict=True):
            steps = [] if learned in (None, "passthrough") else list(clone(learned).steps)
            if self.select is not None:
                steps.append(("select", VarianceRatio(k=self.select)))
            if self.pca is not None:
                steps.append(("pca", _PrincipalComponents(self.pca)))
            rows = as_matrix(fit_steps(steps, Rows(column, y, np.asarray(groups))))
            self._steps.append([step for _, step in steps])
            self._scales.append(self._scale_of(rows, len(self.members)))
            fused.append(_scaled(rows, self._scales[-1], self.pca is not None))
            del rows
        self.n_features_ = [block.shape[1] for block in fused]
        return _side_by_side(fused)

    def transform(self, X: Any) -> np.ndarray | Products:
        """Float64 ``(n, sum of n_features_)``; all training rows have a mean square length of 1.

        Of samples that were made :meth:`by_products`: the products of such rows.
        """
        check_is_fitted(self, "n_features_")
        if self._are_products(X):
            return Products(self._products, X.parts[0].index)
        fused = []
        for steps, scale, rows in zip(self._steps, self._scales, self._columns(X), strict=True):
            for step in steps:
                rows = step.transform(as_input(rows))
            fused.append(_scaled(as_matrix(rows), scale, self.pca is not None))
        return _side_by_side(fused)

    def condense(self, X: np.ndarray) -> np.ndarray | InBlocks:
        """Shorter rows with the same products in each block, where nothing else enters.

        Centring, the scale of a block and principal components need no more than products, so
        that fitted on some of these rows the transformer gives for the others what it would give
        for rows of `X`, up to a rotation and to rounding. Whoever fits it in fold after fold need
        read long rows only once. No label is used, and no product depends on another row.

        Parameters
        ----------
        X : ndarray of object ``(n, n_blocks)``

        Returns
        -------
        ndarray of object ``(n, n_blocks)``; or, of more than 2,000 rows of which principal
        components are found, the blocks with the products themselves in place of long rows.
        """
        if self.select is not None or self.scale != "block":
            return X
        short = []
        for (_, learned), column in zip(self.members, self._columns(X), strict=True):
            rows = as_input(column)
            if isinstance(rows, np.ndarray) and rows.ndim == 2:
                first = None if learned in (None, "passthrough") else learned.steps[0][1]
                if first is not None and hasattr(first, "condense"):
                    rows = first.condense(rows)
                elif first is None and rows.shape[1] > len(rows):
                    by_products = len(rows) > MANY and self.pca is not None
                    rows = _all_products(rows) if by_products else short_rows(rows)
            short.append(rows)
        if any(isinstance(part, Products) for part in short):
            return InBlocks(short)
        return blocks(*short)

    def by_products(self, X: np.ndarray) -> InBlocks | None:
        """The rows as what all of them are multiplied by each other, in each block.

        Fitted on some of these samples this transformer gives for others the products of what it
        would give for rows of `X`, to rounding: enough for a kernel machine, and a fit costs no
        more than looking through them. Those of more than 2,000 rows lie in files.

        Parameters
        ----------
        X : ndarray of object ``(n, n_blocks)``

        Returns
        -------
        InBlocks, or None: where anything but centring and the scale of blocks is learned, or where
        the rows are no longer than they are many.

        Examples
        --------
        >>> from mebench.methods.combination import blocks
        >>> rng = np.random.default_rng(0)
        >>> X, train = blocks(rng.normal(size=(6, 30)), rng.normal(size=(6, 3))), np.arange(5)
        >>> fuse = SideBySide([("long", "passthrough"), ("short", "passthrough")])
        >>> known = fuse.by_products(X)
        >>> found = fuse.fit(known[train]).transform(known).gram
        >>> Z = fuse.fit(X[train]).transform(X)
        >>> bool(np.allclose(found, Z @ Z.T))
        True
        """
        plain = all(learned in (None, "passthrough") for _, learned in self.members)
        if not plain or self.select is not None or self.scale != "block" or self.pca is not None:
            return None
        columns = [as_input(column) for column in self._columns(X)]
        if any(not isinstance(rows, np.ndarray) or rows.ndim != 2 for rows in columns):
            return None
        if sum(rows.shape[1] for rows in columns) <= len(X):
            return None
        return InBlocks([_all_products(rows, len(X) > MANY) for rows in columns])

    def _are_products(self, X: Any) -> bool:
        return self.pca is None and isinstance(X, InBlocks) and isinstance(X.parts[0], Products)

    def _scale_of(self, rows: np.ndarray, n_blocks: int) -> tuple[np.ndarray, np.ndarray]:
        """What to subtract from a block, and what to divide it by."""
        mean = rows.mean(axis=0)
        if len(rows) <= MANY:
            square = ((rows - mean) ** 2).mean(axis=0)
        else:
            parts = (((some - mean) ** 2).sum(axis=0) for _, some in blocks_of_rows(rows))
            square = np.sum(list(parts), axis=0) / len(rows)
        if self.scale == "block":
            deviation = np.sqrt(square.sum(keepdims=True))
        else:
            deviation = np.sqrt(square * rows.shape[1])
        deviation[deviation == 0] = 1.0  # nothing moves: it stays 0
        return mean, deviation * np.sqrt(n_blocks)

    def _columns(self, X: Any) -> list[Any]:
        if isinstance(X, InBlocks) and len(X.parts) == len(self.members):
            return X.parts
        if np.ndim(X) != 2 or X.shape[1] != len(self.members):
            raise BadInput(
                f"Found X of shape {np.shape(X)}; expected one block of features per member, "
                f"(n, {len(self.members)}): see mebench.methods.combination.blocks."
            )
        return [X[:, j] for j in range(X.shape[1])]


def _scaled(rows: np.ndarray, scale: tuple[np.ndarray, np.ndarray], own: bool) -> np.ndarray:
    """Rows on their scale, in their own place where nobody else has them."""
    out = np.subtract(rows, scale[0], out=rows if own else None)
    out /= scale[1]
    return out


def _side_by_side(blocks: list[np.ndarray]) -> np.ndarray:
    """Blocks as one matrix; each goes as soon as it is copied."""
    edges = np.cumsum([0, *(block.shape[1] for block in blocks)])
    out = np.empty((len(blocks[0]), edges[-1]))
    for left, right in pairwise(edges):
        out[:, left:right] = blocks.pop(0)
    return out


class _PrincipalComponents:
    """PCA of few long rows, from their products; of many, from those or from their scatter."""

    def __init__(self, n_components: float | int) -> None:
        self.n_components = n_components

    def fit(self, X: Any, y: Any = None) -> _PrincipalComponents:
        if not self.n_components > 0:
            raise BadInput(f"pca must be above 0, found {self.n_components!r}.")
        if isinstance(X, Products) or len(X) > MANY:
            self._found = Components(X, self._enough)
            return self
        self._pca = KernelPCA(kernel="linear", eigen_solver="dense", remove_zero_eig=True).fit(X)
        values = self._pca.eigenvalues_
        self._n = self._enough(values, values.sum())
        return self

    def transform(self, X: Any) -> np.ndarray:
        if hasattr(self, "_found"):
            return self._found.transform(X)
        return self._pca.transform(X)[:, : self._n]

    def _enough(self, variances: np.ndarray, total: float) -> int:
        """How many of them, largest first, are kept; more than there are, if these are too few."""
        if isinstance(self.n_components, float) and self.n_components < 1:
            share = np.cumsum(variances) / max(total, 1e-300)
            return int(np.searchsorted(share, self.n_components - 1e-12)) + 1
        return int(self.n_components)


def _all_products(rows: np.ndarray, lying: bool = False) -> Products:
    gram = gram_matrix(rows)
    return Products(mapped(gram) if lying else gram, np.arange(len(rows)))


def _fused_products(parts: Sequence[Products]) -> np.ndarray:
    """Products of all samples' fused rows, each block centred and scaled by the training ones."""
    train, n = parts[0].index, len(parts[0].gram)
    fused = np.zeros((n, n))
    for part in parts:
        own, mean = np.empty(n), np.empty(n)  # products with itself, and with the mean of training
        for some, rows in blocks_of_rows(part.gram):
            own[some] = rows[np.arange(len(rows)), np.arange(some.start, some.stop)]
            mean[some] = rows[:, train].mean(axis=1)
        middle = mean[train].mean()
        square = own[train].mean() - middle  # mean square distance from the mean
        if square <= _STILL * abs(middle):
            continue
        for some, rows in blocks_of_rows(part.gram):
            rows = rows - mean
            rows -= (mean[some] - middle)[:, None]
            rows /= square * len(parts)
            fused[some] += rows
    return fused


__getattr__ = finder(__name__)
