"""Slow twins of what scores spotting."""

from itertools import combinations, permutations


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
