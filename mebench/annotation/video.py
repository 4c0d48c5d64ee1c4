"""How a video is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..errors import BadInput

__all__ = ["VideoWriter", "check_ending"]

# Tried in this order; MJPG is part of OpenCV itself, the others of the FFmpeg behind it.
_CODECS = {".mp4": ("mp4v", "avc1"), ".m4v": ("mp4v", "avc1"), ".mov": ("mp4v", "avc1"),
           ".mkv": ("mp4v", "avc1"), ".avi": ("MJPG", "XVID")}  # fmt: skip


def check_ending(path: Path) -> None:
    """That a video can be written under that name, before any work is done."""
    if path.suffix.lower() not in _CODECS:
        raise BadInput(f"Videos are written as {', '.join(_CODECS)}, found {path.name!r}.")


class VideoWriter:
    """A video file that is there when it is whole; with another codec where one is missing.

    Parameters
    ----------
    path : path
        ``.mp4``, ``.mov``, ``.m4v``, ``.mkv`` or ``.avi``. Where no codec for it can be had, an
        ``.avi`` of JPEG images is written beside it instead: see `path` afterwards.
    fps : float
    """

    def __init__(self, path: str | os.PathLike[str], fps: float) -> None:
        self.path, self.codec, self.fps = Path(path), "", fps
        check_ending(self.path)
        if not self.path.parent.is_dir():
            raise BadInput(f"There is no folder {self.path.parent} to write {self.path.name} into.")
        self._video: Any = None
        self._part: Path | None = None
        self._size = (0, 0)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        if self._video is not None:
            self._video.release()
        if self._part is None:
            return
        if kind is None and self._part.exists() and self._part.stat().st_size:
            os.replace(self._part, self.path)
            return
        self._part.unlink(missing_ok=True)
        if kind is None:
            raise BadInput(f"The video {self.path} could not be written; is the disk full?")

    def write(self, frame: np.ndarray) -> None:
        """Add a frame ``(H, W, 3)`` RGB; all of one size."""
        if self._video is None:
            self._open(frame)
        height, width = self._size
        padded = frame
        if frame.shape[:2] != self._size:  # codecs want even sizes
            padded = cv2.copyMakeBorder(
                frame, 0, height - frame.shape[0], 0, width - frame.shape[1], cv2.BORDER_REPLICATE
            )
        self._video.write(cv2.cvtColor(padded, cv2.COLOR_RGB2BGR))

    def _open(self, frame: np.ndarray) -> None:
        self._size = frame.shape[0] + frame.shape[0] % 2, frame.shape[1] + frame.shape[1] % 2
        ways = [(self.path, c) for c in _CODECS[self.path.suffix.lower()]]
        if self.path.suffix.lower() != ".avi":
            ways.append((self.path.with_suffix(".avi"), "MJPG"))
        for path, codec in ways:
            # One name, so that what a killed process left is overwritten by the next.
            part = path.with_name(f".{path.stem}.part{path.suffix}")
            video = cv2.VideoWriter(
                str(part), _code(codec), self.fps, (self._size[1], self._size[0])
            )
            if video.isOpened():
                self.path, self.codec, self._part, self._video = path, codec, part, video
                return
            video.release()
            part.unlink(missing_ok=True)
        tried = ", ".join(codec for _, codec in ways)
        raise BadInput(
            f"{self.path} cannot be written: the folder may be read-only, or this OpenCV has none "
            f"of the codecs {tried}."
        )


def _code(codec: str) -> int:
    return sum(ord(c) << 8 * i for i, c in enumerate(codec))
