"""Numba made to compile faster in a process of our own."""

from __future__ import annotations

import gc
from typing import Any

__all__ = ["compile_quickly"]


def compile_quickly() -> None:
    """Let numba compare its options by what was set, for the rest of this process.

    At each call that it compiles, numba looks up options in a table, which means comparing them.
    It does so by asking two objects for each of some twenty options by name, and finds all objects
    under one hash, which it computes anew: a fifth of the time that a search takes to compile. What
    comes of it is the same. Another numba that keeps its options otherwise is left as it is.
    """
    from numba.core import targetconfig

    options: Any = targetconfig.TargetConfig
    gc.freeze()  # what was imported stays: nobody has to look through it while compiling
    if {"_values", "values"} <= set(dir(options())):
        options.__eq__ = _equal
        options.__hash__ = _one_hash


def _equal(a: Any, b: Any) -> Any:
    if a is b:
        return True
    if not hasattr(b, "_values"):
        return NotImplemented
    # Options that were never set have their class's defaults.
    if type(a) is type(b) and a._values.keys() == b._values.keys():
        return a._values == b._values
    return a.values() == b.values()


def _one_hash(config: Any) -> int:
    """Of the names of the options, as numba's own, which are those of the class."""
    return hash(type(config))
