"""CBP-TOP: centralised binary patterns on three orthogonal planes."""

from __future__ import annotations

import numpy as np

from .lbp import PLANES, neighbour_offsets, normalised_histograms
from .patterns import PatternExtractor, check_radii, pattern_counts, prepare
from .regions import Regions

__all__ = ["CBPTOP", "cbp_top"]


def cbp_top(
    video: np.ndarray,
    *,
    regions: Regions = (8, 8),
    times: int = 1,
    radii: tuple[float, float, float] = (1, 1, 1),
    threshold: float = 0.0,
    absolute: bool = False,
    overlap: float = 0.0,
    landmarks: np.ndarray | None = None,
) -> np.ndarray:
    """CBP-TOP histograms of one clip.

    On each plane the eight neighbours of a pixel are compared with their opposites, four bits
    [g_p − g_{p+4} ≥ τ]; a fifth bit says whether the centre is at least the mean of all nine.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
    regions : (rows, columns) or str, default (8, 8)
        Kato et al. have 15 regions of the face: ``'kato'``, where they lie is our reading.
    times, overlap, landmarks
        As in :func:`~.lbp_top.lbp_top`.
    radii : (Rx, Ry, Rt), default (1, 1, 1)
        The operator is defined on 3×3 pixels. Positions are rounded half up.
    threshold : float, default 0
        τ, in grey levels (our choice; the paper's is not known to us).
    absolute : bool, default False
        Compare |g_p − g_{p+4}| with τ, as Fu and Wei do if memory serves (unverified); τ should
        then be above 0.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · 96,)``
        By time part, region, plane (XY, XT, YT), code; the centre's bit is the highest. Each
        histogram sums to 1.

    Raises
    ------
    BadInput
        As :func:`~.lbp_top.lbp_top`.

    See Also
    --------
    lbp_top : All neighbours against the centre.
    VarianceRatio : The selection that the paper puts behind it.

    Notes
    -----
    A reconstruction: five bits of this structure are documented, their threshold and signs are
    not, nor that the three planes are concatenated.

    References
    ----------
    X. Fu and W. Wei, "Centralized Binary Patterns Embedded with Image Euclidean Distance for
    Facial Expression Recognition", ICNC 2008. H. Kato, H. Takano, M. Saiko, M. Kubo and H.
    Imaoka, APSIPA ASC 2021, pp. 1781–1785.

    Examples
    --------
    >>> cbp_top(np.full((5, 9, 9), 80, np.uint8), regions=(1, 1)).nonzero()[0].tolist()
    [31, 63, 95]
    """
    check_radii(radii)
    ring = neighbour_offsets(8, (radii[0], radii[1], radii[2]))
    counts = pattern_counts(
        prepare(video),
        ring[:, :4],
        against=ring[:, 4:],
        threshold=threshold,
        absolute=absolute,
        mean_bit=True,
        radii=radii,
        regions=regions,
        times=times,
        overlap=overlap,
        landmarks=landmarks,
    )
    return normalised_histograms(counts, np.arange(32)).ravel()


class CBPTOP(PatternExtractor):
    """CBP-TOP as a transformer; see :func:`cbp_top` for the parameters and the references.

    See Also
    --------
    cbp_top : The function of one clip.

    Examples
    --------
    >>> CBPTOP().n_features, CBPTOP(regions="kato").n_features
    (6144, 1440)
    """

    _function = staticmethod(cbp_top)

    def __init__(
        self,
        regions: Regions = (8, 8),
        times: int = 1,
        radii: tuple[float, float, float] = (1, 1, 1),
        threshold: float = 0.0,
        absolute: bool = False,
        overlap: float = 0.0,
    ) -> None:
        self.regions = regions
        self.times = times
        self.radii = radii
        self.threshold = threshold
        self.absolute = absolute
        self.overlap = overlap

    def _bins(self) -> dict[str, int]:
        return dict.fromkeys(PLANES, 32)
