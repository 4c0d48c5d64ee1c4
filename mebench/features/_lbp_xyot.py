"""LBP-XYOT: the two planes of LBP-TOP that contain time."""

from __future__ import annotations

import numpy as np

from .lbp import PLANES, neighbour_offsets, normalised_histograms
from .patterns import (
    PatternExtractor,
    check_radii,
    n_labels,
    pattern_counts,
    pattern_labels,
    prepare,
)
from .regions import Regions

__all__ = ["LBPXYOT", "lbp_xyot"]


def lbp_xyot(
    video: np.ndarray,
    *,
    regions: Regions = (8, 8),
    times: int = 1,
    radii: tuple[float, float, float] = (3, 3, 3),
    points: int = 8,
    mapping: str = "u2",
    sampling: str = "nearest",
    overlap: float = 0.0,
    landmarks: np.ndarray | None = None,
) -> np.ndarray:
    """LBP-XYOT histograms of one clip: those of LBP-TOP without the XY plane.

    What the picture looks like, which tells persons apart more than expressions, is left out.

    Parameters
    ----------
    video, regions, times, radii, points, mapping, sampling, overlap, landmarks
        As in :func:`~.lbp_top.lbp_top`, with its defaults (our choice).

    Returns
    -------
    ndarray of float64 ``(times · n_regions · 2 · bins,)``
        By time part, region, plane (XT, YT), bin.

    Raises
    ------
    BadInput
        As :func:`~.lbp_top.lbp_top`.

    See Also
    --------
    lbp_top : With the plane of the picture.

    References
    ----------
    C. Guo, J. Liang, G. Zhan, Z. Liu, M. Pietikäinen and L. Liu, "Extended Local Binary Patterns
    for Efficient and Robust Spontaneous Facial Micro-Expression Recognition", IEEE Access 7, 2019.

    Examples
    --------
    >>> from mebench.features import lbp_top
    >>> video = np.random.default_rng(0).integers(0, 256, (9, 20, 20), dtype=np.uint8)
    >>> all_three = lbp_top(video, regions=(1, 1)).reshape(3, 59)
    >>> bool((lbp_xyot(video, regions=(1, 1)).reshape(2, 59) == all_three[1:]).all())
    True
    """
    check_radii(radii, points)
    labels = pattern_labels(points, mapping)
    counts = pattern_counts(
        prepare(video),
        neighbour_offsets(points, (radii[0], radii[1], radii[2]))[1:],
        radii=radii,
        regions=regions,
        times=times,
        overlap=overlap,
        landmarks=landmarks,
        sampling=sampling,
    )
    return normalised_histograms(counts, labels).ravel()


class LBPXYOT(PatternExtractor):
    """LBP-XYOT as a transformer; see :func:`lbp_xyot` for the parameters and the reference.

    See Also
    --------
    lbp_xyot : The function of one clip.

    Examples
    --------
    >>> LBPXYOT().n_features
    7552
    """

    _function = staticmethod(lbp_xyot)

    def __init__(
        self,
        regions: Regions = (8, 8),
        times: int = 1,
        radii: tuple[float, float, float] = (3, 3, 3),
        points: int = 8,
        mapping: str = "u2",
        sampling: str = "nearest",
        overlap: float = 0.0,
    ) -> None:
        self.regions = regions
        self.times = times
        self.radii = radii
        self.points = points
        self.mapping = mapping
        self.sampling = sampling
        self.overlap = overlap

    def _bins(self) -> dict[str, int]:
        return dict.fromkeys(PLANES[1:], n_labels(self.points, self.mapping))
