"""Folds that share one Gram matrix: no step learns before the kernel machine."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from ..methods.candidates import params_of
from ..scoring.metrics import first_best
from ..storage.rows import blocks, gram_matrix, is_mapped
from ..svm import (
    Point,
    PolySVC,
    fit_folds,
    grid_points,
    halving_search,
    nested_search,
    score_table,
    search_grid,
)
from .searches import recalled, remember
from .tuned import Tuned
from .work import Work

__all__ = ["by_products"]

_log = logging.getLogger(__name__)


def by_products(classifier: PolySVC, work: Work) -> Tuned:
    """Predictions of all folds: whatever the features' length, their products suffice."""
    started = time.perf_counter()
    gram = gram_matrix(work.data.X)
    shape, seconds = work.data.X.shape, time.perf_counter() - started
    _log.info("products of %d × %d features: %.2f s", *shape, seconds)
    if work.settings.how == "nested":
        return _nested(classifier, work, gram)
    return _one_point(classifier, work, gram)


def _engine_settings(classifier: PolySVC) -> dict[str, Any]:
    return {"class_weight": classifier.class_weight, "tol": classifier.tol}


def _nested(classifier: PolySVC, work: Work, gram: np.ndarray) -> Tuned:
    started = time.perf_counter()
    search: Any = nested_search
    if work.settings.search == "halving":
        search = partial(halving_search, seed=work.settings.seed)
    found = recalled(work.store, work.kept, work.settings.grid) or search(
        gram, work.data.y, work.folds, work.data.groups, work.settings.grid,
        scoring=work.settings.scoring, n_classes=work.settings.n_classes,
        inner=[fold.inner for fold in work.folds], n_jobs=work.n_jobs or 1,
        progress=work.progress, kept=work.kept,
        **_engine_settings(classifier),
    )  # fmt: skip
    remember(work.store, work.kept, found)
    _log.info(
        "nested search: %d points, %d folds in %.2f s",
        len(found.points), len(work.folds), time.perf_counter() - started,
    )  # fmt: skip
    chosen = [
        {"fold": fold.name, "params": params_of(found.points[i]), "inner_score": float(score)}
        for fold, i, score in zip(work.folds, found.chosen, found.inner_score, strict=True)
    ]
    predicted = np.full(len(work.data.y), None, object)
    tested = found.predictions >= 0
    predicted[tested] = found.classes[found.predictions[tested]]
    return Tuned(
        predicted, found.scores, chosen, len(found.points), "nested",
        candidates=[params_of(point) for point in found.points], surface=found.inner_scores,
    )  # fmt: skip


def _one_point(classifier: PolySVC, work: Work, gram: np.ndarray) -> Tuned:
    """One point for all folds, by the oracle, or each fold's own."""
    settings, (X, y, _, _) = work.settings, work.data
    engine = _engine_settings(classifier)
    classes, codes = np.unique(y, return_inverse=True)
    points, table = [], None
    if settings.how == "oracle":
        points = grid_points(settings.grid)
        surface = search_grid(
            gram, y, work.folds, points,
            n_jobs=work.n_jobs or 1, progress=work.progress, kept=work.kept, **engine,
        )  # fmt: skip
        table = score_table(surface, codes, settings.scoring, settings.n_classes)
        best = points[int(first_best(table, settings.scoring))]
    own = _own_point(classifier, X) if settings.how == "fixed" else None
    choice = [best if own is None else own(fold.train) for fold in work.folds]
    guesses, scores = fit_folds(
        gram, y, work.folds, choice, n_jobs=work.n_jobs or 1, kept=work.kept,
        progress=work.progress if settings.how == "fixed" else None, **engine,
    )  # fmt: skip
    tested = guesses >= 0
    predicted = np.full(len(y), None, object)
    predicted[tested] = classes[guesses[tested]]
    chosen = [
        {"fold": fold.name, "params": params_of(point)}
        for fold, point in zip(work.folds, choice, strict=True)
    ]
    return Tuned(
        predicted, scores, chosen, max(len(points), 1), settings.how,
        candidates=[params_of(point) for point in points],
        surface=None if table is None else table[:, None],
    )  # fmt: skip


def _own_point(classifier: PolySVC, X: np.ndarray) -> Callable[[np.ndarray], Point]:
    """From training rows to the point of the classifier's own parameters.

    Its gamma may hang on how the training values spread; where they do not fit into memory, that
    comes of each row's values about the mean of all, read once.
    """
    if not (is_mapped(X) and classifier.kernel != "linear" and classifier.gamma == "scale"):
        return lambda train: classifier.point(X, train)
    width = X.shape[1]
    middle = sum(float(rows.sum()) for _, rows in blocks(X)) / X.size
    sums = np.array([[(r - middle).sum(), ((r - middle) ** 2).sum()]
                     for _, rows in blocks(X) for r in rows])  # fmt: skip

    def point(train: np.ndarray) -> Point:
        mean, square = sums[train].sum(axis=0) / (width * len(train))
        variance = square - mean**2
        gamma = 1.0 / (width * variance) if variance > 0 else 1.0
        return clone(classifier).set_params(gamma=gamma).point(X[:1])

    return point
