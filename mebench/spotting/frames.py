"""Frames of anything that can be spotted in, one at a time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..clip import Clip, FrameFiles, VideoFile
from ..errors import BadInput, DataNotFound
from ..images import read_image

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
        As far as the file says.
    origin : Clip, str or tuple of str
        Frames in memory or on disk; a video file; or image files.
    numbers : tuple of int, optional
        Of a folder of images: the number in the name of each.
    """

    name: str
    fps: float | None
    n_frames: int | None
    origin: Clip | str | tuple[str, ...]
    numbers: tuple[int, ...] | None = None

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
            yield from _video_frames(self.origin, mode)
        elif isinstance(self.origin, tuple):
            for path in self.origin:
                yield read_image(path, mode)
        else:
            yield from _clip_frames(self.origin, mode)


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
        return Source(path.name, fps, len(files), files, listing.numbers)
    if not path.is_file():
        raise DataNotFound(f"There is no video and no folder of images at {path}.")
    import cv2

    video = cv2.VideoCapture(str(path))
    try:
        if not video.isOpened():
            raise BadInput(
                f"{path} is not a video that can be read here. Convert it, for example with: "
                "ffmpeg -i IN -c:v libx264 -crf 12 OUT.mp4"
            )
        said, count = video.get(cv2.CAP_PROP_FPS), int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    finally:
        video.release()
    sensible = said if 1 <= said <= 2000 else None
    return Source(path.name, fps or sensible, count if count > 0 else None, str(path))


def _video_frames(path: str, mode: str) -> Iterator[np.ndarray]:
    import cv2

    convert = cv2.COLOR_BGR2GRAY if mode == "grey" else cv2.COLOR_BGR2RGB
    video = cv2.VideoCapture(path)
    try:
        said = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        times: list[float] = []
        number = 0
        while True:
            good, image = video.read()
            if not good or image is None:
                break
            if number < 300:
                times.append(video.get(cv2.CAP_PROP_POS_MSEC))
            number += 1
            if number == 300:
                _warn_of_uneven(path, times)
            yield np.asarray(cv2.cvtColor(image, convert))
    finally:
        video.release()
    # Containers may be a few frames out; more is a file that breaks off.
    if said > 0 and number < 0.98 * said - 2:
        raise BadInput(
            f"The video {path} breaks off: frame {number} of {said} cannot be decoded. Restore the "
            f"file, or keep what is whole with: ffmpeg -i {path} -frames:v {number} OUT.mp4"
        )


def _warn_of_uneven(path: str, times: Iterable[float]) -> None:
    gaps = np.diff(np.fromiter(times, float))
    if len(gaps) and np.median(gaps) > 0 and np.percentile(gaps, 95) > 1.5 * np.median(gaps):
        warnings.warn(
            f"The frames of {path} are not evenly spaced in time, so durations will be wrong. "
            "Convert it with: ffmpeg -i IN -vsync cfr OUT.mp4",
            UserWarning,
            stacklevel=3,
        )


def _clip_frames(clip: Clip, mode: str) -> Iterator[np.ndarray]:
    source = clip.source
    if isinstance(source, FrameFiles):
        for path in source.paths:
            yield read_image(path, mode)
        return
    if isinstance(source, VideoFile):
        # In parts, so that no more than a few frames are in memory at once.
        for first in range(0, len(source), 64):
            yield from source.read(range(first, min(first + 64, len(source))))
        return
    yield from source
