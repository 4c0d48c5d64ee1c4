"""Protocols, honest tuning, pooled predictions, their scores, and audits of anybody's."""

from .anybody import read_predictions
from .bootstrap import bootstrap_intervals
from .cache import ArrayCache, default_cache
from .evaluate import evaluate, evaluate_features
from .extract import extract, split_pipeline
from .folds import Fold
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
from .predictions import Predictions
from .protocols import (
    PROTOCOLS,
    composite,
    cross_database,
    group_kfold,
    holdout,
    kfold,
    leave_one_database_out,
    loso,
    lovo,
    random_split,
)
from .significance import friedman, mcnemar, paired_test, permutation_test
from .units import CD6ME_UNITS, UnitPredictions, evaluate_unit_features, evaluate_units

__all__ = [
    "CD6ME_UNITS",
    "MEASURES",
    "PROTOCOLS",
    "ArrayCache",
    "Fold",
    "Predictions",
    "UnitPredictions",
    "accuracy",
    "bootstrap_intervals",
    "composite",
    "confusion_matrix",
    "cross_database",
    "default_cache",
    "evaluate",
    "evaluate_features",
    "evaluate_unit_features",
    "evaluate_units",
    "extract",
    "fold_means",
    "friedman",
    "group_kfold",
    "holdout",
    "kfold",
    "leave_one_database_out",
    "loso",
    "lovo",
    "macro_precision",
    "mcnemar",
    "paired_test",
    "per_class",
    "permutation_test",
    "random_split",
    "read_predictions",
    "split_pipeline",
    "uar",
    "uf1",
    "weighted_f1",
]
