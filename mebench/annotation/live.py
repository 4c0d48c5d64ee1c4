"""The same from a camera, while it runs: what is found is said as soon as it is over."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd

from ..errors import DataNotFound
from ..models import Model
from ..spotting import Face, Spotter, follow_face, get_spotter
from .drawing import Drawing, draw, heights, looked_at
from .recognise import recognise
from .video import VideoWriter

__all__ = ["annotate_live", "camera_frames"]

# Seconds that are remembered beyond the delay of the curve, and between looks at it. The longest
# expression that is spotted lasts 5 s.
_MEMORY, _EVERY = 10.0, 0.5
# Seconds by which later rows may still move an interval that was over when it was decided about.
_GRACE = 1.0


class _Moment(NamedTuple):
    number: int
    frame: np.ndarray
    landmarks: np.ndarray | None


def camera_frames(
    camera: int = 0, fps: float = 30.0, seconds: float | None = None
) -> Iterator[np.ndarray]:
    """Frames ``(H, W, 3)`` RGB of a camera, so many per second by the clock.

    A frame that comes late stands for those that it replaces; where the work falls behind by more
    than a second, the lost time is left out.

    Raises
    ------
    DataNotFound
        There is no such camera, or it gives no picture.
    """
    video = cv2.VideoCapture(camera)
    try:
        if not video.isOpened():
            raise DataNotFound(
                f"There is no camera {camera} here, or it may not be used. Is it plugged in, free, "
                "and allowed? A video file can be annotated instead."
            )
        started, given = time.monotonic(), 0
        while seconds is None or given < seconds * fps:
            good, image = video.read()
            if not good or image is None:
                if not given:
                    raise DataNotFound(f"The camera {camera} gives no picture.")
                return
            frame = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            due = int((time.monotonic() - started) * fps + 1e-6) + 1
            if due - given > fps:
                started += (due - given - 1) / fps
                due = given + 1
            while given < due and (seconds is None or given < seconds * fps):
                given += 1
                yield frame
    finally:
        video.release()


def annotate_live(
    frames: Iterable[np.ndarray],
    fps: float,
    model: Model,
    *,
    method: str | Spotter = "strain",
    detector: str = "dlib",
    face: str | int = "largest",
    out: str | os.PathLike[str] | None = None,
    found: Callable[[dict[str, Any]], None] | None = None,
    show: Callable[[np.ndarray], bool] | None = None,
) -> list[dict[str, Any]]:
    """Spot and recognise while frames come in; nothing older than some seconds is held.

    Parameters
    ----------
    frames : iterable of ndarray ``(H, W, 3)`` RGB
        Such as :func:`camera_frames`.
    fps : float
    model : Model
    method : str or Spotter, default 'strain'
        `trajectory` finds more, but looks for the first time after 12 s, and is 6 to 8 s late.
    detector, face
        What finds faces, and whose is followed; see :func:`mebench.spotting.follow_face`.
    out : path, optional
        Write the annotated video.
    found : callable, optional
        Called with each interval once it is recognised, with `strain` about two seconds after it
        has ended.
    show : callable, optional
        Called with each annotated picture; false ends the annotation.

    Returns
    -------
    list of dict
        The intervals, as of :class:`mebench.annotation.Annotation`.
    """
    live = _Live(model, get_spotter(method), fps, found)
    follow = partial(follow_face, fps=fps, detector=detector, face=face, mouth=True)
    if out is None:
        live.watch(frames, follow, None, show)
    else:
        with VideoWriter(out, fps) as writer:
            live.watch(frames, follow, writer, show)
    return live.reported


class _Live:
    """What is remembered of a video that is still going on, and what was reported of it."""

    def __init__(
        self, model: Model, spotter: Spotter, fps: float,
        found: Callable[[dict[str, Any]], None] | None,
    ) -> None:  # fmt: skip
        self.model, self.spotter, self.fps, self.found = model, spotter, fps, found
        memory = max(2, round(_MEMORY * fps))
        delay, self.unsettled = spotter.delay(fps)
        self.moments: deque[_Moment] = deque(maxlen=memory + delay)
        self.curves: deque[tuple[float, ...]] = deque(maxlen=memory)
        self.measured = self.decided = 0
        self.reported: list[dict[str, Any]] = []
        self.title = f"{spotter.name}; {model.name}"
        self.strip = 8.0 + 2 * round(delay / fps)  # wide enough for what is known, which is late
        self.drawing = Drawing(fps, {}, title=self.title, seconds=self.strip)

    def watch(
        self, frames: Iterable[np.ndarray], follow: Callable[..., Iterator[Face]],
        writer: VideoWriter | None, show: Callable[[np.ndarray], bool] | None,
    ) -> None:  # fmt: skip
        """Go through the frames, and look at the curve a few times a second."""
        places: deque[tuple[float, float]] = deque()
        every = max(1, round(_EVERY * self.fps))
        for row in self.spotter.rows(self._images(frames, follow, writer, show, places), self.fps):
            self.curves.append((*row, *places.popleft()))
            self.measured += 1
            if self.measured % every == 0:
                self.drawing = self.look()
        self.look(last=True)

    def _images(
        self, frames: Iterable[np.ndarray], follow: Callable[..., Iterator[Face]],
        writer: VideoWriter | None, show: Callable[[np.ndarray], bool] | None,
        places: deque[tuple[float, float]],
    ) -> Iterator[np.ndarray | None]:  # fmt: skip
        """The registered face of each frame; the frames are drawn on, written and shown."""
        latest: list[np.ndarray] = []
        wanted = True

        def greys() -> Iterator[np.ndarray]:
            for frame in frames:
                if not wanted:
                    return
                latest.append(frame)
                yield _grey(frame)

        for seen in follow(greys()):
            frame = latest.pop()
            held = frame if self.model.colour else _grey(frame)
            self.moments.append(_Moment(seen.frame, held, seen.landmarks))
            places.append(seen.place)
            if writer is not None or show is not None:
                picture = draw(frame, seen.frame, seen.landmarks, self.drawing)
                if writer is not None:
                    writer.write(picture)
                wanted = show is None or show(picture)
            yield seen.image

    def look(self, last: bool = False) -> Drawing:
        """Look at what is remembered of the curve, and report what has ended since the last look.

        What was decided is not looked at again: what it was judged by is soon forgotten.
        """
        columns = [*self.spotter.columns, "x", "y"]
        table = pd.DataFrame(list(self.curves), columns=columns, dtype=float)
        table["face"] = table["x"].notna()
        first = self.measured - len(table)
        settled = self.measured - (0 if last else self.unsettled)
        since, self.decided = self.decided - round(_GRACE * self.fps), settled
        for row in self.spotter.intervals(table, self.fps).to_dict("records"):
            one = _shifted(row, first, self.fps)
            known = any(one["onset"] <= r["offset"] and r["onset"] <= one["offset"]
                        and r["kind"] == one["kind"] for r in self.reported)  # fmt: skip
            if known or not since <= one["offset"] < settled or (row["onset"] < 1 and first):
                continue
            one = _recognised(one, self.moments, self.model, self.fps)
            self.reported.append(one)
            if self.found is not None:
                self.found(one)
        return Drawing(
            self.fps, heights(table, self.fps, self.spotter), self.reported[-20:],
            looked_at(table, self.fps, self.spotter), first=first,
            title=_headline(self.title, self.reported), seconds=self.strip,
        )  # fmt: skip


def _headline(title: str, reported: list[dict[str, Any]]) -> str:
    """What a picture says of the expression that was found last, which is over by then."""
    if not reported:
        return title
    last = reported[-1]
    return f"last: {last['label'] or 'not recognised'} ({last['kind']}) at {last['onset_s']:.1f} s"


def _grey(frame: np.ndarray) -> np.ndarray:
    """The luminance of an RGB frame; a file's is read directly, and so less rounded."""
    return frame if frame.ndim == 2 else np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))


def _shifted(row: dict[Any, Any], first: int, fps: float) -> dict[str, Any]:
    """An interval of the remembered part, numbered from the first frame of all."""
    one: dict[str, Any] = {"kind": row["kind"], "score": float(row["score"])}
    for mark in ("onset", "apex", "offset"):
        one[mark] = int(row[mark]) + first
        one[f"{mark}_s"] = round(one[mark] / fps, 4)
    return one


def _recognised(
    one: dict[str, Any], moments: Iterable[_Moment], model: Model, fps: float
) -> dict[str, Any]:
    part = [m for m in moments if one["onset"] <= m.number <= one["offset"]]
    if not part or part[0].number != one["onset"]:
        return {**one, "label": None, "scores": {}, "warnings": [], "problem": "too long ago"}
    onset = one["onset"]
    nothing = np.full((68, 2), np.nan)
    points = np.stack([nothing if m.landmarks is None else m.landmarks for m in part])
    near = {**one, **{k: one[k] - onset for k in ("onset", "apex", "offset")}}
    said = recognise([m.frame for m in part], points, [near], model, fps)[0]
    return {**said, **{k: one[k] for k in ("onset", "apex", "offset")}}
