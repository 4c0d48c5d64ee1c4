"""Reading one image file, strictly."""

from __future__ import annotations

import numpy as np

from .errors import BadInput, DataNotFound

__all__ = ["read_image"]


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

    flags = {
        "grey": cv2.IMREAD_GRAYSCALE,
        "colour": cv2.IMREAD_COLOR,
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
    return (image[:, :, ::-1] if mode == "colour" else image), ""


def _problem(data: bytes) -> str:
    """What is wrong with the file's outline, or nothing."""
    if not data:
        return "is an empty file"
    # OpenCV fills up a file that breaks off with grey and says nothing: look for the end marker.
    if data[:2] == b"\xff\xd8" and b"\xff\xd9" not in data[-1024:]:
        return "breaks off: the end of the JPEG is missing"
    if data[:8] == b"\x89PNG\r\n\x1a\n" and b"IEND" not in data[-1024:]:
        return "breaks off: the end of the PNG is missing"
    return ""
