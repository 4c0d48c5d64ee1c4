"""Protocols, honest tuning, pooled predictions, their scores, and what leaks are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..datasets.units import CD6ME_UNITS
from ..lazy import on_touch
from ..renamed import keep_paths
from ..scoring import (
    MEASURES,
    Fold,
    Predictions,
    UnitPredictions,
    accuracy,
    bootstrap_intervals,
    confusion_matrix,
    fold_means,
    friedman,
    macro_precision,
    mcnemar,
    paired_test,
    per_class,
    permutation_test,
    read_predictions,
    uar,
    uf1,
    weighted_f1,
)
from ..storage.cache import ArrayCache, default_cache
from .protocols import (
    PROTOCOLS,
    composite,
    cross_database,
    get_protocol,
    group_kfold,
    holdout,
    kfold,
    leave_one_database_out,
    loso,
    lovo,
    random_split,
    register_protocol,
)

if TYPE_CHECKING:
    from ..methods.extract import extract
    from ..methods.parts import split_pipeline
    from ._evaluate import evaluate, evaluate_features, evaluate_unit_features, evaluate_units
    from .leakage import leakage_cost

# Where the names live that train something: scores and protocols alone do not load them.
_LATER = {
    "evaluate": "_evaluate",
    "evaluate_features": "_evaluate",
    "evaluate_unit_features": "_evaluate",
    "evaluate_units": "_evaluate",
    "extract": ".methods.extract",
    "leakage_cost": "leakage",
    "split_pipeline": ".methods.parts",
}

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
    "get_protocol",
    "group_kfold",
    "holdout",
    "kfold",
    "leakage_cost",
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
    "register_protocol",
    "split_pipeline",
    "uar",
    "uf1",
    "weighted_f1",
]

keep_paths(__name__, "evaluate")


__getattr__ = on_touch(__name__, _LATER)


def __dir__() -> list[str]:
    return __all__
