"""Protocols, honest tuning, pooled predictions and their scores."""

from .cache import ArrayCache
from .evaluate import evaluate
from .metrics import accuracy, bootstrap_intervals, confusion_matrix, per_class, uar, uf1
from .predictions import Predictions
from .protocols import PROTOCOLS, Fold, loso

__all__ = [
    "PROTOCOLS",
    "ArrayCache",
    "Fold",
    "Predictions",
    "accuracy",
    "bootstrap_intervals",
    "confusion_matrix",
    "evaluate",
    "loso",
    "per_class",
    "uar",
    "uf1",
]
