"""What a search is asked, checked once for all of its folds and points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import BadInput
from ._plan import Indices, as_folds

__all__ = [
    "ClassWeight",
    "Parts",
    "Problem",
    "by_class",
    "checked",
    "checked_column",
    "largest_product",
    "trained_on",
]

ClassWeight = Mapping[Any, float] | str | None
#: What is finished, by name.
Parts = MutableMapping[str, Mapping[str, np.ndarray]]


class Problem(NamedTuple):
    """Samples, classes and folds."""

    gram: np.ndarray  # (n, n)
    reach: np.ndarray  # (n,) the largest size of each sample's products
    classes: np.ndarray
    codes: np.ndarray  # (n,)
    folds: list[tuple[np.ndarray, np.ndarray]]
    class_weight: ClassWeight
    weight: np.ndarray  # (n,)
    tol: float
    place: np.ndarray  # (n,) where each of the caller's samples stands


def checked(
    gram: Any, y: Any, folds: Iterable, class_weight: ClassWeight, weight: Any, tol: float
) -> Problem:
    """The problem, if it is one; else a BadInput."""
    gram = np.asarray(gram)
    if gram.ndim != 2 or gram.shape[0] != gram.shape[1]:
        raise BadInput(f"gram has shape {gram.shape}; give the (n, n) matrix X @ X.T.")
    n = len(gram)
    # Kernels are compiled for one kind of array: writeable, contiguous, double.
    gram = np.require(gram, np.float64, ["C", "W"])
    reach = np.maximum(gram.max(axis=1, initial=0.0), -gram.min(axis=1, initial=0.0))
    if not np.isfinite(reach).all():  # nan goes through both
        raise BadInput("gram has values that are not finite. Are all features finite?")
    classes, codes = np.unique(checked_column(y, n, "y"), return_inverse=True)
    if weight is None:
        weight = np.ones(n)
    weight = checked_column(weight, n, "sample_weight").astype(np.float64)
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise BadInput("sample_weight must be finite and not below 0.")
    if not tol > 0:
        raise BadInput(f"tol must be above 0; found {tol}.")
    pairs = as_folds(folds, n)
    for i, (train, _) in enumerate(pairs):
        if not (weight[train] > 0).any():
            raise BadInput(f"Fold {i} has no training sample with a weight above 0.")
    return Problem(
        gram, reach, classes, codes.astype(np.int64), pairs, class_weight, weight, tol,
        np.arange(n),
    )  # fmt: skip


def checked_column(values: Any, n: int, name: str) -> np.ndarray:
    """A value per sample, if it is that."""
    values = np.asarray(values)
    if values.shape != (n,):
        raise BadInput(f"{name} has shape {values.shape}; expected ({n},), a value per sample.")
    return values


def trained_on(folds: Indices, n: int) -> np.ndarray:
    """The samples that some fold trains on."""
    found = np.zeros(n, bool)
    for train, _ in folds:
        found[train] = True
    return np.flatnonzero(found)


def largest_product(problem: Problem, trained: np.ndarray) -> float:
    """The largest size of a product of two of the samples.

    It nearly always is that of a sample with itself, so that few rows need be looked at.
    """
    best = 0.0
    for i in trained[np.argsort(-problem.reach[trained], kind="stable")]:
        if problem.reach[i] <= best:
            break
        best = max(best, float(np.abs(problem.gram[i, trained]).max()))
    return best


def by_class(problem: Problem) -> Problem:
    """The same with the samples of a class beside each other.

    A pair's kernel is then made from pieces of rows, instead of from a value here and there of
    each; where these are thousands, most of the time it takes is for fetching them. The order
    within a class stays, and so does every result to the last bit.
    """
    order = np.argsort(problem.codes, kind="stable")
    if np.array_equal(order, np.arange(len(order))):
        return problem
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return problem._replace(
        gram=problem.gram[np.ix_(order, order)],
        reach=problem.reach[order],
        codes=problem.codes[order],
        weight=problem.weight[order],
        folds=[(place[train], place[test]) for train, test in problem.folds],
        place=place[problem.place],
    )
