"""The image pyramid under TV-L1: Gaussian smoothing and bicubic zoom."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["gaussian_pyramid", "pyramid_sizes", "zoom"]

_PRESMOOTHING = 0.8  # standard deviation, before the pyramid
_ZOOM_SMOOTHING = 0.6  # times √(1/zfactor² − 1), before each subsampling
_MIN_DIAGONAL = 16  # no scale has a shorter diagonal ...
MIN_SIDE = 6  # ... nor a shorter side: the smoothing window must fit


def pyramid_sizes(
    shape: tuple[int, ...], nscales: int | None, zfactor: float
) -> list[tuple[int, int]]:
    """(height, width) of the scales, from fine to coarse."""
    h, w = shape
    count = int(1 + math.log(math.hypot(h, w) / _MIN_DIAGONAL) / math.log(1 / zfactor))
    sizes = [(h, w)]
    for _ in range(1, count if nscales is None else min(count, nscales)):
        h, w = int(h * zfactor + 0.5), int(w * zfactor + 0.5)
        if min(h, w) < MIN_SIDE:
            break
        sizes.append((h, w))
    return sizes


def gaussian_pyramid(
    image: np.ndarray, sizes: list[tuple[int, int]], zfactor: float
) -> list[np.ndarray]:
    """float32 images of the given sizes, each smoothed and subsampled from the one before."""
    levels = [_smooth(image, _half_gaussian(_PRESMOOTHING))]
    taps = _half_gaussian(_ZOOM_SMOOTHING * math.sqrt(1 / zfactor**2 - 1))
    for size in sizes[1:]:
        levels.append(zoom(_smooth(levels[-1], taps), size, (1 / zfactor, 1 / zfactor)))
    return levels


def zoom(image: np.ndarray, size: tuple[int, int], step: tuple[float, float]) -> np.ndarray:
    """Bicubic samples of a float32 image at multiples of `step`, clamped at the border."""
    return _zoom(np.ascontiguousarray(image), *size, *step)


def _half_gaussian(sigma: float) -> np.ndarray:
    """Taps of a normalised Gaussian from its centre outwards, to five deviations."""
    taps = np.exp(-(np.arange(int(5 * sigma) + 1) ** 2) / (2 * sigma**2))
    return (taps / (2 * taps.sum() - taps[0])).astype(np.float32)


# Of fastmath only what changes no digit: with the rest, code that was compiled in this process and
# the same code from the cache would add in different orders.
_SAFE = {"nnan", "ninf", "nsz"}
_jit = njit(cache=True, nogil=True, error_model="numpy", fastmath=_SAFE)


@_jit
def _smooth(image, taps):  # type: ignore[no-untyped-def]
    h, w = image.shape
    n = len(taps)
    rows = np.empty((h, w), np.float32)
    line = np.empty(w + 2 * n, np.float32)
    total = np.empty(w, np.float32)
    for i in range(h):
        for j in range(w):
            line[n + j] = image[i, j]
        for k in range(1, n):
            line[n - k] = image[i, min(k, w - 1)]
            line[n + w + k - 1] = image[i, max(w - k, 0)]
        for j in range(w):
            total[j] = taps[0] * line[n + j]
        for k in range(1, n):
            t = taps[k]
            for j in range(w):
                total[j] += t * (line[n + j - k] + line[n + j + k])
        for j in range(w):
            rows[i, j] = total[j]
    out = np.empty((h, w), np.float32)
    for i in range(h):
        for j in range(w):
            total[j] = taps[0] * rows[i, j]
        for k in range(1, n):
            t = taps[k]
            above = i - k if i >= k else min(k - i, h - 1)
            below = i + k if i + k < h else max(2 * h - 1 - i - k, 0)
            for j in range(w):
                total[j] += t * (rows[above, j] + rows[below, j])
        for j in range(w):
            out[i, j] = total[j]
    return out


@_jit
def _cubic(a, b, c, d, x):  # type: ignore[no-untyped-def]
    return b + np.float32(0.5) * x * (
        c
        - a
        + x
        * (
            np.float32(2) * a
            - np.float32(5) * b
            + np.float32(4) * c
            - d
            + x * (np.float32(3) * (b - c) + d - a)
        )
    )


@_jit
def _zoom(image, h, w, step_y, step_x):  # type: ignore[no-untyped-def]
    """Bicubic samples at (i·step_y, j·step_x), clamped at the border."""
    rows, cols = image.shape
    out = np.empty((h, w), np.float32)
    band = np.empty(cols, np.float32)
    for i in range(h):
        y = i * step_y
        y1 = min(int(y), rows - 1)
        fy = np.float32(y - y1)
        y0, y2, y3 = max(y1 - 1, 0), min(y1 + 1, rows - 1), min(y1 + 2, rows - 1)
        for j in range(cols):
            band[j] = _cubic(image[y0, j], image[y1, j], image[y2, j], image[y3, j], fy)
        for j in range(w):
            x = j * step_x
            x1 = min(int(x), cols - 1)
            fx = np.float32(x - x1)
            out[i, j] = _cubic(
                band[max(x1 - 1, 0)],
                band[x1],
                band[min(x1 + 1, cols - 1)],
                band[min(x1 + 2, cols - 1)],
                fx,
            )
    return out
