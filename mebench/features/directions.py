"""Histograms of flow directions per region: the kernel under HOOF and Bi-WOOF."""

from __future__ import annotations

import math
import warnings

import numpy as np
from numba import njit

from ..errors import BadInput

__all__ = ["STILL", "direction_histograms", "normalised", "warn_of_empty"]

#: Motion below this, in pixels, is none: far below what any flow resolves, far above the
#: rounding that alignment leaves of a still face, which normalisation would blow up.
STILL = 1e-6


def direction_histograms(
    flow: np.ndarray,
    spans: np.ndarray,
    n_regions: int,
    *,
    bins: int = 8,
    fold: bool = False,
    affine: np.ndarray | None = None,
) -> np.ndarray:
    """Summed flow magnitudes per region and direction.

    Parameters
    ----------
    flow : ndarray ``(H, W, 2)``
        (u, v) in pixels, y down.
    spans : ndarray of int32 ``(n_spans, 4)``
        Regions as of :func:`~.regions.region_spans`.
    n_regions : int
    bins : int, default 8
    fold : bool, default False
        False: bin k holds directions from k·2π/bins on, 0 pointing right and π/2 down. True:
        left and right are one, atan2(v, |u|), and bin k holds those from −π/2 + k·π/bins on.
    affine : ndarray ``(2, 3)``, optional
        Head motion to take out first, from :func:`mebench.flow.fit_affine`.

    Returns
    -------
    ndarray of float64 ``(n_regions, bins)``, in pixels; not normalised

    Examples
    --------
    >>> right, down = np.zeros((2, 4, 4, 2))
    >>> right[..., 0], down[..., 1] = 1, 2
    >>> spans = np.array([[0, 1, 0, 3]], np.int32)  # three pixels of row 1
    >>> direction_histograms(right, spans, 1, bins=4).tolist()
    [[3.0, 0.0, 0.0, 0.0]]
    >>> direction_histograms(down, spans, 1, bins=4).tolist()
    [[0.0, 6.0, 0.0, 0.0]]
    """
    if bins < 1:
        raise BadInput(f"bins must be at least 1, found {bins}.")
    change = np.zeros((2, 3)) if affine is None else np.asarray(affine, float) - np.eye(2, 3)
    return _vote(np.asarray(flow), change, spans, n_regions, bins, fold)


def normalised(histograms: np.ndarray) -> np.ndarray:
    """Each histogram (last axis) divided by its sum; one without a vote stays zero."""
    total = histograms.sum(axis=-1, keepdims=True)
    return np.divide(histograms, total, out=np.zeros_like(histograms), where=total > 0)


def warn_of_empty(spans: np.ndarray, n_regions: int) -> None:
    """Warn if some regions hold no pixel, as where a face is cut off."""
    empty = n_regions - len(np.unique(spans[:, 0]))
    if empty:
        warnings.warn(
            f"{empty} of {n_regions} regions hold no pixel of the frame and give zeros; is the "
            "face cut off?",
            RuntimeWarning,
            stacklevel=3,
        )


@njit(cache=True, nogil=True)
def _vote(flow, change, spans, n_regions, bins, fold):  # type: ignore[no-untyped-def]
    out = np.zeros((n_regions, bins))
    a, b, c = change[0]
    d, e, f = change[1]
    lowest = -math.pi / 2 if fold else 0.0
    per_radian = bins / (math.pi if fold else 2 * math.pi)
    for s in range(spans.shape[0]):
        region, y, start, stop = spans[s]
        for x in range(start, stop):
            # A[x + w; 1] − x = w + (A − I)[x + w; 1]
            qx = x + np.float64(flow[y, x, 0])
            qy = y + np.float64(flow[y, x, 1])
            u = flow[y, x, 0] + (a * qx + b * qy + c)
            v = flow[y, x, 1] + (d * qx + e * qy + f)
            length = math.sqrt(u * u + v * v)
            if length < STILL:
                continue
            angle = math.atan2(v, abs(u) if fold else u)
            if angle < lowest:
                angle += 2 * math.pi
            # Rounding may carry the upper end of the range to the bin after the last.
            k = min(int((angle - lowest) * per_radian), bins - 1)
            out[region, k] += length
    return out
