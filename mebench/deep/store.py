"""Trained networks, half-trained ones and their features on disk: never half-written or unpickled.

They lie in the user's cache folder under a hash of all that decides them, so that an interrupted
run goes on where it stopped, and a repeated one does not train again.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..paths import user_folder

__all__ = ["digest", "drop", "get", "pack", "put", "unpack"]

_CHECKSUM = 20


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
    try:
        data = _path(key).read_bytes()
    except OSError:
        return None
    body, checksum = data[:-_CHECKSUM], data[-_CHECKSUM:]
    if _sum(body) != checksum:
        return None
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as found:
            return dict(found)
    except (ValueError, OSError):
        return None


def put(key: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Store arrays under `key`, whole or not at all."""
    buffer = io.BytesIO()
    named: dict[str, Any] = {name: np.asarray(value) for name, value in arrays.items()}
    np.savez(buffer, allow_pickle=False, **named)
    body, path = buffer.getvalue(), _path(key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body + _sum(body))
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        warnings.warn(
            f"Trained networks cannot be kept in {path.parent} ({error.strerror}); an interrupted "
            "run would train again. MEBENCH_HOME names another place.",
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
    return user_folder("cache") / "networks" / key[:2] / key[2:]


def _sum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_CHECKSUM).digest()
