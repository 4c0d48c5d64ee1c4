"""From the curve of a spotter to intervals: contrast, peaks, onset and offset."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import BadInput

__all__ = ["COLUMNS", "contrast", "find_intervals", "find_peaks"]

#: Columns of a table of intervals; marks are frame numbers from 0, not always whole.
COLUMNS = ("onset", "apex", "offset", "score")


def contrast(curve: np.ndarray, k: int) -> np.ndarray:
    """How far each frame's value stands out from those `k` frames before and after.

    C_i = F_i − ½ (F_{i−k} + F_{i+k}), and 0 where that is negative (Moilanen et al. 2014). The
    first and last `k` values, for which a curve is not defined, stay 0; beyond them the last
    defined value is repeated.

    Examples
    --------
    >>> contrast(np.array([0.0, 1.0, 1.0, 4.0, 2.0, 1.0, 0.0]), 1).tolist()
    [0.0, 0.0, 0.0, 2.5, 0.0, 0.0, 0.0]
    """
    curve = np.asarray(curve, float)
    n = len(curve)
    if n < 2 * k + 1:
        return np.zeros(n)
    i = np.arange(n)
    before, after = curve[np.clip(i - k, k, None)], curve[np.clip(i + k, None, n - 1 - k)]
    out = np.maximum(curve - (before + after) / 2, 0)
    out[:k] = out[n - k :] = 0
    return out


def find_peaks(curve: np.ndarray, *, height: float = -np.inf, distance: float = 1) -> np.ndarray:
    """Where a curve is higher than before and after; of a level top, its middle.

    As :func:`scipy.signal.find_peaks`, which brings 40 MB of memory along.

    Parameters
    ----------
    curve : ndarray ``(T,)``
    height : float, optional
        Least value of a peak.
    distance : float, default 1
        Least number of frames between two peaks, the lower of which is left out.

    Returns
    -------
    ndarray of int, ascending

    Examples
    --------
    >>> curve = np.array([0, 2, 0, 3, 3, 3, 1, 5, 0])
    >>> find_peaks(curve).tolist(), find_peaks(curve, distance=3).tolist()
    ([1, 4, 7], [1, 4, 7])
    >>> find_peaks(curve, distance=4).tolist(), find_peaks(curve, height=3).tolist()
    ([1, 7], [4, 7])
    """
    curve = np.asarray(curve)
    ends = np.flatnonzero(curve[1:] != curve[:-1])  # of stretches of one value
    starts, values = ends[:-1] + 1, np.append(curve[ends], curve[-1:])
    top = (values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])
    peaks = ((starts + ends[1:]) // 2)[top]
    peaks = peaks[curve[peaks] >= height]
    kept = np.ones(len(peaks), bool)
    for i in np.argsort(curve[peaks])[::-1]:  # from the highest down
        for way in (-1, 1):
            near = i + way
            while kept[i] and 0 <= near < len(peaks) and abs(peaks[near] - peaks[i]) < distance:
                kept[near] = False
                near += way
    return peaks[kept]


def find_intervals(
    curve: np.ndarray,
    k: int,
    *,
    threshold: float | None = None,
    tau: float | None = None,
    stretch: float = 2.0,
) -> pd.DataFrame:
    """Peaks of the contrasted curve, and the intervals about them.

    Parameters
    ----------
    curve : ndarray ``(T,)``
    k : int
        Half the window that the curve was made with.
    threshold : float, optional
        Least height of a peak, in units of the curve.
    tau : float in [0, 1], optional
        Or, as in the papers, relative to the video itself: mean + τ (max − mean). A video in which
        nothing happens has peaks above that as well. Default: every peak is taken.
    stretch : float, default 2
        An interval begins as far before the apex as the curve's half height, times this, and ends
        alike. A movement that rises and falls as a cosine is at half its height halfway, hence 2;
        it is more for a measure that grows faster than the movement.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`; `score` is the height of the peak. Peaks are at least k/2 apart.

    Examples
    --------
    >>> curve = np.r_[np.zeros(10), 0, 1, 2, 3, 4, 3, 2, 1, 0, np.zeros(10)]
    >>> find_intervals(curve, 6, threshold=1).astype(int).values.tolist()
    [[10, 14, 18, 4]]
    """
    if threshold is not None and tau is not None:
        raise BadInput("Give a threshold or a tau, not both.")
    raised = contrast(curve, k)
    if tau is not None:
        threshold = float(raised.mean() + tau * (raised.max(initial=0) - raised.mean()))
    peaks = find_peaks(raised, distance=max(1, k // 2))
    peaks = peaks[raised[peaks] >= (threshold or 0)]
    peaks = peaks[raised[peaks] > 0]
    rows = [
        (p - stretch * _down(raised, p, -1), p, p + stretch * _down(raised, p, 1), raised[p])
        for p in peaks
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype=float)
    table["onset"] = table["onset"].clip(lower=0)
    table["offset"] = table["offset"].clip(upper=len(raised) - 1)
    return table


def _down(curve: np.ndarray, peak: int, way: int) -> float:
    """Frames from a peak to where the curve has fallen to half, between frames by a line."""
    half = curve[peak] / 2
    at = peak
    while 0 <= at + way < len(curve):
        if curve[at + way] <= half:
            return abs(at - peak) + float((curve[at] - half) / (curve[at] - curve[at + way]))
        at += way
    return float(abs(at - peak))
