"""Dense optical flow by name: one function for a pair of frames, one for a clip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from ..errors import BadInput
from .polynomials import farneback, farneback_clip
from .shared import remembered
from .tvl1 import tvl1, tvl1_clip

__all__ = ["FLOWS", "clip_flow", "dis", "farneback", "flow"]

FlowMethod = Callable[..., np.ndarray]

#: Neither the pyramids nor the polynomial windows mean anything on smaller frames.
MIN_SIZE = 16


def flow(
    a: np.ndarray, b: np.ndarray, method: str | FlowMethod = "farneback", **params: Any
) -> np.ndarray:
    """Motion of every pixel of `a` to its place in `b`.

    The grey value at (x, y) of `a` is found at (x + u, y + v) of `b`; x and u point right,
    y and v down.

    Parameters
    ----------
    a, b : ndarray (H, W)
        Grey frames of one size, uint8 or float in grey levels 0–255, at least 16 × 16.
    method : str or callable, default "farneback"
        A name of :data:`FLOWS`, or any function ``(a, b, **params) -> (H, W, 2)``.
    **params
        Passed to the method: see :func:`farneback`, :func:`dis`,
        :func:`mebench.flow.tvl1.tvl1`.

    Returns
    -------
    ndarray (H, W, 2), float32
        (u, v) in pixels.

    Raises
    ------
    BadInput
        Unknown method, or frames that are not grey, of one size, finite and large enough.

    See Also
    --------
    clip_flow : Of all frames of a clip.
    strain : How far a flow deforms.

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:64, :64]
    >>> a = 128 + 60 * np.sin(x / 5) * np.cos(y / 6)
    >>> b = np.roll(a, 1, axis=1)  # everything moves one pixel to the right
    >>> np.median(flow(a, b), axis=(0, 1)).round(1)
    array([ 1., -0.], dtype=float32)
    """
    a, b = _frames(a), _frames(b)
    if a.shape != b.shape:
        raise BadInput(
            f"Found frames of {a.shape[1]}×{a.shape[0]} and {b.shape[1]}×{b.shape[0]} pixels; "
            "flow needs two frames of one size: crop or resize them first."
        )
    function = _method(method)
    return remembered(
        lambda: _checked(function(a, b, **params), a.shape, method),
        (a, b), "pair", method, sorted(params.items()),
    )  # fmt: skip


def clip_flow(
    video: np.ndarray,
    method: str | FlowMethod = "farneback",
    reference: int | str = 0,
    **params: Any,
) -> np.ndarray:
    """Flow from a reference frame to each later frame of a clip.

    Parameters
    ----------
    video : ndarray (T, H, W)
        Grey frames, uint8 or float in grey levels 0–255.
    method : str or callable, default "farneback"
        As in :func:`flow`.
    reference : int or "previous", default 0
        Index of the frame from which motion is measured, or ``"previous"`` for the flow
        between neighbouring frames.
    **params
        Passed to the method; for ``"tvl1"`` and an index as `reference` also ``warm_start``,
        see :func:`mebench.flow.tvl1.tvl1_clip`.

    Returns
    -------
    ndarray (T - 1 - reference, H, W, 2), float32
        Entry i is the flow from frame `reference` to frame ``reference + 1 + i``; with
        ``"previous"`` the flow from frame i to frame i + 1, ``T - 1`` of them.

    Raises
    ------
    BadInput
        As :func:`flow`; or there is no frame after the reference.

    See Also
    --------
    flow : Of one pair of frames.

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:64, :64]
    >>> a = 128 + 60 * np.sin(x / 5) * np.cos(y / 6)
    >>> video = np.stack([np.roll(a, t, axis=0) for t in range(4)])
    >>> np.median(clip_flow(video)[..., 1], axis=(1, 2)).round(1)  # v, growing
    array([1., 2., 3.], dtype=float32)
    >>> np.median(clip_flow(video, reference="previous")[..., 1], axis=(1, 2)).round(1)
    array([1., 1., 1.], dtype=float32)
    """
    video = _frames(video, ndim=3)
    last = len(video) - 1
    if last < 1:
        raise BadInput(f"Found a clip of {len(video)} frame(s); flow needs at least two.")
    if reference != "previous" and reference not in range(last):
        raise BadInput(
            f"Found reference {reference!r} for a clip of {len(video)} frames; expected "
            f"'previous' or an index with at least one later frame (0 to {last - 1})."
        )
    function = _method(method)
    neighbours = reference == "previous"
    if not neighbours:
        video = video[reference:]
    return remembered(
        lambda: _every_flow(video, function, method, neighbours, params),
        (video,), "clip", method, neighbours, sorted(params.items()),
    )  # fmt: skip


def _every_flow(
    video: np.ndarray, function: FlowMethod, method: str | FlowMethod, neighbours: bool,
    params: dict[str, Any],
) -> np.ndarray:  # fmt: skip
    if function is farneback:
        return farneback_clip(video, neighbours, **params)
    if function is tvl1 and not neighbours:
        return tvl1_clip(video, **params)
    out = np.empty((len(video) - 1, *video.shape[1:], 2), np.float32)
    for i, frame in enumerate(video[1:]):
        first = video[i] if neighbours else video[0]
        out[i] = _checked(function(first, frame, **params), frame.shape, method)
    return out


_PRESETS = {"ultrafast": 0, "fast": 1, "medium": 2}


def dis(a: np.ndarray, b: np.ndarray, *, preset: str = "medium") -> np.ndarray:
    """Flow by dense inverse search (Kroeger et al. 2016), as OpenCV has it.

    Parameters
    ----------
    a, b : ndarray (H, W)
        Grey frames. OpenCV's code takes 8 bits only: floats are rounded and clipped to 0–255.
    preset : {"ultrafast", "fast", "medium"}, default "medium"
        OpenCV's own parameter sets (our choice of the default: the finest).

    Returns
    -------
    ndarray (H, W, 2), float32

    Notes
    -----
    OpenCV is set to one thread, process-wide: clips are what runs in parallel here, and the
    stripes into which several threads cut the image can then never show in the numbers.

    References
    ----------
    T. Kroeger, R. Timofte, D. Dai, L. Van Gool, "Fast Optical Flow Using Dense Inverse
    Search", ECCV 2016.
    """
    if preset not in _PRESETS:
        raise BadInput(f"Found DIS preset {preset!r}; expected one of {', '.join(_PRESETS)}.")
    cv2.setNumThreads(1)
    a, b = (
        np.ascontiguousarray(
            f if f.dtype == np.uint8 else np.clip(np.rint(f), 0, 255).astype(np.uint8)
        )
        for f in (a, b)
    )
    # A fresh object each time: it keeps buffers, and one object is not safe in two threads.
    calc: Any = cv2.DISOpticalFlow.create(_PRESETS[preset]).calc
    return calc(a, b, None)


#: The flows by name.
FLOWS: dict[str, FlowMethod] = {"farneback": farneback, "dis": dis, "tvl1": tvl1}


def _method(method: str | FlowMethod) -> FlowMethod:
    if callable(method):
        return method
    if method not in FLOWS:
        raise BadInput(f"Found flow method {method!r}; expected one of {', '.join(FLOWS)}.")
    return FLOWS[method]


def _frames(frames: np.ndarray, ndim: int = 2) -> np.ndarray:
    """Checked frames, uint8 or float32."""
    frames = np.asarray(frames)
    expected = "(H, W)" if ndim == 2 else "(T, H, W)"
    if frames.ndim != ndim or frames.dtype.kind not in "uif":
        raise BadInput(
            f"Found an array of shape {frames.shape} and type {frames.dtype}; flow needs grey "
            f"frames {expected} of numbers. Convert colour with mebench.clip.grey first."
        )
    h, w = frames.shape[-2:]
    if min(h, w) < MIN_SIZE:
        raise BadInput(
            f"Found frames of {w}×{h} pixels; optical flow needs at least "
            f"{MIN_SIZE}×{MIN_SIZE}. Enlarge the crop."
        )
    if frames.dtype == np.uint8:
        return frames
    frames = frames.astype(np.float32)
    if not np.isfinite(frames).all():
        raise BadInput("Found NaN or infinite pixels; flow needs finite grey levels.")
    return frames


def _checked(out: np.ndarray, shape: tuple[int, ...], method: str | FlowMethod) -> np.ndarray:
    out = np.asarray(out, np.float32)
    if out.shape != (*shape, 2) or not np.isfinite(out).all():
        raise BadInput(
            f"The flow method {method!r} gave an array of shape {out.shape}; expected finite "
            f"values of shape {(*shape, 2)}. Check its parameters."
        )
    return out
