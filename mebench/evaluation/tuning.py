"""From rows to predictions: fixed, nested or oracle tuning over the folds of a protocol."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..errors import BadInput
from ..methods.candidates import Candidates, as_matrix, params_of
from ..methods.combination import LateFusion
from ..scoring.subjects import NEVER_LEFT_OUT, Fold
from ..storage.checkpoint import Kept
from ..storage.rows import gram_matrix
from ..svm import (
    PolySVC,
    PolySVCSearch,
    fit_point,
    nested_search,
    points,
    score_table,
    search_grid,
)
from .attempts import (
    Packing,
    attempt_each,
    in_words,
    kept_in,
    pack_final,
    pack_guesses,
    unpack_final,
    unpack_guesses,
)
from .tuned import TUNINGS, Progress, Tuned

__all__ = ["predict_folds"]

_log = logging.getLogger(__name__)


def predict_folds(
    tail: Pipeline,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    folds: Sequence[Fold],
    *,
    tuning: str = "nested",
    grid: Any = None,
    tune: Mapping[str, Sequence[Any]] | None = None,
    scoring: str = "macro_f1",
    n_jobs: int | None = None,
    progress: Progress | None = None,
    shared: bool = True,
    units: np.ndarray | None = None,
    keep: Path | None = None,
) -> Tuned:
    """Fit on each training fold, predict its test samples.

    Parameters
    ----------
    tail : Pipeline
        Steps that learn, and a classifier; fitted on training samples only, inner folds
        included.
    X : ndarray ``(n, d)`` or list
    y, groups : ndarray ``(n,)``
        Labels and subject keys.
    folds : sequence of Fold
    tuning : {'nested', 'oracle', 'fixed'}, default 'nested'
    grid : grid of :func:`mebench.svm.points`, optional
        Only with a :class:`mebench.svm.PolySVC`.
    tune : mapping, optional
        Other parameters of the steps or the classifier (``step__parameter``) and their values.
        All combinations with the points of `grid` are tried.
    scoring : {'macro_f1', 'uar', 'accuracy'}, default 'macro_f1'
        Of the pooled predictions by which a choice is made.
    n_jobs : int, optional
    progress : callable, optional
    shared : bool, default True
        Use one Gram matrix for all folds where no step learns. False fits every fold by
        itself; the predictions are the same.
    units : ndarray ``(n, n_units)`` of 0 and 1, optional
        Action units, for steps whose ``fit`` takes ``units``: those of the training samples.
    keep : path, optional
        Folder where finished parts are kept, so that the same call goes on where it was.

    Raises
    ------
    BadInput
        An unknown tuning, a grid for another classifier, or parameters that do not exist.

    Notes
    -----
    A fold in which something raises is recorded in ``failed``, and the others go on; where all
    of them fail, the first error is raised.
    """
    if tuning not in TUNINGS:
        raise BadInput(f"tuning must be one of {', '.join(TUNINGS)}, found {tuning!r}.")
    classifier = tail.steps[-1][1]
    if isinstance(classifier, LateFusion) and len(tail.steps) == 1 and not tune:
        from .combined import predict_combined

        return predict_combined(
            classifier, X, y, groups, folds, tuning=tuning, grid=grid, scoring=scoring,
            n_jobs=n_jobs, progress=progress, shared=shared, keep=keep,
        )  # fmt: skip
    if isinstance(classifier, PolySVCSearch):  # searches by itself, behind what is fitted once
        name = tail.steps[-1][0]
        how = {f"{name}__scoring": scoring, **({f"{name}__grid": grid} if grid is not None else {})}
        tail, grid = clone(tail).set_params(**how), None
    kernel_machine = isinstance(classifier, PolySVC)
    if grid is not None and not kernel_machine:
        raise BadInput(
            f"A grid is searched with mebench.svm.PolySVC only; this method ends in "
            f"{type(classifier).__name__}. Leave the grid out, or tune it with `tune`."
        )
    tune = dict(tune or {})
    if tuning != "fixed" and kernel_machine and grid is None:
        grid = "linear" if classifier.kernel == "linear" else "coarse"
    if tuning != "fixed" and not kernel_machine and not tune:
        tuning = "fixed"  # there is nothing to choose between
    together = shared and kernel_machine and len(tail.steps) == 1 and not tune
    what = {
        "tail": tail, "X": X, "y": y, "groups": groups, "folds": list(folds), "tuning": tuning,
        "grid": None if tuning == "fixed" or not kernel_machine else points(grid), "tune": tune,
        "scoring": scoring, "units": units, "together": together,
    }  # fmt: skip
    with kept_in(keep, **what) as kept:
        if together:
            return _shared(
                classifier, X, y, groups, folds, tuning, grid, scoring, n_jobs, progress, kept
            )
        name, first = tail.steps[0]
        tuned = any(key.startswith(f"{name}__") for key in tune)
        if shared and hasattr(first, "condense") and isinstance(X, np.ndarray) and not tuned:
            X = first.condense(X)  # long rows are read once, not in each fold; the same otherwise
        choices = (None, {}) if tuning == "fixed" else (grid, tune)
        candidates = Candidates(tail, groups, units, *choices)
        return _per_fold(candidates, X, y, groups, folds, tuning, scoring, n_jobs, progress, kept)


def _shared(
    classifier: PolySVC,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    folds: Sequence[Fold],
    tuning: str,
    grid: Any,
    scoring: str,
    n_jobs: int | None,
    progress: Progress | None,
    kept: Kept,
) -> Tuned:
    """All folds from one Gram matrix: whatever the features' length, their products suffice."""
    X = as_matrix(X)
    started = time.perf_counter()
    gram = gram_matrix(X)
    _log.info("products of %d × %d features: %.2f s", *X.shape, time.perf_counter() - started)
    settings: dict[str, Any] = {"class_weight": classifier.class_weight, "tol": classifier.tol}
    parallel: dict[str, Any] = {"n_jobs": n_jobs or 1, "progress": progress, "kept": kept}
    if tuning == "nested":
        found = nested_search(gram, y, folds, groups, grid, scoring=scoring, **settings, **parallel)
        _log.info(
            "nested search: %d points, %d folds in %.2f s",
            len(found.points), len(folds), time.perf_counter() - started,
        )  # fmt: skip
        chosen = [
            {"fold": fold.name, "params": params_of(found.points[i]), "inner_score": float(score)}
            for fold, i, score in zip(folds, found.chosen, found.inner_score, strict=True)
        ]
        predicted = _decoded(found.predictions, found.classes)
        return Tuned(
            predicted, found.scores, chosen, len(found.points), tuning,
            candidates=[params_of(point) for point in found.points], surface=found.inner_scores,
        )  # fmt: skip
    classes, codes = np.unique(y, return_inverse=True)
    candidates, table = [], None
    if tuning == "oracle":
        candidates = points(grid)
        guesses = search_grid(gram, y, folds, candidates, **settings, **parallel)
        table = score_table(guesses, codes, scoring)
        point = candidates[_first_best(table)]
    predicted = np.full(len(y), None, object)
    scores = np.full((len(y), len(classes)), np.nan)
    chosen = []
    for done, fold in enumerate(folds):
        if tuning == "fixed":
            point = classifier.point(X, fold.train)
        name = f"fold {done} ({fold.name}) at {point}"
        if name not in kept:
            started = time.perf_counter()
            guess, score = fit_point(gram, y, fold.train, fold.test, point, **settings)
            kept[name] = {"codes": guess, "scores": score}
            _log.debug("%s: %.2f s", name, time.perf_counter() - started)
        predicted[fold.test] = classes[kept[name]["codes"]]
        scores[fold.test] = kept[name]["scores"]
        if tuning == "fixed" and progress is not None:
            progress(done + 1, len(folds))
        chosen.append({"fold": fold.name, "params": params_of(point)})
    return Tuned(
        predicted, scores, chosen, max(len(candidates), 1), tuning,
        candidates=[params_of(point) for point in candidates],
        surface=None if table is None else table[:, None],
    )  # fmt: skip


def _per_fold(
    candidates: Candidates,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    folds: Sequence[Fold],
    tuning: str,
    scoring: str,
    n_jobs: int | None,
    progress: Progress | None,
    kept: Kept,
) -> Tuned:
    """Every fold by itself, with everything that learns fitted inside it."""
    for others in candidates.others:
        candidates.built(others)  # a parameter that does not exist is no matter of a fold
    codes = np.unique(y, return_inverse=True)[1]
    inner = [list(_inner(fold, groups)) if tuning == "nested" else [] for fold in folds]
    total, done = len(folds) + sum(map(len, inner)) + len(folds) * (tuning == "oracle"), 0
    errors: dict[int, Exception] = {}

    def attempted(
        function: Callable[..., Any],
        jobs: Mapping[str, tuple],
        owners: Sequence[int],
        packing: Packing,
    ) -> Iterator[tuple[int, Any]]:
        nonlocal done
        found = attempt_each(function, jobs, kept, packing, n_jobs=n_jobs)
        for owner, (_, result, error) in zip(owners, found, strict=True):
            done += 1
            if error is not None:
                errors.setdefault(owner, error)
            if progress is not None:
                progress(done, total)
            yield owner, result

    # Each job is one fit of every candidate: of an inner fold, or (oracle) of an outer one.
    jobs: dict[str, tuple] = {}
    owners, tests = [], []
    for f, fold in enumerate(folds):
        pairs = [(fold.train, fold.test)] if tuning == "oracle" else inner[f]
        for i, (train, test) in enumerate(pairs):
            jobs[f"fold {f} ({fold.name}), choosing {i}"] = (X, y, train, test)
            owners.append(f)
            tests.append(test)
    packing = (pack_guesses, unpack_guesses)
    surfaces: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in folds]
    for (f, surface), test in zip(
        attempted(candidates.guesses, jobs, owners, packing), tests, strict=True
    ):
        if surface is not None:
            surfaces[f].append((test, surface))

    def scored(parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        table = np.full((len(candidates), len(y)), -1, np.int16)
        for test, surface in parts:
            table[:, test] = surface
        return score_table(table, codes, scoring)

    best = [0] * len(folds)
    inner_scores: list[float | None] = [None] * len(folds)
    considered: list[np.ndarray] = []
    if tuning == "oracle" and len(errors) < len(folds):
        considered = [scored(part for parts in surfaces for part in parts)]
        best = [_first_best(considered[0])] * len(folds)
    elif tuning == "nested":
        for f in range(len(folds)):
            if f in errors:
                considered.append(np.full(len(candidates), np.nan))
                continue
            found = scored(surfaces[f])
            best[f] = _first_best(found)
            inner_scores[f] = float(found[best[f]])
            considered.append(found)
    predicted = np.full(len(y), None, object)
    scores: np.ndarray | None = np.full((len(y), len(np.unique(y))), np.nan)
    chosen = []
    maps: dict[int, np.ndarray] = {}
    left = [f for f in range(len(folds)) if f not in errors]
    last = {
        f"fold {f} ({folds[f].name}), fitted with candidate {best[f]} of {len(candidates)}": (
            best[f],
            X,
            y,
            folds[f].train,
            folds[f].test,
        )
        for f in left
    }
    for f, final in attempted(candidates.final, last, left, (pack_final, unpack_final)):
        if final is None:
            continue
        fold, (label, found, params, looked) = folds[f], final
        predicted[fold.test] = label
        if found is None:
            scores = None
        elif scores is not None:
            scores[fold.test] = found
        if looked is not None:
            maps.update(zip(map(int, fold.test), looked, strict=True))
        entry: dict[str, Any] = {"fold": fold.name, "params": params}
        score = inner_scores[f]
        chosen.append(entry if score is None else {**entry, "inner_score": score})
    if len(errors) == len(folds):
        raise errors[0]
    return Tuned(
        predicted, scores, chosen, len(candidates), tuning, maps,
        candidates=[candidates.params(i) for i in range(len(candidates))] if considered else [],
        surface=np.stack(considered, axis=1) if considered else None,
        failed={folds[f].name: in_words(errors[f]) for f in sorted(errors)},
    )  # fmt: skip


def _inner(fold: Fold, groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Leave each subject of the training fold out."""
    subjects = groups[fold.train]
    left_out = sorted(set(subjects) - {NEVER_LEFT_OUT})
    if len(left_out) < 2:
        raise BadInput(
            f"Fold {fold.name} trains on one subject only, so nothing can be tuned inside it: "
            "use tuning='fixed' or more subjects."
        )
    for subject in left_out:
        yield fold.train[subjects != subject], fold.train[subjects == subject]


def _decoded(codes: np.ndarray, classes: np.ndarray) -> np.ndarray:
    out = np.full(len(codes), None, object)
    out[codes >= 0] = classes[codes[codes >= 0]]
    return out


def _first_best(found: np.ndarray) -> int:
    """The first, hence smallest, of the candidates whose scores differ by rounding alone."""
    return int((found >= found.max() - 1e-12).argmax())
