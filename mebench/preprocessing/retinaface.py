"""RetinaFace from an ONNX file, as exported from the usual PyTorch training code."""

from __future__ import annotations

import threading
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from ..errors import BadInput
from .found_faces import FoundFace, without_doubles

__all__ = ["anchors", "decode", "read_network", "retina_faces"]

# Sides of the boxes that each cell of a layer proposes, its stride, and the two variances by which
# offsets were divided in training: the same in all exports of the two backbones.
_SIDES, _STRIDES, _VARIANCES = ((16, 32), (64, 128), (256, 512)), (8, 16, 32), (0.1, 0.2)
_MEAN = (104.0, 117.0, 123.0)  # of blue, green, red
_LONGEST = 640  # pixels of the longer side (our choice)
_SURE = 0.6

_per_thread = threading.local()


def retina_faces(image: np.ndarray, file: str) -> list[FoundFace]:
    """Faces with five points each, the largest first.

    Parameters
    ----------
    image : ndarray ``(H, W)`` or ``(H, W, 3)`` RGB, uint8
    file : str
        ONNX with an input ``(1, 3, H, W)`` of blue, green, red minus their means, and outputs
        ``(1, n, 4)`` offsets of boxes, ``(1, n, 2)`` scores of nothing and face (or their
        logarithms), ``(1, n, 10)`` offsets of points.

    Raises
    ------
    BadInput
        The file is no such network.

    References
    ----------
    J. Deng, J. Guo, E. Ververas, I. Kotsia, S. Zafeiriou, "RetinaFace: Single-shot Multi-level
    Face Localisation in the Wild", CVPR 2020.
    """
    import cv2

    # Both sides multiples of 32, so that every layer has whole cells; the rest is black.
    scale = min(1.0, _LONGEST / max(image.shape[:2]))
    picture = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR if image.ndim == 2 else cv2.COLOR_RGB2BGR)
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = (-(-side // 32) * 32 for side in picture.shape[:2])
    padded = np.zeros((height, width, 3), np.uint8)
    padded[: picture.shape[0], : picture.shape[1]] = picture
    net = read_network(file)
    net.setInput(cv2.dnn.blobFromImage(padded, 1.0, mean=_MEAN))
    try:
        outputs = net.forward(net.getUnconnectedOutLayersNames())
    except cv2.error as error:
        raise BadInput(f"{file} cannot look at a picture of {width}×{height} pixels.") from error
    by_width = {o.shape[-1]: o.reshape(-1, o.shape[-1]).astype(float) for o in outputs}
    proposals = anchors((height, width))
    if set(by_width) != {2, 4, 10} or len(by_width[4]) != len(proposals):
        shapes = ", ".join(str(o.shape) for o in outputs)
        raise BadInput(
            f"{file} is not a RetinaFace network as expected: of a picture of {width}×{height} it "
            f"gives {shapes}, where (1, {len(proposals)}, 4), (…, 2) and (…, 10) belong."
        )
    return decode(by_width[4], by_width[2], by_width[10], proposals, (height, width), scale)


@lru_cache(maxsize=8)
def anchors(size: tuple[int, int]) -> np.ndarray:
    """The boxes that a picture of `size` (H, W) proposes: middle x, y and sides, as shares of it.

    Examples
    --------
    >>> anchors((64, 32)).shape, anchors((64, 32))[0].tolist()
    ((84, 4), [0.125, 0.0625, 0.5, 0.25])
    """
    height, width = size
    rows = []
    for sides, stride in zip(_SIDES, _STRIDES, strict=True):
        cells = product(range(-(-height // stride)), range(-(-width // stride)), sides)
        rows += [
            ((x + 0.5) * stride / width, (y + 0.5) * stride / height, side / width, side / height)
            for y, x, side in cells
        ]
    return np.array(rows)


def decode(
    boxes: np.ndarray, scores: np.ndarray, points: np.ndarray, proposals: np.ndarray,
    size: tuple[int, int], scale: float,
) -> list[FoundFace]:  # fmt: skip
    """Faces from what the network says about each proposal."""
    if (scores < 0).any() or not np.allclose(scores.sum(axis=1), 1, atol=0.01):
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores = scores / scores.sum(axis=1, keepdims=True)
    whole = np.array([size[1], size[0]]) / scale
    found = []
    for i in np.flatnonzero(scores[:, 1] > _SURE):
        middle, sides = proposals[i, :2], proposals[i, 2:]
        centre = middle + boxes[i, :2] * _VARIANCES[0] * sides
        half = sides * np.exp(boxes[i, 2:] * _VARIANCES[1]) / 2
        x0, y0 = (centre - half) * whole
        x1, y1 = (centre + half) * whole
        marks = (middle + points[i].reshape(5, 2) * _VARIANCES[0] * sides) * whole
        found.append(FoundFace((float(x0), float(y0), float(x1), float(y1)), float(scores[i, 1]),
                               marks))  # fmt: skip
    return without_doubles(found)


def read_network(file: str) -> Any:
    """An ONNX network; one per thread, since they keep what they computed."""
    import cv2

    nets = _per_thread.__dict__.setdefault("onnx", {})
    if file not in nets:
        try:
            nets[file] = cv2.dnn.readNetFromONNX(file)
        except cv2.error as error:
            raise BadInput(f"{file} is not an ONNX file that OpenCV can read.") from error
    return nets[file]
