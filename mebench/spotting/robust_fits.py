"""What most of the data agree on, by least squares that are weighted anew.

Compiled, since it is asked for between every two frames; in plain loops, since what numpy does
with arrays takes long to compile.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["by_brightness", "linear", "median", "similarity", "tukey"]

_jit = njit(cache=True, nogil=True, error_model="numpy")

#: Of :func:`similarity`: rounds; least median in pixels that the weights go by; and how far off a
#: point that follows may be, as a share of their spread, or in pixels where that is less.
_ROUNDS, _STILL = 8, 0.05
_SHARE, _PIXELS = 0.03, 0.75
#: Of :func:`by_brightness`: rounds; least median in pixels; and how strongly the head's movement is
#: held where it was, as a share of what the brightness says of it.
_BLOCK_ROUNDS, _BLOCK_STILL, _HELD = 4, 0.01, 1e-3


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
        middle = median(lengths.copy())
        bound = 4.7 * max(1.48 * middle, least)
        for i in range(n):
            inside = 1 - (lengths[i] / bound) ** 2
            weight[i] = trust[i] * inside * inside if inside > 0 else 0.0
    return factors, rest, middle


@_jit
def median(values: np.ndarray) -> float:
    """The median of values ``(n,)``, which come to lie in another order (Hoare's find)."""
    n = len(values)
    middle, low, high = n // 2, 0, n - 1
    while low < high:
        pivot, i, j = values[middle], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if j < middle:
            low = i
        if middle < i:
            high = j
    if n % 2:
        return values[middle]
    below = values[0]
    for i in range(1, middle):
        below = max(below, values[i])
    return 0.5 * (below + values[middle])


@_jit
def _solved(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The solution of a few equations with a positive definite matrix, both written over."""
    k = len(left)
    for c in range(k):
        for r in range(c + 1, k):
            share = left[r, c] / left[c, c]
            for i in range(c + 1, k):
                left[r, i] -= share * left[c, i]
            for side in range(right.shape[1]):
                right[r, side] -= share * right[c, side]
    for c in range(k - 1, -1, -1):
        for side in range(right.shape[1]):
            for i in range(c + 1, k):
                right[c, side] -= left[c, i] * right[i, side]
            right[c, side] /= left[c, c]
    return right


def tukey(off: np.ndarray, middle: float, least: float) -> np.ndarray:
    """Tukey's weights of what is so far off ``(n,)``, its median being `middle`.

    Examples
    --------
    >>> tukey(np.array([0.0, 1.0, 9.0]), 1.0, 0.1).round(2).tolist()
    [1.0, 0.96, 0.0]
    """
    return np.asarray(np.clip(1 - (off / (4.7 * max(1.48 * middle, least))) ** 2, 0, None) ** 2)


@_jit
def by_brightness(
    texture: np.ndarray, change: np.ndarray, basis: np.ndarray, trust: np.ndarray,
    block: np.ndarray, n_blocks: int, start: np.ndarray, plain: float,
) -> np.ndarray:  # fmt: skip
    """How far blocks moved beyond a head, so that the brightness changed as it did.

    A cell whose displacement is d changes by G d = c, G being its structure tensor. First, the
    head's movement m is the one by which Σ w (B m)ᵀ (G B m − 2 c) is least, B being the basis in a
    cell and w its weight; then each block's displacement is d = (Σ G + εI)⁻¹ Σ (c − G B m). Blocks
    that moved unlike most weigh less in the next round (Tukey), so that the brows, which have most
    of a face's texture, are not taken for the head. No cell counts more than the middle one.

    Parameters
    ----------
    texture : ndarray ``(n, 3)``
        xx, xy and yy of G.
    change : ndarray ``(n, 2)``
        c.
    basis : ndarray ``(n, k)``
    trust : ndarray ``(n,)``
        What each cell counts for the head.
    block : ndarray of int ``(n,)``
        Of each cell; −1 is none.
    n_blocks : int
    start : ndarray ``(k, 2)``
        What m is held near where the brightness says nothing of it.
    plain : float
        ε as a share of the median trace of G, the sums being means.

    Returns
    -------
    ndarray ``(n_blocks, 2)``
        NaN where a block has no cell.
    """
    n, k = basis.shape
    trace = np.empty(n)
    for i in range(n):
        trace[i] = texture[i, 0] + texture[i, 2]
    middle = median(trace)
    even = np.empty(n)
    for i in range(n):
        even[i] = trust[i] * min(1.0, middle / max(texture[i, 0] + texture[i, 2], 1e-9))
    weight, out, lengths = even.copy(), np.full((n_blocks, 2), np.nan), np.empty(n_blocks)
    sums, counts = np.zeros((n_blocks, 3)), np.zeros(n_blocks)
    for i in range(n):
        if block[i] >= 0:
            counts[block[i]] += 1
            for j in range(3):
                sums[block[i], j] += texture[i, j]
    least = plain * middle + 1e-9
    for _ in range(_BLOCK_ROUNDS):
        moved = _head_by_brightness(texture, change, basis, weight, start)
        rest, seen = np.zeros((n_blocks, 2)), 0
        for i in range(n):
            b = block[i]
            if b >= 0:
                u, v = 0.0, 0.0
                for r in range(k):
                    u += basis[i, r] * moved[2 * r]
                    v += basis[i, r] * moved[2 * r + 1]
                rest[b, 0] += change[i, 0] - texture[i, 0] * u - texture[i, 1] * v
                rest[b, 1] += change[i, 1] - texture[i, 1] * u - texture[i, 2] * v
        for b in range(n_blocks):
            if counts[b]:
                xx, yy = sums[b, 0] / counts[b] + least, sums[b, 2] / counts[b] + least
                xy, u, v = sums[b, 1] / counts[b], rest[b, 0] / counts[b], rest[b, 1] / counts[b]
                size = xx * yy - xy * xy
                out[b, 0], out[b, 1] = (yy * u - xy * v) / size, (xx * v - xy * u) / size
                lengths[seen] = np.sqrt(out[b, 0] ** 2 + out[b, 1] ** 2)
                seen += 1
        if not seen:
            break
        bound = 4.7 * max(1.48 * median(lengths[:seen]), _BLOCK_STILL)
        for i in range(n):
            if block[i] >= 0:
                far = (out[block[i], 0] ** 2 + out[block[i], 1] ** 2) / bound**2
                weight[i] = even[i] * (1 - far) ** 2 if far < 1 else 0.0
    return out


@_jit
def _head_by_brightness(
    texture: np.ndarray, change: np.ndarray, basis: np.ndarray, weight: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The head's movement ``(2 k,)``, u and v in turn; see :func:`by_brightness`."""
    n, k = basis.shape
    left, right = np.zeros((2 * k, 2 * k)), np.zeros((2 * k, 1))
    for i in range(n):
        if weight[i] > 0:
            for r in range(k):
                weighted = weight[i] * basis[i, r]
                right[2 * r, 0] += weighted * change[i, 0]
                right[2 * r + 1, 0] += weighted * change[i, 1]
                for c in range(r + 1):
                    both = weighted * basis[i, c]
                    left[2 * r, 2 * c] += both * texture[i, 0]
                    left[2 * r, 2 * c + 1] += both * texture[i, 1]
                    left[2 * r + 1, 2 * c + 1] += both * texture[i, 2]
    held = 1e-12
    for r in range(2 * k):
        held += _HELD * left[r, r] / (2 * k)
    for r in range(k):
        for c in range(r + 1):
            left[2 * r + 1, 2 * c] = left[2 * r, 2 * c + 1]
    for r in range(2 * k):
        left[r, r] += held
        right[r, 0] += held * start[r // 2, r % 2]
        for c in range(r):
            left[c, r] = left[r, c]
    return _solved(left, right)[:, 0]


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
        total, z0, z1, w0, w1 = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(n):
            total += weight[i]
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
        bound, total = 4.7 * max(1.48 * median(off.copy()), _STILL), 0.0
        for i in range(n):
            inside = 1 - (off[i] / bound) ** 2
            weight[i] = inside * inside if inside > 0 else 0.0
            total += weight[i]
        if turn and total < 3:
            break
    z0, z1, spread, near = 0.0, 0.0, 0.0, 0
    for i in range(n):
        z0 += source[i, 0]
        z1 += source[i, 1]
    z0, z1 = z0 / n, z1 / n
    for i in range(n):
        spread += (source[i, 0] - z0) ** 2 + (source[i, 1] - z1) ** 2
    bound = max(_SHARE * np.sqrt(spread / n), _PIXELS)
    for i in range(n):
        near += off[i] < bound
    matrix = np.empty((2, 3))
    matrix[0, 0], matrix[0, 1], matrix[0, 2] = c, -s, x
    matrix[1, 0], matrix[1, 1], matrix[1, 2] = s, c, y
    return matrix, near / n
