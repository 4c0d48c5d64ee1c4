"""Slow and obvious twins of the descriptors of gradients, flow, strain and phase."""

from __future__ import annotations

import math

import numpy as np
from naive_features import members


def shares(angle, bins, fold=False, membership="crisp", width=1.0):
    """What share of a vote each bin gets, by the distances of all bins' centres."""
    if fold == "opposite":
        at = (angle % math.pi) / math.pi * bins
    elif fold:
        at = (angle + math.pi / 2) / math.pi * bins
    else:
        at = (angle % (2 * math.pi)) / (2 * math.pi) * bins
    if membership == "crisp":
        return np.arange(bins) == min(int(at), bins - 1)
    away = np.abs(at - 0.5 - np.arange(bins))
    if fold is not True:
        away = np.minimum(away, bins - away)
    if membership == "gaussian":
        near = np.exp(-(away**2) / (2 * width**2))
        return near / near.sum()
    if bins == 1:
        return np.ones(1)
    near = np.maximum(1 - away, 0)
    if bins == 2 and fold is not True:
        return near / near.sum()  # both neighbours are one bin
    if fold is True and near.sum() < 1:
        near[np.argmax(near)] += 1 - near.sum()  # beyond the first or last centre
    return near


def direction_histograms(flow, spans, n_regions, bins, fold, vote, membership, width=1.0):
    """Votes, pixel by pixel."""
    out = np.zeros((n_regions, bins))
    for region, pixels in enumerate(members(spans, n_regions)):
        for x, y in sorted(pixels):
            u, v = (float(value) for value in flow[y, x])
            length = math.hypot(u, v)
            if length >= 1e-6:
                angle = math.atan2(v, abs(u) if fold is True else u)
                votes = length if vote == "magnitude" else 1.0
                out[region] += votes * shares(angle, bins, fold, membership, width)
    return out


def hog_top(video, blocks, times, bins, signed, vote):
    """Every gradient of every plane, one after the other."""
    video = np.asarray(video, float)
    n, h, w = video.shape

    def edges(size, parts):
        return np.floor(np.linspace(1, size - 1, parts + 1)).astype(int)

    def block(i, where):
        return int(np.searchsorted(where, i, side="right")) - 1

    out = np.zeros((times, blocks[0], blocks[1], 3, bins))
    for t in range(1, n - 1):
        for y in range(1, h - 1):
            for x in range(1, w - 1):
                gx = video[t, y, x + 1] - video[t, y, x - 1]
                gy = video[t, y + 1, x] - video[t, y - 1, x]
                gt = video[t + 1, y, x] - video[t - 1, y, x]
                at = (block(t, edges(n, times)), block(y, edges(h, blocks[0])))
                at = (*at, block(x, edges(w, blocks[1])))
                for plane, (a, b) in enumerate(((gx, gy), (gx, gt), (gy, gt))):
                    if a or b:
                        fold = False if signed else "opposite"
                        share = shares(math.atan2(b, a), bins, fold, "linear")
                        out[at][plane] += share * (math.hypot(a, b) if vote == "magnitude" else 1)
    sums = out.sum(-1, keepdims=True)
    return (out / np.where(sums > 0, sums, 1)).ravel()


def fuzzy_flow(fields, spans, n_regions, bins, membership="linear", width=1.0):
    """FHOFO from flow fields: mean of the pairs' normalised histograms."""
    mean = np.zeros((n_regions, bins))
    for field in fields:
        votes = direction_histograms(field, spans, n_regions, bins, False, "one", membership, width)
        sums = votes.sum(-1, keepdims=True)
        mean += votes / np.where(sums > 0, sums, 1) / len(fields)
    return mean.ravel()


def within(vectors, angle, half_angle):
    """The vectors within the half-angle of a direction, its edge included."""
    return [
        (u, v)
        for u, v in vectors
        if abs(math.remainder(math.atan2(v, u) - angle, 2 * math.pi)) <= half_angle + 1e-9
    ]


def reward(vectors, angle, half_angle):
    """Σ⟨w, ξ⟩ over the vectors w within the half-angle of ξ."""
    return sum(
        u * math.cos(angle) + v * math.sin(angle) for u, v in within(vectors, angle, half_angle)
    )


def principal_vector(vectors, half_angle):
    """FDM of one cuboid: every direction in which the sum may be largest is tried.

    It is largest where a vector enters or leaves, or in between where ξ points along the sum of
    those that are inside: so try all angles ± the half-angle, and the sum's direction for each
    of the sets between two of these.
    """
    vectors = [w for w in vectors if math.hypot(*w) >= 1e-6]
    if not vectors:
        return (0.0, 0.0)
    events = sorted(
        (math.atan2(v, u) + way * half_angle) % (2 * math.pi) for u, v in vectors for way in (-1, 1)
    )
    tried = list(events)
    for a, b in zip(events, [*events[1:], events[0] + 2 * math.pi], strict=True):
        inside = within(vectors, (a + b) / 2, half_angle)
        tried.append(math.atan2(sum(v for _, v in inside), sum(u for u, _ in inside)))
    best = max(tried, key=lambda angle: reward(vectors, angle, half_angle))
    kept = within(vectors, best, half_angle)
    return (sum(u for u, _ in kept) / len(kept), sum(v for _, v in kept) / len(kept))


def strain_map(fields):
    """Mean strain of each pixel; one-sided derivatives at the border."""
    n, h, w, _ = fields.shape
    out = np.zeros((h, w))
    for field in np.asarray(fields, float):
        for y in range(h):
            for x in range(w):
                left, right = max(x - 1, 0), min(x + 1, w - 1)
                up, down = max(y - 1, 0), min(y + 1, h - 1)
                ux, vx = (field[y, right] - field[y, left]) / (right - left)
                uy, vy = (field[down, x] - field[up, x]) / (down - up)
                out[y, x] += math.sqrt(ux**2 + vy**2 + 0.5 * (uy + vx) ** 2) / n
    return out


def shrunk(image, size):
    """Means over the areas of a coarser grid, pixels on its lines counted in part."""

    def weights(n, m):
        out = np.zeros((m, n))
        for i in range(m):
            for j in range(n):
                out[i, j] = max(0.0, min((i + 1) * n / m, j + 1) - max(i * n / m, j))
        return out * m / n

    return weights(image.shape[0], size[0]) @ image @ weights(image.shape[1], size[1]).T


def osf(fields, size):
    """The strain map, divided by its maximum and shrunk."""
    total = strain_map(fields)
    return shrunk(total / (total.max() or 1.0), size).ravel()


def block_means(values, spans, n_regions):
    """Mean of a map over each region."""
    pixels = members(spans, n_regions)
    return np.array([np.mean([values[y, x] for x, y in sorted(part)]) for part in pixels])


def phase_shift(a, b):
    """Quaternion by quaternion, on two bands (the finest level), without smoothing."""

    def signal(band, y, x):
        h, w = band.shape

        def at(i, j):  # mirrored about the border pixels
            i, j = abs(i), abs(j)
            return band[min(i, 2 * (h - 1) - i), min(j, 2 * (w - 1) - j)]

        across = 0.5 * (at(y, x - 1) - at(y, x + 1))
        down = 0.5 * (at(y - 1, x) - at(y + 1, x))
        return band[y, x], across, down

    out = np.zeros((*a.shape, 2))
    for y in range(a.shape[0]):
        for x in range(a.shape[1]):
            r1, x1, y1 = signal(a, y, x)
            r2, x2, y2 = signal(b, y, x)
            r = r1 * r2 + x1 * x2 + y1 * y2
            i, j = x1 * r2 - r1 * x2, y1 * r2 - r1 * y2
            norm = math.sqrt(r * r + i * i + j * j)
            if norm > 0 and (i or j):
                phase = math.acos(max(-1.0, min(1.0, r / norm)))
                out[y, x] = phase * np.array([i, j]) / math.hypot(i, j)
    return out


def principal_motion(fields, components):
    """By the singular value decomposition of all displacements."""
    rows = np.asarray(fields, float).reshape(len(fields), -1)
    u, s, vt = np.linalg.svd(rows, full_matrices=False)
    s[components:] = 0
    return ((u * s) @ vt).reshape(fields.shape)
