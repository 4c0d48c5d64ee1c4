"""A plain script of OpenCV, dlib, scikit-image and scikit-learn, from frames to predictions.

Nothing here is slow on purpose: arrays are worked on whole where one does so without thinking, and
folds are searched with ``GridSearchCV``. :func:`pixel_lbp_top` is the other style in use, loops
over pixels, as MATLAB code and its ports have it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import dlib
import numpy as np
from skimage.feature import local_binary_pattern
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

__all__ = ["FEATURES", "features", "pixel_lbp_top", "search"]


def features(name: str, files: list[str]) -> np.ndarray:
    """One clip's vector, from its image files."""
    frames = [cv2.imread(file, cv2.IMREAD_GRAYSCALE) for file in files]
    points = _landmarks(frames[0])
    size = (230, 280) if name == "mdmo" else (140, 170)
    matrix = _similarity(points, size)
    faces = np.stack([cv2.warpAffine(frame, matrix, size) for frame in frames])
    return FEATURES[name](faces, points @ matrix[:, :2].T + matrix[:, 2])


def _landmarks(frame: np.ndarray) -> np.ndarray:
    detector = dlib.get_frontal_face_detector()
    spec = find_spec("face_recognition_models")
    assert spec is not None and spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "models"
    predictor = dlib.shape_predictor(str(folder / "shape_predictor_68_face_landmarks.dat"))
    shape = predictor(frame, detector(frame, 1)[0])
    return np.array([(p.x, p.y) for p in shape.parts()], float)


def _similarity(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Eyes on two fixed places."""
    width, height = size
    eyes = np.float32([points[36:42].mean(0), points[42:48].mean(0)])
    places = np.float32([[0.3 * width, 0.36 * height], [0.7 * width, 0.36 * height]])
    return cv2.estimateAffinePartial2D(eyes, places)[0]


def _interpolated(video: np.ndarray, n: int) -> np.ndarray:
    """Frames at equal distances, between neighbours."""
    at = np.linspace(0, len(video) - 1, n)
    low = np.minimum(at.astype(int), len(video) - 2)
    part = (at - low)[:, None, None]
    return np.rint(video[low] * (1 - part) + video[low + 1] * part).astype(np.uint8)


def _lbp_top(video: np.ndarray, points: np.ndarray) -> np.ndarray:
    video = _interpolated(video, 10)
    parts = []
    for axes in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):  # planes xy, xt, yt
        planes = video.transpose(axes)
        codes = np.stack([local_binary_pattern(p, 8, 3, method="nri_uniform") for p in planes])
        codes = codes.transpose(np.argsort(axes))[3:-3, 3:-3, 3:-3]
        for rows in np.array_split(codes, 8, axis=1):
            for block in np.array_split(rows, 8, axis=2):
                counts = np.histogram(block, 59, (0, 59))[0]
                parts.append(counts / max(counts.sum(), 1))
    return np.concatenate(parts)


def _flows(video: np.ndarray) -> list[np.ndarray]:
    return [
        cv2.calcOpticalFlowFarneback(video[0], frame, None, 0.5, 3, 15, 3, 5, 1.2, 0)
        for frame in video[1:]
    ]


def _mdmo(video: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Main direction and strength of each of 36 regions, mean over the frames."""
    centres = np.concatenate([points[17:27] - (0, 12), points[27:53]])
    masks = []
    for x, y in centres:
        mask = np.zeros(video.shape[1:], np.uint8)
        cv2.rectangle(mask, (int(x) - 9, int(y) - 9), (int(x) + 9, int(y) + 9), 1, -1)
        masks.append(mask.astype(bool))
    rows = []
    for flow in _flows(video):
        strength, angle = cv2.cartToPolar(flow[..., 0], flow[..., 1])
        row = []
        for mask in masks:
            bins = (angle[mask] / (2 * np.pi) * 8).astype(int) % 8
            main = np.bincount(bins, minlength=8).argmax()
            row += [strength[mask][bins == main].mean(), angle[mask][bins == main].mean()]
        rows.append(row)
    return np.mean(rows, axis=0)


def _hoof(video: np.ndarray, points: np.ndarray) -> np.ndarray:
    rows = []
    for flow in _flows(video):
        strength, angle = cv2.cartToPolar(flow[..., 0], flow[..., 1])
        row = []
        for a, s in zip(np.array_split(angle, 8), np.array_split(strength, 8), strict=True):
            for block, weight in zip(
                np.array_split(a, 8, axis=1), np.array_split(s, 8, axis=1), strict=True
            ):
                counts = np.histogram(block, 8, (0, 2 * np.pi), weights=weight)[0]
                row.append(counts / max(counts.sum(), 1e-9))
        rows.append(np.concatenate(row))
    return np.mean(rows, axis=0)


#: Descriptor of aligned frames and landmarks, by the name of our method.
FEATURES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "lbp-top": _lbp_top,
    "mdmo": _mdmo,
    "hoof": _hoof,
}


def pixel_lbp_top(video: np.ndarray, rows: int) -> np.ndarray:
    """Histograms of three planes by loops over pixels, of `rows` rows of the picture only."""
    counts = np.zeros((3, 256))
    steps = [2 * np.pi * p / 8 for p in range(8)]
    for t in range(3, len(video) - 3):
        for y in range(3, 3 + rows):
            for x in range(3, video.shape[2] - 3):
                centre = video[t, y, x]
                codes = [0, 0, 0]
                for p, step in enumerate(steps):
                    a = int(np.floor(3 * np.cos(step) + 0.5))
                    b = int(np.floor(3 * np.sin(step) + 0.5))
                    codes[0] += (video[t, y - b, x + a] >= centre) << p
                    codes[1] += (video[t - b, y, x + a] >= centre) << p
                    codes[2] += (video[t - b, y - a, x] >= centre) << p
                for plane, code in enumerate(codes):
                    counts[plane, code] += 1
    return counts


def search(
    X: np.ndarray, y: np.ndarray, persons: np.ndarray, grid: dict[str, list[float]], folds: int
) -> int:
    """Leave one subject out, searched inside; of `folds` persons. Gives how many were right."""
    right = 0
    for number, (train, test) in enumerate(LeaveOneGroupOut().split(X, y, persons)):
        if number == folds:
            break
        scale = StandardScaler().fit(X[train])
        machine = GridSearchCV(
            SVC(kernel="poly"), grid, scoring="f1_macro", cv=LeaveOneGroupOut(), n_jobs=1
        ).fit(scale.transform(X[train]), y[train], groups=persons[train])
        right += int((machine.predict(scale.transform(X[test])) == y[test]).sum())
    return right
