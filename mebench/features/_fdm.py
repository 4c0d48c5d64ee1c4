"""FDM: the facial dynamics map, one principal motion per cuboid of space and time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from ..errors import BadInput
from .directions import STILL, warn_of_empty
from .motion import FlowExtractor, Pairs, aligned_flows
from .regions import Regions, block_ranges, region_names, region_spans

__all__ = ["FDM", "fdm", "principal_vectors"]


def fdm(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    regions: Regions = (8, 8),
    times: int = 4,
    half_angle: float = math.pi / 4,
    pairs: Pairs = "first",
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
    pairs : {'first', 'consecutive'} or (int, int), default 'first'
        As in :func:`~.hoof.hoof`; our choice.
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

    See Also
    --------
    mdmo : One main motion per region of the face and clip.
    hoof : All directions, as histograms.

    Notes
    -----
    From memory of the paper, unverified: the principal direction of a cuboid is the unit ξ
    that maximises Σ⟨w, ξ⟩ over the flow vectors w within a half-angle of ξ. The paper selects
    and averages in turn, which may stop at a lesser maximum; here all directions are searched,
    as a window over the sorted directions of the vectors, and the largest maximum is found.
    That the feature is the mean of the selected vectors is our choice.

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
    fields = aligned_flows(
        video, landmarks, pairs=pairs, flow=flow, flow_params=flow_params, align=align
    )
    n_regions = len(region_names(regions))
    spans = region_spans(regions, fields.shape[1:3], landmarks)
    warn_of_empty(spans, n_regions)
    parts = block_ranges(0, len(fields), times)
    found = [principal_vectors(fields[a:b], spans, n_regions, half_angle) for a, b in parts]
    return np.stack(found).ravel()


def principal_vectors(
    fields: np.ndarray, spans: np.ndarray, n_regions: int, half_angle: float = math.pi / 4
) -> np.ndarray:
    """Mean of the flow vectors around each region's principal direction.

    Parameters
    ----------
    fields : ndarray ``(n, H, W, 2)``
        Flows of one cuboid's frames.
    spans : ndarray of int32 ``(n_spans, 4)``
    n_regions : int
    half_angle : float, default π/4
        As in :func:`fdm`.

    Returns
    -------
    ndarray of float64 ``(n_regions, 2)``
    """
    first, vectors = _by_region(fields, spans, n_regions)
    return _principal(first, vectors, half_angle)


class FDM(FlowExtractor):
    """The facial dynamics map as a transformer; see :func:`fdm` for parameters and reference.

    See Also
    --------
    fdm : The function of one clip.

    Examples
    --------
    >>> FDM().n_features, FDM(regions=(1, 1), times=2).get_feature_names_out().tolist()
    (512, ['t0_block0,0_u', 't0_block0,0_v', 't1_block0,0_u', 't1_block0,0_v'])
    """

    version = 2
    _function = staticmethod(fdm)

    def __init__(
        self,
        regions: Regions = (8, 8),
        times: int = 4,
        half_angle: float = math.pi / 4,
        pairs: str = "first",
        flow: str = "farneback",
        flow_params: dict[str, Any] | None = None,
        align: bool = True,
    ) -> None:
        self.regions = regions
        self.times = times
        self.half_angle = half_angle
        self.pairs = pairs
        self.flow = flow
        self.flow_params = flow_params
        self.align = align

    def _components(self) -> list[str]:
        return ["u", "v"]


@njit(cache=True, nogil=True)
def _by_region(fields, spans, n_regions):  # type: ignore[no-untyped-def]
    """The moving vectors of region 0, then those of region 1, …, and where each begins."""
    first = np.zeros(n_regions + 1, np.int64)
    vectors = np.empty((0, 2))
    for filling in (False, True):  # first they are counted
        end = first.copy()
        for s in range(spans.shape[0]):
            region, y, start, stop = spans[s]
            for t in range(fields.shape[0]):
                for x in range(start, stop):
                    u, v = np.float64(fields[t, y, x, 0]), np.float64(fields[t, y, x, 1])
                    if math.sqrt(u * u + v * v) >= STILL:
                        if filling:
                            vectors[end[region], 0], vectors[end[region], 1] = u, v
                        end[region] += 1
        if not filling:
            for r in range(n_regions):
                first[r + 1] = first[r] + end[r]
            vectors = np.empty((first[n_regions], 2))
    return first, vectors


@njit(cache=True, nogil=True)
def _principal(first, vectors, half_angle):  # type: ignore[no-untyped-def]
    out = np.zeros((len(first) - 1, 2))
    # Rounding must not drop a vector that lies on the edge of the window.
    cosine = math.cos(half_angle) - 1e-9
    for region in range(len(out)):
        own = vectors[first[region] : first[region + 1]]
        if len(own) == 0:
            continue
        angle = _best_direction(own, half_angle)
        tx, ty = math.cos(angle), math.sin(angle)
        n = 0
        for i in range(len(own)):
            u, v = own[i, 0], own[i, 1]
            if u * tx + v * ty >= cosine * math.sqrt(u * u + v * v):
                out[region, 0] += u
                out[region, 1] += v
                n += 1
        out[region, 0] /= max(n, 1)
        out[region, 1] /= max(n, 1)
    return out


@njit(cache=True, nogil=True)
def _best_direction(vectors, half_angle):  # type: ignore[no-untyped-def]
    """The angle of the unit ξ with the largest Σ⟨w, ξ⟩ over all w within the half-angle of ξ.

    As ξ turns once around, vectors enter the window in the order of their angles and leave it
    in that order. Between two such events the sum S of those inside stays, and with it grows
    |S|·cos(angle between S and ξ): largest at S, if that lies between the events, else at one.
    """
    n = len(vectors)
    angles = np.empty(n)
    for i in range(n):
        angles[i] = math.atan2(vectors[i, 1], vectors[i, 0])
    order = _in_order(angles)
    around = np.empty(2 * n)  # the angles, twice around
    sums = np.zeros((2 * n + 1, 2))  # of the first so many vectors
    for k in range(2 * n):
        i = order[k % n]
        around[k] = angles[i] + (2 * math.pi if k >= n else 0.0)
        sums[k + 1, 0] = sums[k, 0] + vectors[i, 0]
        sums[k + 1, 1] = sums[k, 1] + vectors[i, 1]
    best, found = -1.0, 0.0
    low, high = 0, 1  # inside are low … high − 1
    start = around[0] - half_angle  # where the first one enters
    while low < n:
        enters = around[high] - half_angle if high < 2 * n else math.inf
        leaves = around[low] + half_angle
        stop = min(enters, leaves)
        x, y = sums[high, 0] - sums[low, 0], sums[high, 1] - sums[low, 1]
        length = math.sqrt(x * x + y * y)
        if length > best:  # else no ξ can do better
            at = math.atan2(y, x)
            middle = (start + stop) / 2
            at += 2 * math.pi * math.floor((middle - at) / (2 * math.pi) + 0.5)
            towards = min(max(at, start), stop)
            reward = length * math.cos(towards - at)
            if reward > best:
                best, found = reward, towards
        start = stop
        if enters <= leaves:
            high += 1
        else:
            low += 1
            if low == high and low < n:  # nothing is inside until the next one enters
                start = around[high] - half_angle
                high += 1
    return found


@njit(cache=True, nogil=True)
def _in_order(values):  # type: ignore[no-untyped-def]
    """Like a stable argsort, in three passes over digits of 11 bits."""
    n = len(values)
    lowest = highest = values[0]
    for i in range(n):
        lowest, highest = min(lowest, values[i]), max(highest, values[i])
    span = highest - lowest
    scale = (2.0**33 - 1) / span if span > 0 else 0.0
    keys, order, other = np.empty(n, np.uint64), np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        keys[i], order[i] = np.uint64((values[i] - lowest) * scale), i
    for place in range(3):
        shift, digit = np.uint64(11 * place), np.uint64(2047)
        begins = np.zeros(2049, np.int64)
        for i in range(n):
            begins[((keys[i] >> shift) & digit) + np.uint64(1)] += 1
        for d in range(2048):
            begins[d + 1] += begins[d]
        for k in range(n):
            d = (keys[order[k]] >> shift) & digit
            other[begins[d]] = order[k]
            begins[d] += 1
        order, other = other, order
    # Few values have the same 33 bits and are still apart.
    for k in range(1, n):
        i, at = order[k], k
        while at > 0 and values[order[at - 1]] > values[i]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i
    return order
