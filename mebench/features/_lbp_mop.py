"""LBP-MOP: local binary patterns of three mean orthogonal planes."""

from __future__ import annotations

import math

import numpy as np

from .lbp import PLANES, neighbour_offsets, normalised_histograms
from .patterns import PatternExtractor, check_radii, n_labels, pattern_labels, prepare
from .projections import Projections

__all__ = ["LBPMOP", "lbp_mop"]


def lbp_mop(
    video: np.ndarray,
    *,
    blocks: tuple[int, int] = (8, 8),
    radii: tuple[float, float, float] = (3, 3, 3),
    points: int = 8,
    mapping: str = "u2",
) -> np.ndarray:
    """LBP-MOP histograms of one clip.

    Each block is averaged along each of its axes, which gives three images: the mean over time
    (XY), over its rows (XT) and over its columns (YT). The codes are those of LBP-TOP on three
    images instead of a volume.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
    blocks : (rows, columns), default (8, 8)
        The clip is cut first and averaged then (our choice), so neighbours lie in the same block.
    radii : (Rx, Ry, Rt), default (3, 3, 3)
        As LBP-TOP's here (our choice). Positions are rounded half up.
    points : int, default 8
        Neighbours P per plane, 1 to 16.
    mapping : {'u2', 'raw'}, default 'u2'
        As in :func:`~.lbp_top.lbp_top`.

    Returns
    -------
    ndarray of float64 ``(n_blocks · 3 · bins,)``
        By block, plane (XY, XT, YT), bin; each histogram sums to 1.

    Raises
    ------
    BadInput
        The clip has fewer than 2·Rt+1 frames, or a block is smaller than 2·max(Rx, Ry)+1 pixels.

    See Also
    --------
    lbp_top : Of the whole volume.
    stlbp_ip : Of projections of what changes.

    References
    ----------
    Y. Wang, J. See, R. C.-W. Phan and Y.-H. Oh, "Efficient Spatio-Temporal Local Binary Patterns
    for Spontaneous Facial Micro-Expression Recognition", PLoS ONE 10(5), 2015.

    Examples
    --------
    >>> h = lbp_mop(np.full((7, 20, 20), 80, np.uint8), blocks=(2, 2))
    >>> np.unique(h.nonzero()[0] % 59).tolist()
    [57]
    """
    check_radii(radii, points)
    labels = pattern_labels(points, mapping)
    projections = Projections(prepare(video), blocks)
    border, margin = math.ceil(max(radii[:2])), math.ceil(radii[2])
    xy, xt, yt = neighbour_offsets(points, (radii[0], radii[1], radii[2]))
    counts = [
        projections.counts("t", xy, border, 0),
        projections.counts("y", xt, border, margin),
        projections.counts("x", yt, border, margin),
    ]
    return normalised_histograms(np.stack(counts, axis=1), labels).ravel()


class LBPMOP(PatternExtractor):
    """LBP-MOP as a transformer; see :func:`lbp_mop` for the parameters and the reference.

    See Also
    --------
    lbp_mop : The function of one clip.

    Examples
    --------
    >>> LBPMOP().n_features
    11328
    """

    _function = staticmethod(lbp_mop)

    def __init__(
        self,
        blocks: tuple[int, int] = (8, 8),
        radii: tuple[float, float, float] = (3, 3, 3),
        points: int = 8,
        mapping: str = "u2",
    ) -> None:
        self.blocks = blocks
        self.radii = radii
        self.points = points
        self.mapping = mapping

    def _bins(self) -> dict[str, int]:
        return dict.fromkeys(PLANES, n_labels(self.points, self.mapping))
