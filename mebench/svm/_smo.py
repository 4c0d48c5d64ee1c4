"""Compiled parts of the polynomial SVM: kernel values and two solvers of its dual.

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
from numba import njit

__all__ = ["kernel_rows", "libsvm_solve", "offset", "power", "warm_solve"]

_FAR = 1e300  # stands for infinity where the compiler may assume there is none
_FAST = {"nnan", "ninf", "nsz", "contract"}


@njit(cache=True, nogil=True)
def power(x: float, degree: int) -> float:
    """x to a whole power by repeated squaring, multiplied in libsvm's order."""
    out = 1.0
    while degree > 0:
        if degree % 2 == 1:
            out *= x
        x *= x
        degree //= 2
    return out


@njit(cache=True, nogil=True)
def kernel_rows(gram, rows, columns, degree, gamma, coef0, out) -> None:  # type: ignore[no-untyped-def]
    """Write (γ·gram + r)^d for the rows and columns of a pair into ``out``."""
    for i in range(len(rows)):
        row = gram[rows[i]]
        for j in range(len(columns)):
            out[i, j] = power(gamma * row[columns[j]] + coef0, degree)


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def warm_solve(kernel, diagonal, v, beta, lo, hi, tol, tau, most, work) -> bool:  # type: ignore[no-untyped-def]
    """Solve from a feasible β and its v, in place; whether ``most`` steps were enough.

    libsvm's choice of pairs (Fan, Chen and Lin 2005, second order) without its shrinking.
    """
    m = len(v)
    up, low, gain = work[0], work[1], work[2]
    for t in range(m):
        up[t] = 0.0 if beta[t] < hi[t] else -_FAR
        low[t] = 0.0 if beta[t] > lo[t] else _FAR
    for _ in range(most):
        top = -_FAR
        for t in range(m):
            x = v[t] + up[t]
            top = x if x > top else top
        i = m - 1
        while i >= 0 and v[i] + up[i] != top:
            i -= 1
        if i < 0 or top <= -_FAR:
            return True
        row_i, d_i = kernel[i], diagonal[i]
        worst, best = -_FAR, -1.0
        for t in range(m):
            gap = top - (v[t] + low[t])
            worst = gap if gap > worst else worst
            q = d_i + diagonal[t] - 2.0 * row_i[t]
            q = q if q > 0 else tau
            gap = gap if gap > 0 else 0.0
            g = gap * gap / q
            gain[t] = g
            best = g if g > best else best
        if worst < tol or best <= 0.0:
            return True
        j = m - 1
        while j > 0 and gain[j] != best:
            j -= 1
        room_i, room_j = hi[i] - beta[i], beta[j] - lo[j]
        q = d_i + diagonal[j] - 2.0 * row_i[j]
        move = min((v[i] - v[j]) / (q if q > 0 else tau), min(room_i, room_j))
        beta[i] = hi[i] if move == room_i else beta[i] + move
        beta[j] = lo[j] if move == room_j else beta[j] - move
        up[i] = 0.0 if beta[i] < hi[i] else -_FAR
        low[i] = 0.0 if beta[i] > lo[i] else _FAR
        up[j] = 0.0 if beta[j] < hi[j] else -_FAR
        low[j] = 0.0 if beta[j] > lo[j] else _FAR
        row_j = kernel[j]
        for t in range(m):
            v[t] -= move * (np.float64(row_i[t]) - np.float64(row_j[t]))
    return False


@njit(cache=True, nogil=True)
def _shrinkable(v, beta, lo, hi, top, bottom) -> bool:  # type: ignore[no-untyped-def]
    if beta >= hi:
        return v > top
    if beta <= lo:
        return v < bottom
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def libsvm_solve(kernel, diagonal, y, lo, hi, tol, tau, beta, v) -> int:  # type: ignore[no-untyped-def]
    """Solve from zero as libsvm does, shrinking and order included; the number of steps.

    Writes β and v. The arithmetic is libsvm's, operation by operation (but for the order in
    which gradients are summed up again after shrinking), because the answer may hang on it: a
    coefficient one bit off its bound counts as free, and sets the bias.
    """
    m = len(y)
    beta[:] = 0.0
    v[:] = y
    order = np.arange(m)  # libsvm reorders its samples; we reorder their numbers
    active, counter, unshrunk, steps = m, min(m, 1000) + 1, False, 0
    while True:
        counter -= 1
        if counter == 0:
            counter = min(m, 1000)
            top, bottom = -_FAR, _FAR
            for s in range(active):
                t = order[s]
                if beta[t] < hi[t]:
                    top = max(top, v[t])
                if beta[t] > lo[t]:
                    bottom = min(bottom, v[t])
            if not unshrunk and top - bottom <= 10 * tol:
                unshrunk = True
                _restore(kernel, y, beta, v, order, active)
                active = m
            s = 0
            while s < active:
                t = order[s]
                if _shrinkable(v[t], beta[t], lo[t], hi[t], top, bottom):
                    active -= 1
                    while active > s:
                        u = order[active]
                        if not _shrinkable(v[u], beta[u], lo[u], hi[u], top, bottom):
                            order[s], order[active] = u, t
                            break
                        active -= 1
                s += 1

        i, j = _working_set(kernel, diagonal, v, beta, lo, hi, tol, tau, order, active)
        if j < 0:
            _restore(kernel, y, beta, v, order, active)
            active = m
            i, j = _working_set(kernel, diagonal, v, beta, lo, hi, tol, tau, order, active)
            if j < 0:
                return steps
            counter = 1
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
        change_i, change_j = beta[i] - before_i, beta[j] - before_j
        for s in range(active):
            t = order[s]
            v[t] -= row_i[t] * change_i + row_j[t] * change_j


@njit(cache=True, nogil=True)
def _restore(kernel, y, beta, v, order, active) -> None:  # type: ignore[no-untyped-def]
    """Bring v of the shrunk samples up to date."""
    if active == len(y):
        return
    for s in range(active, len(y)):
        v[order[s]] = y[order[s]]
    for j in range(len(y)):
        if beta[j] != 0.0:
            row = kernel[j]
            for s in range(active, len(y)):
                v[order[s]] -= beta[j] * row[order[s]]


@njit(cache=True, nogil=True, error_model="numpy")
def _working_set(kernel, diagonal, v, beta, lo, hi, tol, tau, order, active):  # type: ignore[no-untyped-def]
    """The two samples to move, or (-1, -1) at the solution; the last of equals, as libsvm."""
    i, top = -1, -_FAR
    for s in range(active):
        t = order[s]
        if beta[t] < hi[t] and v[t] >= top:
            i, top = t, v[t]
    if i < 0:
        return -1, -1
    j, best, worst = -1, -1.0, -_FAR
    row_i = kernel[i]
    for s in range(active):
        t = order[s]
        if beta[t] > lo[t]:
            gap = top - v[t]
            worst = max(worst, gap)
            if gap > 0:
                q = diagonal[i] + diagonal[t] - 2.0 * row_i[t]
                gain = gap * gap / (q if q > 0 else tau)
                if gain >= best:
                    j, best = t, gain
    if worst < tol or j < 0:
        return -1, -1
    return i, j
