"""Finished searches of a grid, kept in the user's cache, so that a run repeated is at once there.

The key is the name of the work's checkpoint: a hash of features, labels, persons, folds, grid and
measure, of the code that decides and of the libraries. A search that is kept is one of exactly the
same work, down to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..storage.cache import ArrayCache
from ..storage.checkpoint import Checkpoint
from ..svm import NestedSearch, grid_points

__all__ = ["recalled", "remember"]

_PARTS = ("classes", "chosen", "inner_score", "predictions", "scores", "inner_scores")


def recalled(store: ArrayCache | None, kept: Checkpoint, grid: Any) -> NestedSearch | None:
    """The search of this work, if it was done before."""
    if store is None or kept.folder is None:
        return None
    parts = {part: store.get(_key(kept, part)) for part in _PARTS}
    if any(value is None for value in parts.values()):
        return None
    parts["classes"] = np.asarray(parts["classes"]).astype(object)
    unseen: dict[str, Any] = {"points": grid_points(grid), "surface": np.empty((0, 0), np.int16)}
    return NestedSearch(**unseen, **parts)  # type: ignore[arg-type]


def remember(store: ArrayCache | None, kept: Checkpoint, found: NestedSearch) -> None:
    """Keep all of a search but its surface, which nothing after it looks at."""
    if store is None or kept.folder is None or not all(isinstance(c, str) for c in found.classes):
        return
    for part in _PARTS:
        value = getattr(found, part)
        store.put(_key(kept, part), value.astype(str) if part == "classes" else value)


def _key(kept: Checkpoint, part: str) -> str:
    assert kept.folder is not None
    return f"search {kept.folder.name} {part}"
