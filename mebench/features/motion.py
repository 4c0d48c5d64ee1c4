"""What descriptors of optical flow share: pairs of frames, their flows, and one base class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..base import Extractor
from ..clip import Clip, grey
from ..errors import BadInput
from ..flow import ALIGNMENT_POINTS, align_flow, clip_flow, fit_affine
from .directions import STILL, direction_histograms, normalised, warn_of_empty
from .regions import Regions, block_ranges, region_names, region_spans

__all__ = [
    "PAIRS",
    "FlowExtractor",
    "Pairs",
    "aligned",
    "aligned_flows",
    "flow_histograms",
    "onset_and_apex",
    "pair_flows",
]

#: Between which frames a transformer measures flow: from the first to every later one, between
#: neighbours, or from onset to apex alone.
PAIRS = ("first", "consecutive", "onset-apex")

#: What a function takes: the first two of :data:`PAIRS`, or the numbers of two frames.
Pairs = str | tuple[int, int]


class FlowExtractor(Extractor):
    """A transformer around a function of one clip's flows.

    Subclasses set ``_function``, which takes frames, landmarks and all parameters, and have the
    parameter `pairs`. Names are part of time, region and component, in this order.
    """

    _function: ClassVar[Callable[..., np.ndarray]]

    def _components(self) -> list[str]:
        """Names of the values of one region: by default the bins of a histogram."""
        return [str(b) for b in range(self.get_params()["bins"])]

    def _check(self) -> None:
        if self.get_params()["pairs"] not in PAIRS:
            raise BadInput(
                f"pairs must be one of {', '.join(PAIRS)}, found {self.get_params()['pairs']!r}."
            )

    def _row(self, clip: Clip) -> np.ndarray:
        params = self.get_params()
        kept = None
        if params["pairs"] == "onset-apex":
            kept, params["pairs"] = list(onset_and_apex(clip)), "first"
        if "times" in params:
            params["times"] = self._n_times()
        return type(self)._function(clip.read(kept), clip.first_landmarks, **params)

    def _n_times(self) -> int:
        """Parts of time. Onset and apex are one pair, which is one part."""
        params = self.get_params()
        return 1 if params["pairs"] == "onset-apex" else int(params.get("times", 1))

    def _names(self) -> list[str]:
        return [
            f"t{t}_{region}_{component}"
            for t in range(self._n_times())
            for region in region_names(self.get_params()["regions"])
            for component in self._components()
        ]


def onset_and_apex(clip: Clip) -> tuple[int, int]:
    """Numbers of the two frames.

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
    return clip.onset, clip.apex


def pair_flows(
    video: np.ndarray,
    landmarks: np.ndarray | None,
    *,
    pairs: Pairs = "first",
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    align: bool = False,
) -> tuple[np.ndarray, list[np.ndarray | None]]:
    """Flows of a clip's pairs of frames, and the maps that take the head's motion out of each.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``, T ≥ 2
    landmarks : ndarray ``(68, 2)`` or None
        (x, y) of the frame that flows start from; needed by `align`.
    pairs : {'first', 'consecutive'} or (int, int), default 'first'
        From the first frame to every later one, between neighbours, or between two frames.
    flow, flow_params
        As in :func:`mebench.flow.flow`.
    align : bool, default False

    Returns
    -------
    fields : ndarray of float32 ``(n_pairs, H, W, 2)``, in pixels
    affines : list of ndarray ``(2, 3)``, or of None where `align` is False
    """
    video = np.asarray(video)
    if not isinstance(pairs, str):
        if len(pairs) != 2 or not all(0 <= frame < len(video) for frame in pairs):
            raise BadInput(f"pairs must be two of {len(video)} frames, found {pairs!r}.")
        video, pairs = video[list(pairs)], "first"
    if pairs not in PAIRS[:2]:
        raise BadInput(
            f"pairs must be 'first', 'consecutive', or the numbers of two frames, such as those of "
            f"onset and apex; found {pairs!r}."
        )
    if align and landmarks is None:
        raise BadInput(
            "Alignment needs 68 facial landmarks, and this clip has none: put "
            "mebench.preprocessing.FindLandmarks() in front, or use align=False."
        )
    reference = 0 if pairs == "first" else "previous"
    fields = clip_flow(grey(video), flow, reference=reference, **(flow_params or {}))
    if not align:
        return fields, [None] * len(fields)
    points = landmarks[list(ALIGNMENT_POINTS)]  # type: ignore[index]
    return fields, [fit_affine(field, points) for field in fields]


def aligned(field: np.ndarray, affine: np.ndarray | None) -> np.ndarray:
    """A flow without the head's motion; the rounding that is left of a still face is none."""
    if affine is None:
        return field
    field = align_flow(field, affine)
    field[np.hypot(field[..., 0], field[..., 1]) < STILL] = 0
    return field


def aligned_flows(
    video: np.ndarray, landmarks: np.ndarray | None, **measured_as: Any
) -> np.ndarray:
    """What :func:`pair_flows` measures, with the head's motion taken out where it is to be."""
    fields, affines = pair_flows(video, landmarks, **measured_as)
    if any(affine is not None for affine in affines):
        fields = fields.copy()  # others may have been given the same flows
    for i, affine in enumerate(affines):
        if affine is not None:
            fields[i] = aligned(fields[i], affine)
    return fields


def flow_histograms(
    video: np.ndarray,
    landmarks: np.ndarray | None,
    *,
    regions: Regions,
    bins: int,
    times: int,
    pooling: str,
    votes_as: dict[str, Any],
    **measured_as: Any,
) -> np.ndarray:
    """What :func:`~.hoof.hoof` computes, with votes as :func:`~.directions.direction_histograms`.

    Parameters
    ----------
    video, landmarks, regions, bins, times, pooling
        As in :func:`~.hoof.hoof`.
    votes_as : dict
        ``fold``, ``vote``, ``membership`` and ``width``.
    **measured_as
        As in :func:`pair_flows`.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · bins,)``
    """
    if pooling not in ("mean", "sum"):
        raise BadInput(f"pooling must be 'mean' or 'sum', found {pooling!r}.")
    fields, affines = pair_flows(video, landmarks, **measured_as)
    n_regions = len(region_names(regions))
    spans = region_spans(regions, fields.shape[1:3], landmarks)
    warn_of_empty(spans, n_regions)
    votes = np.stack(
        [
            direction_histograms(field, spans, n_regions, bins=bins, affine=affine, **votes_as)
            for field, affine in zip(fields, affines, strict=True)
        ]
    )
    if pooling == "mean":
        votes = normalised(votes)
    parts = [votes[a:b].mean(axis=0) for a, b in block_ranges(0, len(votes), times)]
    return (np.stack(parts) if pooling == "mean" else normalised(np.stack(parts))).ravel()
