"""The dual of a pair of classes, solved by libsvm's own steps.

The dual of a pair of classes is written in signed coefficients β = yα, in which nothing
depends on y any more: maximise Σ yβ − ½ βᵀKβ with Σβ = 0 and lo ≤ β ≤ hi, where lo = 0, hi = C
for the first class and lo = −C, hi = 0 for the second. With v = y − Kβ, libsvm stops when
max v over {β < hi} minus min v over {β > lo} is below the tolerance, and so do we.
A sample with lo = hi = 0 can never be chosen: that is how one is left out.

``tau`` is what libsvm divides by (1e-12) when the curvature along a step is not positive.
libsvm keeps kernel values in single and everything else in double precision; so do we.
"""

from __future__ import annotations

import numpy as np

from ._compiled import exact, inner, larger, lasting, where
from ._kernel import kernel_rows, power

__all__ = ["fit_pair", "libsvm_fit", "offset"]

_FAR = 1e300  # stands for infinity where the compiler may assume there is none


@inner
def offset(v, beta, lo, hi) -> float:  # type: ignore[no-untyped-def]
    """The bias b of f = Kβ + b: mean v of the free samples, else the middle of its bounds."""
    total, free = 0.0, 0
    upper, lower = _FAR, -_FAR
    for t in range(len(v)):
        if lo[t] == hi[t]:
            continue
        if beta[t] >= hi[t]:
            upper = min(upper, v[t])
        elif beta[t] <= lo[t]:
            lower = max(lower, v[t])
        else:
            total += v[t]
            free += 1
    if free > 0:
        return total / free
    return 0.5 * (upper + lower)


@exact
def _highest(v, up) -> int:  # type: ignore[no-untyped-def]
    """The last of the samples with the largest v + up; -1 if none may grow."""
    top = -_FAR
    for t in range(len(v)):
        top = larger(top, v[t] + up[t])
    if not top > -_FAR:
        return -1
    t = len(v) - 1
    while v[t] + up[t] != top:
        t -= 1
    return t


@exact
def _partner(v, low, row_i, diagonal, d_i, top, tau, gain):  # type: ignore[no-untyped-def]
    """The last of the samples with the largest gain (-1: none gains), and the largest gap."""
    best, worst = 0.0, -_FAR
    for t in range(len(v)):
        gap = top - (v[t] + low[t])
        worst = larger(worst, gap)
        q = d_i + diagonal[t] - 2.0 * row_i[t]
        gap = larger(gap, 0.0)
        x = gap * gap / where(q > 0.0, q, tau)
        gain[t] = x
        best = larger(best, x)
    if not best > 0.0:
        return -1, worst
    t = len(v) - 1
    while gain[t] != best:
        t -= 1
    return t, worst


@exact
def _step(v, row_i, row_j, change_i, change_j) -> None:  # type: ignore[no-untyped-def]
    """What a step does to v."""
    for t in range(len(v)):
        v[t] -= row_i[t] * change_i + row_j[t] * change_j


@exact
def _solve(  # type: ignore[no-untyped-def]
    kernel, diagonal, y, lo, hi, beta, v, tol, tau, most, names, up, low, gain
) -> tuple[bool, int]:
    """Solve in place from β = 0, with libsvm's shrinking; everything is left reordered.

    The pairs are chosen as libsvm does (Fan, Chen and Lin 2005, second order; the last of
    equals), and every operation is libsvm's, because an answer may hang on the last bit: a
    coefficient one bit off its bound counts as free, and sets the bias. ``names`` says how the
    samples were reordered; ``up``, ``low`` and ``gain`` are room. Returned are whether ``most``
    steps were enough, and how many they were.
    """
    m = len(v)
    for t in range(m):
        up[t] = 0.0 if beta[t] < hi[t] else -_FAR
        low[t] = 0.0 if beta[t] > lo[t] else _FAR
    active, counter, unshrunk = m, min(m, 1000) + 1, False
    steps = np.int64(0)
    while steps < most:
        counter -= 1
        if counter == 0:
            counter = min(m, 1000)
            top, bottom = -_FAR, _FAR
            for t in range(active):
                top = max(top, v[t] + up[t])
                bottom = min(bottom, v[t] + low[t])
            if not unshrunk and top - bottom <= 10 * tol:
                unshrunk = True
                _restore(kernel, y, beta, v, active)
                active = m
            t = np.int64(0)
            while t < active:
                if _settled(v[t], up[t], low[t], top, bottom):
                    active -= 1
                    while active > t:
                        if not _settled(v[active], up[active], low[active], top, bottom):
                            _swap(kernel, t, active)
                            for a in (diagonal, y, lo, hi, beta, v, up, low):
                                a[t], a[active] = a[active], a[t]
                            names[t], names[active] = names[active], names[t]
                            break
                        active -= 1
                t += 1
        i = _highest(v[:active], up[:active])
        j, worst = -1, -_FAR
        if i >= 0:
            j, worst = _partner(
                v[:active], low[:active], kernel[i], diagonal, diagonal[i], v[i] + up[i], tau, gain
            )
        if worst < tol or j < 0:
            if active == m:
                return True, steps
            _restore(kernel, y, beta, v, active)
            active = m
            counter = 2  # shrink again after the next step
            continue
        steps += 1
        row_i, row_j = kernel[i], kernel[j]
        q = diagonal[i] + diagonal[j] - 2.0 * row_i[j]
        move = (v[i] - v[j]) / (q if q > 0 else tau)
        before_i, before_j = beta[i], beta[j]
        total = before_i + before_j
        beta[i] += move
        beta[j] -= move
        # Which of the two may hit its bound first; the other then keeps the sum.
        if total > hi[i] + lo[j]:
            if beta[i] > hi[i]:
                beta[i] = hi[i]
                beta[j] = total - hi[i]
        elif beta[j] < lo[j]:
            beta[j] = lo[j]
            beta[i] = total - lo[j]
        for t in (i, j):
            up[t] = 0.0 if beta[t] < hi[t] else -_FAR
            low[t] = 0.0 if beta[t] > lo[t] else _FAR
        change_i, change_j = beta[i] - before_i, beta[j] - before_j
        _step(v[:active], row_i, row_j, change_i, change_j)
    return False, steps


@inner
def _settled(v, up, low, top, bottom) -> bool:  # type: ignore[no-untyped-def]
    """Whether a sample sits at a bound that it wants to stay at."""
    if up < 0.0:
        return v > top
    if low > 0.0:
        return v < bottom
    return False


@inner
def _swap(kernel, i, j) -> None:  # type: ignore[no-untyped-def]
    for t in range(len(kernel)):
        kernel[i, t], kernel[j, t] = kernel[j, t], kernel[i, t]
    for t in range(len(kernel)):
        kernel[t, i], kernel[t, j] = kernel[t, j], kernel[t, i]


@inner
def _restore(kernel, y, beta, v, active) -> None:  # type: ignore[no-untyped-def]
    """Bring v of the shrunk samples up to date."""
    m = len(y)
    for t in range(active, m):
        v[t] = y[t]
    for j in range(m):
        if active < m and beta[j] != 0.0:
            row = kernel[j]
            for t in range(active, m):
                v[t] -= beta[j] * row[t]


@lasting
def libsvm_fit(  # type: ignore[no-untyped-def]
    gram, members, base, kernel, diagonal, y, lo, hi, beta, v, names, room, tol, tau, most, out
):
    """Make the kernel and solve; ``kernel`` to ``room`` is room, but y, lo and hi are given."""
    degree, gamma, coef0 = base
    m = len(members)
    kernel_rows(gram, members, members, degree, gamma, coef0, kernel, room[0], room[1])
    for t in range(m):
        diagonal[t] = power(gamma * gram[members[t], members[t]] + coef0, degree)
        beta[t], v[t], names[t] = 0.0, y[t], t
    solved, steps = _solve(
        kernel, diagonal, y, lo, hi, beta, v, tol, tau, most, names, room[0], room[1], room[2]
    )  # fmt: skip
    if not solved:
        # What was shrunk has an old v; with it the bias would be off.
        for t in range(m):
            v[t] = y[t]
            for j in range(m):
                if beta[j] != 0.0:
                    v[t] -= beta[j] * kernel[j, t]
    for t in range(m):
        out[names[t]] = beta[t]
    return offset(v, beta, lo, hi), solved, steps


def fit_pair(
    gram: np.ndarray, members: np.ndarray, first: int, base: tuple[int, float, float],
    bound: np.ndarray, tol: float, tau: float, most: int = 1 << 60,
) -> tuple[np.ndarray, float, bool, int]:  # fmt: skip
    """Solve a pair from zero as libsvm does, in ``most`` steps at most.

    Parameters
    ----------
    gram : ndarray (n, n)
    members : ndarray of int (m,)
        Samples of both classes, the ``first`` ones those of the first.
    base : tuple
        Degree, gamma and coef0 of the kernel.
    bound : ndarray (m,)
        The largest size of each coefficient.
    tol, tau : float
    most : int

    Returns
    -------
    beta, bias, solved, steps
        β, b, whether the steps were enough, and how many they were.
    """
    m = len(members)
    y, lo, hi, out = np.ones(m), np.zeros(m), np.zeros(m), np.empty(m)
    y[first:] = -1.0
    hi[:first], lo[first:] = bound[:first], -bound[first:]
    bias, solved, steps = libsvm_fit(
        gram, members, base, np.empty((m, m), np.float32), np.empty(m), y, lo, hi, np.empty(m),
        np.empty(m), np.empty(m, np.int64), np.empty((3, m)), tol, tau, most, out,
    )  # fmt: skip
    return out, bias, solved, steps
