"""Nested tuning: a grid point chosen inside every fold, and the machine of the choice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BadInput
from ..scoring.metrics import first_best, get_measure
from ._plan import Indices, plan_fits
from ._problem import (
    ClassWeight,
    Parts,
    Problem,
    checked,
    checked_column,
    largest_product,
    trained_on,
)
from ._tasks import Progress, solve_grid
from .engine import known_points
from .fits import fit_all
from .grids import Grid, Point, grid_points

__all__ = ["NestedSearch", "nested_search"]


@dataclass(frozen=True)
class NestedSearch:
    """What :func:`nested_search` found.

    Parameters
    ----------
    classes : ndarray (n_classes,)
        The sorted labels that codes and columns refer to.
    points : list of Point
        The grid, smallest model first.
    chosen : ndarray of int (n_folds,)
        Index into ``points`` of each fold's choice.
    inner_score : ndarray (n_folds,)
        Score of the choice, on the pooled inner predictions of the fold.
    predictions : ndarray of int16 (n,)
        Code predicted by the chosen point of the fold that tests the sample; -1 if none does.
    scores : ndarray (n, n_classes)
        Votes plus confidence in ±1/3, as the 'ovr' decision function; -1 for a class that the
        fold does not train on; NaN for samples that no fold tests.
    inner_scores : ndarray (n_points, n_folds)
        The whole surface that the choices were made on.
    surface : ndarray of int16 (n_points, n)
        What :func:`search_grid` gives: the outer predictions of every point.
    """

    classes: np.ndarray
    points: list[Point]
    chosen: np.ndarray
    inner_score: np.ndarray
    predictions: np.ndarray
    scores: np.ndarray
    inner_scores: np.ndarray
    surface: np.ndarray


def nested_search(
    gram: np.ndarray,
    y: Any,
    folds: Iterable,
    groups: Any,
    grid: Grid = "thesis",
    *,
    scoring: str = "uf1",
    n_classes: int | None = None,
    class_weight: ClassWeight = None,
    sample_weight: Any = None,
    tol: float = 1e-3,
    n_jobs: int = 1,
    progress: Progress | None = None,
    kept: Parts | None = None,
    inner: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]] | None = None,
) -> NestedSearch:
    """Choose a grid point inside every fold, by leaving out each of its training groups.

    Parameters
    ----------
    gram, y, folds, grid, class_weight, sample_weight, tol, n_jobs, progress, kept
        As in :func:`search_grid`.
    groups : array (n,)
        The subject of each sample, as a key that is unique over databases. Samples whose key is
        blank ("") are trained on only, and never left out to choose by.
    scoring : str, default 'uf1'
        A measure (:data:`mebench.scoring.MEASURES`) of the pooled inner predictions of a fold. Of
        points that score the same, the smallest wins: by degree, then C, gamma, coef0.
    n_classes : int, optional
        Classes of the task, where some have no sample. Default: those that a fold trains on.
    inner : sequence of sequences of (train, test), optional
        For each fold the divisions of its training samples on which to choose, such as one part
        kept for validation; where it is empty, groups are left out.

    Returns
    -------
    NestedSearch

    Raises
    ------
    BadInput
        As :func:`search_grid`; or a fold trains on one group only.

    Notes
    -----
    Each training sample of a fold is predicted once by a machine that has seen neither the
    fold's test samples nor the sample's group.

    Examples
    --------
    >>> import numpy as np
    >>> from mebench.svm import nested_search
    >>> rng = np.random.default_rng(0)
    >>> subject, y = np.repeat(np.arange(6), 4), np.tile([0, 1], 12)
    >>> X = rng.normal(size=(24, 3)) + y[:, None]
    >>> folds = [(np.flatnonzero(subject != s), np.flatnonzero(subject == s)) for s in range(6)]
    >>> grid = {"degree": [2, 3], "gamma": [0.1, 1], "coef0": 1, "C": [1, 10]}
    >>> found = nested_search(X @ X.T, y, folds, subject, grid)
    >>> round(float((found.predictions == y).mean()), 3), found.inner_score.round(2).tolist()
    (0.792, [0.95, 0.95, 0.9, 0.8, 0.9, 0.9])
    """
    measure = get_measure(scoring)
    problem = checked(gram, y, folds, class_weight, sample_weight, tol)
    codes, n, k = problem.codes, len(problem.codes), len(problem.classes)
    wide = max(k, n_classes or 0)
    # Without a number of classes each fold's are those it trains on, never those it tests.
    alike = {} if n_classes is not None else _alike(problem)
    keys = checked_column(groups, n, "groups")
    groups = np.unique(keys, return_inverse=True)[1]
    groups[keys.astype(str) == ""] = -1
    plan = plan_fits(n, problem.folds, groups, _checked_inner(problem.folds, inner))
    found = grid_points(grid)
    n_folds = len(problem.folds)
    surface = np.full((len(found), n), -1, np.int16)
    inner_scores = np.empty((len(found), n_folds))
    outer = plan.row == n_folds
    truth = codes[plan.test_idx[~outer]]
    pooled = _Pooled(outer, (plan.row[~outer] * wide + truth) * wide, n_folds, wide)
    kept = {} if kept is None else kept
    known = known_points(kept, {"surface": surface, "inner_scores": inner_scores})
    handed, answers = solve_grid(problem, plan, found, n_jobs, progress, known, pooled)
    for where, (predicted, tables) in answers:
        surface[where[:, None], plan.test_idx[outer]] = predicted
        for index, counts in zip(where, tables, strict=True):
            inner_scores[index] = measure(counts)
            for present, some in alike.items():
                inner_scores[index, some] = measure(counts[np.ix_(some, present, present)])
        kept[f"points {where[0]}"] = {
            "where": where, "surface": surface[where], "inner_scores": inner_scores[where],
        }  # fmt: skip
    chosen = first_best(inner_scores, measure)
    largest = largest_product(problem, trained_on(problem.folds, n))
    choice = [(found[i], largest) for i in chosen]
    names = [f"fold {fold} at {i}" for fold, i in enumerate(chosen)]
    predictions, scores = fit_all(handed, choice, kept, names, n_jobs)
    return NestedSearch(
        problem.classes,
        found,
        chosen,
        inner_scores[chosen, np.arange(n_folds)],
        predictions,
        scores,
        inner_scores,
        surface,
    )


@dataclass(frozen=True)
class _Pooled:
    """What is kept of a task's predictions: the outer ones, and counts of the inner ones."""

    outer: np.ndarray  # (n_tests,) bool
    cell: np.ndarray  # of each inner test, where its fold and true class begin in the counts
    n_folds: int
    wide: int  # classes

    def __call__(self, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        counts = np.stack([
            np.bincount(self.cell + row, minlength=self.n_folds * self.wide**2)
            for row in predicted[:, ~self.outer]
        ])  # fmt: skip
        return predicted[:, self.outer], counts.reshape(-1, self.n_folds, self.wide, self.wide)


def _checked_inner(folds: Indices, inner: Sequence[Indices] | None) -> list[Indices] | None:
    if inner is None or not any(inner):
        return None
    if len(inner) != len(folds):
        raise BadInput(f"inner has {len(inner)} entries for {len(folds)} folds.")
    for i, ((train, _), parts) in enumerate(zip(folds, inner, strict=True)):
        for kept, tested in parts:
            both = np.concatenate([kept, tested])
            if not len(kept) or not len(tested) or len(np.unique(both)) < len(both):
                raise BadInput(f"An inner fold of fold {i} is empty, or tests what it trains on.")
            if not np.isin(both, train).all():
                raise BadInput(f"An inner fold of fold {i} holds samples outside its training.")
    return [[(np.asarray(k), np.asarray(t)) for k, t in parts] for parts in inner]


def _alike(problem: Problem) -> dict[tuple[int, ...], list[int]]:
    """Folds by the classes that they train on, where those are not all."""
    found: dict[tuple[int, ...], list[int]] = {}
    for fold, (train, _) in enumerate(problem.folds):
        present = tuple(np.unique(problem.codes[train]).tolist())
        if len(present) < len(problem.classes):
            found.setdefault(present, []).append(fold)
    return found
