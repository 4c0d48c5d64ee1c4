"""LBP-TOP: local binary patterns on three orthogonal planes."""

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

__all__ = ["LBPTOP", "lbp_top"]


def lbp_top(
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
    """LBP-TOP histograms of one clip.

    Each pixel of the XY, XT and YT planes is compared with `points` neighbours on a circle
    (an ellipse where the radii differ); the signs, neighbour ≥ centre, are the bits of its
    code. Codes are counted per block and plane.

    Parameters
    ----------
    video : ndarray ``(T, H, W)``
        Grey levels, uint8 or float. ``(T, H, W, 3)`` RGB is turned to grey.
    regions : (rows, columns) or str, default (8, 8)
        Block grid, or landmark regions by name (see :func:`~.regions.region_spans`). 8×8×1
        blocks are the SMIC baseline's (Li et al. 2013).
    times : int, default 1
        Number of parts into which the clip's duration is cut.
    radii : (Rx, Ry, Rt), default (3, 3, 3)
        Pixels, pixels, frames. Radius 3 is used by later re-runs of the SMIC baseline.
    points : int, default 8
        Neighbours P per plane, 1 to 16.
    mapping : {'u2', 'raw'}, default 'u2'
        Uniform patterns, P(P−1)+3 bins in the order of :func:`~.lbp.uniform_labels`, or all
        2^P codes.
    sampling : {'nearest', 'bilinear', 'bilinear_floor'}, default 'nearest'
        Rounds neighbour positions half up; or interpolates in single precision;
        'bilinear_floor' drops the fraction of the interpolated grey level before comparing,
        as the authors' code does.
    overlap : float in [0, 1), default 0
        Of the blocks of a grid.
    landmarks : ndarray ``(68, 2)``, optional
        Needed by landmark regions.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · 3 · bins,)``
        Ordered by time part, region, plane (XY, XT, YT), bin; each histogram sums to 1, or
        is all zero where a region holds no pixel.

    Raises
    ------
    BadInput
        The clip is too short or too small for the radii and blocks, or not finite.

    See Also
    --------
    lbp_xyot : Without the plane of the picture.
    elbptop : With radial and angular differences.
    mebench.preprocessing.tim : Makes clips long enough, and equally long.

    Notes
    -----
    Only centres whose neighbours all lie inside the clip are coded: max(Rx, Ry) pixels at
    each side and Rt frames at each end are left out, for all three planes alike. The raw
    histograms equal those of the authors' ``LBPTOP.m``, whose u2 labels are a permutation of
    ours (its label 0 is our last).

    References
    ----------
    G. Zhao and M. Pietikäinen, "Dynamic Texture Recognition Using Local Binary Patterns with
    an Application to Facial Expressions", IEEE TPAMI 29(6), 2007.

    Examples
    --------
    A clip that never changes has all bits set, code 255, whose label is 57:

    >>> import numpy as np
    >>> h = lbp_top(np.full((5, 12, 12), 80, np.uint8), regions=(2, 2), radii=(1, 1, 1))
    >>> h.shape, np.unique(h.reshape(-1, 59)[:, 57])
    ((708,), array([1.]))
    """
    check_radii(radii, points)
    labels = pattern_labels(points, mapping)
    counts = pattern_counts(
        prepare(video),
        neighbour_offsets(points, (radii[0], radii[1], radii[2])),
        radii=radii,
        regions=regions,
        times=times,
        overlap=overlap,
        landmarks=landmarks,
        sampling=sampling,
    )
    return normalised_histograms(counts, labels).ravel()


class LBPTOP(PatternExtractor):
    """LBP-TOP as a transformer; see :func:`lbp_top` for the parameters and the reference.

    See Also
    --------
    lbp_top : The function of one clip.

    Examples
    --------
    >>> import numpy as np
    >>> clips = np.random.default_rng(0).integers(0, 256, (2, 10, 40, 40), dtype=np.uint8)
    >>> LBPTOP(regions=(2, 2)).fit_transform(clips).shape
    (2, 708)
    """

    _function = staticmethod(lbp_top)

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
        return dict.fromkeys(PLANES, n_labels(self.points, self.mapping))
