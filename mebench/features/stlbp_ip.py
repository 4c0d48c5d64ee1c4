"""STLBP-IP: spatiotemporal local binary patterns of integral projections."""

from __future__ import annotations

import numpy as np

from ..errors import BadInput
from .lbp import neighbour_offsets, normalised_histograms, uniform_labels
from .patterns import PatternExtractor, prepare
from .projections import Projections

__all__ = ["STLBPIP", "stlbp_ip"]


def stlbp_ip(video: np.ndarray, *, blocks: tuple[int, int] = (5, 5), window: int = 9) -> np.ndarray:
    """STLBP-IP histograms of one clip.

    The first frame is subtracted from each. In every block, the means along its rows and along
    its columns (integral projections) leave two curves per frame. One-dimensional LBP describes
    the curves, LBP the images into which they stack over time.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``, T ≥ 3
    blocks : (rows, columns), default (5, 5)
        Our choice. The clip is cut first, so nothing reaches over a block's edge.
    window : int, default 9
        W, odd, 3 to 17: a value of a curve is compared with the W − 1 nearest (our choice).

    Returns
    -------
    ndarray of float64 ``(n_blocks · 2 · (2**(W−1) + 59),)``
        By block: one-dimensional codes of the curve along x and of the one along y, all frames
        but the first counted together; uniform patterns of eight neighbours at radius 1 in the
        images (x, t) and (y, t). Bit 0 is the leftmost or uppermost neighbour. Each histogram
        sums to 1.

    Raises
    ------
    BadInput
        Fewer than three frames, blocks smaller than the window, or another window.

    Notes
    -----
    The base descriptor only, without its later variants. That curves are compared with W − 1
    values and codes kept as they are is a reconstruction, unverified.

    References
    ----------
    X. Huang, S.-J. Wang, G. Zhao and M. Pietikäinen, "Facial Micro-Expression Recognition Using
    Spatiotemporal Local Binary Pattern with Integral Projection", ICCV Workshops 2015.

    Examples
    --------
    >>> stlbp_ip(np.full((5, 20, 20), 80, np.uint8), blocks=(1, 1)).nonzero()[0].tolist()
    [255, 511, 569, 628]
    """
    if window not in range(3, 18, 2):
        raise BadInput(f"window must be odd and between 3 and 17, found {window!r}.")
    video = prepare(video)
    if len(video) < 3:
        raise BadInput(
            f"The clip has {len(video)} frame(s), at least 3 are needed: interpolate it in time "
            "first (mebench.preprocessing.TIM)."
        )
    signed = video.astype(np.int16 if video.dtype == np.uint8 else np.float64)
    change = signed - signed[0]
    curves, images = Projections(change[1:], blocks), Projections(change, blocks)
    half = window // 2
    along = np.zeros((window - 1, 3))
    along[:, 2] = [d for d in range(-half, half + 1) if d]
    _, xt, yt = neighbour_offsets(8, (1, 1, 1))
    plain = np.arange(2 ** (window - 1))
    parts = [
        normalised_histograms(curves.counts("y", along, half, 0), plain),
        normalised_histograms(curves.counts("x", along[:, [0, 2, 1]], half, 0), plain),
        normalised_histograms(images.counts("y", xt, 1, 1), uniform_labels(8)),
        normalised_histograms(images.counts("x", yt, 1, 1), uniform_labels(8)),
    ]
    return np.concatenate(parts, axis=1).ravel()


class STLBPIP(PatternExtractor):
    """STLBP-IP as a transformer; see :func:`stlbp_ip` for the parameters and the reference.

    Examples
    --------
    >>> STLBPIP().n_features, STLBPIP(window=5).n_features
    (15750, 3750)
    """

    _function = staticmethod(stlbp_ip)

    def __init__(self, blocks: tuple[int, int] = (5, 5), window: int = 9) -> None:
        self.blocks = blocks
        self.window = window

    def _bins(self) -> dict[str, int]:
        codes = 2 ** (self.window - 1)
        return {"X": codes, "Y": codes, "XT": 59, "YT": 59}
