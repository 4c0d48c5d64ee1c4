"""Clip: the one thing that preprocessing and extractors see of a sample."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from .errors import BadInput, DataNotFound
from .images import read_image
from .paths import regular_file
from .timing import spending
from .videos import read_video

__all__ = ["Clip", "FrameFiles", "VideoFile", "as_clips", "grey"]


#: Raised whenever the same video file gives other frames.
_READER = 2


@dataclass(frozen=True)
class FrameFiles:
    """Image files that become frames each time they are read.

    Parameters
    ----------
    paths : tuple of str
        One image file per frame, in time order.
    colour : bool, default False
        Read ``(T, H, W, 3)`` RGB instead of ``(T, H, W)`` grey.
    """

    paths: tuple[str, ...]
    colour: bool = False

    def __len__(self) -> int:
        return len(self.paths)

    @spending("decode")
    def read(self, index: Sequence[int] | None = None) -> np.ndarray:
        """Decode the files (or those at `index`) into one uint8 array.

        Raises
        ------
        DataNotFound
            A file is missing.
        BadInput
            A file is not a readable image, or its size differs from the first frame's.
        """
        paths = self.paths if index is None else [self.paths[i] for i in index]
        if not paths:
            raise BadInput("This clip has no frames; at least one image file is needed.")
        out: np.ndarray | None = None
        for i, image in enumerate(self._images(paths)):
            if out is None:
                out = np.empty((len(paths), *image.shape), np.uint8)
            out[i] = image
        assert out is not None
        return out

    def stream(self) -> Iterator[np.ndarray]:
        """The frames one by one, none of them kept; raises as :meth:`read` does."""
        return self._images(self.paths)

    def _images(self, paths: Sequence[str]) -> Iterator[np.ndarray]:
        first: np.ndarray | None = None
        for path in paths:
            image = read_image(path, "colour" if self.colour else "grey")
            if first is None:
                first = image
            elif image.shape != first.shape:
                raise BadInput(
                    f"Frames of unequal size in one clip: {path} is {_size(image)}, but "
                    f"{paths[0]} is {_size(first)}. Replace or remove the odd file."
                )
            yield image

    def digest(self, h: Any) -> None:
        """Feed all that decides the frames to a hash: the bytes of the files."""
        h.update(b"colour" if self.colour else b"grey")
        for path in self.paths:
            data = _read_bytes(path)
            h.update(len(data).to_bytes(8, "little"))
            h.update(data)


@dataclass(frozen=True)
class VideoFile:
    """A part of a video file, decoded each time it is read.

    Parameters
    ----------
    path : str
    first : int
        Number of the first frame, counted from 0 in decoding order; see
        :func:`mebench.videos.read_video`.
    count : int
        Number of frames.
    colour : bool, default False
        Read ``(T, H, W, 3)`` RGB instead of ``(T, H, W)`` grey.
    """

    path: str
    first: int
    count: int
    colour: bool = False

    def __len__(self) -> int:
        return self.count

    @spending("decode")
    def read(self, index: Sequence[int] | None = None) -> np.ndarray:
        """Decode the frames (or those at `index`) into one uint8 array.

        Raises
        ------
        DataNotFound
            The file is missing.
        BadInput
            It is not a video, or ends too early.
        """
        wanted = range(self.count) if index is None else [range(self.count)[i] for i in index]
        if not wanted:
            raise BadInput("This clip has no frames; at least one is needed.")
        start = min(wanted)
        places: dict[int, list[int]] = {}
        for place, i in enumerate(wanted):
            places.setdefault(i, []).append(place)
        out: np.ndarray | None = None
        for i, frame in enumerate(self._frames(start, max(wanted) - start + 1), start):
            if out is None:
                out = np.empty((len(wanted), *frame.shape), frame.dtype)
            for place in places.get(i, ()):
                out[place] = frame
        assert out is not None
        return out

    def stream(self) -> Iterator[np.ndarray]:
        """The frames one by one, none of them kept; raises as :meth:`read` does."""
        return self._frames(0, self.count)

    def _frames(self, start: int, count: int) -> Iterator[np.ndarray]:
        mode = "colour" if self.colour else "grey"
        return read_video(self.path, self.first + start, count, mode)

    def digest(self, h: Any) -> None:
        """Feed all that decides the frames to a hash: the bytes of the file and which frames."""
        stamp = os.stat(self.path) if os.path.exists(self.path) else None
        key = (stamp.st_size, stamp.st_mtime_ns) if stamp else (0, 0)
        h.update(b"colour" if self.colour else b"grey")
        h.update(repr(("video", _READER, self.first, self.count)).encode())
        h.update(_file_digest(self.path, key))


_hashed: dict[Any, Any] = {}
_MOST_HASHED = 20_000


def _files_digest(source: FrameFiles | VideoFile) -> Any:
    """A hash that has been fed the files; they are read once, and again when they have changed."""
    paths = source.paths if isinstance(source, FrameFiles) else [source.path]
    try:
        stamps = [(s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino) for s in map(os.stat, paths)]
    except OSError:
        stamps = None  # the reader says what is wrong with which file
    extent = (source.first, source.count) if isinstance(source, VideoFile) else ()
    key = (tuple(paths), tuple(stamps or ()), extent, source.colour)
    known = bool(stamps)  # a source of another kind has no files to tell it by
    found = _hashed.get(key) if known else None
    if found is None:
        found = hashlib.blake2b(digest_size=20)
        source.digest(found)
        if not known:
            return found
        if len(_hashed) >= _MOST_HASHED:
            _hashed.clear()
        _hashed[key] = found
    return found.copy()


@lru_cache(maxsize=256)  # many clips may lie in one long video
def _file_digest(path: str, stamp: tuple[int, int]) -> bytes:
    return hashlib.blake2b(_read_bytes(path), digest_size=20).digest()


@dataclass(frozen=True, eq=False)
class Clip:
    """A short video of one face, without label, subject or database.

    An extractor cannot leak what it does not hold: the labels stay in the table of
    :class:`mebench.datasets.Samples`.

    Parameters
    ----------
    id : str
        Opaque name, used in messages and as the key of stored results.
    source : ndarray, FrameFiles or VideoFile
        ``(T, H, W)`` grey or ``(T, H, W, 3)`` RGB, uint8 (or float in grey levels 0–255);
        or the files to read it from.
    fps : float, optional
        Frames per second; None if unknown.
    onset, apex, offset : int, optional
        0-based indices into the frames. `apex` is None where nobody annotated it. Default:
        first frame, None, last frame.
    landmarks : ndarray, optional
        ``(68, 2)`` (x, y) points of the first frame in iBUG order, or ``(T, 68, 2)``.

    Examples
    --------
    >>> import numpy as np
    >>> clip = Clip("a", np.zeros((5, 4, 3), np.uint8), fps=200, apex=2)
    >>> clip.frames.shape, clip.onset, clip.apex, clip.offset
    ((5, 4, 3), 0, 2, 4)
    """

    id: str
    source: np.ndarray | FrameFiles | VideoFile
    fps: float | None = None
    onset: int = 0
    apex: int | None = None
    offset: int | None = None
    landmarks: np.ndarray | None = None

    def __post_init__(self) -> None:
        source = self.source
        if not isinstance(source, (FrameFiles, VideoFile)):
            source = np.asarray(source)
            if source.ndim not in (3, 4) or (source.ndim == 4 and source.shape[3] != 3):
                raise BadInput(
                    f"Clip {self.id!r}: frames must be (T, H, W) or (T, H, W, 3), "
                    f"found an array of shape {source.shape}."
                )
            object.__setattr__(self, "source", source)
        n = len(source)
        if self.offset is None:
            object.__setattr__(self, "offset", n - 1)
        for name in ("onset", "apex", "offset"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < max(n, 1):
                raise BadInput(f"Clip {self.id!r}: {name} {value} is outside its {n} frames.")
        if self.landmarks is not None:
            points = np.asarray(self.landmarks, dtype=float)
            if points.shape not in ((68, 2), (n, 68, 2)) or not np.isfinite(points).all():
                raise BadInput(
                    f"Clip {self.id!r}: landmarks must be finite, (68, 2) or ({n}, 68, 2), "
                    f"found {points.shape}."
                )
            object.__setattr__(self, "landmarks", points)

    def __len__(self) -> int:
        return len(self.source)

    @property
    def frames(self) -> np.ndarray:
        """All frames, ``(T, H, W)`` or ``(T, H, W, 3)``; read anew at each touch, never kept."""
        return self.read()

    def read(self, index: Sequence[int] | None = None) -> np.ndarray:
        """Frames, or only those at `index`."""
        if isinstance(self.source, (FrameFiles, VideoFile)):
            return self.source.read(index)
        return self.source if index is None else self.source[list(index)]

    def stream(self) -> Iterator[np.ndarray]:
        """The frames one by one; those of a file are decoded as they are asked for, not kept."""
        if isinstance(self.source, (FrameFiles, VideoFile)):
            return self.source.stream()
        return iter(self.source)

    @property
    def first_landmarks(self) -> np.ndarray | None:
        """``(68, 2)`` landmarks of the first frame, or None."""
        if self.landmarks is None or self.landmarks.ndim == 2:
            return self.landmarks
        return self.landmarks[0]

    def replace(self, **changes: Any) -> Clip:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def pictures(self) -> str:
        """Hash of the frames alone, whoever's they are said to be."""
        if isinstance(self.source, (FrameFiles, VideoFile)):
            return str(_files_digest(self.source).hexdigest())
        return hashlib.blake2b(np.ascontiguousarray(self.source).data, digest_size=20).hexdigest()

    def digest(self) -> str:
        """Hash of the content: frames (file bytes where they are files), marks and landmarks.

        The id, folder and file names do not enter, so a moved database keeps its cache.
        """
        h = hashlib.blake2b(digest_size=20)
        if isinstance(self.source, (FrameFiles, VideoFile)):
            h = _files_digest(self.source)
        else:
            h.update(f"{self.source.dtype.str}{self.source.shape}".encode())
            h.update(np.ascontiguousarray(self.source).data)
        h.update(repr((self.fps, self.onset, self.apex, self.offset)).encode())
        if self.landmarks is not None:
            h.update(repr(self.landmarks.shape).encode())
            h.update(np.ascontiguousarray(self.landmarks).data)
        return h.hexdigest()


def as_clips(X: Any) -> list[Clip]:
    """Clips from what a transformer accepts.

    Parameters
    ----------
    X : sequence of Clip, sequence of (T, H, W[, 3]) arrays, or one (n, T, H, W[, 3]) array

    Raises
    ------
    BadInput
        Anything else.
    """
    if isinstance(X, Clip):
        raise BadInput("Found a single Clip where a list of clips was expected: write [clip].")
    if isinstance(X, np.ndarray) and X.dtype != object and X.ndim < 4:
        raise BadInput(
            f"Found an array of shape {X.shape} where clips were expected: give (n, T, H, W), "
            "or a list of (T, H, W) arrays or of Clips."
        )
    if isinstance(X, (str, bytes)) or not isinstance(X, Iterable):
        raise BadInput(
            f"Found {type(X).__name__} where clips were expected: give a list of Clips, "
            "a list of (T, H, W) arrays, or one (n, T, H, W) array."
        )
    return [x if isinstance(x, Clip) else Clip(str(i), np.asarray(x)) for i, x in enumerate(X)]


def grey(frames: np.ndarray) -> np.ndarray:
    """``(T, H, W)`` grey frames of `frames`, which may be grey already.

    RGB is weighted by ITU-R BT.601 (.299, .587, .114), as JPEG's own luminance is.
    """
    if frames.ndim == 3:
        return frames
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    out = frames.astype(np.float32) @ weights
    return np.round(out).astype(np.uint8) if frames.dtype == np.uint8 else out


def _read_bytes(path: str) -> bytes:
    regular_file(path, "The frame")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise DataNotFound(f"The frame {path} cannot be read: {error.strerror}.") from error


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]}×{image.shape[0]}"
