"""The part of a pipeline that learns nothing: run once per clip, in parallel, and cached."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from typing import Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from ..clip import Clip
from ..errors import BadInput, FaceNotFound
from .cache import ArrayCache

__all__ = ["Extracted", "extract", "split_pipeline"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Extracted:
    """What came out for each clip, and which clips could not be used.

    Parameters
    ----------
    rows : list
        One array per usable clip (or one Clip, where no step turns clips into rows).
    kept : ndarray of int
        The place of each row's clip in the input.
    failed : dict
        Clip id to the reason why it was left out.
    from_cache : int
        How many rows were read rather than computed.
    """

    rows: list[Any]
    kept: np.ndarray
    failed: dict[str, str]
    from_cache: int

    def matrix(self) -> Any:
        """``(n, n_features)`` array where rows are vectors, else the list itself."""
        if self.rows and all(isinstance(row, np.ndarray) for row in self.rows):
            return np.stack(self.rows)
        return self.rows


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


def extract(
    steps: Sequence[Any],
    clips: Sequence[Clip],
    *,
    cache: ArrayCache | None = None,
    on_error: str = "error",
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Extracted:
    """Run `steps` on each clip by itself.

    Parameters
    ----------
    steps : sequence of transformers that learn nothing
    clips : sequence of Clip
    cache : ArrayCache, optional
        Where finished rows are kept, under the content of the clip, the parameters and
        versions of the steps, and the versions of the numerical libraries.
    on_error : {'error', 'skip'}, default 'error'
        What to do with a clip in which no face is found: stop, or leave it out and say so.
    n_jobs : int, optional
        Threads, as joblib counts them; the result does not depend on it.
    progress : callable, optional
        Called with (done, total).

    Raises
    ------
    FaceNotFound
        With ``on_error='error'``.
    BadInput
        A clip that a step cannot use; always.
    """
    if on_error not in ("error", "skip"):
        raise BadInput(f"on_error must be 'error' or 'skip', found {on_error!r}.")
    parallel = joblib.Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
    rows, kept, failed, hits = [], [], {}, 0
    results = parallel(joblib.delayed(_one)(steps, clip, cache, on_error) for clip in clips)
    for i, (row, reason, hit) in enumerate(results):
        if reason is None:
            rows.append(row)
            kept.append(i)
            hits += hit
        else:
            failed[clips[i].id] = reason
        if progress is not None:
            progress(i + 1, len(clips))
    return Extracted(rows, np.array(kept, np.int64), failed, hits)


def _one(
    steps: Sequence[Any], clip: Clip, cache: ArrayCache | None, on_error: str
) -> tuple[Any, str | None, bool]:
    """One clip's row; or the reason why there is none; and whether it came from the cache."""
    keys = _keys(steps, clip) if cache is not None else [None] * len(steps)
    if cache is not None and keys and keys[-1] is not None:
        stored = cache.get(keys[-1])
        if stored is not None:
            return stored, None, True
    value: Any = clip
    try:
        for step, key in zip(steps, keys, strict=True):
            value = _apply(step, value, cache, key)
    except FaceNotFound as error:
        if on_error == "error":
            raise
        return None, str(error), False
    if cache is not None and keys and keys[-1] is not None and isinstance(value, np.ndarray):
        cache.put(keys[-1], value)
    return value, None, False


def _apply(step: Any, value: Any, cache: ArrayCache | None, key: str | None) -> Any:
    if not hasattr(step, "measure"):
        out = step.transform([value])
        return out[0] if not isinstance(out, np.ndarray) else np.asarray(out[0])
    # A step that only measures something (landmarks, an apex): the measurement is small and
    # many methods share it, so it is kept by itself.
    measured = cache.get(key) if cache is not None and key is not None else None
    if measured is None:
        measured = step.measure(value)
        if cache is not None and key is not None:
            cache.put(key, measured)
    return step.attach(value, measured)


def _keys(steps: Sequence[Any], clip: Clip) -> list[str | None]:
    """The key of the result after each step; None from the first step that has no version."""
    keys: list[str | None] = []
    key: str | None = f"{_libraries()} {clip.digest()}"
    for step in steps:
        name = _signature(step)
        key = None if key is None or name is None else f"{key} {name}"
        keys.append(key)
    return keys


def _signature(step: Any) -> str | None:
    """Class, version and parameters; None if they do not say all about the step."""
    kind, version = type(step), getattr(step, "version", None)
    if version is None:
        return None
    try:
        params = json.dumps(step.get_params(), sort_keys=True)
    except (TypeError, ValueError):
        return None
    return f"{kind.__module__}.{kind.__qualname__} {version} {params}"


@lru_cache
def _libraries() -> str:
    names = ("numpy", "scipy", "scikit-image", "opencv-python-headless", "dlib-bin")
    return " ".join(f"{name}={_version(name)}" for name in names)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def _learns_nothing(step: Any) -> bool:
    # A FunctionTransformer may look at the whole batch, so it stays with the steps that learn.
    return not isinstance(step, FunctionTransformer) and not get_tags(step).requires_fit
