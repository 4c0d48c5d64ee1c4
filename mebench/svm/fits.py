"""Machines at given points: of one fold, or of many folds that share their products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import BadInput
from ..parallel import Held, batched
from ._problem import ClassWeight, Parts, Problem, by_class, checked, largest_product
from ._smo import patience
from ._tasks import Progress
from .grids import Point, grid_points
from .memory import has_room, threads_within
from .polysvc import Machine, class_weights, fit_gram, votes_and_scores

__all__ = ["classify", "fit_all", "fit_folds", "fit_machine", "fit_point"]

_MANY = 8  # fits from which on it pays to lay the samples by class


def fit_point(
    gram: np.ndarray,
    y: Any,
    train: Any,
    test: Any,
    point: Point,
    *,
    class_weight: ClassWeight = None,
    sample_weight: Any = None,
    tol: float = 1e-3,
) -> tuple[np.ndarray, np.ndarray]:
    """Train one point on some samples and predict others.

    Parameters
    ----------
    gram, y, class_weight, sample_weight, tol
        As in :func:`search_grid`.
    train, test : array of int
        Which samples.
    point : Point

    Returns
    -------
    predictions : ndarray of int16 (n_test,)
        Codes into ``np.unique(y)``.
    scores : ndarray (n_test, n_classes)
        Votes plus confidence in ±1/3, as the 'ovr' decision function of ``SVC`` but also for two
        classes; -1 for a class without training samples. Where votes tie, the highest score may
        be another class than the predicted one, as it is in ``SVC``.

    Examples
    --------
    >>> import numpy as np
    >>> from mebench.svm import Point, fit_point
    >>> X = np.array([[0.0], [0.2], [1.0], [1.1]])
    >>> predictions, scores = fit_point(X @ X.T, [0, 0, 1, 1], [0, 2], [1, 3], Point(1, 10, 1, 0))
    >>> predictions.tolist(), scores.round(2).tolist()
    ([0, 1], [[1.12, -0.12], [-0.18, 1.18]])
    """
    problem = checked(gram, y, [(train, test)], class_weight, sample_weight, tol)
    part = _fitted(problem, 0, *_own([point], problem)[0])
    return part["codes"], part["scores"]


def fit_machine(
    gram: np.ndarray,
    y: Any,
    train: Any,
    test: Any,
    point: Point,
    *,
    class_weight: ClassWeight = None,
    tol: float = 1e-3,
) -> Machine:
    """The machine of :func:`fit_point` itself, to ask it more than its predictions."""
    problem = checked(gram, y, [(train, test)], class_weight, None, tol)
    return _machine(problem, problem.folds[0][0], *_own([point], problem)[0])


def classify(machine: Machine, gram: np.ndarray, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and scores, as of :func:`fit_point`, from products ``(n, n_train)``."""
    votes, scores = votes_and_scores(machine.values(gram), machine.pairs, n_classes)
    absent = np.setdiff1d(np.arange(n_classes), machine.present)
    votes[:, absent] = -1
    scores[:, absent] = -1
    return votes.argmax(axis=1).astype(np.int16), scores


def fit_folds(
    gram: np.ndarray,
    y: Any,
    folds: Iterable,
    points: Sequence[Point],
    *,
    class_weight: ClassWeight = None,
    sample_weight: Any = None,
    tol: float = 1e-3,
    n_jobs: int = 1,
    progress: Progress | None = None,
    kept: Parts | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """What :func:`fit_point` gives of each fold, each at a point of its own.

    The products are checked once, and travel once to the workers of a cluster.

    Parameters
    ----------
    gram, y, folds, class_weight, sample_weight, tol, n_jobs, kept
        As in :func:`search_grid`.
    points : sequence of Point
        One for each fold.
    progress : callable, optional
        Called as ``progress(done, total)``, in folds.

    Returns
    -------
    predictions : ndarray of int16 (n,)
        Codes into ``np.unique(y)``; -1 for samples that no fold tests.
    scores : ndarray (n, n_classes)
        As of :func:`fit_point`; NaN for samples that no fold tests.

    Raises
    ------
    BadInput
        As :func:`search_grid`, or there is not a point for each fold.

    Examples
    --------
    >>> import numpy as np
    >>> from mebench.svm import Point, fit_folds
    >>> X = np.array([[0.0], [0.2], [1.0], [1.1]])
    >>> folds = [([0, 2], [1, 3]), ([1, 3], [0, 2])]
    >>> points = [Point(1, 10, 1, 0), Point(2, 10, 1, 1)]
    >>> fit_folds(X @ X.T, ["lo", "lo", "hi", "hi"], folds, points)[0].tolist()
    [1, 1, 0, 0]
    """
    problem = checked(gram, y, folds, class_weight, sample_weight, tol)
    if len(points) != len(problem.folds):
        raise BadInput(f"There are {len(points)} points for {len(problem.folds)} folds.")
    choice = _own(points, problem)
    names = [f"fold {f} at {point}" for f, (point, _) in enumerate(choice)]
    kept = {} if kept is None else kept
    task = _bytes(problem)
    threads = threads_within(n_jobs, problem.gram.nbytes, task)
    many = sum(name not in kept for name in names) >= _MANY
    if many and has_room(2 * problem.gram.nbytes + threads * task):
        problem = by_class(problem)
    return fit_all(Held(problem), choice, kept, names, n_jobs, progress)


def fit_all(
    handed: Held, choice: Sequence[tuple[Point, float]], kept: Parts, names: Sequence[str],
    n_jobs: int, progress: Progress | None = None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The same of a problem, with the largest product that each fold's kernel is scaled by.

    What is finished is kept by the fold's name.
    """
    problem: Problem = handed.value
    wanted = [f for f, name in enumerate(names) if name not in kept]
    threads = threads_within(n_jobs, problem.gram.nbytes, _bytes(problem))
    found = batched(_fitted, (handed,), [(f, *choice[f]) for f in wanted], threads)
    for done, (i, part) in enumerate(found, len(names) - len(wanted) + 1):
        kept[names[wanted[i]]] = part
        if progress is not None:
            progress(done, len(names))
    predictions = np.full(len(problem.codes), -1, np.int16)
    scores = np.full((len(problem.codes), len(problem.classes)), np.nan)
    for name, (_, test) in zip(names, problem.folds, strict=True):
        predictions[test], scores[test] = kept[name]["codes"], kept[name]["scores"]
    return predictions[problem.place], scores[problem.place]


def _own(points: Sequence[Point], problem: Problem) -> list[tuple[Point, float]]:
    """Each fold's point, and the largest product of two samples that it trains on."""
    return [
        (grid_points([point])[0], largest_product(problem, train))
        for point, (train, _) in zip(points, problem.folds, strict=True)
    ]


def _bytes(problem: Problem) -> int:
    """What one thread holds: the kernel of the largest pair of classes."""
    return 4 * int(np.sort(np.bincount(problem.codes))[-2:].sum()) ** 2


def _fitted(problem: Problem, fold: int, point: Point, largest: float) -> dict[str, np.ndarray]:
    train, test = problem.folds[fold]
    machine = _machine(problem, train, point, largest)
    codes, scores = classify(machine, problem.gram[np.ix_(test, train)], len(problem.classes))
    return {"codes": codes, "scores": scores}


def _machine(problem: Problem, train: np.ndarray, point: Point, largest: float) -> Machine:
    return fit_gram(
        problem.gram,
        problem.codes,
        train,
        point,
        largest=largest,
        class_factor=class_weights(problem.class_weight, problem.classes, problem.codes[train]),
        weight=problem.weight,
        tol=problem.tol,
        most=patience(len(train)),
    )
