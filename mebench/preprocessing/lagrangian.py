"""Lagrangian magnification: the motion of a whole clip is measured, enlarged and redrawn."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from ..base import ClipStep
from ..clip import Clip, grey
from ..errors import BadInput
from ..flow import ALIGNMENT_POINTS, align_flow, clip_flow, fit_affine

__all__ = ["GLMM", "magnify_globally", "principal_motion", "warp"]

_STEPS = 12  # of the search for where a pixel comes from


def magnify_globally(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    alpha: float = 4.0,
    components: int | None = 3,
    align: bool = False,
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
) -> np.ndarray:
    """Global Lagrangian motion magnification (GLMM): a motion d becomes about alpha·d.

    The displacements from the first frame to every later one are reduced to their principal
    components over the clip, multiplied by `alpha`, and applied to the first frame.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
        Grey or RGB frames of at least 16 × 16, uint8 or float.
    landmarks : ndarray ``(68, 2)``, optional
        (x, y) of the first frame; needed by `align`.
    alpha : float, default 4
        1 redraws the motion as it is, 0 holds the first frame. Our choice of default: much
        more, and skin that is compressed by a fraction 1/alpha folds over itself.
    components : int, optional, default 3
        How many principal components of the clip's motion are kept; None keeps all, so that
        every displacement is just multiplied. Our choice: an expression that rises and falls
        is one component, the drift of the head one or two more, and noise the rest.
    align : bool, default False
        Take the head's motion out first (:func:`mebench.flow.fit_affine`), so that the skin's
        alone is magnified, and the head is held still.
    flow : str, default 'farneback'
        By name (:func:`mebench.flow.flow`); our choice.
    flow_params : dict, optional
        Passed on to the flow.

    Returns
    -------
    ndarray, of the shape and type of `video`
        The first frame is that of `video`, all others are drawn from it: light and noise do
        not change. uint8 is rounded and clipped to 0–255.

    Raises
    ------
    BadInput
        Wrong shape or type, frames too small or not finite, landmarks missing, or parameters
        that cannot work.

    See Also
    --------
    GLMM : As a step of a pipeline.
    magnify : Without flow, place by place.

    Notes
    -----
    A reconstruction, from memory and unverified: that displacements are referred to the first
    frame, analysed into principal components over the clip, scaled, and used to warp the first
    frame. Components are about zero motion rather than about the mean motion, so that the
    first frame stays where it is. Warping is bicubic, and positions are kept to 1/32 pixel, as
    OpenCV does.

    References
    ----------
    A. C. Le Ngo, A. Johnston, R. C.-W. Phan and J. See, "Micro-Expression Motion Magnification:
    Global Lagrangian vs. Local Eulerian Approaches", FG 2018, pp. 650–656.

    Examples
    --------
    >>> def right(a, b):  # half a pixel per frame
    ...     return np.full((*a.shape, 2), (0.5 * b[0, 0], 0.0))
    >>> x = np.tile(10.0 * np.arange(24), (24, 1))
    >>> video = np.stack([x, x - 5, x - 10])
    >>> video[:, 0, 0] = 0, 1, 2  # tells the flow which frame it is
    >>> magnify_globally(video, alpha=2, flow=right)[:, 12, 12].round(1).tolist()
    [120.0, 110.0, 100.0]
    """
    video = _checked(video, alpha, components)
    if align and landmarks is None:
        raise BadInput(
            "Alignment needs 68 facial landmarks, and this clip has none: put "
            "mebench.preprocessing.FindLandmarks() in front, or use align=False."
        )
    out = np.empty_like(video)
    out[0] = video[0]
    if len(video) < 2:
        return out
    fields = clip_flow(grey(video), flow, **(flow_params or {}))
    if align:
        points = landmarks[list(ALIGNMENT_POINTS)]  # type: ignore[index]
        fields = np.stack([align_flow(field, fit_affine(field, points)) for field in fields])
    fields = principal_motion(fields, components)
    first = video[0].astype(np.float32)
    for i, field in enumerate(fields, start=1):
        frame = warp(first, np.float32(alpha) * field)
        out[i] = np.clip(np.rint(frame), 0, 255) if out.dtype == np.uint8 else frame
    return out


def principal_motion(fields: np.ndarray, components: int | None) -> np.ndarray:
    """Displacement fields of a clip, projected on their first principal components.

    Parameters
    ----------
    fields : ndarray ``(n, H, W, 2)``
    components : int or None
        None, or as many as there are fields, keeps everything.

    Returns
    -------
    ndarray of float32 ``(n, H, W, 2)``

    Examples
    --------
    >>> shape = np.random.default_rng(0).normal(size=(5, 6, 2))
    >>> course = np.array([0.5, 1.0, 0.2])
    >>> fields = course[:, None, None, None] * shape
    >>> bool(np.allclose(principal_motion(fields, 1), fields, atol=1e-5))
    True
    """
    fields = np.asarray(fields, np.float32)
    if components is None or components >= len(fields):
        return fields
    rows = fields.reshape(len(fields), -1)
    # Few frames of many pixels: the n × n products hold all that is needed.
    _, vectors = np.linalg.eigh(rows.astype(np.float64) @ rows.T.astype(np.float64))
    kept = vectors[:, -components:]
    return ((kept @ kept.T).astype(np.float32) @ rows).reshape(fields.shape)


def warp(frame: np.ndarray, displacement: np.ndarray) -> np.ndarray:
    """A frame whose point at x is moved to x + displacement(x).

    Parameters
    ----------
    frame : ndarray of float32 ``(H, W)`` or ``(H, W, 3)``
    displacement : ndarray of float32 ``(H, W, 2)``
        (u, v) in pixels.

    Returns
    -------
    ndarray of float32, of the frame's shape
        Where the displacement folds the picture over itself, one of the layers is seen.
    """
    cv2.setNumThreads(1)  # clips are what runs in parallel
    height, width = frame.shape[:2]
    here = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    source = here - displacement
    for _ in range(_STEPS):
        # y = x + d(x), solved for x; half steps converge wherever there is no fold.
        source = 0.5 * (source + here - _read(displacement, source, cv2.INTER_LINEAR))
    return _read(frame, source, cv2.INTER_CUBIC)


def _read(image: np.ndarray, at: np.ndarray, interpolation: int) -> np.ndarray:
    """Values of an image at ``(H, W, 2)`` points (x, y); outside, those of the border."""
    x, y = np.moveaxis(at, -1, 0)
    return np.asarray(
        cv2.remap(image, x, y, interpolation, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


class GLMM(ClipStep):
    """Global Lagrangian magnification of each clip, see :func:`magnify_globally`.

    Parameters
    ----------
    alpha, components, align, flow, flow_params
        As in :func:`magnify_globally`.

    See Also
    --------
    magnify_globally : The function of one video.
    EVM : Magnification without flow.

    Notes
    -----
    Of landmarks, those of the first frame stay: the later ones would have moved.

    Examples
    --------
    >>> from mebench import Clip
    >>> clip = Clip("a", np.full((3, 20, 30), 100, np.uint8))
    >>> GLMM(alpha=8).transform([clip])[0].frames.shape
    (3, 20, 30)
    """

    def __init__(
        self,
        alpha: float = 4.0,
        components: int | None = 3,
        align: bool = False,
        flow: str = "farneback",
        flow_params: dict[str, Any] | None = None,
    ) -> None:
        self.alpha = alpha
        self.components = components
        self.align = align
        self.flow = flow
        self.flow_params = flow_params

    def _check(self) -> None:
        _check_parameters(self.alpha, self.components)

    def _clip(self, clip: Clip) -> Clip:
        frames = magnify_globally(clip.frames, clip.first_landmarks, **self.get_params())
        return clip.replace(source=frames, landmarks=clip.first_landmarks)


def _check_parameters(alpha: float, components: int | None) -> None:
    if not alpha >= 0:
        raise BadInput(f"alpha must be 0 or above, found {alpha}.")
    if components is not None and components < 1:
        raise BadInput(f"components must be at least 1, or None for all, found {components}.")


def _checked(video: np.ndarray, alpha: float, components: int | None) -> np.ndarray:
    _check_parameters(alpha, components)
    video = np.asarray(video)
    shaped = video.ndim == 3 or (video.ndim == 4 and video.shape[3] == 3)
    if not shaped or video.dtype.kind not in "uif" or len(video) == 0:
        raise BadInput(
            f"Found a video of shape {video.shape} and type {video.dtype}; expected (T, H, W) grey "
            "or (T, H, W, 3) RGB, uint8 or float."
        )
    if video.dtype.kind == "f" and not np.isfinite(video).all():
        raise BadInput("Found NaN or infinite pixels; magnification needs finite grey levels.")
    return video if video.dtype == np.uint8 or video.dtype.kind == "f" else video.astype(float)
