"""Newton's steps on the samples that are free, in a pair too large for a table of all its samples.

Where hundreds of samples are free, steps on two at a time take thousands to agree on the last
digits, again in every fold. On the free samples alone the dual is a linear equation. So the
bordered kernel matrix of those that were free once is inverted, and what is free now is solved for
from there: samples that have left or joined since are a small equation besides (as in
:mod:`._propose`). Whom a step takes out of its bounds is held there, who is held on the wrong side
is freed, and again. The outcome is only a start: the solver goes on until libsvm's rule holds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ._compiled import fast, inner
from ._descent import padded
from ._propose import balance
from ._table import PIVOTS, solve_small, sweep

__all__ = ["Root", "Space", "bytes_of", "leap", "rooms", "root_of"]

_CHANGES = 320  # most samples that may have left or joined
_KEPT = 512  # rows of samples that joined
_ROUNDS = 10
_LEAST = 48  # free samples below which steps are quick
_LARGEST = 1536  # of an inverse


class Root(NamedTuple):
    """For each C the inverse that is solved from; sizes: w of the pair, s of the inverse."""

    inverse: Any  # (k, s²): minus the bordered inverse, (padded n, padded n) of it
    names: Any  # (k, s) its samples
    at: Any  # (k, w) where a sample stands in it, or −1
    n: Any  # (k,)
    rows: Any  # (k, kept, s) of samples that joined
    slot: Any  # (k, w) where the row of a sample stands, or −1
    n_rows: Any  # (k,)


class Space(NamedTuple):
    """Arrays to work in."""

    lines: Any  # (2 PIVOTS + 1, s)
    moved: Any  # (changes,)
    joined: Any  # (changes,)
    small: Any  # (changes, changes)
    right: Any  # (changes,)
    before: Any  # (2, w)
    free: Any  # (w,)
    gathered: Any  # (s²,) of float32
    block: Any  # (PIVOTS, PIVOTS)


def rooms(k: int, m: int) -> tuple[Root, Space]:
    """For k values of C and a pair of m samples; what is not written to takes no memory."""
    wide, side = padded(m), padded(min(m, _LARGEST))
    root = Root(
        np.empty((k, side * side)), np.empty((k, side), np.int64), np.empty((k, wide), np.int64),
        np.zeros(k, np.int64), np.empty((k, _KEPT, side)), np.empty((k, wide), np.int64),
        np.zeros(k, np.int64),
    )  # fmt: skip
    space = Space(
        np.empty((2 * PIVOTS + 1, side)), np.empty(_CHANGES, np.int64),
        np.empty(_CHANGES, np.int64), np.empty((_CHANGES, _CHANGES)),
        np.empty(_CHANGES), np.empty((2, wide)), np.empty(wide), np.empty(side * side, np.float32),
        np.empty((PIVOTS, PIVOTS)),
    )  # fmt: skip
    return root, space


def bytes_of(k: int, m: int) -> int:
    """What :func:`rooms` take at most."""
    side = padded(min(m, _LARGEST))
    return 8 * k * side * (side + _KEPT) + 4 * side**2 + 8 * _CHANGES**2


@inner
def root_of(c, kernel, lo, hi, beta, root, space) -> bool:  # type: ignore[no-untyped-def]
    """Invert the kernel matrix of the samples that are free; False where it cannot be."""
    names, at, slot, n = root.names[c], root.at[c], root.slot[c], 0
    root.n[c], root.n_rows[c] = 0, 0
    for t in range(len(beta)):
        at[t], slot[t] = -1, -1
        if lo[t] < beta[t] < hi[t]:
            if n + 1 >= len(names):
                return False
            names[n], at[t] = t, n
            n += 1
    if n < _LEAST:
        return False
    wide = padded(n)
    gathered, lines = space.gathered[: n * wide].reshape((n, wide)), space.lines
    ones = lines[-1]
    for i in range(n):
        row, source = gathered[i], kernel[names[i]]
        for j in range(i + 1):
            row[j] = source[names[j]]
        ones[i] = 1.0
    table = root.inverse[c, : wide * wide].reshape((wide, wide))
    if sweep(gathered, ones, n, table, space.moved, lines[:PIVOTS], lines[PIVOTS:-1], space.block):
        root.n[c] = n
    return bool(root.n[c] > 0)


@fast
def _dot(x, y, n) -> float:  # type: ignore[no-untyped-def]
    total = 0.0
    for t in range(n):
        total += x[t] * y[t]
    return total


@fast
def _objective(y, v, beta) -> float:  # type: ignore[no-untyped-def]
    total = 0.0
    for t in range(len(beta)):
        total += beta[t] * (y[t] + v[t])
    return 0.5 * total


@fast
def _add(out, row, w, n) -> None:  # type: ignore[no-untyped-def]
    for t in range(n):
        out[t] += w * row[t]


@fast
def _subtract_four(out, r0, r1, r2, r3, w0, w1, w2, w3, n) -> None:  # type: ignore[no-untyped-def]
    for t in range(n):
        out[t] -= (w0 * r0[t] + w1 * r1[t]) + (w2 * r2[t] + w3 * r3[t])


@inner
def _times(table, x, n, out) -> None:  # type: ignore[no-untyped-def]
    """out = −T x, of a symmetric table."""
    for t in range(n):
        out[t] = 0.0
    for i in range(0, n - 3, 4):
        _subtract_four(
            out, table[i], table[i + 1], table[i + 2], table[i + 3], x[i], x[i + 1], x[i + 2],
            x[i + 3], n,
        )  # fmt: skip
    for i in range(n - n % 4, n):
        _add(out, table[i], -x[i], n)


@fast
def _four_dots(row, x0, x1, x2, x3, n):  # type: ignore[no-untyped-def]
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    for t in range(n):
        s0 += row[t] * x0[t]
        s1 += row[t] * x1[t]
        s2 += row[t] * x2[t]
        s3 += row[t] * x3[t]
    return s0, s1, s2, s3


@inner
def _four_rows(c, joined, count, kernel, table, root, lines) -> None:  # type: ignore[no-untyped-def]
    """Make the rows of up to four samples that joined, with one look at the inverse."""
    n, names, rows, first = root.n[c], root.names[c], root.rows[c], root.n_rows[c]
    for i in range(4):
        row, line = kernel[joined[min(i, count - 1)]], lines[i]
        for s in range(n):
            line[s] = row[names[s]]
        line[n] = 1.0
    for e in range(n + 1):
        s0, s1, s2, s3 = _four_dots(table[e], lines[0], lines[1], lines[2], lines[3], n + 1)
        lines[4, e], lines[5, e], lines[6, e], lines[7, e] = s0, s1, s2, s3
    for i in range(count):
        row, line = rows[first + i], lines[4 + i]
        for e in range(n + 1):
            row[e] = line[e]
        root.slot[c, joined[i]] = first + i
    root.n_rows[c] = first + count


@inner
def _solve(c, known, k, kernel, v, beta, ridge, root, table, space) -> bool:  # type: ignore[no-untyped-def]
    """Write how β of the free samples changes to line 1 (of who joined to ``right``)."""
    n, names, at, slot, rows = root.n[c], root.names[c], root.at[c], root.slot[c], root.rows[c]
    g, d, line = space.lines[0], space.lines[1], space.lines[2]
    moved, small, right = space.moved, space.small, space.right
    surplus = 0.0
    for t in range(len(beta)):
        surplus += beta[t]
    for i in range(n):
        g[i] = v[names[i]]
    g[n] = -surplus
    _times(table, g, n + 1, d)
    for i in range(k):
        t = moved[i]
        e = at[t]
        if e >= 0:
            right[i] = -d[e]
            if i >= known:
                row = table[e]
                for j in range(i + 1):
                    u = moved[j]
                    small[i, j] = row[at[u]] if at[u] >= 0 else rows[slot[u], e]
        else:
            row, source = rows[slot[t]], kernel[t]
            for s in range(n):
                line[s] = source[names[s]]
            line[n] = 1.0
            right[i] = v[t] - _dot(line, d, n + 1)
            if i >= known:
                for j in range(i + 1):
                    u = moved[j]
                    if at[u] >= 0:
                        small[i, j] = row[at[u]]
                    else:
                        small[i, j] = source[u] + _dot(line, rows[slot[u]], n + 1)
                small[i, i] += ridge
    if not solve_small(small, right, k, known):
        return False
    for i in range(k):
        t = moved[i]
        _add(d, table[at[t]] if at[t] >= 0 else rows[slot[t]], right[i], n + 1)
    return True


@inner
def _apply(c, k, kernel, beta, v, root, space) -> None:  # type: ignore[no-untyped-def]
    """Take the step, out of the bounds if it leads there."""
    n, names, at, d = root.n[c], root.names[c], root.at[c], space.lines[1]
    moved, right, free = space.moved, space.right, space.free
    r0, r1, r2, r3 = 0, 0, 0, 0
    w0, w1, w2, w3 = 0.0, 0.0, 0.0, 0.0
    held = 0
    for i in range(n + k):
        t = names[i] if i < n else moved[i - n]
        if free[t] <= 0.0 or (i >= n and at[t] >= 0):
            continue
        change = d[i] if i < n else right[i - n]
        beta[t] += change
        r0, r1, r2, r3 = r1, r2, r3, t
        w0, w1, w2, w3 = w1, w2, w3, change
        held += 1
        if held == 4:
            _subtract_four(
                v, kernel[r0], kernel[r1], kernel[r2], kernel[r3], w0, w1, w2, w3, len(v)
            )  # fmt: skip
            held = 0
            w0, w1, w2, w3 = 0.0, 0.0, 0.0, 0.0
    if held > 0:
        _subtract_four(v, kernel[r0], kernel[r1], kernel[r2], kernel[r3], w0, w1, w2, w3, len(v))


@inner
def _into_bounds(kernel, lo, hi, beta, v) -> None:  # type: ignore[no-untyped-def]
    for t in range(len(beta)):
        to = min(max(beta[t], lo[t]), hi[t])
        if to != beta[t]:
            _add(v, kernel[t], beta[t] - to, len(v))
            beta[t] = to


@inner
def _has_flipped(t, free, at) -> bool:  # type: ignore[no-untyped-def]
    """Whether a sample is free and not of the inverse, or the other way round."""
    return bool((free[t] > 0.0) != (at[t] >= 0))


@inner
def _make_rows(c, k, kernel, table, root, space) -> None:  # type: ignore[no-untyped-def]
    """Rows of all that joined; where there is no room for more, only these are kept."""
    at, slot, moved, joined, fresh = root.at[c], root.slot[c], space.moved, space.joined, 0
    for i in range(k):
        fresh += at[moved[i]] < 0 and slot[moved[i]] < 0
    if root.n_rows[c] + fresh > _KEPT:
        root.n_rows[c] = 0
        for t in range(len(slot)):
            slot[t] = -1
    fresh = 0
    for i in range(k):
        if at[moved[i]] < 0 and slot[moved[i]] < 0:
            joined[fresh] = moved[i]
            fresh += 1
    for i in range(0, fresh, 4):
        _four_rows(c, joined[i:], min(4, fresh - i), kernel, table, root, space.lines)


@inner
def _sort_out(k, b, lo, hi, beta, v, tol, at, space) -> tuple[int, bool, bool]:  # type: ignore[no-untyped-def]
    """Hold who is out of bounds, free who is held on the wrong side.

    Returned are how many ``moved`` holds then, −1 where it cannot hold them; whether all are
    within their bounds; and whether all are where they want to be.
    """
    free, moved = space.free, space.moved
    inside, done = True, True
    for t in range(len(beta)):
        flips = False
        if free[t] > 0.0:
            if beta[t] < lo[t] or beta[t] > hi[t]:
                free[t], inside, done, flips = 0.0, False, False, at[t] >= 0
        elif lo[t] < hi[t] and (v[t] > b + tol if beta[t] <= lo[t] else v[t] < b - tol):
            free[t], done, flips = 1.0, False, at[t] < 0
        if flips:
            if k == len(moved):
                return -1, False, False
            moved[k] = t
            k += 1
    return k, inside, done


@inner
def leap(c, kernel, y, lo, hi, beta, v, tol, ridge, root, space) -> int:  # type: ignore[no-untyped-def]
    """Go where the free samples agree, in place.

    Parameters
    ----------
    c : int
        Which C.
    kernel : ndarray (≥ m, padded m) of float32
    y, lo, hi, beta, v : ndarray (padded m,)
        β may be outside its bounds, or not sum to 0. Afterwards it is as it came, but within the
        bounds; or, with a sum of 0, no worse than it was.
    tol : float
        By how much a held sample may want to leave its bound.
    ridge : float
        Of the inverse.
    root : Root
    space : Space

    Returns
    -------
    int
        1: done. 0: it leads nowhere. −1: too many have left or joined, or there is no inverse.
    """
    at, before, free, moved = root.at[c], space.before, space.free, space.moved
    if root.n[c] == 0:
        return -1
    wide = padded(root.n[c])
    table = root.inverse[c, : wide * wide].reshape((wide, wide))
    _into_bounds(kernel, lo, hi, beta, v)
    surplus, size, k = 0.0, 0.0, 0
    for t in range(len(beta)):
        surplus += beta[t]
        size += abs(beta[t])
        before[0, t], before[1, t] = beta[t], v[t]
        free[t] = 1.0 if lo[t] < beta[t] < hi[t] else 0.0
        if _has_flipped(t, free, at):
            if k == len(moved):
                return -1
            moved[k] = t
            k += 1
    known, inside, possible = 0, True, True
    for _ in range(_ROUNDS):
        _make_rows(c, k, kernel, table, root, space)
        possible = _solve(c, known, k, kernel, v, beta, ridge, root, table, space)
        if not possible:
            break
        _apply(c, k, kernel, beta, v, root, space)
        after, inside, done = _sort_out(
            k, space.lines[1, root.n[c]], lo, hi, beta, v, tol, at, space
        )  # fmt: skip
        _into_bounds(kernel, lo, hi, beta, v)
        possible = after >= 0
        if done or not possible:
            break
        known, k = k, 0
        for i in range(after):
            if _has_flipped(moved[i], free, at):
                moved[k] = moved[i]
                k += 1
            else:
                known = min(known, k)
    if not inside:
        balance(kernel, v, beta, lo, hi, 0.0)
    # What did not sum to 0 is no solution that could have been better.
    better = possible
    if abs(surplus) <= 1e-9 * size:
        better = _objective(y, v, beta) >= _objective(y, before[1], before[0])
    if better:
        return 1
    for t in range(len(beta)):
        beta[t], v[t] = before[0, t], before[1, t]
    return 0 if possible else -1
