"""Spotting by windows: a curve of how much a face differs from itself before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import tee

import numpy as np
import pandas as pd
from scipy.ndimage import binary_dilation, binary_erosion, gaussian_filter1d

from .block_paths import noise_of
from .peaks import contrast, find_intervals
from .spotter import KINDS, NO_FACE, Spotter, as_table, fitting, highest, inside

__all__ = ["WindowSpotter", "across_movement"]

#: How fast the head may move, in distances between the eyes per second, between frames that are
#: compared (our choice). People sway at 0.01 to 0.04 and turn at 0.2 and more; over the seconds of
#: the long window less can be told apart.
HEAD = {"micro": 0.06, "macro": 0.03}
#: How much, as a share of a peak, may go on before and after a micro-expression (our choice).
RESTLESS = 0.3
#: The same in the curve of the long window.
SLOW = 1.0
#: Seconds between two movements of the head in which no micro-expression is looked for.
PAUSE = 2.0
#: Seconds after a movement of the head in which nothing is looked for, since what was cut out
#: still drifts back to its place (our choice; near the half-life of that correction).
SETTLE = 0.5
#: Seconds (standard deviation) over which the head's place is averaged: a shaking camera is no
#: movement of the head.
SHAKE = 0.2
#: Deviations of a video's own curve that a peak must have at least (our choice).
NOISE = 5.0

Measure = Callable[..., Iterator[float]]


@dataclass(frozen=True, kw_only=True)
class WindowSpotter(Spotter):
    """Peaks of a measure in a short and in a long window.

    Attributes
    ----------
    measure : callable
        ``measure(faces, k, step=1)`` yields one number per face; see
        :mod:`mebench.spotting.curves`.
    half : mapping
        Half the window in seconds, about half the longest duration that is looked for (our choice:
        0.23 s and 1 s).
    stretch : float
        See :func:`mebench.spotting.find_intervals`.
    length : mapping, optional
        Seconds that every interval lasts, the apex in its middle, for measures whose peaks are as
        broad as their windows, whatever the expression. Default: by the half height.

    The others as :class:`Spotter`; scores are heights of peaks of the contrasted curve.
    """

    measure: Measure
    half: Mapping[str, float] = field(default_factory=lambda: {"micro": 0.23, "macro": 1.0})
    stretch: float = 2.0
    length: Mapping[str, float] | None = None

    def k(self, kind: str, fps: float) -> int:
        """Half the window in frames, at a frame rate."""
        return max(2, round(self.half[kind] * fps))

    def step(self, kind: str, fps: float) -> int:
        """Every how many frames the measure is taken: 10 times a second for what is slow."""
        return max(1, round(fps / 10)) if kind == "macro" else max(1, round(fps / 100))

    def rows(self, images: Iterable[np.ndarray | None], fps: float) -> Iterator[tuple[float, ...]]:
        """See :meth:`Spotter.rows`."""
        # Side by side, so that neither runs ahead and leaves the video in memory to the other.
        return zip(
            *(
                self.measure(stream, self.k(kind, fps), step=self.step(kind, fps))
                for kind, stream in zip(KINDS, tee(images), strict=True)
            ),
            strict=True,
        )

    def settings(self, fps: float) -> str | None:
        """See :meth:`Spotter.settings`; measures from elsewhere change unseen."""
        if not self.measure.__module__.startswith(f"{__package__}."):
            return None
        windows = [(self.k(kind, fps), self.step(kind, fps)) for kind in KINDS]
        return f"{self.measure.__module__}.{self.measure.__qualname__} {windows}"

    def delay(self, fps: float) -> tuple[int, int]:
        """See :meth:`Spotter.delay`."""
        k = self.k("macro", fps)
        return k + self.step("macro", fps), k

    def heights(self, curves: pd.DataFrame, kind: str, fps: float) -> np.ndarray:
        """The contrasted curve; where the threshold drowns in the video's own noise, lowered."""
        return contrast(self._measured(curves, kind, fps), self.k(kind, fps))

    def unseen(self, curves: pd.DataFrame, kind: str, fps: float) -> dict[str, np.ndarray]:
        """See :meth:`Spotter.unseen`.

        The head moves where frames are compared across a movement of it, and some time after.
        What a hand or a table shakes is no movement of the head, and is registered away.
        """
        k, margin, pause = self.k(kind, fps), 0, 0
        if kind == "micro":
            margin, pause = round(1.5 * k), round(PAUSE * fps / 2)
        far = HEAD[kind] * self.half[kind]
        head = _steady(curves[["x", "y"]].to_numpy(float), SHAKE * fps)
        moves = across_movement(head, k, far, margin, pause, round(SETTLE * fps))
        lost = ~curves["face"].to_numpy(bool)
        return {NO_FACE: lost, "the head moves": moves & ~lost}

    def _measured(self, curves: pd.DataFrame, kind: str, fps: float) -> np.ndarray:
        """The curve, made lower where its own noise is a larger part of the threshold than usual.

        No expression is believed in that does not stand out from the noise of the video's own
        curve by so many deviations, whatever the threshold.
        """
        curve, k = curves[kind].to_numpy(float), self.k(kind, fps)
        seen = ~self.ignored(curves, kind, fps)
        seen[:k] = seen[len(seen) - k :] = False
        if self.thresholds[kind] <= 0 or seen.sum() < 2 * k:
            return curve
        i = np.flatnonzero(seen)
        noise = float(noise_of(curve[i] - (curve[i - k] + curve[i + k]) / 2))
        return curve * min(1.0, self.thresholds[kind] / max(NOISE * noise, 1e-12))

    def candidates(self, curves: pd.DataFrame, fps: float) -> pd.DataFrame:
        """See :meth:`Spotter.candidates`.

        Peaks of the short window that last longer than a micro-expression, or with as much going
        on before or after them (talk), are none; nor are peaks of the long window that are as
        short as a micro-expression, nor any of frames that were compared across a movement of the
        head.
        """
        found = []
        for kind in KINDS:
            k = self.k(kind, fps)
            curve = self._measured(curves, kind, fps)
            ignored = self.ignored(curves, kind, fps)
            level = float(np.median(curve[~ignored])) if not ignored.all() else 0.0
            curve = np.where(ignored, level, curve)
            rows = find_intervals(curve, k, stretch=self.stretch)
            if self.length is not None:
                around = self.length[kind] * fps / 2
                rows["onset"] = (rows["apex"] - around).clip(lower=0)
                rows["offset"] = (rows["apex"] + around).clip(upper=len(curve) - 1)
            if kind == "micro":
                slow = curves["macro"].to_numpy(float)
                rows = rows[~_restless(curve, slow, rows["apex"].to_numpy(int), k)]
            rows.insert(0, "kind", kind)
            found.append(highest(fitting(rows, kind, fps, 0.2)))
        return as_table(pd.concat(found, ignore_index=True), fps)

    def chosen(
        self, candidates: pd.DataFrame, thresholds: Mapping[str, float] | None = None
    ) -> pd.DataFrame:
        """See :meth:`Spotter.chosen`; nor is a micro-expression in anything slow twice as high."""
        micro = (candidates["kind"] == "micro").to_numpy(bool)
        part = micro & inside(candidates, candidates[~micro], 2.0)
        return super().chosen(candidates[~part], thresholds)


def _steady(head: np.ndarray, sigma: float) -> np.ndarray:
    """Places ``(T, 2)`` averaged over time; NaN where they were."""
    known = np.isfinite(head).all(axis=1)
    if not known.any():
        return head
    at = np.arange(len(head))
    whole = np.stack([np.interp(at, at[known], line[known]) for line in head.T], axis=1)
    return np.where(known[:, None], gaussian_filter1d(whole, sigma, axis=0, mode="nearest"), np.nan)


def across_movement(
    head: np.ndarray, k: int, far: float, margin: int = 0, pause: int = 0, settle: int = 0
) -> np.ndarray:
    """Whether the frames that are compared at a frame differ in where the head is ``(T,)``.

    Parameters
    ----------
    head : ndarray ``(T, 2)``
        Where the head is, in distances between the eyes; NaN where it is lost.
    k : int
    far : float
        How far it may move, in the same unit.
    margin : int, default 0
        Frames before and after such a movement that count as it.
    pause : int, default 0
        Half the frames between two such movements that count as them.
    settle : int, default 0
        Further frames after a movement that count as it.
    """
    n = len(head)
    if n <= 2 * k:
        return np.zeros(n, bool)
    now = head[k : n - k]
    ends = [np.hypot(*(now - other).T) for other in (head[: n - 2 * k], head[2 * k :])]
    moved = np.nan_to_num(np.maximum(*ends), nan=np.inf) > far
    # Frames at the ends have no window and are no movement.
    across = np.concatenate([np.zeros(k, bool), moved, np.zeros(k, bool)])
    between = np.ones(2 * pause + 1)
    across = binary_erosion(binary_dilation(across, between), between, border_value=1)
    across = binary_dilation(across, np.ones(2 * margin + 1))
    return np.asarray(np.convolve(across, np.ones(settle + 1))[:n] > 0)


def _restless(curve: np.ndarray, slow: np.ndarray, apex: np.ndarray, k: int) -> np.ndarray:
    """Whether there is nearly as much going on just before or after a peak as at it.

    Syllables that follow each other at the pace of the short window cancel in its curve, so that
    of the long one, `slow`, counts too.
    """
    excess, other = curve - np.median(curve), slow - np.median(slow)
    near, far = round(1.6 * k), round(3.5 * k)
    out = np.zeros(len(apex), bool)
    for i, at in enumerate(apex):
        before, after = (
            slice(max(at - far, 0), max(at - near, 0)),
            slice(at + near + 1, at + far + 1),
        )
        for values, share in ((excess, RESTLESS), (other, SLOW)):
            for side in (values[before], values[after]):
                # Not the largest value, which is noise.
                if len(side) and np.quantile(side, 0.75) > share * excess[at]:
                    out[i] = True
    return out
