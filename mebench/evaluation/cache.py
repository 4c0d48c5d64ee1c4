"""A store of arrays on disk, by key: written atomically, checked when read, never unpickled."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np

from ..paths import user_folder

__all__ = ["ArrayCache", "default_cache"]

_CHECKSUM = 20


class ArrayCache:
    """Arrays under string keys in a folder.

    An entry is one file: the array in NumPy's format, then a checksum of those bytes. A file
    that is cut short or altered counts as absent and is computed anew. Where the folder cannot
    be written to, nothing is kept, one warning says so, and the work goes on.

    Parameters
    ----------
    folder : path
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._writable = True

    def get(self, key: str) -> np.ndarray | None:
        """The array stored under `key`; None if there is none, or none that is whole."""
        try:
            data = self._path(key).read_bytes()
        except OSError:
            return None
        body, checksum = data[:-_CHECKSUM], data[-_CHECKSUM:]
        if _digest(body) != checksum:
            return None
        try:
            return np.load(io.BytesIO(body), allow_pickle=False)
        except ValueError:
            return None

    def put(self, key: str, array: np.ndarray) -> None:
        """Store `array`; another process may do the same at the same time."""
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        body = buffer.getvalue()
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(body + _digest(body))
                os.replace(temporary, path)
            except BaseException:
                os.unlink(temporary)
                raise
        except OSError as error:
            if self._writable:
                self._writable = False
                warnings.warn(
                    f"Nothing can be cached in {self.folder} ({error.strerror}); this run will "
                    "be as right but its successors no faster. MEBENCH_HOME names another place.",
                    RuntimeWarning,
                    stacklevel=2,
                )

    def _path(self, key: str) -> Path:
        name = hashlib.blake2b(key.encode(), digest_size=20).hexdigest()
        return self.folder / name[:2] / name[2:]


def default_cache() -> ArrayCache:
    """The cache in the user's own folder (see :func:`mebench.paths.user_folder`)."""
    return ArrayCache(user_folder("cache"))


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_CHECKSUM).digest()
