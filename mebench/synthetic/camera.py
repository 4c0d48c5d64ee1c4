"""The camera: the canvas on which a face lives, seen in a pose, with noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from .face import look_up

__all__ = ["REGION", "STEP", "View", "camera_noise", "shot", "unaliased", "undo"]

STEP = 4  # canvas and frame pixels between the nodes on which motion is computed
REGION = (260, 120, 110, 100)  # of the canvas that can move: left, top, nodes in x and y


@dataclass(frozen=True)
class View:
    """The camera: frame width and height, width of the face in pixels, colour or grey."""

    size: tuple[int, int] = (640, 480)
    face_width: float = 220.0
    colour: bool = True


def unaliased(image: np.ndarray, scale: float) -> np.ndarray:
    """The image without the detail that frames at this scale cannot show."""
    if scale > 0.9:
        return image
    return cv2.GaussianBlur(image, (0, 0), 0.5 * np.sqrt(scale**-2 - 1))


def undo(moved: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Displacement that takes the moved skin back, on the nodes: found by fixed-point steps.

    A few steps suffice for an expression; a blink squeezes the lid harder and takes more.
    """
    back = -moved
    for _ in range(20):
        last = back
        back = -look_up(moved, nodes + back / STEP, cv2.INTER_LINEAR)
        if cv2.norm(back, last, cv2.NORM_INF) < 0.01:
            break
    return back


def shot(
    image: np.ndarray, back: np.ndarray, pose: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """The canvas seen in a pose, its skin taken from where `back` points: (H, W, 3) float32."""
    pixels, coarse = _grids(size)
    unpose = cv2.invertAffineTransform(pose)
    to_nodes = (unpose - np.array([[0, 0, REGION[0]], [0, 0, REGION[1]]])) / STEP
    shift = look_up(back, cv2.transform(coarse, to_nodes))
    shift = cv2.resize(shift, size, interpolation=cv2.INTER_CUBIC)
    where = cv2.add(cv2.transform(pixels, unpose), shift)
    return look_up(image, where, border=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=4)
def _grids(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Pixel positions (H, W, 2) float32, and those of a coarse grid that fits over them."""
    width, height = size
    columns, rows = -(-width // STEP), -(-height // STEP)
    x = (np.arange(columns) + 0.5) * width / columns - 0.5
    y = (np.arange(rows) + 0.5) * height / rows - 0.5
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1)
    coarse = np.stack(np.meshgrid(x, y), -1)
    return pixels.astype(np.float32), coarse.astype(np.float32)


def camera_noise(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Unit noise (H, W, 3): a random window of one large field, far cheaper than drawing anew."""
    x, y = rng.integers(0, _SPARE, 2)
    return _noise_field(size)[y : y + size[1], x : x + size[0]]


_SPARE = 96


@lru_cache(maxsize=2)
def _noise_field(size: tuple[int, int]) -> np.ndarray:
    rng = np.random.default_rng(0)
    shape = (size[1] + _SPARE, size[0] + _SPARE)
    field = 0.9 * rng.standard_normal((*shape, 1), dtype=np.float32)
    return field + np.sqrt(1 - 0.9**2, dtype=np.float32) * rng.standard_normal(
        (*shape, 3), dtype=np.float32
    )
