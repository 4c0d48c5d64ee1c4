"""What lies on disk: atomic files, the cache of features, checkpoints, rows, run folders."""

from .cache import ArrayCache, default_cache
from .checkpoint import Checkpoint, fingerprint

__all__ = ["ArrayCache", "Checkpoint", "default_cache", "fingerprint"]
