"""Spotting: a long video in, micro- and macro-expressions with onset, apex and offset out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product, tee

import numpy as np
import pandas as pd
from scipy.ndimage import binary_dilation, binary_erosion

from ..clip import Clip
from ..errors import BadInput
from .curves import frequency, hoof_difference, lbp_difference, mdmd, strain_difference
from .faces import Face, follow_face
from .frames import open_source
from .peaks import contrast, find_intervals

__all__ = ["KINDS", "SPOTTERS", "Spotter", "Spotting", "get_spotter", "spot", "spot_faces"]

#: Expressions of at most half a second are micro-expressions, longer ones macro-expressions.
KINDS = ("micro", "macro")
LIMIT = 0.5

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

Measure = Callable[..., Iterator[float]]


@dataclass(frozen=True)
class Spotter:
    """A way to spot, and its settings.

    Attributes
    ----------
    name, title, citation : str
    measure : callable
        ``measure(faces, k, step=1)`` yields one number per face; see
        :mod:`mebench.spotting.curves`.
    thresholds : mapping
        Least height of a peak in the contrasted curve for ``"micro"`` and ``"macro"``, in units of
        the measure. The defaults are the middle of those that were tuned on the 20 videos
        of the synthetic corpus, leaving one subject out. On
        recordings of your own, tune them (:func:`mebench.spotting.evaluate_spotters`).
    half : mapping
        Half the window in seconds, about half the longest duration that is looked for (our choice:
        0.23 s and 1 s).
    stretch : float
        See :func:`mebench.spotting.find_intervals`.
    length : mapping, optional
        Seconds that every interval lasts, the apex in its middle, for measures whose peaks are as
        broad as their windows, whatever the expression. Default: by the half height.
    tau : float, optional
        The papers' threshold mean + τ (max − mean) instead of `thresholds`.
    version : int, default 1
        Raised whenever the same faces give other curves.
    """

    name: str
    title: str
    citation: str
    measure: Measure
    thresholds: Mapping[str, float]
    half: Mapping[str, float] = field(default_factory=lambda: {"micro": 0.23, "macro": 1.0})
    stretch: float = 2.0
    length: Mapping[str, float] | None = None
    tau: float | None = None
    version: int = 1

    def k(self, kind: str, fps: float) -> int:
        """Half the window in frames, at a frame rate."""
        return max(2, round(self.half[kind] * fps))

    def step(self, kind: str, fps: float) -> int:
        """Every how many frames the measure is taken: 10 times a second for what is slow."""
        return max(1, round(fps / 10)) if kind == "macro" else max(1, round(fps / 100))

    def candidates(self, curves: pd.DataFrame, fps: float) -> pd.DataFrame:
        """Every interval that could be one, whatever its height.

        Peaks of the short window that last longer than a micro-expression, or with as much going
        on before or after them (talk), are none; nor are peaks of the long window that are as
        short as a micro-expression, nor any of frames that were compared across a movement of the
        head.
        """
        found = []
        for kind in KINDS:
            k = self.k(kind, fps)
            margin, pause = 0, 0
            if kind == "micro":
                margin, pause = round(1.5 * k), round(PAUSE * fps / 2)
            head = curves[["x", "y"]].to_numpy(float)
            curve = at_rest(
                curves[kind].to_numpy(float), head, k, HEAD[kind] * self.half[kind], margin, pause,
                round(SETTLE * fps),
            )  # fmt: skip
            rows = find_intervals(curve, k, stretch=self.stretch)
            if self.length is not None:
                around = self.length[kind] * fps / 2
                rows["onset"] = (rows["apex"] - around).clip(lower=0)
                rows["offset"] = (rows["apex"] + around).clip(upper=len(curve) - 1)
            if kind == "micro":
                slow = curves["macro"].to_numpy(float)
                rows = rows[~_restless(curve, slow, rows["apex"].to_numpy(int), k)]
            rows.insert(0, "kind", kind)
            found.append(_fitting(rows, kind, fps))
        table = pd.concat(found, ignore_index=True)
        table = table.sort_values(["onset", "kind"], ignore_index=True)
        for mark in ("onset", "apex", "offset"):
            table[mark] = table[mark].round().astype(int)
        for mark in ("onset", "apex", "offset"):
            table[f"{mark}_s"] = (table[mark] / fps).round(4)
        return table[["kind", "onset", "apex", "offset", "onset_s", "apex_s", "offset_s", "score"]]

    def chosen(self, candidates: pd.DataFrame) -> pd.DataFrame:
        """Those candidates that reach the thresholds.

        A micro-expression in a macro-expression, or in anything slow that is twice as high, is a
        part of that.
        """
        bars = candidates["kind"].map(dict(self.thresholds)).astype(float)  # also where none is
        high = candidates["score"] >= bars
        micro = (candidates["kind"] == "micro").to_numpy(bool)
        part = _inside(candidates, candidates[~micro & high.to_numpy(bool)], 0.0)
        part |= _inside(candidates, candidates[~micro], 2.0)
        return candidates[high.to_numpy(bool) & ~(micro & part)].reset_index(drop=True)

    def intervals(self, curves: pd.DataFrame, fps: float) -> pd.DataFrame:
        """The intervals that the curves of a video show."""
        spotter = self
        if self.tau is not None:
            relative = {}
            for kind in KINDS:
                raised = contrast(curves[kind].to_numpy(float), self.k(kind, fps))
                mean = float(raised.mean()) if len(raised) else 0.0
                relative[kind] = mean + self.tau * (float(raised.max(initial=0)) - mean)
            spotter = replace(self, thresholds=relative)
        return spotter.chosen(spotter.candidates(curves, fps))


@dataclass(frozen=True, eq=False)
class Spotting:
    """What was spotted in one video.

    Attributes
    ----------
    name : str
        Of the video.
    method : str
    fps : float
    curves : DataFrame
        One row per frame: ``micro`` and ``macro``, the measure in the short and the long window;
        ``x`` and ``y``, how far the head has gone, in distances between the eyes; and ``face``,
        whether the face was seen.
    intervals : DataFrame
        One row per expression: ``kind``, ``onset``, ``apex``, ``offset`` (frames from 0), the same
        in seconds (``onset_s`` …), and ``score``, the height of the peak.
    """

    name: str
    method: str
    fps: float
    curves: pd.DataFrame
    intervals: pd.DataFrame

    @property
    def n_frames(self) -> int:
        return len(self.curves)


def spot(
    video: Clip | str | os.PathLike[str],
    method: str | Spotter = "strain",
    *,
    fps: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Spotting:
    """Spot the expressions in one video, of any length.

    Parameters
    ----------
    video : Clip or path
        A clip in memory or on disk, a video file, or a folder of images.
    method : str or Spotter, default 'strain'
        A name of :data:`SPOTTERS`.
    fps : float, optional
        Frames per second, where the video does not say or says wrongly.
    progress : callable, optional
        Called as ``progress(frames done, frames in all)``.

    Returns
    -------
    Spotting

    Raises
    ------
    BadInput
        Unknown method or frame rate, or a video that cannot be read.
    FaceNotFound
        Nobody's face is seen in it.
    """
    source = open_source(video, fps)
    if source.fps is None:
        raise BadInput(
            f"{source.name} does not say its frame rate: give it as fps= (--fps on the command "
            "line); windows and durations depend on it."
        )
    faces = follow_face(source, source.fps)
    if progress is not None:
        faces = _counted(faces, source.n_frames or 0, progress)
    return replace(spot_faces(faces, source.fps, method), name=source.name)


def spot_faces(faces: Iterable[Face], fps: float, method: str | Spotter = "strain") -> Spotting:
    """Spot in faces that are followed already; nothing of a frame is held beyond the long window.

    Parameters
    ----------
    faces : iterable of Face
        From :func:`mebench.spotting.follow_face`; read once.
    fps : float
    method : str or Spotter, default 'strain'

    Returns
    -------
    Spotting
    """
    spotter = get_spotter(method)
    curves = measure_faces(faces, fps, [spotter])[0]
    return Spotting("", spotter.name, fps, curves, spotter.intervals(curves, fps))


def measure_faces(
    faces: Iterable[Face], fps: float, spotters: Sequence[Spotter]
) -> list[pd.DataFrame]:
    """The curves of several spotters, whose faces are followed once; see :class:`Spotting`."""
    places: list[tuple[float, float]] = []

    def images() -> Iterator[np.ndarray | None]:
        for face in faces:
            places.append(_place(face))
            yield face.image

    streams = tee(images(), 2 * len(spotters))
    measures = [
        spotter.measure(stream, spotter.k(kind, fps), step=spotter.step(kind, fps))
        for (spotter, kind), stream in zip(product(spotters, KINDS), streams, strict=True)
    ]
    # Side by side, so that no stream runs ahead and leaves the video in memory to the others.
    rows = np.fromiter(zip(*measures, strict=True), np.dtype((float, len(measures))))
    rows = rows.reshape(-1, len(spotters), 2)
    travel = np.array(places, float).reshape(-1, 2)
    return [as_curves(np.hstack([rows[:, i], travel])) for i in range(len(spotters))]


def as_curves(rows: np.ndarray) -> pd.DataFrame:
    """The table of curves from its numbers ``(T, 4)``."""
    curves = pd.DataFrame(rows, columns=[*KINDS, "x", "y"])
    curves["face"] = curves["x"].notna()
    return curves


def get_spotter(method: str | Spotter) -> Spotter:
    """The spotter of that name.

    Raises
    ------
    BadInput
        There is none.
    """
    if isinstance(method, Spotter):
        return method
    if method not in SPOTTERS:
        raise BadInput(f"No spotter is called {method!r}; there is {', '.join(SPOTTERS)}.")
    return SPOTTERS[method]


def _place(face: Face) -> tuple[float, float]:
    """How far the head has gone, in distances between the eyes; NaN where it is lost."""
    return (np.nan, np.nan) if face.travel is None else (face.travel[0], face.travel[1])


def _counted(
    faces: Iterator[Face], total: int, progress: Callable[[int, int], None]
) -> Iterator[Face]:
    for face in faces:
        yield face
        if face.frame % 10 == 9:
            progress(face.frame + 1, max(total, face.frame + 1))
    progress(total, total)


def _fitting(rows: pd.DataFrame, kind: str, fps: float) -> pd.DataFrame:
    """Those whose duration belongs to the kind; a fifth over or under the limit is let pass."""
    seconds = (rows["offset"] - rows["onset"]) / fps
    if kind == "micro":
        fits = (seconds <= 1.2 * LIMIT) & (seconds >= 0.08)
    else:
        fits = (seconds >= 0.8 * LIMIT) & (seconds <= 5)
    return rows[fits].reset_index(drop=True)


def at_rest(
    curve: np.ndarray,
    head: np.ndarray,
    k: int,
    far: float,
    margin: int = 0,
    pause: int = 0,
    settle: int = 0,
) -> np.ndarray:
    """The curve without what the head did: the median where the compared frames differ in place.

    Parameters
    ----------
    curve : ndarray ``(T,)``
    head : ndarray ``(T, 2)``
        Where the head is, in distances between the eyes; NaN where it is lost.
    k : int
    far : float
        How far it may move, in the same unit.
    margin : int, default 0
        Frames before and after such a movement that do not count either.
    pause : int, default 0
        Half the frames between two such movements that do not count either.
    settle : int, default 0
        Further frames after a movement that do not count.
    """
    n = len(curve)
    if n <= 2 * k:
        return curve
    moved = np.full(n, np.inf)
    now = head[k : n - k]
    ends = [np.hypot(*(now - other).T) for other in (head[: n - 2 * k], head[2 * k :])]
    moved[k : n - k] = np.nan_to_num(np.maximum(*ends), nan=np.inf)
    # Frames at the ends have no window and are no movement.
    far_off = np.concatenate([np.zeros(k, bool), moved[k : n - k] > far, np.zeros(k, bool)])
    reach = np.ones(2 * margin + 1)
    still = ~binary_erosion(binary_dilation(far_off, np.ones(2 * pause + 1)),
                            np.ones(2 * pause + 1), border_value=1)  # fmt: skip
    still = ~binary_dilation(~still, reach)
    still = np.convolve(~still, np.ones(settle + 1))[:n] == 0
    level = float(np.median(curve[still])) if still.any() else 0.0
    return np.where(still, curve, level)


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


def _inside(rows: pd.DataFrame, macro: pd.DataFrame, higher: float) -> np.ndarray:
    """Whether each row overlaps one of the macro-expressions that is so many times as high."""
    begin, end, score = (rows[c].to_numpy(float)[:, None] for c in ("onset", "offset", "score"))
    onset, offset = macro["onset"].to_numpy(float), macro["offset"].to_numpy(float)
    inside = (onset <= end) & (begin <= offset) & (macro["score"].to_numpy(float) >= higher * score)
    return np.asarray(inside.any(axis=1))


_LI = "X. Li et al., Towards Reading Hidden Emotions, IEEE TAFFC 9(4), 2018"
SPOTTERS: dict[str, Spotter] = {
    s.name: s
    for s in (
        Spotter("lbp", "Feature difference, LBP-χ²",
                "A. Moilanen, G. Zhao, M. Pietikäinen, ICPR 2014", lbp_difference,
                {"micro": 0.00807, "macro": 0.0152}, stretch=2.5),
        Spotter("hoof", "Feature difference, HOOF", _LI, hoof_difference,
                {"micro": 0.0137, "macro": 0.1}),
        Spotter("mdmd", "Main directional maximal difference",
                "S.-J. Wang et al., Neurocomputing 230, 2017", mdmd,
                {"micro": 0.0233, "macro": 0.0911}),
        Spotter("strain", "Optical strain of what comes and goes",
                "after M. Shreve et al., FG 2011", strain_difference,
                {"micro": 0.00085, "macro": 0.00745}),
        Spotter("fft", "Apex in the 3D-FFT domain",
                "Y. Li, X. Huang, G. Zhao, ICIP 2018", frequency,
                {"micro": 3.98e6, "macro": 1.41e7}, length={"micro": 0.27, "macro": 1.2}),
    )
}  # fmt: skip
