"""Action-unit detection: one yes-or-no question per unit, under any protocol."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from ..datasets import Samples
from ..datasets.au import units as units_of
from ..errors import BadInput
from ..methods import Method
from .attempts import attempt_each, in_words, kept_in, pack_guesses, unpack_guesses
from .bootstrap import interval, resamples
from .cache import ArrayCache
from .checks import check_samples
from .evaluate import Progress, evaluate_features, from_clips, seeded
from .fitting import fit_tail
from .folds import Fold, checked_folds, overlap_warning, subject_keys
from .predictions import INCOMPLETE
from .protocols import Protocol
from .protocols import protocol as protocol_of

__all__ = [
    "CD6ME_UNITS",
    "UnitPredictions",
    "evaluate_unit_features",
    "evaluate_units",
    "unit_matrix",
]

#: The units of CD6ME (Varanka et al. 2023).
CD6ME_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17)

_NEEDED = ("clip_id", "dataset", "subject", "fold", "unit", "y_true", "y_pred")


@dataclass(frozen=True, eq=False)
class UnitPredictions:
    """Predicted action units of all test folds, and what made them.

    Parameters
    ----------
    table : DataFrame
        One row per clip and unit: ``clip_id, dataset, subject, fold, unit`` and ``y_true,
        y_pred``, 1 where the unit is there and else 0.
    header : dict
        JSON-like; ``units`` in print order is required.
    artifacts : dict
        As in :class:`mebench.evaluation.Predictions`.

    Examples
    --------
    >>> table = pd.DataFrame({"clip_id": list("wxyzwxyz"), "dataset": "toy",
    ...     "subject": list("11221122"), "fold": "1", "unit": [4] * 4 + [12] * 4,
    ...     "y_true": [1, 1, 0, 0, 1, 0, 0, 0], "y_pred": [1, 0, 0, 0, 0, 0, 0, 0]})
    >>> found = UnitPredictions(table, {"units": [4, 12]})
    >>> {name: round(value, 3) for name, value in found.scores().items()}
    {'f1_unit_mean': 0.333, 'f1_database_mean': 0.333, 'macro_f1_unit_mean': 0.581}
    """

    table: pd.DataFrame
    header: dict[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, pd.DataFrame | bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [c for c in _NEEDED if c not in self.table]
        if missing:
            raise BadInput(f"The table of predictions lacks the column(s) {', '.join(missing)}.")
        if "units" not in self.header:
            raise BadInput("The header of predicted action units must name the units.")
        twice = self.table.duplicated(["clip_id", "unit"])
        if twice.any():
            row = self.table[twice].iloc[0]
            raise BadInput(f"Unit {row['unit']} of clip {row['clip_id']!r} is predicted twice.")
        for column in ("y_true", "y_pred"):
            if not self.table[column].isin([0, 1]).all():
                raise BadInput(f"The column {column} of action units holds 0 and 1 only.")

    @property
    def units(self) -> list[int]:
        """The units, in print order."""
        return list(self.header["units"])

    @property
    def complete(self) -> bool:
        """Whether every unit of every fold is there."""
        return bool(self.header.get("complete", True))

    @property
    def datasets(self) -> list[str]:
        """The databases that the clips are of."""
        return list(dict.fromkeys(self.table["dataset"].astype(str)))

    def per_unit(self, dataset: str | None = None) -> pd.DataFrame:
        """Of each unit: clips, positives, precision, recall, F1, macro-F1, and F1 of all ones.

        F1 is that of the unit being there, 0 where nothing is found or to be found; macro-F1 is
        its mean with the F1 of not being there, a much larger number for rare units: the two
        must not be mixed. ``f1_all_ones`` is what calling every unit everywhere gives.
        """
        counts = self._counts()[1].sum(0)
        names = self.datasets
        chosen = counts[names.index(dataset)] if dataset else counts.sum(0)
        tp, fp, fn, tn = np.moveaxis(chosen, -1, 0)
        f1 = _f1(tp, fp, fn)
        return pd.DataFrame(
            {
                "n": tp + fp + fn + tn,
                "positives": tp + fn,
                "precision": tp / np.maximum(tp + fp, 1),
                "recall": tp / np.maximum(tp + fn, 1),
                "f1": f1,
                "macro_f1": (f1 + _f1(tn, fn, fp)) / 2,
                "f1_all_ones": _f1(tp + fn, fp + tn, np.zeros_like(tp)),
            },
            index=pd.Index(self.units, name="unit"),
        )

    def scores(self, column: str = "y_pred") -> dict[str, float]:
        """Means over units (of the pooled predictions) and over databases.

        ``f1_unit_mean``: F1 of each unit over all clips, then the mean over units.
        ``f1_database_mean``: the same within each database, then the mean over databases.

        Parameters
        ----------
        column : {'y_pred', 'all_ones'}, default 'y_pred'
        """
        counts = self._counts(column)[1].sum(0)
        return {name: float(score(counts)) for name, score in _SCORES.items()}

    def intervals(self, level: float = 0.95, seed: int = 0) -> dict[str, tuple[float, float]]:
        """Intervals of the scores, by bootstrap over subjects."""
        blocks = self._counts()[1]
        drawn = np.tensordot(resamples(len(blocks), 2000, seed), blocks, axes=1)
        whole = blocks.sum(0)
        return {
            name: interval(score, whole, drawn, whole - blocks, level)
            for name, score in _SCORES.items()
        }

    def restricted(self, dataset: str) -> UnitPredictions:
        """The predictions on the clips of one database."""
        rows = self.table["dataset"].astype(str) == dataset
        return replace(self, table=self.table[rows].reset_index(drop=True))

    def summary(self) -> dict[str, Any]:
        """Scores, intervals and baseline, as plain values."""
        return {
            "scores": self.scores(),
            "intervals": self.intervals(),
            "all_ones": self.scores("all_ones"),
            "per_unit": self.per_unit().to_dict("index"),
            "per_database": {name: self.restricted(name).scores() for name in self.datasets},
        }

    def _counts(self, column: str = "y_pred") -> tuple[np.ndarray, np.ndarray]:
        """Subjects, and TP, FP, FN, TN of each subject, database and unit."""
        if not self.complete:
            raise BadInput(INCOMPLETE)
        t = self.table
        truth = t["y_true"].to_numpy(int)
        guess = np.ones_like(truth) if column == "all_ones" else t[column].to_numpy(int)
        keys, subject = np.unique(subject_keys(t).astype(str), return_inverse=True)
        data = pd.Index(self.datasets).get_indexer(pd.Index(t["dataset"].astype(str)))
        unit = pd.Index(self.units).get_indexer(pd.Index(t["unit"]))
        if (unit < 0).any():
            raise BadInput("The table has action units that its header does not name.")
        kind = np.where(guess == 1, np.where(truth == 1, 0, 1), np.where(truth == 1, 2, 3))
        out = np.zeros((len(keys), len(self.datasets), len(self.units), 4), np.int64)
        np.add.at(out, (subject, data, unit, kind), 1)
        return keys, out


def unit_matrix(table: pd.DataFrame, units: Sequence[int] | None = None) -> tuple[np.ndarray, list]:
    """Which clip shows which unit: ``(n_clips, n_units)`` of 0 and 1, and the units.

    Parameters
    ----------
    table : DataFrame
        With a column ``au`` as annotators write it (:func:`mebench.datasets.au.units`: sides
        merged, intensities left aside).
    units : sequence of int, optional
        Default: all that occur.

    Examples
    --------
    >>> unit_matrix(pd.DataFrame({"au": ["R4+12", "12"]}))
    (array([[1, 1],
           [0, 1]]), [4, 12])
    """
    if "au" not in table:
        raise BadInput(
            "The table has no column au, so no action units can be detected; it has "
            f"{', '.join(map(str, table.columns))}."
        )
    shown = [units_of(text) for text in table["au"]]
    wanted = sorted(frozenset().union(*shown)) if units is None else [int(u) for u in units]
    if not wanted:
        raise BadInput("No clip has a coded action unit, so there is nothing to detect.")
    return np.array([[int(u in s) for u in wanted] for s in shown], int), wanted


def evaluate_unit_features(
    estimator: BaseEstimator,
    X: Any,
    table: pd.DataFrame,
    *,
    units: Sequence[int] | None = None,
    protocol: str | Protocol = "loso",
    tuning: str = "nested",
    grid: Any = None,
    tune: Mapping[str, Sequence[Any]] | None = None,
    scoring: str = "macro_f1",
    n_jobs: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    shared: bool = True,
    keep: Path | None = None,
) -> UnitPredictions:
    """Detect each action unit by a classifier of its own (one against the rest).

    Parameters
    ----------
    estimator : estimator
        Cloned for each unit and fold; one with an attribute ``joint_units`` that is true is
        fitted once per fold, to the whole matrix ``(n, n_units)`` of 0 and 1. Elsewhere, where
        a training fold has a unit always or never, that is what is predicted.
    X : ndarray ``(n, d)``
    table : DataFrame
        ``clip_id, dataset, subject, au``; ``label`` where the protocol stratifies (else the set
        of units is taken).
    units : sequence of int, optional
        Default: all units that occur. :data:`CD6ME_UNITS` are those of CD6ME.
    protocol, tuning, grid, tune, scoring, n_jobs, seed, progress, shared, keep
        As in :func:`mebench.evaluation.evaluate_features`; tuning is by unit.

    Returns
    -------
    UnitPredictions

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> table = pd.DataFrame({"clip_id": list("abcdef"), "dataset": "toy",
    ...                       "subject": list("112233"), "au": ["4", "12"] * 3})
    >>> X = np.array([[0.0], [5.0], [1.0], [6.0], [0.5], [5.5]])
    >>> evaluate_unit_features(KNeighborsClassifier(1), X, table).per_unit()["f1"].to_dict()
    {4: 1.0, 12: 1.0}
    """
    Y, wanted = unit_matrix(table, units)
    if "label" not in table:
        table = table.assign(label=["+".join(map(str, sorted(units_of(a)))) for a in table["au"]])
    folds = list(checked_folds(list(protocol_of(protocol, seed=seed)(table))))
    X = np.asarray(X)
    check_samples(X, table)
    parts, chosen, header = [], {}, {}
    failed: dict[str, str] = {}
    errors: list[Exception] = []
    if getattr(_classifier(estimator), "joint_units", False):
        return _jointly(
            estimator, X, table, Y, wanted, folds, protocol, seed=seed, progress=progress, keep=keep
        )
    for place, unit in enumerate(wanted):
        y = Y[:, place]
        guess, fold_of = np.zeros(len(y), int), np.full(len(y), None, object)
        for fold in folds:
            fold_of[fold.test] = fold.name
            guess[fold.test] = int(y[fold.train].mean() >= 0.5)
        open_folds = [f for f in folds if 0 < y[f.train].sum() < len(f.train)]
        if open_folds:
            try:
                found = evaluate_features(
                    estimator,
                    X,
                    table.assign(label=y.astype(str)),
                    protocol=_given(open_folds),
                    tuning=tuning,
                    grid=grid,
                    tune=tune,
                    scoring=scoring,
                    n_jobs=n_jobs,
                    seed=seed,
                    shared=shared,
                    keep=keep,
                )
            except Exception as error:  # all folds of this unit failed; other units may not
                errors.append(error)
                failed[f"AU{unit}"] = in_words(error)
                fold_of[:] = None
            else:
                answer = found.table.set_index("clip_id")["y_pred"].astype(int)
                tested = table["clip_id"].isin(answer.index).to_numpy()
                guess[tested] = answer.loc[table["clip_id"][tested]].to_numpy()
                header, chosen[str(unit)] = found.header, found.header["chosen"]
                for name, reason in found.header["failed"].items():
                    failed[f"AU{unit}, {name}"] = reason
                    fold_of[fold_of == name] = None
        part = table[["clip_id", "dataset", "subject"]].copy()
        part["fold"], part["unit"], part["y_true"], part["y_pred"] = fold_of, unit, y, guess
        parts.append(part[[f is not None for f in fold_of]])
        if progress is not None:
            progress("action units", place + 1, len(wanted))
    if len(errors) == len(wanted):
        raise errors[0]
    head = {
        **header,
        **_unit_header(table, Y, wanted, folds, protocol),
        "complete": not failed,
        "failed": failed,
        "tuning": header.get("tuning", "fixed"),
        "chosen": chosen,
    }
    for key in ("classes", "class_counts"):
        head.pop(key, None)
    return UnitPredictions(pd.concat(parts, ignore_index=True), head)


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

    def one(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        fitted = fit_tail(seeded(clone(tail), seed), X[train], Y[train], groups[train])
        return np.asarray(fitted.predict(X[test]), int)

    jobs = {f"fold {i} ({f.name})": (f.train, f.test) for i, f in enumerate(folds)}
    what = {"tail": tail, "X": X, "Y": Y, "groups": groups, "folds": list(folds), "seed": seed}
    failed: dict[str, str] = {}
    errors: list[Exception] = []
    with kept_in(keep, **what) as kept:
        found = attempt_each(one, jobs, kept, (pack_guesses, unpack_guesses))
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
        "pipeline": " ".join(repr(estimator).split()),
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


def _unit_header(
    table: pd.DataFrame,
    Y: np.ndarray,
    wanted: list,
    folds: Sequence[Fold],
    protocol: str | Protocol,
) -> dict[str, Any]:
    return {
        "units": wanted,
        "unit_counts": {str(u): int(n) for u, n in zip(wanted, Y.sum(0), strict=True)},
        "protocol": protocol if isinstance(protocol, str) else getattr(protocol, "__name__", "?"),
        "n_folds": len(folds),
        "warnings": [w for w in [overlap_warning(folds, table)] if w],
    }


def _classifier(estimator: BaseEstimator) -> Any:
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def evaluate_units(
    method: str | Method | BaseEstimator,
    samples: Samples,
    *,
    units: Sequence[int] | None = None,
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
    keep: Path | None = None,
) -> UnitPredictions:
    """The same from clips: features once, then one classifier per unit and fold.

    Parameters
    ----------
    method, samples, on_error, cache
        As in :func:`mebench.evaluation.evaluate`; the table of the samples has a column ``au``.
    units, protocol, tuning, grid, tune, scoring, n_jobs, seed, progress, keep
        As in :func:`evaluate_unit_features`.
    """
    found: UnitPredictions = from_clips(
        evaluate_unit_features, method, samples, on_error=on_error, cache=cache, tune=tune,
        tuning=tuning, grid=grid, n_jobs=n_jobs, seed=seed, progress=progress, units=units,
        protocol=protocol, scoring=scoring, keep=keep,
    )  # fmt: skip
    return found


def _given(folds: Sequence[Fold]) -> Protocol:
    def given(table: pd.DataFrame) -> Iterator[Fold]:
        return iter(folds)

    return given


def _f1(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray) -> np.ndarray:
    return 2 * tp / np.maximum(2 * tp + fp + fn, 1)


# These take (..., n_databases, n_units, 4) of TP, FP, FN, TN.


def _unit_mean(counts: np.ndarray) -> np.ndarray:
    tp, fp, fn, _ = np.moveaxis(counts.sum(-3), -1, 0)
    return _f1(tp, fp, fn).mean(-1)


def _database_mean(counts: np.ndarray) -> np.ndarray:
    tp, fp, fn, _ = np.moveaxis(counts, -1, 0)
    return _f1(tp, fp, fn).mean((-1, -2))


def _macro_unit_mean(counts: np.ndarray) -> np.ndarray:
    tp, fp, fn, tn = np.moveaxis(counts.sum(-3), -1, 0)
    return ((_f1(tp, fp, fn) + _f1(tn, fn, fp)) / 2).mean(-1)


_SCORES = {
    "f1_unit_mean": _unit_mean,
    "f1_database_mean": _database_mean,
    "macro_f1_unit_mean": _macro_unit_mean,
}
