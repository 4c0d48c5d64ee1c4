"""Eight at a time gives what one at a time gives, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from mebench.eights import (
    LANES,
    at_least,
    eight,
    floor,
    goes_on,
    larger,
    load,
    look_up,
    rounded,
    smaller,
    store,
    store_bytes,
    store_places,
    store_row_places,
    store_side_by_side,
)

_jit = njit(error_model="numpy")


@_jit
def _sums(a, b, factor, out):
    for i in range(0, a.size, LANES):
        x, y = load(a, i), load(b, i)
        store(out[0], i, x + y * eight(factor) - x * y)
        store(out[1], i, floor(x))
        store(out[2], i, rounded(x))
        store(out[3], i, larger(x, y))
        store(out[4], i, smaller(x, y))
        store(out[5], i, at_least(x, y))


def test_each_operation_is_that_of_single_floats():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 5, (2, 10 * LANES)).astype(np.float32)
    a[:8] = [0.5, 1.5, 2.5, -0.5, -0.0, 3.0, 1e9, -1e-9]
    b[3:6] = a[3:6]
    factor, out = np.float32(1.7), np.empty((6, a.size), np.float32)
    _sums(a, b, factor, out)
    assert out.dtype == np.float32
    assert np.array_equal(out[0], a + b * factor - a * b)
    assert np.array_equal(out[1], np.floor(a))
    assert np.array_equal(out[2], np.rint(a))
    assert np.array_equal(out[3], np.maximum(a, b))
    assert np.array_equal(out[4], np.minimum(a, b))
    assert np.array_equal(out[5], (a >= b).astype(np.float32))


@_jit
def _copied(values, start, out):
    store(out, start, load(values, start))


def test_a_load_begins_anywhere_and_touches_nothing_else():
    values = np.arange(30, dtype=np.float32)
    out = np.full(30, -1, np.float32)
    _copied(values.reshape(3, 10), 7, out.reshape(5, 6))  # taken as rows
    assert np.array_equal(out[7:15], values[7:15])
    assert (out[:7] == -1).all()
    assert (out[15:] == -1).all()


@_jit
def _looked_up(planes, pixels, rows, columns, wx, wy, width, out):
    for i in range(0, planes.shape[1], LANES):
        store_side_by_side(
            pixels, i, load(planes[0], i), load(planes[1], i), load(planes[2], i),
            load(planes[3], i), load(planes[4], i),
        )  # fmt: skip
    a, b, c, d, e = look_up(pixels, rows, columns, wx, wy, 8, width)
    for k, value in enumerate((a, b, c, d, e)):
        store(out[k], 0, value)


def test_pixels_between_pixels():
    rng = np.random.default_rng(1)
    height, width = 6, 12
    planes = rng.normal(0, 9, (5, height * width)).astype(np.float32)
    rows, columns = (rng.integers(0, n - 1, 16).astype(np.uint32) for n in (height, width))
    wx, wy = rng.random((2, 16), dtype=np.float32)
    pixels, out = np.full((height * width, 8), 7, np.float32), np.empty((5, 8), np.float32)
    _looked_up(planes, pixels, rows, columns, wx, wy, width, out)
    assert np.array_equal(pixels[:, :5], planes.T)
    assert not pixels[:, 5:].any()
    at = rows[8:] * width + columns[8:]
    upper, lower = (
        planes[:, i] + (planes[:, i + 1] - planes[:, i]) * wx[8:] for i in (at, at + width)
    )
    assert np.array_equal(out, upper + (lower - upper) * wy[8:])


@_jit
def _placed(values, places, on_rows):
    store_places(places, 1, load(values, 0))
    store_row_places(on_rows, 1, load(values, 0), 100, 7)


def test_places():
    values = np.array([0, 1, 5, 2, 3, 3, 9, 11], np.float32)
    places, on_rows = np.zeros((2, 10), np.uint32)
    _placed(values, places, on_rows)
    assert places.tolist() == [0, 0, 1, 5, 2, 3, 3, 9, 11, 0]
    assert on_rows.tolist() == [0, *(int(v) * 100 + 7 + k for k, v in enumerate(values)), 0]


@_jit
def _goes_on(places, index):
    return goes_on(places, index)


@pytest.mark.parametrize("broken", [None, 1, 4, 8])
def test_numbers_that_follow_each_other(broken):
    places = np.arange(40, 52, dtype=np.uint32)
    if broken is not None:
        places[broken] += 1
    assert _goes_on(places, 1) == (broken is None)


@_jit
def _as_bytes(values, one, two, three):
    a, b, c = load(values, 0), load(values, 8), load(values, 16)
    store_bytes(one, 0, (a,))
    store_bytes(two, 0, (a, b))
    store_bytes(three, 0, (a, b, c))


def test_bytes_lie_beside_each_other():
    values = np.random.default_rng(2).integers(0, 256, 24).astype(np.float32)
    values[:2] = 0, 255
    one, two, three = (np.zeros((LANES, n), np.uint8) for n in (1, 2, 3))
    _as_bytes(values, one, two, three)
    planes = values.reshape(3, LANES).T
    assert np.array_equal(three, planes)
    assert np.array_equal(two, planes[:, :2])
    assert np.array_equal(one, planes[:, :1])


def test_other_arrays_are_refused_when_it_is_compiled():
    from numba.core.errors import TypingError

    with pytest.raises(TypingError):
        _copied(np.zeros(30), 0, np.zeros(30, np.float32))
    with pytest.raises(TypingError):
        _copied(np.zeros((8, 30), np.float32)[:, ::2], 0, np.zeros(30, np.float32))
