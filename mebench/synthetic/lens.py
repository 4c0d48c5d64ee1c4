"""How pictures are bent and smoothed: interpolation, blur, crops, and movements undone.

Nothing here is left to an image library, whose interpolation changes from one version to the next.
The arithmetic is single precision in a fixed order, so that the same plan gives the same frames.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["SLOPE", "blurred", "crop", "cubic", "grey", "inverted", "look_up", "undo"]

# Kernels are given the arrays that they fill: to make one compiles for a tenth of a second.
_jit = njit(cache=True, nogil=True, error_model="numpy")

#: The slope of the cubic at distance 1, as OpenCV has it.
SLOPE = np.float32(-0.75)
_ZERO, _ONE, _TWO, _THREE = np.float32(0), np.float32(1), np.float32(2), np.float32(3)
_HALF, _ENOUGH = np.float32(0.5), np.float32(0.002)


def look_up(image: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The image at the places `where`, cubically interpolated; its edge goes on outside.

    Parameters
    ----------
    image : ndarray (H, W) or (H, W, C)
    where : ndarray (h, w, 2)
        Pixels (x, y).

    Returns
    -------
    ndarray (h, w) or (h, w, C) float32

    Examples
    --------
    >>> ramp = np.arange(15.0).reshape(3, 5)
    >>> look_up(ramp, np.array([[(2.0, 1.0), (9.0, 0.0)]])).tolist()
    [[7.0, 4.0]]
    """
    planes = np.ascontiguousarray(image.reshape(*image.shape[:2], -1), np.float32)
    out = np.zeros((*where.shape[:2], planes.shape[2]), np.float32)
    _look_up(planes, np.ascontiguousarray(where, np.float32), out)
    return out.reshape(*where.shape[:2], *image.shape[2:])


def blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    """The image smoothed by a Gaussian, mirrored at its edges; (H, W) or (H, W, C) float32.

    Examples
    --------
    >>> dot = np.zeros((9, 9), np.float32)
    >>> dot[4, 4] = 1
    >>> [f"{v:.3f}" for v in blurred(dot, 1.0)[4, 3:6]]
    ['0.097', '0.159', '0.097']
    """
    reach = round(4 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    planes = image.reshape(*image.shape[:2], -1).astype(np.float32)
    padded = np.pad(planes, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    out = np.zeros((len(planes), planes[0].size), np.float32)
    column = np.empty(padded[0].size, np.float32)
    _blur(padded.reshape(len(padded), -1), weights, planes.shape[2], column, out)
    return out.reshape(image.shape)


def grey(image: np.ndarray) -> np.ndarray:
    """Brightness of red, green and blue, (H, W, 3) to (H, W) float32."""
    red, green, blue = np.moveaxis(image.astype(np.float32), -1, 0)
    shares = np.array([0.299, 0.587, 0.114], np.float32)
    return np.asarray(shares[0] * red + shares[1] * green + shares[2] * blue)


def undo(
    moved: np.ndarray, to_nodes: np.ndarray, step: int, squares: tuple[int, int]
) -> np.ndarray:
    """Displacement that takes moved skin back, found by fixed-point steps at every square.

    A few steps suffice for an expression; a blink squeezes the lid harder and takes more.

    Parameters
    ----------
    moved : ndarray (rows, columns, 2) float32
        Pixels (dx, dy) by which the skin at the nodes moves; nothing moves beyond them.
    to_nodes : ndarray (2, 3)
        Affine map from the numbers of a square (column, row) to those of the nodes.
    step : int
        Pixels from node to node.
    squares : tuple of int
        Rows and columns of the result.

    Returns
    -------
    ndarray (*squares, 2) float32
        ``back`` with ``back(x) = -moved(x + back(x))``, in pixels.
    """
    back = np.zeros((*squares, 2), np.float32)
    _undo(moved, to_nodes.astype(np.float32), np.float32(1 / step), back)
    return back


def crop(frame: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The frame brought to another place by an affine map, bilinearly; black outside.

    Parameters
    ----------
    frame : ndarray (H, W) or (H, W, 3) uint8
    matrix : ndarray (2, 3)
        From the frame to the crop.
    size : tuple of int
        Width and height of the crop.
    """
    pixels = np.pad(frame.reshape(*frame.shape[:2], -1), ((1, 2), (1, 2), (0, 0)))
    out = np.empty((size[1], size[0], pixels.shape[2]), np.uint8)
    at, shares = np.empty(size[0], np.uint32), np.empty((2, size[0]), np.int32)
    _crop(pixels.ravel(), *pixels.shape, inverted(matrix).astype(np.float32), at, shares, out)  # type: ignore[call-arg]
    return out.reshape(size[1], size[0], *frame.shape[2:])


def inverted(matrix: np.ndarray) -> np.ndarray:
    """The affine map (2, 3) that takes another back."""
    (a, b, x), (c, d, y) = matrix
    turn = np.array([[d, -b], [-c, a]]) / (a * d - b * c)
    return np.column_stack([turn, -(turn[:, 0] * x + turn[:, 1] * y)])


@_jit
def cubic(x):  # type: ignore[no-untyped-def]
    """Weights of the four neighbours of a place that is `x` behind the second."""
    far, rest = x + _ONE, _ONE - x
    a = (SLOPE * far - np.float32(5) * SLOPE) * far + np.float32(8) * SLOPE
    a = a * far - np.float32(4) * SLOPE
    b = ((SLOPE + _TWO) * x - (SLOPE + _THREE)) * x * x + _ONE
    c = ((SLOPE + _TWO) * rest - (SLOPE + _THREE)) * rest * rest + _ONE
    return a, b, c, _ONE - a - b - c


@_jit
def _look_up(image, where, out):  # type: ignore[no-untyped-def]
    height, width, channels = image.shape
    for r in range(out.shape[0]):
        for q in range(out.shape[1]):
            x = min(max(where[r, q, 0], _ZERO), np.float32(width - 1))
            y = min(max(where[r, q, 1], _ZERO), np.float32(height - 1))
            left, top = np.floor(x), np.floor(y)
            across, down = cubic(x - left), cubic(y - top)
            for j in range(4):
                v = min(max(int(top) + j - 1, 0), height - 1)
                for i in range(4):
                    u = min(max(int(left) + i - 1, 0), width - 1)
                    weight = down[j] * across[i]
                    for c in range(channels):
                        out[r, q, c] += weight * image[v, u, c]


@_jit
def _blur(padded, weights, channels, column, out):  # type: ignore[no-untyped-def]
    for r in range(out.shape[0]):
        for q in range(column.size):
            column[q] = _ZERO
        for k in range(weights.size):
            _add_row(column, padded[r + k], weights[k])
        for k in range(weights.size):
            _add_row(out[r], column[k * channels :], weights[k])


@_jit
def _add_row(out, row, weight):  # type: ignore[no-untyped-def]
    for q in range(out.size):
        out[q] += weight * row[q]


@_jit
def _undo(moved, to_nodes, per_pixel, back):  # type: ignore[no-untyped-def]
    for r in range(back.shape[0]):
        for q in range(back.shape[1]):
            x = to_nodes[0, 0] * np.float32(q) + to_nodes[0, 1] * np.float32(r) + to_nodes[0, 2]
            y = to_nodes[1, 0] * np.float32(q) + to_nodes[1, 1] * np.float32(r) + to_nodes[1, 2]
            left, top = int(np.floor(x)), int(np.floor(y))
            if not (0 <= left < moved.shape[1] - 1 and 0 <= top < moved.shape[0] - 1):
                continue
            moving = False
            for j in range(top, top + 2):
                for i in range(left, left + 2):
                    moving |= moved[j, i, 0] != _ZERO or moved[j, i, 1] != _ZERO
            if not moving:
                continue
            dx, dy = _ZERO, _ZERO
            for _ in range(30):
                was_x, was_y = dx, dy
                dx, dy = _movement(moved, x - dx * per_pixel, y - dy * per_pixel)
                if max(abs(dx - was_x), abs(dy - was_y)) < _ENOUGH:
                    break
            back[r, q, 0], back[r, q, 1] = -dx, -dy


@_jit
def _movement(moved, x, y):  # type: ignore[no-untyped-def]
    """The movement at a place between the nodes, cubically interpolated; none beyond them."""
    left, top = np.floor(x), np.floor(y)
    across, down = cubic(x - left), cubic(y - top)
    dx, dy = _ZERO, _ZERO
    for j in range(4):
        v = int(top) + j - 1
        for i in range(4):
            u = int(left) + i - 1
            if 0 <= v < moved.shape[0] and 0 <= u < moved.shape[1]:
                dx += down[j] * across[i] * moved[v, u, 0]
                dy += down[j] * across[i] * moved[v, u, 1]
    return dx, dy


@_jit
def _crop(flat, height, width, channels, inverse, at, shares, out):  # type: ignore[no-untyped-def]
    """`flat` is the frame with one black pixel before it and two behind it."""
    stride, step, one = np.uint32(width * channels), np.uint32(channels), np.int32(1024)
    half, far = np.int32(1 << 19), np.int32(20)
    least, right, bottom = -_ONE, np.float32(width - 3), np.float32(height - 3)
    across, down = shares[0], shares[1]
    for r in range(out.shape[0]):
        for q in range(at.size):
            x = inverse[0, 0] * np.float32(q) + inverse[0, 1] * np.float32(r) + inverse[0, 2]
            y = inverse[1, 0] * np.float32(q) + inverse[1, 1] * np.float32(r) + inverse[1, 2]
            x, y = min(max(x, least), right), min(max(y, least), bottom)
            left, top = np.floor(x), np.floor(y)
            at[q] = np.uint32(np.int32(top) + 1) * stride + np.uint32(np.int32(left) + 1) * step
            # In 1024ths, whole numbers: exact, whatever order they are added in.
            across[q] = np.int32((x - left) * 1024 + _HALF)
            down[q] = np.int32((y - top) * 1024 + _HALF)
        for q in range(at.size):
            a, b = across[q], down[q]
            p = np.uint64(at[q])
            low = p + np.uint64(stride)
            for c in range(channels):
                above = np.int32(flat[p]) * (one - a) + np.int32(flat[p + step]) * a
                below = np.int32(flat[low]) * (one - a) + np.int32(flat[low + step]) * a
                out[r, q, c] = np.uint8((above * (one - b) + below * b + half) >> far)
                p += np.uint64(1)
                low += np.uint64(1)
