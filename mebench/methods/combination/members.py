"""One member of a combination: tuned inside a training fold, and asked about other clips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ...errors import BadInput
from ...svm import Point, PolySVC, fit_point, nested_search, points, score_table, search_grid

__all__ = ["Answers", "Choice", "Fitted", "Member", "Products", "fit_steps", "matrix", "products"]


class Answers(NamedTuple):
    """What a member says of some clips."""

    labels: np.ndarray  # (n,) codes of classes
    scores: np.ndarray  # (n, n_classes)


class Choice(NamedTuple):
    """A setting of a member, and its score on the pooled inner predictions."""

    others: Mapping[str, Any]
    point: Point | None
    score: float | None = None

    @property
    def params(self) -> dict[str, Any]:
        """As names and numbers."""
        point = {} if self.point is None else self.point._asdict()
        return {**self.others, **{name: float(value) for name, value in point.items()}}


class Products:
    """Rows that are known only by their products: all that a kernel machine needs of them."""

    def __init__(self, gram: np.ndarray, index: np.ndarray) -> None:
        self.gram, self.index = gram, index

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, places: np.ndarray) -> Products:
        return Products(self.gram, self.index[places])


@dataclass(frozen=True)
class Member:
    """The learning part of a method, and what it is tuned over.

    Parameters
    ----------
    name : str
    tail : Pipeline
        Steps that learn, and a classifier.
    grid : grid of :func:`mebench.svm.points`, optional
        Where the classifier is a :class:`mebench.svm.PolySVC`. Default: its kernel's.
    tune : mapping, optional
        ``step__parameter`` and values.
    """

    name: str
    tail: Pipeline
    grid: Any = None
    tune: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def classifier(self) -> Any:
        """The last step."""
        return self.tail.steps[-1][1]

    @property
    def kernel_machine(self) -> bool:
        """Whether the grid engine can search it."""
        return isinstance(self.classifier, PolySVC)

    @property
    def only_products(self) -> bool:
        """Whether one matrix of products serves all of its folds."""
        return self.kernel_machine and len(self.tail.steps) == 1 and not self.tune

    @property
    def n_candidates(self) -> int:
        """How many settings a choice is made from."""
        return len(self._others) * len(self._points)

    @property
    def _points(self) -> list[Any]:
        if not self.kernel_machine:
            return [None]
        by_kernel = "linear" if self.classifier.kernel == "linear" else "coarse"
        return points(by_kernel if self.grid is None else self.grid)

    @property
    def _others(self) -> list[dict[str, Any]]:
        return [dict(p) for p in product(*([(k, v) for v in vs] for k, vs in self.tune.items()))]

    @property
    def _settings(self) -> dict[str, Any]:
        return {"class_weight": self.classifier.class_weight, "tol": self.classifier.tol}

    def own(self) -> Choice:
        """The setting that it has by itself."""
        classifier = self.classifier
        known = self.kernel_machine and (
            classifier.kernel == "linear" or not isinstance(classifier.gamma, str)
        )
        return Choice({}, classifier.point(np.zeros((1, 1))) if known else None)

    def only(self) -> Choice:
        """The one setting that there is."""
        return Choice(self._others[0], self._points[0])

    def chosen(
        self, X: Any, codes: np.ndarray, groups: np.ndarray, scoring: str
    ) -> tuple[Choice, list[np.ndarray] | None]:
        """The setting that predicts left-out subjects best; of equals the first, so the smallest.

        Everything that learns is fitted without the left-out subject. What a kernel machine then
        sees, the products of each inner fold, is handed back so that nothing is fitted twice.
        """
        best: tuple[Choice, list[np.ndarray] | None] | None = None
        folds = list(subject_folds(groups))
        for others in self._others:
            grams: list[np.ndarray] | None = None
            if self.only_products:
                surface = search_grid(products(X, X), codes, folds, self._points, **self._settings)
                guesses = np.unique(codes)[surface]
            else:
                guesses, grams = np.empty((len(self._points), len(codes)), np.int64), []
                for train, test in folds:
                    fitted = self.fitted(Choice(others, None), X[train], codes[train],
                                         groups[train])  # fmt: skip
                    if not self.kernel_machine:
                        guesses[:, test] = fitted.asked(X[test], 0).labels
                        grams = None
                        continue
                    known, own, gram = fitted.with_rows(fitted.through(X[test]))
                    fold = np.arange(len(train)), np.arange(len(train), len(gram))
                    surface = search_grid(gram, own, [fold], self._points, **self._settings)
                    guesses[:, test] = known[surface[:, fold[1]]]
                    assert grams is not None
                    grams.append(gram)
            table = score_table(guesses, codes, scoring)
            first = int((table >= table.max() - 1e-12).argmax())
            score = float(table[first])
            if best is None or score > best[0].score + 1e-12:  # type: ignore[operator]
                best = Choice(others, self._points[first], score), grams
        assert best is not None
        return best

    def chosen_in_folds(
        self, gram: np.ndarray, codes: np.ndarray, folds: Sequence[Any], groups: np.ndarray,
        scoring: str, n_jobs: int, kept: Any = None,
    ) -> list[Choice]:  # fmt: skip
        """:meth:`chosen` of several training folds at once, from the products of all rows."""
        found = nested_search(
            gram, codes, folds, groups, self._points, scoring=scoring, n_jobs=n_jobs,
            kept=kept, **self._settings,
        )  # fmt: skip
        return [
            Choice({}, found.points[i], float(score))
            for i, score in zip(found.chosen, found.inner_score, strict=True)
        ]

    def fitted(self, choice: Choice, X: Any, codes: np.ndarray, groups: np.ndarray) -> Fitted:
        """All of its learning part, with a setting."""
        tail = self._built(choice.others)
        rows = fit_steps(tail.steps[:-1], X, codes, groups)
        point = choice.point
        if self.kernel_machine:
            if not isinstance(rows, Products):
                rows = matrix(rows)
            if point is None:
                point = self.classifier.point(rows)
        else:
            rows = as_input(rows)
            classifier = tail.steps[-1][1]
            classifier.fit(rows, codes, **_facts(classifier, groups))
        return Fitted(tail, point, rows, codes, self._settings if self.kernel_machine else {})

    def left_out(
        self, choice: Choice, X: Any, codes: np.ndarray, groups: np.ndarray, n_classes: int,
        grams: Sequence[np.ndarray] | None = None,
    ) -> Answers:  # fmt: skip
        """What it says of every clip when it was fitted without the clip's subject."""
        labels, scores = np.empty(len(codes), np.int64), np.empty((len(codes), n_classes))
        for place, (train, test) in enumerate(subject_folds(groups)):
            if grams is not None and choice.point is not None:
                answers = _solved(
                    grams[place], codes[train], choice.point, n_classes, self._settings
                )  # fmt: skip
            else:
                fitted = self.fitted(choice, X[train], codes[train], groups[train])
                answers = fitted.asked(X[test], n_classes)
            labels[test], scores[test] = answers
        return Answers(labels, scores)

    def _built(self, others: Mapping[str, Any]) -> Pipeline:
        try:
            return clone(self.tail).set_params(**others)
        except (ValueError, AttributeError) as error:
            raise BadInput(f"Cannot tune {', '.join(others)} of {self.name}: {error}") from error


class Fitted(NamedTuple):
    """A member that has learned. A kernel machine keeps its training rows and is solved anew."""

    tail: Pipeline
    point: Point | None
    rows: Any
    codes: np.ndarray
    settings: dict[str, Any]

    def through(self, X: Any) -> Any:
        """Other clips, through the steps before the classifier."""
        for _, step in self.tail.steps[:-1]:
            X = step.transform(as_input(X))
        return X

    def with_rows(self, rows: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Known classes; codes into them (of `rows`, any); products of training rows and `rows`."""
        known, own = np.unique(self.codes, return_inverse=True)
        if isinstance(rows, Products):
            places = np.concatenate([self.rows.index, rows.index])
            gram = rows.gram[np.ix_(places, places)]
        else:
            both = np.concatenate([self.rows, matrix(rows)])
            gram = both @ both.T
        return known, np.concatenate([own, np.zeros(len(rows), int)]), gram

    def asked(self, X: Any, n_classes: int) -> Answers:
        """Labels, and scores of all classes; those it has not met get the least."""
        rows = self.through(X)
        if self.point is None:
            rows, classifier = as_input(rows), self.tail.steps[-1][1]
            labels = np.asarray(classifier.predict(rows), np.int64)
            return Answers(labels, _scores(classifier, rows, labels, n_classes))
        return _solved(self.with_rows(rows)[2], self.codes, self.point, n_classes, self.settings)


def _solved(
    gram: np.ndarray, codes: np.ndarray, point: Point, n_classes: int, settings: dict[str, Any]
) -> Answers:
    """Train on the first rows, whose codes are given, and answer for the others."""
    known, own = np.unique(codes, return_inverse=True)
    train, test = np.arange(len(codes)), np.arange(len(codes), len(gram))
    # The engine wants a label of every row; of those to be answered it is never looked at.
    labels = np.concatenate([own, np.zeros(len(test), int)])
    guess, found = fit_point(gram, labels, train, test, point, **settings)
    scores = np.full((len(test), n_classes), -1.0)
    scores[:, known] = found
    return Answers(known[guess], scores)


def subject_folds(groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Leave each subject out: places of the others, and its own."""
    subjects = sorted(set(groups))
    if len(subjects) < 2:
        raise BadInput(
            "A combination is trained on clips of one subject only, so its members cannot be tried "
            "on another: give more subjects, or vote with tuning='fixed'."
        )
    for subject in subjects:
        yield np.flatnonzero(groups != subject), np.flatnonzero(groups == subject)


def fit_steps(steps: Sequence[tuple[str, Any]], X: Any, y: np.ndarray, groups: np.ndarray) -> Any:
    """Fit transformers one after another; those that ask for subjects are given them."""
    for _, step in steps:
        X = as_input(X)
        X = step.fit(X, y, **_facts(step, groups)).transform(X)
    return X


def as_input(column: Any) -> Any:
    """A column of an array of objects as steps take it: a matrix, or a list of clips."""
    if not isinstance(column, np.ndarray) or column.dtype != object:
        return column
    if len(column) and isinstance(column[0], np.ndarray):
        return np.stack(list(column))
    return list(column)


def matrix(column: Any) -> np.ndarray:
    """Rows of features ``(n, d)``."""
    rows = as_input(column)
    if not isinstance(rows, np.ndarray) or rows.ndim != 2:
        found = rows.shape if isinstance(rows, np.ndarray) else type(rows[0]).__name__
        raise BadInput(
            f"A member's classifier needs features (n, d), found {found}: does the member end in "
            "an extractor before its classifier?"
        )
    return np.asarray(rows, np.float64)


def products(A: Any, B: Any) -> np.ndarray:
    """Of every row of `A` with every row of `B`."""
    if isinstance(A, Products):
        return A.gram[np.ix_(A.index, B.index)]
    rows = matrix(A)
    return rows @ (rows if B is A else matrix(B)).T


def _facts(step: Any, groups: np.ndarray) -> dict[str, np.ndarray]:
    return {"groups": groups} if "groups" in signature(step.fit).parameters else {}


def _scores(classifier: Any, X: Any, labels: np.ndarray, n_classes: int) -> np.ndarray:
    """A score per class; where the classifier has none, 1 for the class that it says."""
    for name in ("predict_proba", "decision_function"):
        if n_classes == 0 or not hasattr(classifier, name):
            continue
        found = np.asarray(getattr(classifier, name)(X), float)
        if found.ndim == 1:
            found = np.stack([-found, found], axis=1)
        if found.ndim == 2 and found.shape[1] == len(classifier.classes_):
            out = np.full((len(found), n_classes), found.min(initial=0.0))
            out[:, classifier.classes_] = found
            return out
    return np.eye(n_classes)[labels] if n_classes else np.empty((len(labels), 0))
