"""Histogram equalisation: the same spread of grey levels for every clip."""

from __future__ import annotations

import numpy as np

from ..base import ClipStep
from ..clip import Clip, grey
from ..errors import BadInput

__all__ = ["EqualiseHistogram", "equalise"]


def equalise(video: np.ndarray, per: str = "clip") -> np.ndarray:
    """Spread the grey levels of a clip evenly over 0–255.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
        Grey levels 0–255; floats are rounded.
    per : {'clip', 'frame'}, default 'clip'
        One mapping for all frames, from the pixels of all of them; or each frame by
        itself, which adds flicker where the light is steady and takes it away where it is
        not (our choice of default).

    Returns
    -------
    ndarray of uint8, of the shape of `video`
        RGB channels all go through the mapping of the grey levels.

    Raises
    ------
    BadInput
        Pixels outside 0–255 or not finite, or an unknown `per`.

    See Also
    --------
    EqualiseHistogram : As a step of a pipeline.

    Notes
    -----
    Grey level g becomes 255 · (N(≤ g) − n₀) / (N − n₀), rounded, where n₀ counts the pixels of
    the darkest level; an image of one level stays as it is. This is OpenCV's
    ``equalizeHist``.

    Examples
    --------
    >>> equalise(np.array([[[10, 11], [11, 13]]], np.uint8)).tolist()
    [[[0, 170], [170, 255]]]
    """
    if per not in ("clip", "frame"):
        raise BadInput(f"per must be 'clip' or 'frame', found {per!r}.")
    video = np.asarray(video)
    if video.dtype != np.uint8:
        if not np.isfinite(video).all() or video.min() < -0.5 or video.max() >= 255.5:
            raise BadInput("Equalisation needs grey levels between 0 and 255, all finite.")
        video = np.round(video).astype(np.uint8)
    if per == "clip":
        return _mapping(grey(video))[video]
    return np.stack([_mapping(grey(frame[None]))[frame] for frame in video])


class EqualiseHistogram(ClipStep):
    """Equalise the grey levels of every clip; see :func:`equalise`.

    Parameters
    ----------
    per : {'clip', 'frame'}, default 'clip'

    See Also
    --------
    equalise : The function of a clip's frames.
    StructureTexture : Another way to take light out.
    """

    def __init__(self, per: str = "clip") -> None:
        self.per = per

    def _clip(self, clip: Clip) -> Clip:
        try:
            return clip.replace(source=equalise(clip.frames, self.per))
        except BadInput as error:
            raise BadInput(f"Clip {clip.id!r}: {error}") from error


def _mapping(pixels: np.ndarray) -> np.ndarray:
    """Where each of the 256 grey levels goes."""
    up_to = np.cumsum(np.bincount(pixels.ravel(), minlength=256))
    darkest = up_to[up_to > 0][0]
    if darkest == up_to[-1]:
        return np.arange(256, dtype=np.uint8)
    share = np.maximum(up_to - darkest, 0) / (up_to[-1] - darkest)
    return np.round(255 * share).astype(np.uint8)
