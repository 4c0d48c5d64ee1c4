"""Slow, obvious twins of the kernels: written from the definitions, one pixel at a time."""

from __future__ import annotations

import math

import numpy as np


def lbp_codes(video, radii, points, sampling="nearest"):
    """Codes of all centres of the three planes: list of three (T', H', W') arrays."""
    rx, ry, rt = radii
    T, H, W = video.shape
    B, L = math.ceil(max(rx, ry)), math.ceil(rt)
    planes = []
    for plane in ("XY", "XT", "YT"):
        codes = np.zeros((T - 2 * L, H - 2 * B, W - 2 * B), int)
        for t in range(L, T - L):
            for y in range(B, H - B):
                for x in range(B, W - B):
                    for p in range(points):
                        a = 2 * math.pi * p / points
                        dt, dy, dx = {
                            "XY": (0.0, -ry * math.sin(a), rx * math.cos(a)),
                            "XT": (rt * math.sin(a), 0.0, rx * math.cos(a)),
                            "YT": (rt * math.cos(a), -ry * math.sin(a), 0.0),
                        }[plane]
                        value = _sample(video, t + dt, y + dy, x + dx, sampling)
                        if value >= video[t, y, x]:
                            codes[t - L, y - B, x - B] += 2**p
        planes.append(codes)
    return planes


def _sample(video, t, y, x, sampling):
    t, y, x = round(t, 9), round(y, 9), round(x, 9)
    if sampling == "nearest":
        return video[math.floor(t + 0.5), math.floor(y + 0.5), math.floor(x + 0.5)]
    value = 0.0
    for i, j, k in np.ndindex(2, 2, 2):
        at = [math.floor(c) + e for c, e in zip((t, y, x), (i, j, k), strict=True)]
        weight = math.prod(1 - abs(c - n) for c, n in zip((t, y, x), at, strict=True))
        if weight > 0:
            value += weight * float(video[tuple(at)])
    return value


def uniform_labels(points):
    """u2 labels by counting the bit changes around the circle."""
    labels, last = [], 0
    for code in range(2**points):
        bits = [(code >> p) & 1 for p in range(points)]
        changes = sum(bits[p] != bits[p - 1] for p in range(points))
        labels.append(last if changes <= 2 else -1)
        last += changes <= 2
    return np.array([label if label >= 0 else last for label in labels])


def lbp_top(video, blocks, times, radii, points):
    """LBP-TOP with u2 labels and nearest sampling, in the documented order."""
    labels = uniform_labels(points)
    n_bins = labels.max() + 1
    planes = lbp_codes(video, radii, points)
    _, H, W = video.shape
    B, L = math.ceil(max(radii[:2])), math.ceil(radii[2])
    T = len(video)

    def edges(lo, hi, n):
        return [math.floor(lo + (hi - lo) * i / n) for i in range(n + 1)]

    ts, ys, xs = edges(L, T - L, times), edges(B, H - B, blocks[0]), edges(B, W - B, blocks[1])
    out = []
    for i in range(times):
        for j in range(blocks[0]):
            for k in range(blocks[1]):
                for codes in planes:
                    h = np.zeros(n_bins)
                    for t in range(ts[i], ts[i + 1]):
                        for y in range(ys[j], ys[j + 1]):
                            for x in range(xs[k], xs[k + 1]):
                                h[labels[codes[t - L, y - B, x - B]]] += 1
                    out.append(h / h.sum() if h.sum() else h)
    return np.concatenate(out)


def tim_weights(n_from, n_to):
    """The linear map of TIM, found as the definition says: through an SVD of frames."""
    X = np.random.default_rng(0).normal(size=(3 * n_from, n_from))
    return np.linalg.lstsq(X, tim_columns(X, n_to), rcond=None)[0].T


def tim_columns(X, n_to):
    """Frames are the columns of X; graph embedding, regression, and the curve f(t)."""
    n = X.shape[1]
    mean = X.mean(axis=1, keepdims=True)
    U, s, Vt = np.linalg.svd(X - mean, full_matrices=False)
    U, Q = U[:, : n - 1], (s[:, None] * Vt)[: n - 1]
    G = np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)
    L = np.diag(G.sum(0)) - G
    Y = np.linalg.eigh(L)[1][:, 1:]
    W = np.linalg.solve(Q @ Q.T, Q @ Y)
    k = np.arange(1, n)

    def f(t):
        return np.sin(np.pi * k * t + np.pi * (n - k) / (2 * n))

    m = (Q[:, 0] @ W) / f(1 / n)
    back = U @ np.linalg.inv(W.T)
    return np.stack([back @ (m * f(t)) for t in np.linspace(1 / n, 1, n_to)], axis=1) + mean


def in_polygon(polygon, x, y):
    """Even–odd rule: how often does a ray to the left cross the outline?"""
    inside = False
    for (ax, ay), (bx, by) in zip(polygon, np.roll(polygon, 1, axis=0), strict=True):
        if (ay <= y) != (by <= y) and ax + (y - ay) * (bx - ax) / (by - ay) <= x:
            inside = not inside
    return inside


def main_direction(vectors, bins="centred"):
    """Mean of the vectors in the fullest of eight bins, centred on k·45° or beginning there."""
    shift = math.pi / 8 if bins == "centred" else 0
    found = [[] for _ in range(8)]
    for u, v in vectors:
        angle = math.atan2(v, u) % (2 * math.pi)
        found[math.floor((angle + shift) / (math.pi / 4)) % 8].append((u, v))
    fullest = max(range(8), key=lambda k: (len(found[k]), -k))
    return np.mean(found[fullest], axis=0) if found[fullest] else np.zeros(2)
