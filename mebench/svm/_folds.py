"""All fits of one kernel and one pair of classes, each started from its neighbour's solution."""

from __future__ import annotations

import numpy as np
from numba import njit

from ._propose import MOVES, balance, propose, residual, sweep
from ._smo import kernel_rows, offset, power, solve

__all__ = ["pair_votes"]

_NEAR = 2  # tolerances from 0 within which another solution may fall to the other side
_SINGLE = 6e-8  # half the spacing of single-precision numbers near 1


@njit(cache=True, nogil=True)
def _copy(source, to) -> None:  # type: ignore[no-untyped-def]
    """Slice assignment would compile for seconds, to format a message that is never shown."""
    for t in range(len(to)):
        to[t] = source[t]


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _dot(x, y) -> float:  # type: ignore[no-untyped-def]
    total = 0.0
    for t in range(len(x)):
        total += x[t] * y[t]
    return total


@njit(cache=True, nogil=True)
def pair_votes(  # type: ignore[no-untyped-def]
    gram, pair, base, Cs, tau, weights, plan, tol, bit, tables, votes, close, above
) -> None:
    """Add the votes of one pair of classes, for every C (ascending) and test of every fit.

    ``pair`` is: all samples, those of the pair first; how many of the first class and of both;
    the codes of the two classes. ``base`` is degree, gamma and coef0 of the kernel; ``weights``
    the factors of C per sample, and per fit and class. Where a value is so near 0 that another
    solution may differ, ``close`` and ``above`` get the ``bit`` of the pair. ``tables`` is room
    for a table per C, or for none.
    """
    order, first, m, a, b = pair
    degree, gamma, coef0 = base
    weight, class_weight = weights
    depth, out_ptr, out_idx, test_ptr, test_idx = plan
    n, k, jobs = len(order), len(Cs), len(depth)
    kernel = np.empty((n, m), np.float32)
    kernel_rows(gram, order, order[:m], degree, gamma, coef0, kernel)
    diagonal, largest = np.empty(m), 0.0
    for t in range(m):
        diagonal[t] = power(gamma * gram[order[t], order[t]] + coef0, degree)
        largest = max(largest, abs(diagonal[t]))
    place, held = np.empty(n, np.int64), np.empty(n)
    for s in range(n):
        place[order[s]] = s
    y = np.ones(m)
    for t in range(first, m):
        y[t] = -1.0
    share = np.zeros((3, m))  # of C, per depth and sample; 0 where left out
    betas, vs = np.zeros((3, k, m)), np.zeros((3, k, m))
    biases, nears = np.zeros((3, k)), np.zeros((3, k))
    solved, pinned = np.zeros(3, np.bool_), np.zeros((3, k), np.bool_)
    ends, latest = np.zeros(3, np.int64), np.zeros(3, np.int64)
    lo, hi = np.empty(m), np.empty(m)
    work = np.empty((3, m))
    # The solution that proposals start from: of everything, or of an outer fold far from it.
    anchor = 0
    # Where the solver crawls, libsvm's own steps will have to tell.
    most = 50 * m + 10_000 if bit else 1_000_000_000
    source = np.arange(k)  # whose table serves a C
    usable = np.zeros(k, np.bool_)
    free, starts, rests = np.empty((k, m), np.bool_), np.empty((k, m)), np.empty((k, m))
    x, out = np.empty(m), np.empty(m)
    moved, seat = np.empty(MOVES, np.int64), np.empty(m, np.int64)
    small, right = np.empty((MOVES, MOVES)), np.empty(MOVES)

    for job in range(jobs):
        d = depth[job]
        if d == 0:
            for t in range(m):
                share[0, t] = weight[order[t]]
        else:
            _copy(share[d - 1], share[d])
        for s in range(out_ptr[job], out_ptr[job + 1]):
            p = place[out_idx[s]]
            if p < m:
                share[d, p] = 0.0
        kept_a, kept_b = 0, 0
        for t in range(m):
            if share[d, t] > 0:
                if t < first:
                    kept_a += 1
                else:
                    kept_b += 1
        solved[d] = kept_a > 0 and kept_b > 0
        latest[d] = job
        if not solved[d]:
            continue
        if d == 1:
            anchor = 0
        lost = 0
        for t in range(m):
            if share[anchor, t] > 0 and share[d, t] == 0.0:
                lost += 1
        is_anchor = d == 0 or (d == 1 and (not solved[0] or 3 * lost > m))
        alike = d > 0 and not is_anchor and solved[d - 1]
        if alike:
            parent = latest[d - 1]
            alike = class_weight[job, a] == class_weight[parent, a]
            alike = alike and class_weight[job, b] == class_weight[parent, b]
        end = k
        for c in range(k):
            beta, v = betas[d, c], vs[d, c]
            for t in range(m):
                bound = Cs[c] * share[d, t]
                bound *= class_weight[job, a] if t < first else class_weight[job, b]
                lo[t] = 0.0 if t < first else -bound
                hi[t] = bound if t < first else 0.0
            same = alike and c <= end and pinned[d - 1, c]
            if same:
                for s in range(out_ptr[job], out_ptr[job + 1]):
                    p = place[out_idx[s]]
                    if p < m and betas[d - 1, c, p] != 0.0:
                        same = False
            if same:
                # Who is no support vector is not missed.
                biases[d, c], nears[d, c] = biases[d - 1, c], nears[d - 1, c]
                pinned[d, c] = True
                if d == 1:
                    _copy(betas[0, c], beta)
                    _copy(vs[0, c], v)
                else:
                    beta, v = betas[d - 1, c], vs[d - 1, c]
                if c >= ends[d - 1]:
                    end = c
            elif c > end:
                # No coefficient of the last solution is at its bound: larger ones change nothing.
                if d < 2:
                    _copy(betas[d, end], beta)
                    _copy(vs[d, end], v)
                biases[d, c], nears[d, c] = biases[d, end], nears[d, end]
                pinned[d, c] = pinned[d, end]
                if is_anchor:
                    source[c] = end
            else:
                proposed = False
                at = source[c]
                if d > 0 and not is_anchor and usable[at]:
                    proposed = propose(
                        tables[at],
                        starts[at],
                        rests[at],
                        free[at],
                        lo,
                        hi,
                        0.02 * tol,
                        beta,
                        x,
                        out,
                        moved,
                        seat,
                        small,
                        right,
                    )
                if proposed:
                    residual(kernel, y, beta, v)
                elif d > 0 and solved[d - 1]:
                    _copy(betas[d - 1, c], beta)
                    _copy(vs[d - 1, c], v)
                elif c > 0:
                    _copy(betas[d, c - 1], beta)
                    _copy(vs[d, c - 1], v)
                else:
                    _copy(y, v)
                    for t in range(m):
                        beta[t] = 0.0
                balance(kernel, v, beta, lo, hi)
                # Proposals are that good already, and fewer values are in doubt.
                goal = tol * (0.01 if is_anchor else 0.1)
                done = solve(
                    *(kernel, diagonal, y, lo, hi, beta, v),
                    *(goal, tau[c], most, False, seat, work),
                )
                biases[d, c] = offset(v, beta, lo, hi)
                inside, size, free_ones = done, 0.0, 0
                upper, lower = np.inf, -np.inf
                for t in range(m):
                    size += abs(beta[t])
                    if beta[t] != 0.0 and (beta[t] == lo[t] or beta[t] == hi[t]):
                        inside = False
                    margin = 1e-9 * (hi[t] - lo[t])
                    if margin > 0.0:
                        if beta[t] >= hi[t] - margin:
                            upper = min(upper, v[t])
                        elif beta[t] <= lo[t] + margin:
                            lower = max(lower, v[t])
                        else:
                            free_ones += 1
                # What another solution within the tolerance may answer differently: with all
                # coefficients at bounds the bias may lie anywhere between; and single-precision
                # kernel values limit what any solution knows.
                near = _NEAR * tol + _SINGLE * size * largest
                pinned[d, c] = free_ones > 0
                if free_ones == 0:
                    near += abs(upper - lower)
                nears[d, c] = near if done else np.inf
                if inside:
                    end = c
                if is_anchor:
                    anchor = d
                    source[c] = c
                    for t in range(m):
                        free[c, t] = lo[t] < beta[t] < hi[t]
                    usable[c] = tables.shape[1] > 0 and sweep(kernel, free[c], tables[c])
                    for t in range(m):
                        rests[c, t] = v[t] - biases[d, c]
                        x[t] = beta[t] if free[c, t] else rests[c, t]
                        starts[c, t] = beta[t]
                    if usable[c]:
                        # One Newton step, after which the free samples have r = 0 exactly.
                        for t in range(m):
                            if free[c, t]:
                                for s in range(m):
                                    x[s] -= rests[c, t] * tables[c, t, s]
                        for t in range(m):
                            if free[c, t]:
                                starts[c, t] = x[t]
                            else:
                                rests[c, t] = x[t]
            ends[d] = end
            for s in range(test_ptr[job], test_ptr[job + 1]):
                p = place[test_idx[s]]
                if c <= end:
                    value = biases[d, c]
                    if p < m:
                        value += y[p] - v[p]
                    else:
                        value += _dot(beta, kernel[p])
                    held[p] = value
                value = held[p]
                votes[c, s, a if value > 0 else b] += 1
                if abs(value) < nears[d, c]:
                    close[c, s] |= bit
                    if value > 0:
                        above[c, s] |= bit
