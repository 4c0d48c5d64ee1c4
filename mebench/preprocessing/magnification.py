"""Eulerian video magnification: small motions made larger without tracking them."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..base import ClipStep
from ..clip import Clip
from ..errors import BadInput

__all__ = ["EVM", "magnify"]

_FILTER = 5  # taps of the pyramid's filter: nothing smaller is halved
_SMALLEST = 16  # side of a frame with a level between the finest and the coarsest
_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def magnify(
    video: np.ndarray,
    alpha: float = 10,
    lambda_c: float = 16,
    r1: float = 0.4,
    r2: float = 0.05,
    levels: int | None = None,
    chroma: float = 0.1,
    exaggeration: float = 2,
) -> np.ndarray:
    """Linear Eulerian motion magnification (Wu et al. 2012).

    Two first-order low-passes follow each pixel over time, y ← r·x + (1 − r)·y, both starting at
    the first frame; their difference is the band of motions to magnify. It is split into a
    Laplacian pyramid, each level is multiplied by its gain, and the sum is added to the frame:
    a motion d within the band becomes about (1 + alpha·h)·d, h ≤ 1 being the band's response at
    its frequency.

    Parameters
    ----------
    video : ndarray (T, H, W) or (T, H, W, 3)
        Grey or RGB frames of any size from 16 × 16, uint8 or float.
    alpha : float, default 10
        Magnification; 0 returns the video as it is.
    lambda_c : float, default 16
        Spatial wavelength, in pixels, below which the gain falls.
    r1, r2 : float, default 0.4, 0.05
        Update rates of the faster and the slower low-pass, per frame, 0 < r2 < r1 ≤ 1: the band
        goes from about r2·fps/2π to r1·fps/2π Hz. (Li et al. 2018 and Guo et al. 2019 use these
        rates for micro-expressions.)
    levels : int, optional
        Levels of the pyramid, the low-pass residual among them. Default: as many as the frame
        has in the authors' code, whose shorter side is halved, rounding down, until it is below
        the filter's 5 pixels: 6 at 170 × 140, 7 at 340 × 280, 8 at 640 × 480. More than that
        cannot be built.
    chroma : float, default 0.1
        Factor on the gain of the colour channels I and Q.
    exaggeration : float, default 2
        Factor on the gain that the wavelength allows, as in the authors' code.

    Returns
    -------
    ndarray, of the shape and type of `video`
        uint8 is rounded and clipped to 0–255; float stays as it is, not clipped.

    Raises
    ------
    BadInput
        Wrong shape or type, smaller than 16 × 16, NaN, or parameters that cannot work.

    See Also
    --------
    EVM : As a step of a pipeline.
    magnify_globally : By measured motion instead.

    Notes
    -----
    Level gains: with δ = λ_c / (8·(1 + α)) the gain is min(α, exaggeration·(λ/(8δ) − 1)), where λ
    is √(H² + W²)/3 at the coarsest level and half as much at each finer one; negative gains
    become 0 (our choice; the authors' code lets them invert the motion), and the finest and the
    coarsest level stay as they are. As the pyramid is linear it is built once per frame, of
    the filtered band; and only the two low-passed frames are kept. Levels of odd size are halved
    rounding up and mirrored at the border, as in the authors' code, to which single frames agree
    to rounding.

    References
    ----------
    H.-Y. Wu, M. Rubinstein, E. Shih, J. Guttag, F. Durand, W. Freeman, "Eulerian Video
    Magnification for Revealing Subtle Changes in the World", ACM TOG 31(4), 2012.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(64)
    >>> shift = 0.2 * np.sin(np.arange(40) / 5)  # pixels
    >>> wave = np.stack([100 + 50 * np.sin((x - s) / 4) for s in shift])
    >>> video = np.repeat(wave[:, None], 64, axis=1)
    >>> bigger = magnify(video, alpha=4)
    >>> print(np.ptp(video[20:, 32, 25]).round(1), np.ptp(bigger[20:, 32, 25]).round(1))
    5.0 15.1
    """
    video = _checked(video, alpha, lambda_c, r1, r2, levels, chroma, exaggeration)
    height, width = video.shape[1:3]
    gains = _gains(height, width, alpha, lambda_c, levels, exaggeration)
    if not any(gains):
        return video.copy()
    cv2.setNumThreads(1)  # clips are what runs in parallel
    work = np.float64 if video.dtype == np.float64 else np.float32
    colour = None
    if video.ndim == 4:
        # The change is computed in RGB; attenuating its I and Q is a 3 × 3 matrix.
        colour = (np.linalg.inv(_YIQ) @ np.diag([1, chroma, chroma]) @ _YIQ).T.astype(work)

    out = np.empty_like(video)
    fast = slow = video[0].astype(work)
    for t, frame in enumerate(video):
        frame = frame.astype(work)
        # Written so that a pixel that never changes gives a band of exactly 0.
        fast = fast + r1 * (frame - fast)
        slow = slow + r2 * (frame - slow)
        change = _amplify(fast - slow, gains)
        if colour is not None:
            change = change @ colour
        result = frame + change
        out[t] = np.clip(np.rint(result), 0, 255) if out.dtype == np.uint8 else result
    return out


class EVM(ClipStep):
    """Eulerian motion magnification of each clip, see :func:`magnify`.

    Parameters
    ----------
    alpha, lambda_c, r1, r2, levels, chroma, exaggeration
        As in :func:`magnify`.

    See Also
    --------
    magnify : The function of one video.
    GLMM : Magnification by flow.

    Examples
    --------
    >>> import numpy as np
    >>> from mebench import Clip
    >>> clip = Clip("a", np.full((3, 20, 30), 100, np.uint8))
    >>> EVM(alpha=20).transform([clip])[0].frames.shape
    (3, 20, 30)
    """

    version = 2

    def __init__(
        self,
        alpha: float = 10,
        lambda_c: float = 16,
        r1: float = 0.4,
        r2: float = 0.05,
        levels: int | None = None,
        chroma: float = 0.1,
        exaggeration: float = 2,
    ) -> None:
        self.alpha = alpha
        self.lambda_c = lambda_c
        self.r1 = r1
        self.r2 = r2
        self.levels = levels
        self.chroma = chroma
        self.exaggeration = exaggeration

    def _check(self) -> None:
        _check_parameters(**self.get_params())

    def _clip(self, clip: Clip) -> Clip:
        return clip.replace(source=magnify(clip.frames, **self.get_params()))


def _depth(side: int) -> int:
    """Levels of a pyramid, the residual included, on frames whose shorter side has `side` pixels.

    Examples
    --------
    >>> [_depth(side) for side in (16, 140, 280, 480)]
    [3, 6, 7, 8]
    """
    return 1 if side < _FILTER else 1 + _depth(side // 2)


def _gains(
    height: int,
    width: int,
    alpha: float,
    lambda_c: float,
    levels: int | None,
    exaggeration: float,
) -> list[float]:
    """Gain of each level, from the finest to the residual."""
    depth = _depth(min(height, width))
    depth = depth if levels is None else min(levels, depth)
    delta = lambda_c / 8 / (1 + alpha)
    wavelengths = [math.hypot(height, width) / 3 / 2**level for level in range(depth)]
    gains = [min(alpha, exaggeration * (w / delta / 8 - 1)) for w in reversed(wavelengths)]
    return [0.0, *(max(0.0, gain) for gain in gains[1:-1]), 0.0]


def _amplify(band: np.ndarray, gains: list[float]) -> np.ndarray:
    """Sum of the levels of a Laplacian pyramid of `band`, each times its gain."""
    smooth, levels = band, []
    for _ in gains[1:]:
        coarse = cv2.pyrDown(smooth)
        levels.append(smooth - _enlarged(coarse, smooth))
        smooth = coarse
    total = np.zeros_like(smooth)
    for level, gain in zip(reversed(levels), reversed(gains[:-1]), strict=True):
        total = _enlarged(total, level) + gain * level
    return total


def _enlarged(coarse: np.ndarray, like: np.ndarray) -> np.ndarray:
    """A level brought to the size of the next finer one, mirrored at the last row and column."""
    height, width = like.shape[:2]
    odd = cv2.copyMakeBorder(coarse, 0, height % 2, 0, width % 2, cv2.BORDER_REFLECT_101)
    return cv2.pyrUp(odd)[:height, :width]


def _check_parameters(
    alpha: float,
    lambda_c: float,
    r1: float,
    r2: float,
    levels: int | None,
    chroma: float,
    exaggeration: float,
) -> None:
    rules = {
        f"alpha={alpha} (expected 0 or above)": alpha >= 0,
        f"lambda_c={lambda_c} (expected above 0)": lambda_c > 0,
        f"r1={r1}, r2={r2} (expected 0 < r2 < r1 ≤ 1)": 0 < r2 < r1 <= 1,
        f"levels={levels} (expected None, or at least 3: the outer two are left as they are)": (
            levels is None or levels >= 3
        ),
        f"chroma={chroma} (expected 0 or above)": chroma >= 0,
        f"exaggeration={exaggeration} (expected above 0)": exaggeration > 0,
    }
    wrong = [rule for rule, holds in rules.items() if not holds]
    if wrong:
        raise BadInput(f"Magnification cannot run with {' and '.join(wrong)}.")


def _checked(
    video: np.ndarray,
    alpha: float,
    lambda_c: float,
    r1: float,
    r2: float,
    levels: int | None,
    chroma: float,
    exaggeration: float,
) -> np.ndarray:
    _check_parameters(alpha, lambda_c, r1, r2, levels, chroma, exaggeration)
    video = np.asarray(video)
    shaped = video.ndim == 3 or (video.ndim == 4 and video.shape[3] == 3)
    if not shaped or video.dtype.kind not in "uif" or len(video) == 0:
        raise BadInput(
            f"Found a video of shape {video.shape} and type {video.dtype}; expected (T, H, W) grey "
            "or (T, H, W, 3) RGB, uint8 or float."
        )
    if min(video.shape[1:3]) < _SMALLEST:
        raise BadInput(
            f"Found frames of {video.shape[2]}×{video.shape[1]} pixels; magnification needs at "
            f"least {_SMALLEST}×{_SMALLEST}, or no level is left between the finest and "
            "the coarsest."
        )
    if video.dtype.kind == "f" and not np.isfinite(video).all():
        raise BadInput("Found NaN or infinite pixels; magnification needs finite grey levels.")
    return video if video.dtype == np.uint8 or video.dtype.kind == "f" else video.astype(float)
