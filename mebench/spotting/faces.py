"""Follow one face through a long video, and cut it out so that it stands still.

A detector that looks at every frame anew puts its landmarks a pixel to one side, then a pixel to
the other: at the scale of micro-expressions that is an earthquake. So the face is detected at
intervals only. In between, points on it are tracked, and the similarity that carries most of them
along is what the head did; what single parts of the face do against it, stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from ..clip import grey
from ..errors import BadInput, FaceNotFound
from ..preprocessing import detect_landmarks
from ..preprocessing.face import face_transform, warp

__all__ = ["FACE_SIZE", "Face", "follow_face"]

#: Rows and columns of the face that is cut out (our choice): small enough to be quick, large
#: enough that half a pixel on a face 110 px wide is still seen.
FACE_SIZE = (156, 132)

#: Raised whenever the same video gives other faces.
VERSION = 1


class Face(NamedTuple):
    """The followed face in one frame; all but `frame` are None where it is lost.

    Attributes
    ----------
    frame : int
        Number of the frame, from 0.
    image : ndarray (H, W) uint8
        The face, registered and cut out.
    landmarks : ndarray (68, 2) float64
        (x, y) in the frame: those of the last detection, carried along.
    matrix : ndarray (2, 3) float64
        ``matrix @ (x, y, 1)`` is the place in `image` of a point of the frame.
    travel : ndarray (2,) float64
        How far the head has gone since the face was taken up, in distances between the eyes:
        as tracked, without the slow correction towards detections.
    """

    frame: int
    image: np.ndarray | None
    landmarks: np.ndarray | None
    matrix: np.ndarray | None
    travel: np.ndarray | None

    @property
    def place(self) -> tuple[float, float]:
        """`travel`, or NaN where the face is lost."""
        return (np.nan, np.nan) if self.travel is None else (self.travel[0], self.travel[1])


def follow_face(
    frames: Iterable[np.ndarray],
    fps: float,
    *,
    size: tuple[int, int] = FACE_SIZE,
    interval: float = 1.0,
    model: str | None = None,
) -> Iterator[Face]:
    """Detect, track, register and cut out a face, frame by frame.

    Parameters
    ----------
    frames : iterable of ndarray ``(H, W)`` or ``(H, W, 3)`` RGB, uint8
        All of one size; read once, one at a time.
    fps : float
        Frames per second.
    size : (H, W), default :data:`FACE_SIZE`
        Of the cut-out.
    interval : float, default 1
        Seconds between detections (our choice). Where several faces are found, the largest one
        of the first frame is followed, and later the one that is nearest to it.
    model : str, optional
        A dlib shape predictor with 68 points, as for
        :func:`mebench.preprocessing.detect_landmarks`.

    Yields
    ------
    Face
        One for each frame, at once. While there is no face to be seen, all but its number is
        None; it is looked for again after each quarter of an `interval`.

    Raises
    ------
    BadInput
        Frames of unequal size, or that are no images; no frame at all; `fps` not positive.
    FaceNotFound
        When all frames are through and none of them shows a face.

    Notes
    -----
    A detection never moves the cut-out at once, since that would look like an expression: the
    tracked place drifts towards the detected one, by at most a tenth of the difference in a tenth
    of a second. Only when they are further apart than a fifth of the eyes' distance, tracking has
    failed, and the face is taken up anew; the frame of that jump is given as lost, so that
    nothing is compared across it.
    """
    if not fps > 0:
        raise BadInput(f"The frame rate must be positive, found {fps}.")
    period = max(1, round(interval * fps))
    track: _Track | None = None
    seen = shape = None
    wait = number = 0
    for number, frame in enumerate(frames, start=1):
        picture = _checked(frame, shape)
        shape = frame.shape
        if track is None:
            wait -= 1
            if wait > 0:
                yield Face(number - 1, None, None, None, None)
                continue
            points = _detected(picture, None, model)
            wait = max(1, period // 4)
            if points is None:
                yield Face(number - 1, None, None, None, None)
                continue
            track = _Track(picture, points, size, fps)
            seen, since = True, 0
        elif not track.step(picture):
            track, wait = None, 1
            yield Face(number - 1, None, None, None, None)
            continue
        else:
            since += 1
            if since >= period:
                since = 0
                points = _detected(picture, track.landmarks, model)
                if points is None:
                    track.doubts += 1
                else:
                    track.doubts = 0
                    if not track.agrees(points):
                        track = _Track(picture, points, size, fps)
                        yield Face(number - 1, None, None, None, None)
                        continue
                if track.doubts == 3:  # three detections in vain: what is tracked is no face
                    track, wait = None, 1
                    yield Face(number - 1, None, None, None, None)
                    continue
        image = warp(picture[None], track.matrix, size)[0]
        yield Face(number - 1, image, track.landmarks, track.matrix, track.travel)
    if not number:
        raise BadInput("The video has no frames; at least one is needed.")
    if not seen:
        raise FaceNotFound(
            f"No face was found in any of the {number} frames that were looked at. Is the face "
            "upright, seen from the front, and at least 40 pixels wide?"
        )


class _Track:
    """Where the face is; tracked from the frame before, without a jump."""

    def __init__(
        self, picture: np.ndarray, landmarks: np.ndarray, size: tuple[int, int], fps: float
    ) -> None:
        self.size, self.landmarks, self.doubts = size, landmarks, 0
        self.matrix = face_transform(landmarks, size)
        self.share = 1 - 0.9 ** (10 / fps)  # of the correction that is made in one frame
        self.pending: np.ndarray | None = None
        self.travel = np.zeros(2)
        self.box = self._box(picture.shape)
        self.key = self._part(picture)
        self.points = self._choose()
        self.total = np.eye(2, 3)  # from the key frame to the current one

    def step(self, picture: np.ndarray) -> bool:
        """Go to the next frame; False if the face is lost."""
        if self.points is None or len(self.points) < 8:
            return False
        part = self._part(picture)
        guess = np.ascontiguousarray(_apply(self.total, self.points), np.float32)[:, None]
        found, good, _ = cv2.calcOpticalFlowPyrLK(
            self.key, part, self.points[:, None], guess.copy(),
            winSize=(15, 15), maxLevel=2, flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
            criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01),
        )  # fmt: skip
        kept = good.ravel() == 1
        if kept.sum() < max(8, len(self.points) // 4):
            return False
        moved, trust = _similarity(self.points[kept], found.reshape(-1, 2)[kept].astype(float))
        if trust < 0.3 or not 0.5 < np.hypot(*moved[:, 0]) < 2:
            return False
        change = _compose(moved, _invert(self.total))  # from the frame before
        change = _shifted(change, self.box)
        self.total = moved
        nose, apart = self.landmarks[27:31].mean(0), _eye_distance(self.landmarks)
        self.travel = self.travel + (_apply(change, nose) - nose) / apart
        self.landmarks = _apply(change, self.landmarks)
        self.matrix = _compose(self.matrix, _invert(change))
        if self.pending is not None:
            self.pending = _apply(change, self.pending)
            self._correct()
        inside = self._box(picture.shape)
        far = np.abs(np.subtract(inside, self.box)).max() > 0.12 * (self.box[2] - self.box[0])
        if far or trust < 0.6 or kept.mean() < 0.7:
            self._renew(picture, inside)
        return True

    def agrees(self, detected: np.ndarray) -> bool:
        """Take up a detection for slow correction; False if it is somewhere else altogether."""
        eyes = _eye_distance(detected)
        if np.median(np.linalg.norm(detected - self.landmarks, axis=1)) > 0.2 * eyes:
            return False
        self.pending = detected
        return True

    def _correct(self) -> None:
        assert self.pending is not None
        self.landmarks = self.landmarks + self.share * (self.pending - self.landmarks)
        target = face_transform(self.pending, self.size)
        self.matrix = self.matrix + self.share * (target - self.matrix)

    def _renew(self, picture: np.ndarray, box: tuple[int, int, int, int]) -> None:
        """Another key frame and other points; the place itself goes on without a jump."""
        self.box = box
        self.key = self._part(picture)
        self.points = self._choose()
        self.total = np.eye(2, 3)

    def _box(self, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
        low, high = self.landmarks.min(0), self.landmarks.max(0)
        margin = 0.2 * (high - low)
        x0, y0 = np.clip(np.floor(low - margin), 0, None).astype(int)
        x1, y1 = np.ceil(high + margin).astype(int)
        return int(x0), int(y0), int(min(x1, shape[1])), int(min(y1, shape[0]))

    def _part(self, picture: np.ndarray) -> np.ndarray:
        x0, y0, x1, y1 = self.box
        return np.ascontiguousarray(picture[y0:y1, x0:x1])

    def _choose(self) -> np.ndarray | None:
        """Corners to track, where expressions move little: forehead, nose, cheeks; no eyes."""
        if min(self.key.shape) < 24:
            return None
        marks = self.landmarks - self.box[:2]
        mask = np.zeros(self.key.shape, np.uint8)
        lift = 0.25 * (marks[8] - marks[27])
        outline = np.vstack([marks[0:5], marks[48], marks[33], marks[54], marks[12:17],
                             marks[[26, 24, 19, 17]] - lift])  # fmt: skip
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
        for eye in (marks[36:42], marks[42:48]):
            wide = eye.mean(0) + 1.5 * (eye - eye.mean(0))
            cv2.fillPoly(mask, [cv2.convexHull(np.round(wide).astype(np.int32))], 0)
        apart = max(3.0, np.sqrt(mask.sum() / 100))
        found = cv2.goodFeaturesToTrack(self.key, 80, 0.005, apart, mask=mask, blockSize=5)
        return None if found is None else np.ascontiguousarray(found.reshape(-1, 2), np.float32)


def _checked(frame: np.ndarray, shape: tuple[int, ...] | None) -> np.ndarray:
    frame = np.asarray(frame)
    if (
        frame.ndim not in (2, 3)
        or frame.dtype != np.uint8
        or (frame.ndim == 3 and frame.shape[2] != 3)
    ):
        raise BadInput(
            f"Expected frames (H, W) or (H, W, 3) of uint8, found one of shape {frame.shape} and "
            f"type {frame.dtype}."
        )
    if shape is not None and frame.shape != shape:
        raise BadInput(
            f"Frames of unequal size in one video: {frame.shape[1]}×{frame.shape[0]} after "
            f"{shape[1]}×{shape[0]}. Convert it to one size."
        )
    return grey(frame[None])[0] if frame.ndim == 3 else frame


def _detected(picture: np.ndarray, near: np.ndarray | None, model: str | None) -> np.ndarray | None:
    """Landmarks of the largest face, or of the one near the given landmarks; None of none."""
    if near is not None:
        # Only around where the face was: quicker, and nobody else's face.
        low, high = near.min(0), near.max(0)
        margin = 0.6 * (high - low)
        x0, y0 = np.clip(np.floor(low - margin), 0, None).astype(int)
        x1, y1 = np.ceil(high + margin).astype(int)
        picture, origin = picture[y0:y1, x0:x1], np.array([x0, y0], float)
    else:
        origin = np.zeros(2)
    if min(picture.shape) < 32:
        return None
    # Faces a few hundred pixels wide are found as well, and far faster, at half their size.
    shrink = 1.0
    wide = (high - low).max() if near is not None else min(picture.shape)
    if wide > (240 if near is not None else 1080):
        shrink = wide / (160 if near is not None else 720)
        picture = cv2.resize(picture, None, fx=1 / shrink, fy=1 / shrink,
                             interpolation=cv2.INTER_AREA)  # fmt: skip
    try:
        return detect_landmarks(picture, model) * shrink + origin
    except FaceNotFound:
        return None


def _similarity(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float]:
    """The similarity that carries most points along, and the share of points that follow it.

    Iteratively reweighted least squares with Tukey's weights, in complex numbers.
    """
    z, w = source @ (1, 1j), target @ (1, 1j)
    weight = np.ones(len(z))
    a, b = 1 + 0j, 0j
    for round_ in range(8):
        total = weight.sum()
        zc, wc = (weight * z).sum() / total, (weight * w).sum() / total
        dz = z - zc
        a = (weight * np.conj(dz) * (w - wc)).sum() / max((weight * np.abs(dz) ** 2).sum(), 1e-9)
        b = wc - a * zc
        off = np.abs(a * z + b - w)
        bound = 4.7 * max(1.48 * float(np.median(off)), 0.05)
        weight = np.clip(1 - (off / bound) ** 2, 0, None) ** 2
        if round_ and weight.sum() < 3:
            break
    spread = np.sqrt((np.abs(z - z.mean()) ** 2).mean())
    trust = float((off < max(0.03 * spread, 0.75)).mean())
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]]), trust


def _eye_distance(landmarks: np.ndarray) -> float:
    return float(np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0)))


def _apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ matrix[:, :2].T + matrix[:, 2]


def _compose(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    return np.c_[outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]]


def _invert(matrix: np.ndarray) -> np.ndarray:
    inverse = np.linalg.inv(matrix[:, :2])
    return np.c_[inverse, -inverse @ matrix[:, 2]]


def _shifted(matrix: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """A map between coordinates of the box as one between coordinates of the frame."""
    origin = np.array(box[:2], float)
    return np.c_[matrix[:, :2], matrix[:, 2] + origin - matrix[:, :2] @ origin]
