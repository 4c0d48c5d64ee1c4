"""FHOFO: fuzzy histograms of optical flow orientations."""

from __future__ import annotations

from typing import Any

import numpy as np

from .motion import FlowExtractor, Pairs, flow_histograms
from .regions import Regions

__all__ = ["FHOFO", "fhofo"]


def fhofo(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    regions: Regions = (8, 8),
    bins: int = 8,
    membership: str = "linear",
    width: float = 1.0,
    pairs: Pairs = "first",
    times: int = 1,
    pooling: str = "mean",
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    align: bool = False,
) -> np.ndarray:
    """FHOFO of one clip: per region, which way its pixels go, however far.

    Every pixel that moves has one vote, which it shares between the bins near its direction.
    Magnitudes do not enter.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``, T ≥ 2
    landmarks : ndarray ``(68, 2)``, optional
        (x, y) of the first frame; needed by landmark regions and by `align`.
    regions : (rows, columns) or str, default (8, 8)
        Block grid, or landmark regions (:func:`~.regions.region_spans`); our choice.
    bins : int, default 8
        Over the whole circle: bin k is centred on (k + ½)·2π/bins, 0 pointing right and π/2
        down. Our choice.
    membership : {'linear', 'gaussian', 'crisp'}, default 'linear'
        How far a direction belongs to a bin (:func:`~.directions.direction_histograms`). The
        paper's membership function is not known to us; linear is our choice.
    width : float, default 1
        σ of the Gaussian, in bins; our choice.
    pairs, times, pooling, flow, flow_params, align
        As in :func:`~.hoof.hoof`.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · bins,)``
        Ordered by part, region, bin; each region's histogram sums to 1 (under 'mean' to the
        share of pairs in which something in it moves), or is zero if nothing moves at all.

    Raises
    ------
    BadInput
        Too few or too small frames, landmarks missing, or unknown options.

    Warns
    -----
    RuntimeWarning
        Regions without a pixel, which give zeros.

    See Also
    --------
    hoof : Votes by length, not shared between bins.

    Notes
    -----
    A reconstruction from the paper's abstract: fuzzified angular histograms of the motion
    vectors, without magnitudes.

    References
    ----------
    S. L. Happy and A. Routray, "Fuzzy Histogram of Optical Flow Orientations for
    Micro-Expression Recognition", IEEE Trans. Affective Computing 10(3), 2019.

    Examples
    --------
    Everything moves down, which is the border between the first two of four bins:

    >>> def down(a, b):
    ...     return np.stack([0 * a, 0 * a + 1.0], axis=-1)
    >>> fhofo(np.zeros((2, 32, 32)), regions=(1, 1), bins=4, flow=down).round(3).tolist()
    [0.5, 0.5, 0.0, 0.0]
    """
    return flow_histograms(
        video,
        landmarks,
        regions=regions,
        bins=bins,
        times=times,
        pooling=pooling,
        votes_as={"vote": "one", "membership": membership, "width": width},
        pairs=pairs,
        flow=flow,
        flow_params=flow_params,
        align=align,
    )


class FHOFO(FlowExtractor):
    """FHOFO as a transformer; see :func:`fhofo` for the parameters and the reference.

    See Also
    --------
    fhofo : The function of one clip.

    Examples
    --------
    >>> clips = np.random.default_rng(0).integers(0, 256, (2, 5, 40, 40), dtype=np.uint8)
    >>> FHOFO(regions=(2, 2)).fit_transform(clips).shape
    (2, 32)
    """

    _function = staticmethod(fhofo)

    def __init__(
        self,
        regions: Regions = (8, 8),
        bins: int = 8,
        membership: str = "linear",
        width: float = 1.0,
        pairs: str = "first",
        times: int = 1,
        pooling: str = "mean",
        flow: str = "farneback",
        flow_params: dict[str, Any] | None = None,
        align: bool = False,
    ) -> None:
        self.regions = regions
        self.bins = bins
        self.membership = membership
        self.width = width
        self.pairs = pairs
        self.times = times
        self.pooling = pooling
        self.flow = flow
        self.flow_params = flow_params
        self.align = align
