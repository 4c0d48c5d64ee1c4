"""What most of the data agree on, by least squares that are weighted anew.

Compiled, since it is asked for between every two frames.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["displacements", "linear", "similarity"]

_jit = njit(cache=True, nogil=True, error_model="numpy")

#: Of :func:`similarity`: rounds; least median in pixels that the weights go by; and how far off a
#: point that follows may be, as a share of their spread, or in pixels where that is less.
_ROUNDS, _STILL = 8, 0.05
_SHARE, _PIXELS = 0.03, 0.75


@_jit
def linear(
    basis: np.ndarray, values: np.ndarray, trust: np.ndarray, rounds: int, least: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """The linear function of a basis that most values follow, with Tukey's weights.

    Parameters
    ----------
    basis : ndarray ``(n, k)``
    values : ndarray ``(n, 2)``
    trust : ndarray ``(n,)``
        What each counts, before its weight.
    rounds : int
    least : float
        Least median of what is left that the weights go by.

    Returns
    -------
    factors : ndarray ``(k, 2)``
    rest : ndarray ``(n, 2)``
        What is left of the values.
    middle : float
        The median length of that.
    """
    n, k = basis.shape
    weight, lengths = trust.copy(), np.empty(n)
    factors, rest = np.zeros((k, 2)), np.empty((n, 2))
    middle = 0.0
    for _ in range(rounds):
        left, right = np.zeros((k, k)), np.zeros((k, 2))
        for i in range(n):
            for r in range(k):
                weighted = weight[i] * basis[i, r]
                for c in range(k):
                    left[r, c] += weighted * basis[i, c]
                right[r, 0] += weighted * values[i, 0]
                right[r, 1] += weighted * values[i, 1]
        for r in range(k):
            left[r, r] += 1e-9  # where nothing is left to go by
        factors = _solved(left, right)
        for i in range(n):
            u, v = values[i, 0], values[i, 1]
            for r in range(k):
                u -= basis[i, r] * factors[r, 0]
                v -= basis[i, r] * factors[r, 1]
            rest[i, 0], rest[i, 1] = u, v
            lengths[i] = np.sqrt(u * u + v * v)
        middle = np.median(lengths)
        bound = 4.7 * max(1.48 * middle, least)
        for i in range(n):
            inside = 1 - (lengths[i] / bound) ** 2
            weight[i] = trust[i] * inside * inside if inside > 0 else 0.0
    return factors, rest, middle


@_jit
def _solved(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The solution of a few equations with a positive definite matrix, both written over."""
    k = len(left)
    for c in range(k):
        for r in range(c + 1, k):
            share = left[r, c] / left[c, c]
            for i in range(c + 1, k):
                left[r, i] -= share * left[c, i]
            right[r, 0] -= share * right[c, 0]
            right[r, 1] -= share * right[c, 1]
    for c in range(k - 1, -1, -1):
        for side in range(2):
            for i in range(c + 1, k):
                right[c, side] -= left[c, i] * right[i, side]
            right[c, side] /= left[c, c]
    return right


@_jit
def displacements(
    rest: np.ndarray, texture: np.ndarray, block: np.ndarray, n_blocks: int, plain: float
) -> np.ndarray:
    """The displacement of each block that its cells agree on, weighted by their texture.

    d = (Σ G + εI)⁻¹ Σ G r: as least squares of the brightness of all pixels would have it, if the
    flow r of each cell G was found by least squares, too.

    Parameters
    ----------
    rest : ndarray ``(n, 2)``
        r.
    texture : ndarray ``(n, 2, 2)``
        G.
    block : ndarray of int ``(n,)``
        Of each cell; −1 is none.
    n_blocks : int
    plain : float
        ε as a share of the median trace of G, the sums being means.

    Returns
    -------
    ndarray ``(n_blocks, 2)``
        NaN where a block has no cell.
    """
    trace = texture[:, 0, 0] + texture[:, 1, 1]
    least = plain * np.median(trace) + 1e-9
    sums, count = np.zeros((n_blocks, 5)), np.zeros(n_blocks)
    for i in range(len(rest)):
        b = block[i]
        if b >= 0:
            xx, xy, yy = texture[i, 0, 0], texture[i, 0, 1], texture[i, 1, 1]
            sums[b, 0] += xx
            sums[b, 1] += xy
            sums[b, 2] += yy
            sums[b, 3] += xx * rest[i, 0] + xy * rest[i, 1]
            sums[b, 4] += xy * rest[i, 0] + yy * rest[i, 1]
            count[b] += 1
    out = np.full((n_blocks, 2), np.nan)
    for b in range(n_blocks):
        if count[b]:
            xx, xy, yy, u, v = sums[b] / count[b]
            xx, yy = xx + least, yy + least
            size = xx * yy - xy * xy
            out[b, 0], out[b, 1] = (yy * u - xy * v) / size, (xx * v - xy * u) / size
    return out


@_jit
def similarity(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float]:
    """The similarity that carries most points along, and the share of points that follow it.

    w = a z + b in complex numbers, with Tukey's weights.

    Parameters
    ----------
    source, target : ndarray ``(n, 2)``
        z and w.

    Returns
    -------
    matrix : ndarray ``(2, 3)``
    trust : float
    """
    n = len(source)
    weight, off = np.ones(n), np.empty(n)
    c, s, x, y = 1.0, 0.0, 0.0, 0.0  # a = c + is, b = x + iy
    for turn in range(_ROUNDS):
        total = weight.sum()
        z0, z1, w0, w1 = 0.0, 0.0, 0.0, 0.0
        for i in range(n):
            z0 += weight[i] * source[i, 0]
            z1 += weight[i] * source[i, 1]
            w0 += weight[i] * target[i, 0]
            w1 += weight[i] * target[i, 1]
        z0, z1, w0, w1 = z0 / total, z1 / total, w0 / total, w1 / total
        size, c, s = 0.0, 0.0, 0.0
        for i in range(n):
            p, q = source[i, 0] - z0, source[i, 1] - z1
            u, v = target[i, 0] - w0, target[i, 1] - w1
            c += weight[i] * (p * u + q * v)
            s += weight[i] * (p * v - q * u)
            size += weight[i] * (p * p + q * q)
        c, s = c / max(size, 1e-9), s / max(size, 1e-9)
        x, y = w0 - (c * z0 - s * z1), w1 - (s * z0 + c * z1)
        for i in range(n):
            u = c * source[i, 0] - s * source[i, 1] + x - target[i, 0]
            v = s * source[i, 0] + c * source[i, 1] + y - target[i, 1]
            off[i] = np.sqrt(u * u + v * v)
        bound = 4.7 * max(1.48 * np.median(off), _STILL)
        for i in range(n):
            inside = 1 - (off[i] / bound) ** 2
            weight[i] = inside * inside if inside > 0 else 0.0
        if turn and weight.sum() < 3:
            break
    z0, z1 = source[:, 0].mean(), source[:, 1].mean()
    spread = np.sqrt(((source[:, 0] - z0) ** 2 + (source[:, 1] - z1) ** 2).mean())
    trust = (off < max(_SHARE * spread, _PIXELS)).mean()
    return np.array([[c, -s, x], [s, c, y]]), trust
