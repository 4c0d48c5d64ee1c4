"""Local binary patterns of a followed face, made for comparing it with itself."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from ..features.lbp import uniform_labels
from .blocks import BLOCKS, block_map

__all__ = ["pattern_histograms", "patterns"]

_AROUND = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))  # rows, columns


def patterns(
    image: np.ndarray, sigma: float = 1.5, radius: int = 2, tolerance: float = 2.0
) -> np.ndarray:
    """The pattern of 8 neighbours about each pixel, edges repeated, ``(H, W)`` uint8.

    On plain skin the camera's noise decides which neighbour is brighter, and such patterns differ
    from frame to frame whatever the face does. So the image is smoothed, and a neighbour must be
    brighter by more than a tolerance (Heikkilä & Pietikäinen 2006). How much is our choice.

    Parameters
    ----------
    image : ndarray ``(H, W)`` uint8
    sigma : float, default 1.5
        Of the Gaussian, in pixels; 0 leaves the image alone.
    radius : int, default 2
        Rows and columns to a neighbour.
    tolerance : float, default 2
        Grey levels.

    References
    ----------
    M. Heikkilä and M. Pietikäinen, "A Texture-Based Method for Modeling the Background and
    Detecting Moving Objects", IEEE TPAMI 28(4), 2006.

    Examples
    --------
    >>> step = np.repeat(np.array([[0, 0, 0, 9, 9, 9]], np.uint8), 4, axis=0)
    >>> patterns(step, 0, 1)[1].tolist()  # neighbours on the right are numbers 0, 1 and 7
    [0, 0, 131, 0, 0, 0]
    """
    height, width = image.shape
    centre = image.astype(np.float32)
    if sigma:
        centre = np.asarray(cv2.GaussianBlur(centre, (0, 0), sigma), np.float32)
    wide = cv2.copyMakeBorder(centre, *(radius,) * 4, cv2.BORDER_REPLICATE)
    centre = centre + np.float32(tolerance)
    codes = np.zeros((height, width), np.uint8)
    for bit, (y, x) in enumerate(_AROUND):
        row, column = radius * (1 + y), radius * (1 + x)
        brighter = wide[row : row + height, column : column + width] >= centre
        codes |= brighter.view(np.uint8) << np.uint8(bit)
    return codes


def pattern_histograms(codes: np.ndarray) -> np.ndarray:
    """Shares of the 59 uniform patterns in each block ``(n_blocks, 59)``, summing to 1 or 0."""
    n = BLOCKS[0] * BLOCKS[1]
    where, seen = _bins(codes.shape)
    both = where + uniform_labels(8)[codes[seen]]
    counts = np.bincount(both, minlength=59 * n).reshape(n, 59).astype(np.float64)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


@lru_cache(maxsize=8)
def _bins(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """First bin of the block of each pixel that lies in one, and which pixels do."""
    where = block_map(size)
    seen = where >= 0
    return where[seen] * 59, seen
