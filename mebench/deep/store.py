"""Trained networks, half-trained ones and their features on disk: never half-written or unpickled.

They lie in the user's cache folder under a hash of all that decides them, so that an interrupted
run goes on where it stopped, and a repeated one does not train again.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import packed
from ..errors import BadInput
from ..paths import user_folder
from ..storage.atomic import read_sealed, sealed
from ..storage.lease import write_whole

__all__ = ["digest", "drop", "get", "pack", "put", "unpack"]


def digest(*parts: Any) -> str:
    """Hash of arrays, strings and numbers, with their types and shapes.

    Examples
    --------
    >>> digest(np.zeros(2), "a") == digest(np.zeros(2), "a")
    True
    >>> digest(np.zeros(2)) == digest(np.zeros((1, 2)))
    False
    """
    h = hashlib.blake2b(digest_size=20)
    for part in parts:
        if isinstance(part, np.ndarray):
            if part.dtype == object:
                part = part.astype(str)
            h.update(f"{part.dtype.str}{part.shape}".encode())
            h.update(np.ascontiguousarray(part).data)
        else:
            text = repr(part).encode()
            h.update(f"{len(text)}:".encode() + text)
    return h.hexdigest()


def get(key: str) -> dict[str, np.ndarray] | None:
    """The arrays stored under `key`; None if there are none, or none that are whole."""
    body = read_sealed(_path(key), key)
    if body is None:
        return None
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as found:
            return dict(found)
    except (ValueError, OSError):
        return None


def put(key: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Store arrays under `key`, whole or not at all."""
    data = packed(arrays)
    try:
        write_whole(_path(key), sealed(data, key))
    except BadInput as error:
        warnings.warn(
            f"Trained networks cannot be kept; an interrupted run would train again. {error} "
            "MEBENCH_HOME names another place.",
            RuntimeWarning,
            stacklevel=2,
        )


def drop(key: str) -> None:
    """Forget what is stored under `key`."""
    _path(key).unlink(missing_ok=True)


def pack(arrays: Iterable[np.ndarray], prefix: str = "w") -> dict[str, np.ndarray]:
    """Names for arrays that have an order only."""
    return {f"{prefix}{i}": a for i, a in enumerate(arrays)}


def unpack(found: Mapping[str, np.ndarray], prefix: str = "w") -> list[np.ndarray]:
    """The arrays again, in order."""
    n = sum(name.startswith(prefix) and name[len(prefix) :].isdigit() for name in found)
    return [found[f"{prefix}{i}"] for i in range(n)]


def _path(key: str) -> Path:
    # In one folder, so that whoever writes next clears away what a killed one left.
    return user_folder("cache") / "networks" / key
