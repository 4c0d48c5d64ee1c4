"""Votes that hang on a decision value next to 0, decided as libsvm decides them.

Two solutions within the tolerance may disagree about a sample on the boundary. Where the answer
depends on it, the pair is solved again from zero by libsvm's own steps.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ._kernel import kernel_rows, power
from ._smo import libsvm_solve

__all__ = ["MOST_PAIRS", "keep_decisive", "settle_votes"]

MOST_PAIRS = 63  # bits of a word
_MOST_FLIPS = 6


@njit(cache=True, nogil=True)
def keep_decisive(votes, close, above, firsts, seconds) -> None:  # type: ignore[no-untyped-def]
    """Clear ``close`` where the doubtful votes, whichever way they fall, change no answer.

    ``close`` and ``above`` have a bit per pair of classes ``firsts``, ``seconds``: that its value
    is near 0, and that it was found above.
    """
    pairs = np.empty(_MOST_FLIPS, np.int64)
    n_classes = votes.shape[2]
    count = np.empty(n_classes, np.int64)
    for c in range(close.shape[0]):
        for s in range(close.shape[1]):
            if close[c, s] == 0:
                continue
            q = 0
            for p in range(len(firsts)):
                if close[c, s] >> p & 1:
                    if q < _MOST_FLIPS:
                        pairs[q] = p
                    q += 1
            if q > _MOST_FLIPS:
                continue
            answer, decisive = -1, False
            for flips in range(1 << q):
                for p in range(n_classes):
                    count[p] = votes[c, s, p]
                for i in range(q):
                    if flips >> i & 1:
                        p = pairs[i]
                        sign = 1 if above[c, s] >> p & 1 else -1
                        count[firsts[p]] -= sign
                        count[seconds[p]] += sign
                first = 0
                for p in range(n_classes):
                    if count[p] > count[first]:
                        first = p
                if flips == 0:
                    answer = first
                elif first != answer:
                    decisive = True
                    break
            if not decisive:
                close[c, s] = 0


@njit(cache=True, nogil=True)
def settle_votes(  # type: ignore[no-untyped-def]
    gram, pair, degree, gammas, coef0s, Cs, tau, weights, plan, tol, bit, votes, close, above
) -> None:
    """Solve again where ``close`` still has this pair's bit, and correct the votes.

    Arguments as of ``pair_votes``, but with the kernel of each point itself, so that its values
    are rounded as libsvm rounds them.
    """
    order, first, m, a, b = pair
    weight, class_weight = weights
    depth, out_ptr, out_idx, test_ptr, test_idx = plan
    members = order[:m]
    place, y = np.empty(len(order), np.int64), np.ones(m)
    for t in range(len(order)):
        place[order[t]] = t
        if first <= t < m:
            y[t] = -1.0
    share, inside = np.zeros((3, m)), np.empty(m, np.int64)
    kernel, diagonal = np.empty((m, m), np.float32), np.empty(m)
    for c in range(len(Cs)):
        gamma, coef0, fresh = gammas[c], coef0s[c], True
        for job in range(len(depth)):
            d = depth[job]
            for t in range(m):
                share[d, t] = weight[order[t]] if d == 0 else share[d - 1, t]
            for s in range(out_ptr[job], out_ptr[job + 1]):
                if place[out_idx[s]] < m:
                    share[d, place[out_idx[s]]] = 0.0
            solved, bias, f, beta = False, 0.0, 0, y
            for s in range(test_ptr[job], test_ptr[job + 1]):
                if not close[c, s] & bit:
                    continue
                if fresh:
                    fresh = False
                    kernel_rows(gram, members, members, degree, gamma, coef0, kernel)
                    for t in range(m):
                        base = gamma * gram[members[t], members[t]] + coef0
                        diagonal[t] = power(base, degree)
                if not solved:
                    solved = True
                    f = 0
                    for t in range(m):
                        if share[d, t] > 0:
                            inside[f] = t
                            f += 1
                    part = np.empty((f, f), np.float32)
                    side, corner = np.empty(f), np.empty(f)
                    lo, hi, beta = np.zeros(f), np.zeros(f), np.empty(f)
                    for i in range(f):
                        t = inside[i]
                        side[i], corner[i] = y[t], diagonal[t]
                        if t < first:
                            hi[i] = share[d, t] * (Cs[c] * class_weight[job, a])
                        else:
                            lo[i] = -share[d, t] * (Cs[c] * class_weight[job, b])
                        for j in range(f):
                            part[i, j] = kernel[t, inside[j]]
                    bias = libsvm_solve(part, corner, side, lo, hi, tol, tau[c], beta)
                value = bias
                row = gram[test_idx[s]]
                for i in range(f):
                    if beta[i] != 0.0:
                        base = gamma * row[order[inside[i]]] + coef0
                        value += beta[i] * power(base, degree)
                if (value > 0) != (above[c, s] & bit != 0):
                    sign = 1 if value > 0 else -1
                    votes[c, s, a] += sign
                    votes[c, s, b] -= sign
