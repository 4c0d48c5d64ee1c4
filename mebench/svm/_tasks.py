"""The work of a search: one task per kernel, run by threads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..parallel import Held, sharing
from ._beside import wait_for_it
from ._descent import padded
from ._folds import pair_votes
from ._newton import bytes_of
from ._plan import Plan
from ._problem import Problem, by_class, largest_product, trained_on
from ._shrink import most_moving
from ._ties import MOST_FLIPS, MOST_PAIRS, keep_decisive, settle_votes
from .grids import Point
from .memory import has_room, threads_within
from .polysvc import TAU, class_weights, scaled_kernel

__all__ = ["Progress", "solve_grid"]

Progress = Callable[[int, int], None]

# Bytes of votes or of tables that one task may hold: long lists of C over many folds are cut.
_TASK_BYTES = 64_000_000
_LARGEST = 2048  # samples of a pair above which there is no table
_TASK_POINTS = 12


class _Size(NamedTuple):
    """How large the dot products of training samples are."""

    largest: float
    typical: float  # median of the samples' products with themselves

    def exponent(self, shift: float, degree: int) -> int:
        """By which power of two g + shift is divided: into 0 to 1, if all values then fit.

        Where a few samples are far larger than the rest, the rest would vanish in single
        precision once raised to the degree; then the few may go beyond 1.
        """
        top = math.frexp(self.largest + shift)[1]
        usual = math.frexp(self.typical + shift)[1]
        degree = max(degree, 1)
        return max(min(top, usual + 60 // degree), top - 100 // degree)


class _Task(NamedTuple):
    """Points that share a kernel but for a factor, which only rescales C."""

    where: np.ndarray  # indices of the points, C ascending
    degree: int
    gamma: float
    coef0: float
    Cs: np.ndarray
    tau: np.ndarray
    exact: tuple[np.ndarray, ...]  # gamma, coef0, C and tau of each point's own kernel


def _tasks(found: list[Point], size: _Size, per_task: int) -> list[_Task]:
    """Group the points by kernel: (γg + r)^d is γ^d (g + r/γ)^d, and the factor goes into C.

    What is left is divided by a power of two, which changes no digit of any value: so a sample
    that a fold does not train on decides nothing about the fold's kernel but its range.
    """
    families: dict[tuple[int, float], list[tuple[float, int]]] = {}
    for index, point in enumerate(found):
        # Without γ the kernel is constant, as if all products were 0.
        ratio = point.coef0 / point.gamma if point.gamma > 0 else math.inf
        families.setdefault((point.degree, float(f"{ratio:.12g}")), []).append((point.C, index))
    tasks = []
    for (degree, ratio), members in families.items():
        if math.isinf(ratio):
            gamma, coef0, exponent = 0.0, 1.0, 0
        else:
            exponent = size.exponent(abs(ratio), degree)
            gamma, coef0 = math.ldexp(1.0, -exponent), math.ldexp(ratio, -exponent)
        scaled = []
        for C, index in members:
            unit = found[index].gamma or found[index].coef0
            factor = math.ldexp(unit, exponent) ** degree
            scaled.append((C * factor, factor, index))
        scaled.sort()
        for start in range(0, len(scaled), per_task):
            part = scaled[start : start + per_task]
            Cs, factors, where = (np.array(column) for column in zip(*part, strict=True))
            exact = np.array([scaled_kernel(found[i], size.largest) for i in where]).T.copy()
            tau = TAU / np.maximum(factors, 1e-300)
            tasks.append(_Task(where, degree, gamma, coef0, Cs, tau, tuple(exact)))
    # The longest first, so that no thread is left with one at the end.
    return sorted(tasks, key=lambda task: -len(task.where))


def solve_grid(
    problem: Problem,
    plan: Plan,
    found: list[Point],
    n_jobs: int,
    progress: Progress | None,
    known: np.ndarray,
    within: Callable[[np.ndarray], Any] = np.asarray,
) -> tuple[Held, Iterator[tuple[np.ndarray, Any]]]:
    """The problem as it is handed to tasks; of some points after others, what the tasks find.

    That are the indices of the points and what ``within`` makes of their predicted codes
    (points, tests), which need not travel. Where all points of a task are ``known``, it is not
    done again. Tasks stay as they are otherwise, since a solution starts from its neighbour's.
    """
    k = len(problem.classes)
    counts = np.sort(np.bincount(problem.codes))
    side = _side(counts[-2:].sum(), len(plan.depth))
    per_point = max((2 * k + 16) * len(plan.test_idx), 8 * side**2)
    per_task = max(1, min(_TASK_POINTS, _TASK_BYTES // per_point))
    trained = trained_on(problem.folds, len(problem.codes))
    size = _Size(
        largest_product(problem, trained), max(float(np.median(problem.gram[trained, trained])), 0)
    )
    tasks = [task for task in _tasks(found, size, per_task) if not known[task.where].all()]
    points = max((len(task.where) for task in tasks), default=1)
    held = _bytes(int(counts[-2:].sum()), len(problem.codes), points, side, k, len(plan.test_idx))
    threads = threads_within(n_jobs, problem.gram.nbytes, held)
    if tasks and has_room(2 * problem.gram.nbytes + threads * held):
        problem = by_class(problem)
    plan = plan._replace(
        removed_idx=problem.place[plan.removed_idx], test_idx=problem.place[plan.test_idx]
    )
    handed = Held(problem)
    return handed, _solved(handed, plan, tasks, len(found), threads, progress, within)


def _solved(
    handed: Held, plan: Plan, tasks: list[_Task], n_points: int, threads: int,
    progress: Progress | None, within: Callable[[np.ndarray], Any],
) -> Iterator[tuple[np.ndarray, Any]]:  # fmt: skip
    wait_for_it()
    done = n_points - sum(len(task.where) for task in tasks)
    shared = (handed, plan, *_per_fit(handed.value, plan), within)
    for where, predicted in sharing(_solve_task, shared, tasks, threads):
        done += len(where)
        if progress is not None:
            progress(done, n_points)
        yield where, predicted


def _bytes(m: int, n: int, points: int, side: int, k: int, tests: int) -> int:
    """What one thread holds at most: the largest pair's kernel, solutions, tables, and the votes.

    A pair that is solved again has two kernels of its own besides.
    """
    kernel = 4 * n * (m + 64)
    again = 2 * 4 * m * m + 4 * most_moving(m) ** 2
    newton = bytes_of(points, m) if most_moving(m) > 0 else 0
    solutions = 8 * 6 * points * (m + 64)
    votes = points * tests * (2 * k + 16)
    return kernel + again + newton + solutions + 8 * points * side**2 + votes


def _side(m: int, fits: int) -> int:
    """Rows of the table of a pair with m samples; 0 where it costs more than it saves."""
    return padded(m) if m <= _LARGEST and m * m <= 7000 * fits else 0


def _per_fit(problem: Problem, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Factor of C, and whether there are training samples, per fit and class."""
    k = len(problem.classes)
    factor = np.ones((len(plan.depth), k))
    present = np.zeros((len(plan.depth), k), bool)
    trains = np.zeros((3, len(problem.codes)), bool)
    trains[0, trained_on(problem.folds, len(problem.codes))] = True
    for fit, depth in enumerate(plan.depth):
        if depth > 0:
            trains[depth] = trains[depth - 1]
        trains[depth, plan.removed_idx[plan.removed_ptr[fit] : plan.removed_ptr[fit + 1]]] = False
        counted = trains[depth]
        factor[fit] = class_weights(problem.class_weight, problem.classes, problem.codes[counted])
        present[fit] = np.bincount(problem.codes[counted & (problem.weight > 0)], minlength=k) > 0
    return factor, present


def _solve_task(
    problem: Problem, plan: Plan, factor: np.ndarray, present: np.ndarray,
    within: Callable[[np.ndarray], Any], task: _Task,
) -> tuple[np.ndarray, Any]:  # fmt: skip
    k = len(problem.classes)
    shape = (len(task.Cs), len(plan.test_idx))
    votes = np.zeros((*shape, k), np.int16)
    close, above = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    everything = trained_on(problem.folds, len(problem.codes))
    outside = np.setdiff1d(np.arange(len(problem.codes)), everything)
    members = [everything[problem.codes[everything] == code] for code in range(k)]
    seen = [code for code in range(k) if len(members[code])]
    pairs = [(a, b) for i, a in enumerate(seen) for b in seen[i + 1 :]]

    def shared(p: int) -> tuple:
        a, b = pairs[p]
        others = [members[c] for c in seen if c not in (a, b)]
        order = np.concatenate([members[a], members[b], *others, outside])
        return order, len(members[a]), len(members[a]) + len(members[b]), a, b

    gram, tol = problem.gram, problem.tol
    weights, fits = (problem.weight, factor), tuple(plan[:5])
    base = (task.degree, task.gamma, task.coef0)
    room = np.empty(0)
    shrinking = any(most_moving(len(members[a]) + len(members[b])) > 0 for a, b in pairs)
    for p in range(len(pairs)):
        pair = shared(p)
        side = _side(pair[2], len(plan.depth))
        if len(room) < len(task.Cs) * side**2:
            room = np.empty(len(task.Cs) * side**2)
        tables = room[: len(task.Cs) * side**2].reshape(len(task.Cs), side, side)
        bit = 1 << p if p < MOST_PAIRS else 0  # few problems have more pairs than a word has bits
        pair_votes(
            *(gram, pair, base, task.Cs, task.tau, weights, fits, tol, bit),
            *(tables, shrinking, votes, close, above),
        )
    if close.any():
        firsts, seconds = np.array(pairs, np.int64).T.copy()
        more = np.empty(MOST_FLIPS, np.int64), np.empty(k, np.int64)
        # The small pairs first: what they settle may spare the large ones.
        for p in np.argsort([shared(p)[2] for p in range(len(pairs))], kind="stable").tolist():
            if p >= MOST_PAIRS:
                continue
            keep_decisive(votes, close, above, firsts, seconds, *more)
            bit = 1 << p
            if (close & bit).any():
                settle_votes(
                    *(gram, shared(p), task.degree, task.exact, weights, fits, tol, bit),
                    *(votes, close, above),
                )
                close &= ~bit
    # Where a single class is present it has no votes, yet is the answer.
    votes += np.repeat(present, np.diff(plan.test_ptr), axis=0)
    return task.where, within(votes.argmax(axis=2).astype(np.int16))
