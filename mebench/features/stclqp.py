"""STCLQP: signs, magnitudes and orientations on three planes, over learned codebooks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import BadInput
from .lbp import PLANES, neighbour_offsets, normalised_histograms
from .patterns import PatternExtractor, check_radii, pattern_counts, prepare
from .regions import Regions

__all__ = ["CompletedPatterns", "completed_patterns"]

COMPONENTS = ("sign", "magnitude", "orientation")


def completed_patterns(
    video: np.ndarray,
    *,
    regions: Regions = (4, 4),
    times: int = 1,
    radii: tuple[float, float, float] = (3, 3, 3),
    points: int = 8,
    angles: int = 8,
    overlap: float = 0.0,
    landmarks: np.ndarray | None = None,
) -> np.ndarray:
    """Histograms of three kinds of patterns of one clip, from which STCLQP learns codebooks.

    On each plane, bit p of a pixel says of its neighbour p: whether it is at least as bright
    (sign); whether it differs from the centre by at least the mean difference on this plane of
    the clip (magnitude); whether its gradient has another direction, of `angles` ones, than the
    centre's (orientation).

    **Experimental**: a reconstruction from memory. That STCLQP takes signs, magnitudes and
    orientations is documented; how orientations become patterns, and all sizes, are ours.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
    regions : (rows, columns) or str, default (4, 4)
        Our choice: all patterns are kept here, so rows are long.
    times, points, overlap, landmarks
        As in :func:`~.lbp_top.lbp_top`.
    radii : (Rx, Ry, Rt), default (3, 3, 3)
        As LBP-TOP's here (our choice). Positions are rounded half up.
    angles : int, default 8
        Directions of a gradient, from 0 to 2π (our choice).

    Returns
    -------
    ndarray of float64 ``(times · n_regions · 9 · 2**points,)``
        By time part, region, plane (XY, XT, YT), component (sign, magnitude, orientation), code;
        each histogram sums to 1.

    Raises
    ------
    BadInput
        As :func:`~.lbp_top.lbp_top`, or `angles` outside 2 to 255.

    See Also
    --------
    lbp_top : Signs alone.

    References
    ----------
    X. Huang, G. Zhao, X. Hong, W. Zheng and M. Pietikäinen, "Spontaneous Facial Micro-Expression
    Analysis Using Spatiotemporal Completed Local Quantized Patterns", Neurocomputing 175, 2016.

    Examples
    --------
    Nothing differs: all signs are set, all differences reach their mean of 0, and no gradient
    has another direction.

    >>> h = completed_patterns(np.full((7, 9, 9), 80, np.uint8), regions=(1, 1))
    >>> h.reshape(9, 256).argmax(axis=1).tolist()
    [255, 255, 0, 255, 255, 0, 255, 255, 0]
    """
    check_radii(radii, points)
    if not 2 <= angles <= 255:
        raise BadInput(f"angles must be between 2 and 255, found {angles}.")
    video = prepare(video)
    ring = neighbour_offsets(points, (radii[0], radii[1], radii[2]))
    layout: dict[str, Any] = {
        "radii": radii,
        "regions": regions,
        "times": times,
        "overlap": overlap,
        "landmarks": landmarks,
    }
    signs = pattern_counts(video, ring, **layout)
    magnitudes = pattern_counts(
        video, ring, **layout, threshold=_mean_differences(video, ring), absolute=True
    )
    orientations = np.concatenate(
        [
            pattern_counts(sectors, plane[None], **layout, threshold=1, absolute=True)
            for sectors, plane in zip(_directions(video, angles), ring, strict=True)
        ],
        axis=2,
    )
    counts = np.stack([signs, magnitudes, orientations], axis=3)
    return normalised_histograms(counts, np.arange(2**points)).ravel()


def _mean_differences(video: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Mean of |neighbour − centre| per plane, ``(n_planes,)``, over all centres of the clip."""
    wide = video.astype(np.int16 if video.dtype == np.uint8 else np.float32)
    steps = np.floor(offsets + 0.5).astype(int)
    t, y, x = np.abs(steps).max(axis=(0, 1))
    y = x = max(y, x)

    def moved(step: np.ndarray) -> np.ndarray:
        ends = zip((t, y, x), step, wide.shape, strict=True)
        return wide[tuple(slice(m + s, n - m + s) for m, s, n in ends)]

    centre = moved(np.zeros(3, int))
    exact = np.int64 if wide.dtype == np.int16 else np.float64
    sums = [[np.abs(moved(p) - centre).sum(dtype=exact) for p in plane] for plane in steps]
    return np.sum(sums, axis=1) / (centre.size * offsets.shape[1])


def _directions(video: np.ndarray, angles: int) -> list[np.ndarray]:
    """Sector of each pixel's gradient on each plane, three uint8 arrays; sectors about k·2π/n."""
    wide: Any = video.astype(np.int16 if video.dtype == np.uint8 else np.float32)
    along = [np.zeros_like(wide) for _ in range(3)]
    for axis, slope in enumerate(along):
        inner = [slice(None)] * 3
        low, high = inner.copy(), inner.copy()
        inner[axis], low[axis], high[axis] = slice(1, -1), slice(None, -2), slice(2, None)
        slope[tuple(inner)] = wide[tuple(high)] - wide[tuple(low)]
    dt, dy, dx = along
    if wide.dtype == np.int16:  # there are few differences of bytes: look the angles up
        table = _sector_table(angles)
        pairs = ((-dy, dx), (dt, dx), (-dy, dt))
        return [
            table.take((up + 255).astype(np.int32) * 511 + (right + 255)) for up, right in pairs
        ]
    return [_sector(up, right, angles) for up, right in ((-dy, dx), (dt, dx), (-dy, dt))]


def _sector(up: np.ndarray, right: np.ndarray, angles: int) -> np.ndarray:
    turn = np.arctan2(up + 0.0, right + 0.0, dtype=np.float64) * (angles / (2 * np.pi))
    # Rounded first: an angle between two sectors must not depend on its last bit.
    return (np.floor(np.round(turn, 9) + 0.5).astype(np.int64) % angles).astype(np.uint8)


@lru_cache(maxsize=8)
def _sector_table(angles: int) -> np.ndarray:
    """Sectors of all differences of bytes, from −255 up, ``(511 · 511,)``."""
    differences = np.arange(-255, 256)
    return _sector(differences[:, None], differences[None, :], angles).ravel()


class CompletedPatterns(PatternExtractor):
    """Sign, magnitude and orientation patterns; see :func:`completed_patterns`.

    Its rows are meant for :class:`~.codebook.PatternCodebook`. Experimental.

    See Also
    --------
    completed_patterns : The function of one clip.
    PatternCodebook : What turns codes into words inside the fold.

    Examples
    --------
    >>> CompletedPatterns().n_features
    36864
    """

    _function = staticmethod(completed_patterns)

    def __init__(
        self,
        regions: Regions = (4, 4),
        times: int = 1,
        radii: tuple[float, float, float] = (3, 3, 3),
        points: int = 8,
        angles: int = 8,
        overlap: float = 0.0,
    ) -> None:
        self.regions = regions
        self.times = times
        self.radii = radii
        self.points = points
        self.angles = angles
        self.overlap = overlap

    def _bins(self) -> dict[str, int]:
        return {f"{p}_{c}": 2**self.points for p in PLANES for c in COMPONENTS}
