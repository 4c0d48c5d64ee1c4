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
from numba import njit

__all__ = ["MOVES", "balance", "propose", "residual", "ridge_of", "sweep", "values"]

_FAST = {"nnan", "ninf", "nsz", "contract", "reassoc"}
_RIDGE = 2e-7  # of the diagonal: about the rounding of single-precision kernel values
_ROUNDS = 8
MOVES = 192  # most samples that may change sides


@njit(cache=True, nogil=True)
def ridge_of(kernel, m) -> float:  # type: ignore[no-untyped-def]
    """What is added to the diagonal of the leading m samples."""
    largest = 0.0
    for i in range(m):
        largest = max(largest, kernel[i, i])
    return _RIDGE * largest


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def sweep(kernel, free, table) -> bool:  # type: ignore[no-untyped-def]
    """Sweep [[K + ridge, 1], [1ᵀ, 0]] over the free samples and the bias; False if singular."""
    m = len(free)
    ridge = ridge_of(kernel, m)
    for i in range(m):
        for j in range(m):
            table[i, j] = kernel[i, j]
        table[i, m] = 1.0
        table[m, i] = 1.0
    table[m, m] = 0.0
    for i in range(m):
        table[i, i] += ridge
    column = np.empty(m + 1)
    for p in range(m + 1):  # on the lower half
        if p < m and not free[p]:
            continue
        pivot = table[p, p]
        if p < m and not pivot > 0.1 * ridge:
            return False
        if p == m and not pivot < 0.0:
            return False
        for j in range(p):
            column[j] = table[p, j]
        for i in range(p, m + 1):
            column[i] = table[i, p]
        for i in range(m + 1):
            row_i = table[i]
            factor = column[i] / pivot
            for j in range(i + 1):
                row_i[j] -= factor * column[j]
        for j in range(p):
            table[p, j] = column[j] / pivot
        for i in range(p + 1, m + 1):
            table[i, p] = column[i] / pivot
        table[p, p] = -1.0 / pivot
    for i in range(m + 1):
        for j in range(i):
            table[j, i] = table[i, j]
    return True


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _solve_small(a, x, k) -> bool:  # type: ignore[no-untyped-def]
    """Solve the leading k equations of symmetric quasidefinite ``a`` in place (LDLᵀ)."""
    for i in range(k):
        row = a[i]
        for j in range(i):
            total = row[j]
            for s in range(j):
                total -= row[s] * a[j, s]
            row[j] = total
        largest = abs(row[i])
        total = row[i]
        for s in range(i):
            scaled = row[s] / a[s, s]
            total -= scaled * row[s]
            row[s] = scaled
        row[i] = total
        if not abs(total) > 1e-9 * largest:
            return False
    for i in range(k):
        total = x[i]
        for s in range(i):
            total -= a[i, s] * x[s]
        x[i] = total
    for i in range(k):
        x[i] /= a[i, i]
    for i in range(k - 1, -1, -1):
        for s in range(i):
            x[s] -= a[i, s] * x[i]
    return True


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def propose(  # type: ignore[no-untyped-def]
    table, start, rest, free, lo, hi, slack, beta, x, out, moved, place, small, right
) -> int:
    """Write to ``beta`` the solution for new bounds, from that of the table.

    ``start`` are the coefficients of the table's solution and its bias, ``rest`` its residuals r.

    Returns
    -------
    int
        How many samples are on the other side than in the table, if all are where they belong:
        ``out``, ``moved`` and ``right`` then say what v is (:func:`values`). −1 if the samples
        were still changing sides, so that v has to be computed. −2 if it is too far.
    """
    m = len(rest)
    most = min(m // 2, len(right))
    for t in range(m):
        x[t] = start[t] if free[t] else rest[t]
        beta[t] = 0.0 if free[t] else start[t]
        place[t] = -1
    x[m] = start[m]
    k = np.int64(0)  # plain literals would compile the callees twice
    for t in range(m):
        if free[t]:
            if lo[t] == hi[t]:
                if k == most:
                    return -2
                moved[k] = t
                place[t] = k
                k += 1
        elif beta[t] != 0.0:
            # At a bound, which may itself have moved.
            bound = hi[t] if beta[t] > 0 else lo[t]
            change = bound - beta[t]
            if change != 0.0:
                row = table[t]
                for s in range(m + 1):
                    x[s] -= change * row[s]
                beta[t] = bound
    settled = False
    for _ in range(_ROUNDS):
        for i in range(k):
            t = moved[i]
            row = table[t]
            for j in range(i + 1):
                small[i, j] = row[moved[j]]
            # A free sample goes to its nearer bound, any other to r = 0.
            right[i] = x[t] - beta[t] if free[t] else x[t]
        if not _solve_small(small, right, k):
            return -2
        for t in range(m + 1):
            out[t] = x[t]
        for i in range(k):
            row = table[moved[i]]
            w = right[i]
            for t in range(m + 1):
                out[t] -= w * row[t]
        # Now out is β of the samples on the side of the free ones, r of the others.
        changes = 0
        kept = 0
        for i in range(k):
            t = moved[i]
            stays = True
            if free[t]:
                residual = -right[i]
                if lo[t] < hi[t] and (residual > slack if beta[t] <= lo[t] else residual < -slack):
                    stays = False
            else:
                value = beta[t] + right[i]
                out[t] = value
                if value < lo[t] or value > hi[t]:
                    stays = False
            if stays:
                moved[kept] = t
                right[kept] = right[i]
                place[t] = kept
                kept += 1
            else:
                place[t] = -1
                if free[t]:
                    beta[t] = 0.0
                changes += 1
        k = kept
        for t in range(m):
            if place[t] >= 0 or lo[t] == hi[t]:
                continue
            if free[t]:
                if lo[t] <= out[t] <= hi[t]:
                    continue
                beta[t] = lo[t] if out[t] < lo[t] else hi[t]
            elif not (out[t] > slack if beta[t] <= lo[t] else out[t] < -slack):
                continue
            if k == most:
                return -2
            moved[k] = t
            place[t] = k
            k += 1
            changes += 1
        if changes == 0:
            settled = True
            break
    for t in range(m):
        if (place[t] < 0) == free[t]:
            beta[t] = min(max(out[t], lo[t]), hi[t])
    return k if settled else -1


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def values(  # type: ignore[no-untyped-def]
    kernel, y, ridge, free, place, moved, right, out, count, beta, v, tol, turn
) -> bool:
    """v of a settled proposal without the product Kβ; False if a look at three rows disagrees.

    The table is that of K + ridge, so r = y − Kβ − b is out plus ridge times β, exactly.
    """
    m = len(free)
    b = out[m]
    for t in range(m):
        v[t] = b + ridge * beta[t] + (0.0 if free[t] else out[t])
    largest = 0
    for i in range(count):
        t = moved[i]
        v[t] = b + ridge * beta[t] - (right[i] if free[t] else 0.0)
    for t in range(m):
        if abs(beta[t]) > abs(beta[largest]):
            largest = t
    for look in range(3):
        t = largest if look == 0 else turn % m
        if look == 2 and count > 0:
            t = moved[turn % count]
        row, total = kernel[t], 0.0
        for s in range(m):
            total += row[s] * beta[s]
        if not abs(y[t] - total - v[t]) < 0.02 * tol:
            return False
    return True


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
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


@njit(cache=True, nogil=True)
def balance(kernel, v, beta, lo, hi) -> None:  # type: ignore[no-untyped-def]
    """Bring β into its bounds and back to Σβ = 0, moving the samples that gain most."""
    m = len(v)  # padding stays as it is: it has no room to move in
    surplus = 0.0
    size = 0.0
    for t in range(m):
        inside = min(max(beta[t], lo[t]), hi[t])
        if inside != beta[t]:
            change = inside - beta[t]
            beta[t] = inside
            row = kernel[t]
            for s in range(m):
                v[s] -= change * row[s]
        surplus += beta[t]
        size += abs(beta[t])
    for _ in range(2 * m):
        if abs(surplus) <= 1e-13 * size:
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
