"""One member of a combination: tuned inside a training fold, and asked about other clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline

from ...errors import BadInput
from ...scoring.metrics import first_best, get_measure
from ...scoring.subjects import LeftOut
from ...svm import PolySVC, nested_search, score_table, search_grid
from ..candidates import Candidates, Choice, Fitted, Inner, Products, as_matrix
from ..fitting import Rows

__all__ = ["Answers", "Member", "answered", "asked", "products", "subject_folds"]


class Answers(NamedTuple):
    """What a member says of some clips."""

    labels: np.ndarray  # (n,) codes of classes
    scores: np.ndarray  # (n, n_classes)


@dataclass(frozen=True)
class Member:
    """The learning part of a method, and what it is tuned over.

    Parameters
    ----------
    name : str
    tail : Pipeline
        Steps that learn, and a classifier.
    grid : grid of :func:`mebench.svm.grid_points`, optional
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

    @cached_property
    def candidates(self) -> Candidates:
        """The settings that a choice is made from."""
        grid = None
        if self.kernel_machine:
            by_kernel = "linear" if self.classifier.kernel == "linear" else "coarse"
            grid = by_kernel if self.grid is None else self.grid
        return Candidates.of(self.tail, grid, self.tune)

    @property
    def n_candidates(self) -> int:
        """How many there are."""
        return len(self.candidates)

    def own(self) -> Choice:
        """The setting that it has by itself."""
        classifier = self.classifier
        known = self.kernel_machine and (
            classifier.kernel == "linear" or not isinstance(classifier.gamma, str)
        )
        return Choice({}, classifier.point(np.zeros((1, 1))) if known else None)

    def only(self) -> Choice:
        """The one setting that there is."""
        return self.candidates[0]

    def chosen(
        self, train: Rows, folds: Inner, scoring: str, n_classes: int | None = None
    ) -> tuple[Choice, list[np.ndarray] | None]:
        """The setting that predicts the inner folds best; of equals the first, so the smallest.

        Everything that learns is fitted without the samples tested. What a kernel machine then
        sees, the products of each inner fold, is handed back so that nothing is fitted twice.
        """
        codes, folds = np.unique(train.y, return_inverse=True)[1], _checked(folds)
        tables: list[np.ndarray] = []
        best_grams: list[np.ndarray] | None = None
        measure = get_measure(scoring)
        for others in self.candidates.others:
            some = Candidates(self.tail, self.candidates.points, [others])
            grams: list[np.ndarray] | None = None if self.only_products else []
            if self.only_products:
                surface = search_grid(
                    products(train.X, train.X), train.y, folds, some.points,
                    **some.settings,
                )  # fmt: skip
            else:
                surface = np.full((len(some), len(codes)), -1, np.int64)
                for inner, test in folds:
                    surface[:, test] = some.guesses(train, inner, [test], grams)
            tables.append(score_table(surface, codes, scoring, n_classes))
            if int(first_best(np.concatenate(tables), measure)) >= len(some) * (len(tables) - 1):
                best_grams = grams or None
        table = np.concatenate(tables)
        first = int(first_best(table, measure))
        return self.candidates[first]._replace(score=float(table[first])), best_grams

    def chosen_in_folds(
        self, gram: np.ndarray, y: np.ndarray, folds: Sequence[Any], groups: np.ndarray,
        scoring: str, n_classes: int | None, n_jobs: int, kept: Any = None,
        inner: Sequence[Inner] | None = None,
    ) -> list[Choice]:  # fmt: skip
        """:meth:`chosen` of several training folds at once, from the products of all rows."""
        found = nested_search(
            gram, y, folds, groups, self.candidates.points, scoring=scoring,
            n_classes=n_classes, n_jobs=n_jobs, kept=kept, inner=inner,
            **self.candidates.settings,
        )  # fmt: skip
        return [
            Choice({}, found.points[i], float(score))
            for i, score in zip(found.chosen, found.inner_score, strict=True)
        ]

    def fitted(self, choice: Choice, train: Rows) -> Fitted:
        """All of its learning part, with a setting."""
        if choice.point is None and self.kernel_machine:  # gamma comes of the rows it is fitted to
            made = self.candidates.fitted(choice._replace(point=self.candidates.points[0]), train)
            return made._replace(point=self.classifier.point(made.rows))
        return self.candidates.fitted(choice, train)

    def left_out(
        self, choice: Choice, train: Rows, folds: Inner, n_classes: int,
        grams: Sequence[np.ndarray] | None = None,
    ) -> Answers:  # fmt: skip
        """What it says of every clip that an inner fold tests, when it was fitted without that."""
        n = len(train.y)
        labels, scores = np.zeros(n, np.int64), np.full((n, n_classes), np.nan)
        for place, (inner, test) in enumerate(_checked(folds)):
            if grams is not None and choice.point is not None:
                settings = self.candidates.settings
                model = Fitted(self.tail, choice.point, None, train.y[inner], settings)
                labels[test], scores[test] = model.solved(grams[place], np.arange(n_classes))
            else:
                fitted = self.fitted(choice, train.at(inner))
                labels[test], scores[test] = asked(fitted, train.at(test).X, n_classes)
        tested = answered(folds)
        return Answers(labels[tested], scores[tested])


def asked(fitted: Fitted, X: Any, n_classes: int) -> Answers:
    """A model's answers in codes; 1 for the class that it says, where it has no scores."""
    labels, scores = fitted.answers(X, np.arange(n_classes))
    labels = np.asarray(labels, np.int64)
    return Answers(labels, np.eye(n_classes)[labels] if scores is None else scores)


def subject_folds(groups: np.ndarray) -> Inner:
    """Leave each subject out: places of the others, and its own. Nothing of a single subject."""
    found = LeftOut(np.arange(len(groups)), groups)
    return found if len(found) > 1 else []


def answered(folds: Inner) -> np.ndarray:
    """The places of the samples that some inner fold tests, in their order."""
    if isinstance(folds, LeftOut):
        return folds.tested()
    return np.unique(np.concatenate([np.empty(0, np.int64), *(test for _, test in folds)]))


def _checked(folds: Inner) -> Inner:
    if not len(folds):
        raise BadInput(
            "A combination is trained on clips of one subject only, so its members cannot be tried "
            "on another: give more subjects, or vote with tuning='fixed'."
        )
    return folds


def products(A: Any, B: Any) -> np.ndarray:
    """Of every row of `A` with every row of `B`."""
    if isinstance(A, Products):
        return A.gram[np.ix_(A.index, B.index)]
    rows = as_matrix(A)
    return rows @ (rows if B is A else as_matrix(B)).T
