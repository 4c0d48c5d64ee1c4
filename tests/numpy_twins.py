"""Plain-NumPy twins of the descriptors: whole arrays shifted, compared and counted, no compiler.

The twins in ``tests/`` go pixel by pixel in Python, thousands of times slower still: good to
believe, no measure of anything. These give the same numbers; benchmarks/family.py checks that.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from naive import uniform_labels as count_changes
from naive_lbp_family import circle

PLANES = ("XY", "XT", "YT")


@lru_cache
def uniform_labels(points):
    return count_changes(points)


def edges(lo, hi, n):
    return [int(np.floor(lo + (hi - lo) * i / n)) for i in range(n + 1)]


def shifted(video, offset, radius):
    """The neighbours at an offset (t, y, x) of all pixels that are `radius` from the border."""
    return video[
        tuple(slice(radius + o, n - radius + o) for o, n in zip(offset, video.shape, strict=True))
    ]


def histograms(codes, sizes, shape, blocks, times, radius):
    """Normalised histograms of several code volumes, by time part and block."""
    ts, ys, xs = (
        [e - radius for e in edges(radius, n - radius, parts)]
        for n, parts in zip(shape, (times, *blocks), strict=True)
    )
    out = []
    for t0, t1 in pairwise(ts):
        for y0, y1 in pairwise(ys):
            for x0, x1 in pairwise(xs):
                for volume, size in zip(codes, sizes, strict=True):
                    h = np.bincount(volume[t0:t1, y0:y1, x0:x1].ravel(), minlength=size)
                    out.append(h / max(h.sum(), 1))
    return np.concatenate(out)


def number(bits):
    return sum(np.int64(1 << p) * bit for p, bit in enumerate(bits))


def ring(video, plane, radius, points=8):
    return [
        shifted(video, circle(plane, p, points, (radius,) * 3), radius_of(radius))
        for p in range(points)
    ]


def radius_of(radius):
    return 3 if radius == 2 else radius  # the inner ring of RDLBP lies about the same centres


def codes_of(video, kind="lbp", radius=3, points=8):
    """Code volumes of the three planes."""
    video = video.astype(np.int64)
    centre = shifted(video, (0, 0, 0), radius)
    out = []
    for plane in PLANES:
        g = ring(video, plane, radius, points)
        if kind == "lbp":
            out.append(number([a >= centre for a in g]))
        elif kind == "rdlbp":
            out.append(number([a >= b for a, b in zip(g, ring(video, plane, 2), strict=True)]))
        elif kind == "adlbp":
            out.append(number([g[(p + 1) % points] >= g[p] for p in range(points)]))
        else:  # cbp
            pairs = [g[p] >= g[p + 4] for p in range(4)]
            out.append(number([*pairs, 9 * centre >= sum(g) + centre]))
    return out


def lbp_top(video, planes=PLANES, points=8, blocks=(8, 8)):
    labels = uniform_labels(points)
    codes = dict(zip(PLANES, codes_of(video, points=points), strict=True))
    return histograms(
        [labels[codes[p]] for p in planes], [labels.max() + 1] * len(planes), video.shape, blocks,
        1, 3,
    )  # fmt: skip


def elbptop(video):
    return np.concatenate([
        histograms(codes_of(video, kind), [256] * 3, video.shape, (8, 8), 2, 3)
        for kind in ("lbp", "rdlbp", "adlbp")
    ])  # fmt: skip


def cbp_top(video):
    return histograms(codes_of(video, "cbp", 1), [32] * 3, video.shape, (8, 8), 1, 1)


def lbp_sip(video):
    v = video.astype(np.int64)
    centre = shifted(v, (0, 0, 0), 3)
    space = [(0, 0, 3), (0, -3, 0), (0, 0, -3), (0, 3, 0)]
    codes = [
        number([shifted(v, o, 3) >= centre for o in places])
        for places in (space, [(3, 0, 0), (-3, 0, 0)])
    ]
    return histograms(codes, [16, 4], video.shape, (8, 8), 1, 3)


def plane_codes(image, right, up, points=8):
    """u2 codes of one image, as planar_lbp of the tests."""
    a = 2 * np.pi * np.arange(points) / points
    di = np.floor(np.round(-up * np.sin(a), 9) + 0.5).astype(int)
    dj = np.floor(np.round(right * np.cos(a), 9) + 0.5).astype(int)
    h, w = image.shape
    centre = image[up : h - up, right : w - right]
    bits = [
        image[up + i : h - up + i, right + j : w - right + j] >= centre
        for i, j in zip(di, dj, strict=True)
    ]
    return uniform_labels(points)[number(bits)].ravel()


def share(codes, n):
    h = np.bincount(codes, minlength=n).astype(float)
    return h / max(h.sum(), 1)


def frame_lbp(video):
    codes = np.stack([
        plane_codes(frame, 3, 3).reshape(frame.shape[0] - 6, -1) for frame in video.astype(np.int64)
    ])  # fmt: skip
    ys, xs = ([e - 3 for e in edges(3, n - 3, 8)] for n in video.shape[1:])
    return np.concatenate([
        share(codes[:, y0:y1, x0:x1].ravel(), 59)
        for y0, y1 in pairwise(ys) for x0, x1 in pairwise(xs)
    ])  # fmt: skip


def cut(video, n):
    ys, xs = (edges(0, size, n) for size in video.shape[1:])
    for y0, y1 in pairwise(ys):
        for x0, x1 in pairwise(xs):
            yield video[:, y0:y1, x0:x1].astype(float)


def lbp_mop(video):
    out = []
    for block in cut(video, 8):
        out.append(share(plane_codes(block.mean(0), 3, 3), 59))
        out.append(share(plane_codes(block.mean(1)[::-1], 3, 3), 59))
        out.append(share(plane_codes(block.mean(2).T, 3, 3), 59))
    return np.concatenate(out)


def stlbp_ip(video, window=9):
    half, out = window // 2, []
    for block in cut(video.astype(float) - video[0].astype(float), 5):
        for curves in (block.mean(1), block.mean(2)):
            c = curves[1:]
            bits = [
                c[:, half + d : c.shape[1] - half + d] >= c[:, half : c.shape[1] - half]
                for d in range(-half, half + 1) if d
            ]  # fmt: skip
            out.append(share(number(bits).ravel(), 2 ** (window - 1)))
        out.append(share(plane_codes(block.mean(1)[1:][::-1], 1, 1), 59))
        out.append(share(plane_codes(block.mean(2)[1:].T, 1, 1), 59))
    return np.concatenate(out)


def completed_patterns(video, radius=3):
    v = video.astype(np.int64)
    slope = np.zeros((3, *v.shape), np.int64)
    for axis in range(3):
        inner = [slice(None)] * 3
        inner[axis] = slice(1, -1)
        ahead, behind = list(inner), list(inner)
        ahead[axis], behind[axis] = slice(2, None), slice(None, -2)
        slope[(axis, *inner)] = v[tuple(ahead)] - v[tuple(behind)]
    dt, dy, dx = slope
    centre, out = shifted(v, (0, 0, 0), radius), []
    for plane, (up, right) in {"XY": (-dy, dx), "XT": (dt, dx), "YT": (-dy, dt)}.items():
        turn = np.arctan2(up + 0.0, right + 0.0) * 8 / (2 * np.pi)
        sector = np.floor(turn + 0.5).astype(np.int64) % 8
        offsets = [circle(plane, p, 8, (radius,) * 3) for p in range(8)]
        differences = [shifted(v, o, radius) - centre for o in offsets]
        mean = np.mean([np.abs(d) for d in differences])
        here = shifted(sector, (0, 0, 0), radius)
        out += [
            number([d >= 0 for d in differences]),
            number([np.abs(d) >= mean for d in differences]),
            number([shifted(sector, o, radius) != here for o in offsets]),
        ]
    return histograms(out, [256] * 9, video.shape, (4, 4), 1, radius)


def hog_top(video, weighted=True, bins=8):
    v = video.astype(float)
    gx = shifted(v, (0, 0, 1), 1) - shifted(v, (0, 0, -1), 1)
    gy = shifted(v, (0, 1, 0), 1) - shifted(v, (0, -1, 0), 1)
    gt = shifted(v, (1, 0, 0), 1) - shifted(v, (-1, 0, 0), 1)
    ys, xs = (np.array(edges(1, n - 1, 8)) - 1 for n in video.shape[1:])
    row = np.searchsorted(ys, np.arange(gx.shape[1]), side="right") - 1
    column = np.searchsorted(xs, np.arange(gx.shape[2]), side="right") - 1
    block = np.broadcast_to(8 * row[:, None] + column, gx.shape)
    out = np.zeros((64, 3, bins))
    for plane, (a, b) in enumerate(((gx, gy), (gx, gt), (gy, gt))):
        length = np.hypot(a, b)
        at = (np.arctan2(b, a) % np.pi) / np.pi * bins - 0.5
        low = np.floor(at)
        vote = length if weighted else (length > 0).astype(float)
        for place, part in ((low, 1 - (at - low)), (low + 1, at - low)):
            where = block * bins + place.astype(np.int64) % bins
            votes = np.bincount(where.ravel(), (vote * part).ravel(), 64 * bins)
            out[:, plane] += votes.reshape(64, bins)
    sums = out.sum(-1, keepdims=True)
    return (out / np.where(sums > 0, sums, 1)).ravel()


# Of optical flow: a field (H, W, 2) per pair of frames.


def block_map(shape, n=8):
    ys, xs = (np.array(edges(0, size, n)) for size in shape)
    row = np.searchsorted(ys, np.arange(shape[0]), side="right") - 1
    column = np.searchsorted(xs, np.arange(shape[1]), side="right") - 1
    return n * row[:, None] + column


def directions(field, bins=8, fuzzy=False, weighted=True):
    u, v = field.astype(float)[..., 0], field.astype(float)[..., 1]
    length = np.hypot(u, v)
    vote = np.where(length >= 1e-6, length if weighted else 1.0, 0.0)
    at = (np.arctan2(v, u) % (2 * np.pi)) / (2 * np.pi) * bins
    block = block_map(u.shape) * bins
    if not fuzzy:
        where = block + np.minimum(at.astype(np.int64), bins - 1)
        return np.bincount(where.ravel(), vote.ravel(), 64 * bins).reshape(64, bins)
    at -= 0.5
    low = np.floor(at)
    out = np.zeros((64, bins))
    for place, part in ((low, 1 - (at - low)), (low + 1, at - low)):
        where = block + place.astype(np.int64) % bins
        out += np.bincount(where.ravel(), (vote * part).ravel(), 64 * bins).reshape(64, bins)
    return out


def normalised(h):
    sums = h.sum(-1, keepdims=True)
    return h / np.where(sums > 0, sums, 1)


def hoof(fields):
    return np.mean([normalised(directions(f)) for f in fields], axis=0).ravel()


def fhofo(fields):
    found = [normalised(directions(f, fuzzy=True, weighted=False)) for f in fields]
    return np.mean(found, axis=0).ravel()


def strain(field):
    field = field.astype(float)
    uy, ux = np.gradient(field[..., 0])
    vy, vx = np.gradient(field[..., 1])
    return np.sqrt(ux**2 + vy**2 + 0.5 * (uy + vx) ** 2)


def bi_woof(field):
    weight = np.bincount(block_map(field.shape[:2]).ravel(), strain(field).ravel(), 64)
    row = (normalised(directions(field)) * weight[:, None]).ravel()
    return row / np.linalg.norm(row)


def osf(fields, size=(50, 50)):
    total = np.mean([strain(f) for f in fields], axis=0)

    def weights(n, m):
        i, j = np.arange(m)[:, None], np.arange(n)
        part = np.minimum((i + 1) * n / m, j + 1) - np.maximum(i * n / m, j)
        return np.maximum(part, 0) * m / n

    h, w = total.shape
    return (weights(h, size[0]) @ (total / total.max()) @ weights(w, size[1]).T).ravel()


def osw_lbp_top(video, fields):
    """LBP-TOP whose XY histograms are weighted by the strain of their block."""
    total = np.mean([strain(f) for f in fields], axis=0)
    ys, xs = (edges(3, n - 3, 8) for n in total.shape)
    weights = np.array([
        total[y0:y1, x0:x1].mean() for y0, y1 in pairwise(ys) for x0, x1 in pairwise(xs)
    ])  # fmt: skip
    out = lbp_top(video).reshape(64, 3, 59)
    out[:, 0] *= (weights / weights.max())[:, None]
    return out.ravel()


def convolved(image, taps, mode):
    """Both axes by a symmetric filter."""
    n = len(taps) // 2
    for axis in (0, 1):
        pad = [(n, n) if a == axis else (0, 0) for a in (0, 1)]
        wide, size = np.pad(image, pad, mode), image.shape[axis]
        image = sum(t * wide.take(range(k, k + size), axis) for k, t in enumerate(taps))
    return image


def halved(image):
    return convolved(image, np.array([1, 4, 6, 4, 1]) / 16, "reflect")[::2, ::2]


def doubled(image, shape):
    for axis in (0, 1):
        before = [(1, 0) if a == axis else (0, 0) for a in (0, 1)]
        after = [pair[::-1] for pair in before]
        wide = np.moveaxis(np.pad(np.pad(image, before, "reflect"), after, "edge"), axis, 0)
        even = (wide[:-2] + 6 * wide[1:-1] + wide[2:]) / 8
        odd = (wide[1:-1] + wide[2:]) / 2
        image = np.moveaxis(np.stack([even, odd], 1).reshape(-1, wide.shape[1]), 0, axis)
    return image[: shape[0], : shape[1]]


def phase_shift(a, b, level, sigma=2.0):
    """Shift of local phase from `a` to `b` at one level of their Riesz pyramids."""
    signals = []
    for frame in (a.astype(float), b.astype(float)):
        for _ in range(level):
            frame = halved(frame)
        band = frame - doubled(halved(frame), frame.shape)
        wide = np.pad(band, 1, "reflect")
        x = (wide[1:-1, :-2] - wide[1:-1, 2:]) / 2
        y = (wide[:-2, 1:-1] - wide[2:, 1:-1]) / 2
        signals.append((band, x, y))
    (r1, x1, y1), (r2, x2, y2) = signals
    r, x, y = r1 * r2 + x1 * x2 + y1 * y2, x1 * r2 - r1 * x2, y1 * r2 - r1 * y2
    across = np.hypot(x, y)
    unit = np.where(across > 0, np.arctan2(across, r) / np.where(across > 0, across, 1), 0)
    amplitude = np.sqrt(np.hypot(across, r))
    taps = np.exp(-(np.arange(-8, 9) ** 2) / (2 * sigma**2))
    taps /= taps.sum()
    weight = convolved(amplitude, taps, "symmetric")
    out = []
    for part in (x, y):
        shift = convolved(part * unit * amplitude, taps, "symmetric") / weight
        rows, columns = (
            np.minimum(np.arange(n) / 2**level, m - 1)
            for n, m in zip(a.shape, shift.shape, strict=True)
        )
        i, j = np.minimum(rows.astype(int), len(shift) - 2), columns.astype(int)
        j = np.minimum(j, shift.shape[1] - 2)
        fi, fj = (rows - i)[:, None], columns - j
        up = shift[i][:, j] * (1 - fj) + shift[i][:, j + 1] * fj
        down = shift[i + 1][:, j] * (1 - fj) + shift[i + 1][:, j + 1] * fj
        out.append(up * (1 - fi) + down * fi)
    return np.stack(out, axis=-1)


def bi_woof_phase(onset, apex, field):
    weight = np.bincount(block_map(field.shape[:2]).ravel(), strain(field).ravel(), 64)
    fields = [field, *(phase_shift(onset, apex, level) for level in (1, 2))]
    parts = [(normalised(directions(f)) * weight[:, None]).ravel() for f in fields]
    row = np.concatenate(parts)
    return row / np.linalg.norm(row)


def main_directions(fields, n=6, bins=8):
    """Mean vector of the fullest direction of each block, per field: the kernel of MDMO."""
    out = []
    for field in fields:
        u, v = field.astype(float)[..., 0].ravel(), field.astype(float)[..., 1].ravel()
        share_of = (np.arctan2(v, u) % (2 * np.pi)) / (2 * np.pi)
        at = np.floor(share_of * bins + 0.5).astype(np.int64) % bins  # centred on k · 45°
        where = block_map(field.shape[:2], n).ravel() * bins + at
        counts = np.bincount(where, minlength=n * n * bins).reshape(-1, bins)
        fullest = counts.argmax(1) + bins * np.arange(n * n)
        sums = [np.bincount(where, c, n * n * bins)[fullest] for c in (u, v)]
        out.append(np.stack(sums, axis=1) / counts.max(1)[:, None])
    return np.stack(out)


def fdm(fields, times=4, half_angle=np.pi / 4, bins=8, iterations=30):
    """Principal direction of each cuboid, block by block, iteration by iteration."""
    parts = edges(0, len(fields), times)
    block, rows = block_map(fields[0].shape[:2]).ravel(), []
    members = [np.flatnonzero(block == b) for b in range(64)]
    for t0, t1 in pairwise(parts):
        vectors = np.stack(fields[t0:t1]).astype(float).reshape(t1 - t0, -1, 2)
        for own in members:
            w = vectors[:, own].reshape(-1, 2)
            length = np.hypot(w[:, 0], w[:, 1])
            w, length = w[length >= 1e-6], length[length >= 1e-6]
            angles = np.arctan2(w[:, 1], w[:, 0])
            at = np.minimum((angles % (2 * np.pi) / (2 * np.pi) * bins).astype(int), bins - 1)
            angle = (np.bincount(at, length, bins).argmax() + 0.5) * 2 * np.pi / bins
            mean = np.zeros(2)
            for _ in range(iterations):
                apart = np.abs((angles - angle + np.pi) % (2 * np.pi) - np.pi)
                kept = w[apart <= half_angle]
                if not len(kept):
                    mean = np.zeros(2)
                    break
                before, mean = mean, kept.mean(0)
                angle = np.arctan2(mean[1], mean[0])
                if np.hypot(*(before - mean)) < 1e-12:
                    break
            rows.append(mean)
    return np.stack(rows).ravel()


def fft3d(video, block=8):
    """Logarithms of amplitudes of 8×8×8 blocks by numpy.fft, each block from 0 to 1."""
    ys, xs = (edges(0, n, n // block) for n in video.shape[1:])
    out = [
        np.log1p(np.abs(np.fft.fftn(video[:, y0:y1, x0:x1] / 255))).ravel()
        for y0, y1 in pairwise(ys) for x0, x1 in pairwise(xs)
    ]  # fmt: skip
    return np.concatenate([(x - x.min()) / (x.max() - x.min()) for x in out])
