"""How the brightness of a registered face changes, in one pass over its pixels."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numba import njit

from ..eights import LANES, eight, floor, larger, load, smaller, store, store_places

__all__ = ["Look", "cell_changes", "look_at"]

#: Of the pictures whose brightness is compared, in pixels: what is finer is noise, and what is
#: coarser is light (our choice).
_FINE, _COARSE = 0.7, 6.0


class Look(NamedTuple):
    """A registered face, made ready for :func:`cell_changes`.

    Attributes
    ----------
    skin : ndarray ``(H, W)`` uint8
        The face with the eyes covered.
    light : ndarray ``(H + 2, ≥ W + 2)`` float32
        Its brightness without noise and without slow changes across the face, in a border of one
        pixel that mirrors it; on the right of as many as eight pixels at a time ask for.
    """

    skin: np.ndarray
    light: np.ndarray


def look_at(skin: np.ndarray) -> Look:
    """A face made ready for :func:`cell_changes`."""
    image = np.asarray(skin, np.float32)
    light = cv2.GaussianBlur(image, (0, 0), _FINE) - cv2.GaussianBlur(image, (0, 0), _COARSE)
    right = 1 + -skin.shape[1] % LANES
    return Look(skin, cv2.copyMakeBorder(light, 1, 1, 1, right, cv2.BORDER_REFLECT_101))


def cell_changes(
    then: Look, now: Look, field: np.ndarray, cells: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """What the brightness says of how far cells have moved between two faces.

    Parameters
    ----------
    then, now : Look
    field : ndarray ``(H, W, 2)`` float32
        How far each pixel has moved, about: by so much `now` is taken back before it is compared,
        between its pixels.
    cells : ndarray of int ``(n,)``
        Numbers of the cells that are asked for, in ascending order.
    shape : (rows, columns)
        Of all cells, which divide the picture evenly.

    Returns
    -------
    texture : ndarray ``(n, 3)``
        The structure tensor G (Förstner and Gülch 1987) of each cell: the means of x², xy and y²,
        x and y being the gradient of the brightness `then`.
    change : ndarray ``(n, 2)``
        G d, were all of a cell displaced by d: the means of x and y times what the brightness has
        changed by, and what `field` explains of it.

    References
    ----------
    W. Förstner and E. Gülch, "A fast operator for detection and precise location of distinct
    points, corners and centres of circular features", ISPRS Intercommission Workshop, 1987.

    Examples
    --------
    A slope that has moved by a fifth of a pixel, in its middle cell:

    >>> then = Look(np.zeros((24, 24), np.uint8), np.tile(np.arange(26, dtype=np.float32), (26, 1)))
    >>> now = then._replace(light=then.light - np.float32(0.2))
    >>> texture, change = cell_changes(
    ...     then, now, np.zeros((24, 24, 2), np.float32), np.array([4]), (3, 3))
    >>> texture.tolist(), change.round(3).tolist()
    ([[1.0, 0.0, 0.0]], [[0.2, 0.0]])
    """
    texture, change = _means(then.light, now.light, field, cells, *shape)
    return texture, change


@njit(cache=True, nogil=True, error_model="numpy")
def _means(then, now, field, cells, rows, columns):  # type: ignore[no-untyped-def]
    """See :func:`cell_changes`; row by row of the picture, so that eight neighbours go together."""
    height, width, wide = field.shape[0], field.shape[1], then.shape[1]
    n = wide - 2
    before, after = then.ravel(), now.ravel()
    u, v, x_part, y_part, there = (
        np.zeros(n, np.float32), np.zeros(n, np.float32), np.empty(n, np.float32),
        np.empty(n, np.float32), np.zeros(n, np.float32),
    )  # fmt: skip
    place, sums = np.empty(n, np.uint32), np.empty((5, n), np.float32)
    texture, changes = np.empty((len(cells), 3)), np.empty((len(cells), 2))
    zero, one = eight(np.float32(0.0)), eight(np.float32(1.0))
    two, share = eight(np.float32(2.0)), eight(np.float32(0.125))
    right, bottom = eight(np.float32(width - 1)), eight(np.float32(height - 1))
    row_length, across = eight(np.float32(wide)), load(np.arange(LANES).astype(np.float32), 0)
    begin = 0
    while begin < len(cells):  # a row of cells
        row, end = cells[begin] // columns, begin
        while end < len(cells) and cells[end] // columns == row:
            end += 1
        first = cells[begin] % columns * width // columns // LANES * LANES
        last = (cells[end - 1] % columns + 1) * width // columns
        top, bound = row * height // rows, (row + 1) * height // rows
        sums[:] = 0
        for y in range(top, bound):
            down = eight(np.float32(y))
            for x in range(first, last):
                u[x], v[x] = field[y, x, 0], field[y, x, 1]
            for x in range(first, last, LANES):  # where in `now` each pixel is
                to_x = larger(smaller(across + eight(np.float32(x)) + load(u, x), right), zero)
                to_y = larger(smaller(down + load(v, x), bottom), zero)
                left, above = floor(to_x), floor(to_y)
                store(x_part, x, to_x - left)
                store(y_part, x, to_y - above)
                store_places(place, x, (above + one) * row_length + left + one)
            for x in range(first, last):
                at = np.int64(place[x])
                a, b = after[at], after[at + wide]
                a += x_part[x] * (after[at + 1] - a)
                b += x_part[x] * (after[at + wide + 1] - b)
                there[x] = a + y_part[x] * (b - a)
            for x in range(first, last, LANES):
                at = (y + 1) * wide + x + 1
                up, low = at - wide, at + wide
                falling = load(before, low + 1) - load(before, up - 1)
                rising = load(before, up + 1) - load(before, low - 1)
                dx = share * (
                    falling + rising + two * (load(before, at + 1) - load(before, at - 1))
                )
                dy = share * (falling - rising + two * (load(before, low) - load(before, up)))
                change = load(there, x) - load(before, at)
                change = dx * load(u, x) + dy * load(v, x) - change
                store(sums, x, load(sums, x) + dx * dx)
                store(sums, x + n, load(sums, x + n) + dx * dy)
                store(sums, x + 2 * n, load(sums, x + 2 * n) + dy * dy)
                store(sums, x + 3 * n, load(sums, x + 3 * n) + dx * change)
                store(sums, x + 4 * n, load(sums, x + 4 * n) + dy * change)
        for i in range(begin, end):
            column = cells[i] % columns
            left, until = column * width // columns, (column + 1) * width // columns
            for k in range(5):
                total = 0.0
                for x in range(left, until):
                    total += sums[k, x]
                total /= (bound - top) * (until - left)
                if k < 3:
                    texture[i, k] = total
                else:
                    changes[i, k - 3] = total
        begin = end
    return texture, changes
