"""Spotting by paths: where each block of the face is, against where it is most of the time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from .block_paths import N_BLOCKS, Moment, block_flows, noise_of, paths, usual
from .courses import REACH, among_others, edges_of, stays_away
from .head_motion import personal_depth, robust_slopes
from .peaks import find_peaks
from .pulses import filtered, pooled, pooling, pulse_filter
from .spotter import KINDS, NO_FACE, Spotter, as_table, fitting, highest

__all__ = ["TrajectorySpotter"]

# All our choice, in seconds unless it says otherwise.
_RATE = 30.0  # frames per second that are looked at, about (23 to 45); faster ones are thinned out
_LAGS = (0.1, 0.27, 1.0)  # of the flows
_COARSE = 0.1  # between looks at what is slow
_SMOOTH = {"micro": 0.033, "macro": 0.083}  # of the Gaussian over time
#: Windows of the running median: what lasts longer than half of one is partly taken for usual.
_MEDIAN = {"micro": 1.17, "macro": 5.0}
_APART = {"micro": 0.13, "macro": 0.4}  # least between two peaks
#: Lengths of the pulses that micro-expressions are held against, and of the filters.
_PULSES, _SPAN = (0.23, 0.33, 0.47), 1.35
_HIGH = 1.0  # least of a peak of the curve of micro-expressions
_LOW = 0.0004  # least of a peak of macro-expressions
#: The span that paths are found over; how much of it follows the last frame that is said
#: something of; how often; the first time.
_BACK, _AHEAD, _OFTEN, _FIRST = 20.0, 4.0, 3.0, 12.0
#: Power of the mean over blocks: an expression moves a few of them.
_POWER = 6
#: A movement that a turn of the head could show, as a share of the turn in radians: within the
#: time of a micro-expression, and of a macro-expression, where the turn exceeds so much.
_LEFT_OVER = {"micro": 0.05, "macro": 0.12}
_STILL = 0.015
#: About a turn of the head, in which paths settle.
_SETTLE = {"micro": 0.5, "macro": 3.0}
#: Turn in radians from which on what is left over is as large as a clear expression.
_TURN = 0.12
_NEAR = 0.15  # before and after what cannot be measured
_BEGINS = 0.25  # of a video, in which a codec finds its quality
#: Times its usual value that `off` must have for the whole picture to have jumped, as it does at
#: a key frame of a compressed video; what is more of it counts as noise.
_JUMP = 6.0
#: What does not move as a head does within 0.1 s, in distances between the eyes, from which on
#: it is no face that is seen, or a blurred one: syllables and grimaces stay below half of it.
_OFF = 0.04
#: Change of the eyes' look that is the noise of open ones, and that closed ones have at least;
#: frames with closed eyes from which on it is known what blinks do to the skin; by how much
#: a movement must be larger to be believed in during a blink; and for how long about it, in
#: seconds, since the skin goes on moving and filters spread it.
_OPEN, _CLOSED, _BLINKS, _DOUBT, _LIDS = 0.02, 0.06, 10, 2.5, 0.3
_SLACK = 0.07  # share by which an expression may be too long or too short for its kind
_RECURRING = 0.4  # of a movement's height, at which it is there again
#: By how much of a movement's height the face may lie elsewhere after it than before; and how many
#: seconds before its onset and after its offset that is looked at.
_STAYS, _BESIDE = 0.5, 0.1
#: Of a block in distances between the eyes: what moves further within a micro-expression's time is
#: a grimace or a hand.
_SUBTLE = 0.05
#: Least noise of a block, in distances between the eyes: what a good camera has. A picture
#: that stands still has none.
_LEAST_NOISE = 1.5e-4
#: In a film whose picture changes less than so many grey values within 0.1 s, a codec repeats what
#: was there, and shifts pieces of it by a quarter of a pixel now and then; that is the noise then,
#: in distances between the eyes. Of people, and of synthetic ones at crf 23, 0.4 and more changes;
#: of a photograph, filmed at crf 28 and above, 0.15 at most.
_STANDS, _SHIFTS = 0.25, 1.5e-3
#: Least noise of a block as a share of the middle one's.
_EVEN = 0.3
#: Deviation of a calm face's curve of micro-expressions, in the noise of blocks; it is never less.
#: What is usual in a video is the geometric mean of this and of its own: of a compressed film's
#: curve all values vary more, but its peaks by noise are not that much higher.
_DEVIATION = 0.3
#: By how much the blocks of a calm face move within 0.27 s, in distances between the eyes: in the
#: calmest quarter of a recording. Where it is more, macro-expressions must be larger.
_CALM = 0.0008

_TURNS, _HIDDEN = "the head turns", "the face is covered or blurred"


@dataclass(frozen=True)
class TrajectorySpotter(Spotter):
    """Blocks that leave their usual place and come back, together.

    After He (2021), who follows 14 regions of a face, held still by the flow of the nose's tip,
    and looks for peaks of their movement over time. How each step is done here is our choice:

    - flow over 0.1, 0.27 and 1 s, at about 30 frames per second, of the face with the eyes covered;
      what a rigid head does is taken out, and how far each of 6 × 6 blocks has moved beyond that
      is seen by a step of least squares on the brightness
      (:func:`mebench.spotting.head_motion.block_motion`);
    - the path of each block is what agrees best with all these flows, by least squares;
    - of the path is taken what the head's turn does to it, since this person's face is deeper or
      flatter there than a mean one, and what the lids do to it when they close: both by the slope
      that most frames agree on;
    - of the path its running median is subtracted, over 1.17 s for micro- and 5 s for
      macro-expressions: what comes and goes within half of that is kept at its full height, and
      what rises slowly or stays leaves nothing;
    - what is left is held against pulses of 0.23, 0.33 and 0.47 s by filters that fit the video's
      own noise (:func:`mebench.spotting.pulses.pulse_filter`), and so are the means of neighbours
      and of what mirrors each other; each in units of its own noise, to which a twentieth of the
      head's turn is added, and jumps of the whole picture. The curve of micro-expressions is the
      mean of the sixth powers over all of them, and of that the sixth root, in deviations from
      what is usual, whose unit is the geometric mean of the video's own and a calm face's. That of
      macro-expressions is the mean length, in distances between the eyes, less what a turn could
      show, and divided by the root of the video's own unrest;
    - at a peak, the blocks' displacements are what the movement looks like. The displacements of
      the frames before and after it, projected on that, are its course, and onset and offset are
      read off the course.

    Nothing is looked for where the head is turned by more than 0.12 rad and comes back within
    2.5 s, and where most of the face moves unlike a head (a hand before it, blur). Nor do, as
    micro-expressions, peaks count that have two others within 1.6 s, three tenths as high and
    above what is usual in the video, as syllables have; nor movements that are there again twice
    within 1.17 s, four tenths as far; nor those after which the face lies elsewhere by half of
    them, as after a turn or at the beginning of something longer; nor those of a block by more than
    a twentieth of the distance between the eyes, which are grimaces or hands.

    Noise, medians and slopes are those of the 13 to 16 s before a frame and the 4 to 7 s after it.
    Videos of less than 20 frames per second are too coarse for micro-expressions.

    References
    ----------
    Y. He, "Research on Micro-Expression Spotting Method Based on Optical Flow Features", ACM
    Multimedia 2021, doi 10.1145/3474085.3479225.
    """

    columns: ClassVar[tuple[str, ...]] = (
        *KINDS, "turn", "off", "micro_before", "micro_after", "macro_before", "macro_after",
    )  # fmt: skip

    def rows(self, images: Iterable[np.ndarray | None], fps: float) -> Iterator[tuple[float, ...]]:
        """See :meth:`Spotter.rows`.

        ``turn`` is how far in radians the head is turned from where it looks mostly, infinite
        where the face is lost; ``off`` by how much the face does not move as a head within 0.1 s,
        in distances between the eyes; ``micro_before`` and so on are, at peaks, the frames from
        onset to apex and from apex to offset, and NaN elsewhere.
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
            row[4:] *= step
            if last is not None:
                for i in range(1, step):
                    between = last[:2] + (row[:2] - last[:2]) * (i / step)
                    yield (*between, *np.maximum(last[2:4], row[2:4]), *[np.nan] * 4)
            yield tuple(row)
            given += 1 if last is None else step
            last = row
        for _ in range(seen - given):
            assert last is not None
            yield (*last[:4], *[np.nan] * 4)

    def settings(self, fps: float) -> str:
        """See :meth:`Spotter.settings`."""
        step = max(1, round(fps / _RATE))
        constants = (_LAGS, _COARSE, _SMOOTH, _MEDIAN, _PULSES, _SPAN, _HIGH, _LOW, _BACK, _AHEAD,
                     _OFTEN, _FIRST, _POWER, _RECURRING, _STAYS, _BESIDE, _SUBTLE, _LEFT_OVER,
                     _STILL, _SETTLE, _JUMP, _OPEN, _CLOSED, _BLINKS, _DOUBT, _LIDS, _LEAST_NOISE,
                     _EVEN, _DEVIATION, _CALM)  # fmt: skip
        return f"{__name__} {step} {constants}"

    def delay(self, fps: float) -> tuple[int, int]:
        """See :meth:`Spotter.delay`; only the first rows come later, after 12 s."""
        return round((_AHEAD + _OFTEN) * fps) + 1, round((REACH + 0.5) * fps)

    def unseen(self, curves: pd.DataFrame, kind: str, fps: float) -> dict[str, np.ndarray]:
        """See :meth:`Spotter.unseen`."""
        turn, off = (curves[c].to_numpy(float) for c in ("turn", "off"))
        lost, turned = ~np.isfinite(turn), turn > _TURN
        return {NO_FACE: lost, _TURNS: ~lost & turned, _HIDDEN: ~turned & (off > _OFF)}

    def candidates(self, curves: pd.DataFrame, fps: float) -> pd.DataFrame:
        """See :meth:`Spotter.candidates`."""
        near = round(_NEAR * fps)
        n, found = len(curves), []
        seen = np.isfinite(curves["turn"].to_numpy(float))
        for kind in KINDS:
            # How many frames before each one cannot be measured.
            unseen = np.r_[0, np.cumsum(self.ignored(curves, kind, fps))]
            curve = curves[kind].to_numpy(float)
            before, after = (
                curves[f"{kind}_{side}"].to_numpy(float) for side in ("before", "after")
            )
            peaks = find_peaks(curve, distance=max(1, round(_APART[kind] * fps)))
            # Every peak of the look that it was given by: where two looks meet, the curve of both
            # together may have its peak a frame beside it.
            at = np.flatnonzero(np.isfinite(before))
            rows = pd.DataFrame({
                "kind": kind, "onset": np.clip(at - before[at], 0, None), "apex": at,
                "offset": np.clip(at + after[at], None, n - 1), "score": curve[at],
            })  # fmt: skip
            rows = highest(rows)
            first = np.clip(rows["onset"].to_numpy(float).astype(int) - near, 0, None)
            end = np.clip(rows["offset"].to_numpy(float).astype(int) + near + 1, None, n)
            rows = rows[unseen[end] == unseen[first]]
            if kind == "micro":  # what was under way when the video began has no onset
                rows = rows[rows["onset"] > _BEGINS * fps]
            if kind == "micro" and seen.any():
                rows = rows[~among_others(rows, peaks, curve, curve[seen], fps)]
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
    held: list[Moment] = []
    begin = done = 0  # numbers of the first frame that is held, and of the next to be given
    for moment in block_flows(images, lags, every):
        held.append(moment)
        seen = begin + len(held)
        if seen < first or (seen - first) % often:
            continue
        rows = _look(held, lags, rate, coarse)
        yield from rows[done - begin : seen - ahead - begin]
        done = seen - ahead
        drop = max(0, done + ahead - back - begin)
        del held[:drop]
        begin += drop
    if held:
        yield from _look(held, lags, rate, coarse)[done - begin :]


def _lags(rate: float) -> list[int]:
    """Frames between the images of each flow, without a common divisor.

    With one, no flow would tie every other frame to those between.
    """
    lags = sorted({max(1, round(seconds * rate)) for seconds in _LAGS})
    while len(lags) > 1 and math.gcd(*lags) > 1:
        lags[-2] += 1
    return lags


def _look(held: Sequence[Moment], lags: list[int], rate: float, coarse: int) -> np.ndarray:
    """What is known of each of some frames ``(T, 8)``; see :attr:`TrajectorySpotter.columns`."""
    flows = np.stack([moment.flows for moment in held])
    n, out = len(flows), np.full((len(flows), 8), np.nan)
    # Over the shortest lag there is a flow to every frame but the first ones of a track.
    seen = np.array([np.isfinite(moment.eyes[0]) for moment in held])
    out[:, 3] = np.nan_to_num([moment.off for moment in held])
    blocks = np.isfinite(flows[:, :, :N_BLOCKS]).any(axis=(0, 1, 3))
    slow, quick = _odd(_MEDIAN["macro"] * rate / coarse), _odd(_MEDIAN["micro"] * rate)
    where = paths(flows, lags)
    turn = where[:, -1]
    turned = _smoothed(turn, _SMOOTH["micro"] * rate)
    out[:, 2] = np.hypot(*(turned - usual(turned, slow, coarse)).T)
    out[~seen, 2] = np.inf
    if not seen[::coarse].any() or not blocks.any():
        out[:, :2] = 0.0
        return out
    face = _without_turn(where[:, :N_BLOCKS][:, blocks], turn, seen, rate)

    smooth = _smoothed(face, _SMOOTH["micro"] * rate)
    place = usual(smooth, quick)
    closed = _closed(held, seen, rate, coarse)
    blink = closed[:, None, None] * _of_blinks(smooth - place, closed, seen)
    moved = smooth - place - blink
    swing = np.hypot(*(turned - usual(turned, quick)).T)
    swing = maximum_filter1d(swing, _odd(_SETTLE["micro"] * rate))
    jump = np.clip(out[:, 3] - _JUMP * float(np.median(out[seen, 3])), 0, None)
    jump = maximum_filter1d(jump, _odd(_SETTLE["micro"] * rate))
    more = np.hypot(_LEFT_OVER["micro"] * swing, jump)[:, None]
    if np.nanmedian([moment.change for moment in held]) < _STANDS:
        more = np.hypot(more, _SHIFTS)
    shared = pooling(blocks)
    near = maximum_filter1d(closed, _odd(_LIDS * rate))
    doubt = 1 + _DOUBT * np.clip(near / (_CLOSED - _OPEN), 0, 1)
    out[:, 0] = _pulses(face - place - blink, shared, seen, rate, more, doubt)
    # Less smooth than what peaks are looked for in, so that onset and offset stay where they are.
    fine = _smoothed(face, 0.6 * _SMOOTH["micro"] * rate) - place - blink
    small = _lengths(moved).max(axis=1) < _SUBTLE
    moved, fine = pooled(moved, shared), pooled(fine, shared)
    noise = (_noise(moved, seen) ** 2 + more**2)[..., None]
    edges = edges_of(out[:, 0], fine, moved / noise, _HIGH, round(_MEDIAN["micro"] * rate),
                     _RECURRING)  # fmt: skip
    away = stays_away(pooled(smooth - blink, shared), moved / noise, edges, round(_BESIDE * rate),
                      _STAYS)  # fmt: skip
    edges[away | ~small] = np.nan
    out[:, 4:6] = edges

    smooth = _smoothed(face, _SMOOTH["macro"] * rate)[::coarse]
    moved, at = smooth - usual(smooth, slow), np.arange(0, n, coarse)
    swing = maximum_filter1d(np.where(seen, out[:, 2], 0), _odd(_SETTLE["macro"] * rate))[::coarse]
    curve = _lengths(moved).mean(axis=1) - _LEFT_OVER["macro"] * np.clip(swing - _STILL, 0, None)
    curve = np.clip(curve, 0, None) / _unrest(flows, lags, rate)
    out[:, 1] = np.interp(np.arange(n), at, curve)
    out[at, 6:8] = edges_of(curve, moved, moved, _LOW, len(at)) * coarse
    return out


def _pulses(
    rest: np.ndarray, shared: np.ndarray, seen: np.ndarray, rate: float, more: np.ndarray,
    doubt: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The curve of micro-expressions ``(T,)``, in deviations from what is usual."""
    even = rest / _noise(rest, seen, 0.1 * _LEAST_NOISE)[..., None]
    even, span = even.reshape(len(rest), -1), _odd(_SPAN * rate)
    curves = []
    for seconds in _PULSES:
        moved = filtered(rest, pulse_filter(even, seen, seconds * rate, span))
        moved = pooled(moved, shared)
        square = (moved**2).sum(axis=-1) / (_noise(moved, seen) ** 2 + more**2)
        high = (square ** (_POWER // 2)).mean(axis=1) ** (1 / _POWER) / doubt
        level = float(np.median(high[seen]))
        own = max(float(noise_of(high[seen])), _DEVIATION)
        curves.append((high - level) / (own * _DEVIATION) ** 0.5)
    return np.max(curves, axis=0)


def _noise(moved: np.ndarray, seen: np.ndarray, least: float = _LEAST_NOISE) -> np.ndarray:
    """Of each block ``(n,)``, from displacements ``(T, n, 2)`` that are mostly noise.

    Where the face is lost its path stands still, which says nothing of noise.
    """
    noise = np.hypot(*np.moveaxis(noise_of(moved[seen]), -1, 0))
    return np.asarray(np.maximum(noise, max(_EVEN * float(np.median(noise)), least)))


def _without_turn(face: np.ndarray, turn: np.ndarray, seen: np.ndarray, rate: float) -> np.ndarray:
    """Paths of the blocks ``(T, n_blocks, 2)`` without what the turn does to a deeper face."""
    window = _odd(_MEDIAN["macro"] / 2 * rate)
    quick = [_smoothed(x, _SMOOTH["micro"] * rate) for x in (face, turn)]
    every = max(1, round(_COARSE * rate))
    rest, swing = (x - usual(x, _odd(window / every), every) for x in quick)
    return np.asarray(face - personal_depth(rest[seen], swing[seen])[:, None] * turn[:, None])


def _closed(held: Sequence[Moment], seen: np.ndarray, rate: float, coarse: int) -> np.ndarray:
    """By how much the eyes look other than usual for a blink's time ``(T,)``; 0 of open ones."""
    eyes = np.stack([moment.eyes for moment in held])
    eyes[~seen] = np.median(eyes[seen], axis=0)
    change = np.sqrt(((eyes - usual(eyes, _odd(2 * rate / coarse), coarse)) ** 2).mean(axis=1))
    change = _smoothed(change, _SMOOTH["micro"] * rate)
    raised = change - usual(change[:, None], _odd(_MEDIAN["micro"] * rate))[:, 0]
    return np.asarray(np.clip(raised - max(3 * float(noise_of(raised[seen])), _OPEN), 0, None))


def _of_blinks(moved: np.ndarray, closed: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """What closed eyes do to each block ``(n_blocks, 2)``; nothing where they hardly close."""
    there = seen & (closed > 0)
    if there.sum() < _BLINKS or closed.max() < _CLOSED - _OPEN:
        return np.zeros(moved.shape[1:])
    moved = moved[there]
    return robust_slopes(closed[there], moved.reshape(len(moved), -1)).reshape(moved.shape[1:])


def _unrest(flows: np.ndarray, lags: list[int], rate: float) -> float:
    """What macro-expressions must be larger by in a face that moves all the time; 1 or more.

    The square root of how much more than a calm face it moves in its calmest quarter: those who
    grimace without a rest do so more strongly than those who talk, but not in proportion.
    """
    middle = flows[:, min(1, len(lags) - 1), :N_BLOCKS]
    known = middle[np.isfinite(middle[:, :, 0]).any(axis=1)]
    if not len(known):
        return 1.0
    lengths = np.nanmean(_lengths(known), axis=1)
    return max(1.0, float(np.quantile(lengths, 0.25)) / _CALM) ** 0.5


def _smoothed(x: np.ndarray, sigma: float) -> np.ndarray:
    return np.asarray(gaussian_filter1d(x, sigma, axis=0, mode="nearest"))


def _lengths(moved: np.ndarray) -> np.ndarray:
    return np.asarray(np.hypot(moved[..., 0], moved[..., 1]))


def _odd(frames: float) -> int:
    return 2 * round((frames - 1) / 2) + 1
