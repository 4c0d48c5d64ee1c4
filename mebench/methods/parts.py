"""The two parts of a pipeline: what learns nothing, and what is fitted inside the folds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from ..storage.sources import without_addresses

__all__ = ["described", "split_pipeline"]


def split_pipeline(
    estimator: BaseEstimator, tuned: Collection[str] = ()
) -> tuple[list[Any], Pipeline]:
    """The steps that learn nothing, and the rest with the classifier.

    The first part ends at the first transformer that has something to fit, or that has a
    parameter among `tuned` (``step__parameter``). It is applied to one clip at a time, so
    whatever it is, it cannot carry anything from one clip to another.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.svm import SVC
    >>> from mebench import LBPTOP
    >>> fixed, tail = split_pipeline(make_pipeline(LBPTOP(), StandardScaler(), SVC()))
    >>> fixed, [name for name, _ in tail.steps]
    ([LBPTOP()], ['standardscaler', 'svc'])
    """
    if not isinstance(estimator, Pipeline):
        return [], Pipeline([("classifier", estimator)])
    steps = [(n, s) for n, s in estimator.steps[:-1] if s not in (None, "passthrough")]
    touched = {key.split("__")[0] for key in tuned}
    fixed = 0
    while (
        fixed < len(steps) and steps[fixed][0] not in touched and _learns_nothing(steps[fixed][1])
    ):
        fixed += 1
    return [s for _, s in steps[:fixed]], Pipeline([*steps[fixed:], estimator.steps[-1]])


def described(estimator: BaseEstimator) -> str:
    """A pipeline in a line, the same in every process."""
    return without_addresses(" ".join(repr(estimator).split()))


def _learns_nothing(step: Any) -> bool:
    # A FunctionTransformer may look at the whole batch, so it stays with the steps that learn.
    return not isinstance(step, FunctionTransformer) and not get_tags(step).requires_fit
