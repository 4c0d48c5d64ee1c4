"""Facial motion: action units as sums of Gaussian bumps, and their course in time.

An action unit (AU, Ekman and Friesen's Facial Action Coding System) moves a few places of the
face in a few directions, and the skin around them with a Gaussian decline. A `bumps` array
holds one row per bump: centre x, y, radius in x and y, and displacement in x and y.
"""

from __future__ import annotations

import numpy as np

from ..errors import BadInput
from .face import FACE_WIDTH

__all__ = ["ACTION_UNITS", "course", "displacement", "displacements", "unit_bumps"]

#: Landmarks (or pairs, for the middle between two), direction, radius in face widths (x and y
#: where they differ).
Move = tuple[tuple[int | tuple[int, int], ...], tuple[float, float], float | tuple[float, float]]

# x runs to the right of the picture, y down. Directions and radii are our reading of the FACS
# descriptions, not measurements.
ACTION_UNITS: dict[int, tuple[Move, ...]] = {
    1: (((20, 21, 22, 23), (0, -1), 0.07),),
    2: (((17, 18, 25, 26), (0, -1), 0.08),),
    4: (((19, 20, 21), (0.5, 0.8), 0.07), ((22, 23, 24), (-0.5, 0.8), 0.07)),
    5: (((37, 38, 43, 44), (0, -1), (0.06, 0.045)),),
    6: ((((1, 41), (15, 46)), (0, -1), 0.1), ((40, 41, 46, 47), (0, -0.5), 0.06)),
    7: (
        ((40, 41, 46, 47), (0, -0.8), (0.06, 0.045)),
        ((37, 38, 43, 44), (0, 0.5), (0.06, 0.045)),
    ),
    9: (
        ((27, 28, 29, 30), (0, -0.5), 0.07),
        ((31, 35), (0, -0.8), 0.07),
        ((21, 22), (0, 0.5), 0.07),
    ),
    10: (((49, 50, 51, 52, 53), (0, -1), 0.06), ((31, 35), (0, -0.5), 0.07)),
    12: (
        ((48,), (-0.7, -0.7), 0.1),
        ((54,), (0.7, -0.7), 0.1),
        (((3, 48),), (-0.35, -0.35), 0.12),
        (((13, 54),), (0.35, -0.35), 0.12),
    ),
    14: (((48,), (-0.9, 0.1), 0.08), ((54,), (0.9, 0.1), 0.08)),
    15: (((48, 54), (0, 1), 0.09),),
    17: (((7, 8, 9), (0, -0.8), 0.1), ((56, 57, 58), (0, -1), 0.07)),
    20: (
        ((48,), (-1, 0), 0.1),
        ((54,), (1, 0), 0.1),
        ((59,), (-0.5, 0), 0.09),
        ((55,), (0.5, 0), 0.09),
    ),
    24: (((50, 51, 52), (0, 0.8), 0.06), ((56, 57, 58), (0, -0.8), 0.06)),
    25: (((50, 51, 52), (0, -0.4), 0.06), ((56, 57, 58), (0, 0.8), 0.07)),
    45: (((37, 38, 43, 44), (0, 1), (0.06, 0.035)),),
}


def unit_bumps(au: int, landmarks: np.ndarray, right: float = 1.0, left: float = 1.0) -> np.ndarray:
    """Bumps of an action unit on a face, its largest displacement at unit intensity being 1 px.

    Parameters
    ----------
    au : int
        One of :data:`ACTION_UNITS`.
    landmarks : ndarray (68, 2)
        The face, jaw to jaw 220 px.
    right, left : float, default 1
        Strength on the person's right and left, which are the picture's left and right.

    Returns
    -------
    ndarray (n_bumps, 6) float64
        Centre x, y; radius in x and y; displacement in x and y; all in pixels.

    Raises
    ------
    BadInput
        The action unit is not one of :data:`ACTION_UNITS`.

    Examples
    --------
    >>> from mebench.synthetic.face import LANDMARKS
    >>> smile = unit_bumps(12, LANDMARKS)
    >>> displacement(LANDMARKS[[48, 54]], smile).round(1).tolist()
    [[-0.7, -0.7], [0.7, -0.7]]
    """
    if au not in ACTION_UNITS:
        known = ", ".join(map(str, sorted(ACTION_UNITS)))
        raise BadInput(f"Action unit {au!r} has no motion here; there are {known}.")
    rows = [
        (*landmarks[np.atleast_1d(point)].mean(0), *np.broadcast_to(radius, 2), *direction)
        for points, direction, radius in ACTION_UNITS[au]
        for point in points
    ]
    bumps = np.array(rows, dtype=float)
    bumps[:, 2:4] *= FACE_WIDTH
    # Neighbouring bumps add up, and most in between.
    x, y = np.linspace(bumps[:, :2].min(0), bumps[:, :2].max(0), 41).T
    around = displacement(np.stack(np.meshgrid(x, y), -1), bumps)
    bumps[:, 4:] /= np.hypot(around[..., 0], around[..., 1]).max()
    side = (bumps[:, 0] - landmarks[27:31, 0].mean()) / (0.1 * FACE_WIDTH)
    share = np.clip(0.5 + 0.5 * side, 0, 1)
    bumps[:, 4:] *= ((1 - share) * right + share * left)[:, None]
    return bumps


def displacement(points: np.ndarray, bumps: np.ndarray) -> np.ndarray:
    """Where bumps move points, (..., 2), in pixels (dx, dy); `points` are (..., 2) as (x, y)."""
    return displacements(points, bumps, np.ones((len(bumps), 1)))[0]


def displacements(points: np.ndarray, bumps: np.ndarray, intensities: np.ndarray) -> np.ndarray:
    """The same of bumps whose intensities (K, T) are not one, at T moments: (T, ..., 2)."""
    out = np.zeros((intensities.shape[1], *np.shape(points)))
    one_each = (-1,) + (1,) * (np.ndim(points) - 1)
    for (x, y, rx, ry, dx, dy), intensity in zip(bumps, intensities, strict=True):
        weight = np.exp(
            -0.5 * (((points[..., 0] - x) / rx) ** 2 + ((points[..., 1] - y) / ry) ** 2)
        )
        out[..., 0] += (dx * intensity).reshape(one_each) * weight
        out[..., 1] += (dy * intensity).reshape(one_each) * weight
    return out


def course(n_frames: int, onset: float, apex: float, offset: float) -> np.ndarray:
    """Intensity of a movement in each frame, (n_frames,) in 0..1: a smooth rise and fall.

    Zero up to `onset` and from `offset`, one at `apex`; marks are frame indices.

    Examples
    --------
    >>> course(7, 1, 3, 5).round(2).tolist()
    [0.0, 0.0, 0.5, 1.0, 0.5, 0.0, 0.0]
    """
    phase = np.interp(np.arange(n_frames), [onset, apex, offset], [0.0, 1.0, 2.0])
    return 0.5 - 0.5 * np.cos(np.pi * phase)
