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

import numpy as np

from ._compiled import fast, inner, inner_once, lasting, where
from ._descent import FAR, descend, facts, padded
from ._kernel import kernel_rows, power
from ._newton import leap
from ._propose import MOVES, balance, propose, residual, values
from ._shrink import descend_shrinking, room_to_shrink
from ._state import Anchor, Fits, Pair, Room, Solved
from ._table import PIVOTS, ridge_of, sweep

__all__ = ["pair_votes"]

_NEAR = 2  # tolerances from 0 within which another solution may fall to the other side
_SINGLE = 6e-8  # half the spacing of single-precision numbers near 1


@inner
def _copy(source, to) -> None:  # type: ignore[no-untyped-def]
    """Slice assignment would compile for seconds, to format a message that is never shown."""
    for t in range(len(to)):
        to[t] = source[t]


@fast
def _dot(x, y) -> float:  # type: ignore[no-untyped-def]
    total = 0.0
    for t in range(len(x)):
        total += x[t] * y[t]
    return total


def pair_votes(  # type: ignore[no-untyped-def]
    gram, pair, base, Cs, tau, weights, plan, tol, bit, tables, shrinking, votes, close, above
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
    shrinking : bool
        Whether any pair of the problem is long enough to leave samples out for a while.
    votes, close, above : ndarray (k, n_tests, n_classes) and (k, n_tests)
        Where a value is so near 0 that another solution may differ, ``close`` gets the bit, and
        ``above`` too if it was found above.
    """
    order, first, m, a, b = pair
    n, k, wide = len(order), len(Cs), padded(m)
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    y, share = np.zeros(wide), np.zeros(wide)
    y[:first], y[first:m] = 1.0, -1.0
    share[:m] = weights[0][order[:m]]
    kernel = np.zeros((n, wide), np.float32)
    known = (kernel, np.ones(wide), np.ones(wide, np.float32), y, share, place)
    solved = (
        np.zeros((3, wide)), np.zeros((3, k, wide)), np.zeros((3, k, wide)), np.zeros((3, k)),
        np.zeros((3, k)), np.zeros((3, k), np.bool_), np.zeros(3, np.bool_), np.zeros(3, np.int64),
        np.zeros(3, np.int64), np.empty((3, m), np.int64), np.zeros(3, np.int64),
    )  # fmt: skip
    anchor = (
        np.zeros(1, np.int64), np.arange(k), np.zeros(k, np.bool_), tables,
        np.zeros((k, 4, wide)), np.zeros((k, wide)), np.empty((k, MOVES), np.int64),
        np.zeros(k, np.int64),
    )  # fmt: skip
    room = (
        np.zeros(wide), np.zeros(wide), np.empty(wide), np.empty(wide, np.float32),
        np.empty(wide, np.float32), np.empty(wide, np.float32),
        np.zeros((4, wide)), np.zeros(wide), np.empty(MOVES, np.int64), np.empty(m, np.int64),
        np.empty((MOVES, MOVES)), np.empty(MOVES), np.empty((PIVOTS, wide)),
        np.empty((PIVOTS, wide)), np.empty((PIVOTS, PIVOTS)), np.empty(n),
    )  # fmt: skip
    copies = room_to_shrink(k, m) if shrinking else None  # it is compiled only where it is needed
    walk(
        gram, order, base, (first, m, a, b, bit), (*plan, weights[1]), known, solved, anchor, room,
        copies, Cs, tau, tol, votes, close, above,
    )  # fmt: skip


@lasting
def walk(  # type: ignore[no-untyped-def]
    gram,
    order,
    base,
    numbers,
    plan,
    known,
    solved,
    anchor,
    room,
    copies,
    Cs,
    tau,
    tol,
    votes,
    close,
    above,
) -> None:
    """Through the fits of the plan. It makes no array: they all come from outside."""
    first, m, a, b, bit = numbers
    kernel, diagonal, single, y, weight, place = known
    fits, solved, anchor, room = Fits(*plan), Solved(*solved), Anchor(*anchor), Room(*room)
    largest = _kernel_of(
        gram, order, m, base, kernel, diagonal, single, room.work[0], room.work[1]
    )  # fmt: skip
    mine = Pair(
        kernel, diagonal, single, y, weight, place, m, first, largest, ridge_of(kernel, m)
    )  # fmt: skip
    k = len(Cs)
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
                reweighted = False
                if proposed:
                    other = solved.fit[anchor.depth[0]]
                    reweighted = fits.factor[job, a] != fits.factor[other, a]
                    reweighted = reweighted or fits.factor[job, b] != fits.factor[other, b]
                _start(proposed, reweighted, job, d, c, tol, mine, solved, anchor, room, copies)
                goal = tol * _goal(here, anchor.tables.shape[1] > 0)
                if copies is None:
                    done = descend(
                        kernel, diagonal, single, room.lo, room.hi, beta, v, goal, tau[c], most,
                        room.up, room.low, room.gain, room.near,
                    )  # fmt: skip
                else:
                    done = descend_shrinking(
                        kernel, diagonal, single, room.lo, room.hi, beta, v, goal, tau[c], most,
                        room.up, room.low, room.gain, room.near, *copies, c, y,
                        mine.ridge,
                    )  # fmt: skip
                _judge(done, d, c, tol, mine, solved, room)
                if here:
                    _anchor_here(d, c, tol, mine, solved, anchor, room)
            _vote(job, d, at, c, a, b, bit, mine, fits, solved, room, votes, close, above)


@inner_once
def _kernel_of(gram, order, m, base, kernel, diagonal, single, base_row, value_row) -> float:  # type: ignore[no-untyped-def]
    """Write the kernel values of the pair; the largest of a sample with itself."""
    degree, gamma, coef0 = base
    kernel_rows(gram, order, order[:m], degree, gamma, coef0, kernel, base_row, value_row)
    largest = 0.0
    for t in range(m):
        diagonal[t] = power(gamma * gram[order[t], order[t]] + coef0, degree)
        single[t] = diagonal[t]
        largest = max(largest, abs(diagonal[t]))
    return largest


@fast
def _positive(values) -> float:  # type: ignore[no-untyped-def]
    """How many are above 0."""
    found = 0.0
    for t in range(len(values)):
        found += where(values[t] > 0.0, 1.0, 0.0)
    return found


@inner_once
def _leave_out(job, pair, fits, solved) -> None:  # type: ignore[no-untyped-def]
    """Which samples the fit trains on: its parent's without the removed ones."""
    d = fits.depth[job]
    share = solved.share[d]
    _copy(pair.weight if d == 0 else solved.share[d - 1], share)
    solved.n_gone[d] = 0
    for s in range(fits.removed_ptr[job], fits.removed_ptr[job + 1]):
        p = pair.place[fits.removed_idx[s]]
        if p < pair.m and share[p] > 0.0:
            share[p] = 0.0
            solved.gone[d, solved.n_gone[d]] = p
            solved.n_gone[d] += 1
    kept_a, kept_b = _positive(share[: pair.first]), _positive(share[pair.first :])
    solved.there[d] = kept_a > 0 and kept_b > 0
    solved.fit[d] = job


@inner_once
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
    return bool(not solved.there[0] or 6 * lost > pair.m)


@inner_once
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


@inner_once
def _same(job, d, c, pair, fits, solved) -> bool:  # type: ignore[no-untyped-def]
    """Whether nobody left out is a support vector of the parent: who is none is not missed."""
    if not solved.pinned[d - 1, c]:
        return False
    for s in range(fits.removed_ptr[job], fits.removed_ptr[job + 1]):
        p = pair.place[fits.removed_idx[s]]
        if p < pair.m and solved.beta[d - 1, c, p] != 0.0:
            return False
    return True


@inner_once
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


@inner_once
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


@inner_once
def _bounds(C, d, factor_a, factor_b, pair, solved, room) -> None:  # type: ignore[no-untyped-def]
    """lo and hi of every sample."""
    for t in range(pair.first):
        room.hi[t] = C * solved.share[d, t] * factor_a
        room.lo[t] = 0.0
    for t in range(pair.first, pair.m):
        room.hi[t] = 0.0
        room.lo[t] = -(C * solved.share[d, t] * factor_b)


@inner_once
def _start(  # type: ignore[no-untyped-def]
    proposed, reweighted, job, d, c, tol, pair, solved, anchor, room, copies
) -> None:
    """A first β within the bounds and its v: a proposal, or the nearest solution there is."""
    beta, v, m = solved.beta[d, c], solved.v[d, c], pair.m
    count = -2
    if proposed:
        at, n = anchor.source[c], 0
        for depth in range(anchor.depth[0] + 1, d + 1):
            for i in range(solved.n_gone[depth]):
                room.gone[n] = solved.gone[depth, i]
                n += 1
        known = anchor.n_hint[c] if d == 2 and anchor.depth[0] == 0 else 0
        count = propose(
            anchor.tables[at], anchor.state[at], anchor.base[at], room.gone[:n],
            anchor.hint[c, :known], room.lo, room.hi, 0.02 * tol, reweighted, beta, room.work,
            room.out, room.moved, room.small, room.right,
        )  # fmt: skip
        if d == 1:
            _remember(c, count, beta, anchor, room)
        known = count >= 0 and values(
            pair.kernel, pair.y, pair.ridge, room.work, room.moved, room.out, count, beta, v, m,
            tol, job + c,
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
        if copies is not None:
            more = copies[1:]
            leap(c, pair.kernel, pair.y, room.lo, room.hi, beta, v, 0.25 * tol, pair.ridge, *more)
    balance(pair.kernel, v, beta, room.lo, room.hi, 0.0)


@inner_once
def _remember(c, count, beta, anchor, room) -> None:  # type: ignore[no-untyped-def]
    """Which samples an outer fit has on another side than the table: inner fits will too."""
    anchor.n_hint[c] = 0
    for i in range(count):
        t = room.moved[i]
        if room.lo[t] < room.hi[t]:
            # −1 − t: it is at its lower bound; t: at its upper one, or free.
            low = room.work[3, t] == 0.0 and beta[t] <= room.lo[t]
            anchor.hint[c, anchor.n_hint[c]] = -1 - t if low else t
            anchor.n_hint[c] += 1


@inner_once
def _judge(done, d, c, tol, pair, solved, room) -> None:  # type: ignore[no-untyped-def]
    """The bias, how near to 0 a value is in doubt, and whether a larger C would change anything."""
    total, free, upper, lower, inner, highest, lowest, size, held = facts(
        solved.beta[d, c], solved.v[d, c], room.lo, room.hi
    )
    solved.bias[d, c] = total / free if free else 0.5 * (upper + lower)
    # What another solution within the tolerance may answer differently: with all coefficients at
    # bounds the bias may lie anywhere between; and single-precision kernel values limit what any
    # solution knows.
    near = _NEAR * tol + _SINGLE * size * pair.largest
    solved.pinned[d, c] = inner > 0
    if inner == 0:
        near += abs(highest - lowest)
    solved.near[d, c] = near if done else np.inf
    if done and held == 0:
        solved.end[d] = c


@inner_once
def _anchor_here(d, c, tol, pair, solved, anchor, room) -> None:  # type: ignore[no-untyped-def]
    """Make proposals start from this solution: its table, coefficients and residuals."""
    beta, v, m = solved.beta[d, c], solved.v[d, c], pair.m
    lo, hi, slack = room.lo, room.hi, 0.02 * tol
    state, base, bias = anchor.state[c], anchor.base[c], solved.bias[d, c]
    x, least, most, free = state[0], state[1], state[2], state[3]
    anchor.depth[0] = d
    anchor.source[c] = c
    anchor.n_hint[c] = 0
    for t in range(len(beta)):
        inside = lo[t] < beta[t] < hi[t]
        x[t] = beta[t] if inside else v[t] - bias
        base[t] = 0.0 if inside else beta[t]
        free[t] = 1.0 if inside else 0.0
        low = beta[t] <= lo[t]
        least[t] = lo[t] if inside else (-FAR if low else -slack)
        most[t] = hi[t] if inside else (slack if low else FAR)
        if lo[t] == hi[t]:
            least[t], most[t] = -FAR, FAR
        if t >= m:
            x[t] = 0.0
    anchor.usable[c] = anchor.tables.shape[1] > 0 and sweep(
        pair.kernel, free, m, anchor.tables[c], room.moved, room.columns, room.factors, room.block
    )
    x[m] = bias
    if not anchor.usable[c]:
        return
    # One Newton step, after which the free samples have r = 0 exactly (of K + ridge).
    for t in range(m):
        if free[t] > 0.0:
            gap = v[t] - bias - pair.ridge * beta[t]
            row = anchor.tables[c, t]
            for s in range(m + 1):
                x[s] -= gap * row[s]
        else:
            x[t] -= pair.ridge * beta[t]


@inner_once
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
