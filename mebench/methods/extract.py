"""The part of a pipeline that learns nothing: run once per clip, in parallel, and cached."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from ..clip import Clip
from ..errors import BadInput, FaceNotFound
from ..flow.polynomials import FARNEBACK
from ..parallel import in_order
from ..preprocessing import FindLandmarks
from ..storage.cache import ArrayCache
from ..storage.rows import Rows, pieces
from ..timing import spending
from .combination import Branches, blocks
from .parts import split_pipeline

__all__ = [
    "Extracted",
    "apply_step",
    "extract",
    "first_key",
    "row_key",
    "signature",
    "split_pipeline",
    "zero_rows",
]

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Extracted:
    """What came out for each clip, and which clips could not be used.

    Parameters
    ----------
    rows : list or ndarray ``(n, …)``
        One array per usable clip (or one Clip, where no step turns clips into rows). Many rows
        are one array, memory-mapped from a file that vanishes with the process.
    kept : ndarray of int
        The place of each row's clip in the input.
    failed : dict
        Clip id to the reason why it was left out.
    from_cache : int
        How many rows were read rather than computed.
    """

    rows: Any
    kept: np.ndarray
    failed: dict[str, str]
    from_cache: int

    def matrix(self) -> Any:
        """``(n, n_features)`` array where rows are vectors, else the list itself."""
        rows = self.rows
        stackable = isinstance(rows, list) and all(isinstance(row, np.ndarray) for row in rows)
        return np.stack(rows) if stackable and rows else rows


def extract(
    steps: Sequence[Any],
    clips: Sequence[Clip],
    *,
    cache: ArrayCache | None = None,
    on_error: str = "error",
    n_jobs: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
    what: str = "features",
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
    folder : path, optional
        Where rows go that are too many for the memory. Default: the system's temporary folder.
    what : str, default 'features'
        What the log calls the work.

    Raises
    ------
    FaceNotFound
        With ``on_error='error'``.
    BadInput
        A clip that a step cannot use; always.
    """
    if on_error not in ("error", "skip"):
        raise BadInput(f"on_error must be 'error' or 'skip', found {on_error!r}.")
    rows, failed, hits = Rows(folder), {}, 0
    kept: list[int] = []
    first: tuple[str, Any] = ("", None)  # the first clip, and the shape of its row
    results = in_order(_one, ((steps, clip, cache, on_error) for clip in clips), n_jobs)
    started = time.perf_counter()
    for i, (row, reason, hit) in enumerate(results):
        if reason is None:
            here = (clips[i].id, getattr(row, "shape", None))
            first = first if kept else here
            if here[1] != first[1]:
                raise BadInput(
                    f"{type(steps[-1]).__name__} gave {here[1]} values of clip {here[0]!r} and "
                    f"{first[1]} of clip {first[0]!r}: rows of all clips must be of one length."
                )
            rows.append(row)
            kept.append(i)
            hits += hit
        else:
            failed[clips[i].id] = reason
        if progress is not None:
            progress(i + 1, len(clips))
    if clips:
        _log.info(
            "%s: %d clips in %.2f s, %d from the cache, %d left out",
            what, len(clips), time.perf_counter() - started, hits, len(failed),
        )  # fmt: skip
    return Extracted(rows.collected(), np.array(kept, np.int64), failed, hits)


def _one(
    steps: Sequence[Any], clip: Clip, cache: ArrayCache | None, on_error: str
) -> tuple[Any, str | None, bool]:
    """One clip's row; or the reason why there is none; and whether it came from the cache."""
    start = None if cache is None else first_key(clip)
    try:
        value, hit = _run(steps, clip, cache, start)
    except FaceNotFound as error:
        if on_error == "error":
            raise
        return None, str(error), False
    return value, None, hit


def _run(
    steps: Sequence[Any], value: Any, cache: ArrayCache | None, start: str | None
) -> tuple[Any, bool]:
    """What the steps make of a value whose key is `start`, and whether all came from the cache."""
    keys = _keys(steps, start)
    # Of a step that measures, the measurement is kept, not the clip that carries it.
    whole = bool(steps) and not hasattr(steps[-1], "measure")
    if cache is not None and whole and keys[-1] is not None:
        stored = cache.get(keys[-1])
        if stored is not None:
            return stored, True
    hit = False
    for step, before, after in zip(steps, [start, *keys], keys, strict=False):
        if isinstance(step, Branches):
            # Each branch is kept as if it ran alone, so that it is found when it does.
            found = [_run(branch, value, cache, before) for branch in step.steps]
            value, hit = blocks(*([v] for v, _ in found))[0], all(h for _, h in found)
        else:
            value, hit = apply_step(step, value, cache, after), False
    if cache is not None and steps and keys[-1] is not None and isinstance(value, np.ndarray):
        cache.put(keys[-1], value)
    return value, hit


def apply_step(step: Any, value: Any, cache: ArrayCache | None, key: str | None) -> Any:
    """What one step makes of one value; a measurement is kept under its own key."""
    if not hasattr(step, "measure"):
        with spending("descriptors"):
            out = step.transform([value])
        return out[0] if not isinstance(out, np.ndarray) else np.asarray(out[0])
    # A step that only measures something (landmarks, an apex): the measurement is small and
    # many methods share it, so it is kept by itself.
    store = cache if key is not None else None
    measured = None if store is None else store.get(str(key))
    if measured is None:
        with spending("faces" if isinstance(step, FindLandmarks) else "descriptors"):
            measured = _measured(step, value, store, f"{key} nothing")
        if store is not None:
            store.put(str(key), measured)
    return step.attach(value, measured)


def _measured(step: Any, value: Any, store: ArrayCache | None, nothing: str) -> Any:
    """What a step measures; that there is no face is found out once, as it takes longest."""
    if store is not None and (why := store.get(nothing)) is not None:
        raise step.not_found(value, str(why))
    try:
        return step.measure(value)
    except FaceNotFound as error:
        if store is not None and error.why:
            store.put(nothing, np.array(error.why))
        raise


def zero_rows(X: Any) -> list[int]:
    """Places of rows in which every feature is zero, such as of clips whose apex is the onset.

    Examples
    --------
    >>> zero_rows(np.array([[0.0, 0.0], [0.0, 1.0]])), zero_rows(["no matrix"])
    ([0], [])
    """
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype == object:
        return []
    empty = [~rows.any(axis=1) for _, rows in pieces(X)]
    return [int(i) for i in np.flatnonzero(np.concatenate(empty))] if empty else []


def row_key(steps: Sequence[Any], clip: Clip) -> str | None:
    """The key of a clip's row in the cache; None if the steps cannot be named."""
    return _keys(steps, first_key(clip))[-1] if steps else None


def first_key(clip: Clip) -> str:
    """What the keys of all that is made of a clip begin with: its content, and the libraries."""
    return f"{_libraries()} {clip.digest()}"


def _keys(steps: Sequence[Any], key: str | None) -> list[str | None]:
    """The key of the result after each step; None from the first step that has no version."""
    keys: list[str | None] = []
    for step in steps:
        name = signature(step)
        key = None if key is None or name is None else f"{key} {name}"
        keys.append(key)
    return keys


def signature(step: Any) -> str | None:
    """Class, version and parameters; None if they do not say all about the step."""
    kind, version = type(step), getattr(step, "version", None)
    if version is None:
        return None
    if getattr(step, "flow", None) == "farneback":
        version = f"{version} {FARNEBACK}"
    if hasattr(step, "version_of_files"):  # a model file under the same name may be another one
        version = f"{version} {step.version_of_files()}"
    try:
        params = json.dumps(step.get_params(deep=False), sort_keys=True, default=_inside)
    except (TypeError, ValueError):
        return None
    home = kind.__module__.replace("._", ".")  # keys are older than the underscores of modules
    return f"{home}.{kind.__qualname__} {version} {params}"


def _inside(value: Any) -> list[str | None]:
    """A step that is a parameter of another, such as one of :class:`mebench.deep.Beside`."""
    names = [signature(step) for _, step in getattr(value, "steps", [("", value)])]
    if None in names:
        raise TypeError(f"{value!r} has no version")
    return names


@lru_cache
def _libraries() -> str:
    names = (
        *("numpy", "scipy", "scikit-image", "numba", "dlib-bin", "dlib"),
        *("opencv-python-headless", "opencv-python", "opencv-contrib-python"),
        "opencv-contrib-python-headless",
    )
    there = ((name, _version(name)) for name in names)
    return " ".join(f"{name}={version}" for name, version in there if version != "none")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"
