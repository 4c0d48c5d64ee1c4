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

from typing import Any, NamedTuple

import numpy as np

from ._compiled import exact, inner, larger, lasting, where
from ._descent import LONG, among
from ._kernel import kernel_row, power

__all__ = ["fit_pair", "libsvm_fit", "offset", "patience"]

_FAR = 1e300  # stands for infinity where the compiler may assume there is none
_TINY, _HUGE = 1e-30, 1e30  # beyond which single precision is not trusted
_SINGLE = np.float32


class _Rows(NamedTuple):
    """The kernel's rows, each made when a step first asks for it.

    That is for the samples that ever get a coefficient, some half of them. Shrinking exchanges
    samples, and so the columns of all rows; a row catches up on that when it is asked for again.
    """

    gram: Any  # (n, n)
    members: Any  # (m,) samples of the pair
    columns: Any  # (m,) the same in the present order
    degree: int
    gamma: float
    coef0: float
    kernel: Any  # (m, m) float32, a row per sample as in ``members``
    upto: Any  # (m,) how many exchanges its columns have seen; -1: it is not made
    exchanged: Any  # (m, 2) places
    count: Any  # (1,) how many they are
    room: Any  # (2, m)


@inner
def _ready(rows, s) -> None:  # type: ignore[no-untyped-def]
    """Let the row of a sample hold its kernel values with all, in the present order of these."""
    row, count = rows.kernel[s], rows.count[0]
    if rows.upto[s] < 0:
        kernel_row(
            rows.gram[rows.members[s]], rows.columns, rows.degree, rows.gamma, rows.coef0, row,
            rows.room[0], rows.room[1],
        )  # fmt: skip
    else:
        for e in range(rows.upto[s], count):
            i, j = rows.exchanged[e, 0], rows.exchanged[e, 1]
            row[i], row[j] = row[j], row[i]
    rows.upto[s] = count


@inner
def _exchange(rows, i, j) -> None:  # type: ignore[no-untyped-def]
    """Two samples take each other's place."""
    if rows.count[0] == len(rows.exchanged):
        for s in range(len(rows.upto)):
            if rows.upto[s] >= 0:
                _ready(rows, s)
                rows.upto[s] = 0
        rows.count[0] = 0
    rows.exchanged[rows.count[0], 0], rows.exchanged[rows.count[0], 1] = i, j
    rows.count[0] += 1
    rows.columns[i], rows.columns[j] = rows.columns[j], rows.columns[i]


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
def _top(v, up) -> float:  # type: ignore[no-untyped-def]
    """The largest v of the samples that may grow."""
    top = -_FAR
    for t in range(len(v)):
        top = larger(top, v[t] + up[t])
    return top


@inner
def _last(v, up, top) -> int:  # type: ignore[no-untyped-def]
    """The last sample at which v + up is the wanted, which is there."""
    t = len(v)
    while t % LONG != 0:
        t -= 1
        if v[t] + up[t] == top:
            return t
    while among(v[t - LONG : t], up[t - LONG : t], top, LONG) == 0:
        t -= LONG
    t -= 1
    while v[t] + up[t] != top:
        t -= 1
    return t


@inner
def _gain(v, low, row_i, diagonal, d_i, top, tau, t) -> float:  # type: ignore[no-untyped-def]
    """What a step with sample t would gain, as libsvm rounds it."""
    q = d_i + diagonal[t] - 2.0 * row_i[t]
    gap = larger(top - (v[t] + low[t]), 0.0)
    return gap * gap / where(q > 0.0, q, tau)


@exact
def _roughly(v, low, row_i, diagonal, d_i, top, tau, gain):  # type: ignore[no-untyped-def]
    """The gains in single precision, the largest of them, and the largest gap."""
    zero, best, worst = _SINGLE(0.0), _SINGLE(0.0), -_FAR
    small, smallest = _SINGLE(tau), _SINGLE(_TINY)
    for t in range(len(v)):
        gap = top - (v[t] + low[t])
        worst = larger(worst, gap)
        q = d_i + diagonal[t] - 2.0 * row_i[t]
        g = larger(_SINGLE(gap), zero)
        x = g * g / where(q > 0.0, larger(_SINGLE(q), smallest), small)
        gain[t] = x
        best = larger(best, x)
    return best, worst


@inner
def _reaching(gain, least, n) -> int:  # type: ignore[no-untyped-def]
    """How many of a block reach the least."""
    found = 0
    for t in range(n):
        found += gain[t] >= least
    return found


@inner
def _partner(v, low, row_i, diagonal, d_i, top, tau, gain):  # type: ignore[no-untyped-def]
    """The last of the samples with the largest gain (-1: none gains), and the largest gap.

    Divisions in double are what a step of libsvm's takes most of its time for. So they are done
    where the gain in single precision comes near the largest only.
    """
    rough, worst = _roughly(v, low, row_i, diagonal, d_i, top, max(tau, _TINY), gain)
    least = _SINGLE(0.0)
    if _TINY < rough < _HUGE and tau > _TINY:
        least = rough * _SINGLE(1.0 - 4e-6)
    best, chosen, t = 0.0, -1, len(v)
    while t > 0:
        s = t - LONG if t % LONG == 0 else t - t % LONG
        if _reaching(gain[s:t], least, t - s) > 0:
            while t > s:
                t -= 1
                if gain[t] >= least:
                    x = _gain(v, low, row_i, diagonal, d_i, top, tau, t)
                    if x > best:
                        best, chosen = x, t
        t = s
    return chosen, worst


@exact
def _step(v, up, row_i, row_j, change_i, change_j) -> float:  # type: ignore[no-untyped-def]
    """What a step does to v, and the largest of the samples that may grow."""
    top = -_FAR
    for t in range(len(v)):
        w = v[t] - (row_i[t] * change_i + row_j[t] * change_j)
        v[t] = w
        top = larger(top, w + up[t])
    return top


@exact
def _solve(  # type: ignore[no-untyped-def]
    rows, diagonal, y, lo, hi, beta, v, tol, tau, most, names, up, low, gain
) -> tuple[bool, int, bool]:
    """Solve in place from β = 0, with libsvm's shrinking; everything is left reordered.

    The pairs are chosen as libsvm does (Fan, Chen and Lin 2005, second order; the last of
    equals), and every operation is libsvm's, because an answer may hang on the last bit: a
    coefficient one bit off its bound counts as free, and sets the bias. ``names`` says how the
    samples were reordered; ``up``, ``low`` and ``gain`` are room. Returned are whether ``most``
    steps were enough, how many they were, and whether a coefficient ever met its bound.
    """
    m = len(v)
    for t in range(m):
        up[t] = 0.0 if beta[t] < hi[t] else -_FAR
        low[t] = 0.0 if beta[t] > lo[t] else _FAR
    active, counter, unshrunk = m, min(m, 1000) + 1, False
    highest = _top(v, up)
    steps, met = np.int64(0), False
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
                _restore(rows, names, y, beta, v, active)
                active = m
            t = np.int64(0)
            while t < active:
                if _settled(v[t], up[t], low[t], top, bottom):
                    active -= 1
                    while active > t:
                        if not _settled(v[active], up[active], low[active], top, bottom):
                            _exchange(rows, t, active)
                            for a in (diagonal, y, lo, hi, beta, v, up, low):
                                a[t], a[active] = a[active], a[t]
                            names[t], names[active] = names[active], names[t]
                            break
                        active -= 1
                t += 1
            highest = _top(v[:active], up[:active])
        i, j, worst = -1, -1, -_FAR
        if highest > -_FAR:
            i = _last(v[:active], up[:active], highest)
            _ready(rows, names[i])
            j, worst = _partner(
                v[:active], low[:active], rows.kernel[names[i]], diagonal, diagonal[i], highest,
                tau, gain,
            )  # fmt: skip
        if worst < tol or j < 0:
            if active == m:
                return True, steps, met
            _restore(rows, names, y, beta, v, active)
            active = m
            highest = _top(v, up)
            counter = 2  # shrink again after the next step
            continue
        steps += 1
        _ready(rows, names[j])
        row_i, row_j = rows.kernel[names[i]], rows.kernel[names[j]]
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
            if beta[t] != 0.0 and (up[t] < 0.0 or low[t] > 0.0):
                met = True
        change_i, change_j = beta[i] - before_i, beta[j] - before_j
        highest = _step(v[:active], up, row_i, row_j, change_i, change_j)
    return False, steps, met


@inner
def _settled(v, up, low, top, bottom) -> bool:  # type: ignore[no-untyped-def]
    """Whether a sample sits at a bound that it wants to stay at."""
    if up < 0.0:
        return v > top
    if low > 0.0:
        return v < bottom
    return False


@inner
def _restore(rows, names, y, beta, v, active) -> None:  # type: ignore[no-untyped-def]
    """Bring v of the shrunk samples up to date."""
    m = len(y)
    for t in range(active, m):
        v[t] = y[t]
    for j in range(m):
        if active < m and beta[j] != 0.0:
            _ready(rows, names[j])
            row = rows.kernel[names[j]]
            for t in range(active, m):
                v[t] -= beta[j] * row[t]


@lasting
def libsvm_fit(  # type: ignore[no-untyped-def]
    gram,
    members,
    base,
    kernel,
    diagonal,
    y,
    lo,
    hi,
    beta,
    v,
    counts,
    exchanged,
    room,
    gain,
    tol,
    tau,
    most,
    out,
):
    """Solve from zero; ``kernel`` to ``gain`` is room, but y, lo and hi are given."""
    degree, gamma, coef0 = base
    m = len(members)
    names, columns, upto = counts[0], counts[1], counts[2]
    rows = _Rows(
        gram, members, columns, degree, gamma, coef0, kernel, upto, exchanged, counts[3, :1],
        room[2:],
    )  # fmt: skip
    counts[3, 0] = 0
    for t in range(m):
        diagonal[t] = power(gamma * gram[members[t], members[t]] + coef0, degree)
        beta[t], v[t] = 0.0, y[t]
        names[t], columns[t], upto[t] = t, members[t], -1
    solved, steps, met = _solve(
        rows, diagonal, y, lo, hi, beta, v, tol, tau, most, names, room[0], room[1], gain
    )  # fmt: skip
    if not solved:
        # What was shrunk has an old v; with it the bias would be off.
        _restore(rows, names, y, beta, v, 0)
    for t in range(m):
        out[names[t]] = beta[t]
    return offset(v, beta, lo, hi), solved, steps, met


def patience(m: int) -> int:
    """Steps after which a search takes what there is, as LIBSVM does; more means a bad scale.

    scikit-learn's copy of it goes on for as long as one waits: one such point holds up a grid.
    """
    return max(10_000_000, 100 * m)


def fit_pair(
    gram: np.ndarray, members: np.ndarray, first: int, base: tuple[int, float, float],
    bound: np.ndarray, tol: float, tau: float, most: int = 1 << 60,
) -> tuple[np.ndarray, float, bool, int, bool]:  # fmt: skip
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
    beta, bias, solved, steps, met
        β, b, whether the steps were enough, how many they were, and whether a coefficient met its
        bound on the way. If none did, larger bounds give the same to the last bit: every step
        would be the same.
    """
    m = len(members)
    y, lo, hi, out = np.ones(m), np.zeros(m), np.zeros(m), np.empty(m)
    y[first:] = -1.0
    hi[:first], lo[first:] = bound[:first], -bound[first:]
    bias, solved, steps, met = libsvm_fit(
        gram, members, base, np.empty((m, m), np.float32), np.empty(m), y, lo, hi, np.empty(m),
        np.empty(m), np.empty((4, m), np.int64), np.empty((m, 2), np.int64), np.empty((4, m)),
        np.empty(m, np.float32), tol, tau, most, out,
    )  # fmt: skip
    return out, bias, solved, steps, met
