"""Fitting the part of a method that learns, with the facts that its steps ask for."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..errors import BadInput
from ..storage.rows import is_mapped, picked, together
from .large_rows import fitted_step, transformed

__all__ = [
    "Rows",
    "as_input",
    "asks",
    "explained",
    "fit_steps",
    "fit_tail",
    "rows_of",
    "searched",
    "seeded",
    "through",
    "with_groups",
]


class Rows(NamedTuple):
    """Samples as they are learned from: features or clips, labels, persons, action units."""

    X: Any
    y: np.ndarray
    groups: np.ndarray
    units: np.ndarray | None = None

    def at(self, index: np.ndarray) -> Rows:
        """Some of them."""
        units = None if self.units is None else self.units[index]
        return Rows(rows_of(self.X, index), self.y[index], self.groups[index], units)


def as_input(column: Any) -> Any:
    """What steps take: an array of objects becomes a matrix of its rows, or a list of clips.

    Raises
    ------
    BadInput
        Values are masked: most steps would take them for numbers.
    """
    if np.ma.is_masked(column):
        raise BadInput("Found masked features; a classifier needs real numbers, all of them.")
    if not isinstance(column, np.ndarray) or column.dtype != object:
        return column
    if column.ndim == 1 and len(column) and isinstance(column[0], np.ndarray):
        rows = together(column)
        return np.stack(list(column)) if rows is None else rows
    return list(column) if column.ndim == 1 else column


def fit_steps(steps: Sequence[tuple[str, Any]], train: Rows) -> Any:
    """Fit transformers one after another, and give what they make of the training samples."""
    X = train.X
    for _, step in steps:
        facts = with_groups(step, train.groups, train.units)
        rows = as_input(X)
        X = transformed(fitted_step(step, rows, train.y, **facts), rows)
    return X


def through(tail: Pipeline, X: Any) -> Any:
    """What the fitted steps before the classifier make of samples."""
    for _, step in tail.steps[:-1]:
        X = transformed(step, as_input(X))
    return X


def fit_tail(
    tail: Pipeline, X: Any, y: np.ndarray, groups: np.ndarray, units: np.ndarray | None = None,
    inner: Sequence[tuple[np.ndarray, np.ndarray]] = (),
) -> Pipeline:  # fmt: skip
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
    inner : sequence of (train, test), optional
        Divisions of the samples on which a classifier is to choose, if its ``fit`` takes them.

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
    asked: dict[str, Any] = {
        f"{name}__{key}": value
        for name, step in tail.steps
        for key, value in with_groups(step, groups, units).items()
    }
    last, classifier = tail.steps[-1]
    if is_mapped(X):  # scikit-learn's pipeline would let each step copy all of them
        rows = as_input(fit_steps(tail.steps[:-1], Rows(X, y, groups, units)))
        own: dict[str, Any] = {**with_groups(classifier, groups, units)}
        if len(inner) and asks(classifier, "inner"):
            own["inner"] = inner
        classifier.fit(rows, y, **own)
        return tail
    if len(inner) and asks(classifier, "inner"):
        asked[f"{last}__inner"] = inner
    return tail.fit(X, y, **asked)


def with_groups(
    step: Any, groups: np.ndarray, units: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """``groups`` and ``units``, those of them that the step's ``fit`` takes."""
    facts = {"groups": groups, "units": units}
    return {k: v for k, v in facts.items() if v is not None and asks(step, k)}


def asks(step: Any, name: str) -> bool:
    """Whether the step's ``fit`` has a parameter of that name.

    Searches of scikit-learn take ``groups`` for their splitter among other keywords.
    """
    from sklearn.model_selection._search import BaseSearchCV

    fit = getattr(step, "fit", None)
    if fit is None:
        return False
    return name in signature(fit).parameters or (
        name == "groups" and isinstance(step, BaseSearchCV)
    )


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
    """Some rows of an array, of a list, or of what is known by its products."""
    if isinstance(X, list):
        return [X[i] for i in index]
    return picked(X, index) if is_mapped(X) else X[index]


def seeded(estimator: BaseEstimator, seed: int) -> BaseEstimator:
    """The estimator with every open ``random_state`` set."""
    open_states = {
        key: seed
        for key, value in estimator.get_params().items()
        if key.split("__")[-1] == "random_state" and value is None
    }
    return estimator.set_params(**open_states)
