"""The course of a movement about a peak: where it begins and ends, and what is no expression."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .block_paths import edge, noise_of
from .peaks import find_peaks

__all__ = ["REACH", "among_others", "edges_of", "stays_away"]

#: Talk: so many other peaks, so high as a share of this one's and in deviations of the curve, so
#: many seconds near (our choice).
_OTHERS, _SHARE, _DEVIATIONS, REACH = 2, 0.3, 6.0, 1.6


def edges_of(
    curve: np.ndarray, moved: np.ndarray, pattern: np.ndarray, least: float, reach: int,
    recurring: float = 0.0,
) -> np.ndarray:  # fmt: skip
    """Frames from onset to apex and from apex to offset ``(T, 2)``; NaN where there is no peak.

    Neither is further away than `reach` frames. What comes back so high twice within that, as a
    syllable does, is no peak either, if `recurring` says how high.

    The course of the movement at a peak is what of it is in each frame: the displacements of the
    blocks ``(T, n_blocks, 2)`` projected on the pattern that they have at the peak.
    """
    out = np.full((len(curve), 2), np.nan)
    peaks = find_peaks(curve, height=least)
    for peak in peaks:
        first = max(peak - reach, 0)
        course = np.tensordot(moved[first : peak + reach + 1], pattern[peak], 2)
        if (height := course[peak - first]) <= 0:
            continue
        course, at = course / height, peak - first
        before, after = (edge(course, at, way) for way in (-1, 1))
        if recurring:
            again = find_peaks(course, height=recurring)
            if ((again < at - before - 1) | (again > at + after + 1)).sum() >= _OTHERS:
                continue
        out[peak] = before, after
    return out


def stays_away(
    path: np.ndarray, pattern: np.ndarray, edges: np.ndarray, beside: int, most: float
) -> np.ndarray:
    """Whether the face lies elsewhere after the movement at a peak than before it ``(T,)``.

    What goes to one side only is a turn of the head, or the beginning of something longer. `path`
    are displacements ``(T, n, 2)`` that keep what stays; they are looked at along the pattern that
    the movement has at its peak, so many frames `beside` its onset and its offset, and may differ
    by a share `most` of its height.
    """
    out = np.zeros(len(path), bool)
    for peak in np.flatnonzero(np.isfinite(edges[:, 0])):
        before, after = (round(frames) + beside for frames in edges[peak])
        ends = path[[max(peak - before, 0), min(peak + after, len(path) - 1)]]
        start, high, end = np.tensordot([ends[0], path[peak], ends[1]], pattern[peak], 2)
        out[peak] = abs(end - start) > most * abs(high - (start + end) / 2)
    return out


def among_others(
    rows: pd.DataFrame, peaks: np.ndarray, curve: np.ndarray, seen: np.ndarray, fps: float
) -> np.ndarray:
    """Whether each has several other peaks near it, nearly as high above the usual level.

    `peaks` rise; `seen` are the values of the curve where the face is seen.
    """
    level = float(np.median(seen))
    loud = _DEVIATIONS * float(noise_of(seen))
    out = np.zeros(len(rows), bool)
    columns = (rows[c].to_numpy(float) for c in ("onset", "apex", "offset", "score"))
    for i, (onset, apex, offset, score) in enumerate(zip(*columns, strict=True)):
        first = np.searchsorted(peaks, apex - REACH * fps, side="right")
        near = peaks[first : np.searchsorted(peaks, apex + REACH * fps)]
        near = near[(near < onset - 1) | (near > offset + 1)]
        out[i] = (curve[near] > level + max(_SHARE * (score - level), loud)).sum() >= _OTHERS
    return out
