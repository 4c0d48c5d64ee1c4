"""Where the face is: 68 landmarks by dlib, and registration of all clips to one frame."""

from __future__ import annotations

import importlib.util
import os
import threading
from typing import Any

import numpy as np

from ..base import ClipStep
from ..clip import Clip, grey
from ..errors import BadInput, DataNotFound, FaceNotFound

__all__ = ["AlignFace", "FindLandmarks", "detect_landmarks", "face_transform"]

# Points that expressions move little: eye corners, nose bridge, nose base. Positions on the
# average of a face and its mirror image (the public-domain astronaut photo), origin between
# the eyes, unit = distance between the centres of the eyes, y down.
_ANCHORS = np.array([36, 39, 42, 45, 27, 28, 29, 30, 31, 32, 33, 34, 35])
_ANCHOR_SHAPE = np.array([
    (-0.698, 0.002), (-0.289, 0.041), (0.289, 0.041), (0.698, 0.002),
    (0.0, -0.013), (0.0, 0.180), (0.0, 0.372), (0.0, 0.564),
    (-0.231, 0.661), (-0.116, 0.695), (0.0, 0.729), (0.116, 0.695), (0.231, 0.661),
])  # fmt: skip
_EYE_SHAPE = np.array([(-0.5, 0.0), (0.5, 0.0)])

_per_thread = threading.local()


def detect_landmarks(image: np.ndarray, model: str | None = None) -> np.ndarray:
    """68 facial landmarks of the largest face in an image.

    Parameters
    ----------
    image : ndarray ``(H, W)`` or ``(H, W, 3)`` RGB, uint8
    model : str, optional
        A dlib shape predictor with 68 points. Default: the model of the
        ``face_recognition_models`` package, which was trained on iBUG 300-W; the terms of
        that data exclude commercial use.

    Returns
    -------
    ndarray of float64 ``(68, 2)``: (x, y) in pixels, iBUG order

    Raises
    ------
    FaceNotFound
        No face is found at the image's own size, at twice its size, nor with a wider border.
    DataNotFound
        The model file does not exist.

    See Also
    --------
    FindLandmarks : As a step of a pipeline.

    References
    ----------
    V. Kazemi and J. Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression
    Trees", CVPR 2014. D. E. King, "Dlib-ml: A Machine Learning Toolkit", JMLR 10, 2009.
    """
    detector, predictor = _dlib_models(model)
    image = np.ascontiguousarray(image)
    # A tight crop leaves the detector's window no room around the face: give it some.
    pad = max(image.shape[:2]) // 4
    for border, upsample in ((0, 0), (0, 1), (pad, 0), (pad, 1)):
        padded = image
        if border:
            widths = ((border, border), (border, border), (0, 0))[: image.ndim]
            padded = np.pad(image, widths, mode="edge")
        faces = detector(padded, upsample)
        if len(faces):
            face = max(faces, key=lambda box: box.area())
            shape = predictor(padded, face)
            points = np.array([(p.x, p.y) for p in shape.parts()], dtype=float)
            return points - border
    raise FaceNotFound(f"No face was found in a frame of {image.shape[1]}×{image.shape[0]} pixels.")


def face_transform(
    landmarks: np.ndarray,
    size: tuple[int, int],
    *,
    method: str = "similarity",
    width: float = 2.4,
    eye_row: float = 0.29,
) -> np.ndarray:
    """The map from an image to its registered crop: rotation, scale and shift.

    Parameters
    ----------
    landmarks : ndarray ``(68, 2)``
    size : (H, W)
        Of the crop, in pixels.
    method : {'similarity', 'eyes'}, default 'similarity'
        Fit by least squares to the eye corners and nose of a mean shape; or put the
        centres of the two eyes on their places exactly.
    width : float, default 2.4
        Width of the crop in distances between the eyes' centres (our choice: the jaw is
        about 2.1 wide).
    eye_row : float, default 0.29
        Height of the eyes in the crop, as a share of H from the top (our choice: leaves
        room above the brows and below the chin).

    Returns
    -------
    ndarray ``(2, 3)``: ``A @ (x, y, 1)`` is the place in the crop

    Examples
    --------
    >>> points = np.zeros((68, 2))
    >>> points[36:42], points[42:48] = (10, 20), (34, 20)
    >>> A = face_transform(points, (100, 48), method="eyes")
    >>> np.abs(A.round(3)).tolist()
    [[0.833, 0.0, 5.167], [0.0, 0.833, 12.043]]
    """
    points = np.asarray(landmarks, float)
    if points.shape != (68, 2):
        raise BadInput(f"Expected 68 landmarks (68, 2), found an array of shape {points.shape}.")
    if method == "similarity":
        source, target = points[_ANCHORS], _ANCHOR_SHAPE
    elif method == "eyes":
        source, target = np.stack([points[36:42].mean(0), points[42:48].mean(0)]), _EYE_SHAPE
    else:
        raise BadInput(f"method must be 'similarity' or 'eyes', found {method!r}.")
    target = target * (size[1] / width) + [(size[1] - 1) / 2, eye_row * (size[0] - 1)]
    # Least squares over x' = a x − b y + c, y' = b x + a y + d.
    centre, goal = source.mean(0), target.mean(0)
    s, t = source - centre, target - goal
    norm = float((s**2).sum())
    if norm < 1e-6:
        raise BadInput("The landmarks used for registration all lie on one point.")
    a = float((s * t).sum()) / norm
    b = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / norm
    linear = np.array([[a, -b], [b, a]])
    return np.c_[linear, goal - linear @ centre]


class FindLandmarks(ClipStep):
    """Give each clip the 68 landmarks of its first frame; see :func:`detect_landmarks`.

    Clips that have landmarks keep them.

    Parameters
    ----------
    model : str, optional
        Path of a dlib shape predictor with 68 points.

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

    def __init__(self, model: str | None = None) -> None:
        self.model = model

    def _clip(self, clip: Clip) -> Clip:
        return self.attach(clip, self.measure(clip))

    def measure(self, clip: Clip) -> np.ndarray:
        """What is worth keeping of this step: the landmarks, ``(68, 2)``."""
        if clip.landmarks is not None:
            return clip.landmarks
        try:
            return detect_landmarks(grey(clip.read([0]))[0], self.model)
        except FaceNotFound as error:
            raise FaceNotFound(
                f"Clip {clip.id!r}, first frame: {error} Look at the frame; if the face is "
                "there, give the clip its landmarks, or leave the clip out with "
                "on_error='skip' (--on-error skip)."
            ) from None

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
        return clip.replace(source=warp(clip.frames, A, self.size), landmarks=landmarks)


def warp(frames: np.ndarray, A: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Every frame under the same similarity, ``(T, *size[, 3])`` of the frames' dtype."""
    import cv2

    scale = float(np.hypot(A[0, 0], A[1, 0]))
    sigma = (1 / scale - 1) / 2
    if frames.dtype != np.uint8:
        frames = frames.astype(np.float32)
    box, A = _needed_part(A, size, frames.shape[1:3], margin=int(3 * max(sigma, 0)) + 2)
    out = np.empty((len(frames), *size, *frames.shape[3:]), frames.dtype)
    for t, frame in enumerate(frames):
        part = np.ascontiguousarray(frame[box])
        if sigma > 0.25:
            part = cv2.GaussianBlur(part, (0, 0), sigma)
        out[t] = cv2.warpAffine(
            part, A, (size[1], size[0]), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    return out


def _needed_part(
    A: np.ndarray, size: tuple[int, int], shape: tuple[int, int], margin: int
) -> tuple[tuple[slice, slice], np.ndarray]:
    """The part of the image that the crop shows, and `A` from that part."""
    height, width = size
    corners = np.array([(0, 0), (width, 0), (0, height), (width, height)]) - A[:, 2]
    seen = corners @ np.linalg.inv(A[:, :2]).T
    low = np.clip(np.floor(seen.min(0)) - margin, 0, [shape[1] - 1, shape[0] - 1]).astype(int)
    high = np.clip(np.ceil(seen.max(0)) + margin, low + 1, [shape[1], shape[0]]).astype(int)
    moved = np.c_[A[:, :2], A[:, 2] + A[:, :2] @ low]
    return (slice(low[1], high[1]), slice(low[0], high[0])), moved


def _dlib_models(model: str | None) -> tuple[Any, Any]:
    """Detector and predictor; one pair per thread, since dlib's objects are not shared."""
    import dlib

    path = model or _packaged_model()
    if not os.path.isfile(path):
        raise DataNotFound(
            f"The landmark model {path} does not exist: give the path of a dlib "
            "shape predictor with 68 points."
        )
    if getattr(_per_thread, "path", None) != path:
        try:
            predictor = dlib.shape_predictor(path)
        except RuntimeError as error:
            raise BadInput(f"{path} is not a dlib shape predictor: {error}.") from error
        _per_thread.models = dlib.get_frontal_face_detector(), predictor
        _per_thread.path = path
    return _per_thread.models


def _packaged_model() -> str:
    # The package is only a folder of files; importing it needs pkg_resources, so locate it.
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise DataNotFound(
            "The package face_recognition_models, which holds the 68-point landmark model, is "
            "not installed: pip install face_recognition_models, or give a model file."
        )
    return os.path.join(
        os.path.dirname(spec.origin), "models", "shape_predictor_68_face_landmarks.dat"
    )
