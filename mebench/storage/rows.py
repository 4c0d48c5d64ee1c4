"""Rows of features: collected in memory or, where they are many, on disk; and their products."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Rows", "blocks", "gram_matrix"]

#: Bytes of rows beyond which they go to disk (our choice).
IN_MEMORY = 64 * 2**20
#: Rows that are multiplied at a time. Fixed, so that products do not depend on the memory.
BLOCK = 512


class Rows:
    """Arrays of one shape, one after another.

    Parameters
    ----------
    folder : path, optional
        Where many rows go, in a file without a name that vanishes with the process. Default:
        the system's folder for temporary files.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._rows: list[Any] = []
        self._file: Any = None
        self._shape: tuple[int, ...] = ()
        self._dtype = np.dtype(float)
        self._n = self._bytes = 0

    def append(self, row: Any) -> None:
        """Add a row; what is no array (a clip) stays in memory."""
        self._n += 1
        if self._file is not None:
            if row.shape != self._shape or row.dtype != self._dtype:
                raise ValueError(
                    f"Row {self._n} is {row.dtype} of shape {row.shape}, the others are "
                    f"{self._dtype} of shape {self._shape}."
                )
            self._file.write(np.ascontiguousarray(row).data)
            return
        self._rows.append(row)
        if isinstance(row, np.ndarray) and row.dtype != object:
            self._bytes += row.nbytes
        if self._bytes > IN_MEMORY:
            self._spill()

    def collected(self) -> Any:
        """The rows: a list, or where they are large a memory-mapped array ``(n, …)``."""
        if self._file is not None:
            self._file.flush()
            return np.memmap(self._file, self._dtype, "r", shape=(self._n, *self._shape))
        return self._rows

    def _spill(self) -> None:
        first = self._rows[0]
        alike = {(getattr(r, "shape", None), getattr(r, "dtype", None)) for r in self._rows}
        if len(alike) > 1:
            return  # clips among them, or rows that cannot be stacked: found out at the end
        self._shape, self._dtype = first.shape, first.dtype
        folder = self._folder
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError:
                folder = None
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        for row in self._rows:
            self._file.write(np.ascontiguousarray(row).data)
        self._rows = []


def blocks(X: np.ndarray, size: int = BLOCK) -> Iterator[tuple[slice, np.ndarray]]:
    """Some rows after another; those of a memory-mapped file leave the memory again."""
    for start in range(0, len(X), size):
        part = slice(start, min(start + size, len(X)))
        if _map_of(X) is None:
            yield part, X[part]
        else:
            yield part, np.array(X[part])
            _release(X)


def gram_matrix(X: np.ndarray) -> np.ndarray:
    """``X @ X.T``, of which no more than two blocks of rows need be in memory.

    Examples
    --------
    >>> gram_matrix(np.array([[1.0, 2.0], [0.0, 1.0]])).tolist()
    [[5.0, 2.0], [2.0, 1.0]]
    """
    gram = np.empty((len(X), len(X)))
    for rows, A in blocks(X):
        A = np.asarray(A, np.float64)
        gram[rows, rows] = A @ A.T
        for others, B in blocks(X[rows.stop :]):
            columns = slice(others.start + rows.stop, others.stop + rows.stop)
            gram[rows, columns] = A @ np.asarray(B, np.float64).T
            gram[columns, rows] = gram[rows, columns].T
    return gram


def _map_of(X: Any) -> mmap.mmap | None:
    """The map of a file that an array lies in."""
    while isinstance(X, np.ndarray):
        found = getattr(X, "_mmap", None)
        if isinstance(found, mmap.mmap):
            return found
        X = X.base
    return None


def _release(X: np.ndarray) -> None:
    """Give the pages back; they stay in the file."""
    found = _map_of(X)
    if found is not None and hasattr(found, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
        found.madvise(mmap.MADV_DONTNEED)
