"""How many faces there are in a picture."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from ..clip import grey

__all__ = ["count_faces"]

_per_thread = threading.local()


def count_faces(frame: np.ndarray) -> int:
    """Number of upright faces of at least about 80 pixels that dlib's detector finds.

    Parameters
    ----------
    frame : ndarray ``(H, W)`` or ``(H, W, 3)`` RGB, uint8

    Examples
    --------
    >>> count_faces(np.zeros((120, 160), np.uint8))
    0
    """
    if not hasattr(_per_thread, "detector"):  # dlib's objects are not shared by threads
        import dlib

        _per_thread.detector = dlib.get_frontal_face_detector()
    detector: Any = _per_thread.detector
    picture = grey(frame[None])[0] if frame.ndim == 3 else frame
    return len(detector(np.ascontiguousarray(picture), 0))
