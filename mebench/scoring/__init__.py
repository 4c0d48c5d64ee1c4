"""All that needs only predictions: measures, intervals, tests, and audits of claims."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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
    "bootstrap": ("bootstrap_intervals",),
    "metrics": (
        *("MEASURES", "accuracy", "confusion_matrix", "fold_means", "macro_precision"),
        *("per_class", "uar", "uf1", "weighted_f1"),
    ),
    "prediction_files": ("read_predictions",),
    "predictions": ("Predictions",),
    "significance": ("friedman", "mcnemar", "paired_test", "permutation_test"),
    "subjects": ("Fold",),
    "unit_predictions": ("UnitPredictions",),
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


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
