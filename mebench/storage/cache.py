"""A store of arrays on disk, by key: bounded, written atomically, checked when read, no pickles."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import re
import shutil
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import BadInput
from ..paths import user_folder
from .atomic import UNFINISHED, read_sealed, write_sealed

__all__ = ["LIMIT", "ArrayCache", "Usage", "as_bytes", "default_cache"]

_log = logging.getLogger(__name__)

#: Largest size of the user's cache where ``MEBENCH_CACHE_LIMIT`` says nothing else, or a tenth of
#: the disk if that is less (our choice).
LIMIT = "20GB"

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_SLACK = 0.9  # of the limit is left by pruning, so that not every entry prunes
#: np.load has Python parse the header of an array, in which 3.11 loses count (a SystemError) where
#: two threads do it at once.
_PARSING = threading.Lock()
_STALE = 3600.0  # seconds after which an unfinished file is nobody's


class Usage(NamedTuple):
    """What a cache holds."""

    entries: int
    size: int  # bytes
    oldest: float | None  # when the entry was last used that nobody used for longest
    newest: float | None  # seconds since 1970, as is ``oldest``


class _Entry(NamedTuple):
    used: float
    size: int
    path: Path


class ArrayCache:
    """Arrays under string keys in a folder.

    An entry is one file: the array in NumPy's format, then a checksum of those bytes. A file
    that is cut short or altered counts as absent and is computed anew. Where the folder cannot
    be written to, nothing is kept there, one warning says so, and the work goes on. Any number
    of processes may read, write and prune at the same time, without locks.

    Parameters
    ----------
    folder : path
    limit : int, optional
        Bytes; beyond it, entries that were not used for longest are removed. Default: none.
    spare : path, optional
        Folder that takes entries where `folder` cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> cache = ArrayCache(tempfile.mkdtemp())
    >>> cache.put("a key", np.arange(3.0))
    >>> cache.get("a key"), cache.get("another")
    (array([0., 1., 2.]), None)
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        limit: int | None = None,
        spare: str | os.PathLike[str] | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.limit = limit
        self.spare = None if spare is None else ArrayCache(spare)
        self._writable = True
        self._size: int | None = None  # as of the last look at the folder, and what we added
        self._counting = threading.Lock()

    def __getstate__(self) -> dict:
        return {k: v for k, v in self.__dict__.items() if k != "_counting"}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state, _counting=threading.Lock())

    def get(self, key: str) -> np.ndarray | None:
        """The array stored under `key`; None if there is none, or none that is whole."""
        path = self._path(key)
        data = read_sealed(path, key)
        if data is None:
            return None if self.spare is None else self.spare.get(key)
        try:
            with _PARSING:
                found: np.ndarray = np.load(io.BytesIO(data), allow_pickle=False)
        except ValueError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # so that pruning knows; times of reading are off on many disks
        return found

    def __contains__(self, key: str) -> bool:
        """Whether there is an entry; it is not read, so it may yet turn out to be damaged."""
        return self._path(key).is_file() or (self.spare is not None and key in self.spare)

    def writable(self) -> bool:
        """Whether something can be kept here."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return False
        return os.access(self.folder, os.W_OK)

    def put(self, key: str, array: np.ndarray) -> None:
        """Store `array`; another process may do the same at the same time."""
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        try:
            write_sealed(self._path(key), buffer.getvalue(), key)
        except OSError as error:
            if self.spare is not None:
                self.spare.put(key, array)
            elif self._writable:
                self._writable = False
                warnings.warn(
                    f"Nothing can be kept in {self.folder} ({error.strerror}); this run will "
                    "be as right but its successors no faster. MEBENCH_HOME names another place.",
                    RuntimeWarning,
                    stacklevel=2,
                )
            return
        self._bound(buffer.tell())

    def usage(self) -> Usage:
        """Number and size of the entries, and when they were used."""
        found = list(self._entries())
        times = [entry.used for entry in found]
        return Usage(
            len(found), sum(e.size for e in found), min(times, default=None),
            max(times, default=None),
        )  # fmt: skip

    def prune(self, size: int) -> tuple[int, int]:
        """Remove what was not used for longest until `size` bytes are left, and stale leftovers.

        Returns
        -------
        entries, bytes : int
            How much was removed. Another process may be removing at the same time.
        """
        entries, freed = 0, 0
        found = sorted(self._entries())
        left = sum(entry.size for entry in found)
        for entry in found:
            if left <= size:
                break
            left -= entry.size
            try:
                entry.path.unlink()
            except OSError:
                continue
            entries, freed = entries + 1, freed + entry.size
        for path in self._files():
            try:
                if path.name.startswith(UNFINISHED) and _age(path) > _STALE:
                    path.unlink()
            except OSError:
                continue
        return entries, freed

    def _bound(self, added: int) -> None:
        if self.limit is None:
            return
        with self._counting:
            if self._size is None:
                self._size = self.usage().size
            else:
                self._size += added
            if self._size <= self.limit:
                return
            self._size = self.usage().size  # others may have pruned
            if self._size > self.limit:
                entries, freed = self.prune(int(_SLACK * self.limit))
                self._size -= freed
                _log.info(
                    "cache: %d entries (%d MB) removed that were not used for longest; "
                    "MEBENCH_CACHE_LIMIT is %d MB", entries, freed // 10**6, self.limit // 10**6,
                )  # fmt: skip

    def _entries(self) -> Iterator[_Entry]:
        for path in self._files():
            if not path.name.startswith(UNFINISHED):
                try:
                    stat = path.stat()
                except OSError:
                    continue
                yield _Entry(stat.st_mtime, stat.st_size, path)

    def _files(self) -> Iterator[Path]:
        try:
            groups = list(self.folder.iterdir())
        except OSError:
            return
        for group in groups:
            # Only what looks like ours: a folder named by mistake loses nothing.
            if re.fullmatch("[0-9a-f]{2}", group.name):
                try:
                    files = list(group.iterdir())
                except OSError:
                    continue
                yield from (
                    f for f in files if re.fullmatch("[0-9a-f]{38}", f.name) or _unfinished(f)
                )

    def _path(self, key: str) -> Path:
        name = hashlib.blake2b(key.encode(), digest_size=20).hexdigest()
        return self.folder / name[:2] / name[2:]


def default_cache(spare: str | os.PathLike[str] | None = None) -> ArrayCache:
    """The cache in the user's own folder (see :func:`mebench.paths.user_folder`).

    The environment variable ``MEBENCH_CACHE_LIMIT`` bounds it: a size such as ``50GB``, or
    ``none``; without it, :data:`LIMIT` or a tenth of the disk.

    Raises
    ------
    BadInput
        The variable is no size.
    """
    folder = user_folder("cache")
    given = os.environ.get("MEBENCH_CACHE_LIMIT", "").strip()
    if given:
        limit = None if given.lower() == "none" else as_bytes(given, "MEBENCH_CACHE_LIMIT")
    else:
        limit = min(as_bytes(LIMIT), _disk(folder) // 10)
    return ArrayCache(folder, limit=limit, spare=spare)


def as_bytes(text: str, name: str = "The size") -> int:
    """Bytes of a size: a number with kB, MB, GB or TB (powers of 1000), KiB … (of 1024), or none.

    Examples
    --------
    >>> as_bytes("10GB"), as_bytes("1.5 MiB"), as_bytes("0")
    (10000000000, 1572864, 0)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", text.lower())
    if match is None or (match[3] and not match[2]):
        raise BadInput(f"{name} is a number and a unit, such as 10GB or 500MB; found {text!r}.")
    number, unit, binary = match.groups()
    if binary:
        return int(float(number) * 1024 ** ("kmgt".index(unit) + 1))
    return int(float(number) * _UNITS[unit])


def _disk(folder: Path) -> int:
    """Size of the disk that `folder` lies on, or will."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).total
        except OSError:
            continue
    return as_bytes(LIMIT)


def _unfinished(path: Path) -> bool:
    return path.name.startswith(UNFINISHED)


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime
