"""Rows of features: collected in memory or, where they are many, on disk; and their products."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "Rows",
    "blocks",
    "gram_matrix",
    "is_mapped",
    "mapped",
    "picked",
    "pieces",
    "together",
]

#: Bytes of rows beyond which they go to disk (our choice).
IN_MEMORY = 64 * 2**20
#: Rows that are multiplied at a time, or fewer where they are wide; see :func:`gram_matrix`.
BLOCK = 512
#: Bytes of rows that are looked at in turn, where it does not matter how many (our choice).
_PIECE = 16 * 2**20


class Rows:
    """What comes of clips, one after another: arrays of one shape in one array, else a list.

    Parameters
    ----------
    folder : path, optional
        Where many rows go, in a file without a name that vanishes with the process. Default:
        the system's folder for temporary files.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._array: np.ndarray | None = None  # rows alike, and room for more
        self._list: list[Any] | None = None  # rows that are not
        self._columns: list[Rows] | None = None  # rows of several arrays each
        self._file: Any = None
        self._shape: tuple[int, ...] = ()
        self._dtype = np.dtype(float)
        self._n = 0

    def append(self, row: Any) -> None:
        """Add a row; what is no array (a clip) stays in memory."""
        self._n += 1
        if self._n == 1:
            self._begin(row)
        if self._columns is not None:
            for column, cell in zip(self._columns, row, strict=True):
                column.append(cell)
        elif self._list is not None:
            self._list.append(row)
        elif getattr(row, "shape", None) == self._shape and row.dtype == self._dtype:
            self._put(row)
        elif self._file is not None:
            raise ValueError(
                f"Row {self._n} is {row.dtype} of shape {row.shape}, the others are "
                f"{self._dtype} of shape {self._shape}."
            )
        else:
            assert self._array is not None
            self._list = [*self._array[: self._n - 1], row]
            self._array = None

    def collected(self) -> Any:
        """The rows: an array ``(n, …)``, memory-mapped where it is large; or a list.

        Rows of several arrays each are an array of objects ``(n, m)``, whose cells are rows of an
        array for each of the m.
        """
        if self._columns is not None:
            out = np.empty((self._n, len(self._columns)), object)
            for j, column in enumerate(self._columns):
                whole = column.collected()
                if isinstance(whole, np.ndarray):
                    whole = np.asarray(whole)  # cells of a memory-mapped array are plain arrays
                for i, cell in enumerate(whole):
                    out[i, j] = cell
            return out
        if self._file is not None:
            self._file.flush()
            return np.memmap(self._file, self._dtype, "r", shape=(self._n, *self._shape))
        return (self._list or []) if self._array is None else self._array[: self._n]

    def _begin(self, row: Any) -> None:
        if not isinstance(row, np.ndarray):
            self._list = []
        elif row.dtype != object:
            self._shape, self._dtype = row.shape, row.dtype
            self._array = np.empty((16, *row.shape), row.dtype)
        elif row.ndim == 1:
            self._columns = [Rows(self._folder) for _ in row]
        else:
            self._list = []

    def _put(self, row: np.ndarray) -> None:
        """A row like the others: into the array, or behind it into the file."""
        if self._file is None and self._n * row.nbytes > IN_MEMORY:
            self._spill()
        if self._file is not None:
            self._file.write(np.ascontiguousarray(row).data)
            return
        assert self._array is not None
        if self._n > len(self._array):
            more = np.empty((2 * len(self._array), *self._shape), self._dtype)
            more[: self._n - 1] = self._array
            self._array = more
        self._array[self._n - 1] = row

    def _spill(self) -> None:
        assert self._array is not None
        folder = self._folder
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError:
                folder = None
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._file.write(self._array[: self._n - 1].data)
        self._array = None


def mapped(*parts: np.ndarray) -> np.ndarray:
    """The same rows in a file without a name, which leaves the memory where others need it.

    Parameters
    ----------
    *parts : ndarray ``(n, d_i)``
        Several are put side by side.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115
    n, width = len(parts[0]), sum(X.shape[1] for X in parts)
    for start in range(0, n, BLOCK):
        rows = np.concatenate([X[start : start + BLOCK] for X in parts], axis=1)
        file.write(np.ascontiguousarray(rows, parts[0].dtype).data)
        for X in parts:
            _release(X)
    file.flush()
    return np.asarray(np.memmap(file, parts[0].dtype, "r", shape=(n, width)))


def picked(X: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Some rows: a copy, which lies in a file where it is large and the rows come from one.

    Examples
    --------
    >>> picked(np.array([[1.0], [2.0], [3.0]]), np.array([2, 0])).tolist()
    [[3.0], [1.0]]
    """
    places = np.arange(len(X))[index]
    if not is_mapped(X) or not len(X) or len(places) * X[0].nbytes <= IN_MEMORY:
        return X[index]
    file = tempfile.TemporaryFile()  # noqa: SIM115
    for part in np.split(places, range(BLOCK, len(places), BLOCK)):
        file.write(np.ascontiguousarray(X[part]).data)
        _release(X)
    file.flush()
    return np.asarray(np.memmap(file, X.dtype, "r", shape=(len(places), *X.shape[1:])))


def together(column: Any) -> np.ndarray | None:
    """The rows of an array that the cells of a column are, without a copy where they follow on.

    None where they are not rows of one array.

    Examples
    --------
    >>> X = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    >>> column = np.empty(2, object)
    >>> column[:] = [X[1], X[2]]
    >>> found = together(column)
    >>> found.tolist(), found.base is X
    ([[2.0, 3.0], [4.0, 5.0]], True)
    """
    base = getattr(column[0], "base", None) if len(column) else None
    if not isinstance(base, np.ndarray) or base.ndim < 2 or not base.flags.c_contiguous:
        return None
    like, step = (base.shape[1:], base.dtype), base.strides[0]
    if step == 0 or any(
        not isinstance(cell, np.ndarray) or cell.base is not base or not cell.flags.c_contiguous
        or (cell.shape, cell.dtype) != like for cell in column
    ):  # fmt: skip
        return None
    begin = base.__array_interface__["data"][0]
    places = [cell.__array_interface__["data"][0] - begin for cell in column]
    if any(place % step for place in places):
        return None
    rows = np.array(places) // step
    if (np.diff(rows) == 1).all():
        return base[rows[0] : rows[-1] + 1]
    return picked(base, rows)


def blocks(X: np.ndarray, size: int = BLOCK) -> Iterator[tuple[slice, np.ndarray]]:
    """Some rows after another; those of a memory-mapped file leave the memory again."""
    for start in range(0, len(X), size):
        part = slice(start, min(start + size, len(X)))
        yield part, X[part]
        _release(X)  # who holds on to them has them read from the file once more


def pieces(X: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """As :func:`blocks`, but few at a time: for what does not depend on how many they are."""
    return blocks(X, max(1, _PIECE // max(1, X[:1].nbytes)))


def gram_matrix(*parts: np.ndarray) -> np.ndarray:
    """``X @ X.T``, of which no more than two blocks of rows need be in memory.

    Parameters
    ----------
    *parts : ndarray ``(n_i, d)``
        The rows; those of several arrays as if they stood below each other.

    Examples
    --------
    >>> gram_matrix(np.array([[1.0, 2.0], [0.0, 1.0]])).tolist()
    [[5.0, 2.0], [2.0, 1.0]]
    >>> gram_matrix(np.array([[1.0, 2.0]]), np.array([[0.0, 1.0]])).tolist()
    [[5.0, 2.0], [2.0, 1.0]]
    """
    edges = np.cumsum([0, *map(len, parts)])
    gram = np.empty((edges[-1], edges[-1]))
    # By their width, not by where they lie: rows of a file have the products of rows in memory.
    size = min(BLOCK, max(1, IN_MEMORY // max(1, 8 * parts[0].shape[1])))
    for p, (X, first) in enumerate(zip(parts, edges, strict=False)):
        for rows, A in blocks(X, size):
            A = _in_double(A)
            if is_mapped(A) and len(A) < len(gram):
                A = np.array(A)  # else it would leave the memory with the others, again and again
            here = slice(first + rows.start, first + rows.stop)
            gram[here, here] = A @ A.T
            rest = [(X[rows.stop :], here.stop), *zip(parts[p + 1 :], edges[p + 1 :], strict=False)]
            for others, start in rest:
                for columns, B in blocks(others, size):
                    there = slice(start + columns.start, start + columns.stop)
                    gram[here, there] = A @ _in_double(B).T
                    gram[there, here] = gram[here, there].T
    return gram


def _in_double(X: np.ndarray) -> np.ndarray:
    """The rows as float64; of those of a file no more than some are in memory twice."""
    if X.dtype == np.float64 or not is_mapped(X):
        return np.asarray(X, np.float64)
    out = np.empty(X.shape)
    for part, rows in pieces(X):
        out[part] = rows
    return out


def is_mapped(X: Any) -> bool:
    """Whether an array lies in a file, because it is too large for the memory."""
    return _map_of(X) is not None


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
