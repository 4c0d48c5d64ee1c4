"""evaluate: a method on samples under a protocol gives predictions."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..datasets import Samples
from ..explanation.layout import Layout
from ..explanation.run import layout_of_method, mean_face
from ..methods import Method, get_method
from ..methods.extract import Extracted, extract, zero_rows
from ..methods.fitting import seeded
from ..methods.parts import described, split_pipeline
from ..scoring.unit_predictions import UnitPredictions
from ..storage.cache import ArrayCache, default_cache
from ..storage.memory import peak_mib
from .action_units import detect_units
from .labels import Progress, predict_labels, stage_of
from .protocols import Protocol, get_protocol
from .settings import ON_ERROR, TARGETS, Tuning, check_choice, check_n_jobs, check_seed

__all__ = ["evaluate", "evaluate_features", "evaluate_unit_features", "evaluate_units"]


def evaluate(
    method: str | Method | BaseEstimator,
    samples: Samples,
    *,
    target: str = "label",
    units: Sequence[int] | None = None,
    protocol: str | Protocol | Any = "loso",
    tuning: str = "nested",
    grid: Any = None,
    tune: Mapping[str, Sequence[Any]] | None = None,
    scoring: str = "uf1",
    search: str = "exhaustive",
    inner: str = "loso",
    on_error: str = "error",
    cache: ArrayCache | bool = True,
    n_jobs: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    shared: bool = True,
    explain: bool = False,
    keep: Path | None = None,
) -> Any:
    """Predict every sample by a model that was trained and tuned without its fold.

    Parameters
    ----------
    method : str, Method or estimator
        See :func:`mebench.methods.get_method`. Any scikit-learn pipeline that takes clips.
    samples : Samples
    target : {'label', 'au'}, default 'label'
        What is asked of a clip: its class; or each action unit by itself, present or absent
        (the table then has a column ``au``), which gives :class:`UnitPredictions`.
    units : sequence of int, optional
        Which action units. Default: all that occur.
    protocol : str, splitter or callable, default 'loso'
        A name that :func:`mebench.evaluation.get_protocol` knows, such as ``kfold:10``; a
        scikit-learn splitter, whose groups are then the persons; or a function from the table to
        folds or to pairs (train, test). Where persons are trained and tested on, the header's
        ``warnings`` say so. Tuning stays grouped by person inside any protocol.
    tuning : {'nested', 'oracle', 'fixed'}, default 'nested'
        Choose parameters inside each training fold, leaving out its subjects (see `inner`);
        choose them on the test predictions themselves, as much of the literature does (only
        to show what that hides); or take the method's own.
    grid : str, dict or list, optional
        SVM grid instead of the method's own, see :func:`mebench.svm.grid_points`.
    tune : dict, optional
        Other parameters to tune (``step__parameter``: values) instead of the method's own.
    scoring : str, default 'uf1'
        The measure by which parameters are chosen, one of :data:`mebench.scoring.MEASURES`.
    search : {'exhaustive', 'halving'}, default 'exhaustive'
        Under nested tuning of a method whose folds share one Gram matrix: try every point of the
        grid on all training persons, or successively fewer on more
        (:func:`mebench.svm.halving_search`); the header's ``search`` then says so.
    inner : str, default 'loso'
        Who is left out while parameters are chosen inside a training fold: each of its subjects
        by itself, in a database of any size; or in turn one of K sets of whole subjects, of about
        equally many clips (``group-kfold:10``), as where steps learn anew without each of hundreds
        of subjects. The header's ``inner`` then says so.
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
    Predictions or UnitPredictions

    Raises
    ------
    BadInput
        Names that do not exist, before anything is extracted; one class only, or clips that
        cannot be used.
    FaceNotFound
        With ``on_error='error'``.

    See Also
    --------
    evaluate_features : For features that are already there.
    mebench.experiments.run_experiment : Many methods and databases, saved as they finish.

    Notes
    -----
    Where a fold fails, the others go on: the header's ``failed`` says why, ``complete`` is
    false, and the predictions have no score. Where all fail, the first error is raised.
    """
    recipe = get_method(method)
    check_choice("on_error", on_error, ON_ERROR)
    given = {
        "target": target, "units": units, "protocol": protocol, "tuning": tuning,
        "grid": recipe.grid if grid is None else grid, "scoring": scoring, "n_jobs": n_jobs,
        "tune": recipe.tune if tune is None else tune, "seed": seed, "progress": progress,
        "shared": shared, "keep": keep, "search": search, "inner": inner,
    }  # fmt: skip
    estimator = seeded(recipe.build(), seed)
    settings = _checked(estimator, given)  # all names, before anything is extracted
    steps, tail = split_pipeline(estimator, settings.tune)
    store = _store(cache, keep)
    started, worked = time.perf_counter(), time.process_time()
    found = extract(
        steps,
        samples.clips,
        cache=store,
        on_error=on_error,
        n_jobs=n_jobs,
        progress=stage_of(progress, "features"),
        folder=keep,
    )
    spent = {
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(time.process_time() - worked, 2),
        "peak_mib": peak_mib(),
    }
    if len(found.kept) < len(samples):
        samples = samples.take(found.kept)
    X = found.matrix()
    if target == "label":
        given["classes"] = samples.classes
        given["layout"] = layout_of_method(steps, X) if explain else None
    if cache is not False:
        given["store"] = store
    predictions = evaluate_features(tail, X, samples.table, **given)
    header = {
        **predictions.header,
        "method": recipe.name,
        "title": recipe.title,
        "citation": recipe.citation,
        "pipeline": described(estimator),
        "warnings": [*predictions.header.get("warnings", []), *_twins(samples)],
        **_provenance(predictions.header, samples, steps, found, spent, zero_rows(X)),
    }
    face = mean_face(samples, steps, store) if explain and target == "label" else {}
    return replace(predictions, header=header, artifacts={**predictions.artifacts, **face})


def _store(cache: ArrayCache | bool, keep: Path | None) -> ArrayCache | None:
    """Where features are kept: beside the parts where nothing else is wanted, gone with them."""
    features = None if keep is None else keep / "features"
    store = default_cache(features) if cache is True else cache or None
    return ArrayCache(features) if store is None and features is not None else store


def _twins(samples: Samples) -> list[str]:
    """A warning where the same pictures are said to be of two persons."""
    pairs = samples.same_frames()
    if not pairs:
        return []
    a, b = pairs[0]
    more = f" and {len(pairs) - 1} more" if len(pairs) > 1 else ""
    return [
        f"PERSONS OVERLAP: the frames of {a} and {b}{more} are the same, under two persons, so "
        "what is tested may have been trained on. Repair the folders or the annotation."
    ]


def _provenance(
    head: Mapping[str, Any], samples: Samples, steps: Sequence[Any], found: Extracted,
    spent: Mapping[str, Any], zero: Sequence[int],
) -> dict[str, Any]:  # fmt: skip
    """What the header says of the clips and of the time that their features took."""
    empty = [samples.clips[i].id for i in zero]
    said = [
        f"the features of {len(empty)} of {len(samples)} clips are all zero: "
        f"{', '.join(empty[:3])}{', …' if len(empty) > 3 else ''} (is their apex on the onset? "
        "--apex replaces it)"
    ]  # fmt: skip
    return {
        # A step that fills in what nobody annotated (an apex) says how often it did.
        "notes": [
            *samples.notes,
            *(s.note(samples.clips) for s in steps if hasattr(s, "note")),
            *(said if empty else []),
        ],
        "skipped": found.failed,
        "fingerprint": samples.fingerprint(),
        "pixels": samples.pixels(),
        "seconds": {"features": spent["seconds"], **head.get("seconds", {})},
        "cpu_seconds": {"features": spent["cpu_seconds"], **head.get("cpu_seconds", {})},
        "peak_mib": {"features": spent["peak_mib"], **head.get("peak_mib", {})},
        "features_from_cache": found.from_cache,
    }


def evaluate_features(
    estimator: BaseEstimator,
    X: Any,
    table: pd.DataFrame,
    *,
    target: str = "label",
    units: Sequence[int] | None = None,
    classes: Sequence[str] | None = None,
    protocol: str | Protocol | Any = "loso",
    tuning: str = "nested",
    grid: Any = None,
    tune: Mapping[str, Sequence[Any]] | None = None,
    scoring: str = "uf1",
    search: str = "exhaustive",
    inner: str = "loso",
    n_jobs: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    shared: bool = True,
    layout: Layout | str | None = None,
    keep: Path | None = None,
    store: ArrayCache | None = None,
) -> Any:
    """The same for features that are already there.

    Parameters
    ----------
    estimator : estimator
        Classifier or pipeline; all of it is fitted inside the training folds.
    X : ndarray ``(n, d)``
    table : DataFrame
        One row per row of `X`: ``clip_id, dataset, subject`` and ``label`` or ``au``.
    target, units
        As in :func:`evaluate`. Of action units each has a classifier of its own, one against the
        rest; one with an attribute ``joint_units`` that is true is fitted to all of them at once.
    classes : sequence of str, optional
        In print order. Default: the labels, sorted.
    protocol, tuning, grid, tune, scoring, search, inner, n_jobs, seed, progress, shared, keep
        As in :func:`evaluate`.
    layout : Layout, optional
        The region of each column: then those regions are explained, as by ``explain`` in
        :func:`evaluate`. A string is the reason why they cannot be.
    store : ArrayCache, optional
        Where the search of a grid is kept once it is done, under a hash of all that decides it.

    Returns
    -------
    Predictions or UnitPredictions

    See Also
    --------
    evaluate

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> table = pd.DataFrame({"clip_id": list("abcdef"), "dataset": "toy",
    ...                       "subject": list("112233"), "label": ["sad", "glad"] * 3})
    >>> X = np.array([[0.0], [5.0], [1.0], [6.0], [0.5], [5.5]])
    >>> evaluate_features(KNeighborsClassifier(1), X, table).scores()["uar"]
    1.0
    """
    given = {
        "target": target, "protocol": protocol, "tuning": tuning, "grid": grid, "tune": tune,
        "scoring": scoring, "seed": seed, "n_jobs": n_jobs, "search": search, "inner": inner,
    }  # fmt: skip
    settings = _checked(estimator, given)
    named = grid if isinstance(grid, (str, os.PathLike)) else None
    common: dict[str, Any] = {
        "protocol": protocol, "n_jobs": n_jobs, "seed": seed, "progress": progress, "keep": keep,
        "shared": shared, "grid_name": None if named is None else str(named),
    }  # fmt: skip
    if target == "au":
        return detect_units(estimator, X, table, settings, units=units, **common)
    return predict_labels(
        estimator, X, table, settings, classes=classes, layout=layout, store=store, **common
    )


def _checked(estimator: BaseEstimator, given: Mapping[str, Any]) -> Tuning:
    """How parameters are chosen, once every name is known to mean something."""
    check_choice("target", given["target"], TARGETS)
    check_seed(given["seed"])
    check_n_jobs(given["n_jobs"])
    get_protocol(given["protocol"], seed=given["seed"])
    settings = Tuning(
        given["tuning"], given["grid"], given["tune"] or {}, given["scoring"],
        search=given["search"], seed=given["seed"], inner=given["inner"],
    )  # fmt: skip
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if given["grid"] is not None and not hasattr(last, "members"):  # a combination has machines
        settings.checked_for(last)
    return settings


def evaluate_units(
    method: str | Method | BaseEstimator, samples: Samples, **settings: Any
) -> UnitPredictions:
    """:func:`evaluate` with ``target="au"``."""
    found: UnitPredictions = evaluate(method, samples, target="au", **settings)
    return found


def evaluate_unit_features(
    estimator: BaseEstimator, X: Any, table: pd.DataFrame, **settings: Any
) -> UnitPredictions:
    """:func:`evaluate_features` with ``target="au"``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> table = pd.DataFrame({"clip_id": list("abcdef"), "dataset": "toy",
    ...                       "subject": list("112233"), "au": ["4", "12"] * 3})
    >>> X = np.array([[0.0], [5.0], [1.0], [6.0], [0.5], [5.5]])
    >>> evaluate_unit_features(KNeighborsClassifier(1), X, table).per_unit()["f1"].to_dict()
    {4: 1.0, 12: 1.0}
    """
    found: UnitPredictions = evaluate_features(estimator, X, table, target="au", **settings)
    return found
