"""The solver on the samples that still move, a copy of whose kernel is small and near.

Of thousands of samples most sit at a bound early and stay there. As libsvm does, they are left
out for a while (shrinking, Joachims 1999); the rest is copied together, so that a step costs what
they are and not what all are. Whoever was left out wrongly is found when the solution is held
against all samples, which alone decides when it is one.
Newton's steps (:mod:`._newton`) come first, where there are any to take.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from ._compiled import fast, inner, where
from ._descent import descend, padded
from ._newton import Root, Space, leap, rooms, root_of

__all__ = ["LONG", "descend_shrinking", "most_moving", "room_to_shrink"]

LONG = 512  # samples from which on copies are made
_FIRST = 1000  # steps on all samples before some are left out; most fits are done by then
_BETWEEN = 200  # steps on all samples between two copies
_SHARE = 0.75  # of the samples that may stay, for a copy to be worth it
_LONGEST = 6  # steps on a copy, for each of its samples, before it is chosen anew
_LEAPS = 4  # of Newton's, at most
_AFTER = 200  # steps on all samples after one
_REACH = 0.5  # of the gap, beyond which a sample at its bound is left out


@register_jitable
def most_moving(m: int) -> int:
    """How many of m samples a copy may hold; 0 where none is made."""
    return padded(int(_SHARE * m)) if m > LONG else 0


def room_to_shrink(k: int, m: int) -> tuple[tuple[np.ndarray, ...], Root, Space]:
    """What :func:`descend_shrinking` works in, for k values of C and a pair of m samples."""
    side = most_moving(m)
    copies = (
        np.empty(side * side, np.float32), np.empty((6, side)), np.empty((4, side), np.float32),
        np.empty(padded(m), np.int64),
    )  # fmt: skip
    return copies, *rooms(k, m)


@fast
def _middle(v, beta, lo, hi) -> float:  # type: ignore[no-untyped-def]
    """Mean v of the free samples."""
    total, count = 0.0, 0.0
    for t in range(len(v)):
        free = (beta[t] > lo[t]) & (beta[t] < hi[t])
        total += where(free, v[t], 0.0)
        count += where(free, 1.0, 0.0)
    return total / count if count > 0.0 else 0.0


@inner
def _moving(v, beta, lo, hi, up, low, names) -> int:  # type: ignore[no-untyped-def]
    """Write the samples that are free, or near enough to leave their bound; how many they are."""
    top, bottom = -1e30, 1e30
    for t in range(len(v)):
        top, bottom = max(top, v[t] + up[t]), min(bottom, v[t] + low[t])
    middle = _middle(v, beta, lo, hi)
    middle = min(max(middle, bottom), top)
    above, below = middle + _REACH * (top - middle), middle - _REACH * (middle - bottom)
    n = 0
    for t in range(len(v)):
        if lo[t] == hi[t]:
            continue
        if beta[t] >= hi[t]:
            stays = v[t] > above
        elif beta[t] <= lo[t]:
            stays = v[t] < below
        else:
            stays = False
        if not stays:
            names[n] = t
            n += 1
    return n


@fast
def _gather(source, names, n, out) -> None:  # type: ignore[no-untyped-def]
    for t in range(n):
        out[t] = source[names[t]]
    for t in range(n, len(out)):
        out[t] = 0.0


@inner
def _gather_kernel(kernel, names, n, out) -> None:  # type: ignore[no-untyped-def]
    for s in range(n):
        _gather(kernel[names[s]], names, n, out[s])


@fast
def _add_four(v, k0, k1, k2, k3, b0, b1, b2, b3) -> None:  # type: ignore[no-untyped-def]
    for t in range(len(v)):
        v[t] -= (b0 * k0[t] + b1 * k1[t]) + (b2 * k2[t] + b3 * k3[t])


@inner
def _bring_back(kernel, names, n, small, beta, v) -> None:  # type: ignore[no-untyped-def]
    """Take over the coefficients of the copy, and what they change of everybody's v."""
    rows, change = (0, 0, 0, 0), (0.0, 0.0, 0.0, 0.0)
    count = 0
    for s in range(n):
        t = names[s]
        moved = small[s] - beta[t]
        if moved == 0.0:
            continue
        beta[t] = small[s]
        rows, change = (rows[1], rows[2], rows[3], t), (change[1], change[2], change[3], moved)
        count += 1
        if count == 4:
            _add_four(
                v, kernel[rows[0]], kernel[rows[1]], kernel[rows[2]], kernel[rows[3]],
                change[0], change[1], change[2], change[3],
            )  # fmt: skip
            change, count = (0.0, 0.0, 0.0, 0.0), 0
    if count > 0:
        _add_four(
            v, kernel[rows[0]], kernel[rows[1]], kernel[rows[2]], kernel[rows[3]],
            change[0], change[1], change[2], change[3],
        )  # fmt: skip


@inner
def descend_shrinking(  # type: ignore[no-untyped-def]
    kernel,
    diagonal,
    single,
    lo,
    hi,
    beta,
    v,
    tol,
    tau,
    most,
    up,
    low,
    gain,
    near,
    copies,
    root,
    space,
    c,
    y,
    ridge,
) -> bool:
    """As :func:`~._descent.descend`, with room for a copy besides.

    Parameters
    ----------
    copies : tuple
        Room for the kernel of those that move, an array (side²,) of float32; (6, side);
        (4, side) of float32; (padded m,) of int.
    root, space, c, y, ridge
        As of :func:`~._newton.leap`.
    """
    copy, lines, short, names = copies
    side, left = lines.shape[1], most
    steps, leaps = min(left, _FIRST if root.n[c] == 0 else _AFTER), 0
    while left > 0:
        if descend(kernel, diagonal, single, lo, hi, beta, v, tol, tau, steps, up, low, gain, near):
            return True
        left -= steps
        if leaps < _LEAPS:
            leaps += 1
            went = leap(c, kernel, y, lo, hi, beta, v, tol, ridge, root, space)
            if went < 0 and root_of(c, kernel, lo, hi, beta, root, space):
                went = leap(c, kernel, y, lo, hi, beta, v, tol, ridge, root, space)
            if went > 0:
                steps = min(left, _AFTER)
                continue
        n = _moving(v, beta, lo, hi, up, low, names)
        wide = padded(n)
        if wide > side:
            steps = min(left, _FIRST)
            continue
        small = copy[: n * wide].reshape((n, wide))
        _gather_kernel(kernel, names, n, small)
        for i, source in enumerate((lo, hi, beta, v, diagonal)):
            _gather(source, names, n, lines[i, :wide])
        _gather(single, names, n, short[0, :wide])
        steps = min(left, _LONGEST * n)
        descend(
            small, lines[4, :wide], short[0, :wide], lines[0, :wide], lines[1, :wide],
            lines[2, :wide], lines[3, :wide], tol, tau, steps, lines[5, :wide], short[1, :wide],
            short[2, :wide], short[3, :wide],
        )  # fmt: skip
        left -= steps
        _bring_back(kernel, names, n, lines[2], beta, v)
        steps = min(left, _BETWEEN)
    return False
