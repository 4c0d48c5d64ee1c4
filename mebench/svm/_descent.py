"""The fast solver of a pair's dual, for solutions that need not be libsvm's to the last bit.

The steps are those of :mod:`._smo` (sequential minimal optimisation, second-order choice of
pairs, libsvm's stopping rule), with three liberties, none of which touches what the solution is
held against: which of two samples is chosen is decided in single precision; of equals any one is
taken; and samples are looked at in lanes, each with a best of its own, so that the processor
compares many at once. Gradients and coefficients are double, and the stopping rule is exact.
All arrays are padded to whole lanes; a padded sample is one that is left out.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["FAR", "LANES", "descend", "lanes_of"]

FAR = 1e30  # stands for infinity, also in single precision
LANES = 64
_FAST = {"nnan", "ninf", "nsz", "contract"}
_SINGLE = np.float32


@njit(cache=True, nogil=True)
def lanes_of(m: int) -> int:
    """Lanes of a pair of m samples: few where padding would cost more than it saves."""
    return LANES if m > 4 * LANES else 16


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _tops(v, up, tops) -> None:  # type: ignore[no-untyped-def]
    """Largest v of each lane among the samples whose coefficient may grow."""
    lanes = len(tops)
    for t in range(lanes):
        tops[t] = -FAR
    for s in range(0, len(v), lanes):
        a, b = v[s : s + lanes], up[s : s + lanes]
        for t in range(lanes):
            x = a[t] + b[t]
            tops[t] = x if x > tops[t] else tops[t]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _move(v, up, row_i, row_j, change_i, change_j, tops) -> None:  # type: ignore[no-untyped-def]
    """Update v after a step, and the tops with it."""
    lanes = len(tops)
    for t in range(lanes):
        tops[t] = -FAR
    for s in range(0, len(v), lanes):
        a, b = v[s : s + lanes], up[s : s + lanes]
        p, q = row_i[s : s + lanes], row_j[s : s + lanes]
        for t in range(lanes):
            w = a[t] - (p[t] * change_i + q[t] * change_j)
            a[t] = w
            x = w + b[t]
            tops[t] = x if x > tops[t] else tops[t]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _gains(v, low, row_i, diagonal, d_i, top, least, gain, bests) -> None:  # type: ignore[no-untyped-def]
    """What a step with each sample would gain, and the best of each lane."""
    lanes = len(bests)
    zero, two = _SINGLE(0.0), _SINGLE(2.0)
    for t in range(lanes):
        bests[t] = zero
    for s in range(0, len(v), lanes):
        a, b, p = v[s : s + lanes], low[s : s + lanes], row_i[s : s + lanes]
        d, g = diagonal[s : s + lanes], gain[s : s + lanes]
        for t in range(lanes):
            gap = _SINGLE(top - (a[t] + b[t]))
            gap = gap if gap > zero else zero
            curve = (d_i + d[t]) - two * p[t]
            curve = curve if curve > least else least
            x = gap * gap / curve
            g[t] = x
            bests[t] = x if x > bests[t] else bests[t]


@njit(cache=True, nogil=True)
def _lowest(v, low) -> int:  # type: ignore[no-untyped-def]
    """The sample with the smallest v among those whose coefficient may shrink."""
    found = 0
    for t in range(1, len(v)):
        if v[t] + low[t] < v[found] + low[found]:
            found = t
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def descend(  # type: ignore[no-untyped-def]
    kernel, diagonal, single, lo, hi, beta, v, tol, tau, most, up, low, gain, tops, bests
) -> bool:
    """Solve in place from a feasible β and its v; whether ``most`` steps were enough.

    Parameters
    ----------
    kernel : ndarray (≥ m, padded m) of float32
    diagonal, single : ndarray (padded m,) of float64 and of float32
    lo, hi, beta, v : ndarray (padded m,)
    tol, tau : float
        libsvm's tolerance, and what it divides by where there is no curvature.
    most : int
    up, low, gain, tops, bests : ndarray
        Room: three of the length of v (the third single), two of as many lanes (the second single).
    """
    lanes = len(tops)
    for t in range(len(v)):
        up[t] = 0.0 if beta[t] < hi[t] else -FAR
        low[t] = 0.0 if beta[t] > lo[t] else FAR
    _tops(v, up, tops)
    least = _SINGLE(max(tau, 1e-30))
    for _ in range(most):
        lane = 0
        for t in range(1, lanes):
            if tops[t] > tops[lane]:
                lane = t
        top = tops[lane]
        if top < -0.5 * FAR:
            return True
        i = lane
        while v[i] + up[i] != top:
            i += lanes
        row_i = kernel[i]
        _gains(v, low, row_i, single, single[i], top, least, gain, bests)
        lane = 0
        for t in range(1, lanes):
            if bests[t] > bests[lane]:
                lane = t
        j = lane
        if bests[lane] > 0.0:
            while gain[j] != bests[lane]:
                j += lanes
        if bests[lane] <= 0.0 or top - v[j] < tol:  # the largest gain is not the largest gap
            j = _lowest(v, low)
            if top - (v[j] + low[j]) < tol:
                return True
        row_j = kernel[j]
        curve = diagonal[i] + diagonal[j] - 2.0 * row_i[j]
        step = (v[i] - v[j]) / (curve if curve > 0 else tau)
        before_i, before_j = beta[i], beta[j]
        total = before_i + before_j
        beta[i] += step
        beta[j] -= step
        # Which of the two may hit its bound first; the other then keeps the sum.
        if total > hi[i] + lo[j]:
            if beta[i] > hi[i]:
                beta[i] = hi[i]
                beta[j] = total - hi[i]
        elif beta[j] < lo[j]:
            beta[j] = lo[j]
            beta[i] = total - lo[j]
        up[i] = 0.0 if beta[i] < hi[i] else -FAR
        low[i] = 0.0 if beta[i] > lo[i] else FAR
        up[j] = 0.0 if beta[j] < hi[j] else -FAR
        low[j] = 0.0 if beta[j] > lo[j] else FAR
        _move(v, up, row_i, row_j, beta[i] - before_i, beta[j] - before_j, tops)
    return False
