"""Bi-WOOF with phase: flow directions beside shifts of local phase, weighted by strain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from ..base import Extractor
from ..clip import Clip, grey
from ..errors import BadInput
from ._bi_woof import strain_weights, unit, weighted_histograms
from .motion import aligned, onset_and_apex, pair_flows
from .regions import Regions, region_names, region_spans
from .riesz import phase_shift

__all__ = ["BiWOOFPhase", "bi_woof_phase"]


def bi_woof_phase(
    onset: np.ndarray,
    apex: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    regions: Regions = (8, 8),
    bins: int = 8,
    levels: Sequence[int] = (1, 2),
    smoothing: float = 2.0,
    weight: str = "sum",
    flow: str = "tvl1",
    flow_params: dict[str, Any] | None = None,
    align: bool = False,
) -> np.ndarray:
    """Bi-WOOF and phase of one clip: two ways of seeing where the skin goes.

    To the histograms of :func:`~.bi_woof.bi_woof` come, for each level of a Riesz pyramid,
    histograms of the directions in which local phase shifts from onset to apex, with votes by
    the shift's size; all are multiplied by the strain of their region, and the whole vector is
    divided by its Euclidean norm.

    Parameters
    ----------
    onset, apex : ndarray ``(H, W)`` or ``(H, W, 3)``
    landmarks : ndarray ``(68, 2)``, optional
        (x, y) in the onset frame; needed by landmark regions and by `align`.
    regions : (rows, columns) or str, default (8, 8)
    bins : int, default 8
    levels : sequence of int, default (1, 2)
        Of the pyramid, 0 being the finest, which holds the noise; our choice.
    smoothing : float, default 2
        Of the phase shifts, see :func:`~.riesz.phase_shift`; our choice.
    weight, flow, flow_params
        As in :func:`~.bi_woof.bi_woof`.
    align : bool, default False
        Take the head's motion out of the flow, and the apex frame back by it.

    Returns
    -------
    ndarray of float64 ``((1 + len(levels)) · n_regions · bins,)``
        The flow's histograms, then those of each level, ordered by region, bin; of length 1, or
        all zero if nothing moves.

    Raises
    ------
    BadInput
        As :func:`~.bi_woof.bi_woof` and :func:`~.riesz.phase_shift`.

    Warns
    -----
    RuntimeWarning
        Regions without a pixel, which give zeros.

    See Also
    --------
    bi_woof : Without phase.

    Notes
    -----
    A reconstruction: that the paper adds the phase of the Riesz pyramid to Bi-WOOF is known to
    us, how it enters is not.

    References
    ----------
    S.-T. Liong and K. Wong, "Micro-Expression Recognition using Apex Frame with Phase
    Information", APSIPA ASC 2017.

    Examples
    --------
    >>> y, x = np.mgrid[:64, :64]
    >>> onset = 128 + 60 * np.sin(x / 2) * np.cos(y / 3)
    >>> patch = np.exp(-((x - 32) ** 2 + (y - 32) ** 2) / 200)
    >>> apex = 128 + 60 * np.sin((x - patch) / 2) * np.cos(y / 3)
    >>> feature = bi_woof_phase(onset, apex, regions=(2, 2), bins=2, levels=[1])
    >>> feature.shape, float((feature**2).sum().round(6))
    ((16,), 1.0)
    """
    if len(levels) < 1 or len(set(levels)) < len(levels):
        raise BadInput(f"levels must be at least one, each once, found {tuple(levels)}.")
    first, second = grey(np.stack([onset, apex]))
    spans = region_spans(regions, first.shape, landmarks)
    (field,), (affine,) = pair_flows(
        np.stack([first, second]), landmarks, flow=flow, flow_params=flow_params, align=align
    )
    field = aligned(field, affine)
    if affine is not None:
        second = _mapped(second, affine)
    weights = strain_weights(field, spans, regions, weight)
    fields = [field, *(phase_shift(first, second, level, smoothing) for level in levels)]
    return unit(np.concatenate([weighted_histograms(f, spans, weights, bins) for f in fields]))


class BiWOOFPhase(Extractor):
    """Bi-WOOF with phase as a transformer; see :func:`bi_woof_phase` for the parameters.

    The clips need an apex: where nobody annotated it, put
    :class:`mebench.features.FindApex` in front.

    See Also
    --------
    bi_woof_phase : The function of two frames.
    FindApex : For clips without an apex.

    Examples
    --------
    >>> BiWOOFPhase().n_features
    1536
    """

    version = 2

    def __init__(
        self,
        regions: Regions = (8, 8),
        bins: int = 8,
        levels: Sequence[int] = (1, 2),
        smoothing: float = 2.0,
        weight: str = "sum",
        flow: str = "tvl1",
        flow_params: dict[str, Any] | None = None,
        align: bool = False,
    ) -> None:
        self.regions = regions
        self.bins = bins
        self.levels = levels
        self.smoothing = smoothing
        self.weight = weight
        self.flow = flow
        self.flow_params = flow_params
        self.align = align

    def _row(self, clip: Clip) -> np.ndarray:
        onset, apex = clip.read(list(onset_and_apex(clip)))
        return bi_woof_phase(onset, apex, clip.first_landmarks, **self.get_params())

    def _names(self) -> list[str]:
        return [
            f"{what}_{region}_{b}"
            for what in ("flow", *(f"phase{level}" for level in self.levels))
            for region in region_names(self.regions)
            for b in range(self.bins)
        ]


def _mapped(frame: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """A frame whose every point is moved by an affine map."""
    return cv2.warpAffine(
        frame.astype(np.float32),
        affine,
        frame.shape[::-1],
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
