"""Whitened components of samples that are known by their products, as products again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse.linalg import LinearOperator, eigsh

from ..storage.rows import blocks
from .leading import leading
from .products import InBlocks, Products

__all__ = ["least_variance", "whitened"]


def whitened(train: InBlocks, n_components: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Products of all samples in whitened components of the training samples.

    With all components that is a projection to the training samples: their own products are
    those of the corners of a regular simplex, and those of others come of one set of linear
    equations in each block, where eigenvectors would cost ten times as much and as many matrices
    as there are blocks.

    Parameters
    ----------
    train : InBlocks of Products
        The training samples, in each block.
    n_components : int or None
        Per block; None: all.

    Returns
    -------
    gram : ndarray ``(n, n)``
    places : ndarray ``(n,)`` of int
        Of each sample in it. The training samples come first.
    """
    parts = train.parts
    n, index = len(parts[0].gram), parts[0].index
    others = np.setdiff1d(np.arange(n), index)
    t = len(index)
    gram = np.zeros((n, n))
    own, across, rest = gram[:t, :t], gram[t:, :t], gram[t:, t:]
    for part in parts:
        vectors, there = _components(part, others, n_components)
        if vectors is None:
            own -= 1 / t
            own[np.arange(t), np.arange(t)] += 1
        else:
            own += vectors @ vectors.T
        across += there
        rest += there @ there.T
    gram *= t - 1
    gram[:t, t:] = across.T
    places = np.empty(n, np.int64)
    places[np.concatenate([index, others])] = np.arange(n)
    return gram, places


def least_variance(largest: float, size: float) -> float:
    """What is no larger than this is rounding: of variances, and of products of such a size."""
    return max(1e-10 * largest, 1e-12 * size)


def _components(
    part: Products, others: np.ndarray, n_components: int | None
) -> tuple[np.ndarray | None, np.ndarray]:
    """The training samples' eigenvectors that are kept, or None where those are all there can be;
    and other samples in the whitened components, turned to the training samples: ``(n_o, n_t)``."""
    if n_components is None:
        products, there, size = _centred(part, others)
        if (found := _solved(products, there, size)) is not None:
            return None, found
    products, there, size = _centred(part, others)
    values, vectors = leading(products, _count(size, n_components))
    real = values > least_variance(values[0], size)  # one is kept in any case
    weights = vectors * np.divide(1, values, out=np.zeros(len(values)), where=real)
    return vectors * real, (there @ weights) @ vectors.T


def _solved(products: np.ndarray, there: np.ndarray, size: float) -> np.ndarray | None:
    """All components without looking for one; None where some are rounding."""
    n, rng = len(products), np.random.default_rng(0)
    start = rng.standard_normal(n)
    largest = eigsh(products, 1, tol=1e-2, v0=start, return_eigenvectors=False)[0]
    products += np.trace(products) / n**2  # the direction that centring took, out of the way
    try:
        factor = cho_factor(products.T, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return None
    inverse = LinearOperator(
        (n, n), lambda v: cho_solve(factor, v, check_finite=False), dtype=float
    )
    least = 1 / eigsh(inverse, 1, tol=1e-2, v0=start, return_eigenvectors=False)[0]
    if least < 2 * least_variance(largest, size):
        return None
    return cho_solve(factor, there.T, check_finite=False).T


def _count(size: float, n_components: int | None) -> Callable[[np.ndarray, float], int]:
    def count(values: np.ndarray, total: float) -> int:
        real = values > least_variance(values[0], size)
        wanted = n_components or 2**31
        return wanted if real.all() else max(1, min(wanted, int(real.sum())))

    return count


def _centred(part: Products, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Centred products of the training samples, those of others with them, and the largest."""
    products, there = (
        _taken(part.gram, part.index, part.index),
        _taken(part.gram, others, part.index),
    )
    size = max(products.max(), -products.min())
    mean = products.mean(axis=0)
    for some in (products, there):
        some -= some.mean(axis=1, keepdims=True)
        some -= mean - mean.mean()
    return products, there, float(size)


def _taken(gram: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Some rows and columns of a matrix, which may lie in a file."""
    out = np.empty((len(rows), len(columns)))
    order = np.argsort(rows)
    for part, some in blocks(gram):
        here = order[slice(*np.searchsorted(rows[order], (part.start, part.stop)))]
        out[here] = some[rows[here] - part.start][:, columns]
    return out
