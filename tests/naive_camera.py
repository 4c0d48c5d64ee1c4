"""Slow, obvious twins of how the synthetic corpora are drawn."""

import numpy as np

A = -0.75


def cubic(distance):
    x = abs(distance)
    if x < 1:
        return ((A + 2) * x - (A + 3)) * x * x + 1
    return ((A * x - 5 * A) * x + 8 * A) * x - 4 * A if x < 2 else 0.0


def cubic_at(plane, x, y):
    """A plane at one place, its edge going on outside."""
    height, width = plane.shape
    value = 0.0
    for v in range(int(np.floor(y)) - 1, int(np.floor(y)) + 3):
        for u in range(int(np.floor(x)) - 1, int(np.floor(x)) + 3):
            pixel = plane[min(max(v, 0), height - 1), min(max(u, 0), width - 1)]
            value += cubic(x - u) * cubic(y - v) * float(pixel)
    return value


def look_up(image, where):
    out = np.zeros(where.shape[:2])
    for r, q in np.ndindex(out.shape):
        out[r, q] = cubic_at(image, *where[r, q])
    return out


def blurred(image, sigma):
    """Mirrored at the edges, the edge itself not doubled."""
    reach = round(4 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    big = np.pad(image.astype(float), reach, mode="reflect")
    out = np.zeros(image.shape)
    for r, q in np.ndindex(image.shape):
        window = big[r : r + 2 * reach + 1, q : q + 2 * reach + 1]
        out[r, q] = weights @ window @ weights
    return out


def moved_at(moved, x, y):
    """The movement between nodes; none beyond them."""
    rows, columns, _ = moved.shape
    total = np.zeros(2)
    for v in range(int(np.floor(y)) - 1, int(np.floor(y)) + 3):
        for u in range(int(np.floor(x)) - 1, int(np.floor(x)) + 3):
            if 0 <= v < rows and 0 <= u < columns:
                total += cubic(x - u) * cubic(y - v) * moved[v, u]
    return total


def crop(frame, matrix, size):
    """Bilinearly, black outside."""
    inverse = np.linalg.inv(np.vstack([matrix, (0, 0, 1)]))
    height, width = frame.shape
    out = np.zeros((size[1], size[0]))
    for r, q in np.ndindex(out.shape):
        x, y, _ = inverse @ (q, r, 1)
        for v in (int(np.floor(y)), int(np.floor(y)) + 1):
            for u in (int(np.floor(x)), int(np.floor(x)) + 1):
                if 0 <= v < height and 0 <= u < width:
                    out[r, q] += (1 - abs(x - u)) * (1 - abs(y - v)) * frame[v, u]
    return out


def places(unpose, shift, size):
    """Where each pixel of a frame comes from: the pose, and what lies between the squares."""
    width, height = size
    rows, columns, _ = shift.shape
    out = np.zeros((height, width, 2))
    for r, q in np.ndindex(height, width):
        x, y = (q + 0.5) * columns / width - 0.5, (r + 0.5) * rows / height - 0.5
        extra = [cubic_at(shift[..., axis], x, y) for axis in (0, 1)]
        out[r, q] = unpose @ (q, r, 1) + extra
    return out


def height_at(row, u):
    """The height of a row of places, taken as a line from one to the next, in column `u`."""
    i = int(np.clip(np.searchsorted(row[:, 0], u) - 1, 0, len(row) - 2))
    (x0, y0), (x1, y1) = row[i], row[i + 1]
    return y0 + (u - x0) * (y1 - y0) / (x1 - x0)


def draw_row(canvas, row):
    """Two passes: what the canvas has on the row's line in each column, then between columns."""
    height, width = canvas.shape
    line = np.zeros((1, width))
    for u in range(width):
        y = np.clip(height_at(row, u), 1, height - 3)
        line[0, u] = cubic_at(canvas[:, u : u + 1], 0, y)
    return [cubic_at(line, np.clip(x, 1, width - 3), 0) for x in row[:, 0]]


def expose(canvas, unpose, shift, size, gain, noise, sigma, margin):
    """One plane of a frame, before rounding."""
    rows = places(unpose, shift, size) + margin
    return gain * np.array([draw_row(canvas, row) for row in rows]) + sigma * noise
