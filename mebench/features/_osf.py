"""OSF: the optical strain map of a clip."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from ..errors import BadInput
from ..flow import strain
from .motion import FlowExtractor, Pairs, aligned_flows

__all__ = ["OSF", "mean_strain", "osf", "region_strain"]


#: Strain below this is rounding: far below what any flow resolves.
_UNSTRAINED = 1e-6


def osf(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    size: tuple[int, int] = (50, 50),
    pairs: Pairs = "first",
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    align: bool = False,
) -> np.ndarray:
    """Optical strain map of one clip: where the skin is deformed, and how much against the rest.

    The strain magnitude of each pixel, averaged over the clip, divided by the largest of all
    pixels, and resized.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``, T ≥ 2
    landmarks : ndarray ``(68, 2)``, optional
        (x, y) of the first frame; needed by `align`.
    size : (rows, columns), default (50, 50)
        The paper's.
    pairs : {'first', 'consecutive'} or (int, int), default 'first'
        As in :func:`~.hoof.hoof`; our choice.
    flow : str, default 'farneback'
        By name (:func:`mebench.flow.flow`); our choice.
    flow_params : dict, optional
        Passed on to the flow.
    align : bool, default False
        Take out the head's motion first, as :func:`~.mdmo.mdmo` does. Strain does not see
        translations and small rotations anyway.

    Returns
    -------
    ndarray of float64 ``(rows · columns,)``
        From 0 to 1, row by row; all zero if nothing is strained.

    Raises
    ------
    BadInput
        Too few or too small frames, landmarks missing, or unknown options.

    See Also
    --------
    osw_lbp_top : Strain as weights of patterns.
    mebench.flow.strain : Of one flow.

    Notes
    -----
    Resized by averaging over areas (our choice). The authors also cut off strain that is very
    small or very large before averaging, by thresholds that are not known to us; this is left
    out.

    References
    ----------
    S.-T. Liong, J. See, R. C.-W. Phan, A. C. Le Ngo, Y.-H. Oh and K. Wong, "Subtle Expression
    Recognition using Optical Strain Weighted Features", ACCV Workshops 2014; S.-T. Liong et
    al., "Spontaneous Subtle Expression Detection and Recognition based on Facial Strain",
    Signal Processing: Image Communication 47, 2016.

    Examples
    --------
    The left half is stretched, the right half moves as a whole:

    >>> def stretch(a, b):
    ...     y, x = np.mgrid[: a.shape[0], : a.shape[1]]
    ...     return np.stack([np.minimum(0.1 * x, 2.0), 0.0 * y], axis=-1)
    >>> print(osf(np.zeros((3, 20, 40)), size=(1, 4), flow=stretch).round(2))
    [1.   1.   0.05 0.  ]
    """
    if len(size) != 2 or min(size) < 1:
        raise BadInput(f"size must be two positive numbers (rows, columns), found {size!r}.")
    total = mean_strain(
        video, landmarks, pairs=pairs, flow=flow, flow_params=flow_params, align=align
    )
    largest = total.max()
    if largest > 0:
        total /= largest
    small = cv2.resize(total, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float64).ravel()


def mean_strain(
    video: np.ndarray,
    landmarks: np.ndarray | None = None,
    *,
    pairs: Pairs = "first",
    flow: str = "farneback",
    flow_params: dict[str, Any] | None = None,
    align: bool = False,
) -> np.ndarray:
    """Strain magnitude of each pixel, averaged over the pairs of frames.

    Parameters
    ----------
    video, landmarks, pairs, flow, flow_params, align
        As in :func:`osf`.

    Returns
    -------
    ndarray of float64 ``(H, W)``
    """
    fields = aligned_flows(
        video, landmarks, pairs=pairs, flow=flow, flow_params=flow_params, align=align
    )
    total = np.zeros(fields.shape[1:3])
    for field in fields:
        total += strain(field)
    # What alignment leaves of a still face is rounding, and a share of it would be noise.
    total /= len(fields)
    total[total < _UNSTRAINED] = 0
    return total


def region_strain(
    strain_map: np.ndarray, spans: np.ndarray, n_regions: int, weight: str = "mean"
) -> np.ndarray:
    """Strain of each region, over its pixels.

    Parameters
    ----------
    strain_map : ndarray ``(H, W)``
    spans : ndarray of int32 ``(n_spans, 4)``
        Regions as of :func:`~.regions.region_spans`.
    n_regions : int
    weight : {'mean', 'sum'}, default 'mean'

    Returns
    -------
    ndarray of float64 ``(n_regions,)``; 0 for a region without a pixel

    Examples
    --------
    >>> region_strain(np.arange(6.0).reshape(2, 3), np.array([[1, 0, 1, 3]], np.int32), 2)
    array([0. , 1.5])
    """
    along = np.pad(np.cumsum(strain_map, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    region, y, start, stop = spans.T
    total: np.ndarray = np.bincount(region, along[y, stop] - along[y, start], n_regions)
    if weight == "mean":
        total = total / np.maximum(np.bincount(region, stop - start, n_regions), 1)
    return total


class OSF(FlowExtractor):
    """The optical strain map as a transformer; see :func:`osf` for parameters and references.

    See Also
    --------
    osf : The function of one clip.

    Examples
    --------
    >>> OSF().n_features
    2500
    """

    _function = staticmethod(osf)

    def __init__(
        self,
        size: tuple[int, int] = (50, 50),
        pairs: str = "first",
        flow: str = "farneback",
        flow_params: dict[str, Any] | None = None,
        align: bool = False,
    ) -> None:
        self.size = size
        self.pairs = pairs
        self.flow = flow
        self.flow_params = flow_params
        self.align = align

    def _names(self) -> list[str]:
        return [f"pixel{r},{c}" for r in range(self.size[0]) for c in range(self.size[1])]
