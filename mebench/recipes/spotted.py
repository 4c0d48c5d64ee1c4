"""One side of a row of a spotting table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..datasets.long import load_long
from ..errors import MebenchError
from ..spotting.evaluate import evaluate_spotters
from ..storage.cache import default_cache
from ..synthetic.disk import MANIFEST
from .recipe import Row

__all__ = ["spotted"]

Progress = Callable[[str, int, int], None]


def spotted(
    row: Row, side: str, progress: Progress | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Scores of a spotter on a database of long videos.

    With ``tuning = "fixed"`` it has the thresholds of its paper, with ``nested`` those that were
    best on the videos of all other persons. Micro- and macro-expressions together, as the
    challenges count, unless ``labels`` names one of them.

    Returns
    -------
    dict
        The fields of :class:`~mebench.recipes.redo.Side`.
    """
    settings = row.printed if side == "printed" else row.honest
    tune = settings.get("tuning", "nested") != "fixed"
    stage = None
    if progress is not None:
        stage = lambda done, n: progress(f"{row.method} on {row.dataset}", done, n)  # noqa: E731
    try:
        database = load_long(row.dataset)
        (found,) = evaluate_spotters(
            database, [row.method], tune=tune, cache=None if given.get("no_cache") else
            default_cache(), n_jobs=given.get("n_jobs") or 1, progress=stage,
        )  # fmt: skip
    except MebenchError as error:
        return {"scores": {}, "intervals": {}, "reason": str(error)}
    kind = row.labels or "all"
    line = found.scores.loc[kind]
    return {
        "scores": {"f1": float(line["f1"])},
        "intervals": {"f1": (float(line["f1_low"]), float(line["f1_high"]))},
        "clips": len(database.clips),
        "made_up": any(_made_up(clip) for clip in database.clips[:1]),
        "warnings": tuple(found.notes),
    }


def _made_up(clip: Any) -> bool:
    """Whether a clip lies in a synthetic corpus, by the file that every one of them has."""
    path = getattr(clip.source, "path", None) or getattr(clip.source, "paths", [None])[0]
    return path is not None and any((p / MANIFEST).is_file() for p in Path(path).parents)
