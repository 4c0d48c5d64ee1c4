"""The fast solver of a pair's dual, for solutions that need not be libsvm's to the last bit.

The steps are those of :mod:`._smo` (sequential minimal optimisation, second-order choice of
pairs, libsvm's stopping rule), with three liberties, none of which touches what the solution is
held against: which of two samples is chosen is decided in single precision; of equals any one is
taken; and every pass over the samples is written so that the processor looks at many at once.
Gradients and coefficients are double, and the stopping rule is exact. Arrays are padded to
:func:`padded`; a padded sample is one that is left out.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from ._compiled import fast, inner, larger, smaller, where

__all__ = ["BLOCK", "FAR", "LONG", "among", "descend", "facts", "padded"]

FAR = 1e30  # stands for infinity, also in single precision
BLOCK = 16  # arrays have a multiple of it
LONG = 64  # those of many samples, which are looked through so many at a time
_SINGLE = np.float32


@register_jitable
def padded(m: int) -> int:
    """Length of the arrays of a pair of m samples: one more at least, which tables need."""
    block = LONG if m > 4 * LONG else BLOCK
    return (m + block) // block * block


@fast
def _open(beta, lo, hi, v, up, low, near):  # type: ignore[no-untyped-def]
    """Which coefficients may grow and which may shrink: the largest v and the smallest of these."""
    zero, far = _SINGLE(0.0), _SINGLE(FAR)
    for t in range(len(v)):
        up[t] = where(beta[t] < hi[t], 0.0, -FAR)
    for t in range(len(v)):
        low[t] = where(beta[t] > lo[t], zero, far)
    for t in range(len(v)):
        near[t] = v[t]
    top, bottom = -FAR, FAR
    for t in range(len(v)):
        top = larger(top, v[t] + up[t])
        bottom = smaller(bottom, v[t] + low[t])
    return top, bottom


@fast
def _bottom(v, low) -> float:  # type: ignore[no-untyped-def]
    """Smallest v of the samples whose coefficient may shrink."""
    bottom = FAR
    for t in range(len(v)):
        bottom = smaller(bottom, v[t] + low[t])
    return bottom


@fast
def _move(v, near, up, row_i, row_j, change_i, change_j) -> float:  # type: ignore[no-untyped-def]
    """Update v after a step, and find the largest of the samples that may grow."""
    top = -FAR
    for t in range(len(v)):
        w = v[t] - (row_i[t] * change_i + row_j[t] * change_j)
        v[t] = w
        near[t] = w
        top = larger(top, w + up[t])
    return top


@fast
def _gains(near, low, row_i, diagonal, d_i, top, least, gain):  # type: ignore[no-untyped-def]
    """What a step with each sample would gain, and the best."""
    best, zero, two = _SINGLE(0.0), _SINGLE(0.0), _SINGLE(2.0)
    for t in range(len(near)):
        gap = larger(top - (near[t] + low[t]), zero)
        x = gap * gap / larger((d_i + diagonal[t]) - two * row_i[t], least)
        gain[t] = x
        best = larger(best, x)
    return best


@inner
def among(a, b, wanted, n) -> int:  # type: ignore[no-untyped-def]
    """How often a + b is the wanted in a block."""
    found = 0
    for t in range(n):
        found += a[t] + b[t] == wanted
    return found


@inner
def _where_sum(a, b, wanted) -> int:  # type: ignore[no-untyped-def]
    """The first index at which a + b is the wanted, which is there."""
    s = 0
    if len(a) % LONG == 0:
        while among(a[s : s + LONG], b[s : s + LONG], wanted, LONG) == 0:
            s += LONG
    while a[s] + b[s] != wanted:
        s += 1
    return s


@inner
def _equal(a, wanted, n) -> int:  # type: ignore[no-untyped-def]
    found = 0
    for t in range(n):
        found += a[t] == wanted
    return found


@inner
def _where_is(a, wanted) -> int:  # type: ignore[no-untyped-def]
    """The first index at which a is the wanted, which is there."""
    s = 0
    if len(a) % LONG == 0:
        while _equal(a[s : s + LONG], wanted, LONG) == 0:
            s += LONG
    while a[s] != wanted:
        s += 1
    return s


@inner
def descend(  # type: ignore[no-untyped-def]
    kernel, diagonal, single, lo, hi, beta, v, tol, tau, most, up, low, gain, near
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
    up, low, gain, near : ndarray
        Room: four of the length of v, all but the first of them single.
    """
    top, bottom = _open(beta, lo, hi, v, up, low, near)
    if top - bottom < tol:
        return True
    least = _SINGLE(max(tau, 1e-30))
    for _ in range(most):
        if top < -0.5 * FAR:
            return True
        i = _where_sum(v, up, top)
        row_i = kernel[i]
        best = _gains(near, low, row_i, single, single[i], _SINGLE(top), least, gain)
        j = i
        if best > 0.0:
            j = _where_is(gain, best)
        if best <= 0.0 or top - v[j] < tol:  # the largest gain is not the largest gap
            bottom = _bottom(v, low)
            if top - bottom < tol:
                return True
            j = _where_sum(v, low, bottom)
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
        top = _move(v, near, up, row_i, row_j, beta[i] - before_i, beta[j] - before_j)
    return False


@fast
def facts(beta, v, lo, hi):  # type: ignore[no-untyped-def]
    """What of a solution its bias and its worth follow from.

    Returned are: sum of v and count of the free samples; the least v of those at their upper and
    the largest of those at their lower bound; the same of both without samples within rounding of
    a bound being free, and the count of those that are then; Σ|β|; how many not at 0 are at a
    bound.
    """
    total, free, upper, lower = 0.0, 0.0, FAR, -FAR
    inner, highest, lowest = 0.0, FAR, -FAR
    size, held = 0.0, 0.0
    for t in range(len(beta)):
        x, y, a, b = beta[t], v[t], lo[t], hi[t]
        there, up, down, margin = a < b, b - x, x - a, 1e-9 * (b - a)
        between = (up > 0.0) & (down > 0.0)
        total += where(between, y, 0.0)
        free += where(between, 1.0, 0.0)
        upper = smaller(upper, where(there & (up <= 0.0), y, FAR))
        lower = larger(lower, where(there & (down <= 0.0), y, -FAR))
        inner += where((up > margin) & (down > margin), 1.0, 0.0)
        highest = smaller(highest, where(there & (up <= margin), y, FAR))
        lowest = larger(lowest, where(there & (up > margin) & (down <= margin), y, -FAR))
        size += abs(x)
        held += where((x != 0.0) & ((up == 0.0) | (down == 0.0)), 1.0, 0.0)
    return total, free, upper, lower, inner, highest, lowest, size, held
