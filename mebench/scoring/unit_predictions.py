"""Predicted action units of all test folds, and their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from .bootstrap import interval, resamples
from .marks import is_whole
from .metrics import Measure
from .predictions import INCOMPLETE
from .subjects import subject_keys

__all__ = ["UNIT_MEASURES", "UnitPredictions"]

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
    # Intervals are asked for by tables, flags and figures, and drawn once.
    _drawn: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

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
        return is_whole(self.header)

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
        return {name: float(score(counts)) for name, score in UNIT_MEASURES.items()}

    def intervals(self, level: float = 0.95, seed: int = 0) -> dict[str, tuple[float, float]]:
        """Intervals of the scores, by bootstrap over subjects."""
        blocks = self._counts()[1]
        if (level, seed) not in self._drawn:
            drawn = np.tensordot(resamples(len(blocks), 2000, seed), blocks, axes=1)
            whole = blocks.sum(0)
            self._drawn[level, seed] = {
                name: interval(score, whole, drawn, whole - blocks, level)
                for name, score in UNIT_MEASURES.items()
            }
        return dict(self._drawn[level, seed])

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


def _f1(tp: np.ndarray, fp: np.ndarray, fn: np.ndarray) -> np.ndarray:
    return 2 * tp / np.maximum(2 * tp + fp + fn, 1)


def _unit_mean(counts: np.ndarray) -> np.ndarray:
    tp, fp, fn, _ = np.moveaxis(counts.sum(-3), -1, 0)
    return _f1(tp, fp, fn).mean(-1)


def _database_mean(counts: np.ndarray) -> np.ndarray:
    tp, fp, fn, _ = np.moveaxis(counts, -1, 0)
    return _f1(tp, fp, fn).mean((-1, -2))


def _macro_unit_mean(counts: np.ndarray) -> np.ndarray:
    tp, fp, fn, tn = np.moveaxis(counts.sum(-3), -1, 0)
    return ((_f1(tp, fp, fn) + _f1(tn, fn, fp)) / 2).mean(-1)


#: The scores of predicted action units, in print order.
UNIT_MEASURES: dict[str, Measure] = {
    one.key: one
    for one in (
        Measure("f1_unit_mean", "F1, mean over units", _unit_mean),
        Measure("f1_database_mean", "F1, mean over databases", _database_mean),
        Measure("macro_f1_unit_mean", "macro-F1, mean over units", _macro_unit_mean),
    )
}
