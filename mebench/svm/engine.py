"""The grid engine: every point of a grid over every fold, from one Gram matrix, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..scoring.metrics import get_measure
from ._plan import plan_fits
from ._problem import ClassWeight, Parts, checked
from ._tasks import Progress, solve_grid
from .grids import Grid, grid_points

__all__ = ["known_points", "score_table", "search_grid"]


def search_grid(
    gram: np.ndarray,
    y: Any,
    folds: Iterable,
    grid: Grid = "thesis",
    *,
    class_weight: ClassWeight = None,
    sample_weight: Any = None,
    tol: float = 1e-3,
    n_jobs: int = 1,
    progress: Progress | None = None,
    kept: Parts | None = None,
) -> np.ndarray:
    """The prediction of every grid point for every tested sample.

    Parameters
    ----------
    gram : ndarray (n, n)
        Dot products of all samples, ``X @ X.T``.
    y : array (n,)
        Labels of any kind. For several label columns call once per column.
    folds : iterable of (train, test)
        Index arrays, or objects with ``train`` and ``test``. A sample is tested at most once;
        it may be in no fold.
    grid : str, dict, or list
        See :func:`~mebench.svm.grid_points`, whose order the rows of the result have.
    class_weight : dict or 'balanced', optional
        Factors of C per class; 'balanced' counts each training fold by itself.
    sample_weight : array (n,), optional
        Factors of C per sample; a sample with 0 trains nothing.
    tol : float, default 1e-3
        libsvm's stopping tolerance.
    n_jobs : int, default 1
        Threads; -1 is one per processor. The result does not depend on it.
    progress : callable, optional
        Called as ``progress(done, total)``, in grid points.
    kept : dict-like, optional
        What is finished is put here, some points of the grid at a time, and what is here
        already is not done again. Only for the same other arguments.

    Returns
    -------
    ndarray of int16 (n_points, n)
        Codes into ``np.unique(y)``; -1 for samples that no fold tests. A fold that trains on
        one class predicts it; a class that a fold does not train on is never predicted there.

    Raises
    ------
    BadInput
        Shapes that do not match, values that are not finite, or folds that cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> from mebench.svm import grid_points, search_grid
    >>> X = np.array([[0.0], [0.2], [1.0], [1.1], [0.1], [0.9]])
    >>> folds = [([2, 3, 4, 5, 0], [1]), ([0, 1, 4, 5], [2, 3])]
    >>> grid = {"degree": [2, 3], "gamma": 1, "coef0": 1, "C": 10}
    >>> search_grid(X @ X.T, ["lo", "lo", "hi", "hi", "lo", "hi"], folds, grid).tolist()
    [[-1, 1, 0, 0, -1, -1], [-1, 1, 0, 0, -1, -1]]
    """
    problem = checked(gram, y, folds, class_weight, sample_weight, tol)
    plan = plan_fits(len(problem.codes), problem.folds)
    found = grid_points(grid)
    out = np.full((len(found), len(problem.codes)), -1, np.int16)
    kept = {} if kept is None else kept
    known = known_points(kept, {"surface": out})
    for where, predicted in solve_grid(problem, plan, found, n_jobs, progress, known)[1]:
        out[where[:, None], plan.test_idx] = predicted
        kept[f"points {where[0]}"] = {"where": where, "surface": out[where]}
    return out


def score_table(
    predictions: np.ndarray, codes: np.ndarray, scoring: str, n_classes: int | None = None
) -> np.ndarray:
    """Score each row of a table of predictions.

    Parameters
    ----------
    predictions : ndarray of int (n_points, n)
        Codes; samples with -1 are left out.
    codes : ndarray of int (n,)
        The true codes.
    scoring : str
        A measure (:data:`mebench.scoring.MEASURES`).
    n_classes : int, optional
        Classes of the task; one that occurs nowhere counts as the measure counts it (UF1: as 0).
        Default: in each row those that occur among the true or predicted, as in scikit-learn.

    Returns
    -------
    ndarray (n_points,)

    Examples
    --------
    >>> import numpy as np
    >>> from mebench.svm import score_table
    >>> score_table(np.array([[0, 1, 1, 1], [0, 0, 0, 0]]), np.array([0, 0, 1, 1]), "uar").tolist()
    [0.75, 0.5]
    """
    measure = get_measure(scoring)
    predictions, codes = np.asarray(predictions), np.asarray(codes)
    k = max(int(max(codes.max(), predictions.max())) + 1, n_classes or 0)
    out = np.empty(len(predictions))
    for i, row in enumerate(predictions):
        tested = row >= 0
        counts = np.bincount(codes[tested] * k + row[tested], minlength=k * k)
        counts = counts.reshape(k, k)
        if n_classes is None:
            met = np.flatnonzero(counts.sum(0) + counts.sum(1))
            counts = counts[np.ix_(met, met)]
        out[i] = measure(counts)
    return out


def known_points(kept: Parts, tables: Mapping[str, np.ndarray]) -> np.ndarray:
    """Fill in the tables (n_points, …) what is kept, and say of which points."""
    known = np.zeros(len(next(iter(tables.values()))), bool)
    for name, part in kept.items():
        if name.startswith("points "):
            known[part["where"]] = True
            for key, table in tables.items():
                table[part["where"]] = part[key]
    return known
