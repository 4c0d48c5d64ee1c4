"""Local binary patterns of the single frames of a clip, without time."""

from __future__ import annotations

import numpy as np

from ..errors import BadInput
from .lbp import neighbour_offsets, normalised_histograms
from .patterns import (
    PatternExtractor,
    check_radii,
    n_labels,
    pattern_counts,
    pattern_labels,
    prepare,
)
from .regions import Regions

__all__ = ["FrameLBP", "frame_lbp"]


def frame_lbp(
    video: np.ndarray,
    *,
    regions: Regions = (8, 8),
    times: int = 1,
    radius: float = 3,
    points: int = 8,
    mapping: str = "u2",
    sampling: str = "nearest",
    overlap: float = 0.0,
    landmarks: np.ndarray | None = None,
) -> np.ndarray:
    """LBP histograms of each frame by itself, their mean over the frames of each time part.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
        One frame is enough.
    regions, points, mapping, sampling, overlap, landmarks
        As in :func:`~.lbp_top.lbp_top`, with its defaults (our choice).
    times : int, default 1
        Number of parts into which the clip is cut; as many as there are frames keeps them apart.
    radius : float, default 3
        Pixels; as in LBP-TOP here (our choice).

    Returns
    -------
    ndarray of float64 ``(times · n_regions · bins,)``
        By time part, region, bin; each histogram sums to 1.

    Raises
    ------
    BadInput
        As :func:`~.lbp_top.lbp_top`.

    See Also
    --------
    lbp_top : With time as well.

    References
    ----------
    T. Ojala, M. Pietikäinen and T. Mäenpää, "Multiresolution Gray-Scale and Rotation Invariant
    Texture Classification with Local Binary Patterns", IEEE TPAMI 24(7), 2002.

    Examples
    --------
    >>> video = np.random.default_rng(0).integers(0, 256, (4, 20, 20), dtype=np.uint8)
    >>> frames = frame_lbp(video, regions=(1, 1), times=4).reshape(4, 59)
    >>> bool(np.allclose(frame_lbp(video, regions=(1, 1)), frames.mean(axis=0)))
    True
    """
    if radius <= 0:
        raise BadInput(f"radius must be a positive number, found {radius!r}.")
    check_radii((radius, radius, 1), points)
    labels = pattern_labels(points, mapping)
    counts = pattern_counts(
        prepare(video),
        neighbour_offsets(points, (radius, radius, 1))[:1],
        radii=(radius, radius, 0),
        regions=regions,
        times=times,
        overlap=overlap,
        landmarks=landmarks,
        sampling=sampling,
    )
    return normalised_histograms(counts, labels).ravel()


class FrameLBP(PatternExtractor):
    """Framewise LBP as a transformer; see :func:`frame_lbp` for the parameters.

    See Also
    --------
    frame_lbp : The function of one clip.

    Examples
    --------
    >>> FrameLBP().n_features
    3776
    """

    _function = staticmethod(frame_lbp)

    def __init__(
        self,
        regions: Regions = (8, 8),
        times: int = 1,
        radius: float = 3,
        points: int = 8,
        mapping: str = "u2",
        sampling: str = "nearest",
        overlap: float = 0.0,
    ) -> None:
        self.regions = regions
        self.times = times
        self.radius = radius
        self.points = points
        self.mapping = mapping
        self.sampling = sampling
        self.overlap = overlap

    def _bins(self) -> dict[str, int]:
        return {"XY": n_labels(self.points, self.mapping)}
