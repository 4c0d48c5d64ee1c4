"""Reading one image file, strictly."""

from __future__ import annotations

import io

import numpy as np

from .errors import BadInput, DataNotFound
from .paths import regular_file

#: Frames beyond this are refused: 8192 × 8192. The largest of any database has 2 million.
MOST_PIXELS = 2**26

__all__ = ["decode", "read_image"]


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
    regular_file(path, "The frame")
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise DataNotFound(f"The frame {path} cannot be read: {error.strerror}.") from error
    problem = _problem(data) or _too_large(data)
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


def _too_large(data: bytes) -> str:
    """What is wrong where the header promises more pixels than any frame has.

    A few bytes can promise a gigapixel, and the decoder would take memory for all of them.
    """
    width, height = _size(data)
    if width * height <= MOST_PIXELS:
        return ""
    return f"says that it has {width}×{height} pixels, more than any frame"


def _size(data: bytes) -> tuple[int, int]:
    """Width and height by the header; (0, 0) where it cannot be read, as the decoder will find."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data[:2] == b"BM":
        width, height = (int.from_bytes(data[i : i + 4], "little", signed=True) for i in (18, 22))
        return abs(width), abs(height)
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except Image.DecompressionBombError:
        return MOST_PIXELS, 2
    except Exception:  # Pillow's readers raise anything
        return 0, 0


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """From the frame header; Pillow would take a third of the time of decoding to find it."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = (int.from_bytes(data[i : i + 2], "big") for i in (at + 5, at + 7))
            return width, height
        # A fill byte, or a segment that says its length.
        at += 1 if marker == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0, 0


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
