"""Farnebäck's flow: two frames as quadratic polynomials about each pixel, one moved onto the other.

The steps are those of OpenCV's ``calcOpticalFlowFarneback`` and the numbers its numbers, to
rounding (tests hold them to 1e-3 px; the usual difference is 1e-6 px). Two things make it faster:
the polynomials of a frame are found once for all the pairs that it stands in, and planes instead of
interleaved pixels let the compiler work on several pixels at a time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from numba import njit

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
        if given.flags:
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
    """With flags, such as Gaussian windows."""
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
        _expand(small, *weights, row, np.empty((6, small.shape[1]), np.float32), out)  # type: ignore[call-arg]
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
            larger = [cv2.resize(plane, (width, height)) for plane in flow]
            flow = np.stack(larger) * np.float32(1 / given.pyr_scale)
        at, work = np.empty(width, np.uint32), np.empty((8, width), np.float32)
        ring = np.empty((2 * half + 2, 5, width), np.float32)
        padded, prefix = np.zeros((2, 5, width + 2 * half + 1))
        edge_x, edge_y = _edge(width), _edge(height)
        for _ in range(given.iterations):
            _improve(
                r0, r1.reshape(5, -1), flow, edge_x, edge_y, half,
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
def _expand(image, g, xg, xxg, ig11, ig03, ig33, ig55, row, sums, out):  # type: ignore[no-untyped-def]
    """out (5, H, W): linear terms in y and x, then quadratic in y², x², xy."""
    height, width = image.shape
    n = len(g) - 1
    for y in range(height):
        here = image[y]
        r0, r1, r2 = row[0, n : n + width], row[1, n : n + width], row[2, n : n + width]
        for x in range(width):
            r0[x] = here[x] * g[0]
        for x in range(width):
            r1[x] = np.float32(0.0)
            r2[x] = np.float32(0.0)
        for k in range(1, n + 1):
            up, down = image[max(y - k, 0)], image[min(y + k, height - 1)]
            c0, c1, c2 = g[k], xg[k], xxg[k]
            for x in range(width):
                r0[x] += c0 * (up[x] + down[x])
            for x in range(width):
                r1[x] += c1 * (down[x] - up[x])
            for x in range(width):
                r2[x] += c2 * (up[x] + down[x])
        for i in range(3):
            r = row[i]
            for x in range(n):
                r[x] = r[n]
                r[n + width + x] = r[n + width - 1]
        b1, b2, b3, b4, b5, b6 = sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]
        for x in range(width):
            b1[x] = r0[x] * g[0]
        for x in range(width):
            b3[x] = r1[x] * g[0]
        for x in range(width):
            b5[x] = r2[x] * g[0]
        for x in range(width):
            b2[x] = np.float32(0.0)
            b4[x] = np.float32(0.0)
            b6[x] = np.float32(0.0)
        for k in range(1, n + 1):
            c0, c1, c2 = g[k], xg[k], xxg[k]
            p0, m0 = row[0, n + k : n + k + width], row[0, n - k : n - k + width]
            p1, m1 = row[1, n + k : n + k + width], row[1, n - k : n - k + width]
            p2, m2 = row[2, n + k : n + k + width], row[2, n - k : n - k + width]
            for x in range(width):
                b1[x] += c0 * (p0[x] + m0[x])
            for x in range(width):
                b4[x] += c2 * (p0[x] + m0[x])
            for x in range(width):
                b2[x] += c1 * (p0[x] - m0[x])
            for x in range(width):
                b3[x] += c0 * (p1[x] + m1[x])
            for x in range(width):
                b6[x] += c1 * (p1[x] - m1[x])
            for x in range(width):
                b5[x] += c0 * (p2[x] + m2[x])
        o = out[0, y]
        for x in range(width):
            o[x] = b3[x] * ig11
        o = out[1, y]
        for x in range(width):
            o[x] = b2[x] * ig11
        o = out[2, y]
        for x in range(width):
            o[x] = b1[x] * ig03 + b5[x] * ig33
        o = out[3, y]
        for x in range(width):
            o[x] = b1[x] * ig03 + b4[x] * ig33
        o = out[4, y]
        for x in range(width):
            o[x] = b6[x] * ig55


@_jit
def _equations(y, r0, r1, flow, edge_x, edge_y, at, work, out):  # type: ignore[no-untyped-def]
    """out (5, W): matrix and right side of the equations of row y, at its present flow."""
    _, height, width = r0.shape
    wx, wy, inside = work[0], work[1], work[2]
    lowest, right, bottom = np.float32(0.0), np.float32(width - 1), np.float32(height - 1)
    half, quarter, one = np.float32(0.5), np.float32(0.25), np.float32(1.0)
    u, v = flow[0, y], flow[1, y]
    for x in range(width):
        fx, fy = np.float32(x) + u[x], np.float32(y) + v[x]
        left, top = np.floor(fx), np.floor(fy)
        wx[x] = fx - left
        wy[x] = fy - top
        ok = left >= lowest and top >= lowest and left < right and top < bottom
        inside[x] = one if ok else lowest
        at[x] = np.uint32(np.int32(top) * width + np.int32(left)) if ok else np.uint32(0)
    for c in range(5):
        plane = r1[c]
        p00, p01, p10, p11 = plane, plane[1:], plane[width:], plane[width + 1 :]
        got = work[3 + c]
        for x in range(width):
            i = at[x]
            a, b = p00[i], p10[i]
            a += (p01[i] - a) * wx[x]
            b += (p11[i] - b) * wx[x]
            got[x] = a + (b - a) * wy[x]
    ey = edge_y[y]
    f0, f1, f2, f3, f4 = r0[0, y], r0[1, y], r0[2, y], r0[3, y], r0[4, y]
    g0, g1, g2, g3, g4 = work[3], work[4], work[5], work[6], work[7]
    o0, o1, o2, o3, o4 = out[0], out[1], out[2], out[3], out[4]
    for x in range(width):  # the matrix, halved where both frames have one
        m = inside[x]
        g2[x] = (f2[x] + m * g2[x]) * (one - half * m)
    for x in range(width):
        m = inside[x]
        g3[x] = (f3[x] + m * g3[x]) * (one - half * m)
    for x in range(width):
        m = inside[x]
        g4[x] = (f4[x] + m * g4[x]) * (half - quarter * m)
    for x in range(width):
        g0[x] = (f0[x] - inside[x] * g0[x]) * half + g2[x] * v[x] + g4[x] * u[x]
    for x in range(width):
        g1[x] = (f1[x] - inside[x] * g1[x]) * half + g4[x] * v[x] + g3[x] * u[x]
    for c in range(5):
        g = work[3 + c]
        for x in range(width):
            g[x] *= edge_x[x] * ey
    for x in range(width):
        o0[x] = g2[x] * g2[x] + g4[x] * g4[x]
    for x in range(width):
        o1[x] = (g2[x] + g3[x]) * g4[x]
    for x in range(width):
        o2[x] = g3[x] * g3[x] + g4[x] * g4[x]
    for x in range(width):
        o3[x] = g2[x] * g0[x] + g4[x] * g1[x]
    for x in range(width):
        o4[x] = g4[x] * g0[x] + g3[x] * g1[x]


@_jit
def _improve(  # type: ignore[no-untyped-def]
    r0, r1, flow, edge_x, edge_y, half, scale, at, work, ring, padded, prefix
):
    """One iteration: flow solves the equations, summed over windows of 2 * half + 1.

    Rows are solved as soon as those of their windows have equations, of which `ring` holds one
    window's and one more; the flow of a row is not needed any more when it is written.
    """
    _, height, width = r0.shape
    size = 2 * half + 1
    for k in range(min(half + 1, height)):
        _equations(k, r0, r1, flow, edge_x, edge_y, at, work, ring[k])
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
                _equations(
                    y + half, r0, r1, flow, edge_x, edge_y, at, work, ring[(y + half) % (size + 1)]
                )
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
