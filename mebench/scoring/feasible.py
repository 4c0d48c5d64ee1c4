"""Can any confusion matrix have the claimed scores? An exact search.

Let class c have N_c clips, t_c of them right and f_c clips of other classes called c. UAR and
accuracy depend on t alone, and UF1 = mean_c 2·t_c / (N_c + t_c + f_c). Wrong clips can be called
anything but their own class, so f is possible if and only if it sums to the number E of wrong
clips and f_c ≤ E − (N_c − t_c) for each c (a transport problem with an empty diagonal). So it is
enough to go through all t that give the claimed UAR, and for each to bound UF1 over f: it is
least where a greedy allocation spreads f (the sum is convex in f and separable), and largest at a
corner, where all wrong clips are called one class, as far as they can be.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..errors import BadInput
from .claims import Claim, claim
from .metrics import scores

__all__ = ["Feasibility", "feasible"]

_MOST = 2e8  # combinations of all classes but the largest
_FEW = 5000  # that are gone through without compiling
_PATIENCE = 2.0  # seconds of that, after which it is compiled all the same
_waited = 0.0


@dataclass(frozen=True)
class Feasibility:
    """Whether claimed scores can be, and the nearest that can.

    Parameters
    ----------
    possible : bool
    counts : list of int
    claimed : dict of str to float
    uf1_bound : tuple of float, or None
        Least and largest UF1 of all confusion matrices with the claimed UAR and accuracy; None
        where those two cannot be by themselves.
    nearest : ndarray ``(n_classes, n_classes)``
        A confusion matrix with the claimed scores, or else one whose scores are nearest
        (Euclidean distance beyond rounding).
    nearest_scores : dict of str to float
    distance : float
        0 where possible.
    rounding : float
        The largest rounding of the claimed scores: half a unit of the last digit.
    printed : dict of str to str
        The claimed scores with the digits at which they were tested.
    """

    possible: bool
    counts: list[int]
    claimed: dict[str, float]
    uf1_bound: tuple[float, float] | None
    nearest: np.ndarray
    nearest_scores: dict[str, float]
    distance: float
    rounding: float
    printed: dict[str, str]

    def sentence(self) -> str:
        """The finding in words."""
        said = ", ".join(f"{_NAMES[k]} {v}" for k, v in self.printed.items())
        where = "/".join(map(str, self.counts))
        given = " and ".join(
            f"{_NAMES[k]} {self.printed[k]}" for k in ("uar", "accuracy") if k in self.printed
        )
        if self.possible:
            text = f"POSSIBLE: a confusion matrix on {where} clips has {said}."
        else:
            text = f"IMPOSSIBLE: no confusion matrix on {where} clips has {said}."
            if self.distance <= 4 * self.rounding:
                text += " Cut or mistaken last digits would explain it: the nearest is that near."
        if not given:
            return text
        if self.uf1_bound is None:
            return f"{text} {given} cannot be had on these counts, whatever UF1 is."
        low, high = (f"{bound:.{self.digits}f}" for bound in self.uf1_bound)
        return f"{text} {given} forces UF1 to lie from {low} to {high}."

    @property
    def digits(self) -> int:
        """Digits to show scores with: those of the claims, four at least."""
        return max(4, *(len(v.partition(".")[2].partition(" ")[0]) for v in self.printed.values()))


_NAMES = {"uf1": "UF1", "uar": "UAR", "accuracy": "accuracy"}


def feasible(
    counts: Sequence[int],
    *,
    uf1: str | float | None = None,
    uar: str | float | None = None,
    accuracy: str | float | None = None,
    decimals: int | None = None,
    tolerance: float | None = None,
) -> Feasibility:
    """Whether any confusion matrix has the claimed scores, by exhaustive search.

    Parameters
    ----------
    counts : sequence of int
        Clips per class, each at least 1.
    uf1, uar, accuracy : str or float, optional
        As printed; at least one. Text keeps its last zeros, which say how it was rounded.
    decimals, tolerance : optional
        See :func:`mebench.scoring.claim`.

    Returns
    -------
    Feasibility

    Raises
    ------
    BadInput
        Counts or scores that cannot be, none claimed, or too many classes for the search.

    Examples
    --------
    A pair of scores that many tables of the field repeat:

    >>> found = feasible([70, 51, 43], uf1=".2000", uar=".5280")
    >>> found.possible, round(found.uf1_bound[0], 3)
    (False, 0.398)
    >>> found = feasible([70, 51, 43], uf1=".1994", uar=".3333")
    >>> found.possible, found.nearest.sum(axis=0).tolist()
    (True, [164, 0, 0])
    """
    n = np.asarray(list(counts))
    if n.ndim != 1 or len(n) < 2 or n.dtype.kind not in "iu" or (n < 1).any():
        raise BadInput(f"counts are two or more whole numbers of at least 1, found {counts!r}.")
    order = np.argsort(n, kind="stable")
    if float(np.prod(n[order][:-1] + 1.0)) > _MOST:
        raise BadInput(
            f"{len(n)} classes of {'/'.join(map(str, n))} clips have too many confusion matrices "
            "to go through; three to six classes of a micro-expression database can be searched."
        )
    given = {"uf1": uf1, "uar": uar, "accuracy": accuracy}
    claims: dict[str, Claim] = {
        name: claim(value, decimals=decimals, tolerance=tolerance)
        for name, value in given.items()
        if value is not None
    }
    if not claims:
        raise BadInput("Nothing is claimed: give UF1, UAR or accuracy.")
    free = Claim(0.5, 9.0)
    targets = np.array([claims.get(k, free)[:2] for k in ("uf1", "uar", "accuracy")])
    hits, false = np.zeros((2, len(n)), np.int64)
    sizes = n[order].astype(np.int64)
    bounded = "uar" in claims or "accuracy" in claims
    low, high, distance, found = _searched(sizes, targets, 0.0, bounded, hits, false)
    # The nearest, wherever UAR is: in rings that widen, since a narrow one is soon gone through.
    ring = 0.01
    while not found or 0 < ring < distance:
        again = _searched(sizes, targets, min(ring, distance), False, hits, false)
        if again[3]:
            distance, found = again[2], True
            break
        ring *= 2
    else:
        if distance > 0:
            again = _searched(sizes, targets, distance, False, hits, false)
            distance = again[2] if again[3] else distance
    matrix = np.zeros((len(n), len(n)), np.int64)
    matrix[np.ix_(order, order)] = _matrix(n[order], hits, false)
    return Feasibility(
        possible=distance == 0,
        counts=n.tolist(),
        claimed={name: c.value for name, c in claims.items()},
        uf1_bound=(float(low), float(high)) if high >= low else None,
        nearest=matrix,
        nearest_scores=scores(matrix),
        distance=float(distance),
        rounding=max(c.slack for c in claims.values()),
        printed={name: c.printed for name, c in claims.items()},
    )


def _matrix(n: np.ndarray, hits: np.ndarray, false: np.ndarray) -> np.ndarray:
    """A confusion matrix with these hits and these numbers of false calls per class."""
    out = np.diag(hits)
    row, column = n - hits, false.copy()
    while row.sum():
        # The class with the most left to give and take goes first: it is the one that could
        # be left with only itself.
        c = int(np.argmax(row + column))
        others = np.where(np.arange(len(n)) == c, -1, row + column)
        if row[c] > 0:
            source, target = c, int(np.argmax(np.where(column > 0, others, -1)))
        else:
            source, target = int(np.argmax(np.where(row > 0, others, -1))), c
        out[source, target] += 1
        row[source] -= 1
        column[target] -= 1
    return out


def _searched(n, targets, limit, bounded, best_hits, best_false):  # type: ignore[no-untyped-def]
    """:func:`_search` with its tables and room to work.

    Three classes of a database are gone through in half a second as they stand, which is less than
    it takes to compile the search. Whoever asks about many claims waits for that once.
    """
    global _waited
    k = len(n)
    h = np.arange(n.max() + 1.0)
    tables = np.tile(np.sqrt(2 * h), (k, 1)), 2 * h / (n[:, None] + h), targets
    t, f, tried = np.zeros((3, k), np.int64)
    room = t, f, tried, np.zeros(k + 1, np.int64), np.zeros(k + 1)
    if np.prod(n[:-1] + 1.0) > _FEW or _waited > _PATIENCE:
        own = (*tables, limit, bounded, *room)
        return _compiled()(n, int(n.sum()), *own, best_hits, best_false)
    lists = [a.tolist() for a in (*tables, *room, best_hits, best_false)]
    started = time.perf_counter()
    found = _search(n.tolist(), int(n.sum()), *lists[:3], limit, bounded, *lists[3:])
    _waited += time.perf_counter() - started
    best_hits[:], best_false[:] = lists[-2:]
    return found


@cache
def _compiled() -> Any:
    """:func:`_search` for many combinations."""
    from numba import njit
    from numba.extending import register_jitable

    for inner in (_spread, _corner, _closest, _sum_f1, _keep):
        register_jitable(error_model="numpy")(inner)
    return njit(cache=True, nogil=True, error_model="numpy")(_search)


def _search(  # type: ignore[no-untyped-def]
    n, total, root, alone, targets, limit, bounded, t, f, tried, left, made, best_hits, best_false
):
    """Go through all hits within `limit` of the claimed UAR and accuracy.

    `root` and `alone` are √2h and the F1 of each class at each number h of hits, without false
    calls; `t`, `f`, `tried`, `left`, `made` are zeros to work in. They come from outside because
    NumPy's functions take longer to compile than the search itself. All are arrays, or all lists.

    With limit 0, UAR and accuracy must be as claimed. Gives the least and largest UF1 met (if
    `bounded`), the least distance from the claims below `limit` (with limit 0, whatever it is),
    and whether one was found.
    """
    k = len(n)
    uar, uar_slack = targets[1][0], targets[1][1]
    acc, acc_slack = targets[2][0], targets[2][1]
    goal, goal_slack = targets[0][0] * k, targets[0][1] * k
    first_pass = limit == 0.0
    best, found = 9.0 if first_pass else limit, False
    low, high, last = math.inf, -math.inf, k - 1
    while True:
        # All of the largest class that UAR leaves.
        recall, hits, roots, base = 0.0, 0, 0.0, 0.0
        for c in range(last):
            recall += t[c] / n[c]
            hits += t[c]
            roots += root[c][t[c]]
            base += alone[c][t[c]]
        reach = k * (uar_slack + (0.0 if first_pass else best))
        lo = max(0, math.floor((k * uar - reach - recall) * n[last] - 1e-6))
        hi = min(n[last], math.ceil((k * uar + reach - recall) * n[last] + 1e-6))
        for h in range(lo, hi + 1):
            miss_uar = max(0.0, abs((recall + h / n[last]) / k - uar) - uar_slack)
            miss_acc = max(0.0, abs((hits + h) / total - acc) - acc_slack)
            part = miss_uar * miss_uar + miss_acc * miss_acc
            if first_pass:
                if part > 0:
                    continue
            elif part >= best * best:
                continue
            t[last] = h
            errors = total - hits - h
            every = roots + root[last][h]
            bound = every * every / (2.0 * total)  # Cauchy and Schwarz
            bare = base + alone[last][h]
            far = max(0.0, max(bound - goal, goal - bare) - goal_slack) / k
            if not bounded and part + far * far >= best * best:
                continue
            loss = math.inf
            for c in range(k):
                loss = min(loss, alone[c][t[c]] - 2.0 * t[c] / (n[c] + t[c] + errors))
            ceiling = bare - loss
            for_bounds = bounded and (bound < low or ceiling > high)
            far = max(0.0, max(bound - goal, goal - ceiling) - goal_slack) / k
            for_best = part + far * far < best * best and not (found and best == 0.0)
            if not (for_bounds or for_best):
                continue
            most = _corner(n, t, errors, f)
            if bounded and most > high:
                high = most
            if for_best and goal >= most:
                far = max(0.0, goal - most - goal_slack) / k
                if part + far * far < best * best:
                    best, found = math.sqrt(part + far * far), True
                    _keep(t, f, best_hits, best_false)
            if not (bounded and bound < low) and (not for_best or goal >= most):
                continue
            least = _spread(n, t, errors, f)
            if bounded and least < low:
                low = least
            if for_best and goal <= least:
                far = max(0.0, least - goal - goal_slack) / k
                if part + far * far < best * best:
                    best, found = math.sqrt(part + far * far), True
                    _keep(t, f, best_hits, best_false)
            if for_best and least < goal < most:
                room = math.sqrt(best * best - part)
                far = _closest(n, t, errors, goal, goal_slack, room * k, f, tried, left, made)
                if far / k < room:
                    best, found = math.sqrt(part + far / k * (far / k)), True
                    _keep(t, f, best_hits, best_false)
            if found and best == 0.0 and not bounded:
                return low / k, high / k, best, found
        c = last - 1
        while c >= 0 and t[c] == n[c]:
            t[c] = 0
            c -= 1
        if c < 0:
            return low / k, high / k, best, found
        t[c] += 1


def _spread(n, t, errors, f):  # type: ignore[no-untyped-def]
    """Least sum of F1 over all false calls, and (in f) where it is: greedy, as it is convex."""
    for c in range(len(n)):
        f[c] = 0
    for _ in range(errors):
        gain, at = -1.0, -1
        for c in range(len(n)):
            if f[c] < errors - n[c] + t[c]:
                d = n[c] + t[c] + f[c]
                g = 2.0 * t[c] / (d * (d + 1.0))
                if g > gain:
                    gain, at = g, c
        f[at] += 1
    return _sum_f1(n, t, f)


def _corner(n, t, errors, f):  # type: ignore[no-untyped-def]
    """Largest sum of F1: one class is called as often as it can be, one takes the rest."""
    best, at, rest_at = -1.0, 0, 1
    for a in range(len(n)):
        for b in range(len(n)):
            if a != b:
                for c in range(len(n)):
                    f[c] = 0
                f[a], f[b] = errors - n[a] + t[a], n[a] - t[a]
                if f[b] <= errors - n[b] + t[b]:
                    value = _sum_f1(n, t, f)
                    if value > best:
                        best, at, rest_at = value, a, b
    for c in range(len(n)):
        f[c] = 0
    f[at], f[rest_at] = errors - n[at] + t[at], n[at] - t[at]
    return best


def _closest(n, t, errors, goal, slack, limit, out, f, left, made):  # type: ignore[no-untyped-def]
    """How near (beyond `slack`) the sum of F1 can get to `goal`, if nearer than `limit`.

    Depth first over the classes; a branch is left when the bounds on what the remaining classes
    can add keep it at least as far away as what was found.
    """
    k = len(n)
    best = limit
    left[0], made[0] = errors, 0.0
    c = 0
    f[0] = -1
    while c >= 0:
        f[c] += 1
        if f[c] > min(left[c], errors - n[c] + t[c]):
            c -= 1
            continue
        left[c + 1] = left[c] - f[c]
        made[c + 1] = made[c] + 2.0 * t[c] / (n[c] + t[c] + f[c])
        if c == k - 2:
            rest = left[k - 1]
            if rest <= errors - n[k - 1] + t[k - 1]:
                value = made[k - 1] + 2.0 * t[k - 1] / (n[k - 1] + t[k - 1] + rest)
                far = max(0.0, abs(value - goal) - slack)
                if far < best:
                    best = far
                    for j in range(k):
                        out[j] = f[j]
                    out[k - 1] = rest
                    if best == 0.0:
                        return best
            continue
        roots, margin, bare, loss = 0.0, float(left[c + 1]), 0.0, math.inf
        for j in range(c + 1, k):
            roots += math.sqrt(2.0 * t[j])
            margin += n[j] + t[j]
            one = 2.0 * t[j] / (n[j] + t[j])
            bare += one
            loss = min(loss, one - 2.0 * t[j] / (n[j] + t[j] + left[c + 1]))
        least, most = made[c + 1] + roots * roots / margin, made[c + 1] + bare - loss
        if max(least - goal, goal - most) - slack >= best:
            continue
        c += 1
        f[c] = -1
    return best


def _sum_f1(n, t, f):  # type: ignore[no-untyped-def]
    out = 0.0
    for c in range(len(n)):
        out += 2.0 * t[c] / (n[c] + t[c] + f[c])
    return out


def _keep(t, f, best_hits, best_false):  # type: ignore[no-untyped-def]
    for c in range(len(t)):
        best_hits[c], best_false[c] = t[c], f[c]
