"""TICS: a colour space whose channels are as independent as possible."""

from __future__ import annotations

import warnings
from itertools import permutations
from typing import Any

import numpy as np

from ..base import ClipStep
from ..clip import Clip
from ..errors import BadInput

__all__ = ["TICS", "independent_colours"]


def independent_colours(video: np.ndarray, n_pixels: int = 10_000) -> np.ndarray:
    """The matrix from RGB to channels that are as independent as possible in this clip.

    Channels are made uncorrelated, symmetrically, so that each stays as close to its origin as
    can be, and then rotated by independent component analysis (FastICA). Which component is
    which, and its sign, would be arbitrary: they are given the order and signs in which they
    resemble red, green and blue most.

    Parameters
    ----------
    video : ndarray ``(T, H, W, 3)``
    n_pixels : int, default 10000
        About so many pixels, evenly spread over the clip, are looked at (our choice).

    Returns
    -------
    ndarray ``(3, 3)``
        ``pixels @ matrix.T`` are the channels; their standard deviation in the clip is that of
        all its grey levels together. The identity where the channels are linearly dependent, as in
        grey frames stored as RGB: there is nothing to tell apart.

    Raises
    ------
    BadInput
        No colour frames, or pixels that are not finite.

    See Also
    --------
    TICS : As a step of a pipeline.

    Examples
    --------
    >>> sources = np.random.default_rng(0).uniform(0, 80, (4, 20, 20, 3))
    >>> mixed = sources @ np.array([[1, 0.4, 0.2], [0.3, 1, 0.4], [0.1, 0.3, 1]]).T
    >>> found = mixed.reshape(-1, 3) @ independent_colours(mixed).T
    >>> both = np.corrcoef(found.T, sources.reshape(-1, 3).T)[:3, 3:]
    >>> bool((both.diagonal() > 0.99).all())  # the sources, in their order, not negated
    True
    """
    # Imported here: whoever cuts a face out needs neither their time nor their memory.
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    video = np.asarray(video)
    if video.ndim != 4 or video.shape[3] != 3:
        raise BadInput(
            f"Expected a colour clip (T, H, W, 3), found shape {video.shape}: load the frames "
            "with colour=True."
        )
    pixels = video.reshape(-1, 3)
    pixels = pixels[:: max(1, len(pixels) // n_pixels)].astype(np.float64)
    if not np.isfinite(pixels).all():
        raise BadInput("The clip has pixels that are not finite numbers.")
    pixels -= pixels.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(pixels.T, bias=True))
    if variances[0] <= 1e-6 * max(variances[2], 1e-6):
        return np.eye(3)
    whiten = axes / np.sqrt(variances) @ axes.T
    white = pixels @ whiten
    ica = FastICA(whiten=False, w_init=np.eye(3), max_iter=200, tol=1e-4)
    with warnings.catch_warnings():
        # Components that are equally normal have no best rotation; any one is as good.
        warnings.simplefilter("ignore", ConvergenceWarning)
        rotation = ica.fit(white).components_
    found = np.corrcoef((white @ rotation.T).T, pixels.T)[:3, 3:]
    order = max(permutations(range(3)), key=lambda p: np.abs(found[list(p), range(3)]).sum())
    signs = np.sign(found[list(order), range(3)])
    scale = np.sqrt(variances.mean())
    return scale * signs[:, None] * (rotation[list(order)] @ whiten)


class TICS(ClipStep):
    """Each clip in a colour space whose channels are as independent as possible in that clip.

    **A reconstruction**, from memory and unverified: Wang et al. treat clips as tensors of height,
    width, time and colour, and choose the basis of the fourth mode such that its components are
    independent; how exactly, we could not check. They learn one basis from training clips. Here
    each clip has its own, so that nothing passes from one clip to another and features need not be
    computed anew in each fold; `matrix` takes one that you learned, on training clips only.

    Grey clips, and colour clips without colour, stay as they are.

    Parameters
    ----------
    matrix : list of 3 lists of 3 floats, optional
        From RGB to the channels, instead of :func:`independent_colours` of each clip.
    n_pixels : int, default 10000
        As in :func:`independent_colours`.

    See Also
    --------
    independent_colours : The function of one video.
    mebench.features.ColourLBPTOP : Patterns of each channel.

    References
    ----------
    S.-J. Wang, W.-J. Yan, X. Li, G. Zhao and X. Fu, "Micro-Expression Recognition Using Dynamic
    Textures on Tensor Independent Color Space", ICPR 2014; S.-J. Wang et al., "Micro-Expression
    Recognition Using Color Spaces", IEEE Trans. Image Processing 24(12), 2015.

    Examples
    --------
    >>> rgb = np.random.default_rng(0).integers(0, 256, (4, 10, 10, 3), dtype=np.uint8)
    >>> frames = TICS().transform([Clip("a", rgb)])[0].frames
    >>> frames.shape, frames.dtype, bool(abs(np.corrcoef(frames.reshape(-1, 3).T)[0, 1]) < 0.01)
    ((4, 10, 10, 3), dtype('float32'), True)
    """

    def __init__(self, matrix: Any = None, n_pixels: int = 10_000) -> None:
        self.matrix = matrix
        self.n_pixels = n_pixels

    def _check(self) -> None:
        if self.matrix is not None and np.shape(self.matrix) != (3, 3):
            raise BadInput(f"matrix must be 3×3 or None, found shape {np.shape(self.matrix)}.")
        if self.n_pixels < 3:
            raise BadInput(f"n_pixels must be at least 3, found {self.n_pixels}.")

    def _clip(self, clip: Clip) -> Clip:
        frames = clip.frames
        if frames.ndim == 3:
            return clip.replace(source=frames)
        matrix = self.matrix
        if matrix is None:
            matrix = independent_colours(frames, self.n_pixels)
        channels = frames.reshape(-1, 3) @ np.asarray(matrix, np.float64).T
        return clip.replace(source=channels.reshape(frames.shape).astype(np.float32))
