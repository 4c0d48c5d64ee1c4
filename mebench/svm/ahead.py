"""Compiling the search of grids beside other work, where it was not compiled yet.

The search is the largest piece that is compiled, one function on one processor. Another process
does it while this one reads clips; both share the cache that numba keeps on disk, so this one finds
it there. What goes wrong there costs nothing but that: it is compiled where it is used, then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from . import _beside
from ._folds import walk
from .nested import nested_search

__all__ = ["compile_ahead", "search_something"]


def compile_ahead() -> bool:
    """Have the search compiled by another process, unless it is; whether one was started.

    The search waits for it by itself.
    """
    return not _is_compiled() and _beside.start(__name__, search_something.__name__)


def search_something() -> None:
    """A search that takes no time but compiles all that any search needs."""
    rng = np.random.default_rng(0)
    X = np.repeat(np.abs(rng.normal(size=(6, 4))).round(1), 3, axis=0)
    y, group = np.tile([0, 1, 2], 6), np.repeat(np.arange(6), 3)  # the same samples in all classes
    folds = [(np.flatnonzero(group != g), np.flatnonzero(group == g)) for g in range(6)]
    nested_search(X @ X.T, y, folds, group, {"degree": 2, "gamma": 1, "coef0": 1, "C": [1, 10]})


def _is_compiled() -> bool:
    """Whether this process holds the search, or numba's cache does."""
    search: Any = walk
    try:
        folder = Path(search._cache.cache_path)
        return bool(search.signatures) or any(folder.glob("_folds.walk-*.nbi"))
    except (AttributeError, OSError):  # another numba, or a folder that cannot be read
        return True
