"""Finished parts of an evaluation, kept on disk until all of it is finished.

A part (the predictions of a fold, some points of a grid) is a handful of arrays under a name.
Whatever may have been computed by other code, from other data or with other settings lies in
another folder, because :func:`fingerprint` names the folder.
"""

from __future__ import annotations

import hashlib
import io
import logging
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping, MutableMapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from ..arrays import packed
from ..clip import Clip
from .atomic import read_sealed, write_sealed
from .rows import pieces
from .sources import source_files

__all__ = ["Checkpoint", "Corner", "Part", "Parts", "fingerprint"]

_log = logging.getLogger(__name__)

Part = Mapping[str, np.ndarray]
Parts = MutableMapping[str, Part]

_EVERY = 0.5  # seconds of work that a kill may cost; less than that is not worth a file
#: Rooms whose code decides a result; one that is gone must not silently stop counting.
_ROOMS = ("deep", "evaluation", "features", "methods", "scoring", "storage", "svm")
_DECIDE = ("numpy", "scipy", "scikit-learn", "numba", "threadpoolctl", "keras", "tensorflow")


class Checkpoint(MutableMapping[str, Part]):
    """Parts by name, in memory and in a folder.

    Parts are written as they come, but not more often than every half second: small ones
    share a file. Files that are not whole are passed over. Several processes may keep the same
    parts in the same folder. Where nothing can be written, nothing is kept, and the work goes on.

    Parameters
    ----------
    folder : path, optional
        Without one, parts are kept in memory only.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with Checkpoint(folder) as parts:
    ...     parts["fold 1"] = {"codes": np.array([0, 1])}
    >>> {name: part["codes"].tolist() for name, part in Checkpoint(folder).items()}
    {'fold 1': [0, 1]}
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._parts: dict[str, Part] = {}
        self._new: dict[str, Part] = {}
        self._written = time.monotonic()
        self._lock = threading.Lock()
        if folder is None:
            return
        for path in sorted(folder.glob("*.parts")):
            data = read_sealed(path, folder.name)
            if data is None:
                _log.info("kept parts: %s is damaged; its parts are computed anew", path.name)
            else:
                self._parts.update(_unpacked(data))
        if self._parts:
            _log.info("kept parts: %d found in %s", len(self._parts), folder)

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def __getitem__(self, name: str) -> Part:
        return self._parts[name]

    def __setitem__(self, name: str, part: Part) -> None:
        with self._lock:
            self._parts[name] = self._new[name] = part
        if time.monotonic() - self._written >= _EVERY:
            self.flush()

    def __delitem__(self, name: str) -> None:
        raise TypeError("What is kept stays until all of it is removed.")

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._parts))

    def __len__(self) -> int:
        return len(self._parts)

    def flush(self) -> None:
        """Write what is not written yet."""
        with self._lock:
            new, self._new = self._new, {}
            self._written = time.monotonic()
        if self.folder is None or not new:
            return
        data = _packed(new)
        # Named by what is in it, so that two processes with the same parts share a file.
        name = hashlib.blake2b(data, digest_size=10).hexdigest()
        try:
            write_sealed(self.folder / f"{name}.parts", data, self.folder.name)
        except OSError as error:
            _log.warning(
                "Nothing can be kept in %s (%s): if this run is interrupted, it starts over.",
                self.folder, error.strerror,
            )  # fmt: skip
            self.folder = None


class Corner(MutableMapping[str, Part]):
    """The parts whose names begin with some words, by the rest of their names."""

    def __init__(self, parts: Parts, words: str) -> None:
        self._parts, self._words = parts, f"{words}: "

    def __getitem__(self, name: str) -> Part:
        return self._parts[self._words + name]

    def __setitem__(self, name: str, part: Part) -> None:
        self._parts[self._words + name] = part

    def __delitem__(self, name: str) -> None:
        del self._parts[self._words + name]

    def __iter__(self) -> Iterator[str]:
        return (n[len(self._words) :] for n in self._parts if n.startswith(self._words))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def fingerprint(**what: Any) -> str:
    """A hash of all that decides a result: `what`, mebench's code, and the libraries.

    Arrays and clips enter by content, estimators by class, parameters and the code of the files
    that define them and of all that these import (:func:`mebench.storage.sources.source_files`).
    Raises whatever :func:`joblib.hash` raises for what cannot be pickled, and where code cannot
    be followed.
    """
    h = hashlib.blake2b(digest_size=16)
    h.update(_code().encode())
    for name, value in sorted(what.items()):
        h.update(name.encode())
        if isinstance(value, list) and value and all(isinstance(v, Clip) for v in value):
            h.update(" ".join(clip.digest() for clip in value).encode())
        elif isinstance(value, np.ndarray) and value.dtype != object and len(value):
            h.update(f"{value.dtype.str}{value.shape}".encode())
            for _, some in pieces(value):
                h.update(np.ascontiguousarray(some).data)
        elif (text := _plain(value)) is not None:
            h.update(text.encode())
        else:
            h.update(joblib.hash(value).encode())
            for source in source_files(value):
                h.update(hashlib.blake2b(source.read_bytes(), digest_size=16).digest())
    return h.hexdigest()


def _plain(value: Any) -> str | None:
    """The points of a grid as text: pickling thousands of them takes fifty times as long."""
    if not isinstance(value, list) or not all(isinstance(v, tuple) for v in value):
        return None
    plain = {type(x) for v in value for x in v} <= {str, int, float, bool}
    return repr(value) if plain else None


@lru_cache
def _code() -> str:
    """mebench's own code that decides, Python and the libraries that fit and predict."""
    h = hashlib.blake2b(sys.version.encode(), digest_size=16)
    package = Path(__file__).parents[1]
    if missing := [room for room in _ROOMS if not (package / room).is_dir()]:
        raise RuntimeError(f"mebench lacks the folder(s) {', '.join(missing)}: install it anew.")
    for path in sorted(p for room in _ROOMS for p in (package / room).rglob("*.py")):
        h.update(path.relative_to(package).as_posix().encode())
        h.update(path.read_bytes())
    for name in _DECIDE:
        try:
            h.update(f"{name}={metadata.version(name)}".encode())
        except metadata.PackageNotFoundError:
            continue
    return h.hexdigest()


def _packed(parts: Mapping[str, Part]) -> bytes:
    names = list(parts)
    arrays = {f"{i} {key}": a for i, n in enumerate(names) for key, a in parts[n].items()}
    return packed({"names": np.array(names), **arrays})


def _unpacked(data: bytes) -> dict[str, Part]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            found: dict[str, dict[str, np.ndarray]] = {str(n): {} for n in file["names"]}
            names = list(found)
            for key in file.files:
                if key != "names":
                    number, _, field = key.partition(" ")
                    found[names[int(number)]][field] = file[key]
            return dict(found)
    except (ValueError, KeyError, IndexError, OSError, zipfile.BadZipFile):
        return {}  # written by another version
