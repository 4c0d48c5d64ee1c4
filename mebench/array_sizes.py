"""What files of arrays declare, before anything is unpacked: more than there can be is refused."""

from __future__ import annotations

import math
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .errors import BadInput

__all__ = ["check_size"]

#: A file that grows by more than this when it is unpacked, and beyond `_SMALL` bytes, is a trap:
#: deflate cannot pack more than 1032 to 1, and features never come near it (our choice).
_GROWTH, _SMALL = 200, 2**30
_CELL = 64  # bytes that a cell of Parquet takes while it is read as an object of Python


def check_size(path: Path) -> None:
    """That the arrays of a file are as large as they say, and find room in memory.

    Raises
    ------
    BadInput
        One declares more bytes than are there, or unpacks to more than the memory holds, or to
        hundreds of times the size of the file.
    """
    kind, packed = path.suffix.lower(), path.stat().st_size
    try:
        if kind == ".npy":
            with open(path, "rb") as file:
                _check(packed, [("its array", _declared(file, packed))])
        elif kind == ".npz":
            with zipfile.ZipFile(path) as archive:
                _check(packed, _members(archive))
        elif kind == ".mat":
            with open(path, "rb") as file:
                _check(packed, _variables(file))
        else:
            import pyarrow.parquet as pq

            head = pq.ParquetFile(path).metadata
            # A column of equal values takes next to nothing, so growth says nothing here.
            _check(math.inf, [("the table", head.num_rows * head.num_columns * _CELL)])
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
    except Exception:
        return  # whatever readers of damaged files raise: the reader itself says what is wrong


def _check(packed: float, sizes: Iterator[tuple[str, int]] | list[tuple[str, int]]) -> None:
    """Refuse as soon as the sum of what comes is too large."""
    total, memory = 0, _memory()
    for name, size in sizes:
        total += size
        if total > memory:
            raise BadInput(
                f"{name} unpacks to more than the memory of this machine "
                f"({total / 2**30:.1f} of {memory / 2**30:.1f} GiB)."
            )
        if total > _SMALL and total > _GROWTH * packed:
            raise BadInput(
                f"{name} unpacks to {total / 2**30:.1f} GiB, over {_GROWTH} times the size of the "
                "file, as only zeros or a trap do. If it is meant, save it uncompressed."
            )


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[str, int]]:
    for info in archive.infolist():
        yield info.filename, info.file_size
        if info.filename.endswith(".npy"):
            with archive.open(info) as file:
                _declared(file, info.file_size)


def _declared(file: IO[bytes], there: int) -> int:
    """Bytes of the array of an .npy, which must be in the file."""
    import numpy as np

    one = np.lib.format.read_magic(file) == (1, 0)
    read = np.lib.format.read_array_header_1_0 if one else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    size = math.prod(shape) * dtype.itemsize
    if not dtype.hasobject and size > there:
        words = " × ".join(map(str, shape)) or "one"
        raise BadInput(
            f"an array declares {words[:100]} values of {dtype} ({size:,} bytes), and the file has "
            f"{there:,} bytes. It is cut short, or not what it says."
        )
    return size


def _variables(file: IO[bytes]) -> Iterator[tuple[str, int]]:
    """Bytes of the variables of a MATLAB 5 file, unpacked piece by piece and thrown away."""
    import zlib

    head = file.read(128)
    if head[126:] not in (b"IM", b"MI"):
        return
    order, end = "<" if head[126:] == b"IM" else ">", os.fstat(file.fileno()).st_size
    while file.tell() + 8 <= end:
        kind, size = struct.unpack(f"{order}II", file.read(8))
        stop = min(file.tell() + size, end)
        if kind != 15:  # not compressed
            yield "a variable", stop - file.tell()
        unpack = zlib.decompressobj()
        while kind == 15 and file.tell() < stop and not unpack.eof:
            data = file.read(min(2**16, stop - file.tell()))
            while data:
                yield "a variable", len(unpack.decompress(data, 2**24))
                data = unpack.unconsumed_tail
        file.seek(stop)


def _memory() -> int:
    """Bytes of memory that are there in all; a guess where that is not known."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2**34
