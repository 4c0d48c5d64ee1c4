"""From rows to predictions: fixed, nested or oracle tuning over the folds of a protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..errors import BadInput
from ..svm import Point, PolySVC, fit_point, nested_search, points, score_table, search_grid
from .fitting import fit_tail, rows_of, with_groups
from .folds import Fold

__all__ = ["TUNINGS", "Tuned", "predict_folds"]

#: nested: chosen inside each training fold by leaving out its subjects one at a time.
#: oracle: the one choice that scores best on the test predictions themselves.
#: fixed: the parameters that the method has by itself.
TUNINGS = ("nested", "oracle", "fixed")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Tuned:
    """Predictions of all folds.

    Parameters
    ----------
    predicted : ndarray ``(n,)`` of labels; None where no fold tests a sample
    scores : ndarray ``(n, n_classes)`` or None
        One column per sorted class.
    chosen : list of dict
        Per fold: its name, the parameters, and under nested tuning their inner score.
    n_candidates : int
        How many settings each choice was made from.
    tuning : str
        What was done: 'fixed' where there was nothing to choose between.
    """

    predicted: np.ndarray
    scores: np.ndarray | None
    chosen: list[dict[str, Any]]
    n_candidates: int
    tuning: str


def predict_folds(
    tail: Pipeline,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    folds: Sequence[Fold],
    *,
    tuning: str = "nested",
    grid: Any = None,
    tune: Mapping[str, Sequence[Any]] | None = None,
    scoring: str = "macro_f1",
    n_jobs: int | None = None,
    progress: Progress | None = None,
    shared: bool = True,
) -> Tuned:
    """Fit on each training fold, predict its test samples.

    Parameters
    ----------
    tail : Pipeline
        Steps that learn, and a classifier; fitted on training samples only, inner folds
        included.
    X : ndarray ``(n, d)`` or list
    y, groups : ndarray ``(n,)``
        Labels and subject keys.
    folds : sequence of Fold
    tuning : {'nested', 'oracle', 'fixed'}, default 'nested'
    grid : grid of :func:`mebench.svm.points`, optional
        Only with a :class:`mebench.svm.PolySVC`.
    tune : mapping, optional
        Other parameters of the steps or the classifier (``step__parameter``) and their values.
        All combinations with the points of `grid` are tried.
    scoring : {'macro_f1', 'uar', 'accuracy'}, default 'macro_f1'
        Of the pooled predictions by which a choice is made.
    n_jobs : int, optional
    progress : callable, optional
    shared : bool, default True
        Use one Gram matrix for all folds where no step learns. False fits every fold by
        itself; the predictions are the same.

    Raises
    ------
    BadInput
        An unknown tuning, a grid for another classifier, or parameters that do not exist.
    """
    if tuning not in TUNINGS:
        raise BadInput(f"tuning must be one of {', '.join(TUNINGS)}, found {tuning!r}.")
    classifier = tail.steps[-1][1]
    kernel_machine = isinstance(classifier, PolySVC)
    if grid is not None and not kernel_machine:
        raise BadInput(
            f"A grid is searched with mebench.svm.PolySVC only; this method ends in "
            f"{type(classifier).__name__}. Leave the grid out, or tune it with `tune`."
        )
    tune = dict(tune or {})
    if tuning != "fixed" and kernel_machine and grid is None:
        grid = "linear" if classifier.kernel == "linear" else "coarse"
    if tuning != "fixed" and not kernel_machine and not tune:
        tuning = "fixed"  # there is nothing to choose between
    if shared and kernel_machine and len(tail.steps) == 1 and not tune:
        return _shared(classifier, X, y, groups, folds, tuning, grid, scoring, n_jobs, progress)
    candidates = _Candidates(tail, groups, *((None, {}) if tuning == "fixed" else (grid, tune)))
    return _per_fold(candidates, X, y, groups, folds, tuning, scoring, n_jobs, progress)


def _shared(
    classifier: PolySVC,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    folds: Sequence[Fold],
    tuning: str,
    grid: Any,
    scoring: str,
    n_jobs: int | None,
    progress: Progress | None,
) -> Tuned:
    """All folds from one Gram matrix: whatever the features' length, their products suffice."""
    X = _as_matrix(X)
    gram = X @ X.T
    settings: dict[str, Any] = {"class_weight": classifier.class_weight, "tol": classifier.tol}
    parallel: dict[str, Any] = {"n_jobs": n_jobs or 1, "progress": progress}
    if tuning == "nested":
        found = nested_search(gram, y, folds, groups, grid, scoring=scoring, **settings, **parallel)
        chosen = [
            {"fold": fold.name, "params": _params(found.points[i]), "inner_score": float(score)}
            for fold, i, score in zip(folds, found.chosen, found.inner_score, strict=True)
        ]
        predicted = _decoded(found.predictions, found.classes)
        return Tuned(predicted, found.scores, chosen, len(found.points), tuning)
    classes, codes = np.unique(y, return_inverse=True)
    n_candidates = 1
    if tuning == "oracle":
        candidates = points(grid)
        surface = search_grid(gram, y, folds, candidates, **settings, **parallel)
        point = candidates[_first_best(score_table(surface, codes, scoring))]
        n_candidates = len(candidates)
    predicted = np.full(len(y), None, object)
    scores = np.full((len(y), len(classes)), np.nan)
    chosen = []
    for fold in folds:
        if tuning == "fixed":
            point = classifier._point(X[fold.train])
        guess, scores[fold.test] = fit_point(gram, y, fold.train, fold.test, point, **settings)
        predicted[fold.test] = classes[guess]
        chosen.append({"fold": fold.name, "params": _params(point)})
    return Tuned(predicted, scores, chosen, n_candidates, tuning)


class _Candidates:
    """The part of a method that learns, under every setting that is to be tried."""

    def __init__(
        self, tail: Pipeline, groups: np.ndarray, grid: Any, tune: Mapping[str, Sequence[Any]]
    ) -> None:
        self.tail = tail
        self.groups = groups
        # Without a grid a PolySVC is fitted with its own parameters, like any classifier.
        self.points: list[Point | None] = [None] if grid is None else list(points(grid))
        self.others = [
            dict(pairs) for pairs in product(*([(k, v) for v in vs] for k, vs in tune.items()))
        ]

    def __len__(self) -> int:
        return len(self.others) * len(self.points)

    def params(self, candidate: int) -> dict[str, Any]:
        """What candidate number `candidate` sets."""
        others, place = divmod(candidate, len(self.points))
        point = self.points[place]
        return {**self.others[others], **({} if point is None else _params(point))}

    def guesses(self, X: Any, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        """Codes into the sorted classes of `y` by every candidate, ``(n_candidates, n_test)``."""
        classes = np.unique(y)
        rows = []
        for others in self.others:
            tail = self._built(others)
            if self.points[0] is None:
                fit_tail(tail, rows_of(X, train), y[train], self.groups[train])
                label = tail.predict(rows_of(X, test))
                rows.append(np.searchsorted(classes, label)[None])
            else:
                problem = _gram_problem(tail, X, y, self.groups, train, test)
                surface = search_grid(
                    problem.gram, problem.y, [(problem.train, problem.test)], self.points,
                    class_weight=tail.steps[-1][1].class_weight, tol=tail.steps[-1][1].tol,
                )  # fmt: skip
                # The engine numbers the classes it meets; these numbers go back to ours.
                met = np.searchsorted(classes, np.unique(problem.y))
                rows.append(met[surface[:, problem.test]])
        return np.concatenate(rows)

    def final(
        self, candidate: int, X: Any, y: np.ndarray, train: np.ndarray, test: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Labels and, where the classifier has them, scores per sorted class of `y`."""
        others, place = divmod(candidate, len(self.points))
        tail, point = self._built(self.others[others]), self.points[place]
        if point is None:
            fit_tail(tail, rows_of(X, train), y[train], self.groups[train])
            held_out = rows_of(X, test)
            return tail.predict(held_out), _class_scores(tail, held_out, np.unique(y))
        problem = _gram_problem(tail, X, y, self.groups, train, test)
        guess, found = fit_point(
            problem.gram, problem.y, problem.train, problem.test, point,
            class_weight=tail.steps[-1][1].class_weight, tol=tail.steps[-1][1].tol,
        )  # fmt: skip
        met, classes = np.unique(problem.y), np.unique(y)
        scores = np.full((len(test), len(classes)), -1.0)
        scores[:, np.searchsorted(classes, met)] = found
        return met[guess], scores

    def _built(self, others: Mapping[str, Any]) -> Pipeline:
        try:
            return clone(self.tail).set_params(**others)
        except (ValueError, AttributeError) as error:
            raise BadInput(f"Cannot tune {', '.join(others)}: {error}") from error


class _GramProblem(NamedTuple):
    gram: np.ndarray  # products of the training samples, then the test samples
    y: np.ndarray
    train: np.ndarray
    test: np.ndarray


def _per_fold(
    candidates: _Candidates,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    folds: Sequence[Fold],
    tuning: str,
    scoring: str,
    n_jobs: int | None,
    progress: Progress | None,
) -> Tuned:
    """Every fold by itself, with everything that learns fitted inside it."""
    codes = np.unique(y, return_inverse=True)[1]
    inner = [list(_inner(fold, groups)) if tuning == "nested" else [] for fold in folds]
    # Each entry is one fit of every candidate: of an inner fold, or (oracle) of an outer one.
    tasks = [(fold.train, fold.test) for fold in folds] if tuning == "oracle" else []
    tasks += [pair for pairs in inner for pair in pairs]
    total, done = len(tasks) + len(folds), 0
    run = joblib.Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    surfaces = []
    for surface in run(joblib.delayed(candidates.guesses)(X, y, *pair) for pair in tasks):
        surfaces.append(surface)
        step()
    best = [0] * len(folds)
    inner_scores: list[float | None] = [None] * len(folds)
    if tuning == "oracle":
        table = np.full((len(candidates), len(y)), -1, np.int64)
        for fold, surface in zip(folds, surfaces, strict=True):
            table[:, fold.test] = surface
        best = [_first_best(score_table(table, codes, scoring))] * len(folds)
    elif tuning == "nested":
        remaining: Iterator[np.ndarray] = iter(surfaces)
        for f, pairs in enumerate(inner):
            table = np.full((len(candidates), len(y)), -1, np.int64)
            for _, test in pairs:
                table[:, test] = next(remaining)
            found = score_table(table, codes, scoring)
            best[f] = _first_best(found)
            inner_scores[f] = float(found[best[f]])
    predicted = np.full(len(y), None, object)
    scores: np.ndarray | None = np.full((len(y), len(np.unique(y))), np.nan)
    chosen = []
    finals = run(
        joblib.delayed(candidates.final)(b, X, y, fold.train, fold.test)
        for b, fold in zip(best, folds, strict=True)
    )
    for fold, candidate, inner_score, (label, found) in zip(
        folds, best, inner_scores, finals, strict=True
    ):
        predicted[fold.test] = label
        if found is None:
            scores = None
        elif scores is not None:
            scores[fold.test] = found
        entry = {"fold": fold.name, "params": candidates.params(candidate)}
        chosen.append(entry if inner_score is None else {**entry, "inner_score": inner_score})
        step()
    return Tuned(predicted, scores, chosen, len(candidates), tuning)


def _inner(fold: Fold, groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Leave each subject of the training fold out."""
    subjects = groups[fold.train]
    if len(set(subjects)) < 2:
        raise BadInput(
            f"Fold {fold.name} trains on one subject only, so nothing can be tuned inside it: "
            "use tuning='fixed' or more subjects."
        )
    for subject in sorted(set(subjects)):
        yield fold.train[subjects != subject], fold.train[subjects == subject]


def _gram_problem(
    tail: Pipeline,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
) -> _GramProblem:
    """What the engine needs of one fold, with all steps fitted on the training samples."""
    A, B = rows_of(X, train), rows_of(X, test)
    for _, step in tail.steps[:-1]:
        A = step.fit(A, y[train], **with_groups(step, groups[train])).transform(A)
        B = step.transform(B)
    Z = np.concatenate([_as_matrix(A), _as_matrix(B)])
    places = np.arange(len(Z))
    both = np.concatenate([y[train], y[test]])
    return _GramProblem(Z @ Z.T, both, places[: len(train)], places[len(train) :])


def _class_scores(fitted: Any, X: Any, classes: np.ndarray) -> np.ndarray | None:
    """A score per sorted class, from probabilities or else decision values."""
    for name in ("predict_proba", "decision_function"):
        if not hasattr(fitted, name):
            continue
        found = np.asarray(getattr(fitted, name)(X), float)
        if found.ndim == 1:
            found = np.stack([-found, found], axis=1)
        if found.ndim == 2 and found.shape[1] == len(fitted.classes_):
            out = np.full((len(found), len(classes)), found.min(initial=0.0))
            out[:, np.searchsorted(classes, fitted.classes_)] = found
            return out
    return None


def _as_matrix(X: Any) -> np.ndarray:
    X = np.asarray(X, np.float64)
    if X.ndim != 2:
        raise BadInput(
            f"The classifier needs features (n, d), found an array of shape {X.shape}: does the "
            "method end in an extractor before its classifier?"
        )
    return X


def _params(point: Point) -> dict[str, float]:
    return {name: float(value) for name, value in point._asdict().items()}


def _decoded(codes: np.ndarray, classes: np.ndarray) -> np.ndarray:
    out = np.full(len(codes), None, object)
    out[codes >= 0] = classes[codes[codes >= 0]]
    return out


def _first_best(found: np.ndarray) -> int:
    """The first, hence smallest, of the candidates whose scores differ by rounding alone."""
    return int((found >= found.max() - 1e-12).argmax())
