"""All that a camera does with a canvas, in one pass over the rows of the frame.

The arithmetic is single precision in a fixed order, so that the same plan gives the same frames.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit

from ..eights import (
    LANES,
    eight,
    floor,
    goes_on,
    larger,
    load,
    rounded,
    smaller,
    store,
    store_bytes,
    store_places,
    store_row_places,
)
from .lens import SLOPE, cubic

__all__ = ["MARGIN", "expose"]

#: Pixels that a canvas is continued by on every side, so that nobody has to look for its end.
MARGIN = 4

_HOW: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_jit = njit(**_HOW, cache=True)
# What is called from compiled functions only needs no entrance for Python; called from there, it
# ends the process.
_HOW |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_inner = njit(**_HOW)

_ZERO, _ONE, _TWO, _THREE = np.float32(0), np.float32(1), np.float32(2), np.float32(3)
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
        canvas.reshape(channels, -1),
        canvas_width,
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
        np.arange(max(width, canvas_width), dtype=np.float32),
        np.empty((6 + channels, width), np.float32),
        np.empty((5 + channels, canvas_width), np.float32),
        np.empty((2, max(width, canvas_width)), np.uint32),
        np.empty((2, max(width, canvas_width)), np.int64),
        np.empty((2, shift.shape[1] + 4), np.float32),
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
    canvas, canvas_width, unpose, shift, moves, rows, row_weights, columns, column_weights, gain,
    noise, x0, y0, sigma, ramp, of_pixels, of_columns, places, ends, moved, out,
):  # fmt: skip
    height, width, canvas_height = len(rows), len(columns), canvas.shape[1] // canvas_width
    across, x, y, line = of_pixels[:4], of_pixels[4], of_pixels[5], of_pixels[6:]
    down, course, between = of_columns[:4], of_columns[4], of_columns[5:]
    from_rows, from_columns = places[0], places[1]
    a, b, e = unpose[0, 0], unpose[0, 1], unpose[0, 2]
    c, d, f = unpose[1, 0], unpose[1, 1], unpose[1, 2]
    for r in range(height):
        left, top = b * np.float32(r) + e, d * np.float32(r) + f
        _straight(ramp, a, _ZERO, left, x)
        _straight(ramp, c, _ZERO, top, y)
        first = min(max(int(min(x[0], x[-1])) - 16, 0), canvas_width - LANES)
        stop = max(min(int(max(x[0], x[-1])) + 16, canvas_width), first + LANES)
        n = stop - first
        _straight(ramp[first:stop], c / a, left, top, course[:n])
        if moves[r]:
            _between_rows(shift, rows[r], row_weights[r], moved)
            begin, end = _add_shift(moved, columns, column_weights, x, y)
            _bend(x, y, begin, end, course[:n], first)
        _four_above(course[:n], first, canvas_height, canvas_width, from_rows, down)
        _four_beside(x, first, stop, from_columns, across)
        row_runs = ends[0, : _runs(from_rows[:n], ends[0])]
        column_runs = ends[1, : _runs(from_columns[:width], ends[1])]
        _draw(canvas, canvas_width, from_rows, down, row_runs, between)
        _draw(between, np.int64(1), from_columns, across, column_runs, line)
        _develop(line, gain, noise, y0 + r, x0, sigma, r, out)


@_inner
def _straight(ramp, slope, zero, start, out):  # type: ignore[no-untyped-def]
    """A line: `start` at `zero`, and so much more for each step of the ramp."""
    slope, zero, start = eight(slope), eight(zero), eight(start)
    for begin in range(0, out.size, LANES):
        q = min(begin, out.size - LANES)  # the last are those before once more
        store(out, q, start + (load(ramp, q) - zero) * slope)


@_inner
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


@_inner
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


@_inner
def _add_between(moved, columns, weights, begin, end, line):  # type: ignore[no-untyped-def]
    a, b, c, d = weights[0], weights[1], weights[2], weights[3]
    for q in range(np.uint64(begin), np.uint64(end)):
        p = np.uint64(columns[q])
        value = a[q] * moved[p] + b[q] * moved[p + np.uint64(1)]
        value += c[q] * moved[p + np.uint64(2)]
        line[q] += value + d[q] * moved[p + np.uint64(3)]


@_inner
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


@_inner
def _cubic(x):  # type: ignore[no-untyped-def]
    """As :func:`~mebench.synthetic.lens.cubic`, of eight."""
    one = eight(_ONE)
    far, rest = x + one, one - x
    a = (eight(SLOPE) * far - eight(np.float32(5) * SLOPE)) * far + eight(np.float32(8) * SLOPE)
    a = a * far - eight(np.float32(4) * SLOPE)
    b = (eight(SLOPE + _TWO) * x - eight(SLOPE + _THREE)) * x * x + one
    c = (eight(SLOPE + _TWO) * rest - eight(SLOPE + _THREE)) * rest * rest + one
    return a, b, c, one - a - b - c


@_inner
def _four_above(course, first, height, width, places, weights):  # type: ignore[no-untyped-def]
    """Where the four canvas pixels above each other begin, and their weights."""
    one, most = eight(_ONE), eight(np.float32(height - 3))
    for begin in range(0, course.size, LANES):
        u = min(begin, course.size - LANES)
        v = smaller(larger(load(course, u), one), most)
        top = floor(v)
        _store_four(weights, u, v - top)
        store_row_places(places, u, top - one, width, u + first)


@_inner
def _four_beside(x, first, stop, places, weights):  # type: ignore[no-untyped-def]
    """Where the four beside each other begin among the columns from `first` on."""
    least, most = eight(np.float32(first + 1)), eight(np.float32(stop - 3))
    for begin in range(0, x.size, LANES):
        q = min(begin, x.size - LANES)
        u = smaller(larger(load(x, q), least), most)
        left = floor(u)
        _store_four(weights, q, u - left)
        store_places(places, q, left - least)


@_inner
def _store_four(weights, q, behind):  # type: ignore[no-untyped-def]
    a, b, c, d = _cubic(behind)
    store(weights[0], q, a)
    store(weights[1], q, b)
    store(weights[2], q, c)
    store(weights[3], q, d)


@_inner
def _runs(places, ends):  # type: ignore[no-untyped-def]
    """Where stretches end that lie beside each other."""
    n, q = 0, 1
    while q < places.size:
        if q + LANES <= places.size and goes_on(places, q):
            q += LANES
            continue
        if places[q] != places[q - 1] + np.uint32(1):
            ends[n] = q
            n += 1
        q += 1
    ends[n] = places.size
    return n + 1


@_inner
def _draw(planes, stride, places, weights, ends, out):  # type: ignore[no-untyped-def]
    """Weighted sums of four values that are `stride` from each other, in each plane."""
    channels, size = planes.shape
    flat, wide, start = planes.reshape(channels * size), out.shape[1], 0
    for end in ends:
        shift = np.int64(places[start]) - start
        if end - start < LANES:
            for q in range(start, end):
                for i in range(channels):
                    p = i * size + q + shift
                    value = weights[0, q] * flat[p] + weights[1, q] * flat[p + stride]
                    value += weights[2, q] * flat[p + 2 * stride]
                    out[i, q] = value + weights[3, q] * flat[p + 3 * stride]
        else:
            for begin in range(start, end, LANES):
                q = min(begin, end - LANES)
                a, b = load(weights[0], q), load(weights[1], q)
                c, d = load(weights[2], q), load(weights[3], q)
                for i in range(channels):
                    p = i * size + q + shift
                    value = a * load(planes, p) + b * load(planes, p + stride)
                    value = value + c * load(planes, p + 2 * stride)
                    store(out, i * wide + q, value + d * load(planes, p + 3 * stride))
        start = end


@_inner
def _develop(line, gain, noise, y, x, sigma, r, out):  # type: ignore[no-untyped-def]
    """Light, noise and rounding of row r."""
    channels, width = line.shape
    gain, sigma = eight(gain), eight(sigma)
    for begin in range(0, width, LANES):
        q = min(begin, width - LANES)
        first = _grey_level(load(line[0], q), load(noise[0, y], x + q), gain, sigma)
        at = (r * width + q) * channels
        if channels == 3:
            second = _grey_level(load(line[1], q), load(noise[1, y], x + q), gain, sigma)
            third = _grey_level(load(line[2], q), load(noise[2, y], x + q), gain, sigma)
            store_bytes(out, at, (first, second, third))
        else:
            store_bytes(out, at, (first,))


@_inner
def _grey_level(value, noise, gain, sigma):  # type: ignore[no-untyped-def]
    value = rounded((value + noise * sigma) * gain)
    return smaller(larger(value, eight(_ZERO)), eight(_WHITE))
