"""All that needs only predictions: measures, intervals, tests, and audits of claims."""

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
