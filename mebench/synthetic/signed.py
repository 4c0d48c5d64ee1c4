"""Whether clips are made up: only then may their faces be stored or shown."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ..clip import Clip, FrameFiles, VideoFile
from .disk import MANIFEST

__all__ = ["are_made_up"]


def are_made_up(clips: Sequence[Clip]) -> bool:
    """Whether every frame lies in a folder that a writer of synthetic corpora has signed.

    The name of the database is not trusted, and arrays say nothing of where they come from.

    Examples
    --------
    >>> import numpy as np
    >>> are_made_up([Clip("a", np.zeros((3, 4, 4), np.uint8))])
    False
    """
    return len(clips) > 0 and all(_is_made_up(clip) for clip in clips)


def _is_made_up(clip: Clip) -> bool:
    source = clip.source
    if isinstance(source, VideoFile):
        return _signed(os.path.dirname(source.path))
    if not isinstance(source, FrameFiles) or not source.paths:
        return False
    return all(_signed(folder) for folder in {os.path.dirname(path) for path in source.paths})


@lru_cache(maxsize=4096)
def _signed(folder: str) -> bool:
    # No layout nests deeper.
    above = Path(folder, "x").parents[:10]
    return any((one / MANIFEST).is_file() for one in above)
