"""ELBPTOP: LBP-TOP with its radial and angular relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..clip import Clip
from ..errors import BadInput
from .lbp import PLANES, neighbour_offsets, normalised_histograms
from .patterns import PatternExtractor, check_radii, pattern_counts, prepare
from .regions import Regions, region_names

__all__ = ["ELBPTOP", "elbptop"]

Radii = tuple[float, float, float]
DESCRIPTORS = ("lbp", "rdlbp", "adlbp")


def elbptop(
    video: np.ndarray,
    *,
    descriptors: tuple[str, ...] = DESCRIPTORS,
    regions: Regions = (8, 8),
    times: int = 2,
    radii: Radii | Sequence[Radii] = (3, 3, 3),
    delta: float = 1,
    points: int | Sequence[int] = 8,
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
        The same one may stand twice, with other radii or points.
    regions, times : default 8×8 blocks, 2 parts
        The paper's for CASME II and SMIC; 5×5 and 2 for SAMM.
    radii : (Rx, Ry, Rt), or one such for each descriptor, default (3, 3, 3)
        As LBP-TOP's here (our choice). Positions are rounded half up. The paper's best fusions
        have a radius of its own for each descriptor.
    delta : float, default 1
        δ, in pixels and frames (our choice); at most the smallest radius.
    points : int, or one for each descriptor, default 8
        Neighbours P per plane; 4 and 8 in the paper's fusions.
    overlap, landmarks
        As in :func:`~.lbp_top.lbp_top`.

    Returns
    -------
    ndarray of float64 ``(Σ times · n_regions · 3 · 2**points,)``, summed over descriptors
        By descriptor, time part, region, plane (XY, XT, YT), code; each histogram sums to 1. With
        the defaults 98304 values per descriptor, to be compressed, each descriptor by itself, by
        a :class:`~.whitening.WhitenedPCA` that is fitted on training clips.

    Raises
    ------
    BadInput
        As :func:`~.lbp_top.lbp_top`, or an unknown descriptor.

    See Also
    --------
    lbp_top : The first of the three, with uniform patterns.
    WhitenedPCA : What compresses each descriptor inside the fold.

    References
    ----------
    C. Guo, J. Liang, G. Zhan, Z. Liu, M. Pietikäinen and L. Liu, "Extended Local Binary Patterns
    for Efficient and Robust Spontaneous Facial Micro-Expression Recognition", IEEE Access 7, 2019.

    Examples
    --------
    >>> video = np.random.default_rng(0).integers(0, 256, (9, 20, 20), dtype=np.uint8)
    >>> elbptop(video, regions=(1, 1), times=1).reshape(3, 3, 256).sum(axis=2).round(9).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]

    A fusion of LBP-TOP with 4 neighbours at radius 1 and RDLBP-TOP with 8 at radius 3:

    >>> elbptop(
    ...     video, descriptors=("lbp", "rdlbp"), points=(4, 8), radii=[(1, 1, 1), (3, 3, 3)],
    ...     regions=(1, 1), times=1,
    ... ).size == 3 * 16 + 3 * 256
    True
    """
    if not descriptors or not set(descriptors) <= set(DESCRIPTORS):
        raise BadInput(
            f"descriptors must be some of {', '.join(DESCRIPTORS)}, found {descriptors!r}."
        )
    video = prepare(video)
    histograms = []
    for name, own, n in _each(descriptors, radii, points):
        check_radii(own, n)
        if not 0 < delta <= min(own):
            raise BadInput(
                f"delta must be above 0 and at most the smallest radius {min(own)}, found {delta}."
            )
        ring = neighbour_offsets(n, own)
        neighbours, against = ring, None
        if name == "rdlbp":
            against = neighbour_offsets(n, (own[0] - delta, own[1] - delta, own[2] - delta))
        elif name == "adlbp":
            neighbours, against = np.roll(ring, -1, axis=1), ring
        counts = pattern_counts(
            video,
            neighbours,
            against=against,
            radii=own,
            regions=regions,
            times=times,
            overlap=overlap,
            landmarks=landmarks,
        )
        histograms.append(normalised_histograms(counts, np.arange(2**n)).ravel())
    return np.concatenate(histograms)


def _each(
    descriptors: Sequence[str], radii: Radii | Sequence[Radii], points: int | Sequence[int]
) -> list[tuple[str, Radii, int]]:
    """Name, radii and points of each descriptor."""
    n = len(descriptors)
    every: list[Any] = [radii] * n if np.ndim(radii[0]) == 0 else list(radii)
    neighbours = [points] * n if isinstance(points, int) else list(points)
    if len(every) != n or len(neighbours) != n:
        raise BadInput(
            f"{n} descriptors need one radii (Rx, Ry, Rt) and one points, or {n} of each; found "
            f"radii {radii!r} and points {points!r}."
        )
    return [(d, tuple(r), p) for d, r, p in zip(descriptors, every, neighbours, strict=True)]


class ELBPTOP(PatternExtractor):
    """ELBPTOP before compression, as a transformer; see :func:`elbptop` for the parameters.

    Rows are float32, to be half as large.

    See Also
    --------
    elbptop : The function of one clip.
    WhitenedPCA : What compresses it inside the fold; ``widths`` are its blocks.

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
        radii: Radii | Sequence[Radii] = (3, 3, 3),
        delta: float = 1,
        points: int | Sequence[int] = 8,
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

    @property
    def widths(self) -> list[int]:
        """Columns of each descriptor, as ``WhitenedPCA(n_blocks=…)`` takes them."""
        histograms = self.times * len(region_names(self.regions)) * len(PLANES)
        return [histograms * 2**n for _, _, n in self._each()]

    def _each(self) -> list[tuple[str, Radii, int]]:
        return _each(self.descriptors, self.radii, self.points)

    def _names(self) -> list[str]:
        found = []
        for name, own, n in self._each():
            # Descriptors that differ in these say so.
            same = np.ndim(self.radii[0]) == 0 and isinstance(self.points, int)
            which = name if same else f"{name}{n},{','.join(f'{r:g}' for r in own)}"
            found += [
                f"{which}_t{t}_{region}_{plane}_{b}"
                for t in range(self.times)
                for region in region_names(self.regions)
                for plane in PLANES
                for b in range(2**n)
            ]
        return found

    @property
    def n_features(self) -> int:
        """Width of a row."""
        return sum(self.widths)
