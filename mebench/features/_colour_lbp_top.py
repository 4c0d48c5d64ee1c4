"""LBP-TOP of each channel of a colour clip."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import BadInput
from ._lbp_top import LBPTOP, lbp_top

__all__ = ["ColourLBPTOP", "colour_lbp_top"]


def colour_lbp_top(video: np.ndarray, **params: Any) -> np.ndarray:
    """LBP-TOP histograms of the three channels of one clip, one after the other.

    Parameters
    ----------
    video : ndarray ``(T, H, W, 3)``
        In whatever colour space. Grey ``(T, H, W)`` counts as three equal channels.
    **params
        Of :func:`~.lbp_top.lbp_top`.

    Returns
    -------
    ndarray of float64 ``(3 · n,)``, with n the length of :func:`~.lbp_top.lbp_top`'s

    Raises
    ------
    BadInput
        As :func:`~.lbp_top.lbp_top`.

    See Also
    --------
    lbp_top : Of grey frames.
    mebench.preprocessing.TICS : Colour channels that share the least.

    References
    ----------
    S.-J. Wang et al., "Micro-Expression Recognition Using Color Spaces", IEEE Trans. Image
    Processing 24(12), 2015.

    Examples
    --------
    >>> video = np.random.default_rng(0).integers(0, 256, (9, 20, 20, 3), dtype=np.uint8)
    >>> colour_lbp_top(video, regions=(1, 1)).shape == (3 * 177,)
    True
    """
    video = np.asarray(video)
    if video.ndim == 3:
        return np.tile(lbp_top(video, **params), 3)
    if video.ndim != 4 or video.shape[3] != 3:
        raise BadInput(f"Expected a clip (T, H, W, 3) or (T, H, W), found shape {video.shape}.")
    return np.concatenate([lbp_top(video[..., c], **params) for c in range(3)])


class ColourLBPTOP(LBPTOP):
    """LBP-TOP per channel as a transformer; see :func:`colour_lbp_top`.

    The parameters are those of :class:`~.lbp_top.LBPTOP`.

    See Also
    --------
    colour_lbp_top : The function of one clip.

    Examples
    --------
    >>> ColourLBPTOP().n_features
    33984
    """

    _function = staticmethod(colour_lbp_top)

    def _names(self) -> list[str]:
        each = super()._names()
        return [f"channel{c}_{name}" for c in range(3) for name in each]
