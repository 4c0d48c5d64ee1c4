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
    if noise is None:
        noise, corner, sigma = np.zeros((len(canvas), 1, 1), np.float32), (0, 0), 0.0
    return np.asarray(
        _expose(
            canvas,
            (unpose + np.array([[0, 0, MARGIN], [0, 0, MARGIN]])).astype(np.float32),
            shift,
            *_between(height, shift.shape[0]),
            *_between(width, shift.shape[1]),
            np.float32(gain),
            noise,
            *corner,
            np.float32(sigma),
        )
    )


@lru_cache(maxsize=8)
def _between(pixels: int, squares: int) -> tuple[np.ndarray, np.ndarray]:
    """The four squares about each pixel along one axis, (n, 4) int64, and their weights."""
    at = (np.arange(pixels, dtype=np.float32) + _HALF) * np.float32(squares / pixels) - _HALF
    first = np.floor(at)
    near = np.clip(first[:, None].astype(np.int64) + np.arange(-1, 3), 0, squares - 1)
    return near, np.stack(cubic.py_func(at - first), -1)


@_jit
def _expose(  # type: ignore[no-untyped-def]
    canvas, unpose, shift, rows, row_weights, columns, column_weights, gain, noise, x0, y0, sigma
):
    channels, canvas_height, canvas_width = canvas.shape
    height, width = len(rows), len(columns)
    out = np.empty((height, width, channels), np.uint8)
    moved = np.empty((shift.shape[1], 2), np.float32)
    x, y = np.empty(width, np.float32), np.empty(width, np.float32)
    course = np.empty(canvas_width, np.float32)
    down, across = np.empty((4, canvas_width), np.float32), np.empty((4, width), np.float32)
    from_rows, from_columns = np.empty(canvas_width, np.uint32), np.empty(width, np.uint32)
    row_ends, column_ends = np.empty(canvas_width, np.int64), np.empty(width, np.int64)
    between = np.zeros(canvas_width, np.float32)
    line = np.empty((channels, width), np.float32)
    moves = _moving_rows(shift)
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
        for u in range(stop - first):
            course[u] = top + (np.float32(u + first) - left) * slope
        if moves[rows[r, 0]] or moves[rows[r, 1]] or moves[rows[r, 2]] or moves[rows[r, 3]]:
            _between_rows(shift, rows[r], row_weights[r], moved)
            begin, end = _add_shift(moved, columns, column_weights, x, y)
            _bend(x, y, begin, end, course[: stop - first], first)
        _four_above(course[: stop - first], first, canvas_height, canvas_width, from_rows, down)
        _four_beside(x, first, stop, from_columns, across)
        row_runs = row_ends[: _runs(from_rows[: stop - first], row_ends)]
        column_runs = column_ends[: _runs(from_columns, column_ends)]
        for i in range(channels):
            plane = canvas[i].reshape(canvas_height * canvas_width)
            _draw(plane, canvas_width, from_rows, down, row_runs, between[: stop - first])
            _draw(between, 1, from_columns, across, column_runs, line[i])
            if sigma:
                _add_noise(line[i], noise[i, y0 + r, x0 : x0 + width], sigma / gain)
            _round(line[i], gain)
        if channels == 3:
            _store_three(line[0], line[1], line[2], out[r].reshape(width * 3))
        else:
            _store(line[0], out[r].reshape(width))
    return out


@_jit
def _moving_rows(shift):  # type: ignore[no-untyped-def]
    out = np.zeros(shift.shape[0], np.bool_)
    for r in range(out.size):
        for q in range(shift.shape[1]):
            out[r] |= shift[r, q, 0] != _ZERO or shift[r, q, 1] != _ZERO
    return out


@_jit
def _between_rows(shift, near, weights, moved):  # type: ignore[no-untyped-def]
    for q in range(moved.shape[0]):
        for axis in range(2):
            value = _ZERO
            for j in range(4):
                value += weights[j] * shift[near[j], q, axis]
            moved[q, axis] = value


@_jit
def _add_shift(moved, columns, weights, x, y):  # type: ignore[no-untyped-def]
    """Add what lies between the squares of a row; from where to where there is any."""
    squares, begin, end = moved.shape[0], x.size, 0
    for q in range(squares):
        if moved[q, 0] != _ZERO or moved[q, 1] != _ZERO:
            begin = min(begin, max(q - 2, 0) * x.size // squares)
            end = min((q + 3) * x.size // squares, x.size)
    for q in range(begin, end):
        dx, dy = _ZERO, _ZERO
        for i in range(4):
            dx += weights[q, i] * moved[columns[q, i], 0]
            dy += weights[q, i] * moved[columns[q, i], 1]
        x[q] += dx
        y[q] += dy
    return begin, end


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
def _add_noise(line, noise, sigma):  # type: ignore[no-untyped-def]
    for q in range(line.size):
        line[q] += noise[q] * sigma


@_jit
def _round(line, gain):  # type: ignore[no-untyped-def]
    for q in range(line.size):
        line[q] = min(max(np.rint(line[q] * gain), _ZERO), _WHITE)


@_jit
def _store(line, out):  # type: ignore[no-untyped-def]
    for q in range(line.size):
        out[q] = np.uint8(line[q])


@_jit
def _store_three(red, green, blue, out):  # type: ignore[no-untyped-def]
    for q in range(red.size):
        out[3 * q] = np.uint8(red[q])
        out[3 * q + 1] = np.uint8(green[q])
        out[3 * q + 2] = np.uint8(blue[q])
