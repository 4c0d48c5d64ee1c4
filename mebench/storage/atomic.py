"""Files that are whole or count as absent: written under another name, checked when read."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

__all__ = ["UNFINISHED", "read_sealed", "sealed", "write_sealed"]

#: How the names of files begin that somebody is writing, or died over.
UNFINISHED = ".writing-"

_CHECKSUM = 20


def write_sealed(path: Path, data: bytes, key: str = "") -> None:
    """Write `data` and its checksum to `path`, at once; others may write it at the same time.

    The checksum is of the key as well, so that a file under another's name is no whole file.

    Nothing is synchronised with the disk: what a power cut leaves half written fails its
    checksum, and is computed anew.

    Raises
    ------
    OSError
        It cannot be written; an older file of that name is then as it was.
    """
    for last in (False, True):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(sealed(data, key))
                os.replace(temporary, path)
                return
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except FileNotFoundError:  # another process has just removed the folder
            if last:
                raise


def sealed(data: bytes, key: str = "") -> bytes:
    """`data` with the checksum that :func:`read_sealed` looks for behind it."""
    return data + _digest(data, key)


def read_sealed(path: Path, key: str = "") -> bytes | None:
    """What was written to `path` under `key`; None if it is not there, cut short or altered."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    body, checksum = data[:-_CHECKSUM], data[-_CHECKSUM:]
    return body if _digest(body, key) == checksum else None


def _digest(data: bytes, key: str) -> bytes:
    person = hashlib.blake2b(key.encode(), digest_size=16).digest()
    return hashlib.blake2b(data, digest_size=_CHECKSUM, person=person).digest()
