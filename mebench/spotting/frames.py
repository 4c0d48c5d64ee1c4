"""Frames of anything that can be spotted in, one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..clip import Clip, FrameFiles
from ..errors import BadInput, DataNotFound
from ..videos import contents, read_video

__all__ = ["Source", "open_source"]

_IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class Source:
    """A long video, to be read once from its beginning.

    Attributes
    ----------
    name : str
    fps : float or None
    n_frames : int or None
        Of a video, as many as can be decoded.
    origin : Clip, str or tuple of str
        Frames in memory or on disk; a video file; or image files.
    numbers : tuple of int, optional
        Of a folder of images: the number in the name of each.
    notes : tuple of str
        What is odd about it.
    """

    name: str
    fps: float | None
    n_frames: int | None
    origin: Clip | str | tuple[str, ...]
    numbers: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[np.ndarray]:
        """Grey frames ``(H, W)`` uint8, one by one.

        Raises
        ------
        BadInput
            A frame cannot be decoded, or the video breaks off.
        """
        return self.read()

    def read(self, mode: str = "grey") -> Iterator[np.ndarray]:
        """Frames as `mode` says: 'grey' ``(H, W)`` or 'colour' ``(H, W, 3)`` RGB, uint8."""
        if isinstance(self.origin, str):
            return read_video(self.origin, mode=mode)
        if isinstance(self.origin, tuple):
            return FrameFiles(self.origin, colour=mode == "colour").stream()
        source = self.origin.source
        if not isinstance(source, np.ndarray):
            source = replace(source, colour=mode == "colour")
        return self.origin.replace(source=source).stream()


def open_source(what: Clip | str | os.PathLike[str], fps: float | None = None) -> Source:
    """A source from a clip, a video file, or a folder of images.

    Parameters
    ----------
    what : Clip or path
        Images are taken in the order of the numbers in their names.
    fps : float, optional
        Frames per second. Default: what the clip or the video file says; a folder of images says
        nothing.

    Raises
    ------
    DataNotFound
        There is no such file or folder.
    BadInput
        It is no video and holds no images, or `fps` is no frame rate.
    """
    if fps is not None and not 0 < fps <= 1e5:
        raise BadInput(f"The frame rate must be a positive number, found {fps}.")
    if isinstance(what, Clip):
        return Source(what.id, fps or what.fps, len(what), what)
    path = Path(what)
    if path.is_dir():
        from ..datasets.frames import list_frames

        listing = list_frames(path)
        files = tuple(os.path.join(listing.folder, name) for name in listing.names)
        if not files:
            raise BadInput(f"The folder {path} holds no numbered images ({', '.join(_IMAGES)}).")
        if repeats := listing.repeats():
            raise BadInput(
                f"{path}: {repeats[0][0]} and {repeats[0][1]} claim the same frame number. Remove "
                "one of them."
            )
        notes = (listing.gaps(),) if listing.gaps() else ()
        return Source(path.name, fps, len(files), files, listing.numbers, notes)
    if not path.is_file():
        raise DataNotFound(f"There is no video and no folder of images at {path}.")
    seen = contents(path)
    return Source(
        path.name, fps or seen.said_fps, seen.n_frames, str(path), None, tuple(seen.notes())
    )
