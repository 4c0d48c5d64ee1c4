"""A face to draw on where no face may be shown: 68 points, joined to an outline."""

from __future__ import annotations

import numpy as np

__all__ = ["FACE_POINTS", "outline"]

# Mean of the registered landmarks of the synthetic corpus and its mirror image, right half and
# middle, as shares of the width and height of the crop of AlignFace. Points in iBUG order.
_RIGHT = {
    0: (0.054, 0.313), 1: (0.063, 0.405), 2: (0.077, 0.493), 3: (0.094, 0.584),
    4: (0.132, 0.672), 5: (0.199, 0.748), 6: (0.290, 0.811), 7: (0.388, 0.863), 8: (0.5, 0.881),
    17: (0.112, 0.242), 18: (0.166, 0.194), 19: (0.247, 0.182), 20: (0.328, 0.191),
    21: (0.405, 0.217), 27: (0.5, 0.291), 28: (0.5, 0.355), 29: (0.5, 0.418), 30: (0.5, 0.482),
    31: (0.400, 0.515), 32: (0.449, 0.526), 33: (0.5, 0.539), 36: (0.202, 0.295),
    37: (0.256, 0.268), 38: (0.319, 0.271), 39: (0.377, 0.310), 40: (0.315, 0.315),
    41: (0.251, 0.314), 48: (0.280, 0.579), 49: (0.361, 0.575), 50: (0.442, 0.575),
    51: (0.5, 0.584), 57: (0.5, 0.704), 58: (0.437, 0.698), 59: (0.355, 0.662),
    60: (0.307, 0.587), 61: (0.442, 0.602), 62: (0.5, 0.609), 66: (0.5, 0.661), 67: (0.439, 0.655),
}  # fmt: skip
_MIRROR = [
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42,
    47, 46, 39, 38, 37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62,
    61, 60, 67, 66, 65,
]  # fmt: skip
_LINES = (
    *(((*range(17),), False), ((*range(17, 22),), False), ((*range(22, 27),), False)),
    *(((*range(27, 31),), False), ((*range(31, 36),), False)),
    *(((*range(36, 42),), True), ((*range(42, 48),), True)),
    *(((*range(48, 60),), True), ((*range(60, 68),), True)),
)


def _points() -> np.ndarray:
    out = np.zeros((68, 2))
    for i in range(68):
        x, y = _RIGHT[i] if i in _RIGHT else _RIGHT[_MIRROR[i]]
        out[i] = (x, y) if i in _RIGHT else (1 - x, y)
    return out


#: ``(68, 2)`` of (x, y) from 0 to 1 in the crop of :class:`mebench.preprocessing.AlignFace`.
FACE_POINTS = _points()


def outline() -> list[np.ndarray]:
    """Lines of jaw, brows, nose, eyes and mouth: arrays ``(n, 2)`` of (x, y) from 0 to 1.

    Examples
    --------
    >>> [len(line) for line in outline()]
    [17, 5, 5, 4, 5, 7, 7, 13, 9]
    """
    return [FACE_POINTS[[*line, line[0]] if closed else list(line)] for line, closed in _LINES]
