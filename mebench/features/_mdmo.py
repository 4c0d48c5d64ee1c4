"""MDMO: the main directional mean optical flow of 36 facial regions."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numba import njit

from ..clip import grey
from ..errors import BadInput
from ..preprocessing._texture import texture as texture_of
from .directions import STILL
from .motion import FlowExtractor, Pairs, pair_flows
from .regions import Regions, region_names, region_spans

__all__ = ["MDMO", "main_directions", "mdmo", "weigh"]

_BINS = ("centred", "from-zero")


def mdmo(
    video: np.ndarray,
    landmarks: np.ndarray | None,
    *,
    regions: Regions = "mdmo",
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    align: bool = True,
    weight: float = 0.9,
    weighting: str = "vector",
    bins: str = "centred",
    texture: bool = False,
    pairs: Pairs = "first",
) -> np.ndarray:
    """MDMO of one clip: per region, how far and where to its main motion goes.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``, T ≥ 2
    landmarks : ndarray ``(68, 2)``
        (x, y) of the first frame.
    regions : str or (rows, columns), default 'mdmo'
        The 36 regions of the paper, or others (:func:`~.regions.region_spans`).
    flow : str, default 'farneback'
        Optical flow from the first frame to every later one, by name. The paper uses a robust
        variational flow; re-implementations use Farnebäck's.
    flow_params : dict, optional
        Passed on to the flow.
    align : bool, default True
        Take out the head's motion: an affine map fitted to the flow at 13 landmarks that
        expressions move least.
    weight : float in [0, 1], default 0.9
        λ, between magnitudes and angles; 0.9 in the paper's experiments as later work quotes
        them. The exact place of λ in the paper is unverified, see `weighting`.
    weighting : {'vector', 'kernel'}, default 'vector'
        Scale the features by λ and 1 − λ; or by their square roots, so that λ and 1 − λ
        weigh the terms of an inner product.
    bins : {'centred', 'from-zero'}, default 'centred'
        Where the eight bins of directions lie: centred on the multiples of 45°, or from each
        multiple of 45° to the next. Both readings are in public re-implementations; which is
        the authors' is not known to us.
    texture : bool, default False
        Measure flow between the textures of the frames (:func:`mebench.preprocessing.texture`),
        which light hardly touches: what a thesis that replicates MDMO does for SMIC and CASME.
    pairs : {'first', 'consecutive'} or (int, int), default 'first'
        As in :func:`~.hoof.hoof`. The paper's flow goes from the first frame to each later one.

    Returns
    -------
    ndarray of float64 ``(2 · n_regions,)``
        λ·ρ of all regions, with ρ divided by the largest of the clip, then (1−λ)·θ of all
        regions, radians in (−π, π], 0 pointing right and π/2 down.

    Raises
    ------
    BadInput
        Fewer than two frames, no landmarks, `weight` outside [0, 1], or unknown options.

    Warns
    -----
    RuntimeWarning
        Regions without a pixel, which count as motionless.

    See Also
    --------
    main_directions : The main motions before they are averaged and weighed.
    frame_mdmo : One vector per frame.
    fdm : One principal motion per cuboid of space and time.

    Notes
    -----
    In each frame the directions of a region's pixels fall into eight bins of 45°; the frame's
    vector is the mean (u, v) of the fullest bin, the first among
    equals. Frame vectors are averaged as (u, v). Averaging magnitudes and angles apart, as
    some ports do, breaks down where angles wrap around.

    References
    ----------
    Y.-J. Liu et al., "A Main Directional Mean Optical Flow Feature for Spontaneous
    Micro-Expression Recognition", IEEE Trans. Affective Computing 7(4), 2016.

    Examples
    --------
    Everything moves one pixel to the right, and alignment is off:

    >>> import numpy as np
    >>> y, x = np.mgrid[:64, :64]
    >>> still = 128 + 60 * np.sin(x / 5) * np.cos(y / 6)
    >>> video = np.stack([still, np.roll(still, 1, axis=1)])
    >>> mdmo(video, None, regions=(1, 1), align=False).round(2) + 0.0
    array([0.9, 0. ])
    """
    return weigh(
        main_directions(
            video,
            landmarks,
            regions=regions,
            flow=flow,
            flow_params=flow_params,
            align=align,
            bins=bins,
            texture=texture,
            pairs=pairs,
        ).mean(axis=0),
        weight=weight,
        weighting=weighting,
    )


def main_directions(
    video: np.ndarray,
    landmarks: np.ndarray | None,
    *,
    regions: Regions = "mdmo",
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    align: bool = True,
    bins: str = "centred",
    texture: bool = False,
    pairs: Pairs = "first",
) -> np.ndarray:
    """The mean (u, v) of each region's main direction, frame by frame.

    Parameters
    ----------
    video, landmarks, regions, flow, flow_params, align, bins, texture, pairs
        As in :func:`mdmo`.

    Returns
    -------
    ndarray of float64 ``(n_pairs, n_regions, 2)``, in pixels; motions under a millionth of a
    pixel are zero
    """
    if bins not in _BINS:
        raise BadInput(f"bins must be {' or '.join(map(repr, _BINS))}, found {bins!r}.")
    video = grey(np.asarray(video))
    n_regions = len(region_names(regions))
    spans = region_spans(regions, video.shape[1:3], landmarks)
    empty = n_regions - len(np.unique(spans[:, 0]))
    if empty:
        warnings.warn(
            f"{empty} of {n_regions} regions hold no pixel of the frame and count as "
            "motionless; is the face cut off?",
            RuntimeWarning,
            stacklevel=2,
        )
    fields, affines = pair_flows(
        texture_of(video) if texture else video,
        landmarks,
        pairs=pairs,
        flow=flow,
        flow_params=flow_params,
        align=align,
    )
    out = np.empty((len(fields), n_regions, 2))
    for i, (field, affine) in enumerate(zip(fields, affines, strict=True)):
        affine = np.eye(2, 3) if affine is None else affine
        out[i] = _main_directions(field, affine, spans, n_regions, bins == "centred")
    # Relative magnitudes would blow up the rounding of a motionless frame's alignment.
    out[np.hypot(out[..., 0], out[..., 1]) < STILL] = 0
    return out


def weigh(vectors: np.ndarray, *, weight: float = 0.9, weighting: str = "vector") -> np.ndarray:
    """Region vectors as features: relative magnitudes and angles, weighted by λ and 1 − λ.

    Parameters
    ----------
    vectors : ndarray ``(..., n_regions, 2)``
    weight, weighting
        As in :func:`mdmo`.

    Returns
    -------
    ndarray ``(..., 2 · n_regions)``

    Examples
    --------
    >>> weigh(np.array([[0.0, 3.0], [-1.0, 0.0]])).round(3).tolist()
    [0.9, 0.3, 0.157, 0.314]
    """
    if not 0 <= weight <= 1:
        raise BadInput(f"weight (λ) must lie in [0, 1], found {weight}.")
    if weighting not in ("vector", "kernel"):
        raise BadInput(f"weighting must be 'vector' or 'kernel', found {weighting!r}.")
    power = 1.0 if weighting == "vector" else 0.5
    rho = np.hypot(vectors[..., 0], vectors[..., 1])
    largest = rho.max(axis=-1, keepdims=True)
    rho = np.divide(rho, largest, out=np.zeros_like(rho), where=largest > 0)
    # Adding 0 turns −0 into 0, whose angle is 0 rather than ±π.
    theta = np.arctan2(vectors[..., 1] + 0.0, vectors[..., 0] + 0.0)
    theta[theta == -np.pi] = np.pi
    return np.concatenate([weight**power * rho, (1 - weight) ** power * theta], axis=-1)


class MDMO(FlowExtractor):
    """MDMO as a transformer; see :func:`mdmo` for the parameters and the reference.

    The clips need landmarks.

    See Also
    --------
    mdmo : The function of one clip.

    Examples
    --------
    >>> MDMO().n_features, MDMO().get_feature_names_out()[[0, -1]].tolist()
    (72, ['roi0_rho', 'roi35_theta'])
    """

    _function = staticmethod(mdmo)

    def __init__(
        self,
        regions: Regions = "mdmo",
        flow: str = "farneback",
        flow_params: dict[str, Any] | None = None,
        align: bool = True,
        weight: float = 0.9,
        weighting: str = "vector",
        bins: str = "centred",
        texture: bool = False,
        pairs: str = "first",
    ) -> None:
        self.regions = regions
        self.flow = flow
        self.flow_params = flow_params
        self.align = align
        self.weight = weight
        self.weighting = weighting
        self.bins = bins
        self.texture = texture
        self.pairs = pairs

    def _names(self) -> list[str]:
        regions = region_names(self.regions)
        return [f"{r}_rho" for r in regions] + [f"{r}_theta" for r in regions]


_OCTANT = math.tan(math.pi / 8)


@njit(cache=True, nogil=True)
def _octant(u, v) -> int:  # type: ignore[no-untyped-def]
    """The eighth of the circle, centred on k·45°, without an arc tangent; 0 of no motion."""
    if u == 0 and v == 0:
        return 0
    if abs(v) < _OCTANT * abs(u):
        return 0 if u > 0 else 4
    if abs(u) < _OCTANT * abs(v):
        return 2 if v > 0 else 6
    if u > 0:
        return 1 if v > 0 else 7
    return 3 if v > 0 else 5


@njit(cache=True, nogil=True)
def _from_zero(u, v) -> int:  # type: ignore[no-untyped-def]
    """The eighth of the circle that begins at k·45°; 0 of no motion."""
    if v >= 0 and (u > 0 or v == 0 == u):
        return 0 if v < u or u == 0 else 1
    if v > 0:
        return 2 if v > -u else 3
    if u < 0:
        return 4 if v > u else 5
    return 6 if u < -v else 7


@njit(cache=True, nogil=True)
def _main_directions(flow, affine, spans, n_regions, centred):  # type: ignore[no-untyped-def]
    counts = np.zeros((n_regions, 8), np.int64)
    sums = np.zeros((n_regions, 8, 2))
    a, b, c = affine[0]
    d, e, f = affine[1]
    for s in range(spans.shape[0]):
        region, y, start, stop = spans[s]
        for x in range(start, stop):
            # A[x + flow(x); 1] − x
            qx = x + np.float64(flow[y, x, 0])
            qy = y + np.float64(flow[y, x, 1])
            u = a * qx + b * qy + c - x
            v = d * qx + e * qy + f - y
            k = _octant(u, v) if centred else _from_zero(u, v)
            counts[region, k] += 1
            sums[region, k, 0] += u
            sums[region, k, 1] += v
    out = np.zeros((n_regions, 2))
    for r in range(n_regions):
        k = np.argmax(counts[r])
        if counts[r, k] > 0:
            out[r, 0], out[r, 1] = sums[r, k, 0] / counts[r, k], sums[r, k, 1] / counts[r, k]
    return out
