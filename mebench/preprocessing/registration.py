"""Where the crop of a face lies, and the crop."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..errors import BadInput

__all__ = ["face_transform", "warp"]

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


def warp(frames: Iterable[np.ndarray], A: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Every frame under the same similarity, ``(T, *size[, 3])`` of the frames' dtype.

    Of the frames, an array or an iterable, one at a time is held.
    """
    import cv2

    scale = float(np.hypot(A[0, 0], A[1, 0]))
    sigma = (1 / scale - 1) / 2
    out: list[np.ndarray] = []
    box: tuple[slice, slice] | None = None
    for frame in frames:
        if box is None:
            margin = int(3 * max(sigma, 0)) + 2
            box, A = _needed_part(A, size, frame.shape[:2], margin)
        part = np.ascontiguousarray(frame[box])
        if part.dtype != np.uint8:
            part = part.astype(np.float32)
        if sigma > 0.25:
            part = cv2.GaussianBlur(part, (0, 0), sigma)
        out.append(np.asarray(cv2.warpAffine(
            part, A, (size[1], size[0]), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )))  # fmt: skip
    if not out:
        raise BadInput("There are no frames to register; at least one is needed.")
    return np.stack(out)


def _needed_part(
    A: np.ndarray, size: tuple[int, int], shape: tuple[int, int], margin: int
) -> tuple[tuple[slice, slice], np.ndarray]:
    """The part of the image that the crop shows, and `A` from that part."""
    height, width = size
    corners = np.array([(0, 0), (width, 0), (0, height), (width, height)]) - A[:, 2]
    seen = corners @ np.linalg.inv(A[:, :2]).T
    low = np.clip(np.floor(seen.min(0)) - margin, 0, [shape[1] - 1, shape[0] - 1]).astype(int)
    high = np.clip(np.ceil(seen.max(0)) + margin, low + 1, [shape[1], shape[0]]).astype(int)
    moved = A.copy()
    moved[:, 2] += A[:, :2] @ low
    return (slice(low[1], high[1]), slice(low[0], high[0])), moved
