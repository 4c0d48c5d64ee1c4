"""Which class each clip is predicted to be of, by models that were trained without its fold."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from ..arrays import packed
from ..datasets.units import unit_matrix
from ..errors import BadInput
from ..explanation.layout import Layout
from ..explanation.run import explained_features
from ..methods.fitting import Rows, asks, seeded
from ..methods.parts import described
from ..scoring.checks import check_samples
from ..scoring.predictions import Predictions
from ..scoring.subjects import (
    NEVER_LEFT_OUT,
    Fold,
    LeftOut,
    checked_folds,
    fold_warnings,
    subject_keys,
)
from ..storage.cache import ArrayCache
from ..storage.memory import peak_mib
from ..svm.halving import rungs
from .fixed_splits import split_header
from .inner_folds import inner_warnings, with_inner
from .protocols import Protocol, get_protocol, name_of
from .settings import Tuning
from .tuned import Tuned, surface_table
from .tuning import predict_folds

__all__ = ["Progress", "predict_labels", "stage_of", "units_of"]

Progress = Callable[[str, int, int], None]


def predict_labels(
    estimator: BaseEstimator,
    X: Any,
    table: pd.DataFrame,
    settings: Tuning,
    *,
    classes: Sequence[str] | None = None,
    protocol: str | Protocol = "loso",
    n_jobs: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    shared: bool = True,
    layout: Layout | str | None = None,
    keep: Path | None = None,
    store: ArrayCache | None = None,
    grid_name: str | None = None,
) -> Predictions:
    """Classify every sample; :func:`mebench.evaluation.evaluate_features` says what is what."""
    y = table["label"].astype(str).to_numpy(object)
    groups = subject_keys(table)
    check_samples(X, table)
    classes = _checked_classes(y, classes)
    given = checked_folds(list(get_protocol(protocol, seed=seed)(table)))
    folds = with_inner(given, groups, settings.inner)
    tested = groups != NEVER_LEFT_OUT
    started, worked = time.perf_counter(), time.process_time()
    tail = estimator if isinstance(estimator, Pipeline) else Pipeline([("classifier", estimator)])
    data = Rows(X, y, groups, units_of(tail, table))
    tuned = predict_folds(
        seeded(clone(tail), seed),
        data,
        folds,
        replace(settings, n_classes=len(classes), seed=seed),
        n_jobs=n_jobs,
        progress=stage_of(progress, "folds"),
        shared=shared,
        keep=keep,
        store=store,
    )
    split, about_split = split_header(given, table, protocol)
    header: dict[str, Any] = {
        "method": type(tail.steps[-1][1]).__name__,
        "pipeline": described(estimator),
        "classes": classes,
        "class_counts": {c: int((y[tested] == c).sum()) for c in classes},
        "n_samples": int(tested.sum()),
        "n_subjects": len(set(groups[tested])),
        "n_features": _width(X),
        "protocol": name_of(protocol),
        "n_folds": len(folds),
        "warnings": [*fold_warnings(folds, table), *about_split, *inner_warnings(tail, folds)],
        **split,
        "complete": not tuned.failed,
        "failed": dict(tuned.failed),
        "tuning": tuned.tuning,
        "grid": grid_name or (None if settings.grid is None else f"{tuned.n_candidates} points"),
        "tune": {k: [str(v) for v in values] for k, values in settings.tune.items()},
        **search_facts(settings, folds, groups, tuned, tail.steps[-1][1]),
        "scoring": settings.scoring,
        "seed": seed,
        "chosen": tuned.chosen,
        "seconds": {"folds": round(time.perf_counter() - started, 2)},
        "cpu_seconds": {"folds": round(time.process_time() - worked, 2)},  # of this process
        "peak_mib": {"folds": peak_mib()},
    }
    artifacts: dict[str, pd.DataFrame | bytes] = {**_maps(table, tuned)}
    surface = surface_table(tuned)
    if surface is not None:
        artifacts["surface.csv"] = surface
    if layout is not None and not tuned.failed:
        files, said = explained_features(
            tail, X, y, groups, folds, tuned, layout, classes=classes,
            clip_ids=table["clip_id"].astype(str).tolist(), units=data.units,
            n_jobs=n_jobs, seed=seed,
        )  # fmt: skip
        artifacts |= files
        header["explanation"] = said["explanation"]
        for stage in ("seconds", "peak_mib"):
            header[stage] = {**header[stage], **said[stage]}
    return Predictions(_table(table, y, classes, folds, tuned), header, artifacts)


def search_facts(
    settings: Tuning, folds: Sequence[Fold], groups: np.ndarray, tuned: Tuned, classifier: Any
) -> dict[str, Any]:
    """How many settings there were, and what was unusual about how one was chosen."""
    n_points = tuned.n_candidates
    by_itself = asks(classifier, "inner") or getattr(classifier, "cv", "none") is None
    facts: dict[str, Any] = {"n_candidates": n_points}
    # Beside an oracle's score stands the nested one, which goes by them.
    if settings.inner != "loso" and (tuned.tuning != "fixed" or by_itself):
        facts["inner"] = settings.inner
    if settings.search == "exhaustive":
        return facts
    persons = [len(LeftOut(fold.train, groups)) for fold in folds]
    steps = rungs(min(persons), n_points)
    return {
        **facts,
        "search": {
            "how": settings.search, "seed": settings.seed,
            "rungs": [{"persons": p, "points": n} for p, n in steps],
        },
    }  # fmt: skip


def _checked_classes(y: np.ndarray, classes: Sequence[str] | None) -> list[str]:
    """The classes in print order."""
    if len(set(y)) < 2:
        raise BadInput(
            f"All {len(y)} samples have the same class or there are none, so there is "
            "nothing to tell apart: choose another label set."
        )
    return sorted(set(y)) if classes is None else list(classes)


def _table(
    table: pd.DataFrame, y: np.ndarray, classes: Sequence[str], folds: Sequence[Fold], tuned: Tuned
) -> pd.DataFrame:
    """One row per tested clip, in the order of the samples."""
    fold_of = np.full(len(y), None, object)
    majority = np.full(len(y), None, object)
    for fold in folds:
        if fold.name in tuned.failed:
            continue
        fold_of[fold.test] = fold.name
        counts = [(y[fold.train] == c).sum() for c in classes]
        majority[fold.test] = classes[int(np.argmax(counts))]
    out = table[["clip_id", "dataset", "subject"]].copy()
    out["fold"], out["y_true"], out["y_pred"] = fold_of, y, tuned.predicted
    out["y_majority"] = majority
    if tuned.scores is not None:
        for i, c in enumerate(np.unique(y)):
            out[f"score_{c}"] = tuned.scores[:, i]
        # A class of which there is no clip is never the highest; its column says that it counts.
        for c in classes:
            if f"score_{c}" not in out:
                out[f"score_{c}"] = tuned.scores.min(axis=1)
    return out[[f is not None for f in fold_of]].reset_index(drop=True)


def _width(X: Any) -> int | None:
    """Features per clip, those of all members of a combination together."""
    if np.ndim(X) != 2:
        return None
    if getattr(X, "dtype", None) != np.dtype(object):
        return int(np.shape(X)[1])
    rows = [cell for cell in X[0] if isinstance(cell, np.ndarray)] if len(X) else []
    return sum(row.size for row in rows) if len(rows) == X.shape[1] else None


def units_of(tail: Pipeline, table: pd.DataFrame) -> np.ndarray | None:
    """Which sample shows which action unit, where a step learns them and they are known."""
    if "au" not in table or not any(asks(step, "units") for _, step in tail.steps):
        return None
    try:
        return unit_matrix(table)[0]
    except BadInput:  # nobody coded any
        return None


def _maps(table: pd.DataFrame, tuned: Tuned) -> dict[str, bytes]:
    """``gradcam.npz``: by clip, where the network of its fold looked."""
    if not tuned.maps:
        return {}
    ids = table["clip_id"].astype(str).to_numpy()
    named = {ids[i]: m for i, m in sorted(tuned.maps.items())}
    return {"gradcam.npz": packed(named, compress=True)}


def stage_of(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    """Progress within one stage."""
    if progress is None:
        return None
    return lambda done, total: progress(stage, done, total)
