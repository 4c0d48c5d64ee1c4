"""What lies on disk: atomic files, the cache of features, checkpoints, rows, run folders."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
