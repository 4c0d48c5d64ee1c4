"""Classifiers that tune themselves: do their inner folds keep persons apart?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    LeavePGroupsOut,
    StratifiedGroupKFold,
)
from sklearn.pipeline import Pipeline

from ..methods.fitting import asks
from ..scoring.marks import INNER_FOLDS
from ..scoring.subjects import Fold
from ..svm import PolySVCSearch

__all__ = ["inner_warnings"]

_BY_PERSON = (
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    LeavePGroupsOut,
    StratifiedGroupKFold,
)


def inner_warnings(tail: Pipeline, folds: Sequence[Fold] = ()) -> Iterator[str]:
    """A sentence for each step that chooses parameters on folds which share persons.

    The test fold is none of its business, so no score leaks; but what it chooses is what suits
    persons that it has seen.

    Parameters
    ----------
    tail : Pipeline
    folds : sequence of Fold, optional
        Where each says on which of its samples to choose, the classifier does so, unless it has
        a ``cv`` of its own.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> search = GridSearchCV(SVC(), {"C": [1, 10]}, cv=3)
    >>> print(next(inner_warnings(Pipeline([("svc", search)]))))
    INNER FOLDS SHARE PERSONS: svc (GridSearchCV) chooses its parameters with cv=3, on clips of
    persons that it has also trained on. Give it cv=LeaveOneGroupOut(); its groups are the persons.
    >>> list(inner_warnings(Pipeline([("svc", search.set_params(cv=LeaveOneGroupOut()))])))
    []
    """
    val = bool(folds) and all(fold.inner for fold in folds)
    for name, step in tail.steps:
        for where, one in _searching(name, step):
            if val and one is tail.steps[-1][1] and one.cv is None:
                continue
            if isinstance(one.cv, _BY_PERSON) and asks(one, "groups"):
                continue
            if isinstance(one, PolySVCSearch) and one.cv is None:
                continue  # it leaves out one person at a time by itself
            yield (
                f"{INNER_FOLDS}: {where} ({type(one).__name__}) chooses its parameters with "
                f"cv={one.cv!r}, on clips of persons that it has also trained on. Give it "
                "cv=LeaveOneGroupOut(); its groups are the persons."
            )


def _searching(name: str, step: Any) -> Iterator[tuple[str, Any]]:
    """The step, or what is inside of it, that divides its training samples by itself."""
    if hasattr(step, "cv") and hasattr(step, "fit"):
        yield name, step
    elif isinstance(step, Pipeline):
        for inner, one in step.steps:
            yield from _searching(f"{name}__{inner}", one)
