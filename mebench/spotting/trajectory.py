"""Spotting by paths: where each block of the face is, against where it is most of the time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from .block_paths import N_BLOCKS, block_flows, edge, noise_of, paths, usual
from .spotter import KINDS, Spotter, as_table, fitting, highest

__all__ = ["TrajectorySpotter"]

# All our choice, in seconds unless it says otherwise.
_RATE = 30.0  # frames per second that are looked at, about (23 to 45); faster ones are thinned out
_LAGS = (0.1, 0.27, 1.0)  # of the flows
_COARSE = 0.1  # between looks at what is slow
_SMOOTH = {"micro": 0.033, "macro": 0.083}  # of the Gaussian over time
#: Windows of the running median: what lasts longer than half of one is partly taken for usual.
_MEDIAN = {"micro": 1.17, "macro": 5.0}
_APART = {"micro": 0.13, "macro": 0.4}  # least between two peaks
_HIGH = 1.5  # times the median of the curve that a peak must have
#: The span that paths are found over; how much of it follows the last frame that is said
#: something of; how often; the first time.
_BACK, _AHEAD, _OFTEN, _FIRST = 20.0, 4.0, 2.0, 12.0
#: Factors of second degree in the head's movement, in distances between the eyes, above which it
#: turns. Talk and expressions stay below 0.045; turns of 8 pixels of a face 220 wide reach 0.08.
_TURN = 0.055
_NEAR_TURN = 0.15  # before and after such a turn
_SLACK = 0.07  # share by which an expression may be too long or too short for its kind
#: Talk: so many other peaks, so high as a share of this one's, so near.
_OTHERS, _SHARE, _REACH = 2, 0.3, 1.2
#: Least noise of a block, in distances between the eyes: a tenth of what a camera has. A picture
#: that stands still has none.
_LEAST_NOISE = 1e-5


@dataclass(frozen=True)
class TrajectorySpotter(Spotter):
    """Blocks that leave their usual place and come back, together.

    After He (2021), who follows 14 regions of a face, held still by the flow of the nose's tip,
    and looks for peaks of their movement over time. How each step is done here is our choice:

    - flow over 0.1, 0.27 and 1 s, at about 30 frames per second, of the face with the eyes covered;
      a polynomial of second degree, which is the head's, is taken out, and the rest averaged in
      6 × 6 blocks;
    - the path of each block is what agrees best with all these flows, by least squares;
    - of the path its running median is subtracted, over 1.17 s for micro- and 5 s for
      macro-expressions: what comes and goes within half of that is kept at its full height, and
      what rises slowly or stays leaves nothing;
    - the curve of micro-expressions is the root mean square over the blocks of what is left, in
      units of each block's own noise; that of macro-expressions is the mean length, in distances
      between the eyes;
    - at a peak, the blocks' displacements are what the movement looks like. The displacements of
      the frames before and after it, projected on that, are its course, and onset and offset are
      read off the course.

    Peaks do not count while the head turns and comes back within 2.5 s, nor do, as
    micro-expressions, peaks that have two others three tenths as high within 1.2 s, as syllables
    have.

    Noise and medians are those of the 16 to 18 s before a frame and the 4 to 6 s after it. Videos
    of less than 20 frames per second are too coarse for micro-expressions.

    References
    ----------
    Y. He, "Research on Micro-Expression Spotting Method Based on Optical Flow Features", ACM
    Multimedia 2021, doi 10.1145/3474085.3479225.
    """

    columns: ClassVar[tuple[str, ...]] = (
        *KINDS, "turn", "micro_before", "micro_after", "macro_before", "macro_after",
    )  # fmt: skip

    def rows(self, images: Iterable[np.ndarray | None], fps: float) -> Iterator[tuple[float, ...]]:
        """See :meth:`Spotter.rows`.

        ``turn`` is how far the head is turned from where it looks mostly, infinite where the face
        is lost; ``micro_before`` and so on are, at peaks, the frames from onset to apex and from
        apex to offset, and NaN elsewhere.
        """
        step = max(1, round(fps / _RATE))
        seen = given = 0

        def thinned() -> Iterator[np.ndarray | None]:
            nonlocal seen
            for image in images:
                seen += 1
                if (seen - 1) % step == 0:
                    yield image

        last: np.ndarray | None = None
        for row in _found(thinned(), fps / step):
            row[3:] *= step
            if last is not None:
                for i in range(1, step):
                    between = last[:2] + (row[:2] - last[:2]) * (i / step)
                    yield (*between, max(last[2], row[2]), *[np.nan] * 4)
            yield tuple(row)
            given += 1 if last is None else step
            last = row
        for _ in range(seen - given):
            assert last is not None
            yield (*last[:3], *[np.nan] * 4)

    def settings(self, fps: float) -> str:
        """See :meth:`Spotter.settings`."""
        step = max(1, round(fps / _RATE))
        constants = (_LAGS, _COARSE, _SMOOTH, _MEDIAN, _HIGH, _BACK, _AHEAD, _OFTEN, _FIRST,
                     _LEAST_NOISE)  # fmt: skip
        return f"{__name__} {step} {constants}"

    def delay(self, fps: float) -> tuple[int, int]:
        """See :meth:`Spotter.delay`; only the first rows come later, after 12 s."""
        return round((_AHEAD + _OFTEN) * fps) + 1, round((_REACH + 0.5) * fps)

    def ignored(self, curves: pd.DataFrame, kind: str, fps: float) -> np.ndarray:
        """Where the head is turned, or the face lost."""
        return ~(curves["turn"].to_numpy(float) <= _TURN)

    def candidates(self, curves: pd.DataFrame, fps: float) -> pd.DataFrame:
        """See :meth:`Spotter.candidates`."""
        near = round(_NEAR_TURN * fps)
        n, found = len(curves), []
        seen = np.isfinite(curves["turn"].to_numpy(float))
        for kind in KINDS:
            # How many frames before each one are turned.
            turned = np.r_[0, np.cumsum(self.ignored(curves, kind, fps))]
            curve = curves[kind].to_numpy(float)
            level = float(np.median(curve[seen])) if seen.any() else 0.0
            before, after = (
                curves[f"{kind}_{side}"].to_numpy(float) for side in ("before", "after")
            )
            peaks, _ = find_peaks(curve, distance=max(1, round(_APART[kind] * fps)))
            at = peaks[np.isfinite(before[peaks])]
            rows = pd.DataFrame({
                "kind": kind, "onset": np.clip(at - before[at], 0, None), "apex": at,
                "offset": np.clip(at + after[at], None, n - 1), "score": curve[at],
            })  # fmt: skip
            rows = highest(rows)
            first = np.clip(rows["onset"].to_numpy(float).astype(int) - near, 0, None)
            end = np.clip(rows["offset"].to_numpy(float).astype(int) + near + 1, None, n)
            rows = rows[turned[end] == turned[first]]
            if kind == "micro":
                rows = rows[~_among_others(rows, peaks, curve, level, fps)]
            found.append(fitting(rows, kind, fps, _SLACK))
        return as_table(pd.concat(found, ignore_index=True), fps)


def _found(images: Iterable[np.ndarray | None], rate: float) -> Iterator[np.ndarray]:
    """Rows of the frames that are looked at, ``rate`` per second, while they come in."""
    lags = _lags(rate)
    coarse = max(1, round(_COARSE * rate))
    every = [1 if lag < rate / 2 else coarse for lag in lags]
    back, ahead, often, first = (
        coarse * max(1, round(s * rate / coarse)) for s in (_BACK, _AHEAD, _OFTEN, _FIRST)
    )
    held: list[np.ndarray] = []
    begin = done = 0  # numbers of the first frame that is held, and of the next to be given
    for flows in block_flows(images, lags, every):
        held.append(flows)
        seen = begin + len(held)
        if seen < first or (seen - first) % often:
            continue
        rows = _look(np.stack(held), lags, rate, coarse)
        yield from rows[done - begin : seen - ahead - begin]
        done = seen - ahead
        drop = max(0, done + ahead - back - begin)
        del held[:drop]
        begin += drop
    if held:
        yield from _look(np.stack(held), lags, rate, coarse)[done - begin :]


def _lags(rate: float) -> list[int]:
    """Frames between the images of each flow, without a common divisor.

    With one, no flow would tie every other frame to those between.
    """
    lags = sorted({max(1, round(seconds * rate)) for seconds in _LAGS})
    while len(lags) > 1 and math.gcd(*lags) > 1:
        lags[-2] += 1
    return lags


def _look(flows: np.ndarray, lags: list[int], rate: float, coarse: int) -> np.ndarray:
    """What is known of each of some frames ``(T, 7)``; see :attr:`TrajectorySpotter.columns`."""
    n, out = len(flows), np.full((len(flows), 7), np.nan)
    seen = np.isfinite(flows[:, 0, N_BLOCKS, 0])
    blocks = np.isfinite(flows[:, :, :N_BLOCKS]).any(axis=(0, 1, 3))
    where = paths(flows, lags)
    slow, quick = _odd(_MEDIAN["macro"] * rate / coarse), _odd(_MEDIAN["micro"] * rate)

    turned = _smoothed(where[:, N_BLOCKS + 3 :], _SMOOTH["micro"] * rate)
    out[:, 2] = np.sqrt(((turned - usual(turned, slow, coarse)) ** 2).sum(axis=(1, 2)))
    out[~seen, 2] = np.inf
    if not seen[::coarse].any():
        out[:, :2] = 0.0
        return out
    face = where[:, :N_BLOCKS][:, blocks]

    smooth = _smoothed(face, _SMOOTH["micro"] * rate)
    place = usual(smooth, quick)
    moved = smooth - place
    # Where the face is lost its path stands still, which says nothing of noise.
    noise = np.hypot(*np.moveaxis(noise_of(moved[seen]), -1, 0))
    noise = np.maximum(noise, max(0.3 * float(np.median(noise)), _LEAST_NOISE))
    out[:, 0] = np.sqrt((_lengths(moved / noise[:, None]) ** 2).mean(axis=1))
    # Less smooth than what peaks are looked for in, so that onset and offset stay where they are.
    fine = _smoothed(face, 0.6 * _SMOOTH["micro"] * rate) - place
    out[:, 3:5] = _edges(out[:, 0], fine, moved / noise[:, None] ** 2, seen)

    smooth = _smoothed(face, _SMOOTH["macro"] * rate)[::coarse]
    moved = smooth - usual(smooth, slow)
    curve, at = _lengths(moved).mean(axis=1), np.arange(0, n, coarse)
    out[:, 1] = np.interp(np.arange(n), at, curve)
    out[at, 5:7] = _edges(curve, moved, moved, seen[::coarse]) * coarse
    return out


def _smoothed(x: np.ndarray, sigma: float) -> np.ndarray:
    return np.asarray(gaussian_filter1d(x, sigma, axis=0, mode="nearest"))


def _lengths(moved: np.ndarray) -> np.ndarray:
    return np.asarray(np.hypot(moved[..., 0], moved[..., 1]))


def _edges(
    curve: np.ndarray, moved: np.ndarray, pattern: np.ndarray, seen: np.ndarray
) -> np.ndarray:
    """Frames from onset to apex and from apex to offset ``(T, 2)``; NaN where there is no peak.

    The course of the movement at a peak is what of it is in each frame: the displacements of the
    blocks ``(T, n_blocks, 2)`` projected on the pattern that they have at the peak.
    """
    out = np.full((len(curve), 2), np.nan)
    peaks, _ = find_peaks(curve, height=_HIGH * float(np.median(curve[seen])))
    for peak in peaks:
        course = (moved * pattern[peak]).sum(axis=(1, 2))
        if course[peak] > 0:
            out[peak] = [edge(course / course[peak], peak, way) for way in (-1, 1)]
    return out


def _among_others(
    rows: pd.DataFrame, peaks: np.ndarray, curve: np.ndarray, level: float, fps: float
) -> np.ndarray:
    """Whether each has several other peaks near it, nearly as high above the usual level."""
    onset, apex, offset, score = (
        rows[c].to_numpy(float)[:, None] for c in ("onset", "apex", "offset", "score")
    )
    near = (np.abs(peaks - apex) < _REACH * fps) & ((peaks < onset - 1) | (peaks > offset + 1))
    high = curve[peaks] - level > _SHARE * (score - level)
    return np.asarray((near & high).sum(axis=1) >= _OTHERS)


def _odd(frames: float) -> int:
    return 2 * round((frames - 1) / 2) + 1
