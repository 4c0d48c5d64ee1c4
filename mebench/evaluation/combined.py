"""The folds of a combination of methods, whose members are tuned each by itself."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from ..errors import BadInput
from ..methods.combination import LateFusion
from ..methods.fitting import Rows
from ..scoring.subjects import Fold
from ..storage.checkpoint import Corner
from .attempts import kept_in
from .inner_folds import too_many
from .settings import Tuning
from .tuned import Progress, Tuned

__all__ = ["predict_combined"]

_log = logging.getLogger(__name__)


def predict_combined(
    fusion: LateFusion,
    data: Rows,
    folds: Sequence[Fold],
    settings: Tuning,
    *,
    n_jobs: int | None,
    progress: Progress | None,
    shared: bool,
    keep: Path | None = None,
) -> Tuned:
    """Predict every fold by members that were tuned, and a rule that was learned, without it.

    Raises
    ------
    BadInput
        Oracle tuning: the members' choices do not add up to one that could be named the best.
    """
    X, y, groups, _ = data
    if settings.how == "oracle":
        raise BadInput(
            "A combination cannot be tuned by the oracle: its members choose their settings each "
            "by itself. Use nested or fixed, or an early fusion, which has one classifier."
        )
    fusion = clone(fusion).set_params(
        tuning=settings.how, scoring=settings.scoring, n_classes=settings.n_classes
    )
    if settings.grid is not None:
        fusion.set_params(grids={name: settings.grid for name, _ in fusion.members})
    pairs, inner = [(fold.train, fold.test) for fold in folds], [fold.inner for fold in folds]
    if fusion.learns_inside and (said := too_many(folds, groups)):
        _log.warning(said)
    if shared:
        what = {"fusion": fusion, "X": X, "y": y, "groups": groups, "folds": pairs}
        if any(inner):
            what["inner"] = inner
        with kept_in(keep, **what) as kept:
            results = fusion.predict_folds(
                X, y, groups, pairs, inner=inner, n_jobs=n_jobs, progress=progress,
                kept=lambda member: Corner(kept, member),
            )  # fmt: skip
    else:
        results = [
            fusion.predict_fold(X, y, groups, *pair, parts)
            for pair, parts in zip(pairs, inner, strict=True)
        ]
    classes = np.unique(y)
    predicted = np.full(len(y), None, object)
    scores = np.full((len(y), len(classes)), np.nan)
    chosen = []
    for fold, result in zip(folds, results, strict=True):
        predicted[fold.test] = result.labels
        # A class that the fold does not train on gets the least there is.
        least = result.scores.min(initial=0.0)
        scores[fold.test] = least
        scores[np.ix_(fold.test, np.searchsorted(classes, result.classes))] = result.scores
        told = {k: c.score for k, c in result.choices.items() if c.score is not None}
        entry: dict[str, Any] = {
            "fold": fold.name,
            "params": {
                f"{member}__{name}": value
                for member, choice in result.choices.items()
                for name, value in choice.params.items()
            },
        }
        chosen.append({**entry, "inner_scores": told} if told else entry)
    return Tuned(predicted, scores, chosen, fusion.n_candidates, settings.how)
