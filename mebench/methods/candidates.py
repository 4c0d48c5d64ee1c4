"""The part of a method that learns, under every setting that is to be tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..errors import BadInput
from ..svm import Point, fit_point, points, search_grid
from .fitting import explained, fit_tail, rows_of, searched, with_groups

__all__ = ["Candidates", "as_matrix", "params_of"]


class Candidates:
    """The part of a method that learns, under every setting that is to be tried."""

    def __init__(
        self,
        tail: Pipeline,
        groups: np.ndarray,
        units: np.ndarray | None,
        grid: Any,
        tune: Mapping[str, Sequence[Any]],
    ) -> None:
        self.tail = tail
        self.groups = groups
        self.units = units
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
        return {**self.others[others], **({} if point is None else params_of(point))}

    def guesses(self, X: Any, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        """Codes into the sorted classes of `y` by every candidate, ``(n_candidates, n_test)``."""
        classes = np.unique(y)
        rows = []
        for others in self.others:
            tail = self.built(others)
            if self.points[0] is None:
                self._fit(tail, X, y, train)
                label = tail.predict(rows_of(X, test))
                rows.append(np.searchsorted(classes, label)[None])
            else:
                problem = self._problem(tail, X, y, train, test)
                surface = search_grid(
                    problem.gram, problem.y, [(problem.train, problem.test)], self.points,
                    class_weight=tail.steps[-1][1].class_weight, tol=tail.steps[-1][1].tol,
                )  # fmt: skip
                # The engine numbers the classes it meets; these numbers go back to ours.
                met = np.searchsorted(classes, np.unique(problem.y))
                rows.append(met[surface[:, problem.test]])
        return np.concatenate(rows).astype(np.int16)

    def final(
        self, candidate: int, X: Any, y: np.ndarray, train: np.ndarray, test: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None, dict[str, Any], np.ndarray | None]:
        """Labels; scores per sorted class of `y`; parameters; where a step looked.

        Scores where the classifier has them, and maps where a step can tell.
        """
        others, place = divmod(candidate, len(self.points))
        tail, point = self.built(self.others[others]), self.points[place]
        if point is None:
            self._fit(tail, X, y, train)
            held_out = rows_of(X, test)
            scores = _class_scores(tail, held_out, np.unique(y))
            params = {**self.params(candidate), **searched(tail)}
            return tail.predict(held_out), scores, params, explained(tail, held_out)
        problem = self._problem(tail, X, y, train, test)
        guess, found = fit_point(
            problem.gram, problem.y, problem.train, problem.test, point,
            class_weight=tail.steps[-1][1].class_weight, tol=tail.steps[-1][1].tol,
        )  # fmt: skip
        met, classes = np.unique(problem.y), np.unique(y)
        scores = np.full((len(test), len(classes)), -1.0)
        scores[:, np.searchsorted(classes, met)] = found
        maps = explained(tail, rows_of(X, test))
        return met[guess], scores, self.params(candidate), maps

    def _fit(self, tail: Pipeline, X: Any, y: np.ndarray, train: np.ndarray) -> None:
        units = None if self.units is None else self.units[train]
        fit_tail(tail, rows_of(X, train), y[train], self.groups[train], units)

    def _problem(
        self, tail: Pipeline, X: Any, y: np.ndarray, train: np.ndarray, test: np.ndarray
    ) -> _GramProblem:
        units = None if self.units is None else self.units[train]
        return _gram_problem(tail, X, y, self.groups, train, test, units)

    def built(self, others: Mapping[str, Any]) -> Pipeline:
        """The pipeline with some parameters set."""
        try:
            return clone(self.tail).set_params(**others)
        except (ValueError, AttributeError) as error:
            raise BadInput(f"Cannot tune {', '.join(others)}: {error}") from error


class _GramProblem(NamedTuple):
    gram: np.ndarray  # products of the training samples, then the test samples
    y: np.ndarray
    train: np.ndarray
    test: np.ndarray


def _gram_problem(
    tail: Pipeline,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    units: np.ndarray | None = None,
) -> _GramProblem:
    """What the engine needs of one fold, with all steps fitted on the training samples."""
    A, B = rows_of(X, train), rows_of(X, test)
    for _, step in tail.steps[:-1]:
        A = step.fit(A, y[train], **with_groups(step, groups[train], units)).transform(A)
        B = step.transform(B)
    Z = np.concatenate([as_matrix(A), as_matrix(B)])
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


def as_matrix(X: Any) -> np.ndarray:
    X = np.asarray(X, np.float64)
    if X.ndim != 2:
        raise BadInput(
            f"The classifier needs features (n, d), found an array of shape {X.shape}: does the "
            "method end in an extractor before its classifier?"
        )
    return X


def params_of(point: Point) -> dict[str, float]:
    return {name: float(value) for name, value in point._asdict().items()}
