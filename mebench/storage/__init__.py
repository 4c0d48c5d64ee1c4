"""What lies on disk: atomic files, the cache of features, checkpoints, rows, run folders."""

from .cache import ArrayCache, default_cache
from .checkpoint import Kept, fingerprint

__all__ = ["ArrayCache", "Kept", "default_cache", "fingerprint"]
