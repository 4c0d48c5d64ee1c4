"""Where on the registered face a spotter looks: a grid of blocks, the eyes left out."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from ..errors import BadInput
from ..features.regions import block_edges

__all__ = [
    "BLOCKS", "block_map", "block_means", "eye_patches", "face_places", "strongest_third",
    "unit_of", "without_eyes",
]  # fmt: skip

#: Rows and columns of blocks, as in the papers on feature difference.
BLOCKS = (6, 6)

# Where the face is cut out: see mebench.preprocessing.face_transform. In distances between the
# eyes' centres, the eyes lie half a unit to the left and right of the middle.
_WIDTH, _EYE_ROW = 2.4, 0.29
#: Half the width and height of what is left out about each eye, in the same unit (our choice):
#: as far as a blink pulls the skin by a tenth of what it pulls the lid.
_EYE = (0.44, 0.27)
#: Half the width and height of what is looked at of each eye, and the cells it is averaged in.
_LIDS, _LID_CELLS = (0.44, 0.25), (6, 4)


@lru_cache(maxsize=8)
def block_map(size: tuple[int, int], blocks: tuple[int, int] = BLOCKS) -> np.ndarray:
    """Number of the block in which each pixel of a registered face lies, −1 about the eyes.

    Blinks are what a face does most often, and no expression. So the eyes and their lids belong
    to no block, which costs the lid movements of some expressions.

    Parameters
    ----------
    size : (H, W)
        Of the face, as :func:`mebench.spotting.follow_face` gives it.
    blocks : (rows, columns), default (6, 6)

    Returns
    -------
    ndarray of int64 ``(H, W)``, read-only

    Examples
    --------
    >>> block_map((156, 132))[[0, 155, 45], [0, 131, 38]].tolist()
    [0, 35, -1]
    """
    height, width = size
    if min(blocks) < 1 or height < 8 * blocks[0] or width < 8 * blocks[1]:
        raise BadInput(
            f"A face of {width}×{height} pixels cannot be cut into {blocks[0]}×{blocks[1]} blocks "
            "of 8×8 pixels or more."
        )
    out = np.empty(size, np.int64)
    rows, columns = block_edges(0, height, blocks[0]), block_edges(0, width, blocks[1])
    for r in range(blocks[0]):
        for c in range(blocks[1]):
            out[rows[r] : rows[r + 1], columns[c] : columns[c + 1]] = r * blocks[1] + c
    out[_from_eyes(size) < 1] = -1
    out.flags.writeable = False
    return out


def without_eyes(image: np.ndarray) -> np.ndarray:
    """The face with skin-coloured patches over the eyes, faded at their edge, ``(H, W)`` uint8.

    Dense flow smooths: what the lids do would show on the cheeks.
    """
    where, cover = _cover(image.shape)
    level, out = _median(image), image.copy()
    out[where] = np.round(image[where] + cover * (level - image[where])).astype(np.uint8)
    return out


@lru_cache(maxsize=8)
def _cover(size: tuple[int, int]) -> tuple[tuple[slice, slice], np.ndarray]:
    """1 over the eyes, fading to 0 within another third of the patch, float32; and where."""
    cover = np.clip((1.35 - _from_eyes(size)) / 0.35, 0, 1).astype(np.float32)
    rows, columns = (np.flatnonzero(cover.any(axis=axis)) for axis in (1, 0))
    where = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return where, cover[where]


def _median(image: np.ndarray) -> float:
    """Of a picture, by its histogram."""
    below = cv2.calcHist([image], [0], None, [256], [0, 256]).ravel().cumsum()
    middle = (image.size - 1) // 2, image.size // 2
    return float(np.searchsorted(below, middle, side="right").mean())


def eye_patches(image: np.ndarray) -> np.ndarray:
    """What the two eyes look like, 24 means each, relative to their brightness ``(48,)`` float32.

    Lids that close make skin of what was iris and white, whatever the light.
    """
    height, width = image.shape
    unit, row, middle = unit_of(image.shape), _EYE_ROW * (height - 1), (width - 1) / 2
    wide, high = _LIDS[0] * unit, _LIDS[1] * unit
    patches = []
    for side in (-0.5, 0.5):
        x = middle + side * unit
        top, left = max(int(row - high), 0), max(int(x - wide), 0)
        patch = image[top : int(row + high) + 1, left : int(x + wide) + 1].astype(np.float32)
        patches.append(cv2.resize(patch, _LID_CELLS, interpolation=cv2.INTER_AREA).ravel())
    seen = np.concatenate(patches)
    return np.asarray(seen / max(float(seen.mean()), 1.0), np.float32)


def face_places(
    x: np.ndarray, y: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of a registered face as places on it: from between the eyes, in their distance."""
    height, width = size
    unit = unit_of(size)
    return (x - (width - 1) / 2) / unit, (y - _EYE_ROW * (height - 1)) / unit


def unit_of(size: tuple[int, int]) -> float:
    """Distance between the eyes of a registered face of that many rows and columns, in pixels."""
    return size[1] / _WIDTH


def _from_eyes(size: tuple[int, int]) -> np.ndarray:
    """Distance of each pixel to the nearer eye, 1 at the edge of what is left out."""
    height, width = size
    unit = unit_of(size)
    y, x = np.mgrid[:height, :width]
    down = (y - _EYE_ROW * (height - 1)) / (_EYE[1] * unit)
    sides = [(x - (width - 1) / 2 - side * unit) / (_EYE[0] * unit) for side in (-0.5, 0.5)]
    return np.hypot(np.minimum(np.abs(sides[0]), np.abs(sides[1])), down)


def block_means(values: np.ndarray, where: np.ndarray, n_blocks: int) -> np.ndarray:
    """Mean of the values ``(H, W)`` in each block ``(n_blocks,)``; 0 where a block has no pixel."""
    seen = where >= 0
    sums = np.bincount(where[seen], values[seen], n_blocks)
    return sums / np.maximum(np.bincount(where[seen], minlength=n_blocks), 1)


def strongest_third(blocks: np.ndarray) -> float:
    """Mean of the largest third of the block values.

    An expression moves a few blocks; the mean of all would drown it, and a single block is noise.

    Examples
    --------
    >>> strongest_third(np.array([1.0, 5.0, 3.0, 0.0, 2.0, 9.0]))
    7.0
    """
    n = max(1, len(blocks) // 3)
    return float(np.sort(blocks)[-n:].mean())
