"""The grid engine: every point of a grid over every fold, from one Gram matrix, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BadInput
from ..scoring.metrics import first_best, get_measure
from ._plan import Indices, as_folds, plan_fits
from ._smo import patience
from ._tasks import ClassWeight, Problem, Progress, solve_grid
from .grids import Grid, Point, grid_points
from .polysvc import Machine, class_weights, fit_gram, votes_and_scores

__all__ = [
    "NestedSearch",
    "classify",
    "fit_machine",
    "fit_point",
    "nested_search",
    "score_table",
    "search_grid",
]

Parts = MutableMapping[str, Mapping[str, np.ndarray]]


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
    problem = _problem(gram, y, folds, class_weight, sample_weight, tol)
    plan = plan_fits(len(problem.codes), problem.folds)
    found = grid_points(grid)
    out = np.full((len(found), len(problem.codes)), -1, np.int16)
    kept = {} if kept is None else kept
    known = _known(kept, {"surface": out})
    for where, predicted in solve_grid(problem, plan, found, n_jobs, progress, known):
        out[where[:, None], plan.test_idx] = predicted
        kept[f"points {where[0]}"] = {"where": where, "surface": out[where]}
    return out


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
    problem = _problem(gram, y, folds, class_weight, sample_weight, tol)
    codes, n, k = problem.codes, len(problem.codes), len(problem.classes)
    wide = max(k, n_classes or 0)
    # Without a number of classes each fold's are those it trains on, never those it tests.
    alike = {} if n_classes is not None else _alike(problem)
    keys = _column(groups, n, "groups")
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
    known = _known(kept, {"surface": surface, "inner_scores": inner_scores})
    answers = solve_grid(problem, plan, found, n_jobs, progress, known, pooled)
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
    predictions = np.full(n, -1, np.int16)
    scores = np.full((n, k), np.nan)
    for fold, (train, test) in enumerate(problem.folds):
        name = f"fold {fold} at {chosen[fold]}"
        if name not in kept:
            answer, score = _fit_fold(problem, train, test, found[chosen[fold]])
            kept[name] = {"codes": answer, "scores": score}
        predictions[test], scores[test] = kept[name]["codes"], kept[name]["scores"]
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
    problem = _problem(gram, y, [(train, test)], class_weight, sample_weight, tol)
    return _fit_fold(problem, *problem.folds[0], grid_points([point])[0])


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


def _known(kept: Parts, tables: Mapping[str, np.ndarray]) -> np.ndarray:
    """Fill in the tables (n_points, …) what is kept, and say of which points."""
    known = np.zeros(len(next(iter(tables.values()))), bool)
    for name, part in kept.items():
        if name.startswith("points "):
            known[part["where"]] = True
            for key, table in tables.items():
                table[part["where"]] = part[key]
    return known


def _alike(problem: Problem) -> dict[tuple[int, ...], list[int]]:
    """Folds by the classes that they train on, where those are not all."""
    found: dict[tuple[int, ...], list[int]] = {}
    for fold, (train, _) in enumerate(problem.folds):
        present = tuple(np.unique(problem.codes[train]).tolist())
        if len(present) < len(problem.classes):
            found.setdefault(present, []).append(fold)
    return found


def _problem(
    gram: Any, y: Any, folds: Iterable, class_weight: ClassWeight, weight: Any, tol: float
) -> Problem:
    gram = np.asarray(gram)
    if gram.ndim != 2 or gram.shape[0] != gram.shape[1]:
        raise BadInput(f"gram has shape {gram.shape}; give the (n, n) matrix X @ X.T.")
    n = len(gram)
    # Kernels are compiled for one kind of array: writeable, contiguous, double.
    gram = np.require(gram, np.float64, ["C", "W"])
    low, high = float(gram.min(initial=0.0)), float(gram.max(initial=0.0))
    if not np.isfinite([low, high]).all():  # nan goes through both
        raise BadInput("gram has values that are not finite. Are all features finite?")
    classes, codes = np.unique(_column(y, n, "y"), return_inverse=True)
    if weight is None:
        weight = np.ones(n)
    weight = _column(weight, n, "sample_weight").astype(np.float64)
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise BadInput("sample_weight must be finite and not below 0.")
    if not tol > 0:
        raise BadInput(f"tol must be above 0; found {tol}.")
    checked = as_folds(folds, n)
    for i, (train, _) in enumerate(checked):
        if not (weight[train] > 0).any():
            raise BadInput(f"Fold {i} has no training sample with a weight above 0.")
    return Problem(
        gram,
        _largest(gram, checked, max(high, -low)),
        classes,
        codes.astype(np.int64),
        checked,
        class_weight,
        weight,
        tol,
    )


def _largest(gram: np.ndarray, folds: Indices, overall: float) -> float:
    """The largest product of two samples that some fold trains on; ``overall``: of any two."""
    trained = np.unique(np.concatenate([train for train, _ in folds]))
    # It nearly always is that of a sample with itself, so that no other need be looked at.
    if len(trained) == len(gram) or gram[trained, trained].max() == overall:
        return overall
    return max(float(np.abs(gram[i, trained]).max()) for i in trained)


def _column(values: Any, n: int, name: str) -> np.ndarray:
    values = np.asarray(values)
    if values.shape != (n,):
        raise BadInput(f"{name} has shape {values.shape}; expected ({n},), a value per sample.")
    return values


def _fit_fold(
    problem: Problem, train: np.ndarray, test: np.ndarray, point: Point
) -> tuple[np.ndarray, np.ndarray]:
    machine = _machine(problem, train, point)
    return classify(machine, problem.gram[np.ix_(test, train)], len(problem.classes))


def _machine(problem: Problem, train: np.ndarray, point: Point) -> Machine:
    factor = class_weights(problem.class_weight, problem.classes, problem.codes[train])
    return fit_gram(
        problem.gram,
        problem.codes,
        train,
        point,
        largest=problem.largest,
        class_factor=factor,
        weight=problem.weight,
        tol=problem.tol,
        most=patience(len(train)),
    )


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
    problem = _problem(gram, y, [(train, test)], class_weight, None, tol)
    return _machine(problem, problem.folds[0][0], grid_points([point])[0])


def classify(machine: Machine, gram: np.ndarray, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and scores, as of :func:`fit_point`, from products ``(n, n_train)``."""
    votes, scores = votes_and_scores(machine.values(gram), machine.pairs, n_classes)
    absent = np.setdiff1d(np.arange(n_classes), machine.present)
    votes[:, absent] = -1
    scores[:, absent] = -1
    return votes.argmax(axis=1).astype(np.int16), scores
