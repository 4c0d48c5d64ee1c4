"""HOG-TOP and HIGO-TOP: gradient orientations on three orthogonal planes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import BadInput
from .directions import direction_histograms, normalised, warn_of_empty
from .lbp import PLANES
from .patterns import PatternExtractor, prepare
from .regions import Regions, block_ranges, region_names, region_spans

__all__ = ["HIGOTOP", "HOGTOP", "higo_top", "hog_top"]


def hog_top(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    regions: Regions = (8, 8),
    times: int = 1,
    bins: int = 8,
    signed: bool = False,
    vote: str = "magnitude",
) -> np.ndarray:
    """HOG-TOP histograms of one clip.

    On each of the XY, XT and YT planes, every pixel's gradient votes for its orientation with
    its length, shared between the two bins whose centres are nearest.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``, T ≥ 3
        uint8 or float.
    landmarks : ndarray ``(68, 2)``, optional
        (x, y) of the first frame; needed by landmark regions.
    regions : (rows, columns) or str, default (8, 8)
        Block grid, or landmark regions (:func:`~.regions.region_spans`). The paper tries many
        grids; 8×8 is our choice.
    times : int, default 1
        Number of parts into which the clip's duration is cut.
    bins : int, default 8
        From memory, unverified.
    signed : bool, default False
        False: orientations over 180°, an edge and its negative being one, as in Dalal and
        Triggs; bin k holds those from k·π/bins on. True: over 360°. Which of the two the paper
        takes is unverified.
    vote : {'magnitude', 'one'}, default 'magnitude'
        'one' is HIGO-TOP, see :func:`higo_top`.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · 3 · bins,)``
        Ordered by time part, region, plane (XY, XT, YT), bin; each histogram sums to 1, or is
        all zero where no gradient is. Angle 0 is along the plane's first axis.

    Raises
    ------
    BadInput
        Fewer than three frames, frames too small for the blocks or not finite; landmarks
        missing; unknown options.

    Warns
    -----
    RuntimeWarning
        Regions without a pixel, which give zeros.

    See Also
    --------
    higo_top : The same without magnitudes.
    lbp_top : Patterns on the same planes.

    Notes
    -----
    Gradients are differences of the two neighbours, [−1, 0, 1], per two pixels and per two
    frames. The outermost pixels and frames have none and are left out, on all planes alike.

    References
    ----------
    X. Li et al., "Towards Reading Hidden Emotions: A Comparative Study of Spontaneous
    Micro-Expression Spotting and Recognition Methods", IEEE Trans. Affective Computing 9(4),
    2018.

    Examples
    --------
    A ramp that rises to the right and does not change: all gradients point along x, which is
    the border of the first and the last bin, and the YT plane has none.

    >>> ramp = np.tile(np.arange(12.0), (4, 12, 1))
    >>> hog_top(ramp, regions=(1, 1), bins=4).reshape(3, 4).tolist()
    [[0.5, 0.0, 0.0, 0.5], [0.5, 0.0, 0.0, 0.5], [0.0, 0.0, 0.0, 0.0]]
    """
    video = prepare(video).astype(np.float32)
    n_frames, height, width = video.shape
    if n_frames < 3 or min(height, width) < 3:
        raise BadInput(
            f"The clip has {n_frames} frames of {width}×{height} pixels, but gradients need at "
            "least 3 frames of 3×3: interpolate it in time first (mebench.preprocessing.TIM)."
        )
    n_regions = len(region_names(regions))
    spans = region_spans(regions, (height, width), landmarks, border=1)
    warn_of_empty(spans, n_regions)
    parts = block_ranges(1, n_frames - 1, times)
    out = np.zeros((times, n_regions, len(PLANES), bins))
    field = np.zeros((height, width, 2), np.float32)
    for part, (start, stop) in enumerate(parts):
        for t in range(start, stop):
            x, y, time = _gradients(video[t - 1 : t + 2])
            for plane, (first, second) in enumerate(((x, y), (x, time), (y, time))):
                field[1:-1, 1:-1, 0], field[1:-1, 1:-1, 1] = first, second
                out[part, :, plane] += direction_histograms(
                    field,
                    spans,
                    n_regions,
                    bins=bins,
                    fold=False if signed else "opposite",
                    vote=vote,
                    membership="linear",
                )
    return normalised(out).ravel()


def higo_top(video: np.ndarray, landmarks: np.ndarray | None = None, **params: Any) -> np.ndarray:
    """HIGO-TOP of one clip: HOG-TOP in which every gradient counts alike.

    How strong an edge is depends on the light; which way it goes hardly does.

    Parameters
    ----------
    video, landmarks, **params
        As in :func:`hog_top`, but for `vote`.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · 3 · bins,)``
        As :func:`hog_top`. Pixels without any gradient have no vote.

    See Also
    --------
    hog_top : Votes by magnitude.

    References
    ----------
    As :func:`hog_top`.

    Examples
    --------
    >>> video = np.random.default_rng(0).integers(0, 100, (5, 20, 20))
    >>> bool(np.allclose(higo_top(video), higo_top(2.5 * video + 3)))
    True
    """
    return hog_top(video, landmarks, **params, vote="one")


class HOGTOP(PatternExtractor):
    """HOG-TOP as a transformer; see :func:`hog_top` for the parameters and the reference.

    See Also
    --------
    hog_top : The function of one clip.

    Examples
    --------
    >>> clips = np.random.default_rng(0).integers(0, 256, (2, 5, 40, 40), dtype=np.uint8)
    >>> HOGTOP(regions=(2, 2)).fit_transform(clips).shape
    (2, 96)
    """

    _function = staticmethod(hog_top)

    def __init__(
        self,
        regions: Regions = (8, 8),
        times: int = 1,
        bins: int = 8,
        signed: bool = False,
    ) -> None:
        self.regions = regions
        self.times = times
        self.bins = bins
        self.signed = signed

    def _bins(self) -> dict[str, int]:
        return dict.fromkeys(PLANES, self.bins)


class HIGOTOP(HOGTOP):
    """HIGO-TOP as a transformer; see :func:`higo_top` and, for the parameters, :func:`hog_top`.

    See Also
    --------
    higo_top : The function of one clip.

    Examples
    --------
    >>> HIGOTOP(regions=(6, 6), times=2).n_features
    1728
    """

    _function = staticmethod(higo_top)


def _gradients(three: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences along x, y and t about the middle one of three frames, without its border."""
    before, now, after = three
    return (
        now[1:-1, 2:] - now[1:-1, :-2],
        now[2:, 1:-1] - now[:-2, 1:-1],
        after[1:-1, 1:-1] - before[1:-1, 1:-1],
    )
