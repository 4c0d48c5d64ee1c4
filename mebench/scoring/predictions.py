"""Predictions: the product of an evaluation, from which every figure is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from .bootstrap import bootstrap_intervals
from .checks import check_names
from .marks import is_whole
from .metrics import MEASURES, confusion_matrix, fold_means, per_class, scores
from .subjects import subject_keys

__all__ = ["Predictions"]

INCOMPLETE = (
    "These predictions lack folds of their protocol, so there is no score: run the same command "
    "again to finish them."
)

_NEEDED = ("clip_id", "dataset", "subject", "fold", "y_true", "y_pred")


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of all test folds, and what made them.

    Parameters
    ----------
    table : DataFrame
        Columns ``clip_id, dataset, subject, fold, y_true, y_pred``; ``y_majority``, what
        always saying the most frequent class of the training fold gives; and one column
        ``score_<class>`` per class where the classifier has scores.
    header : dict
        JSON-like. ``classes`` in print order is required; `evaluate` adds method, protocol,
        tuning, the parameters chosen in each fold, notes on the data, times and versions.
    artifacts : dict
        What else the run left behind, by file name: a table for a ``.csv``, else bytes. Written
        beside the predictions; no score depends on it.

    Examples
    --------
    >>> table = pd.DataFrame({"clip_id": list("wxyz"), "dataset": "toy", "subject": list("1122"),
    ...     "fold": list("1122"), "y_true": list("abab"), "y_pred": list("abbb")})
    >>> predictions = Predictions(table, {"classes": ["a", "b"]})
    >>> {name: round(score, 3) for name, score in predictions.scores().items()}
    {'accuracy': 0.75, 'uf1': 0.733, 'uar': 0.75, 'weighted_f1': 0.733, 'war': 0.75}
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
        if "classes" not in self.header:
            raise BadInput("The header of predictions must name the classes.")
        for column in _NEEDED:
            check_names(self.table[column], column)
        ids = self.table["clip_id"]
        if ids.duplicated().any():
            raise BadInput(f"The clip {ids[ids.duplicated()].iloc[0]!r} is predicted twice.")

    @property
    def classes(self) -> list[str]:
        """The classes, in print order."""
        return list(self.header["classes"])

    @property
    def complete(self) -> bool:
        """Whether every fold of the protocol is there."""
        return is_whole(self.header)

    def confusion(self, column: str = "y_pred") -> np.ndarray:
        """Pooled confusion matrix; rows are the truth."""
        self._must_be_complete()
        return confusion_matrix(
            self.table["y_true"].to_numpy(object), self.table[column].to_numpy(object), self.classes
        )

    def scores(self, column: str = "y_pred") -> dict[str, float]:
        """Accuracy, UF1, UAR, weighted F1 and WAR (which is accuracy) of the pooled predictions.

        Parameters
        ----------
        column : {'y_pred', 'y_majority'}, default 'y_pred'
        """
        return scores(self.confusion(column))

    def intervals(self, level: float = 0.95, seed: int = 0) -> dict[str, tuple[float, float]]:
        """Intervals of the scores, by bootstrap over subjects."""
        self._must_be_complete()
        measures = tuple(MEASURES.values())
        if (level, seed, measures) not in self._drawn:
            self._drawn[level, seed, measures] = bootstrap_intervals(
                self.table["y_true"].to_numpy(object),
                self.table["y_pred"].to_numpy(object),
                subject_keys(self.table),
                self.classes,
                level=level,
                seed=seed,
            )
        return dict(self._drawn[level, seed, measures])

    def per_class(self) -> pd.DataFrame:
        """Precision, recall, F1 and number of samples of each class."""
        return per_class(self.confusion(), self.classes)

    def fold_means(self) -> dict[str, float]:
        """Means over folds, as some papers print; see :func:`mebench.evaluation.fold_means`."""
        self._must_be_complete()
        return fold_means(
            self.table["y_true"].to_numpy(object),
            self.table["y_pred"].to_numpy(object),
            self.table["fold"].to_numpy(object),
            self.classes,
        )

    @property
    def datasets(self) -> list[str]:
        """The databases that the clips are of, in the order of the table."""
        return list(dict.fromkeys(self.table["dataset"].astype(str)))

    def restricted(self, dataset: str) -> Predictions:
        """The predictions on the clips of one database; nothing is predicted anew.

        The classes stay those of the protocol, so a class of which the database has no clip
        counts as F1 = 0.
        """
        rows = self.table["dataset"].astype(str) == dataset
        if not rows.any():
            raise BadInput(f"No clip is of {dataset!r}; there is {', '.join(self.datasets)}.")
        return replace(self, table=self.table[rows].reset_index(drop=True))

    def summary(self) -> dict[str, Any]:
        """Scores, intervals, baseline, classes and databases, as plain values."""
        out: dict[str, Any] = {"scores": self.scores(), "intervals": self.intervals()}
        if "y_majority" in self.table:
            out["majority"] = self.scores("y_majority")
        out |= {
            "fold_means": self.fold_means(),
            "per_class": self.per_class().to_dict("index"),
            "confusion": self.confusion().tolist(),
        }
        if len(self.datasets) > 1:
            parts = {name: self.restricted(name) for name in self.datasets}
            out["per_database"] = {
                name: {"scores": part.scores(), "intervals": part.intervals()}
                for name, part in parts.items()
            }
        return out

    def _must_be_complete(self) -> None:
        if not self.complete:
            raise BadInput(INCOMPLETE)
