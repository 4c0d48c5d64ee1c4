"""What a model says of the intervals of a long video."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..clip import Clip
from ..errors import FaceNotFound
from ..models import Model, predict_clips
from ..preprocessing import detect_landmarks

__all__ = ["recognise", "recognised"]

# About the face, as a share of its size: what registration with a rotated crop may need.
_MARGIN = 0.6


def recognise(
    frames: Iterable[np.ndarray],
    landmarks: Sequence[np.ndarray] | np.ndarray,
    intervals: Sequence[Mapping[str, Any]],
    model: Model,
    fps: float,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Intervals with ``label, scores, warnings, problem``.

    The video is read once; of each interval only the part about the face is held, and only until
    it is recognised.

    Parameters
    ----------
    frames : iterable of ndarray
        All frames of the video, of the colour that the model takes.
    landmarks : ``(T, 68, 2)``
        NaN where the face is not seen.
    intervals : sequence of mapping
        ``kind, onset, apex, offset``.
    model : Model
    fps : float
    progress : callable, optional
        Called with (frames done, frames to be read).
    """
    found: list[dict[str, Any]] = [{**one} for one in intervals]
    last = max((one["offset"] for one in found), default=-1)
    boxes = [_box(np.asarray(landmarks[one["onset"] : one["offset"] + 1])) for one in found]
    parts: dict[int, list[np.ndarray]] = {}
    for number, frame in enumerate(frames):
        if number > last:
            break
        for i, one in enumerate(found):
            if one["onset"] <= number <= one["offset"] and boxes[i] is not None:
                x0, y0, x1, y1 = boxes[i]  # type: ignore[misc]
                parts.setdefault(i, []).append(frame[y0:y1, x0:x1].copy())
            if number == one["offset"]:
                one.update(recognised(parts.pop(i, []), one, boxes[i], landmarks, model, fps))
        if progress is not None and number % 20 == 0:
            progress(number, last + 1)
    for i, one in enumerate(found):  # an interval that goes on to where the video breaks off
        if "label" not in one:
            one.update(recognised(parts.pop(i, []), one, boxes[i], landmarks, model, fps))
    if progress is not None and found:
        progress(last + 1, last + 1)
    return found


def recognised(
    part: Sequence[np.ndarray],
    interval: Mapping[str, Any],
    box: tuple[int, int, int, int] | None,
    landmarks: Any,
    model: Model,
    fps: float,
) -> dict[str, Any]:
    """Label, scores, warnings and problem of one interval, from the frames about the face."""
    onset = interval["onset"]
    if box is None or len(part) < 2:
        return {"label": None, "scores": {}, "warnings": [], "problem": "the face is not seen"}
    apex = min(max(interval["apex"] - onset, 0), len(part) - 1)
    tracked = np.asarray(landmarks[onset], float) - box[:2]
    clip = Clip(
        f"frames {onset}–{interval['offset']}", np.stack(part), fps=fps, apex=apex,
        landmarks=_landmarks(part[0], tracked),
    )  # fmt: skip
    said = predict_clips(model, [clip], faces=False)[0]
    doubts = list(said.warnings)
    if interval["kind"] == "macro":
        doubts.append("a macro-expression, and the model knows the clips that it was trained on")
    return {
        "label": said.label,
        "scores": dict(said.scores),
        "warnings": doubts,
        "problem": said.problem or None,
    }


def _landmarks(first: np.ndarray, tracked: np.ndarray) -> np.ndarray | None:
    """As in training: found in the first frame, if that is the followed face; else as followed."""
    known = bool(np.isfinite(tracked).all())
    try:
        points = detect_landmarks(first)
    except FaceNotFound:
        return tracked if known else None
    if not known:
        return points
    eyes = np.linalg.norm(tracked[36:42].mean(0) - tracked[42:48].mean(0))
    near = np.median(np.linalg.norm(points - tracked, axis=1)) < 0.2 * eyes
    return points if near else tracked


def _box(landmarks: np.ndarray) -> tuple[int, int, int, int] | None:
    """About all places of the face in an interval: x0, y0, x1, y1; None if it is not seen."""
    points = landmarks.reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return None
    low, high = points.min(0), points.max(0)
    margin = _MARGIN * (high - low)
    x0, y0 = np.clip(np.floor(low - margin), 0, None).astype(int)
    x1, y1 = np.ceil(high + margin).astype(int)
    return int(x0), int(y0), int(max(x1, x0 + 2)), int(max(y1, y0 + 2))
