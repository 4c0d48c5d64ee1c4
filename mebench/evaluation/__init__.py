"""Protocols, honest tuning, pooled predictions and their scores."""

from .cache import ArrayCache
from .evaluate import evaluate, evaluate_features
from .extract import extract, split_pipeline
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
    "evaluate_features",
    "extract",
    "loso",
    "per_class",
    "split_pipeline",
    "uar",
    "uf1",
]
