"""Who it is: one person told from others by place, size and appearance."""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from ..preprocessing.registration import face_transform, warp

__all__ = ["Appearance", "Person", "eye_distance", "likeness"]

_per_thread = threading.local()

_SIDE = 150  # pixels of the face that the descriptor looks at
_KEPT = 4  # appearances of one person that are remembered
#: Distances of dlib's descriptors: pictures of one person are usually less than 0.6 apart; of the
#: same recording much less.
_SAME = 0.55
#: Without descriptors, least correlation of two registered faces of one person (our choice).
_ALIKE = 0.6


class Appearance:
    """What a face looks like in one picture; its descriptor is computed when it is asked for.

    Parameters
    ----------
    picture : ndarray ``(H, W)`` uint8
    landmarks : ndarray ``(68, 2)``
    """

    def __init__(self, picture: np.ndarray, landmarks: np.ndarray) -> None:
        turn = face_transform(landmarks, (_SIDE, _SIDE), width=2.8, eye_row=0.4)
        self.face = warp([picture], turn, (_SIDE, _SIDE))[0]
        self.landmarks = landmarks @ turn[:, :2].T + turn[:, 2]
        self._described: np.ndarray | None = None

    @property
    def descriptor(self) -> np.ndarray | None:
        """128 numbers, by dlib's network; None where its model is not installed."""
        if self._described is None:
            network = _network()
            if network is None:
                return None
            import dlib

            low, high = self.landmarks.min(0), self.landmarks.max(0)
            box = dlib.rectangle(*(round(v) for v in (*low, *high)))
            points = dlib.points([dlib.point(round(x), round(y)) for x, y in self.landmarks])
            shape = dlib.full_object_detection(box, points)
            colour = np.repeat(self.face[..., None], 3, axis=2)
            self._described = np.array(network.compute_face_descriptor(colour, shape))
        return self._described

    def distance(self, other: Appearance) -> float:
        """0 is the same, 1 the limit of what may be the same person."""
        a, b = self.descriptor, other.descriptor
        if a is None or b is None:
            return (1 - likeness(self.face, other.face)) / (1 - _ALIKE)
        return float(np.linalg.norm(a - b)) / _SAME


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of two registered faces, coarsely; 1 is the same, whatever the light.

    Examples
    --------
    >>> face = np.random.default_rng(0).integers(0, 120, (60, 50), dtype=np.uint8)
    >>> round(likeness(face, 2 * face + 9), 3)
    1.0
    """
    small = [cv2.resize(x, (24, 28), interpolation=cv2.INTER_AREA).astype(float) for x in (a, b)]
    x, y = (s - s.mean() for s in small)
    norm = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum() / norm) if norm > 0 else 0.0


@dataclass(eq=False)
class Person:
    """Somebody who is followed, and others who were seen at the same time and so are not they.

    Attributes
    ----------
    looks : list of Appearance
        The first one, and the latest ones.
    others : list of Appearance
    place : ndarray ``(2,)``
        Middle of the face where it was seen last.
    size : float
        Distance between its eyes there.
    """

    looks: list[Appearance] = field(default_factory=list)
    others: list[Appearance] = field(default_factory=list)
    place: np.ndarray = field(default_factory=lambda: np.zeros(2))
    size: float = 1.0

    def remember(self, look: Appearance) -> None:
        """One more look of this person; the first one is never forgotten."""
        self.looks.append(look)
        if len(self.looks) > _KEPT:
            del self.looks[1]

    def tell_apart(self, look: Appearance) -> None:
        """Somebody who is in the same picture as this person."""
        if all(look.distance(other) > 0.4 for other in self.others):
            self.others.append(look)
            del self.others[: -2 * _KEPT]

    def see(self, landmarks: np.ndarray) -> None:
        """Where the face is."""
        self.place = (landmarks.min(0) + landmarks.max(0)) / 2
        self.size = eye_distance(landmarks)

    def strangeness(self, look: Appearance) -> float:
        """How far a face is from this person's; above 1 it is somebody else's."""
        mine = min((look.distance(one) for one in self.looks), default=0.0)
        theirs = min((look.distance(one) for one in self.others), default=np.inf)
        return mine if mine < theirs else max(mine, 1.0) + 1.0

    def choose(
        self, faces: Sequence[np.ndarray], looks: Sequence[Appearance], wait: float
    ) -> int | None:
        """Which of the faces is this person; None if none is.

        Parameters
        ----------
        faces : sequence of ndarray ``(68, 2)``
        looks : sequence of Appearance
            Of the same faces.
        wait : float
            Seconds since the person was seen.

        Notes
        -----
        Appearance decides. Among faces that may be the person's, the nearest in look, place and
        size is taken: a face that has moved by its own width, or has become half as large again,
        in the meantime counts as much as a doubt of a third.
        """
        best, least = None, np.inf
        for i, (points, look) in enumerate(zip(faces, looks, strict=True)):
            strange = self.strangeness(look)
            if strange > 1:
                continue
            middle, size = (points.min(0) + points.max(0)) / 2, eye_distance(points)
            far = float(np.linalg.norm(middle - self.place)) / (2.2 * self.size)
            grown = abs(float(np.log(size / self.size))) / np.log(1.5)
            cost = strange + (far + grown) / 3 / max(1.0, wait)
            if cost < least:
                best, least = i, cost
        return best


def eye_distance(landmarks: np.ndarray) -> float:
    """Between the middles of the eyes, in pixels."""
    return float(np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0)))


def _network() -> Any:
    """dlib's face descriptor; one per thread. None where its file is not installed."""
    if not hasattr(_per_thread, "network"):
        _per_thread.network = None
        spec = importlib.util.find_spec("face_recognition_models")
        if spec is not None and spec.origin is not None:
            folder = os.path.join(os.path.dirname(spec.origin), "models")
            file = os.path.join(folder, "dlib_face_recognition_resnet_model_v1.dat")
            if os.path.isfile(file):
                import dlib

                _per_thread.network = dlib.face_recognition_model_v1(file)
    return _per_thread.network
