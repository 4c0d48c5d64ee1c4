"""All fits of one kernel and one pair of classes, each started from its neighbour's solution.

:func:`pair_votes` walks through the fits of a plan, parents first. What it does at each:

1. leave out the samples that the fit removes from its parent (:func:`_leave_out`);
2. for every C, ascending: take over what cannot have changed (:func:`_same`, :func:`_repeat`),
   or set the bounds, start from a proposal or from the nearest solution there is
   (:func:`_start`), go on until libsvm's rule holds (:func:`~._descent.descend`), and judge what
   the solution is worth (:func:`_judge`);
3. where proposals are to start from this fit, make its table (:func:`_anchor_here`);
4. add the votes of its tests (:func:`_vote`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from ._descent import descend, lanes_of
from ._kernel import kernel_rows, power
from ._propose import MOVES, balance, propose, residual, ridge_of, sweep, values
from ._smo import offset

__all__ = ["pair_votes"]

_NEAR = 2  # tolerances from 0 within which another solution may fall to the other side
_SINGLE = 6e-8  # half the spacing of single-precision numbers near 1


class _Pair(NamedTuple):
    """The samples of two classes, first those of a. Arrays are padded to whole lanes."""

    kernel: Any  # (n, padded) of float32; the first m rows are those of the pair
    diagonal: Any
    single: Any  # the same in single precision
    y: Any  # 1, −1; 0 in the padding
    weight: Any
    place: Any  # (n,) of a sample in the pair; m or more outside
    m: int
    first: int  # samples of class a
    largest: float  # kernel value on the diagonal
    ridge: float  # of the tables


class _Fits(NamedTuple):
    """The plan, and the factor of C per fit and class."""

    depth: Any
    removed_ptr: Any
    removed_idx: Any
    test_ptr: Any
    test_idx: Any
    factor: Any


class _Solved(NamedTuple):
    """The latest fit of each depth (0: everything, 1: outer, 2: inner), for every C."""

    share: Any  # (3, padded) of C; 0 where left out
    beta: Any  # (3, k, padded)
    v: Any
    bias: Any  # (3, k)
    near: Any  # decision values nearer to 0 are in doubt
    pinned: Any  # whether free samples pin the bias
    there: Any  # (3,) whether both classes are
    end: Any  # (3,) index of the largest C that changes anything
    fit: Any  # (3,)


class _Anchor(NamedTuple):
    """The solution that proposals start from: of everything, or of an outer fold far from it."""

    depth: Any  # (1,)
    source: Any  # (k,) whose table serves a C
    usable: Any
    tables: Any
    free: Any
    start: Any
    rest: Any


class _Room(NamedTuple):
    """Arrays to work in."""

    lo: Any
    hi: Any
    up: Any
    low: Any
    gain: Any
    tops: Any
    bests: Any
    x: Any
    out: Any
    moved: Any
    seat: Any
    small: Any
    right: Any
    held: Any  # (n,) decision values of the latest C


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

    Parameters
    ----------
    gram : ndarray (n, n)
    pair : tuple
        All samples, those of the pair first; how many of the first class and of both; the codes
        of the two classes.
    base : tuple
        Degree, gamma and coef0 of the kernel.
    Cs, tau : ndarray (k,)
    weights : tuple
        Factors of C per sample, and per fit and class.
    plan : tuple
        The first five fields of a :class:`~._plan.Plan`.
    tol : float
    bit : int
        Of this pair in ``close``; 0: do not ask whether another solution may differ.
    tables : ndarray (k, side, side)
        Room for a table per C; side 0 for none.
    votes, close, above : ndarray (k, n_tests, n_classes) and (k, n_tests)
        Where a value is so near 0 that another solution may differ, ``close`` gets the bit, and
        ``above`` too if it was found above.
    """
    order, first, m, a, b = pair
    k = len(Cs)
    fits = _Fits(plan[0], plan[1], plan[2], plan[3], plan[4], weights[1])
    mine = _pair(gram, order, first, m, base, weights[0])
    padded = len(mine.y)
    solved = _Solved(
        np.zeros((3, padded)), np.zeros((3, k, padded)), np.zeros((3, k, padded)),
        np.zeros((3, k)), np.zeros((3, k)), np.zeros((3, k), np.bool_), np.zeros(3, np.bool_),
        np.zeros(3, np.int64), np.zeros(3, np.int64),
    )  # fmt: skip
    anchor = _Anchor(
        np.zeros(1, np.int64), np.arange(k), np.zeros(k, np.bool_), tables,
        np.empty((k, m), np.bool_), np.empty((k, m + 1)), np.empty((k, m)),
    )  # fmt: skip
    room = _room(len(order), m, padded)
    # Where the solver crawls, libsvm's own steps will have to tell.
    most = 50 * m + 10_000 if bit else 1_000_000_000
    for job in range(len(fits.depth)):
        d = fits.depth[job]
        _leave_out(job, mine, fits, solved)
        if not solved.there[d]:
            continue
        if d == 1:
            anchor.depth[0] = 0
        here = _is_far(d, mine, solved, anchor)
        alike = d > 0 and not here and solved.there[d - 1]
        if alike:
            parent = solved.fit[d - 1]
            alike = fits.factor[job, a] == fits.factor[parent, a]
            alike = alike and fits.factor[job, b] == fits.factor[parent, b]
        solved.end[d] = k
        for c in range(k):
            at = d
            if alike and c <= solved.end[d] and _same(job, d, c, mine, fits, solved):
                at = _take_over(d, c, solved)
            elif c > solved.end[d]:
                # No coefficient of the last solution is at its bound: larger ones change nothing.
                _repeat(d, c, here, solved, anchor)
            else:
                beta, v = solved.beta[d, c], solved.v[d, c]
                _bounds(Cs[c], d, fits.factor[job, a], fits.factor[job, b], mine, solved, room)
                proposed = d > 0 and not here and anchor.usable[anchor.source[c]]
                _start(proposed, job, d, c, tol, mine, solved, anchor, room)
                goal = tol * _goal(here, tables.shape[1] > 0)
                done = descend(
                    mine.kernel, mine.diagonal, mine.single, room.lo, room.hi, beta, v, goal,
                    tau[c], most, room.up, room.low, room.gain, room.tops, room.bests,
                )  # fmt: skip
                _judge(done, d, c, tol, mine, solved, room)
                if here:
                    _anchor_here(d, c, mine, solved, anchor, room)
            _vote(job, d, at, c, a, b, bit, mine, fits, solved, room, votes, close, above)


@njit(cache=True, nogil=True)
def _pair(gram, order, first, m, base, weight):  # type: ignore[no-untyped-def]
    """Kernel values and what else is known of the pair before any fit."""
    degree, gamma, coef0 = base
    n = len(order)
    lanes = lanes_of(m)
    padded = (m + lanes - 1) // lanes * lanes
    kernel = np.zeros((n, padded), np.float32)
    kernel_rows(gram, order, order[:m], degree, gamma, coef0, kernel)
    diagonal, single = np.ones(padded), np.ones(padded, np.float32)
    y, share, largest = np.zeros(padded), np.zeros(padded), 0.0
    for t in range(m):
        diagonal[t] = power(gamma * gram[order[t], order[t]] + coef0, degree)
        single[t] = diagonal[t]
        largest = max(largest, abs(diagonal[t]))
        y[t] = 1.0 if t < first else -1.0
        share[t] = weight[order[t]]
    place = np.empty(n, np.int64)
    for s in range(n):
        place[order[s]] = s
    ridge = ridge_of(kernel, m)
    return _Pair(kernel, diagonal, single, y, share, place, m, first, largest, ridge)


@njit(cache=True, nogil=True)
def _room(n, m, padded):  # type: ignore[no-untyped-def]
    lanes = lanes_of(m)
    return _Room(
        np.zeros(padded), np.zeros(padded), np.empty(padded), np.empty(padded),
        np.empty(padded, np.float32), np.empty(lanes), np.empty(lanes, np.float32),
        np.empty(m + 1), np.empty(m + 1), np.empty(MOVES, np.int64), np.empty(m, np.int64),
        np.empty((MOVES, MOVES)), np.empty(MOVES), np.empty(n),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _leave_out(job, pair, fits, solved) -> None:  # type: ignore[no-untyped-def]
    """Which samples the fit trains on: its parent's without the removed ones."""
    d = fits.depth[job]
    share = solved.share[d]
    _copy(pair.weight if d == 0 else solved.share[d - 1], share)
    for s in range(fits.removed_ptr[job], fits.removed_ptr[job + 1]):
        p = pair.place[fits.removed_idx[s]]
        if p < pair.m:
            share[p] = 0.0
    kept_a, kept_b = 0, 0
    for t in range(pair.m):
        if share[t] > 0:
            if t < pair.first:
                kept_a += 1
            else:
                kept_b += 1
    solved.there[d] = kept_a > 0 and kept_b > 0
    solved.fit[d] = job


@njit(cache=True, nogil=True)
def _is_far(d, pair, solved, anchor) -> bool:  # type: ignore[no-untyped-def]
    """Whether the fit is too far from the anchor to be proposed, so that it becomes the anchor."""
    if d == 0:
        return True
    if d == 2:
        return False
    lost = 0
    for t in range(pair.m):
        if solved.share[anchor.depth[0], t] > 0 and solved.share[d, t] == 0.0:
            lost += 1
    return bool(not solved.there[0] or 3 * lost > pair.m)


@njit(cache=True, nogil=True)
def _goal(here, proposing) -> float:  # type: ignore[no-untyped-def]
    """The tolerance to solve to, as a share of libsvm's.

    Where there are tables, proposals are better than libsvm's already and start from a better
    one still, so that fewer values are in doubt. Where there are none, every digit costs: half
    of libsvm's tolerance keeps the decision values within 1.4 tolerances of libsvm's own
    (measured on 2,400 samples, where a fifth of it does no better), and _NEAR covers two.
    """
    if not proposing:
        return 0.5
    return 0.01 if here else 0.1


@njit(cache=True, nogil=True)
def _same(job, d, c, pair, fits, solved) -> bool:  # type: ignore[no-untyped-def]
    """Whether nobody left out is a support vector of the parent: who is none is not missed."""
    if not solved.pinned[d - 1, c]:
        return False
    for s in range(fits.removed_ptr[job], fits.removed_ptr[job + 1]):
        p = pair.place[fits.removed_idx[s]]
        if p < pair.m and solved.beta[d - 1, c, p] != 0.0:
            return False
    return True


@njit(cache=True, nogil=True)
def _take_over(d, c, solved) -> int:  # type: ignore[no-untyped-def]
    """Make the parent's solution this one's; the depth where it stands."""
    solved.bias[d, c], solved.near[d, c] = solved.bias[d - 1, c], solved.near[d - 1, c]
    solved.pinned[d, c] = True
    if c >= solved.end[d - 1]:
        solved.end[d] = c
    if d == 2:  # nothing starts from it
        return 1
    _copy(solved.beta[0, c], solved.beta[1, c])
    _copy(solved.v[0, c], solved.v[1, c])
    return 1


@njit(cache=True, nogil=True)
def _repeat(d, c, here, solved, anchor) -> None:  # type: ignore[no-untyped-def]
    """Make the solution of the largest C that matters this one's."""
    end = solved.end[d]
    if d < 2:
        _copy(solved.beta[d, end], solved.beta[d, c])
        _copy(solved.v[d, end], solved.v[d, c])
    solved.bias[d, c], solved.near[d, c] = solved.bias[d, end], solved.near[d, end]
    solved.pinned[d, c] = solved.pinned[d, end]
    if here:
        anchor.source[c] = end


@njit(cache=True, nogil=True)
def _bounds(C, d, factor_a, factor_b, pair, solved, room) -> None:  # type: ignore[no-untyped-def]
    """lo and hi of every sample."""
    for t in range(pair.first):
        room.hi[t] = C * solved.share[d, t] * factor_a
        room.lo[t] = 0.0
    for t in range(pair.first, pair.m):
        room.hi[t] = 0.0
        room.lo[t] = -(C * solved.share[d, t] * factor_b)


@njit(cache=True, nogil=True)
def _start(proposed, job, d, c, tol, pair, solved, anchor, room) -> None:  # type: ignore[no-untyped-def]
    """A first β within the bounds and its v: a proposal, or the nearest solution there is."""
    beta, v, m = solved.beta[d, c], solved.v[d, c], pair.m
    count = -2
    if proposed:
        at = anchor.source[c]
        count = propose(
            anchor.tables[at], anchor.start[at], anchor.rest[at], anchor.free[at], room.lo[:m],
            room.hi[:m], 0.02 * tol, beta[:m], room.x, room.out, room.moved, room.seat, room.small,
            room.right,
        )  # fmt: skip
        known = count >= 0 and values(
            pair.kernel, pair.y, pair.ridge, anchor.free[at], room.seat, room.moved, room.right,
            room.out, count, beta, v, tol, job + c,
        )  # fmt: skip
        if count > -2 and not known:
            residual(pair.kernel, pair.y, beta, v, m)
    if count == -2:
        if d > 0 and solved.there[d - 1]:
            _copy(solved.beta[d - 1, c], beta)
            _copy(solved.v[d - 1, c], v)
        elif c > 0:
            _copy(solved.beta[d, c - 1], beta)
            _copy(solved.v[d, c - 1], v)
        else:
            _copy(pair.y, v)
            for t in range(len(beta)):
                beta[t] = 0.0
    balance(pair.kernel, v, beta, room.lo, room.hi)


@njit(cache=True, nogil=True)
def _judge(done, d, c, tol, pair, solved, room) -> None:  # type: ignore[no-untyped-def]
    """The bias, how near to 0 a value is in doubt, and whether a larger C would change anything."""
    beta, v, lo, hi = solved.beta[d, c], solved.v[d, c], room.lo, room.hi
    solved.bias[d, c] = offset(v, beta, lo, hi)
    inside, size, free = done, 0.0, 0
    upper, lower = np.inf, -np.inf
    for t in range(pair.m):
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
                free += 1
    # What another solution within the tolerance may answer differently: with all coefficients at
    # bounds the bias may lie anywhere between; and single-precision kernel values limit what any
    # solution knows.
    near = _NEAR * tol + _SINGLE * size * pair.largest
    solved.pinned[d, c] = free > 0
    if free == 0:
        near += abs(upper - lower)
    solved.near[d, c] = near if done else np.inf
    if inside:
        solved.end[d] = c


@njit(cache=True, nogil=True)
def _anchor_here(d, c, pair, solved, anchor, room) -> None:  # type: ignore[no-untyped-def]
    """Make proposals start from this solution: its table, coefficients and residuals."""
    beta, v, m, x = solved.beta[d, c], solved.v[d, c], pair.m, room.x
    free, rest, start = anchor.free[c], anchor.rest[c], anchor.start[c]
    anchor.depth[0] = d
    anchor.source[c] = c
    for t in range(m):
        free[t] = room.lo[t] < beta[t] < room.hi[t]
    anchor.usable[c] = anchor.tables.shape[1] > 0 and sweep(pair.kernel, free, anchor.tables[c])
    for t in range(m):
        rest[t] = v[t] - solved.bias[d, c]
        x[t] = beta[t] if free[t] else rest[t]
        start[t] = beta[t]
    x[m] = start[m] = solved.bias[d, c]
    if not anchor.usable[c]:
        return
    # One Newton step, after which the free samples have r = 0 exactly (of K + ridge).
    for t in range(m):
        gap = rest[t] - pair.ridge * beta[t]
        if free[t]:
            row = anchor.tables[c, t]
            for s in range(m + 1):
                x[s] -= gap * row[s]
        else:
            x[t] -= pair.ridge * beta[t]
    for t in range(m):
        if free[t]:
            start[t] = x[t]
        else:
            rest[t] = x[t]
    start[m] = x[m]


@njit(cache=True, nogil=True)
def _vote(  # type: ignore[no-untyped-def]
    job, d, at, c, a, b, bit, pair, fits, solved, room, votes, close, above
) -> None:
    """Add what the fit says of its tests; ``at`` is the depth where its solution stands."""
    held = room.held
    for s in range(fits.test_ptr[job], fits.test_ptr[job + 1]):
        p = pair.place[fits.test_idx[s]]
        if c <= solved.end[d]:
            value = solved.bias[d, c]
            if p < pair.m:
                value += pair.y[p] - solved.v[at, c, p]
            else:
                value += _dot(solved.beta[at, c], pair.kernel[p])
            held[p] = value
        value = held[p]
        votes[c, s, a if value > 0 else b] += 1
        if abs(value) < solved.near[d, c]:
            close[c, s] |= bit
            if value > 0:
                above[c, s] |= bit
