"""The models of a run's folds, fitted once more, to be asked about clips with exchanged regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import OneToOneFeatureMixin
from sklearn.pipeline import Pipeline

from ..methods.candidates import Candidates, Choice, as_matrix, placed_in
from ..methods.fitting import Rows, through
from ..parallel import in_order
from ..scoring.subjects import Fold
from ..storage.rows import gram_matrix
from ..svm import Point, PolySVC, grid_points
from ..svm.fits import classify, fit_machine
from ..svm.polysvc import Machine

__all__ = ["FoldModels", "SharedMachines", "fold_models"]


def fold_models(
    tail: Pipeline,
    X: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    folds: Sequence[Fold],
    params: Sequence[Mapping[str, Any]],
    units: np.ndarray | None = None,
    n_jobs: int | None = None,
) -> FoldModels | SharedMachines:
    """Each fold's model with the parameters that the fold chose, fitted as the run fitted it.

    Parameters
    ----------
    tail : Pipeline
        Steps that learn, and a classifier.
    X : ndarray ``(n, d)``
    y, groups : ndarray ``(n,)``
    folds : sequence of Fold
    params : sequence of dict
        Of each fold, as in the header's ``chosen``.
    units : ndarray ``(n, n_units)``, optional
    n_jobs : int, optional
    """
    classifier = tail.steps[-1][1]
    if (
        len(tail.steps) == 1
        and isinstance(classifier, PolySVC)
        and all(set(p) == set(Point._fields) for p in params)
    ):
        return SharedMachines(classifier, X, y, folds, params)
    return FoldModels(tail, X, y, groups, folds, params, units, n_jobs)


class SharedMachines:
    """SVMs on plain features: with a group's products, exchanging it costs no feature at all.

    For K = X·Xᵀ and the part K_g of it that a group's columns make, a clip i that has taken
    over the group from a clip j has the products K[i] − K_g[i] + K_g[j].
    """

    def __init__(
        self,
        classifier: PolySVC,
        X: np.ndarray,
        y: np.ndarray,
        folds: Sequence[Fold],
        params: Sequence[Mapping[str, Any]],
    ) -> None:
        self.X, self.folds = X, folds
        self.classes = np.unique(y)
        self.gram = gram_matrix(X)
        self.machines = [
            fit_machine(
                self.gram, y, fold.train, fold.test, Point(**p),
                class_weight=classifier.class_weight, tol=classifier.tol,
            )
            for fold, p in zip(folds, params, strict=True)
        ]  # fmt: skip

    def block(self, columns: np.ndarray) -> np.ndarray:
        """What :meth:`exchanged` needs to know of a group of columns: its products."""
        return gram_matrix(_columns(self.X, columns))

    def joined(self, blocks: Sequence[np.ndarray]) -> np.ndarray:
        """The same of several groups together."""
        found: np.ndarray = np.sum(blocks, axis=0)
        return found

    def held_out(self, fold: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Codes and scores ``(n_test, n_classes)`` of the fold's own test clips."""
        train, test = self.folds[fold].train, self.folds[fold].test
        return classify(self.machines[fold], self.gram[np.ix_(test, train)], len(self.classes))

    def exchanged(self, fold: int, donors: np.ndarray, block: np.ndarray) -> np.ndarray:
        """Codes ``(n_test, n_donors)`` of the test clips with the group of each donor."""
        train, test = self.folds[fold].train, self.folds[fold].test
        part = block[:, train]
        gram = (self.gram[test][:, train] - part[test])[:, None] + part[donors]
        return _called(
            self.machines[fold], gram.reshape(-1, len(train)), len(self.classes)
        ).reshape(donors.shape)

    def machine(self, fold: int) -> Machine | None:
        """The fold's SVM."""
        return self.machines[fold]

    def codes(self, fold: int) -> np.ndarray:
        """The code of each class that the fold's SVM numbers."""
        return np.arange(len(self.classes))

    def products(self, fold: int, block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Products over the group: of each tested clip, and of the mean training clip.

        ``(n_test, n_train)`` and ``(n_train,)``, with the training clips.
        """
        train, test = self.folds[fold].train, self.folds[fold].test
        return block[test][:, train], block[train].mean(axis=0)[train]


class FoldModels:
    """Any pipeline that learns: a clip takes over columns, and the whole pipeline judges it."""

    def __init__(
        self,
        tail: Pipeline,
        X: np.ndarray,
        y: np.ndarray,
        groups: np.ndarray,
        folds: Sequence[Fold],
        params: Sequence[Mapping[str, Any]],
        units: np.ndarray | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.X, self.folds = X, folds
        self.classes = np.unique(y)

        data, learning = Rows(X, y, groups, units), Candidates(tail)

        def one(fold: Fold, found: Mapping[str, Any]) -> _Fitted:
            return _fitted(learning, data, fold, found)

        pairs = zip(folds, params, strict=True)
        self.fitted: list[_Fitted] = list(in_order(one, pairs, n_jobs))
        # The engine numbers the classes it was trained on; here they are numbered by all.
        self.met = [np.searchsorted(self.classes, np.unique(y[f.train])) for f in folds]

    def block(self, columns: np.ndarray) -> np.ndarray:
        """What :meth:`exchanged` needs to know of a group of columns: which they are."""
        return columns

    def joined(self, blocks: Sequence[np.ndarray]) -> np.ndarray:
        """The same of several groups together."""
        return np.concatenate(blocks)

    def held_out(self, fold: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Codes and, where there is an SVM, scores ``(n_test, n_classes)`` of the test clips."""
        return self._judged(fold, self.X[self.folds[fold].test])

    def exchanged(self, fold: int, donors: np.ndarray, block: np.ndarray) -> np.ndarray:
        """Codes ``(n_test, n_donors)`` of the test clips with the group of each donor."""
        changed = self.X[np.repeat(self.folds[fold].test, donors.shape[1])]
        changed[:, block] = self.X[np.ix_(donors.ravel(), block)]
        return self._judged(fold, changed)[0].reshape(donors.shape)

    def machine(self, fold: int) -> Machine | None:
        """The fold's SVM; None where the classifier is another, or columns lose their meaning.

        They keep it through steps that scale or select columns, and only those.
        """
        steps = [step for _, step in self.fitted[fold].tail.steps[:-1]]
        keep = all(isinstance(s, OneToOneFeatureMixin) or hasattr(s, "get_support") for s in steps)
        return self.fitted[fold].machine if keep else None

    def codes(self, fold: int) -> np.ndarray:
        """The code of each class that the fold's SVM numbers."""
        return self.met[fold]

    def products(self, fold: int, block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Products over the group: of each tested clip, and of the mean training clip.

        ``(n_test, n_train)`` and ``(n_train,)``, with the training clips.
        """
        mask = np.zeros(self.X.shape[1], bool)
        mask[block] = True
        for _, step in self.fitted[fold].tail.steps[:-1]:
            if hasattr(step, "get_support"):
                mask = mask[step.get_support()]
        rows = self.fitted[fold].train[:, mask]
        return self.fitted[fold].test[:, mask] @ rows.T, rows.mean(axis=0) @ rows.T

    def _judged(self, fold: int, X: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        model, machine, train, _ = self.fitted[fold]
        if machine is None:
            return np.searchsorted(self.classes, model.predict(X)), None
        gram = as_matrix(through(model, X)) @ train.T
        met = self.met[fold]
        guess, found = classify(machine, gram, len(met))
        scores = np.full((len(X), len(self.classes)), -1.0)
        scores[:, met] = found
        return met[guess], scores


class _Fitted(NamedTuple):
    tail: Pipeline
    machine: Machine | None  # None where the tail ends in another classifier
    train: np.ndarray  # what the machine was given
    test: np.ndarray


def _fitted(learning: Candidates, data: Rows, fold: Fold, params: Mapping[str, Any]) -> _Fitted:
    """One fold's model, fitted as the run fitted it."""
    own = {k: v for k, v in params.items() if k in Point._fields}
    classifier = learning.tail.steps[-1][1]
    point = grid_points(own)[0] if own and isinstance(classifier, PolySVC) else None
    others = {k: v for k, v in params.items() if "__" in k}
    inner = placed_in(fold.train, fold.inner)
    model = learning.fitted(Choice(others, point), data.at(fold.train), inner)
    if point is None:
        return _Fitted(model.tail, None, data.X[:0], data.X[:0])
    test = as_matrix(model.through(data.X[fold.test]))
    known, codes, gram = model.with_rows(test)
    places = np.arange(len(gram))
    n = len(fold.train)
    machine = fit_machine(gram, codes, places[:n], places[n:], point, **model.named(known))
    return _Fitted(model.tail, machine, model.rows, test)


def _called(machine: Machine, gram: np.ndarray, n_classes: int) -> np.ndarray:
    """The predictions alone of :func:`mebench.svm.fits.classify`, faster for many samples."""
    first = machine.values(gram) > 0
    places = np.arange(len(machine.pairs))
    wins, losses = np.zeros((2, len(places), n_classes))
    pairs = np.array(machine.pairs, np.int64).reshape(-1, 2)
    wins[places, pairs[:, 0]] = 1
    losses[places, pairs[:, 1]] = 1
    votes = first @ wins + ~first @ losses
    absent = np.setdiff1d(np.arange(n_classes), machine.present)
    votes[:, absent] = -1
    found: np.ndarray = votes.argmax(axis=1)
    return found


def _columns(X: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The columns; without a copy where they lie side by side."""
    if len(columns) and len(columns) == columns[-1] - columns[0] + 1:
        return X[:, columns[0] : columns[-1] + 1]
    return X[:, columns]
