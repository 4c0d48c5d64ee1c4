"""The files that a run leaves behind for its report: explanations, score surface, a mean face."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import cv2
import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ..clip import Clip, grey
from ..datasets import Samples
from ..methods.combination import LateFusion
from ..methods.extract import extract
from ..preprocessing import AlignFace
from ..scoring.subjects import Fold
from ..storage.cache import ArrayCache
from ..storage.memory import peak_mib
from ..synthetic.signed import are_made_up
from ..timing import spending
from .cells import as_matrix
from .explain import explain_folds, region_files
from .layout import Layout, layout_of

#: Values per clip up to which clips with an exchanged region are sent through steps that learn.
#: An SVM on plain features needs products only, whatever their number.
LONGEST = 100_000

__all__ = ["Choices", "explained_features", "layout_of_method", "mean_face"]


class Choices(Protocol):
    """What an evaluation chose and predicted (:class:`mebench.evaluation.tuned.Tuned`)."""

    @property
    def chosen(self) -> Sequence[Mapping[str, Any]]:
        """Per fold: its name and its parameters."""

    @property
    def predicted(self) -> np.ndarray:
        """Labels ``(n,)``."""


def layout_of_method(steps: Sequence[Any], X: Any) -> Layout | str:
    """The layout of features `X` that `steps` made, or the reason why there is none."""
    try:
        found = layout_of(steps)
    except Exception as error:
        return f"the regions of the features are not known: {error}"
    if found is None:
        return "its features name no regions of the face"
    width = X.shape[1] if isinstance(X, np.ndarray) and X.dtype != object else _cells(X)
    if width != len(found.columns):
        return "what it learns from is not the regions' features themselves"
    return found


@spending("explanation")
def explained_features(
    tail: Pipeline,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    folds: Sequence[Fold],
    tuned: Choices,
    layout: Layout | str,
    **settings: Any,
) -> tuple[dict[str, pd.DataFrame | bytes], dict[str, Any]]:
    """Files that explain the folds' decisions, and what the header says of them.

    It never raises: a run that cannot be explained is a run all the same, and says why.

    Parameters
    ----------
    tail, X, y, groups, folds
        As in :func:`mebench.evaluation.tuning.predict_folds`.
    tuned : Choices
        What was chosen in each fold, and predicted.
    layout : Layout or str
        The reason why there is none, as a string.
    **settings
        As in :func:`~.explain.explain_folds`.
    """
    started = time.perf_counter()
    files: dict[str, pd.DataFrame | bytes] = {}
    notes: list[str] = []
    if isinstance(layout, str):
        notes = [layout]
    elif isinstance(tail.steps[-1][1], LateFusion):
        notes = ["its members choose for themselves, so to fit it again would be to run it again"]
    elif len(tail.steps) > 1 and len(layout.columns) > LONGEST:
        notes = [
            f"rows of {len(layout.columns)} values go through steps that learn: to exchange each "
            "region in each clip would cost far more than the run"
        ]
    else:
        try:
            by_fold = {entry["fold"]: entry["params"] for entry in tuned.chosen}
            params = [by_fold[fold.name] for fold in folds]
            X, tail = as_matrix(X, tail)
            found, notes = explain_folds(
                tail, X, y, groups, folds, params, tuned.predicted, layout, **settings
            )
            files = {**found, **region_files(layout)}
        except Exception as error:
            text = " ".join(str(error).split())[:200]
            files, notes = {}, [f"not explained, for {type(error).__name__}: {text}"]
    said = {
        "files": sorted(files),
        "notes": notes,
        "face": layout.face if isinstance(layout, Layout) else None,
    }
    return files, {
        "explanation": said,
        "seconds": {"explain": round(time.perf_counter() - started, 2)},
        "peak_mib": {"explain": peak_mib()},
    }


def mean_face(
    samples: Samples, steps: Sequence[Any], cache: ArrayCache | None = None
) -> Mapping[str, bytes]:
    """``meanface.png``: the mean aligned onset frame, one clip per person; made-up faces only.

    Empty where a frame is not a file of a synthetic corpus, whatever the database is called, or
    where faces are not aligned.
    """
    try:
        return _mean_face(samples, steps, cache)
    except Exception as error:
        warnings.warn(
            f"No mean face was made ({type(error).__name__}: {error}); the run's report will do "
            "without it.",
            RuntimeWarning,
            stacklevel=2,
        )
        return {}


def _mean_face(
    samples: Samples, steps: Sequence[Any], cache: ArrayCache | None
) -> dict[str, bytes]:
    path = _until_aligned(steps)
    if path is None or not are_made_up(samples.clips):
        return {}
    first = {key: i for i, key in reversed(list(enumerate(samples.groups)))}
    chosen = [samples.clips[i] for i in sorted(first.values())]
    measuring = [step for step in path if hasattr(step, "measure")]
    found = extract(
        [*measuring, _OnsetFace(path[-1])], chosen, cache=cache, on_error="skip", what="mean face"
    )
    if not len(found.kept):
        return {}
    mean = np.mean(np.stack(list(found.matrix())), axis=0).round()
    return {"meanface.png": cv2.imencode(".png", mean.astype(np.uint8))[1].tobytes()}


class _OnsetFace:
    """The aligned onset frame as an array; without a version, so that none is kept anywhere."""

    def __init__(self, align: AlignFace) -> None:
        self.align = align

    def transform(self, clips: Sequence[Clip]) -> list[np.ndarray]:
        onsets = [
            clip.replace(
                source=clip.read([clip.onset]), landmarks=clip.first_landmarks,
                onset=0, apex=None, offset=0,
            )
            for clip in clips
        ]  # fmt: skip
        return [grey(c.frames)[0].astype(np.float64) for c in self.align.transform(onsets)]


def _until_aligned(steps: Sequence[Any]) -> list[Any] | None:
    """The steps up to the one that aligns faces; of the first branch, where there are several."""
    for place, step in enumerate(steps):
        if isinstance(step, AlignFace):
            return list(steps[: place + 1])
        if getattr(step, "branches", None):
            inner = _until_aligned(step.steps[0])
            return None if inner is None else [*steps[:place], *inner]
    return None


def _cells(X: Any) -> int | None:
    """Values per clip in an array of objects whose cells are rows; None where they are not."""
    if not isinstance(X, np.ndarray) or X.ndim != 2 or not len(X):
        return None
    if not all(isinstance(cell, np.ndarray) and cell.ndim == 1 for cell in X.ravel()):
        return None
    return sum(len(cell) for cell in X[0])
