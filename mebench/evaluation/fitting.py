"""Fitting the part of a method that learns, with the subjects for the steps that ask for them."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

__all__ = ["fit_tail", "rows_of", "with_groups"]


def fit_tail(tail: Pipeline, X: Any, y: np.ndarray, groups: np.ndarray) -> Pipeline:
    """Fit a pipeline; steps whose ``fit`` takes ``groups`` are given the subject keys.

    A step that sets samples aside (for early stopping, for tuning) can thus keep persons apart.

    Parameters
    ----------
    tail : Pipeline
    X : ndarray ``(n, …)`` or list
    y, groups : ndarray ``(n,)``
        Labels and subject keys of the training samples.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> class Counts(BaseEstimator):
    ...     def fit(self, X, y, groups=None):
    ...         self.subjects_ = len(set(groups))
    ...         return self
    >>> tail = Pipeline([("counts", Counts())])
    >>> fit_tail(tail, np.eye(3), np.array(list("aba")), np.array(list("112")))[-1].subjects_
    2
    """
    asked = {
        f"{name}__{key}": value
        for name, step in tail.steps
        for key, value in with_groups(step, groups).items()
    }
    return tail.fit(X, y, **asked)


def with_groups(step: Any, groups: np.ndarray) -> dict[str, np.ndarray]:
    """``{'groups': groups}`` if the step's ``fit`` takes it, else nothing."""
    fit = getattr(step, "fit", None)
    return {"groups": groups} if fit is not None and "groups" in signature(fit).parameters else {}


def rows_of(X: Any, index: np.ndarray) -> Any:
    """Some rows of an array or list."""
    return X[index] if isinstance(X, np.ndarray) else [X[i] for i in index]
