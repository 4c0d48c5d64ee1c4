"""Protocols, honest tuning, pooled predictions, their scores, and what leaks are worth."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ..datasets.units import CD6ME_UNITS
from ..renamed import keep_paths
from ..scoring.bootstrap import bootstrap_intervals
from ..scoring.metrics import (
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
from ..scoring.prediction_files import read_predictions
from ..scoring.predictions import Predictions
from ..scoring.significance import friedman, mcnemar, paired_test, permutation_test
from ..scoring.subjects import Fold
from ..scoring.unit_predictions import UnitPredictions
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
    "evaluate": "._evaluate",
    "evaluate_features": "._evaluate",
    "evaluate_unit_features": "._evaluate",
    "evaluate_units": "._evaluate",
    "extract": "..methods.extract",
    "leakage_cost": ".leakage",
    "split_pipeline": "..methods.parts",
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


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
