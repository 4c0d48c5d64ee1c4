"""Slow twins of what spots, and of what scores spotting."""

from itertools import combinations, permutations

import numpy as np


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
