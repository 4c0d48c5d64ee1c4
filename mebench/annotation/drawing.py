"""What is drawn: box, landmarks, labels with scores, counters, and the strip with the curve."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pandas as pd

from ..spotting import KINDS, Spotter

__all__ = ["Drawing", "draw", "heights", "looked_at"]

#: RGB; told apart in shades of grey and by people who see no red as well, and always named.
COLOURS = {"micro": (255, 120, 60), "macro": (90, 170, 255)}
_PLAIN, _DARK, _TEXT = (235, 235, 235), (22, 24, 28), (240, 240, 240)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
# The strip reaches up to so many times the threshold.
_TOP = 3.0


@dataclass(frozen=True, eq=False)
class Drawing:
    """All that a frame's drawing needs beyond the frame.

    Attributes
    ----------
    fps : float
    curves : mapping of str to ndarray ``(T,)``
        Per kind, the curve in units of its threshold; see :func:`heights`.
    intervals : list of dict
        ``kind, onset, apex, offset``, and if recognised ``label`` and ``scores``.
    face : ndarray of bool ``(T,)``
        Whether the face is looked at; grey where it is not.
    n_frames : int or None
        None where nobody knows yet.
    first : int
        Number of the frame that the curves begin with.
    seconds : float
        Width of the strip (our choice).
    title : str
    """

    fps: float
    curves: Mapping[str, np.ndarray]
    intervals: Sequence[Mapping] = ()
    face: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    n_frames: int | None = None
    first: int = 0
    seconds: float = 8.0
    title: str = ""


def heights(curves: pd.DataFrame, fps: float, spotter: Spotter) -> dict[str, np.ndarray]:
    """Curves by kind, in units of the threshold that the peaks are held to."""
    bars = spotter.bars(curves, fps)
    found = {kind: spotter.heights(curves, kind, fps) for kind in KINDS}
    return {kind: high / bars[kind] if bars[kind] > 0 else high for kind, high in found.items()}


def looked_at(curves: pd.DataFrame, fps: float, spotter: Spotter) -> np.ndarray:
    """Whether micro-expressions are looked for: the face is seen, and the head keeps still."""
    return np.asarray(curves["face"].to_numpy(bool) & ~spotter.ignored(curves, "micro", fps))


def draw(frame: np.ndarray, number: int, landmarks: np.ndarray | None, what: Drawing) -> np.ndarray:
    """A frame with all that is known of it, and the strip below.

    Parameters
    ----------
    frame : ndarray ``(H, W, 3)`` RGB or ``(H, W)`` grey, uint8
    number : int
        Of the frame, from 0.
    landmarks : ndarray ``(68, 2)`` or None
        None where the face is not seen.
    what : Drawing

    Returns
    -------
    ndarray ``(H', W', 3)`` uint8
        Small frames are enlarged so that the text can be read.
    """
    picture = cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB) if frame.ndim == 2 else frame
    zoom = max(1, int(np.ceil(480 / picture.shape[1])))
    if zoom > 1:
        picture = cv2.resize(picture, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR)
    height, width = picture.shape[:2]
    # Of text and lines: by the area, so that a picture that stands upright is not short of it.
    unit = max(0.45, np.sqrt(width * height) / 1100)
    strip = max(72, round(0.16 * min(height, 1.2 * width)))
    canvas = np.empty((height + strip, width, 3), np.uint8)
    canvas[:height] = picture
    canvas[height:] = _DARK
    now = [one for one in what.intervals if one["onset"] <= number <= one["offset"]]
    top = canvas[:height]
    if landmarks is not None:
        _draw_face(top, landmarks * zoom + (zoom - 1) / 2, now, unit)
    _draw_counter(top, number, landmarks is not None, what, unit)
    _draw_scores(top, now, unit)
    _draw_strip(canvas[height:], number, what, unit)
    return canvas


def _draw_face(
    picture: np.ndarray, points: np.ndarray, now: Sequence[Mapping], unit: float
) -> None:
    colour = COLOURS[now[0]["kind"]] if now else _PLAIN
    low, high = points.min(0), points.max(0)
    margin = 0.08 * (high - low)
    x0, y0 = np.round(low - margin).astype(int)
    x1, y1 = np.round(high + margin).astype(int)
    thick = max(1, round((3 if now else 1.2) * unit))
    cv2.rectangle(picture, (x0, y0), (x1, y1), colour, thick, cv2.LINE_AA)
    for x, y in np.round(points * 8).astype(int):
        cv2.circle(picture, (x, y), max(8, round(16 * unit)), colour, -1, cv2.LINE_AA, shift=3)
    for row, one in enumerate(now):
        words = f"{one.get('label') or 'not recognised'} ({one['kind']})"
        size = _size(words, 1.4 * unit)
        y = y0 - round(6 * unit) - 2 - round(row * 1.6 * size[1])
        if y - size[1] < 0:
            y = y1 + round(10 * unit) + size[1] + round(row * 1.6 * size[1])
        x = min(max(0, x0), max(0, picture.shape[1] - size[0] - 8))
        _write(picture, words, (x, y), 1.4 * unit, COLOURS[one["kind"]])


def _draw_counter(picture: np.ndarray, number: int, seen: bool, what: Drawing, unit: float) -> None:
    of = "" if what.n_frames is None else f"/{what.n_frames - 1}"
    words = f"frame {number}{of}   {number / what.fps:.2f} s"
    line = _size(words, unit)[1] + 3 + round(6 * unit)
    _write(picture, words if seen else f"{words}   no face", (4, line), unit, _TEXT)
    if what.title:
        _write(picture, what.title, (4, 2 * line + round(4 * unit)), 0.85 * unit, (190, 190, 190))


def _draw_scores(picture: np.ndarray, now: Sequence[Mapping], unit: float) -> None:
    """Every class with its score, at the right edge, while an interval lasts."""
    if not now or not now[0].get("scores"):
        return
    one = now[0]
    ranked = sorted(one["scores"].items(), key=lambda pair: -pair[1])
    rows = [f"{name} {score:.2f}" for name, score in ranked[:7]]
    width = max(_size(row, unit)[0] for row in rows)
    line = _size("Ag", unit)[1] + 3 + round(8 * unit)
    for i, row in enumerate(rows):
        colour = COLOURS[one["kind"]] if i == 0 else _TEXT
        place = (picture.shape[1] - width - 8, (i + 1) * line)
        _write(picture, row, place, unit, colour)


def _draw_strip(strip: np.ndarray, number: int, what: Drawing, unit: float) -> None:
    height, width = strip.shape[:2]
    span = max(2, round(what.seconds * what.fps))
    start = number - span // 2
    line = _size("micro", 0.8 * unit)[1] + 4 + round(8 * unit)
    fine, thick = max(1, round(0.8 * unit)), max(1, round(1.3 * unit))
    foot, head = height - line, 6

    def x_of(frame: float) -> int:
        return round((frame - start) / span * (width - 1))

    def y_of(value: float | np.ndarray) -> np.ndarray:
        return foot - np.clip(np.asarray(value, float), 0, _TOP) / _TOP * (foot - head)

    n = len(what.face)
    low, high = max(0, start - what.first), min(n, start + span + 1 - what.first)
    if low < high:
        lost = np.flatnonzero(~what.face[low:high]) + low + what.first
        for a, b in _runs(lost):
            cv2.rectangle(strip, (x_of(a - 0.5), 0), (x_of(b + 0.5), height), (60, 60, 60), -1)
    for one in what.intervals:
        if one["offset"] < start or one["onset"] > start + span:
            continue
        colour = COLOURS[one["kind"]]
        a, b = max(0, x_of(one["onset"])), min(width - 1, x_of(one["offset"]))
        part = strip[:, a : b + 1]
        part[:] = (0.65 * part + 0.35 * np.array(colour)).astype(np.uint8)
        cv2.line(strip, (x_of(one["apex"]), 0), (x_of(one["apex"]), height), colour, fine)
        words = _plain(one.get("label") or one["kind"])
        cv2.putText(strip, words, (a + 2, head + round(18 * unit) + 2), _FONT, 0.8 * unit,
                    _TEXT, fine, cv2.LINE_AA)  # fmt: skip
    bar = int(y_of(1.0))
    dash = max(6, round(8 * unit))
    for x in range(0, width, 2 * dash):
        cv2.line(strip, (x, bar), (min(x + dash, width), bar), (150, 150, 150), fine)
    for kind in KINDS:
        curve = what.curves.get(kind)
        if curve is None or low >= min(high, len(curve)):
            continue
        frames = np.arange(low, min(high, len(curve)))
        xs = (frames + what.first - start) / span * (width - 1)
        points = np.stack([xs, y_of(curve[frames])], 1)
        cv2.polylines(strip, [np.round(points).astype(np.int32)], False, COLOURS[kind],
                      thick, cv2.LINE_AA)  # fmt: skip
    foot_room = 3 + round(6 * unit)
    cursor = x_of(number)
    cv2.line(strip, (cursor, 0), (cursor, height), _TEXT, fine)
    strip[foot + 1 :] = _DARK
    x = 4
    for words, colour in (("micro", COLOURS["micro"]), ("macro", COLOURS["macro"]),
                          ("-- threshold", (170, 170, 170))):  # fmt: skip
        cv2.putText(strip, words, (x, height - foot_room), _FONT, 0.8 * unit, colour, fine,
                    cv2.LINE_AA)  # fmt: skip
        x += _size(words, 0.8 * unit)[0] + round(16 * unit)
    words = f"{what.seconds:g} s"
    place = (width - _size(words, 0.8 * unit)[0] - 6, height - foot_room)
    cv2.putText(strip, words, place, _FONT, 0.8 * unit, (170, 170, 170), fine, cv2.LINE_AA)


def _runs(numbers: np.ndarray) -> list[tuple[int, int]]:
    """First and last of each run of whole numbers.

    Examples
    --------
    >>> _runs(np.array([2, 3, 4, 9]))
    [(2, 4), (9, 9)]
    """
    if not len(numbers):
        return []
    parts = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    return [(int(part[0]), int(part[-1])) for part in parts]


def _write(
    picture: np.ndarray, words: str, place: tuple[int, int], scale: float, colour: tuple
) -> None:
    """Text on a dark ground, so that it can be read on any picture."""
    words = _plain(words)
    wide, high = _size(words, scale)
    if wide > picture.shape[1] - 8:  # rather small than cut off
        scale *= (picture.shape[1] - 8) / wide
        wide, high = _size(words, scale)
    x, y = int(place[0]), int(place[1])
    y0, y1 = max(0, y - high - 4), min(picture.shape[0], y + 5)
    x0, x1 = max(0, x - 3), min(picture.shape[1], x + wide + 4)
    if y0 < y1 and x0 < x1:
        picture[y0:y1, x0:x1] = (0.35 * picture[y0:y1, x0:x1] + 0.65 * np.array(_DARK)).astype(
            np.uint8
        )
    thick = max(1, round(1.6 * scale))
    cv2.putText(picture, words, (x, y), _FONT, scale, colour, thick, cv2.LINE_AA)


def _size(words: str, scale: float) -> tuple[int, int]:
    (wide, high), _ = cv2.getTextSize(_plain(words), _FONT, scale, max(1, round(1.6 * scale)))
    return wide, high


def _plain(words: str) -> str:
    """The font has no more than ASCII."""
    parts = unicodedata.normalize("NFKD", words).replace("–", "-")
    return "".join(c if c.isascii() and c.isprintable() else "" if unicodedata.combining(c) else "?"
                   for c in parts)  # fmt: skip
