"""Bi-WOOF: bi-weighted oriented optical flow between onset and apex."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base import Extractor
from ..clip import Clip, grey
from ..errors import BadInput
from ..flow import ALIGNMENT_POINTS, align_flow, fit_affine, strain
from ..flow import flow as flow_between
from .directions import STILL, direction_histograms, normalised, warn_of_empty
from .hoof import onset_and_apex
from .osf import region_strain
from .regions import Regions, region_names, region_spans

__all__ = ["BiWOOF", "bi_woof"]


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
    first, second = grey(np.stack([onset, apex]))
    spans = region_spans(regions, first.shape, landmarks)
    field, _ = two_frame_flow(first, second, landmarks, flow, flow_params, align)
    weights = strain_weights(field, spans, regions, weight)
    return unit(weighted_histograms(field, spans, weights, bins))


def two_frame_flow(
    onset: np.ndarray,
    apex: np.ndarray,
    landmarks: np.ndarray | None,
    flow: str,
    flow_params: dict[str, Any] | None,
    align: bool,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Flow between two grey frames, and the map that took the head's motion out of it, if any."""
    field = flow_between(onset, apex, flow, **(flow_params or {}))
    if not align:
        return field, None
    if landmarks is None:
        raise BadInput(
            "Alignment needs 68 facial landmarks, and this clip has none: put "
            "mebench.preprocessing.FindLandmarks() in front, or use align=False."
        )
    affine = fit_affine(field, landmarks[list(ALIGNMENT_POINTS)])
    field = align_flow(field, affine)
    field[np.hypot(field[..., 0], field[..., 1]) < STILL] = 0
    return field, affine


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


class BiWOOF(Extractor):
    """Bi-WOOF as a transformer; see :func:`bi_woof` for the parameters and the reference.

    The clips need an apex: where nobody annotated it, put
    :class:`mebench.features.FindApex` in front.

    Examples
    --------
    >>> frames = np.random.default_rng(0).integers(0, 256, (5, 40, 40), dtype=np.uint8)
    >>> BiWOOF(regions=(2, 2)).fit_transform([Clip("a", frames, apex=3)]).shape
    (1, 32)
    """

    version = 2

    def __init__(
        self,
        regions: Regions = (8, 8),
        bins: int = 8,
        weight: str = "sum",
        flow: str = "tvl1",
        flow_params: dict[str, Any] | None = None,
        align: bool = False,
    ) -> None:
        self.regions = regions
        self.bins = bins
        self.weight = weight
        self.flow = flow
        self.flow_params = flow_params
        self.align = align

    def _row(self, clip: Clip) -> np.ndarray:
        onset, apex = onset_and_apex(clip)
        return bi_woof(onset, apex, clip.first_landmarks, **self.get_params())

    def _names(self) -> list[str]:
        return [f"{region}_{b}" for region in region_names(self.regions) for b in range(self.bins)]
