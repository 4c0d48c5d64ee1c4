"""The part of a method that learns: fitted with one setting, or tried with every one of them.

Single methods, the members of combinations and explanations all fit their models here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..errors import BadInput
from ..features.products import Products
from ..features.short_rows import MANY
from ..storage.rows import gram_matrix
from ..svm import Point, PolySVC, fit_point, grid_points, search_grid
from .fitting import Rows, as_input, explained, fit_steps, fit_tail, searched, through

__all__ = [
    "Candidates",
    "Choice",
    "Final",
    "Fitted",
    "Inner",
    "Products",
    "as_matrix",
    "params_of",
    "placed_in",
    "predicted",
]

#: Divisions of training samples, as pairs (train, test) of their places.
Inner = Sequence[tuple[np.ndarray, np.ndarray]]


class Choice(NamedTuple):
    """A setting, and its score on the pooled inner predictions."""

    others: Mapping[str, Any]
    point: Point | None
    score: float | None = None

    @property
    def params(self) -> dict[str, Any]:
        """As names and numbers."""
        return {**self.others, **({} if self.point is None else params_of(self.point))}


class Final(NamedTuple):
    """What a chosen setting says of the test samples of a fold."""

    labels: np.ndarray  # (n_test,)
    scores: np.ndarray | None  # (n_test, n_classes), where the classifier has any
    params: dict[str, Any]
    maps: np.ndarray | None  # (n_test, H, W), where a step can tell where it looked


class Fitted(NamedTuple):
    """A model that has learned. A kernel machine keeps its training rows and is solved anew."""

    tail: Pipeline
    point: Point | None
    rows: Any
    codes: np.ndarray  # the training labels, or their codes
    settings: dict[str, Any]

    def through(self, X: Any) -> Any:
        """Other samples, through the steps before the classifier."""
        return through(self.tail, X)

    def with_rows(self, rows: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Known classes; codes into them (of `rows`, any); products of training rows and `rows`."""
        known, own = np.unique(self.codes, return_inverse=True)
        if isinstance(rows, Products):
            places = np.concatenate([self.rows.index, rows.index])
            gram = rows.gram[np.ix_(places, places)]
        elif len(self.rows) > MANY:
            gram = gram_matrix(self.rows, as_matrix(rows))
        else:
            both = np.concatenate([self.rows, as_matrix(rows)])
            gram = both @ both.T
        # The engine wants a label of every row; at those to be answered it never looks.
        return known, np.concatenate([own, np.zeros(len(rows), int)]), gram

    def answers(self, X: Any, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Labels, and a score per sorted class; a class that it has not met gets the least."""
        rows = self.through(X)
        if self.point is None:
            classifier, rows = self.tail.steps[-1][1], as_input(rows)
            return predicted(classifier, rows), _class_scores(classifier, rows, classes)
        return self.solved(self.with_rows(rows)[2], classes)

    def solved(self, gram: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same from products: train on the first rows, and answer for the others."""
        assert self.point is not None
        known, own = np.unique(self.codes, return_inverse=True)
        train, test = np.arange(len(own)), np.arange(len(own), len(gram))
        labels = np.concatenate([own, np.zeros(len(test), int)])
        guess, found = fit_point(gram, labels, train, test, self.point, **self.named(known))
        scores = np.full((len(test), len(classes)), -1.0)
        scores[:, np.searchsorted(classes, known)] = found
        return known[guess], scores

    def named(self, known: np.ndarray) -> dict[str, Any]:
        """Settings for the engine, which is told the codes of classes and not their names."""
        return _by_code(self.settings, known)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The part of a method that learns, under every setting that is to be tried.

    Parameters
    ----------
    tail : Pipeline
        Steps that learn, and a classifier.
    points : sequence of Point or (None,)
        Of a grid, where the classifier is a :class:`mebench.svm.PolySVC`. None is the classifier
        with its own parameters.
    others : sequence of dict
        Other parameters (``step__parameter``). Every one is tried with every point.
    """

    tail: Pipeline
    points: Sequence[Point | None] = (None,)
    others: Sequence[Mapping[str, Any]] = field(default_factory=lambda: [{}])

    @classmethod
    def of(cls, tail: Pipeline, grid: Any, tune: Mapping[str, Sequence[Any]]) -> Candidates:
        """Every combination of a grid's points and the values of other parameters."""
        others = [dict(p) for p in product(*([(k, v) for v in vs] for k, vs in tune.items()))]
        return cls(tail, (None,) if grid is None else grid_points(grid), others)

    def __len__(self) -> int:
        return len(self.others) * len(self.points)

    def __getitem__(self, number: int) -> Choice:
        others, place = divmod(number, len(self.points))
        return Choice(self.others[others], self.points[place])

    def built(self, others: Mapping[str, Any]) -> Pipeline:
        """The pipeline with some parameters set."""
        try:
            return clone(self.tail).set_params(**others)
        except (ValueError, AttributeError) as error:
            raise BadInput(f"Cannot tune {', '.join(others)}: {error}") from error

    def fitted(self, choice: Choice, train: Rows, inner: Inner = ()) -> Fitted:
        """All that learns, with one setting, on training samples.

        A classifier that chooses its parameters by itself does so on the divisions ``inner`` of
        the training samples, pairs (train, test) of their places, unless it has a ``cv`` of its
        own.
        """
        tail = self.built(choice.others)
        if len(inner) and getattr(tail.steps[-1][1], "cv", "none") is None:
            tail.steps[-1][1].set_params(cv=[(a, b) for a, b in inner])
        if choice.point is None:
            fit_tail(tail, as_input(train.X), train.y, train.groups, train.units, inner)
            return Fitted(tail, None, np.empty((0, 0)), train.y, {})
        rows = fit_steps(tail.steps[:-1], train)
        if not isinstance(rows, Products):
            rows = as_matrix(rows)
        return Fitted(tail, choice.point, rows, train.y, self.settings)

    @property
    def settings(self) -> dict[str, Any]:
        """What the grid engine must know of the classifier."""
        classifier = self.tail.steps[-1][1]
        if not isinstance(classifier, PolySVC):
            return {}
        return {"class_weight": classifier.class_weight, "tol": classifier.tol}

    def guesses(
        self,
        data: Rows,
        train: np.ndarray,
        tests: Sequence[np.ndarray],
        grams: list | None = None,
    ) -> np.ndarray:
        """Codes into the sorted classes of `data` by every candidate, ``(n_candidates, Σ n_test)``.

        Parameters
        ----------
        data : Rows
        train : ndarray of int
        tests : sequence of ndarray of int
            Sets of samples; each goes through the fitted steps by itself.
        grams : list, optional
            The products of each problem that the grid engine was given are added to it.
        """
        classes, held_out = np.unique(data.y), [data.at(test).X for test in tests]
        rows = []
        for others in self.others:
            fitted = self.fitted(Choice(others, self.points[0]), data.at(train))
            if fitted.point is None:
                labels = [predicted(fitted.tail, as_input(X)) for X in held_out]
                rows.append(np.searchsorted(classes, np.concatenate(labels))[None])
                continue
            known, own, gram = fitted.with_rows(_joined([fitted.through(X) for X in held_out]))
            fold = np.arange(len(train)), np.arange(len(train), len(gram))
            surface = search_grid(gram, own, [fold], self.points, **fitted.named(known))
            rows.append(np.searchsorted(classes, known)[surface[:, fold[1]]])
            if grams is not None:
                grams.append(gram)
        return np.concatenate(rows).astype(np.int16)

    def final(
        self, number: int, data: Rows, train: np.ndarray, test: np.ndarray, inner: Inner = ()
    ) -> Final:
        """One candidate's answers for the test samples, and what it learned them from."""
        choice, held_out = self[number], data.at(test).X
        fitted = self.fitted(choice, data.at(train), placed_in(train, inner))
        labels, scores = fitted.answers(held_out, np.unique(data.y))
        params = {**choice.params, **searched(fitted.tail)}
        return Final(labels, scores, params, explained(fitted.tail, held_out))


def _joined(parts: Sequence[Any]) -> Any:
    """Rows of several sets of samples as those of one."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], Products):
        return Products(parts[0].gram, np.concatenate([part.index for part in parts]))
    return np.concatenate([as_matrix(part) for part in parts])


def placed_in(train: np.ndarray, inner: Inner) -> Inner:
    """Divisions of training samples, given by row numbers, by places in the training part.

    Examples
    --------
    >>> [(a, b)] = placed_in(np.array([2, 5, 7]), [(np.array([7, 2]), np.array([5]))])
    >>> a.tolist(), b.tolist()
    ([2, 0], [1])
    """
    order = np.argsort(train)
    return [
        (order[np.searchsorted(train, kept, sorter=order)],
         order[np.searchsorted(train, tested, sorter=order)])
        for kept, tested in inner
    ]  # fmt: skip


def predicted(classifier: Any, X: Any) -> np.ndarray:
    """The labels that a classifier gives, one of each sample.

    Raises
    ------
    BadInput
        It gives another number of labels.
    """
    found = classifier.predict(X)
    labels = np.asarray(found)
    if np.ma.is_masked(found) or labels.shape != (len(X),):
        what = "masked labels" if labels.shape == (len(X),) else f"an array of {labels.shape}"
        raise BadInput(
            f"predict of {type(classifier).__name__} gave {what} for {len(X)} samples; expected "
            f"({len(X)},), one label of each."
        )
    return labels


def _by_code(settings: Mapping[str, Any], known: np.ndarray) -> dict[str, Any]:
    weight = settings.get("class_weight")
    if not isinstance(weight, Mapping):
        return dict(settings)
    return {**settings, "class_weight": {i: weight[c] for i, c in enumerate(known) if c in weight}}


def _class_scores(classifier: Any, X: Any, classes: np.ndarray) -> np.ndarray | None:
    """A score per sorted class, from probabilities or else decision values."""
    for name in ("predict_proba", "decision_function"):
        if not hasattr(classifier, name):
            continue
        found = np.asarray(getattr(classifier, name)(X), float)
        if found.ndim == 1:
            found = np.stack([-found, found], axis=1)
        if found.ndim == 2 and found.shape[1] == len(classifier.classes_):
            out = np.full((len(found), len(classes)), found.min(initial=0.0))
            out[:, np.searchsorted(classes, classifier.classes_)] = found
            return out
    return None


def as_matrix(X: Any) -> np.ndarray:
    """Rows of features ``(n, d)``, float64."""
    rows = as_input(X)
    if np.iscomplexobj(rows):
        raise BadInput("Found complex features; the classifier needs real numbers, all of them.")
    shape = rows.shape if isinstance(rows, np.ndarray) else f"a list of {len(rows)}"
    if not isinstance(rows, np.ndarray) or rows.ndim != 2:
        raise BadInput(
            f"The classifier needs features (n, d), found an array of shape {shape}: does the "
            "method end in an extractor before its classifier?"
        )
    return np.asarray(rows, np.float64)


def params_of(point: Point) -> dict[str, float]:
    """A point's parameters by name."""
    return {name: float(value) for name, value in point._asdict().items()}
