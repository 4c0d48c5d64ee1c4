"""Looking for faces in a frame: all over it, or about where one was."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from ..preprocessing.detectors import choose_detector, find_faces
from ..preprocessing.found_faces import FoundFace
from ..preprocessing.hog_faces import WINDOW, is_small, shrinkage
from ..preprocessing.landmarks import (
    all_faces,
    landmarks_between,
    place_landmarks,
    small_faces,
)
from .person import Appearance, Person

__all__ = ["FaceSearch", "find_people"]

#: By dlib, one look in so many at a small picture is taken again at twice the size and with a
#: border, which takes ten times as long.
_THOROUGH = 16


class FaceSearch:
    """Faces in frames, as landmarks.

    Parameters
    ----------
    detector : str
        As for :func:`mebench.preprocessing.choose_detector`.
    model : str, optional
        A dlib shape predictor with 68 points.
    """

    def __init__(self, detector: str = "dlib", model: str | None = None) -> None:
        self.detector, self.model = choose_detector(detector), model
        self._looks = 0

    def whole(self, picture: np.ndarray) -> list[np.ndarray]:
        """Landmarks ``(68, 2)`` of all faces in a grey picture, the largest first.

        Until there is one, looks at a large picture by dlib are taken by turns at all of it, made
        smaller, and at a quarter of that at twice the size, so that none takes long.
        """
        shrink = shrinkage(picture)
        small = _shrunk(picture, shrink)
        looks, self._looks = self._looks, self._looks + 1
        if self.detector == "dlib" and looks % 2 and not is_small(small):
            found = self._in_quarter(small, looks // 2, shrink)
        else:
            thorough = self.detector == "dlib" and (looks % _THOROUGH == 0 or not is_small(small))
            faces = (all_faces if thorough else find_faces)(small, self.detector)
            found = self._placed(small, faces, shrink, np.zeros(2))
        self._looks = 0 if found else self._looks
        return found

    def _in_quarter(self, small: np.ndarray, number: int, shrink: float) -> list[np.ndarray]:
        """Faces of 40 pixels and more in one of four parts, which overlap by such a face."""
        down, right = divmod(number % 4, 2)
        origin, part = np.zeros(2), small
        for axis, second in ((0, down), (1, right)):
            middle = part.shape[axis] // 2
            first = middle - WINDOW // 2 if second else 0
            last = part.shape[axis] if second else middle + WINDOW // 2
            part = part.take(range(first, last), axis)
            origin[1 - axis] = first
        return self._placed(part, small_faces(part), shrink, origin * shrink)

    def near(self, picture: np.ndarray, landmarks: np.ndarray) -> list[np.ndarray]:
        """Landmarks of the faces about where one was, the nearest first: quicker, and surer."""
        low, high = landmarks.min(0), landmarks.max(0)
        margin = 0.6 * (high - low)
        x0, y0 = np.clip(np.floor(low - margin), 0, None).astype(int)
        x1, y1 = np.ceil(high + margin).astype(int)
        part = picture[y0:y1, x0:x1]
        if min(part.shape) < 32:
            return []
        # Faces a few hundred pixels wide are found as well, and far faster, at half their size.
        wide = float((high - low).max())
        shrink = wide / 160 if wide > 240 else 1.0
        small = _shrunk(part, shrink)
        found = self._placed(small, all_faces(small, self.detector), shrink, np.array([x0, y0]))
        return sorted(found, key=lambda p: float(np.linalg.norm(p - landmarks, axis=1).mean()))

    def again(self, picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """The landmarks of a face whose place is known, found anew."""
        low, high = landmarks.min(0), landmarks.max(0)
        margin = 0.25 * (high - low)
        x0, y0 = np.clip(np.floor(low - margin), 0, None).astype(int)
        x1, y1 = np.ceil(high + margin).astype(int)
        part, origin = picture[y0:y1, x0:x1], np.array([x0, y0])
        if min(part.shape) < 16:
            return landmarks
        left, right = (landmarks[k : k + 6].mean(0) - origin for k in (36, 42))
        part = np.ascontiguousarray(part)
        if abs(right[1] - left[1]) < 0.25 * (right[0] - left[0]):
            return landmarks_between(part, left, right, self.model) + origin
        face = FoundFace((0, 0, 1, 1), 1.0, np.stack([left, right, landmarks[30] - origin]))
        return place_landmarks(part, face, self.model) + origin

    def _placed(
        self, small: np.ndarray, faces: Iterable[FoundFace], shrink: float, origin: np.ndarray
    ) -> list[np.ndarray]:
        return [place_landmarks(small, f, self.model) * shrink + origin for f in faces]


def find_people(
    frames: Iterable[np.ndarray], every: int, search: FaceSearch
) -> list[tuple[Person, int]]:
    """Everybody in a video, from the left of the picture to the right, and in how many looks.

    Parameters
    ----------
    frames : iterable of ndarray ``(H, W)`` uint8
    every : int
        Frames from look to look.
    search : FaceSearch

    Notes
    -----
    Faces of one picture are different people; a face belongs to the person whose earlier faces it
    resembles most, if it resembles any. Who is seen in one look of many is left out.
    """
    people: list[Person] = []
    places: list[list[float]] = []
    looks = 0
    for number, frame in enumerate(frames):
        if number % every:
            continue
        looks += 1
        faces = search.whole(frame)
        shown = [Appearance(frame, points) for points in faces]
        pairs = sorted(
            (min(one.distance(look) for one in person.looks), i, k)
            for i, person in enumerate(people) for k, look in enumerate(shown)
        )  # fmt: skip
        who: dict[int, int] = {}
        for distance, i, k in pairs:
            if distance <= 1 and k not in who and i not in who.values():
                who[k] = i
        for k, points in enumerate(faces):
            if k not in who:
                who[k] = len(people)
                people.append(Person())
                places.append([])
            people[who[k]].remember(shown[k])
            people[who[k]].see(points)
            places[who[k]].append(float(points[:, 0].mean()))
        for k in who:
            for other in who:
                if other != k:
                    people[who[k]].tell_apart(shown[other])
    order = sorted(range(len(people)), key=lambda i: float(np.median(places[i])))
    return [
        (people[i], len(places[i])) for i in order if len(places[i]) > 1 or looks < 10
    ]  # fmt: skip


def _shrunk(picture: np.ndarray, by: float) -> np.ndarray:
    if by <= 1:
        return np.ascontiguousarray(picture)
    return np.asarray(cv2.resize(picture, None, fx=1 / by, fy=1 / by, interpolation=cv2.INTER_AREA))
