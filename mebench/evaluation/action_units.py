"""Action-unit detection: one yes-or-no question per unit, under any protocol."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from ..datasets.au import units as units_of
from ..datasets.units import unit_matrix
from ..errors import ClusterLost
from ..methods.fitting import fit_tail, seeded
from ..methods.parts import described
from ..scoring.checks import check_samples
from ..scoring.subjects import Fold, checked_folds, fold_warnings, subject_keys
from ..scoring.unit_predictions import UnitPredictions
from .attempts import attempt_each, in_words, kept_in, pack_guesses, unpack_guesses
from .fixed_splits import split_header
from .labels import Progress, predict_labels
from .protocols import Protocol, get_protocol, name_of
from .settings import Tuning

__all__ = ["detect_units"]


def detect_units(
    estimator: BaseEstimator,
    X: Any,
    table: pd.DataFrame,
    settings: Tuning,
    *,
    units: Sequence[int] | None = None,
    protocol: str | Protocol = "loso",
    n_jobs: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    shared: bool = True,
    keep: Path | None = None,
    grid_name: str | None = None,
) -> UnitPredictions:
    """Detect each action unit by a classifier of its own (one against the rest).

    A classifier with an attribute ``joint_units`` that is true is fitted once per fold, to the
    whole matrix ``(n, n_units)`` of 0 and 1. Elsewhere, where a training fold has a unit always
    or never, that is what is predicted. Where the protocol stratifies and there is no label, the
    set of units is taken. :func:`mebench.evaluation.evaluate_features` says what else is what.
    """
    Y, wanted = unit_matrix(table, units)
    if "label" not in table:
        table = table.assign(label=["+".join(map(str, sorted(units_of(a)))) for a in table["au"]])
    folds = list(checked_folds(list(get_protocol(protocol, seed=seed)(table))))
    X = np.asarray(X)
    check_samples(X, table)
    head: dict[str, Any] = {}
    if getattr(_classifier(estimator), "joint_units", False):
        return _jointly(
            estimator, X, table, Y, wanted, folds, protocol, seed=seed, progress=progress, keep=keep
        )
    parts, chosen = [], {}
    failed: dict[str, str] = {}
    errors: list[Exception] = []
    for place, unit in enumerate(wanted):
        try:
            part, found, lost = _one_unit(
                estimator, X, table, Y[:, place], folds, settings,
                n_jobs=n_jobs, seed=seed, shared=shared, keep=keep, grid_name=grid_name,
            )  # fmt: skip
        except ClusterLost:
            raise
        except Exception as error:  # all folds of this unit failed; other units may not
            errors.append(error)
            failed[f"AU{unit}"] = in_words(error)
        else:
            part.insert(4, "unit", unit)
            parts.append(part)
            failed |= {f"AU{unit}, {name}": reason for name, reason in lost.items()}
            if found:
                head, chosen[str(unit)] = found, found["chosen"]
        if progress is not None:
            progress("action units", place + 1, len(wanted))
    if not parts:
        raise errors[0]
    head = {
        **head,
        **_unit_header(table, Y, wanted, folds, protocol),
        "complete": not failed,
        "failed": failed,
        "tuning": head.get("tuning", "fixed"),
        **({"search": head["search"]} if "search" in head else {}),
        "chosen": chosen,
    }
    for key in ("classes", "class_counts"):
        head.pop(key, None)
    return UnitPredictions(pd.concat(parts, ignore_index=True), head)


def _one_unit(
    estimator: BaseEstimator, X: np.ndarray, table: pd.DataFrame, y: np.ndarray,
    folds: Sequence[Fold], settings: Tuning, **how: Any,
) -> tuple[pd.DataFrame, dict[str, Any], dict[str, str]]:  # fmt: skip
    """Rows of one unit; the header of what was trained, empty if nothing; and failed folds."""
    guess, fold_of = np.zeros(len(y), int), np.full(len(y), None, object)
    for fold in folds:
        fold_of[fold.test] = fold.name
        guess[fold.test] = int(y[fold.train].mean() >= 0.5)
    open_folds = [f for f in folds if 0 < y[f.train].sum() < len(f.train)]
    head: dict[str, Any] = {}
    failed: dict[str, str] = {}
    if open_folds:
        asked = table.assign(label=y.astype(str))
        found = predict_labels(estimator, X, asked, settings, protocol=_given(open_folds), **how)
        answer = found.table.set_index("clip_id")["y_pred"].astype(int)
        tested = table["clip_id"].isin(answer.index).to_numpy()
        guess[tested] = answer.loc[table["clip_id"][tested]].to_numpy()
        head, failed = found.header, dict(found.header["failed"])
        for name in failed:
            fold_of[fold_of == name] = None
    part = table[["clip_id", "dataset", "subject"]].copy()
    part["fold"], part["y_true"], part["y_pred"] = fold_of, y, guess
    return part[[f is not None for f in fold_of]], head, failed


def _jointly(
    estimator: BaseEstimator,
    X: np.ndarray,
    table: pd.DataFrame,
    Y: np.ndarray,
    wanted: list,
    folds: Sequence[Fold],
    protocol: str | Protocol,
    *,
    seed: int,
    progress: Progress | None,
    keep: Path | None,
) -> UnitPredictions:
    """All units of a fold from one model, for a classifier that takes them together."""
    started = time.perf_counter()
    tail = estimator if isinstance(estimator, Pipeline) else Pipeline([("classifier", estimator)])
    groups, parts = subject_keys(table), []

    jobs = {f"fold {i} ({f.name})": (f.train, f.test) for i, f in enumerate(folds)}
    what = {"tail": tail, "X": X, "Y": Y, "groups": groups, "folds": list(folds), "seed": seed}
    failed: dict[str, str] = {}
    errors: list[Exception] = []
    with kept_in(keep, **what) as kept:
        found = attempt_each(
            _joint_fold, jobs, kept, (pack_guesses, unpack_guesses),
            shared=(seeded(clone(tail), seed), X, Y, groups),
        )  # fmt: skip
        for done, (fold, (_, guess, error)) in enumerate(zip(folds, found, strict=True)):
            if error is not None:
                errors.append(error)
                failed[fold.name] = in_words(error)
            else:
                for place, unit in enumerate(wanted):
                    part = table.iloc[fold.test][["clip_id", "dataset", "subject"]].copy()
                    part["fold"], part["unit"] = fold.name, unit
                    part["y_true"], part["y_pred"] = Y[fold.test, place], guess[:, place]
                    parts.append(part)
            if progress is not None:
                progress("folds", done + 1, len(folds))
    if not parts:
        raise errors[0]
    head = {
        "method": type(tail.steps[-1][1]).__name__,
        "pipeline": described(estimator),
        "n_samples": len(Y),
        "n_subjects": len(set(groups)),
        "n_features": int(X.shape[1]) if X.ndim == 2 else None,
        "complete": not failed,
        "failed": failed,
        **_unit_header(table, Y, wanted, folds, protocol),
        "tuning": "fixed",
        "grid": None,
        "tune": {},
        "n_candidates": 1,
        "seed": seed,
        "chosen": {},
        "seconds": {"folds": round(time.perf_counter() - started, 2)},
    }
    rows = pd.concat(parts)  # by unit, and within each in the order of the clips
    rows = rows.iloc[np.lexsort((rows.index.to_numpy(), rows["unit"].to_numpy()))]
    return UnitPredictions(rows.reset_index(drop=True), head)


def _joint_fold(
    tail: Pipeline, X: np.ndarray, Y: np.ndarray, groups: np.ndarray, train: np.ndarray,
    test: np.ndarray,
) -> np.ndarray:  # fmt: skip
    fitted = fit_tail(clone(tail), X[train], Y[train], groups[train])
    return np.asarray(fitted.predict(X[test]), int)


def _unit_header(
    table: pd.DataFrame,
    Y: np.ndarray,
    wanted: list,
    folds: Sequence[Fold],
    protocol: str | Protocol,
) -> dict[str, Any]:
    split, said = split_header(folds, table, protocol)
    return {
        "units": wanted,
        "unit_counts": {str(u): int(n) for u, n in zip(wanted, Y.sum(0), strict=True)},
        "protocol": name_of(protocol),
        "n_folds": len(folds),
        "warnings": [*fold_warnings(folds, table), *said],
        **split,
    }


def _classifier(estimator: BaseEstimator) -> Any:
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def _given(folds: Sequence[Fold]) -> Protocol:
    def given(table: pd.DataFrame) -> Iterator[Fold]:
        return iter(folds)

    return given


# These take (..., n_databases, n_units, 4) of TP, FP, FN, TN.
