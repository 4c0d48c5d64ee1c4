"""ELBPTOP: LBP-TOP with its radial and angular relatives."""

from __future__ import annotations

import numpy as np

from ..clip import Clip
from ..errors import BadInput
from .lbp import PLANES, neighbour_offsets, normalised_histograms
from .patterns import PatternExtractor, check_radii, pattern_counts, prepare
from .regions import Regions, region_names

__all__ = ["ELBPTOP", "elbptop"]

DESCRIPTORS = ("lbp", "rdlbp", "adlbp")


def elbptop(
    video: np.ndarray,
    *,
    descriptors: tuple[str, ...] = DESCRIPTORS,
    regions: Regions = (8, 8),
    times: int = 2,
    radii: tuple[float, float, float] = (3, 3, 3),
    delta: float = 1,
    points: int = 8,
    overlap: float = 0.0,
    landmarks: np.ndarray | None = None,
) -> np.ndarray:
    """Histograms of LBP-TOP, RDLBP-TOP and ADLBP-TOP of one clip, all patterns kept.

    With g(r, n) neighbour n at radius r, bit n is [g(r, n) ≥ centre] for LBP,
    [g(r, n) ≥ g(r − δ, n)] for RDLBP (radial differences) and [g(r, n+1) ≥ g(r, n)] for ADLBP
    (angular differences, around the circle).

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``
    descriptors : tuple of {'lbp', 'rdlbp', 'adlbp'}, default all three
    regions, times : default 8×8 blocks, 2 parts
        The paper's for CASME II and SMIC; 5×5 and 2 for SAMM.
    radii : (Rx, Ry, Rt), default (3, 3, 3)
        As LBP-TOP's here (our choice). Positions are rounded half up.
    delta : float, default 1
        δ, in pixels and frames (our choice); at most the smallest radius.
    points : int, default 8
        Neighbours P per plane.
    overlap, landmarks
        As in :func:`~.lbp_top.lbp_top`.

    Returns
    -------
    ndarray of float64 ``(n_descriptors · times · n_regions · 3 · 2**points,)``
        By descriptor, time part, region, plane (XY, XT, YT), code; each histogram sums to 1. With
        the defaults 98304 values per descriptor, to be compressed, each descriptor by itself, by
        a :class:`~.whitening.WhitenedPCA` that is fitted on training clips.

    Raises
    ------
    BadInput
        As :func:`~.lbp_top.lbp_top`, or an unknown descriptor.

    References
    ----------
    Y. Guo, C. Liang, X. Zhan, L. Liu and M. Pietikäinen, "Extended Local Binary Patterns for
    Efficient and Robust Spontaneous Facial Micro-Expression Recognition", IEEE Access 7, 2019.

    Examples
    --------
    >>> video = np.random.default_rng(0).integers(0, 256, (9, 20, 20), dtype=np.uint8)
    >>> elbptop(video, regions=(1, 1), times=1).reshape(3, 3, 256).sum(axis=2).round(9).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    check_radii(radii, points)
    if not descriptors or not set(descriptors) <= set(DESCRIPTORS):
        raise BadInput(
            f"descriptors must be some of {', '.join(DESCRIPTORS)}, found {descriptors!r}."
        )
    if not 0 < delta <= min(radii):
        raise BadInput(
            f"delta must be above 0 and at most the smallest radius {min(radii)}, found {delta}."
        )
    rx, ry, rt = radii
    ring = neighbour_offsets(points, (rx, ry, rt))
    pairs = {
        "lbp": (ring, None),
        "rdlbp": (ring, neighbour_offsets(points, (rx - delta, ry - delta, rt - delta))),
        "adlbp": (np.roll(ring, -1, axis=1), ring),
    }
    video = prepare(video)
    histograms = []
    for name in descriptors:
        neighbours, against = pairs[name]
        counts = pattern_counts(
            video,
            neighbours,
            against=against,
            radii=radii,
            regions=regions,
            times=times,
            overlap=overlap,
            landmarks=landmarks,
        )
        histograms.append(normalised_histograms(counts, np.arange(2**points)).ravel())
    return np.concatenate(histograms)


class ELBPTOP(PatternExtractor):
    """ELBPTOP before compression, as a transformer; see :func:`elbptop` for the parameters.

    Rows are float32, to be half as large.

    Examples
    --------
    >>> ELBPTOP().n_features == 3 * 98304
    True
    """

    _function = staticmethod(elbptop)
    dtype = np.float32

    def __init__(
        self,
        descriptors: tuple[str, ...] = DESCRIPTORS,
        regions: Regions = (8, 8),
        times: int = 2,
        radii: tuple[float, float, float] = (3, 3, 3),
        delta: float = 1,
        points: int = 8,
        overlap: float = 0.0,
    ) -> None:
        self.descriptors = descriptors
        self.regions = regions
        self.times = times
        self.radii = radii
        self.delta = delta
        self.points = points
        self.overlap = overlap

    def _row(self, clip: Clip) -> np.ndarray:
        return super()._row(clip).astype(self.dtype)

    def _bins(self) -> dict[str, int]:
        return dict.fromkeys(PLANES, 2**self.points)

    def _names(self) -> list[str]:
        each = super()._names()
        return [f"{descriptor}_{name}" for descriptor in self.descriptors for name in each]

    @property
    def n_features(self) -> int:
        """Width of a row."""
        histograms = len(self.descriptors) * self.times * len(region_names(self.regions)) * 3
        return histograms * 2**self.points
