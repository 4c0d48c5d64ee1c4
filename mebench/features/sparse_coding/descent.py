"""Coordinate descent on the codes of all samples: the compiled part of :mod:`.codes`."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["sweep"]

# Sums may be reordered, so that they are vectorised; nothing else is relaxed.
_jit = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


@_jit
def sweep(  # type: ignore[no-untyped-def]
    gram, linear, codes, product, indptr, indices, weights, degree, alpha, beta, tolerance
):
    """Solve for one sample after the other; whether all were optimal when their turn came."""
    n, size = codes.shape
    pull = np.empty(size)
    active = np.empty(size, np.int64)
    start, value, inverse = np.empty(size), np.empty(size), np.empty(size)
    force = np.zeros(size + 1)
    small = np.zeros((size, size + 1))
    done = True
    for i in range(n):
        s, q = codes[i], product[i]  # q = G s throughout
        pull[:] = linear[i]
        for e in range(indptr[i], indptr[i + 1]):
            other, weight = codes[indices[e]], alpha * weights[e]
            for k in range(size):
                pull[k] += weight * other[k]
        ridge = alpha * degree[i]
        gap = _violation(s, q, pull, ridge, beta)
        done = done and gap <= tolerance[i]
        # Neighbours still move, so a sample need not be solved to the end in each sweep.
        goal = max(0.3 * gap, 0.5 * tolerance[i])
        for _ in range(100):
            if gap <= goal:
                break
            count = _pass(gram, s, q, pull, ridge, beta, active)
            _settle(gram, s, q, pull, ridge, beta, active[:count], start, value, force,
                    inverse, small, goal)  # fmt: skip
            gap = _violation(s, q, pull, ridge, beta)
    return done


@_jit
def _violation(s, q, pull, ridge, beta):  # type: ignore[no-untyped-def]
    """How far one sample is from the optimality conditions of its lasso."""
    worst = 0.0
    for k in range(len(s)):
        slope = q[k] + ridge * s[k] - pull[k]
        side = np.sign(s[k])  # without branches, so that it is vectorised
        slope = abs(slope + side * beta) - (beta if side == 0 else 0.0)
        worst = max(worst, slope)
    return worst


@_jit
def _shrunk(value, beta):  # type: ignore[no-untyped-def]
    if value > beta:
        return value - beta
    if value < -beta:
        return value + beta
    return 0.0


@_jit
def _pass(gram, s, q, pull, ridge, beta, active):  # type: ignore[no-untyped-def]
    """One step on each coefficient; lists those in use and returns how many there are."""
    count = 0
    for k in range(len(s)):
        curvature = gram[k, k] + ridge
        if curvature > 0:
            new = _shrunk(pull[k] - q[k] + gram[k, k] * s[k], beta) / curvature
            change = new - s[k]
            if change != 0:
                s[k] = new
                for m in range(len(s)):
                    q[m] += change * gram[k, m]
        if s[k] != 0:
            active[count] = k
            count += 1
    return count


@_jit
def _settle(  # type: ignore[no-untyped-def]
    gram, s, q, pull, ridge, beta, active, start, value, force, inverse, small, goal
):
    """Many steps on the coefficients in use, by a Gram matrix of their own."""
    count = len(active)
    for a in range(count):
        k = active[a]
        start[a] = value[a] = s[k]
        force[a] = pull[k] - q[k] - ridge * s[k]
        for b in range(count):
            small[a, b] = gram[k, active[b]]
        small[a, a] += ridge
        # An atom of zeros explains nothing: its coefficient goes to zero.
        inverse[a] = 1.0 / small[a, a] if small[a, a] > 0 else 0.0
    for _ in range(1000):
        moved = 0.0
        here = force[0]
        for a in range(count):
            row = small[a]
            new = _shrunk(here + row[a] * value[a], beta) * inverse[a]
            change = new - value[a]
            # The next one waits for this number alone, not for it to pass through memory.
            here = force[a + 1] - change * row[a + 1]
            if change != 0:
                value[a] = new
                moved = max(moved, abs(change) * row[a])
                for b in range(count):
                    force[b] -= change * row[b]
        if moved <= 0.05 * goal:
            break
    for a in range(count):
        s[active[a]] = value[a]
        change = value[a] - start[a]
        if change != 0:
            row = gram[active[a]]
            for m in range(len(s)):
                q[m] += change * row[m]
