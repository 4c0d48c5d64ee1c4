"""Follow one face through a long video, and cut it out so that it stands still.

A detector that looks at every frame anew puts its landmarks a pixel to one side, then a pixel to
the other: at the scale of micro-expressions that is an earthquake. So the face is detected at
intervals only. In between, points on it are tracked, and the similarity that carries most of them
along is what the head did; what single parts of the face do against it, stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ..clip import grey
from ..errors import BadInput, FaceNotFound
from ..preprocessing.found_faces import FoundFace
from ..preprocessing.landmarks import pick_face
from ..preprocessing.registration import warp
from .follow_log import ELSE, LEFT, NOBODY, SLIPPED, FollowLog, doubt_about, has_left
from .person import Appearance, Person, eye_distance, likeness
from .search import FaceSearch
from .track import Track, carry

__all__ = ["FACE_SIZE", "Face", "follow_face"]

#: Rows and columns of the face that is cut out (our choice): small enough to be quick, large
#: enough that half a pixel on a face 110 px wide is still seen.
FACE_SIZE = (156, 132)

#: Raised whenever the same video gives other faces.
VERSION = 3


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
    detector: str = "dlib",
    face: str | int | Person = "largest",
    mouth: bool = False,
    log: FollowLog | None = None,
) -> Iterator[Face]:
    """Detect, track, register and cut out one person's face, frame by frame.

    Parameters
    ----------
    frames : iterable of ndarray ``(H, W)`` or ``(H, W, 3)`` RGB, uint8
        All of one size; read once, one at a time.
    fps : float
        Frames per second.
    size : (H, W), default :data:`FACE_SIZE`
        Of the cut-out.
    interval : float, default 1
        Seconds between detections (our choice).
    model : str, optional
        A dlib shape predictor with 68 points, as for
        :func:`mebench.preprocessing.detect_landmarks`.
    detector : str, default 'dlib'
        What finds faces; see :func:`mebench.preprocessing.choose_detector`.
    face : {'largest', 'leftmost'}, int or Person, default 'largest'
        Who is followed: of the first frame with a face, the largest or the leftmost one; or of the
        first frame with so many, that of this number from the left; or somebody known, as of
        :func:`mebench.spotting.find_people`.
    mouth : bool, default False
        Find the landmarks of the mouth, which moves by itself, anew every tenth of a second,
        instead of carrying them along with the head; takes a twentieth longer.
    log : FollowLog, optional
        Takes what happened on the way.

    Yields
    ------
    Face
        One for each frame, at once. While the person is not to be seen, all but its number is
        None; they are looked for again after each quarter of an `interval`.

    Raises
    ------
    BadInput
        Frames of unequal size, or that are no images; no frame at all; `fps` not positive; no such
        detector or choice.
    FaceNotFound
        When all frames are through and none of them shows a face, or not so many.

    Notes
    -----
    A detection never moves the cut-out at once, since that would look like an expression: the
    tracked place drifts towards the detected one, by at most a tenth of the difference in a tenth
    of a second. Only when they are further apart than a fifth of the eyes' distance, tracking has
    failed, and the face is taken up anew; the frame of that jump is given as lost, so that
    nothing is compared across it.

    The person stays the same: after a loss a face is taken up only if it looks like theirs, and of
    several the one that does so most, and is near in place and size. Where a face changes its look
    from one moment to the next, as when another passes in front of it, it is looked at again at
    once, and is lost if it is somebody else's. Appearance is dlib's face descriptor (of the package
    ``face_recognition_models``), computed where there is doubt only; faces in one picture are
    never the same person's.
    """
    if not fps > 0:
        raise BadInput(f"The frame rate must be positive, found {fps}.")
    follower = _Follower(fps, size, max(1, round(interval * fps)), FaceSearch(detector, model),
                         face, mouth, FollowLog() if log is None else log)  # fmt: skip
    shape = None
    number = 0
    for number, frame in enumerate(frames, start=1):
        picture = _checked(frame, shape)
        shape = frame.shape
        yield follower.step(number - 1, picture)
    if not number:
        raise BadInput("The video has no frames; at least one is needed.")
    if follower.log.first is None:
        if most := max(follower.log.looks, default=0):
            raise FaceNotFound(
                f"The face that was asked for ({follower.log.chosen}) is in none of the {number} "
                f"frames that were looked at, which show {most} at most."
            )
        raise FaceNotFound(
            f"No face was found in any of the {number} frames that were looked at. Is the face "
            "upright, seen from the front, and at least 40 pixels wide?"
        )


#: Correlation with the face of the last detection below which it is looked at again, and below
#: which it counts as hidden when no face is found (our choice; talk and smiles stay above .8).
_CHANGED, _HIDDEN = 0.6, 0.35
#: Seconds between looks for further people, while there is one and while there are several, and
#: between those for the mouth (our choice).
_ALONE, _AMONG, _MOUTH = 5.0, 1.0, 0.1


class _Follower:
    """The course of following: taken up, tracked, checked, lost."""

    def __init__(
        self, fps: float, size: tuple[int, int], period: int, search: FaceSearch,
        face: str | int | Person, mouth: bool, log: FollowLog,
    ) -> None:  # fmt: skip
        self.mouth = max(1, round(_MOUTH * fps)) if mouth else None
        self.fps, self.size, self.period, self.search, self.log = fps, size, period, search, log
        self.quarter = max(1, period // 4)
        self.person = face if isinstance(face, Person) else None
        self.which: str | int = "largest" if isinstance(face, Person) else face
        pick_face([FoundFace((0, 0, 1, 1))] * 99, self.which)  # says so where it is no choice
        log.chosen = "a known person" if self.person else _called(face)
        self.track: Track | None = None
        self.wait = self.since = self.seen_at = self.looked_at = 0
        self.reference: np.ndarray | None = None
        self.crowd = False
        self.why = NOBODY

    def step(self, number: int, picture: np.ndarray) -> Face:
        """What becomes of the face in the next frame."""
        if self.track is None:
            why = self._take_up(number, picture)
            if why:
                return self._nothing(number, why)
        elif not self.track.step(picture):
            return self._lose(number, SLIPPED)
        elif has_left(self.track.landmarks, picture.shape):
            return self._lose(number, LEFT)
        track = self.track
        assert track is not None
        image = warp(picture[None], track.matrix, self.size)[0]
        if self.reference is None:
            self.reference = image
        self.since += 1
        alike = likeness(image, self.reference) if self.since % 3 == 1 else 1.0
        soon = self.crowd or alike < _CHANGED
        if self.since > self.period or (soon and self.since > self.quarter):
            lost = self._check(number, picture, image, alike)
            if lost is not None:
                return self._lose(number, lost) if lost else self._nothing(number, SLIPPED)
        self.seen_at = number
        points = track.landmarks
        if self.mouth is not None:
            points = track.with_mouth(self.search, picture, self.mouth)
        cut = carry(track.matrix, track.landmarks)
        if doubt := doubt_about(track.landmarks, picture.shape, cut, self.size):
            self.log.doubts[doubt] += 1
        return Face(number, image, points, track.matrix, track.travel)

    def _take_up(self, number: int, picture: np.ndarray) -> str:
        """Look for the person all over the picture; why not, where they are not taken up."""
        self.wait -= 1
        if self.wait > 0:
            return self.why
        self.wait = self.quarter
        faces = self._look(number, picture)
        self.why = NOBODY
        if not faces:
            return NOBODY
        if self.person is None:
            try:
                chosen = pick_face([_box(points) for points in faces], self.which)
            except FaceNotFound:
                return NOBODY
            self.person = Person()
        elif self._obviously(faces, number):
            chosen = 0
        else:
            looks = [Appearance(picture, points) for points in faces[:8]]
            found = self.person.choose(faces[:8], looks, (number - self.seen_at) / self.fps)
            if found is None:
                self.why = ELSE
                return ELSE
            chosen = found
        if self.log.first is None:
            self.log.first = number
        self._begin(picture, faces, chosen)
        return ""

    def _begin(self, picture: np.ndarray, faces: list[np.ndarray], chosen: int) -> None:
        assert self.person is not None
        self.track = Track(picture, faces[chosen], self.size, self.fps)
        self.reference, self.since = None, 0
        self.person.see(faces[chosen])
        self.person.remember(Appearance(picture, faces[chosen]))
        for i, points in enumerate(faces[:4]):
            if i != chosen:
                self.person.tell_apart(Appearance(picture, points))

    def _obviously(self, faces: list[np.ndarray], number: int) -> bool:
        """The only person that was ever seen, a moment later, where they were."""
        assert self.person is not None
        if len(faces) > 1 or max(self.log.looks) > 1 or self.log.first is None:
            return False
        middle = (faces[0].min(0) + faces[0].max(0)) / 2
        far = float(np.linalg.norm(middle - self.person.place)) / self.person.size
        grown = eye_distance(faces[0]) / self.person.size
        return number - self.seen_at < 2 * self.fps and far < 1 and 0.75 < grown < 1.33

    def _look(self, number: int, picture: np.ndarray) -> list[np.ndarray]:
        self.looked_at = number
        faces = self.search.whole(picture)
        self.log.looks.append(len(faces))
        return faces

    def _check(
        self, number: int, picture: np.ndarray, image: np.ndarray, alike: float
    ) -> str | None:
        """Detect the face anew: None if all is well, else why it is lost, "" if elsewhere."""
        track, person = self.track, self.person
        assert track is not None and person is not None
        self.since = 1
        faces = self.search.near(picture, track.landmarks)
        if not faces:
            track.doubts += 1
            if alike < _HIDDEN:
                return ELSE
            return SLIPPED if track.doubts == 3 else None  # what is tracked is no face
        track.doubts = 0
        self._look_round(number, picture, faces)
        agrees = track.agrees(faces[0])
        if not agrees or self.crowd or alike < _CHANGED:
            look = Appearance(picture, faces[0])
            if person.strangeness(look) > 1:
                return ELSE
            person.remember(look)
        person.see(faces[0])
        self.reference = image
        if agrees:
            return None
        self.track = Track(picture, faces[0], self.size, self.fps)
        self.reference, self.since = None, 0
        return ""

    def _look_round(self, number: int, picture: np.ndarray, faces: list[np.ndarray]) -> None:
        """Now and then, who else is there; and whether somebody is close."""
        assert self.track is not None and self.person is not None
        others = faces[1:]
        several = max(self.log.looks, default=0) > 1
        if number - self.looked_at >= (_AMONG if several else _ALONE) * self.fps:
            apart = eye_distance(self.track.landmarks)
            others = [
                points for points in self._look(number, picture)
                if np.linalg.norm(points.mean(0) - self.track.landmarks.mean(0)) > apart
            ]  # fmt: skip
            for points in others[:3]:
                self.person.tell_apart(Appearance(picture, points))
        wide = 5 * eye_distance(self.track.landmarks)
        middle = self.track.landmarks.mean(0)
        self.crowd = any(np.linalg.norm(points.mean(0) - middle) < wide for points in others)

    def _lose(self, number: int, why: str) -> Face:
        self.track, self.wait = None, 1
        self.crowd = False
        self.log.times_lost += 1
        return self._nothing(number, why)

    def _nothing(self, number: int, why: str) -> Face:
        self.log.lost[why] += 1
        return Face(number, None, None, None, None)


def _called(face: str | int | Person) -> str:
    return f"the {face} face" if isinstance(face, str) and not face.isdigit() else f"face {face}"


def _box(points: np.ndarray) -> FoundFace:
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    return FoundFace((float(x0), float(y0), float(x1), float(y1)))


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
