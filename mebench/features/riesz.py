"""Motion as the shift of local phase between two frames, from their Riesz pyramids."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from ..errors import BadInput

__all__ = ["phase_shift"]

_TAPS = (0.5, 0.0, -0.5)
_MIN_SIDE = 4  # of the coarsest level


def phase_shift(a: np.ndarray, b: np.ndarray, level: int = 1, smoothing: float = 2.0) -> np.ndarray:
    """How far, in radians of local phase, the structure of one scale moves from `a` to `b`.

    Each level of a Laplacian pyramid and its Riesz transform, here by 3-tap filters, make a
    signal (r, x, y) whose local phase grows along the direction in which it varies. The shift
    of phase is read off the product of one frame's signal with the conjugate of the other's.

    Parameters
    ----------
    a, b : ndarray ``(H, W)``
        Grey frames of one size.
    level : int, default 1
        Level of the pyramid, 0 being the finest; wavelengths about 2^(level + 2) pixels.
    smoothing : float, default 2
        Standard deviation, in pixels of the level, of a Gaussian blur of the shifts, weighted
        by amplitude; 0 for none. Where there is no structure, phase is noise.

    Returns
    -------
    ndarray of float32 ``(H, W, 2)``
        Radians along x and y, positive to the right and down as flow is, enlarged to the
        frame's size. Only motion across the local structure shows.

    Raises
    ------
    BadInput
        Frames that are not grey, of one size and finite, or too small for the level.

    References
    ----------
    N. Wadhwa, M. Rubinstein, F. Durand and W. T. Freeman, "Riesz Pyramids for Fast Phase-Based
    Video Magnification", ICCP 2014.

    Examples
    --------
    A grating of 8 pixels' wavelength moves by a pixel to the right, an eighth of 2π, of which
    filters of three taps see nine tenths:

    >>> x = np.tile(np.arange(64.0), (64, 1))
    >>> a, b = (100 + 50 * np.sin(2 * np.pi * (x - d) / 8) for d in (0, 1))
    >>> print(phase_shift(a, b)[32, 32].round(2) + 0, round(2 * np.pi / 8, 2))
    [0.72 0.  ] 0.79
    """
    a, b = (np.asarray(frame, np.float32) for frame in (a, b))
    if a.ndim != 2 or a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise BadInput(
            f"Found frames of shapes {a.shape} and {b.shape}; phase needs two finite grey frames "
            "of one size."
        )
    if level < 0 or min(a.shape) < _MIN_SIDE * 2**level or smoothing < 0:
        raise BadInput(
            f"Found level {level} and smoothing {smoothing} for frames of "
            f"{a.shape[1]}×{a.shape[0]} pixels; expected a level from 0 that leaves {_MIN_SIDE} "
            "pixels a side, and a smoothing not below 0."
        )
    r1, x1, y1 = _riesz(a, level)
    r2, x2, y2 = _riesz(b, level)
    # The product of the first with the conjugate of the second, so that motion to the right,
    # by which phase falls behind, counts as positive.
    r = r1 * r2 + x1 * x2 + y1 * y2
    x = x1 * r2 - r1 * x2
    y = y1 * r2 - r1 * y2
    across = np.hypot(x, y)
    turn = np.arctan2(across, r)
    amplitude = np.sqrt(np.hypot(across, r))
    per_unit = np.divide(turn, across, out=np.zeros_like(turn), where=across > 0)
    shift = np.stack([x * per_unit, y * per_unit], axis=-1)
    if smoothing > 0:
        shift = _blurred(shift, amplitude, smoothing)
    # Pixel i of a level lies at 2^level · i of the frame.
    return cv2.warpAffine(
        shift,
        np.diag([0.5**level, 0.5**level, 1.0])[:2],
        a.shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _riesz(frame: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One Laplacian level and its two Riesz components."""
    cv2.setNumThreads(1)  # clips are what runs in parallel
    for _ in range(level):
        frame = cv2.pyrDown(frame)
    band = frame - cv2.pyrUp(cv2.pyrDown(frame), dstsize=frame.shape[::-1])
    return band, *(ndimage.correlate1d(band, _TAPS, axis, mode="mirror") for axis in (1, 0))


def _blurred(shift: np.ndarray, amplitude: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian mean of the shifts, each weighted by its amplitude."""
    weight = ndimage.gaussian_filter(amplitude, sigma)
    total = ndimage.gaussian_filter(shift * amplitude[..., None], (sigma, sigma, 0))
    out = np.zeros_like(total)
    return np.divide(total, weight[..., None], out=out, where=weight[..., None] > 0)
