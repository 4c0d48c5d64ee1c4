"""All that needs only predictions: measures, intervals, tests, and audits of claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import on_touch

if TYPE_CHECKING:
    from .bootstrap import bootstrap_intervals
    from .metrics import (
        MEASURES,
        accuracy,
        confusion_matrix,
        fold_means,
        macro_precision,
        per_class,
        uar,
        uf1,
        weighted_f1,
    )
    from .prediction_files import read_predictions
    from .predictions import Predictions
    from .significance import friedman, mcnemar, paired_test, permutation_test
    from .subjects import Fold
    from .unit_predictions import UnitPredictions

# Where each name lives. Loaded on first touch, so that an audit of counts does not load tables.
_HOMES = {
    "bootstrap_intervals": "bootstrap",
    "MEASURES": "metrics",
    "accuracy": "metrics",
    "confusion_matrix": "metrics",
    "fold_means": "metrics",
    "macro_precision": "metrics",
    "per_class": "metrics",
    "uar": "metrics",
    "uf1": "metrics",
    "weighted_f1": "metrics",
    "read_predictions": "prediction_files",
    "Predictions": "predictions",
    "friedman": "significance",
    "mcnemar": "significance",
    "paired_test": "significance",
    "permutation_test": "significance",
    "Fold": "subjects",
    "UnitPredictions": "unit_predictions",
}

__all__ = [
    "MEASURES",
    "Fold",
    "Predictions",
    "UnitPredictions",
    "accuracy",
    "bootstrap_intervals",
    "confusion_matrix",
    "fold_means",
    "friedman",
    "macro_precision",
    "mcnemar",
    "paired_test",
    "per_class",
    "permutation_test",
    "read_predictions",
    "uar",
    "uf1",
    "weighted_f1",
]


__getattr__ = on_touch(__name__, _HOMES)
