"""The divisions of a training fold on which parameters are chosen, and whom they leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    LeavePGroupsOut,
    StratifiedGroupKFold,
)
from sklearn.pipeline import Pipeline

from ..errors import BadInput, did_you_mean
from ..methods.fitting import asks
from ..scoring.marks import INNER_FOLDS
from ..scoring.subjects import Fold, LeftOut
from ..svm import PolySVCSearch

__all__ = ["INNER", "checked_inner", "inner_warnings", "too_many", "with_inner"]

#: Who is left out while parameters are chosen; ``group-kfold:10`` is ten folds of whole persons.
INNER = ("loso", "group-kfold")
#: Left-out persons of one fold beyond which it is said that there is another way (our choice).
_MANY = 200

_BY_PERSON = (
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    LeavePGroupsOut,
    StratifiedGroupKFold,
)


def checked_inner(name: Any) -> tuple[str, int | None]:
    """The name of inner folds, its number written out, and that number; None of single persons.

    Raises
    ------
    BadInput
        Anything but ``loso`` and ``group-kfold:K``: in inner folds whole persons are left out, and
        each of them once.

    Examples
    --------
    >>> checked_inner("group-kfold"), checked_inner("loso")
    (('group-kfold:5', 5), ('loso', None))
    """
    key, colon, value = str(name).partition(":")
    if key not in INNER or (key == "loso" and colon):
        raise BadInput(
            f"inner must be loso, or group-kfold:10 (ten folds of whole persons), found {name!r}."
            f"{did_you_mean(key, INNER) if not colon else ''}"
        )
    if key == "loso":
        return key, None
    if colon and (not value.isdecimal() or int(value) < 2):
        raise BadInput(
            f"inner is group-kfold and a number of folds, 2 or more, such as group-kfold:10; found "
            f"{name!r}."
        )
    return f"{key}:{int(value or 5)}", int(value or 5)


def with_inner(folds: Sequence[Fold], groups: np.ndarray, name: str) -> Sequence[Fold]:
    """The same folds, with parameters to be chosen on inner folds of that name.

    The persons of a training fold are divided as ``group-kfold`` divides them, whoever is tested.

    Parameters
    ----------
    folds : sequence of Fold
    groups : ndarray ``(n,)``
        Subject keys.
    name : str
        See :func:`checked_inner`.

    Raises
    ------
    BadInput
        A fold says by itself on whom to choose (``val`` of a split), or trains on fewer persons.

    Examples
    --------
    >>> fold = Fold("x", np.arange(4), np.array([4]))
    >>> [fold] = with_inner([fold], np.array(list("abbcd")), "group-kfold:2")
    >>> [(train.tolist(), test.tolist()) for train, test in fold.inner]
    [([0, 3], [1, 2]), ([1, 2], [0, 3])]
    """
    name, n = checked_inner(name)
    if n is None:
        return folds
    for fold in folds:
        if len(fold.inner):
            raise BadInput(
                f"Fold {fold.name} says by itself on whom parameters are chosen (the part val of a "
                f"split), so there are no inner folds to be made by {name}: leave out --inner, or "
                "make val train."
            )
        persons = len(LeftOut(fold.train, groups))
        if persons < n:
            raise BadInput(
                f"Fold {fold.name} trains on {persons} person{'s' * (persons != 1)}, of whom "
                f"{name} makes no {n} inner folds: give a number up to that, or --inner loso."
            )
    return [replace(fold, inner=LeftOut(fold.train, groups, n)) for fold in folds]


def too_many(folds: Sequence[Fold], groups: np.ndarray) -> str:
    """What to say where each of very many persons is left out, and all learned anew; "" elsewhere.

    Examples
    --------
    >>> too_many([Fold("x", np.arange(4), np.array([4]))], np.array(list("abbcd")))
    ''
    """
    free = [fold for fold in folds if not len(fold.inner)]
    persons = [len(LeftOut(fold.train, groups)) for fold in free]
    if max(persons, default=0) <= _MANY:
        return ""
    return (
        f"Inner folds leave out one person at a time, up to {max(persons)} in a fold, and what "
        f"learns is fitted anew without each: {sum(persons)} times. --inner group-kfold:10 leaves "
        f"out a tenth of them at a time: {10 * len(persons)} times, and other scores to choose by."
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
