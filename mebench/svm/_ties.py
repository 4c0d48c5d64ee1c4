"""Votes that hang on a decision value next to 0, decided as libsvm decides them.

Two solutions within the tolerance may disagree about a sample on the boundary. Where the answer
depends on it, the pair is solved again from zero by libsvm's own steps.
"""

from __future__ import annotations

import numpy as np

from ._compiled import lasting
from ._smo import fit_pair, patience

__all__ = ["MOST_FLIPS", "MOST_PAIRS", "keep_decisive", "settle_votes"]

MOST_PAIRS = 63  # bits of a word
MOST_FLIPS = 6
_NONE = (np.inf, np.empty(0, np.int64), np.empty(0), 0.0)


@lasting
def keep_decisive(votes, close, above, firsts, seconds, pairs, count) -> None:  # type: ignore[no-untyped-def]
    """Clear ``close`` where the doubtful votes, whichever way they fall, change no answer.

    ``close`` and ``above`` have a bit per pair of classes ``firsts``, ``seconds``: that its value
    is near 0, and that it was found above. ``pairs`` and ``count`` are room, for MOST_FLIPS pairs
    and for the classes.
    """
    n_classes = votes.shape[2]
    for c in range(close.shape[0]):
        for s in range(close.shape[1]):
            if close[c, s] == 0:
                continue
            q = 0
            for p in range(len(firsts)):
                if close[c, s] >> p & 1:
                    if q < MOST_FLIPS:
                        pairs[q] = p
                    q += 1
            if q > MOST_FLIPS:
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


def settle_votes(
    gram: np.ndarray, pair: tuple, degree: int, exact: tuple, weights: tuple, plan: tuple,
    tol: float, bit: int, votes: np.ndarray, close: np.ndarray, above: np.ndarray,
) -> None:  # fmt: skip
    """Solve again where ``close`` still has this pair's bit, and correct the votes.

    Arguments as of ``pair_votes``; ``exact`` holds gamma, coef0, C and tau of each point itself,
    so that its kernel is rounded as libsvm rounds it.
    """
    order, first, m, a, b = pair
    weight, class_weight = weights
    depth, out_ptr, out_idx, test_ptr, test_idx = plan
    fit_of = np.repeat(np.arange(len(depth)), np.diff(test_ptr)).tolist()
    outer = np.maximum.accumulate(np.where(depth < 2, np.arange(len(depth)), 0)).tolist()
    doubtful = close & bit != 0
    # Solutions that met no bound, by kernel and fit: they are those of any larger C as well.
    unbound: dict[tuple[float, float, int], tuple[float, np.ndarray, np.ndarray, float]] = {}
    for c in np.flatnonzero(doubtful.any(axis=1)).tolist():
        gamma, coef0, C, tau = (values[c] for values in exact)
        tests: dict[int, list[int]] = {}
        for s in np.flatnonzero(doubtful[c]).tolist():
            tests.setdefault(fit_of[s], []).append(s)
        for fit, doubts in tests.items():
            least, support, beta, bias = unbound.get((gamma, coef0, fit), _NONE)
            if least > C:
                share = weight.copy()
                for level in (0, outer[fit], fit):
                    share[out_idx[out_ptr[level] : out_ptr[level + 1]]] = 0.0
                bound = share[order[:m]]
                inside = bound > 0
                bound[:first] *= C * class_weight[fit, a]
                bound[first:] *= C * class_weight[fit, b]
                members, kernel = order[:m][inside], (degree, gamma, coef0)
                kept = int(np.count_nonzero(inside[:first]))
                beta, bias, _, _, met = fit_pair(
                    gram, members, kept, kernel, bound[inside], tol, tau, patience(m)
                )  # fmt: skip
                used = beta != 0.0
                support, beta = members[used], beta[used]
                if not met:
                    unbound[gamma, coef0, fit] = C, support, beta, bias
            for s in doubts:
                value = bias
                terms = beta * _powers(gamma * gram[test_idx[s], support] + coef0, degree)
                for term in terms.tolist():  # one after the other, as libsvm adds them
                    value += term
                if (value > 0) != bool(above[c, s] & bit):
                    sign = 1 if value > 0 else -1
                    votes[c, s, a] += sign
                    votes[c, s, b] -= sign


def _powers(base: np.ndarray, degree: int) -> np.ndarray:
    """As :func:`~._kernel.power`, of each value."""
    out = np.ones_like(base)
    while degree > 0:
        if degree % 2 == 1:
            out *= base
        base = base * base
        degree //= 2
    return out
