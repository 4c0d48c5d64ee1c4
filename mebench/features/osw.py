"""OSW: LBP-TOP whose appearance histograms are weighted by optical strain."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..clip import Clip, grey
from ..errors import BadInput
from ._lbp_top import lbp_top
from ._osf import mean_strain, region_strain
from .lbp import PLANES
from .motion import Pairs, onset_and_apex
from .patterns import PatternExtractor, n_labels
from .regions import Regions, region_names, region_spans

__all__ = ["OSWLBPTOP", "osw_lbp_top"]


def osw_lbp_top(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    regions: Regions = (8, 8),
    times: int = 1,
    radii: tuple[float, float, float] = (3, 3, 3),
    points: int = 8,
    mapping: str = "u2",
    sampling: str = "nearest",
    overlap: float = 0.0,
    scale: str = "max",
    pairs: Pairs = "first",
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    align: bool = False,
) -> np.ndarray:
    """Strain-weighted LBP-TOP of one clip.

    The XY-plane histogram of each region is multiplied by the region's optical strain,
    averaged over its pixels and over the clip; the histograms of the XT and YT planes, which
    show motion anyway, stay as they are.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
    landmarks : ndarray ``(68, 2)``, optional
        (x, y) of the first frame; needed by landmark regions and by `align`.
    regions, times, radii, points, mapping, sampling, overlap
        As in :func:`~.lbp_top.lbp_top`.
    scale : {'max', 'none'}, default 'max'
        Weights divided by the largest of the clip, so that they say where and not how much; or
        strain as it is, a few hundredths, beside which histograms that sum to 1 drown the XY
        plane. Our choice.
    pairs, flow, flow_params, align
        As in :func:`~.osf.osf`.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · 3 · bins,)``
        Ordered as LBP-TOP. The XY histogram of a region sums to its weight.

    Raises
    ------
    BadInput
        As :func:`~.lbp_top.lbp_top` and :func:`~.osf.osf`; or an unknown `scale`.

    See Also
    --------
    lbp_top : Without weights.
    osf : The strain itself as a feature.

    References
    ----------
    S.-T. Liong, J. See, R. C.-W. Phan, A. C. Le Ngo, Y.-H. Oh and K. Wong, "Subtle Expression
    Recognition using Optical Strain Weighted Features", ACCV Workshops 2014.

    Examples
    --------
    Only the left half is stretched:

    >>> def stretch(a, b):
    ...     y, x = np.mgrid[: a.shape[0], : a.shape[1]]
    ...     return np.stack([np.minimum(0.1 * x, 2.0), 0.0 * y], axis=-1)
    >>> video = np.random.default_rng(0).integers(0, 256, (5, 20, 42), dtype=np.uint8)
    >>> h = osw_lbp_top(video, regions=(1, 2), radii=(1, 1, 1), flow=stretch)
    >>> h.reshape(2, 3, 59).sum(axis=-1).round(3).tolist()
    [[1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    if scale not in ("max", "none"):
        raise BadInput(f"scale must be 'max' or 'none', found {scale!r}.")
    video = grey(np.asarray(video))
    histograms = lbp_top(
        video,
        regions=regions,
        times=times,
        radii=radii,
        points=points,
        mapping=mapping,
        sampling=sampling,
        overlap=overlap,
        landmarks=landmarks,
    )
    strains = mean_strain(
        video, landmarks, pairs=pairs, flow=flow, flow_params=flow_params, align=align
    )
    n_regions = len(region_names(regions))
    border = math.ceil(max(radii[:2]))
    spans = region_spans(regions, strains.shape, landmarks, border, overlap)
    weights = region_strain(strains, spans, n_regions)
    if scale == "max" and weights.max() > 0:
        weights /= weights.max()
    histograms.reshape(times, n_regions, len(PLANES), -1)[:, :, 0] *= weights[:, None]
    return histograms


class OSWLBPTOP(PatternExtractor):
    """Strain-weighted LBP-TOP as a transformer; see :func:`osw_lbp_top` for the parameters.

    See Also
    --------
    osw_lbp_top : The function of one clip.

    Examples
    --------
    >>> clips = np.random.default_rng(0).integers(0, 256, (2, 10, 40, 40), dtype=np.uint8)
    >>> OSWLBPTOP(regions=(2, 2)).fit_transform(clips).shape
    (2, 708)
    """

    _function = staticmethod(osw_lbp_top)

    def __init__(
        self,
        regions: Regions = (8, 8),
        times: int = 1,
        radii: tuple[float, float, float] = (3, 3, 3),
        points: int = 8,
        mapping: str = "u2",
        sampling: str = "nearest",
        overlap: float = 0.0,
        scale: str = "max",
        pairs: str = "first",
        flow: str = "farneback",
        flow_params: dict[str, Any] | None = None,
        align: bool = False,
    ) -> None:
        self.regions = regions
        self.times = times
        self.radii = radii
        self.points = points
        self.mapping = mapping
        self.sampling = sampling
        self.overlap = overlap
        self.scale = scale
        self.pairs = pairs
        self.flow = flow
        self.flow_params = flow_params
        self.align = align

    def _row(self, clip: Clip) -> np.ndarray:
        params = self.get_params()
        if self.pairs == "onset-apex":
            params["pairs"] = onset_and_apex(clip)
        return osw_lbp_top(clip.frames, clip.first_landmarks, **params)

    def _bins(self) -> dict[str, int]:
        return dict.fromkeys(PLANES, n_labels(self.points, self.mapping))
