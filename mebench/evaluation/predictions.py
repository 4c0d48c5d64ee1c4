"""Predictions: the product of an evaluation, from which every figure is computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from .metrics import bootstrap_intervals, confusion_matrix, per_class, scores
from .protocols import subject_keys

__all__ = ["Predictions"]

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

    Examples
    --------
    >>> table = pd.DataFrame({"clip_id": list("wxyz"), "dataset": "toy", "subject": list("1122"),
    ...     "fold": list("1122"), "y_true": list("abab"), "y_pred": list("abbb")})
    >>> predictions = Predictions(table, {"classes": ["a", "b"]})
    >>> {name: round(score, 3) for name, score in predictions.scores().items()}
    {'accuracy': 0.75, 'uf1': 0.733, 'uar': 0.75}
    """

    table: pd.DataFrame
    header: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [c for c in _NEEDED if c not in self.table]
        if missing:
            raise BadInput(f"The table of predictions lacks the column(s) {', '.join(missing)}.")
        if "classes" not in self.header:
            raise BadInput("The header of predictions must name the classes.")
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
        return bool(self.header.get("complete", True))

    def confusion(self, column: str = "y_pred") -> np.ndarray:
        """Pooled confusion matrix; rows are the truth."""
        self._must_be_complete()
        return confusion_matrix(
            self.table["y_true"].to_numpy(object), self.table[column].to_numpy(object), self.classes
        )

    def scores(self, column: str = "y_pred") -> dict[str, float]:
        """Accuracy, UF1 and UAR of the pooled predictions (or of ``y_majority``)."""
        return scores(self.confusion(column))

    def intervals(self, level: float = 0.95, seed: int = 0) -> dict[str, tuple[float, float]]:
        """Intervals of the scores, by bootstrap over subjects."""
        self._must_be_complete()
        return bootstrap_intervals(
            self.table["y_true"].to_numpy(object),
            self.table["y_pred"].to_numpy(object),
            subject_keys(self.table),
            self.classes,
            level=level,
            seed=seed,
        )

    def per_class(self) -> pd.DataFrame:
        """Precision, recall, F1 and number of samples of each class."""
        return per_class(self.confusion(), self.classes)

    def _must_be_complete(self) -> None:
        if not self.complete:
            raise BadInput(
                "These predictions lack folds of their protocol, so there is no score: run the "
                "same command again to finish them."
            )
