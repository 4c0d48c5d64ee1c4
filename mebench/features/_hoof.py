"""HOOF: histograms of oriented optical flow."""

from __future__ import annotations

from typing import Any

import numpy as np

from .motion import FlowExtractor, Pairs, flow_histograms
from .regions import Regions

__all__ = ["HOOF", "hoof"]


def hoof(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    regions: Regions = (8, 8),
    bins: int = 8,
    fold: bool = False,
    pairs: Pairs = "first",
    times: int = 1,
    pooling: str = "mean",
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    align: bool = False,
) -> np.ndarray:
    """HOOF of one clip: per region, what share of the motion goes which way.

    Each pixel's flow vector votes for the bin of its direction with its length.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``, T ≥ 2
    landmarks : ndarray ``(68, 2)``, optional
        (x, y) of the first frame; needed by landmark regions and by `align`.
    regions : (rows, columns) or str, default (8, 8)
        Block grid, or landmark regions (:func:`~.regions.region_spans`). The original has
        one histogram for the whole frame; 8 × 8 is our choice.
    bins : int, default 8
        As micro-expression papers mostly have it; the original used 30 and more.
    fold : bool, default False
        True as in the original, where left and right count as one; then bin k holds angles
        from −π/2 + k·π/bins on. False, as in most micro-expression code: bin k holds angles
        from k·2π/bins on, 0 pointing right and π/2 down.
    pairs : {'first', 'consecutive'} or (int, int), default 'first'
        Flow from the first frame to every later one, between neighbouring frames, or from one
        frame to another alone. Motion between neighbours at 200 frames per second is mostly
        below the noise (our choice of default).
    times : int, default 1
        Number of parts into which the pairs are cut. One part per pair, ``T - 1``,
        concatenates the histograms of all pairs; 1 pools them all.
    pooling : {'mean', 'sum'}, default 'mean'
        Within a part, the mean of the pairs' normalised histograms; or all votes together,
        normalised at the end, so that pairs that move more count more.
    flow : str, default 'farneback'
        By name (:func:`mebench.flow.flow`).
    flow_params : dict, optional
        Passed on to the flow.
    align : bool, default False
        Take out the head's motion first, as :func:`~.mdmo.mdmo` does.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · bins,)``
        Ordered by part, region, bin. The histogram of a region sums to 1 (under 'mean' less,
        if nothing in it moves in some pair), or is zero if nothing moves at all.

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
    fhofo : Votes shared between neighbouring bins.
    bi_woof : Weighted by optical strain.
    mebench.flow.clip_flow : The flow underneath.

    References
    ----------
    R. Chaudhry, A. Ravichandran, G. Hager and R. Vidal, "Histograms of Oriented Optical Flow
    and Binet-Cauchy Kernels on Nonlinear Dynamical Systems for the Recognition of Human
    Actions", CVPR 2009.

    Examples
    --------
    Everything moves down and a little to the right:

    >>> y, x = np.mgrid[:64, :64]
    >>> still = 128 + 60 * np.sin(x / 5) * np.cos(y / 6)
    >>> video = np.stack([still, np.roll(still, (2, 1), axis=(0, 1))])
    >>> hoof(video, regions=(1, 1), bins=4).round(1).tolist()
    [1.0, 0.0, 0.0, 0.0]
    """
    return flow_histograms(
        video,
        landmarks,
        regions=regions,
        bins=bins,
        times=times,
        pooling=pooling,
        votes_as={"fold": fold},
        pairs=pairs,
        flow=flow,
        flow_params=flow_params,
        align=align,
    )


class HOOF(FlowExtractor):
    """HOOF as a transformer; see :func:`hoof` for the parameters and the reference.

    ``pairs`` may also be ``'onset-apex'``: the flow between those two frames alone, which is one
    part of time. The clips then need an apex, see :class:`mebench.features.FindApex`.

    See Also
    --------
    hoof : The function of one clip.

    Examples
    --------
    >>> clips = np.random.default_rng(0).integers(0, 256, (2, 5, 40, 40), dtype=np.uint8)
    >>> HOOF(regions=(2, 2)).fit_transform(clips).shape
    (2, 32)
    """

    _function = staticmethod(hoof)

    def __init__(
        self,
        regions: Regions = (8, 8),
        bins: int = 8,
        fold: bool = False,
        pairs: str = "first",
        times: int = 1,
        pooling: str = "mean",
        flow: str = "farneback",
        flow_params: dict[str, Any] | None = None,
        align: bool = False,
    ) -> None:
        self.regions = regions
        self.bins = bins
        self.fold = fold
        self.pairs = pairs
        self.times = times
        self.pooling = pooling
        self.flow = flow
        self.flow_params = flow_params
        self.align = align
