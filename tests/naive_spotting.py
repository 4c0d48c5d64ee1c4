"""Slow twins of what spots, and of what scores spotting."""

from itertools import combinations, permutations

import numpy as np
from scipy.ndimage import map_coordinates, sobel


def iou(a, b):
    """By counting frames."""
    first, second = (set(range(int(lo), int(hi) + 1)) for lo, hi in (a, b))
    return len(first & second) / len(first | second)


def best_matching(spotted, annotated, threshold=0.5):
    """Most pairs, then most overlap in sum, over every one-to-one assignment there is."""
    best = (0, 0.0)
    for n in range(1, min(len(spotted), len(annotated)) + 1):
        for mine in combinations(range(len(spotted)), n):
            for theirs in permutations(range(len(annotated)), n):
                shared = [iou(spotted[i], annotated[j]) for i, j in zip(mine, theirs, strict=True)]
                if min(shared) >= threshold:
                    best = max(best, (n, sum(shared)))
    return best


def average_precision(found, scores, truth, threshold):
    """By trying every threshold on the scores, and every recall."""
    if not truth:
        return float("nan")
    order = sorted(range(len(found)), key=lambda i: -scores[i])
    taken, right = set(), set()
    for i in order:
        free = [j for j in range(len(truth)) if j not in taken]
        best = max(free, key=lambda j: (iou(found[i], truth[j]), -j), default=None)
        if best is not None and iou(found[i], truth[best]) >= threshold:
            taken.add(best)
            right.add(i)
    points = []
    for least in set(scores):
        chosen = [i for i in range(len(found)) if scores[i] >= least]
        hits = sum(i in right for i in chosen)
        points.append((hits, hits / len(chosen)))
    # Each expression found adds its share, at the best precision of a recall at least as high.
    return sum(
        max((p for hits, p in points if hits >= n), default=0.0) for n in range(1, len(truth) + 1)
    ) / len(truth)


def cause_of(span, marks, order=("blink", "talk", "turn", "light")):
    """By counting the frames that lie in any mark of each cause."""
    frames = set(range(span[0], span[1] + 1))
    shared = {
        cause: len(frames & {f for c, (lo, hi) in marks if c == cause for f in range(lo, hi + 1)})
        for cause in order
    }
    best = max(order, key=lambda c: (shared[c], -order.index(c)))
    return best if shared[best] else "other"


def paths(flows, lags):
    """By writing out every equation, and one more that asks for a mean near zero."""
    n = len(flows)
    rows, right = [], []
    for t in range(n):
        for i, lag in enumerate(lags):
            if t >= lag and np.isfinite(flows[t, i]):
                row = np.zeros(n)
                row[t], row[t - lag] = 1, -1
                rows.append(row)
                right.append(flows[t, i])
    x = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    return x - x.mean()


def running_median(x, window):
    """With the first and last value repeated beyond the ends."""
    reach = window // 2
    return np.array([
        np.median([x[min(max(i, 0), len(x) - 1)] for i in range(t - reach, t + reach + 1)])
        for t in range(len(x))
    ])  # fmt: skip


def tukey(off, least):
    return np.clip(1 - (off / (4.7 * max(1.48 * np.median(off), least))) ** 2, 0, None) ** 2


def linear(basis, values, trust, rounds, least):
    """By numpy's solver, all values at once."""
    weight = trust
    for _ in range(rounds):
        weighted = basis * weight[:, None]
        left = weighted.T @ basis + 1e-9 * np.eye(basis.shape[1])
        factors = np.linalg.solve(left, weighted.T @ values)
        rest = values - basis @ factors
        off = np.hypot(*rest.T)
        weight = trust * tukey(off, least)
    return factors, rest, float(np.median(off))


def cell_changes(then, now, field, cells, shape):
    """From the brightness of two pictures ``(H, W)``, cell by cell."""
    height, width = then.shape
    y, x = np.mgrid[:height, :width]
    u, v = np.moveaxis(field, -1, 0)
    there = map_coordinates(now, [y + v, x + u], order=1, mode="nearest")
    dx, dy = (sobel(then, axis, mode="mirror") / 8 for axis in (1, 0))
    change = dx * u + dy * v - (there - then)
    out = []
    for row, column in zip(*np.divmod(cells, shape[1]), strict=True):
        inside = (
            slice(row * height // shape[0], (row + 1) * height // shape[0]),
            slice(column * width // shape[1], (column + 1) * width // shape[1]),
        )
        products = dx * dx, dx * dy, dy * dy, dx * change, dy * change
        out.append([product[inside].mean() for product in products])
    return np.array(out)[:, :3], np.array(out)[:, 3:]


def by_brightness(texture, change, basis, trust, block, n_blocks, start, plain):
    """By writing out what every cell says of the head, and each block by itself."""
    tensors = texture[:, [0, 1, 1, 2]].reshape(-1, 2, 2)
    trace = np.trace(tensors, axis1=1, axis2=2)
    even = trust * np.minimum(1, np.median(trace) / np.maximum(trace, 1e-9))
    least = plain * np.median(trace) + 1e-9
    carried = np.array([np.kron(row, np.eye(2)) for row in basis])  # u and v in turn
    weight, out = even, np.full((n_blocks, 2), np.nan)
    for _ in range(4):
        parts = zip(weight, carried, tensors, strict=True)
        left = sum((w * b.T @ g @ b for w, b, g in parts), np.zeros((2 * basis.shape[1],) * 2))
        right = sum(w * b.T @ c for w, b, c in zip(weight, carried, change, strict=True))
        held = 1e-3 * np.trace(left) / len(left) + 1e-12
        moved = np.linalg.solve(left + held * np.eye(len(left)), right + held * start.ravel())
        rest = change - np.einsum("nij,njk,k->ni", tensors, carried, moved)
        for b in set(block[block >= 0].tolist()):
            inside = block == b
            out[b] = np.linalg.solve(
                tensors[inside].mean(axis=0) + least * np.eye(2), rest[inside].mean(axis=0)
            )
        lengths = np.hypot(*out.T)
        bound = 4.7 * max(1.48 * np.nanmedian(lengths), 0.01)
        far = np.where(block >= 0, lengths[block] / bound, 0)
        weight = even * np.clip(1 - far**2, 0, None) ** 2
    return out


def similarity(source, target):
    """In complex numbers."""
    z, w = source @ (1, 1j), target @ (1, 1j)
    weight = np.ones(len(z))
    for turn in range(8):
        total = weight.sum()
        dz, dw = (x - (weight * x).sum() / total for x in (z, w))
        a = (weight * np.conj(dz) * dw).sum() / max((weight * np.abs(dz) ** 2).sum(), 1e-9)
        b = (weight * (w - a * z)).sum() / total
        off = np.abs(a * z + b - w)
        weight = tukey(off, 0.05)
        if turn and weight.sum() < 3:
            break
    spread = np.sqrt((np.abs(z - z.mean()) ** 2).mean())
    trust = float((off < max(0.03 * spread, 0.75)).mean())
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]]), trust
