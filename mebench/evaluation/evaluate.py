"""evaluate: a method on samples under a protocol gives predictions."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from ..datasets import Samples
from ..errors import BadInput
from ..explanation.layout import Layout
from ..explanation.run import explained_features, layout_of_method, mean_face
from ..methods import Method, get_method
from ..methods.extract import extract, split_pipeline
from ..methods.fitting import asks
from ..scoring.checks import check_samples
from ..scoring.predictions import Predictions
from ..scoring.subjects import (
    NEVER_LEFT_OUT,
    Fold,
    checked_folds,
    overlap_warning,
    subject_keys,
)
from ..storage.cache import ArrayCache, default_cache
from ..storage.memory import peak_mib
from .protocols import Protocol, protocol
from .tuned import TUNINGS, Tuned, surface_table
from .tuning import predict_folds

__all__ = ["evaluate", "evaluate_features", "seeded", "units_of"]

Progress = Callable[[str, int, int], None]


def evaluate(
    method: str | Method | BaseEstimator,
    samples: Samples,
    *,
    protocol: str | Protocol = "loso",
    tuning: str = "nested",
    grid: Any = None,
    tune: Mapping[str, Sequence[Any]] | None = None,
    scoring: str = "macro_f1",
    on_error: str = "error",
    cache: ArrayCache | bool = True,
    n_jobs: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    shared: bool = True,
    explain: bool = False,
    keep: Path | None = None,
) -> Predictions:
    """Predict every sample by a model that was trained and tuned without its fold.

    Parameters
    ----------
    method : str, Method or estimator
        See :func:`mebench.methods.get_method`. Any scikit-learn pipeline that takes clips.
    samples : Samples
    protocol : str or callable, default 'loso'
        A name of :func:`mebench.evaluation.protocols.protocol`, such as ``kfold:10``, or a
        function from the table to folds. Where persons are trained and tested on, the header's
        ``warnings`` say so. Tuning stays grouped by person inside any protocol.
    tuning : {'nested', 'oracle', 'fixed'}, default 'nested'
        Choose parameters inside each training fold, leaving out its subjects one by one;
        choose them on the test predictions themselves, as much of the literature does (only
        to show what that hides); or take the method's own.
    grid : str, dict or list, optional
        SVM grid instead of the method's own, see :func:`mebench.svm.points`.
    tune : dict, optional
        Other parameters to tune (``step__parameter``: values) instead of the method's own.
    scoring : {'macro_f1', 'uar', 'accuracy'}, default 'macro_f1'
        By which parameters are chosen.
    on_error : {'error', 'skip'}, default 'error'
        Stop at a clip without a face, or leave it out; the header then lists it.
    cache : ArrayCache or bool, default True
        Where features are kept; True is the user's folder, False keeps nothing.
    n_jobs : int, optional
        As joblib counts; changes nothing but the time.
    seed : int, default 0
        For protocols that draw, and for steps whose ``random_state`` is not set.
    progress : callable, optional
        Called with (stage, done, total).
    shared : bool, default True
        Let folds share one Gram matrix where they can; the predictions are the same.
    explain : bool, default False
        Find out which regions of the face carried the decisions, and leave it in the
        predictions' ``artifacts``; the header's ``explanation`` says what was and was not done.
    keep : path, optional
        Folder where finished parts are kept: interrupted at any moment, the same call goes on
        where it was. Remove it once all is done. Default: nothing is kept but the cache.

    Returns
    -------
    Predictions

    Raises
    ------
    BadInput
        Names that do not exist, one class only, or clips that cannot be used.
    FaceNotFound
        With ``on_error='error'``.

    Notes
    -----
    Where a fold fails, the others go on: the header's ``failed`` says why, ``complete`` is
    false, and the predictions have no score. Where all fail, the first error is raised.
    """
    return from_clips(
        evaluate_features,
        method,
        samples,
        on_error=on_error,
        cache=cache,
        tune=tune,
        tuning=tuning,
        grid=grid,
        n_jobs=n_jobs,
        seed=seed,
        progress=progress,
        classes=samples.classes,
        protocol=protocol,
        scoring=scoring,
        shared=shared,
        explain=explain,
        keep=keep,
    )


def from_clips(
    judge: Callable[..., Any],
    method: str | Method | BaseEstimator,
    samples: Samples,
    *,
    on_error: str,
    cache: ArrayCache | bool,
    tune: Mapping[str, Sequence[Any]] | None,
    tuning: str,
    grid: Any,
    n_jobs: int | None,
    seed: int,
    progress: Progress | None,
    explain: bool = False,
    keep: Path | None = None,
    **settings: Any,
) -> Any:
    """Extract what can be extracted once, let `judge` evaluate the rest, and say what was done."""
    if tuning not in TUNINGS:
        raise BadInput(f"tuning must be one of {', '.join(TUNINGS)}, found {tuning!r}.")
    recipe = get_method(method)
    estimator = seeded(recipe.build(), seed)
    tune = dict(recipe.tune if tune is None else tune) if tuning != "fixed" else {}
    steps, tail = split_pipeline(estimator, tune)
    started = time.perf_counter()
    features = None if keep is None else keep / "features"
    store = default_cache(features) if cache is True else cache or None
    if store is None and features is not None:
        store = ArrayCache(features)  # gone with the other parts when all is done
    found = extract(
        steps,
        samples.clips,
        cache=store,
        on_error=on_error,
        n_jobs=n_jobs,
        progress=_stage(progress, "features"),
        folder=keep,
    )
    seconds, peak = time.perf_counter() - started, peak_mib()
    if len(found.kept) < len(samples):
        samples = samples.take(found.kept)
    X = found.matrix()
    if explain:
        settings["layout"] = layout_of_method(steps, X)
    predictions = judge(
        tail,
        X,
        samples.table,
        tuning=tuning,
        grid=recipe.grid if grid is None else grid,
        tune=tune,
        n_jobs=n_jobs,
        seed=seed,
        progress=progress,
        keep=keep,
        **settings,
    )
    header = {
        **predictions.header,
        "method": recipe.name,
        "title": recipe.title,
        "citation": recipe.citation,
        "pipeline": " ".join(repr(estimator).split()),
        # A step that fills in what nobody annotated (an apex) says how often it did.
        "notes": [*samples.notes, *(s.note(samples.clips) for s in steps if hasattr(s, "note"))],
        "skipped": found.failed,
        "fingerprint": samples.fingerprint(),
        "seconds": {"features": round(seconds, 2), **predictions.header.get("seconds", {})},
        "peak_mib": {"features": peak, **predictions.header.get("peak_mib", {})},
        "features_from_cache": found.from_cache,
    }
    face = mean_face(samples, steps, store) if explain else {}
    return replace(predictions, header=header, artifacts={**predictions.artifacts, **face})


def evaluate_features(
    estimator: BaseEstimator,
    X: Any,
    table: pd.DataFrame,
    *,
    classes: Sequence[str] | None = None,
    protocol: str | Protocol = "loso",
    tuning: str = "nested",
    grid: Any = None,
    tune: Mapping[str, Sequence[Any]] | None = None,
    scoring: str = "macro_f1",
    n_jobs: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    shared: bool = True,
    layout: Layout | str | None = None,
    keep: Path | None = None,
) -> Predictions:
    """The same for features that are already there.

    Parameters
    ----------
    estimator : estimator
        Classifier or pipeline; all of it is fitted inside the training folds.
    X : ndarray ``(n, d)``
    table : DataFrame
        One row per row of `X`: ``clip_id, dataset, subject, label``.
    classes : sequence of str, optional
        In print order. Default: the labels, sorted.
    protocol, tuning, grid, tune, scoring, n_jobs, seed, progress, shared, keep
        As in :func:`evaluate`.
    layout : Layout, optional
        The region of each column: then those regions are explained, as by ``explain`` in
        :func:`evaluate`. A string is the reason why they cannot be.

    Returns
    -------
    Predictions

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> table = pd.DataFrame({"clip_id": list("abcdef"), "dataset": "toy",
    ...                       "subject": list("112233"), "label": ["sad", "glad"] * 3})
    >>> X = np.array([[0.0], [5.0], [1.0], [6.0], [0.5], [5.5]])
    >>> evaluate_features(KNeighborsClassifier(1), X, table).scores()["uar"]
    1.0
    """
    y = table["label"].astype(str).to_numpy(object)
    groups = subject_keys(table)
    check_samples(X, table)
    if len(set(y)) < 2:
        raise BadInput(
            f"All {len(y)} samples have the same class or there are none, so there is "
            "nothing to tell apart: choose another label set."
        )
    classes = sorted(set(y)) if classes is None else list(classes)
    folds = _folds(protocol, table, seed)
    tested = groups != NEVER_LEFT_OUT
    started = time.perf_counter()
    tail = estimator if isinstance(estimator, Pipeline) else Pipeline([("classifier", estimator)])
    tuned = predict_folds(
        seeded(clone(tail), seed),
        X,
        y,
        groups,
        folds,
        tuning=tuning,
        grid=grid if tuning != "fixed" else None,
        tune=tune if tuning != "fixed" else None,
        scoring=scoring,
        n_jobs=n_jobs,
        progress=_stage(progress, "folds"),
        shared=shared,
        units=units_of(tail, table),
        keep=keep,
    )
    header: dict[str, Any] = {
        "method": type(tail.steps[-1][1]).__name__,
        "pipeline": " ".join(repr(estimator).split()),
        "classes": classes,
        "class_counts": {c: int((y[tested] == c).sum()) for c in classes},
        "n_samples": int(tested.sum()),
        "n_subjects": len(set(groups[tested])),
        "n_features": _width(X),
        "protocol": protocol if isinstance(protocol, str) else getattr(protocol, "__name__", "?"),
        "n_folds": len(folds),
        "warnings": [w for w in [overlap_warning(folds, table)] if w],
        "complete": not tuned.failed,
        "failed": dict(tuned.failed),
        "tuning": tuned.tuning,
        "grid": grid if isinstance(grid, str) or grid is None else f"{tuned.n_candidates} points",
        "tune": {k: [str(v) for v in values] for k, values in (tune or {}).items()},
        "n_candidates": tuned.n_candidates,
        "scoring": scoring,
        "seed": seed,
        "chosen": tuned.chosen,
        "seconds": {"folds": round(time.perf_counter() - started, 2)},
        "peak_mib": {"folds": peak_mib()},
    }
    artifacts: dict[str, pd.DataFrame | bytes] = {**_maps(table, tuned)}
    surface = surface_table(tuned)
    if surface is not None:
        artifacts["surface.csv"] = surface
    if layout is not None and not tuned.failed:
        files, said = explained_features(
            tail, X, y, groups, folds, tuned.chosen, tuned.predicted, layout, classes=classes,
            clip_ids=table["clip_id"].astype(str).tolist(), units=units_of(tail, table),
            n_jobs=n_jobs, seed=seed,
        )  # fmt: skip
        artifacts |= files
        header["explanation"] = said["explanation"]
        for stage in ("seconds", "peak_mib"):
            header[stage] = {**header[stage], **said[stage]}
    return Predictions(_table(table, y, classes, folds, tuned), header, artifacts)


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
    from ..datasets.units import unit_matrix

    try:
        return unit_matrix(table)[0]
    except BadInput:  # nobody coded any
        return None


def _maps(table: pd.DataFrame, tuned: Tuned) -> dict[str, bytes]:
    """``gradcam.npz``: by clip, where the network of its fold looked."""
    if not tuned.maps:
        return {}
    ids = table["clip_id"].astype(str).to_numpy()
    buffer = io.BytesIO()
    named: dict[str, Any] = {ids[i]: m for i, m in sorted(tuned.maps.items())}
    np.savez_compressed(buffer, **named)
    return {"gradcam.npz": buffer.getvalue()}


def _folds(name: str | Protocol, table: pd.DataFrame, seed: int) -> Sequence[Fold]:
    return checked_folds(list(protocol(name, seed=seed)(table)))


def seeded(estimator: BaseEstimator, seed: int) -> BaseEstimator:
    """The estimator with every open ``random_state`` set."""
    open_states = {
        key: seed
        for key, value in estimator.get_params().items()
        if key.split("__")[-1] == "random_state" and value is None
    }
    return estimator.set_params(**open_states)


def _stage(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(stage, done, total)
