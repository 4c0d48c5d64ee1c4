"""RetinaFace and its successor SCRFD from ONNX files, as they are found in public."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from ..errors import BadInput
from .found_faces import FoundFace, overlap, without_doubles
from .onnx_networks import Network, read_network

__all__ = ["LAYOUTS", "Layout", "anchors", "decode", "decode_distances", "retina_faces"]


class Layout(NamedTuple):
    """The boxes that a family of RetinaFace networks proposes in each cell of its layers.

    Attributes
    ----------
    sides : per layer, the sides of the boxes in pixels
    strides : per layer, the pixels of a cell
    """

    sides: tuple[tuple[int, ...], ...]
    strides: tuple[int, ...]


#: The usual PyTorch code, with MobileNet or ResNet; its small relatives ("slim", "RFB"); and
#: training code for smaller faces.
LAYOUTS = (
    Layout(((16, 32), (64, 128), (256, 512)), (8, 16, 32)),
    Layout(((10, 16, 24), (32, 48), (64, 96), (128, 192, 256)), (8, 16, 32, 64)),
    Layout(((10, 20), (32, 64), (128, 256)), (8, 16, 32)),
)
_VARIANCES = (0.1, 0.2)  # by which offsets were divided in training: the same in all
_MEAN = (104.0, 117.0, 123.0)  # of blue, green, red
_LONGEST = 640  # pixels of the longer side where the network takes any (our choice)
_SURE, _SCRFD_SURE = 0.6, 0.5  # the authors' for showing a face
_SCRFD_STRIDES, _SCRFD_BOXES = (8, 16, 32), 2  # of which there are so many in each cell


def retina_faces(image: np.ndarray, file: str) -> list[FoundFace]:
    """Faces with five points each, the largest first.

    Parameters
    ----------
    image : ndarray ``(H, W)`` or ``(H, W, 3)`` RGB, uint8
    file : str
        ONNX of one of these kinds, with inputs of any size or of a fixed one:

        - RetinaFace: an input ``(1, 3, H, W)`` of blue, green, red minus their means; outputs, in
          any order, ``(1, n, 4)`` offsets of boxes, ``(1, n, 2)`` scores of nothing and face, as
          shares or before their softmax, ``(1, n, 10)`` offsets of points; or the three side by
          side in that order, ``(1, n, 16)``. n is that of one of :data:`LAYOUTS`.
        - SCRFD: an input of red, green, blue from −1 to 1; of each of three layers outputs of 1, 4
          and, if it gives points, 10 columns.

    Raises
    ------
    BadInput
        The file is no such network.

    References
    ----------
    J. Deng, J. Guo, E. Ververas, I. Kotsia, S. Zafeiriou, "RetinaFace: Single-shot Multi-level
    Face Localisation in the Wild", CVPR 2020. J. Guo, J. Deng, A. Lattas, S. Zafeiriou, "Sample and
    Computation Redistribution for Efficient Face Detection", ICLR 2022.
    """
    import cv2

    network = read_network(file)
    by_distance = len(network.outputs) in (6, 9)
    padded, scale = _fitted(image, network)
    if by_distance:
        blob = cv2.dnn.blobFromImage(padded, 1 / 128, mean=(127.5,) * 3, swapRB=True)
    else:
        blob = cv2.dnn.blobFromImage(padded, 1.0, mean=_MEAN)
    size = (padded.shape[0], padded.shape[1])
    try:
        outputs = network.run(blob)
    except cv2.error as error:
        raise BadInput(f"{file} cannot look at a picture of {size[1]}×{size[0]} pixels.") from error
    tables = [o.reshape(-1, o.shape[-1]).astype(float) for o in outputs]
    found = _by_distance(tables, size, scale) if by_distance else _by_anchors(tables, size, scale)
    if found is None:
        shapes = ", ".join(str(o.shape) for o in outputs)
        counts = " or ".join(sorted({str(len(anchors(size, layout))) for layout in LAYOUTS}))
        raise BadInput(
            f"{file} is neither a RetinaFace nor an SCRFD network as expected: of a picture of "
            f"{size[1]}×{size[0]} it gives {shapes}. RetinaFace gives (1, n, 4), (1, n, 2) and "
            f"(1, n, 10), or (1, n, 16), where n is {counts}; SCRFD gives n × 1, 4 and 10 of each "
            "of three layers."
        )
    return without_doubles(found)


def _fitted(image: np.ndarray, network: Network) -> tuple[np.ndarray, float]:
    """The picture as the network takes it, in its upper left corner, and by how much it shrank."""
    import cv2

    height, width = image.shape[:2]
    if network.size is not None:
        scale = min(1.0, network.size[0] / height, network.size[1] / width)
    else:
        scale = min(1.0, _LONGEST / max(height, width))
    picture = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR if image.ndim == 2 else cv2.COLOR_RGB2BGR)
    if scale < 1:
        sides = (max(1, int(width * scale)), max(1, int(height * scale)))
        picture = cv2.resize(picture, sides, interpolation=cv2.INTER_AREA)
    # Both sides multiples of 32, so that every layer has whole cells; the rest is black.
    size = network.size or tuple(-(-side // 32) * 32 for side in picture.shape[:2])
    padded = np.zeros((*size, 3), np.uint8)
    padded[: picture.shape[0], : picture.shape[1]] = picture
    return padded, scale


def _by_anchors(
    tables: Sequence[np.ndarray], size: tuple[int, int], scale: float
) -> list[FoundFace] | None:
    """Faces of a RetinaFace's outputs; None where they are none."""
    if len(tables) == 1 and tables[0].shape[1] == 16:
        tables = np.split(tables[0], [4, 6], axis=1)
    by_width = {table.shape[1]: table for table in tables}
    lengths = {len(table) for table in tables}
    if set(by_width) != {2, 4, 10} or len(lengths) != 1:
        return None
    readings = [
        decode(by_width[4], by_width[2], by_width[10], proposals, size, scale)
        for layout in LAYOUTS
        if lengths == {len(proposals := anchors(size, layout))}
    ]
    return max(readings, key=_agreement) if readings else None


def _agreement(found: Sequence[FoundFace]) -> float:
    """How well the boxes of each face lie on each other: files do not say what they propose.

    Several cells see one face. Read with the sides that it was trained with, they mean the same.
    """
    surest = without_doubles(found)
    return float(np.mean([max(overlap(f.box, s.box) for s in surest) for f in found] or [1.0]))


@lru_cache(maxsize=8)
def anchors(size: tuple[int, int], layout: Layout = LAYOUTS[0]) -> np.ndarray:
    """The boxes that a picture of `size` (H, W) proposes: middle x, y and sides, as shares of it.

    Examples
    --------
    >>> anchors((64, 32)).shape, anchors((64, 32))[0].tolist()
    ((84, 4), [0.125, 0.0625, 0.5, 0.25])
    """
    height, width = size
    rows = []
    for sides, stride in zip(layout.sides, layout.strides, strict=True):
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
    """Faces from what RetinaFace says about each proposal."""
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
    return found


def _by_distance(
    tables: Sequence[np.ndarray], size: tuple[int, int], scale: float
) -> list[FoundFace] | None:
    """Faces of an SCRFD's outputs; None where they are none."""
    found: list[FoundFace] = []
    for stride in _SCRFD_STRIDES:
        rows = -(-size[0] // stride) * -(-size[1] // stride) * _SCRFD_BOXES
        layer = {table.shape[1]: table for table in tables if len(table) == rows}
        if set(layer) not in ({1, 4}, {1, 4, 10}):
            return None
        found += decode_distances(layer[1], layer[4], layer.get(10), size, stride, scale)
    return found


def decode_distances(
    scores: np.ndarray, boxes: np.ndarray, points: np.ndarray | None, size: tuple[int, int],
    stride: int, scale: float,
) -> list[FoundFace]:  # fmt: skip
    """Faces from one layer of SCRFD: how far the sides of the box are from the cell's corner."""
    across = -(-size[1] // stride)
    found = []
    for i in np.flatnonzero(scores[:, 0] > _SCRFD_SURE):
        cell = i // _SCRFD_BOXES
        corner = np.array([cell % across, cell // across], float) * stride
        (x0, y0), (x1, y1) = (
            (corner + sign * boxes[i, part] * stride) / scale
            for sign, part in ((-1, slice(0, 2)), (1, slice(2, 4)))
        )
        marks = None
        if points is not None:
            marks = (corner + points[i].reshape(5, 2) * stride) / scale
        found.append(FoundFace((float(x0), float(y0), float(x1), float(y1)), float(scores[i, 0]),
                               marks))  # fmt: skip
    return found
