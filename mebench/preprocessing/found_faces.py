"""What detectors give: a box, a score, and maybe where eyes, nose and mouth are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

__all__ = ["FoundFace", "overlap", "without_doubles"]

Box = tuple[float, float, float, float]


class FoundFace(NamedTuple):
    """A face in a picture.

    Attributes
    ----------
    box : tuple of float
        x0, y0, x1, y1 in pixels; may reach beyond the picture.
    score : float
        As the detector says; comparable within one detector only.
    points : ndarray ``(k, 2)`` or None
        (x, y), the first three of them the eye at the left of the picture, the other eye, and the
        tip of the nose.
    """

    box: Box
    score: float = 1.0
    points: np.ndarray | None = None

    @property
    def area(self) -> float:
        """Of the box, in pixels."""
        return max(0.0, self.box[2] - self.box[0]) * max(0.0, self.box[3] - self.box[1])

    @property
    def middle(self) -> np.ndarray:
        """Of the box, (x, y)."""
        return np.array([(self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2])


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes.

    Examples
    --------
    >>> overlap((0, 0, 2, 2), (1, 0, 3, 2))
    0.3333333333333333
    """
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    both = max(0.0, wide) * max(0.0, high)
    areas = sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b))
    return float(both / (areas - both)) if areas > both else 0.0


def without_doubles(faces: Iterable[FoundFace], most: float = 0.3) -> list[FoundFace]:
    """Each face once, of boxes that overlap by more than `most` the surest; the largest first.

    Examples
    --------
    >>> faces = [FoundFace((0, 0, 9, 9), 0.6), FoundFace((1, 0, 9, 9), 0.9),
    ...          FoundFace((20, 0, 40, 20), 0.7)]
    >>> [face.score for face in without_doubles(faces)]
    [0.7, 0.9]
    """
    kept: list[FoundFace] = []
    for face in sorted(faces, key=lambda f: -f.score):
        if all(overlap(face.box, other.box) <= most for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda f: -f.area)
