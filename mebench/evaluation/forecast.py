"""What a run would have to do, how much of it is there already, and how long the rest takes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from ..clip import Clip
from ..errors import MebenchError
from ..methods import Method
from .cache import ArrayCache, default_cache
from .evaluate import seeded
from .extract import extract, row_key, split_pipeline
from .kept import Kept

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
) -> dict[str, Any]:
    """What there is to do for a run, without writing anything.

    Parameters
    ----------
    method : Method
    samples : Samples
    setting : mapping
        ``dataset``, ``protocol`` and ``tuning`` of the run, as in the headers of runs.
    out : path
        Folder of earlier runs, whose times are the best guide.
    keep : path
        Folder of the parts that are kept of this run.
    cache : bool, default True
        Whether the user's cache would be used.
    seed, n_jobs : int

    Returns
    -------
    dict
        ``clips``; ``cached``, how many of their features are there; ``parts``, how many finished
        parts are kept; ``seconds`` of ``features`` and ``folds``, None where there is nothing to
        go by; and ``basis``, what each of these two is estimated from.
    """
    estimator = seeded(method.build(), seed)
    tune = dict(method.tune) if setting["tuning"] != "fixed" else {}
    steps, _ = split_pipeline(estimator, tune)
    spare = keep / "features"
    store = default_cache(spare) if cache else ArrayCache(spare)
    todo = [clip for clip in samples.clips if not _there(store, steps, clip)]
    runs = [head for head in _headers(out) if head.get("method") == method.name]
    rate, basis = _rate(runs, steps, todo, estimator)
    features = rate * len(todo) / joblib.effective_n_jobs(n_jobs) if todo else 0.0
    folds, scaled = _folds(runs, len(samples), setting)
    parts = sum(len(Kept(folder)) for folder in keep.glob("*") if folder != spare)
    return {
        "clips": len(samples),
        "cached": len(samples) - len(todo),
        "parts": parts,
        "seconds": {"features": round(features, 3), "folds": folds},
        "basis": {"features": basis if todo else "nothing to do", "folds": scaled},
    }


def _there(store: ArrayCache, steps: list, clip: Clip) -> bool:
    key = row_key(steps, clip)
    return key is not None and key in store


def _rate(runs: list[dict], steps: list, todo: list[Clip], estimator: Any) -> tuple[float, str]:
    """Processor seconds per clip, and where they come from."""
    text = " ".join(repr(estimator).split())
    for head in runs:
        n = head.get("n_samples", 0) - head.get("features_from_cache", 0)
        if head.get("pipeline") == text and n >= max(10, head.get("n_samples", 0) / 2):
            # Clips run side by side, but not always perfectly: this errs to the long side.
            seconds = head["seconds"]["features"] * (head.get("processors") or 1)
            return seconds / n, f"an earlier run's {n} clips"
    if not todo or not steps:
        return 0.0, "nothing to do"
    times = []
    for clip in [todo[0], todo[len(todo) // 2]]:  # the first one compiles and loads models
        started = time.perf_counter()
        try:
            extract(steps, [clip], cache=None, on_error="skip", n_jobs=1)
        except MebenchError as error:
            return 0.0, f"unknown: {error}"
        times.append(time.perf_counter() - started)
    return times[-1], "one clip, measured now"


def _folds(runs: list[dict], n: int, setting: Mapping[str, Any]) -> tuple[float | None, str]:
    alike = [h for h in runs if all(h.get(k) == setting[k] for k in ("protocol", "tuning"))]
    alike = [h for h in alike if "folds" in h.get("seconds", {}) and h.get("n_samples")]
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
