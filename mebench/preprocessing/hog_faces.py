"""dlib's face detector: all over small pictures at once, from coarse to fine in large ones.

It slides a window of 80 × 80 pixels over the picture, over the picture at five sixths of its size,
and so on: time goes with the number of pixels, and smaller faces take a larger picture. Where there
is no face that time is lost, so large pictures are first looked at at a bounded size.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

__all__ = [
    "WINDOW", "dlib_detector", "every_box", "is_small", "least_face", "one_look", "padded",
    "shrinkage",
]  # fmt: skip

WINDOW = 80  # pixels of the least face, as the detector was trained
#: Pixels of a picture up to which it is looked at in every way; those up to which it is looked at
#: at its own size; and to which a larger one is brought for a first look (all our choice).
_SMALL, _WHOLE, _FIRST = 500_000, 1280 * 720, 1152 * 648
#: Score of a first look from which on a face may be there: one at its own size begins at 0.
_HINT = -0.3
#: Longer side of the picture in which faces that reach beyond its edges are looked for first.
_OUTLINE = 320

_per_thread = threading.local()


def dlib_detector() -> Any:
    """dlib's detector; one per thread, since its objects are not shared."""
    if not hasattr(_per_thread, "dlib"):
        import dlib

        _per_thread.dlib = dlib.get_frontal_face_detector()
    return _per_thread.dlib


def is_small(image: np.ndarray) -> bool:
    """Whether a picture is looked at in every way at once."""
    return image.shape[0] * image.shape[1] <= _SMALL


def shrinkage(image: np.ndarray) -> float:
    """By how much a picture is made smaller for a first look, 1 or more.

    Examples
    --------
    >>> [round(shrinkage(np.empty(shape)), 2) for shape in ((720, 1280), (1080, 1920))]
    [1.0, 1.67]
    """
    pixels = image.shape[0] * image.shape[1]
    return 1.0 if pixels <= _WHOLE else float((pixels / _FIRST) ** 0.5)


def least_face(image: np.ndarray) -> int:
    """How wide a face must be for :func:`every_box` to find it, about, in pixels.

    Examples
    --------
    >>> [least_face(np.empty(shape)) for shape in ((480, 640), (720, 1280), (1080, 1920))]
    [40, 80, 133]
    """
    return WINDOW // 2 if is_small(image) else round(WINDOW * shrinkage(image))


def one_look(image: np.ndarray) -> list[Any]:
    """Boxes (``dlib.rectangle``) of faces of 80 pixels and more; in large pictures, of more.

    A picture of 1920 × 1080 shows those of 133 pixels and more; where it shows none, that takes a
    third of the time of a look at full size.
    """
    shrink = shrinkage(image)
    return list(dlib_detector()(image, 0)) if shrink == 1 else _coarse_to_fine(image, shrink)


def every_box(image: np.ndarray) -> tuple[np.ndarray, int, list[Any]]:
    """Boxes, also of smaller faces and of those at the edge.

    Returns
    -------
    picture, border, boxes
        The picture as the detector had to have it, the border that it was given, and the boxes in
        that picture.

    Notes
    -----
    A small picture is looked at as it is, at twice its size (faces of 40 pixels), with a border
    (faces in a tight crop), and with both, until there are faces. In a larger one a look as of
    :func:`one_look` and one with a border, the picture 320 pixels wide, say whether there is
    anything to look for: it then is looked for at full size, so that its box is no other for that.
    """
    # A tight crop leaves the detector's window no room around the face: give it some.
    pad = max(image.shape[:2]) // 4
    if not is_small(image):
        if boxes := one_look(image):
            return image, 0, boxes
        picture = padded(image, pad)
        return picture, pad, _coarse_to_fine(picture, max(image.shape[:2]) / _OUTLINE)
    for border, upsample in ((0, 0), (0, 1), (pad, 0), (pad, 1)):
        picture = padded(image, border)
        if boxes := list(dlib_detector()(picture, upsample)):
            return picture, border, boxes
    return image, 0, []


def _coarse_to_fine(image: np.ndarray, shrink: float) -> list[Any]:
    """Boxes at full size, where a smaller picture gives reason to look for them."""
    boxes, scores, _ = dlib_detector().run(_shrunk(image, shrink), 0, _HINT)
    if not boxes:
        return []
    import dlib

    # What is seen in the smaller picture only, is there all the same.
    return list(dlib_detector()(image, 0)) or [
        dlib.rectangle(*(round(s * shrink) for s in (b.left(), b.top(), b.right(), b.bottom())))
        for b, score in zip(boxes, scores, strict=True) if score >= 0
    ]  # fmt: skip


def padded(image: np.ndarray, border: int) -> np.ndarray:
    """The picture with its edge repeated so far beyond it."""
    if not border:
        return image
    widths = ((border, border), (border, border), (0, 0))[: image.ndim]
    return np.pad(image, widths, mode="edge")


def _shrunk(image: np.ndarray, by: float) -> np.ndarray:
    import cv2

    size = [max(1, round(side / by)) for side in image.shape[1::-1]]
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
