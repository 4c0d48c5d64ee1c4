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
    if weight not in ("sum", "mean"):
        raise BadInput(f"weight must be 'sum' or 'mean', found {weight!r}.")
    first, second = grey(np.stack([onset, apex]))
    if align and landmarks is None:
        raise BadInput(
            "Alignment needs 68 facial landmarks, and this clip has none: put "
            "mebench.preprocessing.FindLandmarks() in front, or use align=False."
        )
    n_regions = len(region_names(regions))
    spans = region_spans(regions, first.shape, landmarks)
    warn_of_empty(spans, n_regions)
    field = flow_between(first, second, flow, **(flow_params or {}))
    if align:
        field = align_flow(field, fit_affine(field, landmarks[list(ALIGNMENT_POINTS)]))  # type: ignore[index]
        field[np.hypot(field[..., 0], field[..., 1]) < STILL] = 0
    histograms = normalised(direction_histograms(field, spans, n_regions, bins=bins))
    out = (histograms * _strain_of(field, spans, n_regions, weight)[:, None]).ravel()
    norm = np.linalg.norm(out)
    return out / norm if norm > 0 else out


def _strain_of(field: np.ndarray, spans: np.ndarray, n_regions: int, weight: str) -> np.ndarray:
    """Strain of each region, ``(n_regions,)``."""
    along = np.pad(np.cumsum(strain(field), axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    region, y, start, stop = spans.T
    total: np.ndarray = np.bincount(region, along[y, stop] - along[y, start], n_regions)
    if weight == "mean":
        total = total / np.maximum(np.bincount(region, stop - start, n_regions), 1)
    return total


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
        try:
            return bi_woof(onset, apex, clip.first_landmarks, **self.get_params())
        except BadInput as error:
            raise BadInput(f"Clip {clip.id!r}: {error}") from error

    def _names(self) -> list[str]:
        return [f"{region}_{b}" for region in region_names(self.regions) for b in range(self.bins)]
