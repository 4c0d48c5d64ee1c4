"""FDM: the facial dynamics map, one principal motion per cuboid of space and time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from ..base import Extractor
from ..clip import Clip
from ..errors import BadInput
from ..flow import align_flow
from .directions import STILL, direction_histograms, warn_of_empty
from .hoof import pair_flows
from .regions import Regions, block_ranges, region_names, region_spans

__all__ = ["FDM", "fdm", "principal_vectors"]


def fdm(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    regions: Regions = (8, 8),
    times: int = 4,
    half_angle: float = math.pi / 4,
    bins: int = 8,
    iterations: int = 30,
    pairs: str = "first",
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    align: bool = True,
) -> np.ndarray:
    """Facial dynamics map of one clip: per block and part of its time, the principal motion.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``, T > `times`
    landmarks : ndarray ``(68, 2)``, optional
        (x, y) of the first frame; needed by `align` and by landmark regions.
    regions : (rows, columns) or str, default (8, 8)
        Block grid, or landmark regions (:func:`~.regions.region_spans`); our choice.
    times : int, default 4
        Number of parts into which the pairs of frames are cut (our choice). The paper's
        cuboids have a fixed number of frames, and its clips one length.
    half_angle : float in (0, π/2], default π/4
        Flow vectors within so much of the principal direction count, in radians; our choice.
    bins : int, default 8
        Of the coarse histogram of directions in which the search starts; our choice.
    iterations : int, default 30
        At most so many selections; most cuboids need a handful. Our choice.
    pairs : {'first', 'consecutive'}, default 'first'
        Flow from the first frame to every later one, or between neighbouring frames; our
        choice.
    flow, flow_params
        As in :func:`~.hoof.hoof`.
    align : bool, default True
        Take out the head's motion first, as :func:`~.mdmo.mdmo` does. The paper also aligns in
        the domain of the flow, pixel by pixel.

    Returns
    -------
    ndarray of float64 ``(times · n_regions · 2,)``
        (u, v) in pixels, ordered by part, region, component; zero where nothing moves.

    Raises
    ------
    BadInput
        Too few or too small frames, landmarks missing, or unknown options.

    Warns
    -----
    RuntimeWarning
        Regions without a pixel, which give zeros.

    Notes
    -----
    From memory of the paper, unverified: the principal direction of a cuboid is the unit ξ
    that maximises Σ⟨w, ξ⟩ over the flow vectors w within a half-angle of ξ, found by selecting
    and averaging in turn. That the feature is the mean of the selected vectors is our choice.

    References
    ----------
    F. Xu, J. Zhang and J. Z. Wang, "Microexpression Identification and Categorization Using a
    Facial Dynamics Map", IEEE Trans. Affective Computing 8(2), 2017.

    Examples
    --------
    Two thirds of the picture go right and down; what goes left does not count:

    >>> def shear(a, b):
    ...     field = np.zeros((*a.shape, 2))
    ...     field[:, :20] = 2.0, 1.0
    ...     field[:, 20:] = -1.0, 0.0
    ...     return field
    >>> clip = np.zeros((3, 30, 30))
    >>> fdm(clip, regions=(1, 1), times=1, align=False, flow=shear).tolist()
    [2.0, 1.0]
    """
    if not 0 < half_angle <= math.pi / 2:
        raise BadInput(f"half_angle must lie in (0, π/2], found {half_angle}.")
    if iterations < 1:
        raise BadInput(f"iterations must be at least 1, found {iterations}.")
    fields, affines = pair_flows(
        video, landmarks, pairs=pairs, flow=flow, flow_params=flow_params, align=align
    )
    for i, affine in enumerate(affines):
        if affine is not None:
            fields[i] = align_flow(fields[i], affine)
    n_regions = len(region_names(regions))
    spans = region_spans(regions, fields.shape[1:3], landmarks)
    warn_of_empty(spans, n_regions)
    return np.stack(
        [
            principal_vectors(
                fields[a:b],
                spans,
                n_regions,
                half_angle=half_angle,
                bins=bins,
                iterations=iterations,
            )
            for a, b in block_ranges(0, len(fields), times)
        ]
    ).ravel()


def principal_vectors(
    fields: np.ndarray,
    spans: np.ndarray,
    n_regions: int,
    *,
    half_angle: float = math.pi / 4,
    bins: int = 8,
    iterations: int = 30,
) -> np.ndarray:
    """Mean of the flow vectors around each region's principal direction.

    Parameters
    ----------
    fields : ndarray ``(n, H, W, 2)``
        Flows of one cuboid's frames.
    spans : ndarray of int32 ``(n_spans, 4)``
    n_regions : int
    half_angle, bins, iterations
        As in :func:`fdm`.

    Returns
    -------
    ndarray of float64 ``(n_regions, 2)``
    """
    coarse = sum(direction_histograms(field, spans, n_regions, bins=bins) for field in fields)
    angle = (np.argmax(coarse, axis=1) + 0.5) * (2 * math.pi / bins)
    towards = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    # Rounding must not drop a vector that lies on the edge, as one all alone does at π/2.
    cosine = math.cos(half_angle) - 1e-9
    found = np.zeros((n_regions, 2))
    for _ in range(iterations):
        sums, counts = _selected(fields, spans, towards, cosine)
        mean = sums / np.maximum(counts, 1)[:, None]
        if np.array_equal(mean, found):
            break
        found = mean
        length = np.hypot(sums[:, 0], sums[:, 1])[:, None]
        towards = np.where(length > 0, sums / np.maximum(length, STILL**2), towards)
    return found


class FDM(Extractor):
    """The facial dynamics map as a transformer; see :func:`fdm` for parameters and reference.

    Examples
    --------
    >>> FDM().n_features, FDM(regions=(1, 1), times=2).get_feature_names_out().tolist()
    (512, ['t0_block0,0_u', 't0_block0,0_v', 't1_block0,0_u', 't1_block0,0_v'])
    """

    def __init__(
        self,
        regions: Regions = (8, 8),
        times: int = 4,
        half_angle: float = math.pi / 4,
        bins: int = 8,
        iterations: int = 30,
        pairs: str = "first",
        flow: str = "farneback",
        flow_params: dict[str, Any] | None = None,
        align: bool = True,
    ) -> None:
        self.regions = regions
        self.times = times
        self.half_angle = half_angle
        self.bins = bins
        self.iterations = iterations
        self.pairs = pairs
        self.flow = flow
        self.flow_params = flow_params
        self.align = align

    def _row(self, clip: Clip) -> np.ndarray:
        return fdm(clip.frames, clip.first_landmarks, **self.get_params())

    def _names(self) -> list[str]:
        return [
            f"t{t}_{region}_{component}"
            for t in range(self.times)
            for region in region_names(self.regions)
            for component in "uv"
        ]


@njit(cache=True, nogil=True)
def _selected(fields, spans, towards, cosine):  # type: ignore[no-untyped-def]
    """Sum and number of the vectors of each region within an angle of its direction."""
    sums = np.zeros(towards.shape)
    counts = np.zeros(len(towards), np.int64)
    for s in range(spans.shape[0]):
        region, y, start, stop = spans[s]
        tx, ty = towards[region]
        for t in range(fields.shape[0]):
            for x in range(start, stop):
                u, v = np.float64(fields[t, y, x, 0]), np.float64(fields[t, y, x, 1])
                length = math.sqrt(u * u + v * v)
                if length >= STILL and u * tx + v * ty >= cosine * length:
                    sums[region, 0] += u
                    sums[region, 1] += v
                    counts[region] += 1
    return sums, counts
