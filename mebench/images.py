"""Reading one image file, or the frames of one video file, strictly."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from .errors import BadInput, DataNotFound

__all__ = ["check_video", "count_frames", "read_image", "read_video"]


def read_image(path: str, mode: str = "grey") -> np.ndarray:
    """Decode an image file (JPEG, PNG, BMP, …).

    Parameters
    ----------
    path : str
    mode : {'grey', 'colour', 'unchanged'}, default 'grey'
        ``(H, W)`` uint8, ``(H, W, 3)`` RGB uint8 (16 bits are scaled to 8), or what the file
        holds, in OpenCV's channel order.

    Raises
    ------
    DataNotFound
        There is no such file, or it may not be read.
    BadInput
        It is not an image, or breaks off.
    """
    image, problem = decode(path, mode)
    if image is None:
        raise BadInput(f"The frame {path} {problem}; restore it from the database.")
    return image


def decode(path: str, mode: str = "grey") -> tuple[np.ndarray | None, str]:
    """As :func:`read_image`, but gives (None, what is wrong) for a file that is no image."""
    import cv2

    rgb = getattr(cv2, "IMREAD_COLOR_RGB", None)  # OpenCV 4.10 on: no turning round afterwards
    flags = {
        "grey": cv2.IMREAD_GRAYSCALE,
        "colour": cv2.IMREAD_COLOR if rgb is None else rgb,
        "unchanged": cv2.IMREAD_UNCHANGED,
    }
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise DataNotFound(f"The frame {path} cannot be read: {error.strerror}.") from error
    problem = _problem(data)
    if problem:
        return None, problem
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags[mode])
    except cv2.error:
        image = None
    if image is None:
        return None, "is not a readable image"
    if mode == "colour" and rgb is None:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return image, ""


def count_frames(path: str) -> int:
    """Number of frames that a video file says it has.

    Raises
    ------
    DataNotFound
        There is no such file.
    BadInput
        It is not a video.
    """
    import cv2

    video = _open(path)
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    video.release()
    if count < 1:
        raise BadInput(
            f"The video {path} does not say how many frames it has. Convert it (for example to "
            ".mp4 or .avi), or give a folder of images instead."
        )
    return count


def read_video(path: str, first: int, count: int, mode: str = "grey") -> list[np.ndarray]:
    """Frames of a video file, from `first` (counted from 0), without decoding all before it.

    Parameters
    ----------
    path : str
    first, count : int
    mode : {'grey', 'colour'}, default 'grey'
        As in :func:`read_image`.

    Raises
    ------
    DataNotFound
        There is no such file.
    BadInput
        It is not a video, or ends too early.
    """
    import cv2

    convert = cv2.COLOR_BGR2GRAY if mode == "grey" else cv2.COLOR_BGR2RGB
    return [np.asarray(cv2.cvtColor(image, convert)) for image in _frames(path, first, count)]


def check_video(path: str, count: int) -> None:
    """Decode all frames of a video, keeping none; raises as :func:`read_video` does."""
    for _ in _frames(path, 0, count):
        pass


def _frames(path: str, first: int, count: int) -> Iterator[np.ndarray]:
    import cv2

    video = _open(path)
    try:
        video.set(cv2.CAP_PROP_POS_FRAMES, first)
        if round(video.get(cv2.CAP_PROP_POS_FRAMES)) != first:
            # Some containers cannot be entered in the middle: go there frame by frame.
            video.release()
            video = _open(path)
            for _ in range(first):
                video.grab()
        for number in range(first, first + count):
            good, image = video.read()
            if not good or image is None:
                raise BadInput(
                    f"Frame {number} of the video {path} cannot be decoded; the file may be "
                    "damaged or hold fewer frames than it says. Restore it from the database."
                )
            yield image
    finally:
        video.release()


def _open(path: str) -> Any:
    import cv2

    if not os.path.isfile(path):
        raise DataNotFound(f"The video {path} does not exist.")
    video = cv2.VideoCapture(path)
    if not video.isOpened():
        raise BadInput(f"{path} is not a video that can be read. Convert it to .mp4 or .avi.")
    return video


def _problem(data: bytes) -> str:
    """What is wrong with the file's outline, or nothing."""
    if not data:
        return "is an empty file"
    # OpenCV fills up a file that breaks off with grey and says nothing: look for the end marker.
    if data[:2] == b"\xff\xd8" and b"\xff\xd9" not in data[-1024:]:
        return "breaks off: the end of the JPEG is missing"
    if data[:8] == b"\x89PNG\r\n\x1a\n" and b"IEND" not in data[-1024:]:
        return "breaks off: the end of the PNG is missing"
    if data[:2] == b"BM" and int.from_bytes(data[2:6], "little") > len(data):
        return "breaks off: the BMP is shorter than it says"
    return ""
