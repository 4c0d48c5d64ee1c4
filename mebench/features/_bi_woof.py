"""Bi-WOOF: bi-weighted oriented optical flow between onset and apex."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import BadInput
from ..flow import strain
from ._osf import region_strain
from .directions import direction_histograms, normalised, warn_of_empty
from .motion import FlowExtractor, aligned_flows
from .regions import Regions, region_names, region_spans

__all__ = ["BiWOOF", "bi_woof", "strain_weights", "unit", "weighted_histograms"]


def bi_woof(
    onset: np.ndarray,
    apex: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    regions: Regions = (8, 8),
    bins: int = 8,
    weight: str = "sum",
    flow: str = "tvl1",
    flow_params: dict[str, Any] | None = None,
    align: bool = False,
) -> np.ndarray:
    """Bi-WOOF of one clip: flow directions, weighted by magnitude and by optical strain.

    Per region, flow vectors vote for the bin of their direction with their length (the local
    weight); the histogram, normalised, is multiplied by the strain of its region (the
    global weight); the whole vector is divided by its Euclidean norm.

    Parameters
    ----------
    onset, apex : ndarray ``(H, W)`` or ``(H, W, 3)``
        The frame at rest and the frame of the strongest expression.
    landmarks : ndarray ``(68, 2)``, optional
        (x, y) in the onset frame; needed by landmark regions and by `align`.
    regions : (rows, columns) or str, default (8, 8)
        Block grid, or landmark regions (:func:`~.regions.region_spans`). 8×8 for CASME II
        and 6×6 for SMIC are the paper's best, from memory and unverified; the authors'
        published code has 5×5.
    bins : int, default 8
    weight : {'sum', 'mean'}, default 'sum'
        Strain of a region: summed over its pixels as in the authors' code, or averaged. With
        regions of one size these are the same feature.
    flow : str, default 'tvl1'
        By name (:func:`mebench.flow.flow`); TV-L1 is the authors'.
    flow_params : dict, optional
        Passed on to the flow.
    align : bool, default False
        Take out the head's motion first, as :func:`~.mdmo.mdmo` does.

    Returns
    -------
    ndarray of float64 ``(n_regions · bins,)``
        Ordered by region, bin; of length 1, or all zero if nothing moves. Bin k holds
        angles from k·2π/bins on, 0 pointing right and π/2 down.

    Raises
    ------
    BadInput
        Frames too small, of different size or not finite; landmarks missing; unknown options.

    Warns
    -----
    RuntimeWarning
        Regions without a pixel, which give zeros.

    See Also
    --------
    hoof : Directions alone.
    bi_woof_phase : With shifts of local phase beside the flow.
    mebench.flow.strain : The global weights.

    Notes
    -----
    In the authors' code the bins start at −180° and their last edge is 135°, so that motion
    in the last eighth of the circle is lost; all eight bins are alive here. A block without
    motion gives not-a-number there, and zeros here.

    References
    ----------
    S.-T. Liong, J. See, K. Wong and R. C.-W. Phan, "Less is More: Micro-expression
    Recognition from Video using Apex Frame", Signal Processing: Image Communication 62, 2018.

    Examples
    --------
    A patch that moves to the right, and nothing else:

    >>> y, x = np.mgrid[:64, :64]
    >>> onset = 128 + 60 * np.sin(x / 5) * np.cos(y / 6)
    >>> patch = np.exp(-((x - 32) ** 2 + (y - 32) ** 2) / 200)
    >>> apex = 128 + 60 * np.sin((x - patch) / 5) * np.cos(y / 6)
    >>> feature = bi_woof(onset, apex, regions=(2, 2)).reshape(4, 8)
    >>> feature.sum(axis=0).argmax() in (0, 7), float((feature**2).sum().round(6))
    (True, 1.0)
    """
    return _of_pairs(
        np.stack([onset, apex]),
        landmarks,
        regions=regions,
        bins=bins,
        weight=weight,
        flow=flow,
        flow_params=flow_params,
        align=align,
    )


def _of_pairs(
    video: np.ndarray,
    landmarks: np.ndarray | None,
    *,
    regions: Regions,
    bins: int,
    weight: str,
    **measured_as: Any,
) -> np.ndarray:
    """Bi-WOOF of all pairs of frames: the mean of their histograms, divided by its norm."""
    fields = aligned_flows(video, landmarks, **measured_as)
    spans = region_spans(regions, fields.shape[1:3], landmarks)
    found = [
        weighted_histograms(field, spans, strain_weights(field, spans, regions, weight), bins)
        for field in fields
    ]
    return unit(np.mean(found, axis=0))


def strain_weights(
    field: np.ndarray, spans: np.ndarray, regions: Regions, weight: str
) -> np.ndarray:
    """Global weights: the optical strain of each region, ``(n_regions,)``."""
    if weight not in ("sum", "mean"):
        raise BadInput(f"weight must be 'sum' or 'mean', found {weight!r}.")
    n_regions = len(region_names(regions))
    warn_of_empty(spans, n_regions)
    return region_strain(strain(field), spans, n_regions, weight)


def weighted_histograms(
    field: np.ndarray, spans: np.ndarray, weights: np.ndarray, bins: int
) -> np.ndarray:
    """Direction histograms with votes by length, each times its region's weight."""
    histograms = direction_histograms(field, spans, len(weights), bins=bins)
    return (normalised(histograms) * weights[:, None]).ravel()


def unit(vector: np.ndarray) -> np.ndarray:
    """A vector divided by its Euclidean norm; zero stays zero."""
    norm = np.linalg.norm(vector)
    return vector / norm if norm > 0 else vector


class BiWOOF(FlowExtractor):
    """Bi-WOOF as a transformer; see :func:`bi_woof` for the parameters and the reference.

    The clips need an apex: where nobody annotated it, put
    :class:`mebench.features.FindApex` in front. ``pairs`` may also be ``'first'`` or
    ``'consecutive'``, as of :class:`~.hoof.HOOF`: then the histograms of all pairs, each times
    its pair's strain, are averaged.

    See Also
    --------
    bi_woof : The function of two frames.
    FindApex : For clips without an apex.

    Examples
    --------
    >>> from mebench import Clip
    >>> frames = np.random.default_rng(0).integers(0, 256, (5, 40, 40), dtype=np.uint8)
    >>> BiWOOF(regions=(2, 2)).fit_transform([Clip("a", frames, apex=3)]).shape
    (1, 32)
    """

    version = 2
    _function = staticmethod(_of_pairs)

    def __init__(
        self,
        regions: Regions = (8, 8),
        bins: int = 8,
        weight: str = "sum",
        flow: str = "tvl1",
        flow_params: dict[str, Any] | None = None,
        align: bool = False,
        pairs: str = "onset-apex",
    ) -> None:
        self.regions = regions
        self.bins = bins
        self.weight = weight
        self.flow = flow
        self.flow_params = flow_params
        self.align = align
        self.pairs = pairs
