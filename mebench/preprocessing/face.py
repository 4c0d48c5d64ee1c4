"""The face of each clip: its landmarks, and registration of all clips to one frame."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..base import ClipStep
from ..clip import Clip, grey
from ..errors import BadInput, DataNotFound, FaceNotFound
from .detectors import YUNET, choose_detector
from .found_faces import FoundFace
from .landmarks import detect_landmarks, pick_face
from .registration import face_transform, warp

__all__ = ["AlignFace", "FindLandmarks", "face_transform", "warp"]


class FindLandmarks(ClipStep):
    """Give each clip the 68 landmarks of its first frame; see :func:`detect_landmarks`.

    Clips that have landmarks keep them.

    Parameters
    ----------
    model : str, optional
        Path of a dlib shape predictor with 68 points.
    detector : str, default 'dlib'
        What finds the face: a name of :func:`mebench.preprocessing.choose_detector`.
    landmarks : {'dlib', 'mediapipe'}, default 'dlib'
        What places the points.
    face : {'largest', 'leftmost'} or int, default 'largest'
        Which of several faces.

    Raises
    ------
    FaceNotFound
        From `transform`, naming the clip. Evaluation can be told to leave such clips out and
        count them; a clip never gets the landmarks of another.

    See Also
    --------
    detect_landmarks : The function of one frame.
    AlignFace : What usually comes next.
    """

    version = 1
    reads_few = True  # of the clip's frames, which it leaves as they are

    # As class attributes too, for models that were saved before there was a choice.
    detector: str = "dlib"
    landmarks: str = "dlib"
    face: str | int = "largest"

    def __init__(
        self,
        model: str | None = None,
        detector: str = "dlib",
        landmarks: str = "dlib",
        face: str | int = "largest",
    ) -> None:
        self.model = model
        self.detector = detector
        self.landmarks = landmarks
        self.face = face

    def _check(self) -> None:
        choose_detector(self.detector)
        if self.landmarks not in ("dlib", "mediapipe"):
            raise BadInput(f"landmarks must be 'dlib' or 'mediapipe', found {self.landmarks!r}.")
        pick_face([FoundFace((0, 0, 1, 1))] * 99, self.face)

    def _clip(self, clip: Clip) -> Clip:
        return self.attach(clip, self.measure(clip))

    def version_of_files(self) -> str:
        """What the model files hold: another file of the same name measures other points."""
        try:
            name, _, file = choose_detector(self.detector).partition(":")
        except (BadInput, DataNotFound):  # is said when it is needed
            name, _, file = str(self.detector).partition(":")
        if name == "yunet":
            file = file or os.environ.get(YUNET, "")
        chosen = [name] if self.detector == "auto" and name != "dlib" else []
        return " ".join([*(_content(str(f)) for f in (self.model, file) if f), *chosen])

    def measure(self, clip: Clip) -> np.ndarray:
        """What is worth keeping of this step: the landmarks, ``(68, 2)``."""
        if clip.landmarks is not None:
            return clip.landmarks
        try:
            return detect_landmarks(
                grey(clip.read([0]))[0], self.model, detector=self.detector,
                landmarks=self.landmarks, face=self.face,
            )  # fmt: skip
        except FaceNotFound as error:
            raise self.not_found(clip, str(error)) from None

    def not_found(self, clip: Clip, why: str) -> FaceNotFound:
        """The error of a clip in which :meth:`measure` finds no face."""
        return FaceNotFound(
            f"Clip {clip.id!r}, first frame: {why} Look at the frame; if the face is there, give "
            "the clip its landmarks, or leave the clip out with on_error='skip' (--on-error "
            "skip).",
            why,
        )

    def attach(self, clip: Clip, measured: np.ndarray) -> Clip:
        """The clip with the landmarks that :meth:`measure` found."""
        return clip.replace(landmarks=measured)


class AlignFace(ClipStep):
    """Register and crop the face: the first frame's transform is applied to every frame.

    The head's motion within the clip stays, as in the early papers' registration; what goes
    is the difference in position, scale and tilt between clips.

    Parameters
    ----------
    size : (H, W), default (170, 140)
        Of the crop. 170 × 140 is the size of the cropped SMIC frames.
    method, width, eye_row
        See :func:`face_transform`.

    See Also
    --------
    FindLandmarks : Where its landmarks come from.

    Notes
    -----
    Pixels are sampled bilinearly, after a Gaussian blur where the crop is smaller than the
    original; outside the image its edge is repeated. Needs landmarks; gives back the
    landmarks moved into the crop.
    """

    version = 1

    def __init__(
        self,
        size: tuple[int, int] = (170, 140),
        method: str = "similarity",
        width: float = 2.4,
        eye_row: float = 0.29,
    ) -> None:
        self.size = size
        self.method = method
        self.width = width
        self.eye_row = eye_row

    def _check(self) -> None:
        if len(self.size) != 2 or min(self.size) < 8:
            raise BadInput(f"size must be (H, W), at least 8 pixels each, found {self.size!r}.")
        if self.width <= 0:
            raise BadInput(f"width must be positive, found {self.width}.")

    def _clip(self, clip: Clip) -> Clip:
        if clip.first_landmarks is None:
            raise BadInput(
                f"Clip {clip.id!r} has no landmarks to register it by: put "
                "mebench.preprocessing.FindLandmarks() in front of AlignFace."
            )
        A = face_transform(
            clip.first_landmarks,
            self.size,
            method=self.method,
            width=self.width,
            eye_row=self.eye_row,
        )
        landmarks = clip.landmarks @ A[:, :2].T + A[:, 2]
        return clip.replace(source=warp(clip.stream(), A, self.size), landmarks=landmarks)


def _content(path: str) -> str:
    """A hash of a model file; of one that is not there, its name."""
    try:
        found = os.stat(path)
    except OSError:
        return path
    return _hashed(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=16)
def _hashed(path: str, size: int, changed: int) -> str:
    return hashlib.blake2b(Path(path).read_bytes(), digest_size=10).hexdigest()
