"""A name for all that decides the result of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from ..evaluation.fixed_splits import split_mark
from ..storage.checkpoint import fingerprint
from .plan import Run

__all__ = ["run_key"]


def run_key(plan: Mapping[str, Any], asked: Run, samples: Any, grid: Any) -> str:
    """A name for all that decides the result of a run.

    Of frames in files the size and the time of the last change of the first and last are taken;
    what is kept of the features and folds is known by content anyway.
    """
    estimator = asked.method.build()
    settings = {
        k: plan[k] for k in ("scoring", "on_error", "seed", "head", "repeats", "no_explain")
    }
    for key, default in (("search", "exhaustive"), ("inner", "loso")):
        if plan[key] != default:  # the names of older runs stay
            settings[key] = plan[key]
    what = {
        "run": (asked.dataset, asked.labels, asked.method.name, asked.protocol, asked.tuning),
        "split": split_mark(asked.protocol),
        "data": samples.fingerprint(), "frames": [_stamp(clip) for clip in samples.clips],
        "tune": dict(asked.method.tune), "grid": asked.method.grid if grid is None else grid,
        "settings": settings,
    }  # fmt: skip
    try:
        return fingerprint(pipeline=estimator, **what)
    except Exception:  # what cannot be pickled or followed is not known again
        return fingerprint(pipeline=uuid4().hex, **what)


def _stamp(clip: Any) -> Any:
    paths = getattr(clip.source, "paths", None) or [getattr(clip.source, "path", None)]
    if paths[0] is None:
        return clip.digest()
    stamps = []
    for path in (paths[0], paths[-1]):
        try:
            found = os.stat(path)
        except OSError:
            return None
        stamps.append((found.st_size, found.st_mtime_ns))
    return stamps
