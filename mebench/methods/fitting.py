"""Fitting the part of a method that learns, with the facts that its steps ask for."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

__all__ = ["asks", "explained", "fit_tail", "rows_of", "searched", "with_groups"]


def fit_tail(
    tail: Pipeline, X: Any, y: np.ndarray, groups: np.ndarray, units: np.ndarray | None = None
) -> Pipeline:
    """Fit a pipeline; steps whose ``fit`` takes ``groups`` are given the subject keys.

    A step that sets samples aside (for early stopping, for tuning) can thus keep persons apart.
    Steps whose ``fit`` takes ``units`` are given the action units, as a second thing to learn.

    Parameters
    ----------
    tail : Pipeline
    X : ndarray ``(n, …)`` or list
    y, groups : ndarray ``(n,)``
        Labels and subject keys of the training samples.
    units : ndarray ``(n, n_units)`` of 0 and 1, optional
        Which training sample shows which action unit.

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
        for key, value in with_groups(step, groups, units).items()
    }
    return tail.fit(X, y, **asked)


def with_groups(
    step: Any, groups: np.ndarray, units: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """``groups`` and ``units``, those of them that the step's ``fit`` takes."""
    facts = {"groups": groups, "units": units}
    return {k: v for k, v in facts.items() if v is not None and asks(step, k)}


def asks(step: Any, name: str) -> bool:
    """Whether the step's ``fit`` has a parameter of that name."""
    fit = getattr(step, "fit", None)
    return fit is not None and name in signature(fit).parameters


def searched(tail: Pipeline) -> dict[str, Any]:
    """The parameters that a fitted classifier has chosen by itself, on its training samples."""
    return dict(getattr(tail.steps[-1][1], "best_params_", None) or {})


def explained(tail: Pipeline, X: Any) -> np.ndarray | None:
    """Where a fitted step looked at in each of the samples, ``(n, H, W)``; None if none can tell.

    A step can if it has a method ``explain(X)``, such as Grad-CAM of a network.
    """
    for _, step in tail.steps:
        if hasattr(step, "explain"):
            return np.asarray(step.explain(X))
        if not hasattr(step, "transform"):
            break
        X = step.transform(X)
    return None


def rows_of(X: Any, index: np.ndarray) -> Any:
    """Some rows of an array or list."""
    return X[index] if isinstance(X, np.ndarray) else [X[i] for i in index]
