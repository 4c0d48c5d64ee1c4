"""How many faces there are in a picture."""

from __future__ import annotations

import numpy as np

from ..clip import grey
from ..preprocessing import find_faces

__all__ = ["count_faces"]


def count_faces(frame: np.ndarray, detector: str = "dlib") -> int:
    """Number of faces that a detector finds; dlib's, upright ones of at least about 80 pixels.

    Parameters
    ----------
    frame : ndarray ``(H, W)`` or ``(H, W, 3)`` RGB, uint8
    detector : str, default 'dlib'
        As for :func:`mebench.preprocessing.choose_detector`.

    Examples
    --------
    >>> count_faces(np.zeros((120, 160), np.uint8))
    0
    """
    picture = grey(frame[None])[0] if frame.ndim == 3 and detector == "dlib" else frame
    return len(find_faces(picture, detector))
