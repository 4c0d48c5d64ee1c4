"""The camera: the canvas on which a face lives, seen in a pose, with noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .exposure import MARGIN, expose
from .lens import blurred, grey, inverted, undo

__all__ = ["View", "canvas_of", "nodes", "shot"]

_STEP = 4  # canvas and frame pixels between the nodes on which motion is computed
_REGION = (260, 120, 110, 100)  # of the canvas that can move: left, top, nodes in x and y
_UNSEEN = 0.002  # pixels; the skin that a Gaussian moves less than that is at rest


@dataclass(frozen=True)
class View:
    """The camera: frame width and height, width of the face in pixels, colour or grey."""

    size: tuple[int, int] = (640, 480)
    face_width: float = 220.0
    colour: bool = True


def nodes() -> np.ndarray:
    """The places on the canvas at which a movement is to be known, (100, 110, 2) as (x, y)."""
    left, top, columns, rows = _REGION
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1)
    return np.asarray(grid * float(_STEP) + (left, top))


def canvas_of(image: np.ndarray, view: View, pose: np.ndarray) -> np.ndarray:
    """What a camera can show of an image (H, W, 3): planes (C, H, W) with a margin, float32."""
    scale = np.sqrt(np.linalg.det(pose[:, :2]))
    if scale <= 0.9:  # without the detail that frames at this scale cannot show
        image = blurred(image, 0.5 * np.sqrt(scale**-2 - 1))
    planes = np.moveaxis(image, -1, 0) if view.colour else grey(image)[None]
    margin = (MARGIN, MARGIN)
    return np.ascontiguousarray(np.pad(planes, ((0, 0), margin, margin), mode="edge"))


def shot(
    canvas: np.ndarray,
    moved: np.ndarray,
    pose: np.ndarray,
    view: View,
    *,
    gain: float = 1.0,
    sigma: float = 0.0,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """The canvas seen in a pose, its skin moved.

    Parameters
    ----------
    canvas : ndarray (C, H, W) float32
        Of :func:`canvas_of`.
    moved : ndarray (100, 110, 2)
        Pixels (dx, dy) on the canvas by which the skin at the :func:`nodes` moves.
    pose : ndarray (2, 3)
        Affine map from the canvas to the frame.
    view : View
    gain : float, default 1
        Brightness.
    sigma : float, default 0
        Of the sensor's noise, in grey levels.
    rng : Generator, optional
        Where the noise is drawn from; without one there is none.

    Returns
    -------
    ndarray (H, W, 3) or (H, W) uint8
    """
    width, height = view.size
    columns, rows = -(-width // _STEP), -(-height // _STEP)
    unpose = inverted(pose)
    # The middles of squares that fit over the frame, told in nodes.
    across, down = width / columns, height / rows
    middle = unpose[:, :2] @ (0.5 * across - 0.5, 0.5 * down - 0.5) + unpose[:, 2]
    to_nodes = np.column_stack([unpose[:, :2] * (across, down), middle - _REGION[:2]]) / _STEP
    moved = np.where(np.abs(moved) < _UNSEEN, 0, moved).astype(np.float32)
    shift = undo(moved, to_nodes, _STEP, (rows, columns))
    if rng is None:
        frame = expose(canvas, unpose, shift, view.size, gain)
    else:
        # A random window of one large field is far cheaper than drawing anew.
        x, y = (int(n) for n in rng.integers(0, _SPARE, 2))
        noise = _noise_field(view.size)[: len(canvas)]
        frame = expose(canvas, unpose, shift, view.size, gain, noise, (x, y), sigma)
    return frame if view.colour else frame[..., 0]


_SPARE = 96


@lru_cache(maxsize=2)
def _noise_field(size: tuple[int, int]) -> np.ndarray:
    """Unit noise, three planes that have most of it in common."""
    rng = np.random.default_rng(0)
    shape = (size[1] + _SPARE, size[0] + _SPARE)
    field = 0.9 * rng.standard_normal((*shape, 1), dtype=np.float32)
    field = field + np.sqrt(1 - 0.9**2, dtype=np.float32) * rng.standard_normal(
        (*shape, 3), dtype=np.float32
    )
    return np.ascontiguousarray(np.moveaxis(field, -1, 0))
