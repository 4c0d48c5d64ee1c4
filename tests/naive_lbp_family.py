"""Slow, obvious twins of the relatives of LBP-TOP: one pixel, one comparison at a time."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from naive import uniform_labels


def circle(plane, p, points, radii):
    """Whole-pixel offset (dt, dy, dx) of neighbour p on a plane."""
    rx, ry, rt = radii
    a = 2 * math.pi * p / points
    exact = {
        "XY": (0.0, -ry * math.sin(a), rx * math.cos(a)),
        "XT": (rt * math.sin(a), 0.0, rx * math.cos(a)),
        "YT": (rt * math.cos(a), -ry * math.sin(a), 0.0),
    }[plane]
    return tuple(math.floor(round(value, 9) + 0.5) for value in exact)


def at(video, t, y, x, offset=(0, 0, 0)):
    return float(video[t + offset[0], y + offset[1], x + offset[2]])


def lbp_bits(video, t, y, x, plane, points, radii):
    centre = at(video, t, y, x)
    return [at(video, t, y, x, circle(plane, p, points, radii)) >= centre for p in range(points)]


def rdlbp_bits(video, t, y, x, plane, points, radii, delta):
    inner = tuple(r - delta for r in radii)
    return [
        at(video, t, y, x, circle(plane, p, points, radii))
        - at(video, t, y, x, circle(plane, p, points, inner))
        >= 0
        for p in range(points)
    ]


def adlbp_bits(video, t, y, x, plane, points, radii):
    g = [at(video, t, y, x, circle(plane, p, points, radii)) for p in range(points)]
    return [g[(p + 1) % points] - g[p] >= 0 for p in range(points)]


def cbp_bits(video, t, y, x, plane, radii, threshold=0.0, absolute=False):
    g = [at(video, t, y, x, circle(plane, p, 8, radii)) for p in range(8)]
    differences = [g[p] - g[p + 4] for p in range(4)]
    if absolute:
        differences = [abs(d) for d in differences]
    centre = at(video, t, y, x)
    return [d >= threshold for d in differences] + [9 * centre >= sum(g) + centre]


def sip_bits(video, t, y, x, radii):
    rx, ry, rt = radii
    centre = at(video, t, y, x)
    space = [(0, 0, rx), (0, -ry, 0), (0, 0, -rx), (0, ry, 0)]
    time = [(rt, 0, 0), (-rt, 0, 0)]
    return (
        [at(video, t, y, x, o) >= centre for o in space],
        [at(video, t, y, x, o) >= centre for o in time],
    )


def number(bits):
    return sum(2**p for p, bit in enumerate(bits) if bit)


def edges(lo, hi, n):
    return [math.floor(lo + (hi - lo) * i / n) for i in range(n + 1)]


def histogram(codes, n):
    h = np.bincount(codes, minlength=n).astype(float)
    return h / h.sum() if h.sum() else h


def over_blocks(video, describe, sizes, blocks, times, border, margin):
    """Histograms of each of the codes that `describe` gives a pixel, by time part and block."""
    T, H, W = video.shape
    out = []
    for t0, t1 in pairwise(edges(margin, T - margin, times)):
        for y0, y1 in pairwise(edges(border, H - border, blocks[0])):
            for x0, x1 in pairwise(edges(border, W - border, blocks[1])):
                codes = np.array([
                    describe(t, y, x)
                    for t in range(t0, t1)
                    for y in range(y0, y1)
                    for x in range(x0, x1)
                ])  # fmt: skip
                out += [histogram(codes[:, i], n) for i, n in enumerate(sizes)]
    return np.concatenate(out)


def elbptop(video, blocks, times, radii, delta=1, points=8):
    """LBP-TOP, RDLBP-TOP and ADLBP-TOP with all patterns."""
    border, margin = max(radii[:2]), radii[2]
    parts = []
    for bits in (
        lambda *a: lbp_bits(*a, points, radii),
        lambda *a: rdlbp_bits(*a, points, radii, delta),
        lambda *a: adlbp_bits(*a, points, radii),
    ):
        parts.append(
            over_blocks(
                video,
                lambda t, y, x, bits=bits: [
                    number(bits(video, t, y, x, plane)) for plane in ("XY", "XT", "YT")
                ],
                [2**points] * 3, blocks, times, border, margin,
            )
        )  # fmt: skip
    return np.concatenate(parts)


def cbp_top(video, blocks, radii=(1, 1, 1), threshold=0.0, absolute=False):
    return over_blocks(
        video,
        lambda t, y, x: [
            number(cbp_bits(video, t, y, x, plane, radii, threshold, absolute))
            for plane in ("XY", "XT", "YT")
        ],
        [32] * 3, blocks, 1, max(radii[:2]), radii[2],
    )  # fmt: skip


def lbp_sip(video, blocks, times, radii):
    return over_blocks(
        video,
        lambda t, y, x: [number(bits) for bits in sip_bits(video, t, y, x, radii)],
        [16, 4], blocks, times, max(radii[:2]), radii[2],
    )  # fmt: skip


def frame_lbp(video, blocks, times, radius, points=8):
    labels = uniform_labels(points)
    radii = (radius, radius, 0)
    return over_blocks(
        video,
        lambda t, y, x: [labels[number(lbp_bits(video, t, y, x, "XY", points, radii))]],
        [labels.max() + 1], blocks, times, radius, 0,
    )  # fmt: skip


def planar_lbp(image, right, up, points=8):
    """u2 codes of a two-dimensional image: `right` is the radius of axis 1, `up` of axis 0.

    Neighbour p lies at (−up·sin, right·cos), counted from axis 1.
    """
    labels = uniform_labels(points)
    rows, columns = image.shape
    codes = []
    for i in range(up, rows - up):
        for j in range(right, columns - right):
            bits = []
            for p in range(points):
                a = 2 * math.pi * p / points
                di = math.floor(round(-up * math.sin(a), 9) + 0.5)
                dj = math.floor(round(right * math.cos(a), 9) + 0.5)
                bits.append(image[i + di, j + dj] >= image[i, j])
            codes.append(labels[number(bits)])
    return np.array(codes)


def cut(video, blocks):
    for y0, y1 in pairwise(edges(0, video.shape[1], blocks[0])):
        for x0, x1 in pairwise(edges(0, video.shape[2], blocks[1])):
            yield video[:, y0:y1, x0:x1].astype(float)


def lbp_mop(video, blocks, radius, rt):
    """Mean images of each block; borders are the larger radius on spatial axes."""
    out = []
    for block in cut(video, blocks):
        xy = planar_lbp(block.mean(axis=0), radius, radius)
        # Planes with time: up the image is forward in time, so the time axis is flipped.
        xt = planar_lbp(block.mean(axis=1)[::-1], radius, rt)
        # YT looks right along time and up along y: rows are y.
        yt = planar_lbp(block.mean(axis=2).T, rt, radius)
        out += [histogram(codes, 59) for codes in (xy, xt, yt)]
    return np.concatenate(out)


def curve_codes(curves, window):
    """Each value against its neighbours within the window, the leftmost first."""
    half = window // 2
    return np.array([
        number([curve[i + d] >= curve[i] for d in range(-half, half + 1) if d])
        for curve in curves
        for i in range(half, len(curve) - half)
    ])  # fmt: skip


def interpolated_lbp(image, right, up):
    """u2 codes of eight neighbours of an image of sums, read bilinearly; nearly equal is equal."""
    labels, codes = uniform_labels(8), []
    for i in range(1, image.shape[0] - 1):
        for j in range(1, image.shape[1] - 1):
            bits = []
            for p in range(8):
                a = 2 * math.pi * p / 8
                y, x = i + round(-up * math.sin(a), 9), j + round(right * math.cos(a), 9)
                value = 0.0
                for m in (math.floor(y), math.floor(y) + 1):
                    for n in (math.floor(x), math.floor(x) + 1):
                        weight = (1 - abs(y - m)) * (1 - abs(x - n))
                        if weight > 0:
                            value += weight * image[m, n]
                bits.append(value >= image[i, j] - 5e-5)
            codes.append(labels[number(bits)])
    return np.array(codes)


def stlbp_ip(video, blocks, window, sampling="bilinear", first=False):
    change = video.astype(float) - video[0].astype(float)
    out = []
    for block in cut(change, blocks):
        along_x, along_y = block.sum(axis=1), block.sum(axis=2)
        out.append(histogram(curve_codes(along_x[1:], window), 2 ** (window - 1)))
        out.append(histogram(curve_codes(along_y[1:], window), 2 ** (window - 1)))
        codes = interpolated_lbp if sampling == "bilinear" else planar_lbp
        start = 0 if first else 1
        out.append(histogram(codes(along_x[start:][::-1], 1, 1), 59))
        out.append(histogram(codes(along_y[start:].T, 1, 1), 59))
    return np.concatenate(out)


def completed(video, blocks, radii, angles=8):
    """Sign, magnitude and orientation codes of eight neighbours."""
    T, H, W = video.shape
    border, margin = max(radii[:2]), radii[2]
    centres = [
        (t, y, x)
        for t in range(margin, T - margin)
        for y in range(border, H - border)
        for x in range(border, W - border)
    ]

    def slope(t, y, x, axis):
        place = [t, y, x]
        if not 1 <= place[axis] < video.shape[axis] - 1:
            return 0.0
        step = tuple(int(i == axis) for i in range(3))
        return at(video, t, y, x, step) - at(video, t, y, x, tuple(-s for s in step))

    def sector(t, y, x, plane):
        dt, dy, dx = (slope(t, y, x, axis) for axis in range(3))
        up, right = {"XY": (0.0 - dy, dx), "XT": (dt, dx), "YT": (0.0 - dy, dt)}[plane]
        return math.floor(round(math.atan2(up, right) * angles / (2 * math.pi), 9) + 0.5) % angles

    rings = {plane: [circle(plane, p, 8, radii) for p in range(8)] for plane in ("XY", "XT", "YT")}
    mean = {
        plane: np.mean([abs(at(video, *c, o) - at(video, *c)) for c in centres for o in ring])
        for plane, ring in rings.items()
    }

    def describe(t, y, x):
        codes = []
        for plane, ring in rings.items():
            here, angle = at(video, t, y, x), sector(t, y, x, plane)
            differences = [at(video, t, y, x, o) - here for o in ring]
            codes.append(number([d >= 0 for d in differences]))
            codes.append(number([abs(d) >= mean[plane] for d in differences]))
            codes.append(
                number([sector(t + o[0], y + o[1], x + o[2], plane) != angle for o in ring])
            )
        return codes

    return over_blocks(video, describe, [256] * 9, blocks, 1, border, margin)
