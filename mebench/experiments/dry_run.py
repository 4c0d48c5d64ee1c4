"""What a run would have to do, how much of it is there already, and how long the rest takes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from ..clip import Clip
from ..errors import MebenchError
from ..methods import Method
from ..methods.combination import Branches
from ..methods.extract import extract, row_key
from ..methods.fitting import seeded
from ..methods.parts import split_pipeline
from ..storage.cache import ArrayCache, default_cache
from ..storage.checkpoint import Checkpoint
from .fold_time import fold_seconds

__all__ = ["forecast"]


def forecast(
    method: Method,
    samples: Any,
    *,
    setting: Mapping[str, Any],
    out: Path,
    keep: Path,
    cache: bool = True,
    seed: int = 0,
    n_jobs: int | None = None,
    coming: set[str] | None = None,
    timed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What there is to do for a run, without writing anything.

    Parameters
    ----------
    method : Method
    samples : Samples
    setting : mapping
        ``dataset``, ``protocol``, ``tuning`` and ``inner`` of the run.
    out : path
        Folder of earlier runs, whose times are the best guide.
    keep : path
        Folder of the parts that are kept of this run.
    cache : bool, default True
        Whether the user's cache would be used.
    seed, n_jobs : int
    coming : set of str, optional
        Keys of the features that runs before this one will have left in the cache; those of
        this run are added.
    timed : mapping, optional
        ``grid`` and ``scoring`` of the run: then a part of the folds is timed, which takes
        seconds, where no earlier run tells how long they take.

    Returns
    -------
    dict
        ``clips``; ``cached``, how many of their features are there (of a combination: those of
        all members); ``coming``, how many more will be there from the runs before; ``parts``, how
        many finished parts are kept; ``seconds`` of ``features`` and ``folds``, None where there
        is nothing to go by; and ``basis``, what each of these two is estimated from.
    """
    estimator = seeded(method.build(), seed)
    tune = dict(method.tune) if setting["tuning"] != "fixed" else {}
    steps, _ = split_pipeline(estimator, tune)
    spare = keep / "features"
    store = default_cache(spare) if cache else ArrayCache(spare)
    coming = set() if coming is None or not cache else coming
    chains = _chains(steps)
    todo: list[tuple[Clip, list[list]]] = []  # clips, and the chains that they lack
    cached = 0
    for clip in samples.clips:
        found = [(row_key(chain, clip), chain) for chain in chains]
        absent = [(key, chain) for key, chain in found if key is None or key not in store]
        cached += not absent
        todo.append((clip, [chain for key, chain in absent if key is None or key not in coming]))
        coming.update(key for key, _ in absent if key is not None)
    todo = [(clip, left) for clip, left in todo if left]
    runs = [head for head in _headers(out) if head.get("method") == method.name]
    seconds, basis = _seconds(runs, chains, todo, estimator)
    features = seconds / joblib.effective_n_jobs(n_jobs)
    folds, scaled = _folds(runs, len(samples), setting)
    if folds is None and timed is not None:
        folds, scaled = fold_seconds(
            method, samples, protocol=setting["protocol"], tuning=setting["tuning"],
            inner=setting["inner"], seed=seed, n_jobs=n_jobs, **timed,
        )  # fmt: skip
    parts = sum(len(Checkpoint(folder)) for folder in keep.glob("*") if folder != spare)
    return {
        "clips": len(samples),
        "cached": cached,
        "coming": len(samples) - cached - len(todo),
        "parts": parts,
        "seconds": {"features": round(features, 3), "folds": folds},
        "basis": {"features": basis if todo else "nothing to do", "folds": scaled},
    }


def _chains(steps: Sequence[Any]) -> list[list[Any]]:
    """The steps as they are cached: each branch of a combination by itself."""
    if not steps or not isinstance(steps[-1], Branches):
        return [list(steps)] if steps else []
    return [chain for branch in steps[-1].steps for chain in _chains([*steps[:-1], *branch])]


def _seconds(
    runs: list[dict], chains: list[list], todo: list[tuple[Clip, list[list]]], estimator: Any
) -> tuple[float, str]:
    """Processor seconds for all of `todo`, and where they come from."""
    if not todo:
        return 0.0, "nothing to do"
    text = " ".join(repr(estimator).split())
    whole = all(len(left) == len(chains) for _, left in todo)
    for head in runs if whole else []:
        n = head.get("n_samples", 0) - head.get("features_from_cache", 0)
        alone = ((head.get("work") or {}).get("pass") or {}).get("runs", 1) <= 1
        enough = alone and n >= max(10, head.get("n_samples", 0) / 2)
        if head.get("pipeline") == text and enough:
            # Clips run side by side, but not always perfectly: this errs to the long side.
            seconds = head["seconds"]["features"] * (head.get("processors") or 1)
            return seconds / n * len(todo), f"an earlier run's {n} clips"
    total = 0.0
    for chain in chains:
        clips = [clip for clip, left in todo if chain in left]
        if not clips:
            continue
        try:
            total += _measured(chain, clips) * len(clips)
        except MebenchError as error:
            return 0.0, f"unknown: {error}"
    return total, "one clip, measured now"


def _measured(chain: list, clips: list[Clip]) -> float:
    """Seconds that one clip takes."""
    for clip in [clips[0], clips[len(clips) // 2]]:  # the first one compiles and loads models
        started = time.perf_counter()
        extract(chain, [clip], cache=None, on_error="skip", n_jobs=1, what="measured for the time")
    return time.perf_counter() - started


def _folds(runs: list[dict], n: int, setting: Mapping[str, Any]) -> tuple[float | None, str]:
    alike = [h for h in runs if all(h.get(k) == setting[k] for k in ("protocol", "tuning"))]
    alike = [h for h in alike if "folds" in h.get("seconds", {}) and h.get("n_samples")]
    if setting["tuning"] == "nested":
        alike = [h for h in alike if h.get("inner", "loso") == setting["inner"]]
    if not alike:
        return None, "unknown: no earlier run of this method, protocol and tuning"
    best = min(alike, key=lambda h: (h.get("dataset") != setting["dataset"],
                                     abs(h["n_samples"] - n)))  # fmt: skip
    ratio = n / best["n_samples"]
    # A Gram matrix grows with the square; the number of folds does not have to.
    seconds = round(float(best["seconds"]["folds"]) * float(np.square(ratio)), 1)
    basis = f"an earlier run on {best.get('dataset')} ({best['n_samples']} clips)"
    return seconds, basis if ratio == 1 else basis + ", scaled by the square of the clips"


def _headers(out: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(out.glob("*/run.json")):
        try:
            head = json.loads(path.read_text())
        except (OSError, ValueError):
            continue
        if isinstance(head, dict) and isinstance(head.get("seconds"), dict):
            yield head
