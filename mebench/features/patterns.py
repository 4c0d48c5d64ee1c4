"""What local binary patterns and their relatives share: from a clip to counts of codes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..base import Extractor
from ..clip import Clip, grey
from ..errors import BadInput
from .lbp import plane_histograms, uniform_labels
from .regions import Regions, block_ranges, n_regions, region_names, region_spans

__all__ = [
    "PatternExtractor",
    "check_radii",
    "n_labels",
    "pattern_counts",
    "pattern_labels",
    "prepare",
]


def pattern_counts(
    video: np.ndarray,
    offsets: np.ndarray,
    *,
    radii: tuple[float, float, float],
    regions: Regions,
    times: int = 1,
    overlap: float = 0.0,
    landmarks: np.ndarray | None = None,
    sampling: str = "nearest",
    **comparison: Any,
) -> np.ndarray:
    """Counts of codes per time part, region and plane of a clip.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` as :func:`prepare` gives it
    offsets : ndarray ``(n_planes, P, 3)`` of (dt, dy, dx)
    radii : (Rx, Ry, Rt)
        How far offsets reach: max(Rx, Ry) pixels at each side and Rt frames at each end are no
        centres.
    regions, times, overlap, landmarks, sampling
        As in :func:`~.lbp_top.lbp_top`.
    **comparison
        What is compared, if not neighbours with their centre: `against`, `threshold`,
        `absolute` and `mean_bit` of :func:`~.lbp.plane_histograms`.

    Returns
    -------
    ndarray of int32 ``(times, n_regions, n_planes, n_codes)``

    Raises
    ------
    BadInput
        The clip is too short or too small.
    """
    if times < 1:
        raise BadInput(f"times must be at least 1, found {times}.")
    border, margin = math.ceil(max(radii[:2])), math.ceil(radii[2])
    n_frames, height, width = video.shape
    if n_frames < 2 * margin + 1 or min(height, width) < 2 * border + 1:
        raise BadInput(
            f"The clip has {n_frames} frames of {width}×{height} pixels, but radii {radii} need "
            f"at least {2 * margin + 1} frames of {2 * border + 1}×{2 * border + 1}: interpolate "
            "it in time first (mebench.preprocessing.TIM), or use smaller radii."
        )
    return plane_histograms(
        video,
        offsets,
        sampling,
        border,
        margin,
        region_spans(regions, (height, width), landmarks, border, overlap),
        n_regions(regions),
        block_ranges(margin, n_frames - margin, times),
        **comparison,
    )


def check_radii(radii: tuple[float, float, float], points: int = 8) -> None:
    """Raise :class:`BadInput` unless radii are three positive numbers and points 1 to 16."""
    if not (isinstance(points, (int, np.integer)) and 1 <= points <= 16):
        raise BadInput(f"points must be a whole number between 1 and 16, found {points!r}.")
    if len(radii) != 3 or min(radii) <= 0:
        raise BadInput(f"radii must be three positive numbers (Rx, Ry, Rt), found {radii!r}.")


def pattern_labels(points: int, mapping: str) -> np.ndarray:
    """Label of each code under the mapping 'u2' or 'raw', ``(2**points,)``."""
    if mapping not in ("u2", "raw"):
        raise BadInput(f"mapping must be 'u2' or 'raw', found {mapping!r}.")
    return uniform_labels(points) if mapping == "u2" else np.arange(2**points)


def n_labels(points: int, mapping: str) -> int:
    """Number of labels of a mapping."""
    return 2**points if mapping == "raw" else len(set(uniform_labels(points)))


class PatternExtractor(Extractor):
    """A transformer around a function of one clip whose histograms lie in the usual order.

    Subclasses set ``_function``, which takes the clip's frames and all parameters, have the
    parameter `regions` (then it is given landmarks as well) or `blocks`, and define ``_bins``.
    """

    _function: ClassVar[Callable[..., np.ndarray]]

    def _bins(self) -> dict[str, int]:
        """Number of bins of each histogram of a region, in the order of the features."""
        raise NotImplementedError(f"{type(self).__name__} must define _bins(self).")

    def _row(self, clip: Clip) -> np.ndarray:
        params = self.get_params()
        if "regions" in params:
            params["landmarks"] = clip.first_landmarks
        return type(self)._function(clip.frames, **params)

    def _names(self) -> list[str]:
        params = self.get_params()
        regions = region_names(params["regions"] if "regions" in params else params["blocks"])
        return [
            f"t{t}_{region}_{histogram}_{b}"
            for t in range(params.get("times", 1))
            for region in regions
            for histogram, bins in self._bins().items()
            for b in range(bins)
        ]


def prepare(video: np.ndarray) -> np.ndarray:
    """Contiguous ``(T, H, W)`` grey frames, uint8 or float32, checked to be finite."""
    video = np.asarray(video)
    if video.ndim not in (3, 4) or (video.ndim == 4 and video.shape[3] != 3):
        raise BadInput(f"Expected a clip (T, H, W) or (T, H, W, 3), found shape {video.shape}.")
    video = grey(video)
    if video.dtype != np.uint8:
        video = video.astype(np.float32)
        if not np.isfinite(video).all():
            raise BadInput("The clip has pixels that are not finite numbers.")
    return np.ascontiguousarray(video)
