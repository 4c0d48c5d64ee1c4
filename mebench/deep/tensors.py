"""What all inputs of networks have in common: one array per clip, and resizing."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from ..base import _Step
from ..clip import Clip, as_clips
from ..errors import BadInput

__all__ = ["TensorStep", "resized"]


class TensorStep(_Step):
    """A step that turns each clip into one array and learns nothing."""

    version = 1

    def transform(self, X: Any) -> np.ndarray:
        """The arrays of the clips, ``(n_clips, …)``.

        Raises
        ------
        BadInput
            A clip that cannot be used, by name.
        """
        clips = as_clips(X)
        self._check()
        found = []
        for clip in clips:
            try:
                found.append(self._tensor(clip))
            except BadInput as error:
                raise BadInput(f"Clip {clip.id!r}: {error}") from error
        return np.stack(found) if found else np.empty((0,), np.float32)

    def _tensor(self, clip: Clip) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} must define _tensor(self, clip).")


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """``(height, width[, C])`` float32, by area where it shrinks.

    Examples
    --------
    >>> resized(np.array([[0, 2], [4, 6]], np.uint8), 1, 1).tolist()
    [[3.0]]
    """
    image = np.ascontiguousarray(image, dtype=np.float32)
    if image.shape[:2] == (height, width):
        return image
    shrinks = image.shape[0] >= height and image.shape[1] >= width
    return cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
