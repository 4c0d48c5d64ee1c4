"""Tables of kernel matrices swept over samples, and small equations: the algebra of a pair.

Sweeping a table over a sample solves for it: swept over a set of samples, the block of these holds
minus the inverse of their kernel matrix, the others how each of their values answers.
"""

from __future__ import annotations

import numpy as np

from ._compiled import fast, inner

__all__ = ["PIVOTS", "ridge_of", "solve_small", "sweep"]

_RIDGE = 2e-7  # of the diagonal: about the rounding of single-precision kernel values
PIVOTS = 8  # samples that a table is swept over at once
_TILE = 256  # values of a row: so much of all pivots' columns is near


@inner
def ridge_of(kernel, m) -> float:  # type: ignore[no-untyped-def]
    """What is added to the diagonal of the leading m samples."""
    largest = 0.0
    for i in range(m):
        largest = max(largest, kernel[i, i])
    return _RIDGE * largest


@fast
def _invert(block, count, ridge, border) -> bool:  # type: ignore[no-untyped-def]
    """Sweep the leading ``count`` rows of a small block, whose inverse is then its negative."""
    for p in range(count):
        pivot = block[p, p]
        if border and not pivot < 0.0:
            return False
        if not border and not pivot > 0.1 * ridge:
            return False
        for i in range(count):
            if i != p:
                factor = block[i, p] / pivot
                for j in range(count):
                    if j != p:
                        block[i, j] -= factor * block[p, j]
        for i in range(count):
            if i != p:
                block[i, p] /= pivot
                block[p, i] /= pivot
        block[p, p] = -1.0 / pivot
    return True


@fast
def _sweep_some(table, m, pivots, count, ridge, columns, factors, block) -> bool:  # type: ignore[no-untyped-def]
    """Sweep the lower half over up to eight samples at once, or over the bias, which is m."""
    border = pivots[0] == m
    for a in range(PIVOTS):
        column, factor = columns[a], factors[a]
        for i in range(m + 1):
            column[i], factor[i] = 0.0, 0.0
        if a < count:
            p = pivots[a]
            for j in range(p):
                column[j] = table[p, j]
            for i in range(p, m + 1):
                column[i] = table[i, p]
    for a in range(count):
        for b in range(count):
            block[a, b] = columns[a, pivots[b]]
    if not _invert(block, count, ridge, border):
        return False
    for a in range(count):
        factor = factors[a]
        for b in range(count):
            column, w = columns[b], -block[a, b]
            for i in range(m + 1):
                factor[i] += w * column[i]
    for s in range(0, m + 1, _TILE):
        c0, c1, c2, c3 = columns[0, s:], columns[1, s:], columns[2, s:], columns[3, s:]
        c4, c5, c6, c7 = columns[4, s:], columns[5, s:], columns[6, s:], columns[7, s:]
        for i in range(s, m + 1):
            row = table[i, s : min(i + 1, s + _TILE)]
            f0, f1, f2, f3 = factors[0, i], factors[1, i], factors[2, i], factors[3, i]
            f4, f5, f6, f7 = factors[4, i], factors[5, i], factors[6, i], factors[7, i]
            for j in range(len(row)):
                row[j] -= ((f0 * c0[j] + f1 * c1[j]) + (f2 * c2[j] + f3 * c3[j])) + (
                    (f4 * c4[j] + f5 * c5[j]) + (f6 * c6[j] + f7 * c7[j])
                )
    for a in range(count):
        p, factor = pivots[a], factors[a]
        for j in range(p):
            table[p, j] = factor[j]
        for i in range(p + 1, m + 1):
            table[i, p] = factor[i]
    for a in range(count):
        for b in range(count):
            if pivots[b] <= pivots[a]:
                table[pivots[a], pivots[b]] = block[a, b]
    return True


@fast
def sweep(kernel, free, m, table, pivots, columns, factors, block) -> bool:  # type: ignore[no-untyped-def]
    """Sweep [[K + ridge, 1], [1ᵀ, 0]] over the free samples and the bias; False if singular.

    ``pivots`` (PIVOTS of int), ``columns`` and ``factors`` (PIVOTS of the length of a row) and
    ``block`` (PIVOTS, PIVOTS) are room.
    """
    ridge = ridge_of(kernel, m)
    for i in range(m + 1):
        for j in range(m + 1, len(table)):
            table[i, j] = 0.0
    for i in range(m):
        for j in range(i + 1):
            table[i, j] = kernel[i, j]
        table[m, i] = 1.0
        table[i, i] += ridge
    table[m, m] = 0.0
    count = np.int64(0)  # a plain 0 would compile the callees twice
    for p in range(m + 1):
        if p < m and free[p] != 0.0:
            pivots[count] = p
            count += 1
        if count == PIVOTS or (p == m and count > 0):
            if not _sweep_some(table, m, pivots, count, ridge, columns, factors, block):
                return False
            count = np.int64(0)
    pivots[0] = m
    if not _sweep_some(table, m, pivots, count + 1, ridge, columns, factors, block):
        return False
    for i in range(m + 1):
        for j in range(i):
            table[j, i] = table[i, j]
    return True


@fast
def solve_small(a, x, k, known) -> bool:  # type: ignore[no-untyped-def]
    """Solve the leading k equations of symmetric quasidefinite ``a`` in place (LDLᵀ).

    The first ``known`` rows are factors already, of an earlier call.
    """
    for i in range(known, k):
        row = a[i]
        for j in range(0, i - 3, 4):
            a0, a1, a2, a3 = a[j], a[j + 1], a[j + 2], a[j + 3]
            x0, x1, x2, x3 = row[j], row[j + 1], row[j + 2], row[j + 3]
            for s in range(j):
                x0 -= row[s] * a0[s]
                x1 -= row[s] * a1[s]
                x2 -= row[s] * a2[s]
                x3 -= row[s] * a3[s]
            x1 -= x0 * a1[j]
            x2 -= x0 * a2[j] + x1 * a2[j + 1]
            x3 -= x0 * a3[j] + x1 * a3[j + 1] + x2 * a3[j + 2]
            row[j], row[j + 1], row[j + 2], row[j + 3] = x0, x1, x2, x3
        for j in range(i - i % 4, i):
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
