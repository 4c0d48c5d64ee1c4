"""68 landmarks in a picture: a detector finds the face, dlib or MediaPipe the points."""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import BadInput, DataNotFound, FaceNotFound
from .detectors import find_faces
from .face_mesh import mesh_landmarks
from .found_faces import FoundFace
from .hog_faces import WINDOW, dlib_detector, every_box, least_face, padded

__all__ = ["all_faces", "detect_landmarks", "landmarks_between", "pick_face", "place_landmarks",
           "small_faces"]  # fmt: skip

_per_thread = threading.local()


def detect_landmarks(
    image: np.ndarray,
    model: str | None = None,
    *,
    detector: str = "dlib",
    landmarks: str = "dlib",
    face: str | int = "largest",
) -> np.ndarray:
    """68 facial landmarks of one face in an image.

    Parameters
    ----------
    image : ndarray ``(H, W)`` or ``(H, W, 3)`` RGB, uint8
    model : str, optional
        A dlib shape predictor with 68 points. Default: the model of the
        ``face_recognition_models`` package, which was trained on iBUG 300-W; the terms of
        that data exclude commercial use.
    detector : str, default 'dlib'
        What finds the face; see :func:`mebench.preprocessing.choose_detector`.
    landmarks : {'dlib', 'mediapipe'}, default 'dlib'
        What places the points: dlib's regression trees, or MediaPipe's mesh of 468 points brought
        to the 68 (:mod:`mebench.preprocessing.face_mesh`).
    face : {'largest', 'leftmost'} or int, default 'largest'
        Which of several; a number counts from 1, from the left of the picture.

    Returns
    -------
    ndarray of float64 ``(68, 2)``: (x, y) in pixels, iBUG order

    Raises
    ------
    FaceNotFound
        No face is found, by dlib neither at the image's own size, with a wider border, nor, up to
        half a million pixels, at twice its size; or fewer than `face`.
    DataNotFound
        A model file does not exist.

    References
    ----------
    V. Kazemi and J. Sullivan, "One Millisecond Face Alignment with an Ensemble of Regression
    Trees", CVPR 2014. D. E. King, "Dlib-ml: A Machine Learning Toolkit", JMLR 10, 2009.

    See Also
    --------
    FindLandmarks : The same as a step of a pipeline.
    mebench.preprocessing.find_faces : All faces, without landmarks.
    """
    image = np.ascontiguousarray(image)
    if detector == "dlib" and landmarks == "dlib":
        predictor = _predictor(model)
        picture, border, boxes = every_box(image)
        if boxes:
            shape = predictor(picture, boxes[pick_face(_as_faces(boxes, border), face)])
            return np.array([(p.x, p.y) for p in shape.parts()], dtype=float) - border
    elif faces := all_faces(image, detector):
        chosen = faces[pick_face(faces, face)]
        return place_landmarks(image, chosen, model, landmarks=landmarks)
    advice = ""
    if detector == "dlib" and (least := least_face(image)) > WINDOW // 2:
        advice = (
            f" At that size dlib looks for faces of about {least} pixels and more: cut the picture "
            "to where the face is, or let a network look (mebench list detectors)."
        )
    raise FaceNotFound(
        f"No face was found in a frame of {image.shape[1]}×{image.shape[0]} pixels.{advice}"
    )


def all_faces(image: np.ndarray, detector: str = "dlib") -> list[FoundFace]:
    """As :func:`find_faces`; by dlib also at the edge and, in small pictures, smaller ones."""
    image = np.ascontiguousarray(image)
    if detector != "dlib":
        return find_faces(image, detector)
    _, border, boxes = every_box(image)
    return sorted(_as_faces(boxes, border), key=lambda f: -f.area)


def small_faces(image: np.ndarray) -> list[FoundFace]:
    """Faces of 40 pixels and more, by dlib at twice the size, whatever that takes."""
    boxes = dlib_detector()(np.ascontiguousarray(image), 1)
    return sorted(_as_faces(boxes, 0), key=lambda f: -f.area)


def _as_faces(boxes: Sequence[Any], border: int) -> list[FoundFace]:
    return [
        FoundFace((b.left() - border, b.top() - border, b.right() - border, b.bottom() - border))
        for b in boxes
    ]


def pick_face(faces: Sequence[FoundFace], which: str | int = "largest") -> int:
    """The index of the face that is meant.

    Raises
    ------
    BadInput
        `which` is none of 'largest', 'leftmost' and whole numbers from 1.
    FaceNotFound
        There are fewer faces.

    Examples
    --------
    >>> faces = [FoundFace((50, 0, 90, 40)), FoundFace((0, 0, 30, 30))]
    >>> [pick_face(faces, which) for which in ("largest", "leftmost", 1, "2")]
    [0, 1, 1, 0]
    """
    order = sorted(range(len(faces)), key=lambda i: faces[i].middle[0])
    if which == "largest":
        return max(range(len(faces)), key=lambda i: (faces[i].area, -i))
    if which == "leftmost":
        return order[0]
    try:
        number = int(which)
    except ValueError:
        number = 0
    if number < 1:
        raise BadInput(
            "A face is 'largest', 'leftmost', or its number from the left, from 1; found "
            f"{which!r}."
        )
    if number > len(faces):
        raise FaceNotFound(f"Face {number} was asked for, and {len(faces)} can be seen.")
    return order[number - 1]


def place_landmarks(
    image: np.ndarray, face: FoundFace, model: str | None = None, *, landmarks: str = "dlib"
) -> np.ndarray:
    """The 68 points ``(68, 2)`` of a face that was found; see :func:`detect_landmarks`."""
    if landmarks == "mediapipe":
        return mesh_landmarks(image, face)
    if landmarks != "dlib":
        raise BadInput(f"landmarks must be 'dlib' or 'mediapipe', found {landmarks!r}.")
    if face.points is None:
        return _regress(image, face.box, model)
    return _regress_upright(image, face.points, model)


# Where dlib's boxes lie, which its predictor was trained with: their side and how far below the
# eyes their middle is, in distances between the eyes (means over 21 pictures; 0.15 and 0.08 about).
_BOX_SIDE, _BOX_DROP = 2.14, 0.52


def _regress_upright(image: np.ndarray, marks: np.ndarray, model: str | None) -> np.ndarray:
    """dlib's points from the places of the eyes, the face turned upright, in two rounds."""
    import cv2

    for _ in range(2):
        left, right = (
            (marks[36:42].mean(0), marks[42:48].mean(0)) if len(marks) == 68 else marks[:2]
        )
        across = right - left
        apart = max(float(np.linalg.norm(across)), 1.0)
        # Some way out of the face, at the scale that gives the eyes 70 pixels.
        side, scale = (70 * 4), 70 / apart
        c, s = across / apart * scale
        turn = np.array([[c, s], [-s, c]])
        shift = [side / 2, side * 0.4] - turn @ ((left + right) / 2)
        part = cv2.warpAffine(image, np.c_[turn, shift], (side, side), flags=cv2.INTER_LINEAR,
                              borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        half = _BOX_SIDE * 70 / 2
        x, y = side / 2, side * 0.4 + _BOX_DROP * 70
        found = _regress(part, (x - half, y - half, x + half, y + half), model)
        marks = (found - shift) @ np.linalg.inv(turn).T
    return np.asarray(marks)


def landmarks_between(
    image: np.ndarray, left: np.ndarray, right: np.ndarray, model: str | None = None
) -> np.ndarray:
    """dlib's points ``(68, 2)`` of an upright face whose eyes are known, in one round."""
    apart = float(np.linalg.norm(right - left))
    x, y = (left + right) / 2 + [0, _BOX_DROP * apart]
    half = _BOX_SIDE * apart / 2
    return _regress(image, (x - half, y - half, x + half, y + half), model)


def _regress(image: np.ndarray, box: Sequence[float], model: str | None) -> np.ndarray:
    """dlib's points of the face in a box, which may reach beyond the picture."""
    import dlib

    predictor = _predictor(model)
    x0, y0, x1, y1 = (round(v) for v in box)
    beyond = max(0, -x0, -y0, x1 - image.shape[1], y1 - image.shape[0])
    box = dlib.rectangle(x0 + beyond, y0 + beyond, x1 + beyond, y1 + beyond)
    shape = predictor(padded(image, beyond), box)
    return np.array([(p.x, p.y) for p in shape.parts()], dtype=float) - beyond


def _predictor(model: str | None) -> Any:
    """dlib's predictor; one per thread, since its objects are not shared."""
    path = model or _packaged_model()
    if getattr(_per_thread, "path", None) != path:
        import dlib

        if not os.path.isfile(path):
            raise DataNotFound(
                f"The landmark model {path} does not exist: give the path of a dlib "
                "shape predictor with 68 points."
            )
        try:
            _per_thread.predictor = dlib.shape_predictor(path)
        except RuntimeError as error:
            raise BadInput(f"{path} is not a dlib shape predictor: {error}.") from error
        _per_thread.path = path
    return _per_thread.predictor


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
