"""Structure–texture decomposition: shading and large shapes taken out before optical flow."""

from __future__ import annotations

import numpy as np
from numba import njit

from ..base import ClipStep
from ..clip import Clip, grey
from ..errors import BadInput
from ..renamed import finder

__all__ = ["StructureTexture", "structure", "texture"]


def texture(
    video: np.ndarray, theta: float = 0.125, iterations: int = 100, blend: float = 0.95
) -> np.ndarray:
    """Frames without most of their structure: image − blend·structure.

    Changes of illumination lie in the structure, so flow between textures hardly sees them
    (Wedel et al. 2009).

    Parameters
    ----------
    video : ndarray (..., H, W)
        Grey frames in grey levels 0–255; each is decomposed by itself.
    theta, iterations
        As in :func:`structure`.
    blend : float, default 0.95
        Share of the structure that is taken away (Wedel et al. 2009).

    Returns
    -------
    ndarray (..., H, W), float32
        In grey levels around 127.5: mid grey stays where it is, and all frames share one scale.

    Raises
    ------
    BadInput
        As :func:`structure`, or `blend` outside 0 to 1.

    See Also
    --------
    structure : What is taken away.
    StructureTexture : As a step of a pipeline.
    mebench.flow.flow : What it is usually done for.

    References
    ----------
    A. Wedel, T. Pock, C. Zach, H. Bischof, D. Cremers, "An Improved Algorithm for TV-L1 Optical
    Flow", Statistical and Geometrical Approaches to Visual Motion Analysis, LNCS 5604, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> stripes = np.tile([120.0, 130.0], (20, 10))
    >>> dark, light = texture(np.stack([stripes, stripes + 50]))
    >>> print((light - dark).mean().round(2))  # of 50 grey levels
    2.5
    """
    _check_blend(blend)
    smooth = structure(video, theta, iterations)
    return np.asarray(video, np.float32) - np.float32(blend) * (smooth - np.float32(127.5))


def structure(video: np.ndarray, theta: float = 0.125, iterations: int = 100) -> np.ndarray:
    """Frames with little total variation: ∫|∇S| + ‖S − I‖²/(2θ) minimised (Rudin et al. 1992).

    Parameters
    ----------
    video : ndarray (..., H, W)
        Grey frames in grey levels 0–255; the model sees them scaled to [−1, 1].
    theta : float, default 0.125
        Larger takes more of the image away as texture (Wedel et al. 2009).
    iterations : int, default 100
        Of the projected dual ascent (Chambolle 2004), step ¼ (Wedel et al. 2009).

    Returns
    -------
    ndarray (..., H, W), float32
        In grey levels.

    Raises
    ------
    BadInput
        No (..., H, W) array of finite numbers, or parameters that cannot work.

    References
    ----------
    A. Chambolle, "An Algorithm for Total Variation Minimization and Applications", JMIV 20, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> spot = np.full((21, 21), 100.0)
    >>> spot[10, 10] = 140
    >>> print(structure(spot)[10, 10].round(1), structure(spot)[0, 0].round(1))
    100.3 100.1
    """
    video = np.asarray(video)
    if video.ndim < 2 or video.dtype.kind not in "uif" or 0 in video.shape:
        raise BadInput(
            f"Found an array of shape {video.shape} and type {video.dtype}; expected grey frames "
            "(..., H, W) of numbers."
        )
    if not theta > 0 or iterations < 1:
        raise BadInput(
            f"Found theta={theta} and iterations={iterations}; expected theta above 0 and at "
            "least one iteration."
        )
    frames = video.astype(np.float32)
    if not np.isfinite(frames).all():
        raise BadInput("Found NaN or infinite pixels; the decomposition needs finite grey levels.")
    # Scaled by 127.5; the offset drops out.
    out = np.empty_like(frames)
    for index in np.ndindex(frames.shape[:-2]):
        out[index] = _rof(frames[index], np.float32(127.5 * theta), iterations)
    return out


class StructureTexture(ClipStep):
    """Each clip's texture, float32 grey frames: see :func:`texture`. RGB becomes grey first.

    Parameters
    ----------
    theta, iterations, blend
        As in :func:`texture`.

    See Also
    --------
    texture : The function of a clip's frames.
    mebench.features.MDMO : Which can do this by itself: ``texture=True``.

    Examples
    --------
    >>> import numpy as np
    >>> from mebench import Clip
    >>> clip = Clip("a", np.full((3, 20, 30), 255, np.uint8))
    >>> frames = StructureTexture().transform([clip])[0].frames
    >>> print(frames.shape, frames.dtype, frames.max().round(2))
    (3, 20, 30) float32 133.88
    """

    version = 2

    def __init__(self, theta: float = 0.125, iterations: int = 100, blend: float = 0.95) -> None:
        self.theta = theta
        self.iterations = iterations
        self.blend = blend

    def _check(self) -> None:
        _check_blend(self.blend)
        structure(np.zeros((1, 1)), self.theta, self.iterations)

    def _clip(self, clip: Clip) -> Clip:
        return clip.replace(source=texture(grey(clip.frames), **self.get_params()))


__getattr__ = finder(__name__)


def _check_blend(blend: float) -> None:
    if not 0 <= blend <= 1:
        raise BadInput(f"Found blend={blend}; expected 0 to 1.")


# Pixels are finite. The rest of fastmath would change digits from one compilation to the next.
@njit(cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "ninf", "nsz"})
def _rof(image, theta, iterations):  # type: ignore[no-untyped-def]
    """S = I + θ·div p after projected ascent in the dual field p, |p| ≤ 1."""
    h, w = image.shape
    step = np.float32(0.25) / theta
    one = np.float32(1)
    # p has a zero row above and a zero column to the left, S repeats its last row and column.
    px = np.zeros((h + 1, w + 1), np.float32)
    py = np.zeros((h + 1, w + 1), np.float32)
    s = np.empty((h + 1, w + 1), np.float32)
    for n in range(iterations + 1):
        for i in range(h):
            for j in range(w):
                s[i, j] = image[i, j] + theta * (
                    px[i + 1, j + 1] - px[i + 1, j] + py[i + 1, j + 1] - py[i, j + 1]
                )
            s[i, w] = s[i, w - 1]
        if n == iterations:
            break
        s[h] = s[h - 1]
        for i in range(h):
            for j in range(w):
                x = px[i + 1, j + 1] + step * (s[i, j + 1] - s[i, j])
                y = py[i + 1, j + 1] + step * (s[i + 1, j] - s[i, j])
                shrink = one / max(one, np.sqrt(x * x + y * y))
                px[i + 1, j + 1] = x * shrink
                py[i + 1, j + 1] = y * shrink
    return s[:h, :w]
