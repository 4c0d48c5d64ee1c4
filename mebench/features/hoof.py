"""HOOF: histograms of oriented optical flow."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base import Extractor
from ..clip import Clip, grey
from ..errors import BadInput
from ..flow import ALIGNMENT_POINTS, clip_flow, fit_affine
from .directions import direction_histograms, normalised, warn_of_empty
from .regions import Regions, block_ranges, region_names, region_spans

__all__ = ["HOOF", "flow_histograms", "hoof", "onset_and_apex", "pair_flows"]

_PAIRS = ("first", "consecutive", "onset-apex")


def hoof(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    regions: Regions = (8, 8),
    bins: int = 8,
    fold: bool = False,
    pairs: str = "first",
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
    pairs : {'first', 'consecutive'}, default 'first'
        Flow from the first frame to every later one, or between neighbouring frames. Motion
        between neighbours at 200 frames per second is mostly below the noise (our choice of
        default).
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
        fold=fold,
        pairs=pairs,
        times=times,
        pooling=pooling,
        flow=flow,
        flow_params=flow_params,
        align=align,
    )


def flow_histograms(
    video: np.ndarray,
    landmarks: np.ndarray | None,
    *,
    regions: Regions,
    bins: int,
    fold: bool,
    pairs: str,
    times: int,
    pooling: str,
    flow: str,
    flow_params: dict[str, Any] | None,
    align: bool,
    **votes_as: Any,
) -> np.ndarray:
    """What :func:`hoof` computes, with votes as :func:`~.directions.direction_histograms` has them.

    Parameters
    ----------
    video, landmarks, regions, bins, fold, pairs, times, pooling, flow, flow_params, align
        As in :func:`hoof`.
    **votes_as
        ``vote``, ``membership`` and ``width``.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · bins,)``
    """
    if pooling not in ("mean", "sum"):
        raise BadInput(f"pooling must be 'mean' or 'sum', found {pooling!r}.")
    fields, affines = pair_flows(
        video, landmarks, pairs=pairs, flow=flow, flow_params=flow_params, align=align
    )
    n_regions = len(region_names(regions))
    spans = region_spans(regions, fields.shape[1:3], landmarks)
    warn_of_empty(spans, n_regions)
    votes = np.stack(
        [
            direction_histograms(
                field, spans, n_regions, bins=bins, fold=fold, affine=affine, **votes_as
            )
            for field, affine in zip(fields, affines, strict=True)
        ]
    )
    if pooling == "mean":
        votes = normalised(votes)
    parts = [votes[a:b].mean(axis=0) for a, b in block_ranges(0, len(votes), times)]
    return (np.stack(parts) if pooling == "mean" else normalised(np.stack(parts))).ravel()


def pair_flows(
    video: np.ndarray,
    landmarks: np.ndarray | None,
    *,
    pairs: str,
    flow: str,
    flow_params: dict[str, Any] | None,
    align: bool,
) -> tuple[np.ndarray, list[np.ndarray | None]]:
    """Flows of a clip's pairs of frames, and the maps that take the head's motion out of each.

    Returns
    -------
    fields : ndarray of float32 ``(T - 1, H, W, 2)``, in pixels
    affines : list of ndarray ``(2, 3)``, or of None where `align` is False
    """
    if pairs not in _PAIRS[:2]:
        raise BadInput(
            f"pairs must be 'first' or 'consecutive', found {pairs!r}. For onset and apex give a "
            "video of these two frames."
        )
    if align and landmarks is None:
        raise BadInput(
            "Alignment needs 68 facial landmarks, and this clip has none: put "
            "mebench.preprocessing.FindLandmarks() in front, or use align=False."
        )
    reference = 0 if pairs == "first" else "previous"
    fields = clip_flow(grey(np.asarray(video)), flow, reference=reference, **(flow_params or {}))
    if not align:
        return fields, [None] * len(fields)
    points = landmarks[list(ALIGNMENT_POINTS)]  # type: ignore[index]
    return fields, [fit_affine(field, points) for field in fields]


class HOOF(Extractor):
    """HOOF as a transformer; see :func:`hoof` for the parameters and the reference.

    ``pairs`` may also be ``'onset-apex'``: the flow between those two frames alone. The clips
    then need an apex, see :class:`mebench.features.FindApex`.

    Examples
    --------
    >>> clips = np.random.default_rng(0).integers(0, 256, (2, 5, 40, 40), dtype=np.uint8)
    >>> HOOF(regions=(2, 2)).fit_transform(clips).shape
    (2, 32)
    """

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

    def _check(self) -> None:
        if self.pairs not in _PAIRS:
            raise BadInput(f"pairs must be one of {', '.join(_PAIRS)}, found {self.pairs!r}.")

    def _row(self, clip: Clip) -> np.ndarray:
        params = self.get_params()
        if self.pairs == "onset-apex":
            params["pairs"] = "first"
            frames = onset_and_apex(clip)
        else:
            frames = clip.frames
        return hoof(frames, clip.first_landmarks, **params)

    def _names(self) -> list[str]:
        return [
            f"t{t}_{region}_{b}"
            for t in range(self.times)
            for region in region_names(self.regions)
            for b in range(self.bins)
        ]


def onset_and_apex(clip: Clip) -> np.ndarray:
    """The two frames, ``(2, H, W[, 3])``.

    Raises
    ------
    BadInput
        The clip has no apex.
    """
    if clip.apex is None:
        raise BadInput(
            f"Clip {clip.id!r} has no apex: put mebench.features.FindApex() in front, whose "
            "policy says which frame stands for it."
        )
    return clip.read([clip.onset, clip.apex])
