"""All that a camera does with a canvas, in one pass over the rows of the frame.

The arithmetic is single precision in a fixed order, so that the same plan gives the same frames.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit

from .lens import cubic

__all__ = ["MARGIN", "expose"]

#: Pixels that a canvas is continued by on every side, so that nobody has to look for its end.
MARGIN = 4

_jit = njit(cache=True, nogil=True, error_model="numpy")

_ZERO, _ONE = np.float32(0), np.float32(1)
_HALF, _WHITE = np.float32(0.5), np.float32(255)


def expose(
    canvas: np.ndarray,
    unpose: np.ndarray,
    shift: np.ndarray,
    size: tuple[int, int],
    gain: float = 1.0,
    noise: np.ndarray | None = None,
    corner: tuple[int, int] = (0, 0),
    sigma: float = 0.0,
) -> np.ndarray:
    """A frame of the canvas: where each pixel comes from, its light, the sensor's noise, rounding.

    A row of the frame is a slanting line on the canvas. It is drawn in two passes: first what the
    canvas has on that line in each of its columns, then what lies between these columns.

    Parameters
    ----------
    canvas : ndarray (C, H + 2 MARGIN, W + 2 MARGIN) float32
        One plane for grey, three for red, green, blue.
    unpose : ndarray (2, 3)
        From pixels of the frame to those of the canvas, its margin not counted.
    shift : ndarray (rows, columns, 2) float32
        What is added to that, on a grid of squares that fits over the frame.
    size : tuple of int
        Width and height of the frame.
    gain : float, default 1
    noise : ndarray (C, h, w) float32, optional
        The window at `corner` (x, y) is added after the gain, times `sigma`.
    corner : tuple of int, default (0, 0)
    sigma : float, default 0

    Returns
    -------
    ndarray (height, width, C) uint8
    """
    width, height = size
    channels, _, canvas_width = canvas.shape
    if noise is None:
        noise, corner, sigma = np.zeros((channels, height, width), np.float32), (0, 0), 0.0
    out = np.empty((height, width, channels), np.uint8)
    rows, row_weights = _between(height, shift.shape[0])
    columns, column_weights = _between(width, shift.shape[1])
    near = np.clip(rows[:, None] + np.arange(4), 0, shift.shape[0] - 1)
    # Arrays to work in are made here: compiled, each kind of them costs a tenth of a second.
    _expose(
        canvas,
        (unpose + np.array([[0, 0, MARGIN], [0, 0, MARGIN]])).astype(np.float32),
        np.ascontiguousarray(np.moveaxis(shift, -1, 1)),
        (shift != 0).any(axis=(1, 2))[near].any(axis=1),
        near,
        np.ascontiguousarray(row_weights.T),
        (columns + 2).astype(np.uint32),
        column_weights,
        np.float32(gain),
        noise,
        *corner,
        np.float32(sigma) / np.float32(gain),
        np.empty((7, width), np.float32),
        np.empty((6, canvas_width), np.float32),
        np.empty((2, max(width, canvas_width)), np.uint32),
        np.empty((2, max(width, canvas_width)), np.int64),
        np.empty((2, shift.shape[1] + 4), np.float32),
        np.empty((channels, width), np.uint8),
        out,
    )
    return out


@lru_cache(maxsize=8)
def _between(pixels: int, squares: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the four squares about each pixel begin along one axis, and their weights (4, n)."""
    at = (np.arange(pixels, dtype=np.float32) + _HALF) * np.float32(squares / pixels) - _HALF
    first = np.floor(at)
    return first.astype(np.int64) - 1, np.stack(cubic.py_func(at - first))


@_jit
def _expose(  # type: ignore[no-untyped-def]
    canvas, unpose, shift, moves, rows, row_weights, columns, column_weights, gain, noise, x0, y0,
    sigma, of_pixels, of_columns, places, ends, moved, developed, out,
):  # fmt: skip
    channels, canvas_height, canvas_width = canvas.shape
    height, width = len(rows), len(columns)
    across, x, y, line = of_pixels[:4], of_pixels[4], of_pixels[5], of_pixels[6]
    down, course, between = of_columns[:4], of_columns[4], of_columns[5]
    from_rows, from_columns = places[0, :canvas_width], places[1, :width]
    beside = np.int64(1)  # a plain 1 would compile what takes it twice
    a, b, e = unpose[0, 0], unpose[0, 1], unpose[0, 2]
    c, d, f = unpose[1, 0], unpose[1, 1], unpose[1, 2]
    slope = c / a
    for r in range(height):
        left, top = b * np.float32(r) + e, d * np.float32(r) + f
        for q in range(width):
            x[q] = a * np.float32(q) + left
            y[q] = c * np.float32(q) + top
        first = min(max(int(min(x[0], x[-1])) - 16, 0), canvas_width - 4)
        stop = max(min(int(max(x[0], x[-1])) + 16, canvas_width), first + 4)
        n = stop - first
        for u in range(n):
            course[u] = top + (np.float32(u + first) - left) * slope
        if moves[r]:
            _between_rows(shift, rows[r], row_weights[r], moved)
            begin, end = _add_shift(moved, columns, column_weights, x, y)
            _bend(x, y, begin, end, course[:n], first)
        _four_above(course[:n], first, canvas_height, canvas_width, from_rows, down)
        _four_beside(x, first, stop, from_columns, across)
        row_runs = ends[0, : _runs(from_rows[:n], ends[0])]
        column_runs = ends[1, : _runs(from_columns, ends[1])]
        for i in range(channels):
            plane = canvas[i].reshape(canvas_height * canvas_width)
            _draw(plane, canvas_width, from_rows, down, row_runs, between[:n])
            _draw(between, beside, from_columns, across, column_runs, line)
            _develop(line, gain, noise[i, y0 + r, x0 : x0 + width], sigma, developed[i])
        if channels == 3:
            _interleave(developed, out[r])
        else:
            for q in range(width):
                out[r, q, 0] = developed[0, q]


@_jit
def _between_rows(shift, near, weights, moved):  # type: ignore[no-untyped-def]
    """What lies between four rows of squares; to the sides it goes on for two squares."""
    squares = shift.shape[2]
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for axis in range(2):
        s0, s1 = shift[near[0], axis], shift[near[1], axis]
        s2, s3 = shift[near[2], axis], shift[near[3], axis]
        line = moved[axis]
        for q in range(squares):
            line[q + 2] = a * s0[q] + b * s1[q] + c * s2[q] + d * s3[q]
        for q in range(2):
            line[q], line[squares + 2 + q] = line[2], line[squares + 1]


@_jit
def _add_shift(moved, columns, weights, x, y):  # type: ignore[no-untyped-def]
    """Add what lies between the squares of a row; from where to where there is any."""
    squares, begin, end = moved.shape[1] - 4, x.size, 0
    for q in range(squares):
        if moved[0, q + 2] != _ZERO or moved[1, q + 2] != _ZERO:
            begin = min(begin, max(q - 2, 0) * x.size // squares)
            end = min((q + 3) * x.size // squares, x.size)
    _add_between(moved[0], columns, weights, begin, end, x)
    _add_between(moved[1], columns, weights, begin, end, y)
    return begin, end


@_jit
def _add_between(moved, columns, weights, begin, end, line):  # type: ignore[no-untyped-def]
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for q in range(np.uint64(begin), np.uint64(end)):
        p = np.uint64(columns[q])
        value = a[q] * moved[p] + b[q] * moved[p + np.uint64(1)]
        value += c[q] * moved[p + np.uint64(2)]
        line[q] += value + d[q] * moved[p + np.uint64(3)]


@_jit
def _bend(x, y, begin, end, course, first):  # type: ignore[no-untyped-def]
    """Mend the height at which a row crosses the columns where it is no longer straight."""
    begin, end = max(begin - 2, 0), min(end + 2, x.size)
    if end - begin < 2:
        return
    q = begin
    start, stop = int(np.ceil(x[begin])), int(np.floor(x[end - 1])) + 1
    for u in range(max(start - first, 0), min(stop - first, course.size)):
        column = np.float32(u + first)
        while q < end - 2 and x[q + 1] < column:
            q += 1
        course[u] = y[q] + (y[q + 1] - y[q]) / (x[q + 1] - x[q]) * (column - x[q])


@_jit
def _four_above(course, first, height, width, places, weights):  # type: ignore[no-untyped-def]
    """Where the four canvas pixels above each other begin, and their weights."""
    most = np.float32(height - 3)
    for u in range(course.size):
        v = min(max(course[u], _ONE), most)
        top = np.floor(v)
        a, b, c, d = cubic(v - top)
        weights[0, u], weights[1, u], weights[2, u], weights[3, u] = a, b, c, d
        places[u] = np.uint32((np.int32(top) - 1) * width + (u + first))


@_jit
def _four_beside(x, first, stop, places, weights):  # type: ignore[no-untyped-def]
    """Where the four beside each other begin among the columns from `first` on."""
    least, most = np.float32(first + 1), np.float32(stop - 3)
    for q in range(x.size):
        u = min(max(x[q], least), most)
        left = np.floor(u)
        a, b, c, d = cubic(u - left)
        weights[0, q], weights[1, q], weights[2, q], weights[3, q] = a, b, c, d
        places[q] = np.uint32(np.int32(left) - 1 - first)


@_jit
def _runs(places, ends):  # type: ignore[no-untyped-def]
    """Where stretches end that lie beside each other; none, if they are too short to be of use."""
    n = 0
    for q in range(1, places.size):
        if places[q] != places[q - 1] + np.uint32(1):
            ends[n] = q
            n += 1
    ends[n] = places.size
    return n + 1 if 10 * n < places.size else 0


@_jit
def _draw(plane, stride, places, weights, ends, out):  # type: ignore[no-untyped-def]
    one = np.uint64(stride)
    two, three = one + one, one + one + one
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    start = np.uint64(0)
    for i in range(ends.size):
        # Within a stretch the compiler works on several pixels at a time.
        end, shift = np.uint64(ends[i]), np.uint64(places[start]) - start
        for q in range(start, end):
            p = q + shift
            value = a[q] * plane[p] + b[q] * plane[p + one]
            out[q] = value + c[q] * plane[p + two] + d[q] * plane[p + three]
        start = end
    for q in range(start, np.uint64(out.size)):
        p = np.uint64(places[q])
        value = a[q] * plane[p] + b[q] * plane[p + one]
        out[q] = value + c[q] * plane[p + two] + d[q] * plane[p + three]


@_jit
def _develop(line, gain, noise, sigma, out):  # type: ignore[no-untyped-def]
    """Light, noise and rounding of a row."""
    for q in range(line.size):
        value = np.rint((line[q] + noise[q] * sigma) * gain)
        out[q] = np.uint8(min(max(value, _ZERO), _WHITE))


@_jit
def _interleave(planes, out):  # type: ignore[no-untyped-def]
    for q in range(planes.shape[1]):
        out[q, 0] = planes[0, q]
        out[q, 1] = planes[1, q]
        out[q, 2] = planes[2, q]
