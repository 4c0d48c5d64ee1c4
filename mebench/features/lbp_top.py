"""LBP-TOP: local binary patterns on three orthogonal planes."""

from __future__ import annotations

import math

import numpy as np

from ..base import Extractor
from ..clip import Clip, grey
from ..errors import BadInput
from .lbp import (
    PLANES,
    neighbour_offsets,
    normalised_histograms,
    plane_histograms,
    uniform_labels,
)
from .regions import Regions, block_ranges, region_names, region_spans

__all__ = ["LBPTOP", "lbp_top"]


def lbp_top(
    video: np.ndarray,
    *,
    regions: Regions = (8, 8),
    times: int = 1,
    radii: tuple[float, float, float] = (3, 3, 3),
    points: int = 8,
    mapping: str = "u2",
    sampling: str = "nearest",
    overlap: float = 0.0,
    landmarks: np.ndarray | None = None,
) -> np.ndarray:
    """LBP-TOP histograms of one clip.

    Each pixel of the XY, XT and YT planes is compared with `points` neighbours on a circle
    (an ellipse where the radii differ); the signs, neighbour ≥ centre, are the bits of its
    code. Codes are counted per block and plane.

    Parameters
    ----------
    video : ndarray ``(T, H, W)``
        Grey levels, uint8 or float. ``(T, H, W, 3)`` RGB is turned to grey.
    regions : (rows, columns) or str, default (8, 8)
        Block grid, or landmark regions by name (see :func:`~.regions.region_spans`). 8×8×1
        blocks are the SMIC baseline's (Li et al. 2013).
    times : int, default 1
        Number of parts into which the clip's duration is cut.
    radii : (Rx, Ry, Rt), default (3, 3, 3)
        Pixels, pixels, frames. Radius 3 is used by later re-runs of the SMIC baseline.
    points : int, default 8
        Neighbours P per plane, 1 to 16.
    mapping : {'u2', 'raw'}, default 'u2'
        Uniform patterns, P(P−1)+3 bins in the order of :func:`~.lbp.uniform_labels`, or all
        2^P codes.
    sampling : {'nearest', 'bilinear', 'bilinear_floor'}, default 'nearest'
        Rounds neighbour positions half up; or interpolates in single precision;
        'bilinear_floor' drops the fraction of the interpolated grey level before comparing,
        as the authors' code does.
    overlap : float in [0, 1), default 0
        Of the blocks of a grid.
    landmarks : ndarray ``(68, 2)``, optional
        Needed by landmark regions.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · 3 · bins,)``
        Ordered by time part, region, plane (XY, XT, YT), bin; each histogram sums to 1, or
        is all zero where a region holds no pixel.

    Raises
    ------
    BadInput
        The clip is too short or too small for the radii and blocks, or not finite.

    Notes
    -----
    Only centres whose neighbours all lie inside the clip are coded: max(Rx, Ry) pixels at
    each side and Rt frames at each end are left out, for all three planes alike. The raw
    histograms equal those of the authors' ``LBPTOP.m``, whose u2 labels are a permutation of
    ours (its label 0 is our last).

    References
    ----------
    G. Zhao and M. Pietikäinen, "Dynamic Texture Recognition Using Local Binary Patterns with
    an Application to Facial Expressions", IEEE TPAMI 29(6), 2007.

    Examples
    --------
    A clip that never changes has all bits set, code 255, whose label is 57:

    >>> import numpy as np
    >>> h = lbp_top(np.full((5, 12, 12), 80, np.uint8), regions=(2, 2), radii=(1, 1, 1))
    >>> h.shape, np.unique(h.reshape(-1, 59)[:, 57])
    ((708,), array([1.]))
    """
    if not 1 <= points <= 16:
        raise BadInput(f"points must be between 1 and 16, found {points}.")
    if mapping not in ("u2", "raw"):
        raise BadInput(f"mapping must be 'u2' or 'raw', found {mapping!r}.")
    if times < 1:
        raise BadInput(f"times must be at least 1, found {times}.")
    if len(radii) != 3 or min(radii) <= 0:
        raise BadInput(f"radii must be three positive numbers (Rx, Ry, Rt), found {radii!r}.")
    video = prepare(video)
    border, margin = math.ceil(max(radii[:2])), math.ceil(radii[2])
    n_frames, height, width = video.shape
    if n_frames < 2 * margin + 1 or min(height, width) < 2 * border + 1:
        raise BadInput(
            f"The clip has {n_frames} frames of {width}×{height} pixels, but radii {radii} need "
            f"at least {2 * margin + 1} frames of {2 * border + 1}×{2 * border + 1}: interpolate "
            "it in time first (mebench.preprocessing.TIM), or use smaller radii."
        )
    counts = plane_histograms(
        video,
        neighbour_offsets(points, (radii[0], radii[1], radii[2])),
        sampling,
        border,
        margin,
        region_spans(regions, (height, width), landmarks, border, overlap),
        len(region_names(regions)),
        block_ranges(margin, n_frames - margin, times),
    )
    labels = uniform_labels(points) if mapping == "u2" else np.arange(2**points)
    return normalised_histograms(counts, labels).ravel()


class LBPTOP(Extractor):
    """LBP-TOP as a transformer; see :func:`lbp_top` for the parameters and the reference.

    Examples
    --------
    >>> import numpy as np
    >>> clips = np.random.default_rng(0).integers(0, 256, (2, 10, 40, 40), dtype=np.uint8)
    >>> LBPTOP(regions=(2, 2)).fit_transform(clips).shape
    (2, 708)
    """

    def __init__(
        self,
        regions: Regions = (8, 8),
        times: int = 1,
        radii: tuple[float, float, float] = (3, 3, 3),
        points: int = 8,
        mapping: str = "u2",
        sampling: str = "nearest",
        overlap: float = 0.0,
    ) -> None:
        self.regions = regions
        self.times = times
        self.radii = radii
        self.points = points
        self.mapping = mapping
        self.sampling = sampling
        self.overlap = overlap

    def _row(self, clip: Clip) -> np.ndarray:
        return lbp_top(clip.frames, landmarks=clip.first_landmarks, **self.get_params())

    def _names(self) -> list[str]:
        bins = 2**self.points if self.mapping == "raw" else len(set(uniform_labels(self.points)))
        return [
            f"t{t}_{region}_{plane}_{b}"
            for t in range(self.times)
            for region in region_names(self.regions)
            for plane in PLANES
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
