"""Flows that several descriptors of one clip ask for are computed once, while it is in memory."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..timing import spending

__all__ = ["remembered", "sharing_flows"]

#: Bytes of flow that a thread remembers: one clip of 68 frames of 640 × 480 pixels takes 165 MB.
_MOST = 256 * 2**20

_here = threading.local()


@contextmanager
def sharing_flows() -> Iterator[None]:
    """Within it, on this thread, the same frames under the same method give the same array.

    The arrays are read-only. Nothing is remembered outside of it.
    """
    before = getattr(_here, "known", None)
    _here.known = {}
    try:
        yield
    finally:
        _here.known = before


def remembered(
    compute: Callable[[], np.ndarray], frames: tuple[np.ndarray, ...], *settings: Any
) -> np.ndarray:
    """What `compute` gives, or gave for the same frames and settings.

    Parameters
    ----------
    compute : callable
    frames : tuple of ndarray
        All that it looks at; they are told apart by their content.
    *settings
        Functions, words and numbers.
    """
    known: dict[bytes, np.ndarray] | None = getattr(_here, "known", None)
    if known is None:
        with spending("flow"):
            return compute()
    h = hashlib.blake2b(repr(settings).encode(), digest_size=16)
    for array in frames:
        h.update(f"{array.dtype.str}{array.shape}".encode())
        h.update(np.ascontiguousarray(array).data)
    key = h.digest()
    if key not in known:
        with spending("flow"):
            found = compute()
        found.flags.writeable = False
        while known and sum(a.nbytes for a in known.values()) + found.nbytes > _MOST:
            known.pop(next(iter(known)))
        known[key] = found
    return known[key]
