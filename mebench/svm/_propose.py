"""From one solved dual a guess at its neighbour's, by exact linear algebra.

Around a solved dual everything is linear as long as the same samples are free: with r = y − Kβ − b,
the free samples have r = 0 and some β, the others have β at a bound and some r. One table W (the
bordered kernel matrix swept over the free samples) says how every such value answers when a few
samples E change sides, and W[E, E] is all that has to be solved to leave samples out, let others
leave their bound, or hold those that reach one (incremental and decremental learning, Cauwenberghs
and Poggio 2000, for many samples at once). The outcome is only a proposal: the solver goes on from
it until libsvm's stopping rule holds, whatever the proposal was worth.
"""

from __future__ import annotations

import numpy as np

from ._compiled import fast, inner, larger, smaller, where
from ._descent import BLOCK
from ._table import solve_small

__all__ = ["MOVES", "balance", "propose", "residual", "values"]

_ROUNDS = 8
_FAR = 1e300  # stands for infinity where the compiler may assume there is none
MOVES = 192  # most samples that may change sides


@fast
def _subtract(table, moved, weight, k, x, out) -> None:  # type: ignore[no-untyped-def]
    """out = x − Σ weight · row, over the rows of the k samples that moved."""
    if k < 4:
        for t in range(len(x)):
            out[t] = x[t]
    for i in range(0, k - 3, 4):
        r0, r1 = table[moved[i]], table[moved[i + 1]]
        r2, r3 = table[moved[i + 2]], table[moved[i + 3]]
        w0, w1, w2, w3 = weight[i], weight[i + 1], weight[i + 2], weight[i + 3]
        if i == 0:
            for t in range(len(x)):
                out[t] = x[t] - ((w0 * r0[t] + w1 * r1[t]) + (w2 * r2[t] + w3 * r3[t]))
        else:
            for t in range(len(x)):
                out[t] -= (w0 * r0[t] + w1 * r1[t]) + (w2 * r2[t] + w3 * r3[t])
    for i in range(k - k % 4, k):
        row, w = table[moved[i]], weight[i]
        for t in range(len(x)):
            out[t] -= w * row[t]


@fast
def _astray(least, most, out) -> bool:  # type: ignore[no-untyped-def]
    """Whether any sample is not where it belongs."""
    found = 0.0
    for t in range(len(out)):
        found += where((out[t] < least[t]) | (out[t] > most[t]), 1.0, 0.0)
    return bool(found > 0.0)


@fast
def _strays(least, most, out, start) -> float:  # type: ignore[no-untyped-def]
    """Of the block of samples from ``start`` those that are not where they belong."""
    a, b, x = least[start : start + BLOCK], most[start : start + BLOCK], out[start : start + BLOCK]
    found = 0.0
    for t in range(BLOCK):
        found += where((x[t] < a[t]) | (x[t] > b[t]), 1.0, 0.0)
    return found


@fast
def propose(  # type: ignore[no-untyped-def]
    table, state, base, gone, hint, lo, hi, slack, reweighted, beta, work, out, moved, small, right
) -> int:
    """Write to ``beta`` the solution for new bounds, from that of the table.

    Parameters
    ----------
    table : ndarray (w, w)
    state : ndarray (4, w)
        Of the table's solution: β of the free samples, r of the others and the bias at m; the
        least and the most that this may be before the sample changes sides; 1 if it is free.
    base : ndarray (w,)
        β of the others, 0 of the free ones.
    gone : ndarray of int
        Samples that the table's solution has and the new one leaves out.
    hint : ndarray of int
        Samples that are likely to change sides (those of a solution close by).
    lo, hi : ndarray (w,)
        The new bounds; ``reweighted`` says whether those of samples that stay have changed too.
    slack : float
    beta : ndarray (w,)
    work, out, moved, small, right
        Room.

    Returns
    -------
    int
        How many samples are on the other side than in the table, if all are where they belong:
        ``work[3]`` and ``out`` then say what v is (:func:`values`). −1 if the samples were still
        changing sides, so that v has to be computed. −2 if it is too far.
    """
    w = len(base)
    most_moves = min((w - 1) // 2, len(right))
    for row in range(4):
        for t in range(w):
            work[row, t] = state[row, t]
    for t in range(w):
        beta[t] = base[t]
    x, least, most, inside, free = work[0], work[1], work[2], work[3], state[3]
    k = np.int64(0)  # plain literals would compile the callees twice
    for i in range(len(gone)):
        t = gone[i]
        least[t], most[t] = -_FAR, _FAR
        if free[t] > 0.0:
            if k == most_moves:
                return -2
            moved[k] = t
            inside[t] = 0.0
            k += 1
        elif beta[t] != 0.0:
            row = table[t]
            change = beta[t]
            for s in range(w):
                x[s] += change * row[s]
            beta[t] = 0.0
    if reweighted:
        for t in range(w):
            if lo[t] == hi[t]:
                continue
            if free[t] > 0.0:
                least[t], most[t] = lo[t], hi[t]
            elif beta[t] != 0.0:  # at a bound, which has moved itself
                bound = hi[t] if beta[t] > 0 else lo[t]
                change = bound - beta[t]
                row = table[t]
                for s in range(w):
                    x[s] -= change * row[s]
                beta[t] = bound
    for i in range(len(hint)):
        t = hint[i] if hint[i] >= 0 else -1 - hint[i]
        if lo[t] == hi[t] or k == most_moves:
            continue
        if free[t] > 0.0:
            beta[t] = hi[t] if hint[i] >= 0 else lo[t]
        least[t], most[t] = -_FAR, _FAR
        inside[t] = 1.0 - inside[t]
        moved[k] = t
        k += 1
    known = np.int64(0)
    settled = False
    for _ in range(_ROUNDS):
        for i in range(known, k):
            row = table[moved[i]]
            for j in range(i + 1):
                small[i, j] = row[moved[j]]
        for i in range(k):
            # A free sample goes to its nearer bound, any other to r = 0.
            t = moved[i]
            right[i] = x[t] - beta[t] if free[t] > 0.0 else x[t]
        if not solve_small(small, right, k, known):
            return -2
        _subtract(table, moved, right, k, x, out)
        # Now out is β of the samples on the side of the free ones, r of the others.
        kept = np.int64(0)
        known = k
        for i in range(k):
            t = moved[i]
            if free[t] > 0.0:
                residual = -right[i]
                out[t] = residual
                at_low = beta[t] <= lo[t]
                back = lo[t] < hi[t] and (residual > slack if at_low else residual < -slack)
            else:
                value = beta[t] + right[i]
                out[t] = value
                back = value < lo[t] or value > hi[t]
            if back:
                _put_back(t, table[t], work, free, lo, hi, slack, beta, out)
                known = min(known, kept)
            else:
                moved[kept] = t
                right[kept] = right[i]
                kept += 1
        changed = kept < k
        k = kept
        astray = _astray(least, most, out)
        for s in range(0, w if astray else 0, BLOCK):
            if _strays(least, most, out, s) == 0:
                continue
            for t in range(s, s + BLOCK):
                if least[t] <= out[t] <= most[t]:
                    continue
                changed = True
                if k == most_moves:
                    return -2
                if free[t] > 0.0:
                    beta[t] = lo[t] if out[t] < lo[t] else hi[t]
                least[t], most[t] = -_FAR, _FAR
                inside[t] = 1.0 - inside[t]
                moved[k] = t
                k += 1
        if not changed:
            settled = True
            break
    for t in range(w):
        beta[t] = where(inside[t] > 0.0, smaller(larger(out[t], lo[t]), hi[t]), beta[t])
    return k if settled else -1


@inner
def _put_back(t, row, work, free, lo, hi, slack, beta, out) -> None:  # type: ignore[no-untyped-def]
    """A sample that changed sides returns to where it is in the table, or to its other bound.

    Whether it stays there is asked in the next round: until then ``out`` says that it does.
    """
    work[3, t] = free[t]
    if free[t] > 0.0:
        work[1, t], work[2, t] = lo[t], hi[t]
        out[t], beta[t] = beta[t], 0.0
        return
    bound = lo[t] if out[t] < lo[t] else hi[t]
    if bound != beta[t]:
        change = bound - beta[t]
        for s in range(len(row)):
            work[0, s] -= change * row[s]
        beta[t] = bound
    if bound == lo[t]:
        work[1, t], work[2, t] = -_FAR, slack
    else:
        work[1, t], work[2, t] = -slack, _FAR
    out[t] = 0.0


@fast
def values(kernel, y, ridge, work, moved, out, count, beta, v, m, tol, turn) -> bool:  # type: ignore[no-untyped-def]
    """v of a settled proposal without the product Kβ; False if a look at three rows disagrees.

    The table is that of K + ridge, so r = y − Kβ − b is out plus ridge times β, exactly.
    """
    inside = work[3]
    b = out[m]
    for t in range(len(inside)):
        v[t] = b + ridge * beta[t] + where(inside[t] > 0.0, 0.0, out[t])
    size = 0.0
    for t in range(len(inside)):
        size = larger(size, abs(beta[t]))
    largest = 0
    while largest < m - 1 and abs(beta[largest]) != size:
        largest += 1
    for look in range(3):
        t = largest if look == 0 else turn % m
        if look == 2 and count > 0:
            t = moved[turn % count]
        row, total = kernel[t], 0.0
        for s in range(len(row)):
            total += row[s] * beta[s]
        if not abs(y[t] - total - v[t]) < 0.02 * tol:
            return False
    return True


@fast
def residual(kernel, y, beta, v, m) -> None:  # type: ignore[no-untyped-def]
    """v = y − Kβ, of the leading m samples."""
    for t in range(m):
        v[t] = y[t]
    for j in range(0, m - 3, 4):
        b0, b1, b2, b3 = beta[j], beta[j + 1], beta[j + 2], beta[j + 3]
        if b0 != 0.0 or b1 != 0.0 or b2 != 0.0 or b3 != 0.0:
            k0, k1, k2, k3 = kernel[j], kernel[j + 1], kernel[j + 2], kernel[j + 3]
            for t in range(m):
                v[t] -= (b0 * k0[t] + b1 * k1[t]) + (b2 * k2[t] + b3 * k3[t])
    for j in range(m - m % 4, m):
        row = kernel[j]
        for t in range(m):
            v[t] -= beta[j] * row[t]


@fast
def _sums(beta, lo, hi):  # type: ignore[no-untyped-def]
    """How many coefficients are beyond their bounds, their sum, and the sum of their sizes."""
    beyond, surplus, size = 0.0, 0.0, 0.0
    for t in range(len(beta)):
        beyond += where((beta[t] < lo[t]) | (beta[t] > hi[t]), 1.0, 0.0)
        surplus += beta[t]
        size += abs(beta[t])
    return beyond, surplus, size


@inner
def balance(kernel, v, beta, lo, hi, total) -> None:  # type: ignore[no-untyped-def]
    """Bring β into its bounds and Σβ back to the total, moving the samples that gain most."""
    m = len(v)  # padding stays as it is: it has no room to move in
    beyond, surplus, size = _sums(beta, lo, hi)
    if beyond:
        for t in range(m):
            inside = min(max(beta[t], lo[t]), hi[t])
            if inside != beta[t]:
                change = inside - beta[t]
                beta[t] = inside
                row = kernel[t]
                for s in range(m):
                    v[s] -= change * row[s]
        beyond, surplus, size = _sums(beta, lo, hi)
    surplus -= total
    for _ in range(2 * m):
        if abs(surplus) <= 1e-11 * size:
            return
        best = -1
        for t in range(m):
            if surplus < 0:
                if beta[t] < hi[t] and (best < 0 or v[t] > v[best]):
                    best = t
            elif beta[t] > lo[t] and (best < 0 or v[t] < v[best]):
                best = t
        if best < 0:
            return
        if surplus < 0:
            change = min(-surplus, hi[best] - beta[best])
        else:
            change = -min(surplus, beta[best] - lo[best])
        after = min(max(beta[best] + change, lo[best]), hi[best])
        change = after - beta[best]
        beta[best] = after
        surplus += change
        row = kernel[best]
        for s in range(m):
            v[s] -= change * row[s]
