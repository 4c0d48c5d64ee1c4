"""Farnebäck's flow: two frames as quadratic polynomials about each pixel, one moved onto the other.

The steps are those of OpenCV's ``calcOpticalFlowFarneback`` and the numbers its numbers, to
rounding (tests hold them to 1e-3 px; the usual difference is 1e-6 px). Two things make it faster:
the polynomials of a frame are found once for all the pairs that it stands in, and eight pixels are
worked on at a time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numba import njit

from ..eights import (
    LANES,
    at_least,
    eight,
    floor,
    larger,
    load,
    look_up,
    smaller,
    store,
    store_places,
    store_side_by_side,
)
from ..errors import BadInput

__all__ = ["FARNEBACK", "farneback", "farneback_clip"]

#: Whose last digits they are: cached results of steps with this flow are keyed by it.
FARNEBACK = "farneback of mebench 1"

#: No level of the pyramid is smaller, in pixels.
_SMALLEST = 32

#: What the equations of the outermost pixels weigh: their neighbourhoods are half outside.
_BORDER = np.array([0.14, 0.14, 0.4472, 0.4472, 0.4472], np.float32)

_jit = njit(cache=True, nogil=True, error_model="numpy")


def farneback(
    a: np.ndarray,
    b: np.ndarray,
    *,
    pyr_scale: float = 0.5,
    levels: int = 3,
    winsize: int = 15,
    iterations: int = 3,
    poly_n: int = 5,
    poly_sigma: float = 1.2,
    flags: int = 0,
) -> np.ndarray:
    """Flow from quadratic polynomial expansions (Farnebäck 2003), as OpenCV has it.

    The defaults are those of OpenCV's own example, which the ``meb`` library (Varanka et al.
    2023) and most micro-expression code use. Every other set goes through the arguments, such
    as ``poly_n=7, poly_sigma=1.5``, the pair OpenCV's manual gives for a smoother field.

    Parameters
    ----------
    a, b : ndarray (H, W)
        Grey frames.
    pyr_scale, levels, winsize, iterations, poly_n, poly_sigma, flags
        As ``cv2.calcOpticalFlowFarneback`` has them; `flags` other than 0 are left to it.

    Returns
    -------
    ndarray (H, W, 2), float32
        Zero where the two frames are identical.

    Raises
    ------
    BadInput
        Parameters that mean nothing.

    See Also
    --------
    farneback_clip : Of a clip.

    References
    ----------
    G. Farnebäck, "Two-Frame Motion Estimation Based on Polynomial Expansion", SCIA 2003.

    Examples
    --------
    >>> y, x = np.mgrid[:64, :64]
    >>> a = (128 + 60 * np.sin(x / 5) * np.cos(y / 6)).astype(np.float32)
    >>> np.median(farneback(a, np.roll(a, 1, axis=1)), axis=(0, 1)).round(1)
    array([ 1., -0.], dtype=float32)
    """
    return farneback_clip(
        np.stack([a, b]), pyr_scale=pyr_scale, levels=levels, winsize=winsize,
        iterations=iterations, poly_n=poly_n, poly_sigma=poly_sigma, flags=flags,
    )[0]  # fmt: skip


def farneback_clip(video: np.ndarray, neighbours: bool = False, **settings: Any) -> np.ndarray:
    """Flow from the first frame of a clip to each later one, or between neighbours.

    Parameters
    ----------
    video : ndarray (T, H, W)
        Grey frames.
    neighbours : bool, default False
        From frame i to i + 1 instead of from frame 0.
    **settings
        As in :func:`farneback`, with its defaults.

    Returns
    -------
    ndarray (T - 1, H, W, 2), float32
        Zero where the two frames are identical.

    Raises
    ------
    BadInput
        As :func:`farneback`.

    See Also
    --------
    farneback : Of one pair.
    """
    given = _Settings(**{**(farneback.__kwdefaults__ or {}), **settings})
    _check(given)
    # cv2 takes 8 bits and float32; int64 or float64 it refuses.
    video = np.ascontiguousarray(video if video.dtype == np.uint8 else video.astype(np.float32))
    out = np.empty((len(video) - 1, *video.shape[1:], 2), np.float32)
    cv2.setNumThreads(1)  # clips are what runs in parallel here
    expanded: tuple[int, list[np.ndarray]] = (-1, [])  # of the frame that is the next one's first
    for i in range(1, len(video)):
        start = i - 1 if neighbours else 0
        if np.array_equal(video[start], video[i]):
            # Nothing moved; in textured frames OpenCV would still find up to a sixth of a pixel.
            out[i - 1] = 0
            continue
        if given.flags or video.shape[2] < LANES:
            out[i - 1] = _opencv(video[start], video[i], given)
            continue
        first = expanded[1] if expanded[0] == start else _expansions(video[start], given)
        second = _expansions(video[i], given)
        out[i - 1] = _pair(first, second, given)
        expanded = (i, second) if neighbours else (start, first)
    return out


class _Settings(NamedTuple):
    """Parameters in OpenCV's order."""

    pyr_scale: float
    levels: int
    winsize: int
    iterations: int
    poly_n: int
    poly_sigma: float
    flags: int


def _check(given: _Settings) -> None:
    """What OpenCV refuses, or computes nothing sensible with."""
    numbers = (given.levels, given.winsize, given.iterations, given.poly_n, given.flags)
    whole = all(int(n) == n for n in numbers)
    if not (
        whole
        and 0 < given.pyr_scale < 1
        and given.levels >= 0
        and min(given.winsize, given.iterations, given.poly_n) >= 1
        and given.poly_sigma >= 0
    ):
        raise BadInput(
            f"These Farneback parameters mean nothing: {given._asdict()}. Expected pyr_scale "
            "between 0 and 1, levels of at least 0, winsize, iterations and poly_n of at least 1 "
            "and poly_sigma of at least 0."
        )


def _opencv(a: np.ndarray, b: np.ndarray, given: _Settings) -> np.ndarray:
    """With flags, such as Gaussian windows; and what is too narrow."""
    try:
        return np.asarray(
            cv2.calcOpticalFlowFarneback(a, b, np.zeros((*a.shape, 2), np.float32), *given)
        )
    except cv2.error as error:
        raise BadInput(f"OpenCV refuses these Farneback parameters: {error}") from error


def _scales(shape: tuple[int, ...], given: _Settings) -> list[float]:
    """Of the pyramid's levels, from the frame itself to the smallest."""
    scales = [1.0]
    for _ in range(given.levels):
        smaller = scales[-1] * given.pyr_scale
        if min(shape) * smaller < _SMALLEST:
            break
        scales.append(smaller)
    return scales


def _expansions(frame: np.ndarray, given: _Settings) -> list[np.ndarray]:
    """The frame's polynomials at each level, (5, h, w) float32."""
    weights = _weights(given.poly_n, given.poly_sigma)
    height, width = frame.shape
    frame = frame.astype(np.float32)
    found = []
    for scale in _scales(frame.shape, given):
        sigma = (1 / scale - 1) / 2
        size = max(round(5 * sigma) | 1, 3)
        smooth = cv2.GaussianBlur(frame, (size, size), sigma, sigmaY=sigma)
        small = cv2.resize(smooth, (round(width * scale), round(height * scale)))
        out = np.empty((5, *small.shape), np.float32)
        row = np.empty((3, small.shape[1] + 2 * given.poly_n), np.float32)
        _expand(small, *weights, row, out)  # type: ignore[call-arg]
        found.append(out)
    return found


@lru_cache(maxsize=8)
def _weights(n: int, sigma: float) -> tuple[Any, ...]:
    """Of the window, times 1, x and x², from its middle; and the inverse of their moments."""
    x = np.arange(-n, n + 1)
    g = np.exp(-(x**2) / (2 * (sigma or 0.3 * n) ** 2)).astype(np.float32)
    g = (g * (1 / g.sum(dtype=float))).astype(np.float32)
    grid = [(0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1)]  # powers of x and y
    basis = np.stack([np.outer(1.0 * x**j, 1.0 * x**i).ravel() for i, j in grid])
    window = np.outer(g, g).astype(float).ravel()
    inverse = np.linalg.inv((basis * window) @ basis.T).astype(np.float32)
    moments = (x * g).astype(np.float32), (x * x * g).astype(np.float32)
    return (g[n:], moments[0][n:], moments[1][n:], inverse[1, 1], inverse[0, 3], inverse[3, 3],
            inverse[5, 5])  # fmt: skip


def _pair(a: list[np.ndarray], b: list[np.ndarray], given: _Settings) -> np.ndarray:
    """Flow from frame to frame, (H, W, 2), from the smallest level to the largest."""
    half = given.winsize // 2
    flow = np.zeros((2, *a[-1].shape[1:]), np.float32)
    for r0, r1 in zip(reversed(a), reversed(b), strict=True):
        _, height, width = r0.shape
        if flow.shape[1:] != (height, width):
            larger_flow = np.empty((2, height, width), np.float32)
            for plane, coarse in zip(larger_flow, flow, strict=True):
                cv2.resize(coarse, (width, height), dst=plane)
            flow = np.multiply(larger_flow, np.float32(1 / given.pyr_scale), out=larger_flow)
        at, work = np.empty((2, width), np.uint32), np.empty((3, width), np.float32)
        ring = np.empty((2 * half + 2, 5, width), np.float32)
        padded, prefix = np.zeros((2, 5, width + 2 * half + 1))
        across, edge_x, edge_y = np.arange(width, dtype=np.float32), _edge(width), _edge(height)
        pixels = np.empty((height, width, LANES), np.float32)
        _as_pixels(r1.reshape(5, -1), pixels)
        for _ in range(given.iterations):
            _improve(
                r0, pixels, flow, across, edge_x, edge_y, half,
                given.winsize**-2, at, work, ring, padded, prefix,
            )  # fmt: skip
    return np.asarray(cv2.merge(list(flow)))


@lru_cache(maxsize=64)
def _edge(n: int) -> np.ndarray:
    """Weights along a side of n pixels; nobody writes to them."""
    weights = np.ones(n, np.float32)
    most = min(n, len(_BORDER))
    weights[:most] *= _BORDER[:most]
    weights[n - most :] *= _BORDER[:most][::-1]
    return weights


@_jit
def _expand(image, g, xg, xxg, ig11, ig03, ig33, ig55, row, out):  # type: ignore[no-untyped-def]
    """out (5, H, W): linear terms in y and x, then quadratic in y², x², xy."""
    height, width = image.shape
    n = len(g) - 1
    zero = eight(np.float32(0.0))
    for y in range(height):
        for begin in range(0, width, LANES):
            x = min(begin, width - LANES)  # the last are those before once more
            here = load(image, y * width + x)
            r0, r1, r2 = here * eight(g[0]), zero, zero
            for k in range(1, n + 1):
                up = load(image, max(y - k, 0) * width + x)
                down = load(image, min(y + k, height - 1) * width + x)
                r0 = r0 + eight(g[k]) * (up + down)
                r1 = r1 + eight(xg[k]) * (down - up)
                r2 = r2 + eight(xxg[k]) * (up + down)
            store(row[0], n + x, r0)
            store(row[1], n + x, r1)
            store(row[2], n + x, r2)
        for i in range(3):
            r = row[i]
            for x in range(n):
                r[x] = r[n]
                r[n + width + x] = r[n + width - 1]
        row0, row1, row2 = row[0], row[1], row[2]
        for begin in range(0, width, LANES):
            x = min(begin, width - LANES)
            at = n + x
            b1, b2 = load(row0, at) * eight(g[0]), zero
            b3, b4 = load(row1, at) * eight(g[0]), zero
            b5, b6 = load(row2, at) * eight(g[0]), zero
            for k in range(1, n + 1):
                c0, c1, c2 = eight(g[k]), eight(xg[k]), eight(xxg[k])
                right, left = load(row0, at + k), load(row0, at - k)
                b1 = b1 + c0 * (right + left)
                b4 = b4 + c2 * (right + left)
                b2 = b2 + c1 * (right - left)
                right, left = load(row1, at + k), load(row1, at - k)
                b3 = b3 + c0 * (right + left)
                b6 = b6 + c1 * (right - left)
                b5 = b5 + c0 * (load(row2, at + k) + load(row2, at - k))
            store(out[0, y], x, b3 * eight(ig11))
            store(out[1, y], x, b2 * eight(ig11))
            store(out[2, y], x, b1 * eight(ig03) + b5 * eight(ig33))
            store(out[3, y], x, b1 * eight(ig03) + b4 * eight(ig33))
            store(out[4, y], x, b6 * eight(ig55))


@_jit
def _as_pixels(planes, out):  # type: ignore[no-untyped-def]
    """The planes (5, n) as pixels of eight values, which `look_up` reads at once."""
    for begin in range(0, planes.shape[1], LANES):
        i = min(begin, planes.shape[1] - LANES)
        store_side_by_side(
            out, i, load(planes[0], i), load(planes[1], i), load(planes[2], i),
            load(planes[3], i), load(planes[4], i),
        )  # fmt: skip


@_jit
def _equations(y, r0, r1, flow, across, edge_x, edge_y, at, work, out):  # type: ignore[no-untyped-def]
    """out (5, W): matrix and right side of the equations of row y, at its present flow."""
    _, height, width = r0.shape
    zero, one = eight(np.float32(0.0)), eight(np.float32(1.0))
    half, quarter = eight(np.float32(0.5)), eight(np.float32(0.25))
    right, bottom = eight(np.float32(width - 2)), eight(np.float32(height - 2))
    row, edge = eight(np.float32(y)), eight(edge_y[y])
    columns, rows = at[0], at[1]
    wx, wy, inside = work[0], work[1], work[2]
    for begin in range(0, width, LANES):
        x = min(begin, width - LANES)  # the last are those before once more
        fx, fy = load(across, x) + load(flow[0, y], x), row + load(flow[1, y], x)
        left, top = floor(fx), floor(fy)
        store(wx, x, fx - left)
        store(wy, x, fy - top)
        ok = at_least(left, zero) * at_least(top, zero)
        store(inside, x, ok * at_least(right, left) * at_least(bottom, top))
        # What is outside weighs nothing, but is looked up all the same.
        store_places(columns, x, smaller(larger(left, zero), right))
        store_places(rows, x, smaller(larger(top, zero), bottom))
    for begin in range(0, width, LANES):
        x = min(begin, width - LANES)
        g0, g1, g2, g3, g4 = look_up(r1, rows, columns, wx, wy, x, width)
        u, v, m = load(flow[0, y], x), load(flow[1, y], x), load(inside, x)
        g2 = (load(r0[2, y], x) + m * g2) * (one - half * m)  # halved where both have one
        g3 = (load(r0[3, y], x) + m * g3) * (one - half * m)
        g4 = (load(r0[4, y], x) + m * g4) * (half - quarter * m)
        g0 = (load(r0[0, y], x) - m * g0) * half + g2 * v + g4 * u
        g1 = (load(r0[1, y], x) - m * g1) * half + g4 * v + g3 * u
        weight = load(edge_x, x) * edge
        g0, g1, g2, g3, g4 = g0 * weight, g1 * weight, g2 * weight, g3 * weight, g4 * weight
        store(out[0], x, g2 * g2 + g4 * g4)
        store(out[1], x, (g2 + g3) * g4)
        store(out[2], x, g3 * g3 + g4 * g4)
        store(out[3], x, g2 * g0 + g4 * g1)
        store(out[4], x, g4 * g0 + g3 * g1)


@_jit
def _improve(  # type: ignore[no-untyped-def]
    r0, r1, flow, across, edge_x, edge_y, half, scale, at, work, ring, padded, prefix
):
    """One iteration: flow solves the equations, summed over windows of 2 * half + 1.

    Rows are solved as soon as those of their windows have equations, of which `ring` holds one
    window's and one more; the flow of a row is not needed any more when it is written.
    """
    _, height, width = r0.shape
    size = 2 * half + 1
    for k in range(min(half + 1, height)):
        _equations(k, r0, r1, flow, across, edge_x, edge_y, at, work, ring[k])
    for c in range(5):
        s = padded[c, half : half + width]
        first = ring[0, c]
        for x in range(width):
            s[x] = (half + 1.0) * first[x]
        for k in range(1, half + 1):
            row = ring[min(k, height - 1), c]
            for x in range(width):
                s[x] += row[x]
    for y in range(height):
        if y:
            if y + half < height:
                place = ring[(y + half) % (size + 1)]
                _equations(y + half, r0, r1, flow, across, edge_x, edge_y, at, work, place)
            incoming = ring[min(y + half, height - 1) % (size + 1)]
            outgoing = ring[max(y - half - 1, 0) % (size + 1)]
            for c in range(5):
                s = padded[c, half : half + width]
                new, old = incoming[c], outgoing[c]
                for x in range(width):
                    s[x] += np.float64(new[x]) - np.float64(old[x])
        for c in range(5):  # the borders' columns go on outside
            p = padded[c]
            for x in range(half):
                p[x], p[half + width + x] = p[half], p[half + width - 1]
        a, b, d, e, f = 0.0, 0.0, 0.0, 0.0, 0.0  # five sums at a time: each waits for its last
        for x in range(width + 2 * half):
            a += padded[0, x]
            b += padded[1, x]
            d += padded[2, x]
            e += padded[3, x]
            f += padded[4, x]
            prefix[0, x + 1], prefix[1, x + 1], prefix[2, x + 1] = a, b, d
            prefix[3, x + 1], prefix[4, x + 1] = e, f
        u, v = flow[0, y], flow[1, y]
        _solve(prefix.reshape(prefix.size), prefix.shape[1], size, scale, u, v)


@_jit
def _solve(prefix, stride, size, scale, u, v):  # type: ignore[no-untyped-def]
    one, two = np.uint64(stride), np.uint64(2 * stride)
    three, four, far = np.uint64(3 * stride), np.uint64(4 * stride), np.uint64(size)
    for x in range(np.uint64(u.size)):
        g11 = (prefix[x + far] - prefix[x]) * scale
        g12 = (prefix[x + one + far] - prefix[x + one]) * scale
        g22 = (prefix[x + two + far] - prefix[x + two]) * scale
        h1 = (prefix[x + three + far] - prefix[x + three]) * scale
        h2 = (prefix[x + four + far] - prefix[x + four]) * scale
        inverse = 1.0 / (g11 * g22 - g12 * g12 + 1e-3)
        u[x] = np.float32((g11 * h2 - g12 * h1) * inverse)
        v[x] = np.float32((g22 * h1 - g12 * h2) * inverse)
