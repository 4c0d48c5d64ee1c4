"""What lies on disk: atomic files, the cache of features, checkpoints, rows, run folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import on_touch

if TYPE_CHECKING:
    from .cache import ArrayCache, default_cache
    from .checkpoint import Checkpoint, fingerprint

__all__ = ["ArrayCache", "Checkpoint", "default_cache", "fingerprint"]

# Loaded on first touch: the command line needs no arrays to look at its arguments.
_HOMES = {
    "ArrayCache": "cache",
    "Checkpoint": "checkpoint",
    "default_cache": "cache",
    "fingerprint": "checkpoint",
}


__getattr__ = on_touch(__name__, _HOMES)
