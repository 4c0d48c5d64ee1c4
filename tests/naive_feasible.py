"""All confusion matrices of given class counts, one by one."""

from itertools import product

import numpy as np


def compositions(total, parts):
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, parts - 1):
            yield (first, *rest)


def confusions(counts):
    for rows in product(*(compositions(n, len(counts)) for n in counts)):
        yield np.array(rows)


def pairs(counts):
    """(UF1, UAR, accuracy) of every confusion matrix, by the definitions."""
    out = []
    for c in confusions(counts):
        tp = np.diag(c)
        f1 = [
            2 * t / (a + b) if a + b else 0.0
            for t, a, b in zip(tp, c.sum(0), c.sum(1), strict=True)
        ]
        out.append((np.mean(f1), np.mean(tp / c.sum(1)), tp.sum() / c.sum()))
    return np.array(out)
