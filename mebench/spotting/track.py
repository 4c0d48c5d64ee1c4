"""A face from frame to frame: what its points do together is what the head did."""

from __future__ import annotations

import cv2
import numpy as np

from ..preprocessing.registration import face_transform
from .person import eye_distance
from .robust_fits import similarity
from .search import FaceSearch

__all__ = ["Track", "carry"]


class Track:
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
        self._age, self._lips = 0, np.zeros((20, 2))

    def with_mouth(self, search: FaceSearch, picture: np.ndarray, every: int) -> np.ndarray:
        """The landmarks, those of the mouth as they were found at most `every` frames ago."""
        if self._age % every == 0:
            found = search.again(picture, self.landmarks)
            # What eyes and nose agree on; the rest is the mouth's own.
            off = found - self.landmarks
            shift = np.median(off[27:48], axis=0)
            spread = np.median(np.linalg.norm(off[27:48] - shift, axis=1))
            sure = spread < 0.08 * eye_distance(self.landmarks)
            self._lips = off[48:] - shift if sure else np.zeros((20, 2))
        self._age += 1
        shown = self.landmarks.copy()
        shown[48:] += self._lips
        return shown

    def step(self, picture: np.ndarray) -> bool:
        """Go to the next frame; False if the face is lost."""
        if self.points is None or len(self.points) < 8:
            return False
        part = self._part(picture)
        guess = np.ascontiguousarray(carry(self.total, self.points), np.float32)[:, None]
        found, good, _ = cv2.calcOpticalFlowPyrLK(
            self.key, part, self.points[:, None], guess.copy(),
            winSize=(15, 15), maxLevel=2, flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
            criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01),
        )  # fmt: skip
        kept = good.ravel() == 1
        if kept.sum() < max(8, len(self.points) // 4):
            return False
        now, before = found.reshape(-1, 2)[kept], self.points[kept]
        moved, trust = similarity(before.astype(float), now.astype(float))
        if trust < 0.3 or not 0.5 < np.hypot(*moved[:, 0]) < 2:
            return False
        change = _compose(moved, _invert(self.total))  # from the frame before
        change = _shifted(change, self.box)
        self.total = moved
        nose, apart = self.landmarks[27:31].mean(0), eye_distance(self.landmarks)
        self.travel = self.travel + (carry(change, nose) - nose) / apart
        self.landmarks = carry(change, self.landmarks)
        self.matrix = _compose(self.matrix, _invert(change))
        if self.pending is not None:
            self.pending = carry(change, self.pending)
            self._correct()
        inside = self._box(picture.shape)
        far = np.abs(np.subtract(inside, self.box)).max() > 0.12 * (self.box[2] - self.box[0])
        if far or trust < 0.6 or kept.mean() < 0.7:
            self._renew(picture, inside)
        return True

    def agrees(self, detected: np.ndarray) -> bool:
        """Take up a detection for slow correction; False if it is somewhere else altogether."""
        eyes = eye_distance(detected)
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


def carry(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points ``(n, 2)`` under a map ``(2, 3)``."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def _compose(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    out = outer[:, :2] @ inner
    out[:, 2] += outer[:, 2]
    return np.asarray(out)


def _invert(matrix: np.ndarray) -> np.ndarray:
    (a, b, x), (c, d, y) = matrix.tolist()
    size = a * d - b * c
    return np.array([[d, -b, b * y - d * x], [-c, a, c * x - a * y]]) / size


def _shifted(matrix: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """A map between coordinates of the box as one between coordinates of the frame."""
    out, origin = matrix.copy(), np.array(box[:2], float)
    out[:, 2] += origin - matrix[:, :2] @ origin
    return out
