"""Hold-out of whole persons, with the classes distributed as in the whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..scoring.subjects import Fold, subject_keys

__all__ = ["holdout"]

_TOLERANCE = 0.05
_STARTS = 20


def holdout(table: pd.DataFrame, *, size: float = 0.2, seed: int = 0) -> Iterator[Fold]:
    """Test some persons, train on the others; one division.

    The persons are chosen so that the class distribution of the test set is nearest in L1 to
    that of all clips. With `size` a share, the test set holds that share of the clips within
    ±5 % of all clips. The search starts from random choices of the seed (our choice: 20 of
    them) and exchanges persons until no exchange brings the distribution nearer, so that another
    seed gives another good division.

    Parameters
    ----------
    table : DataFrame
        With columns ``dataset``, ``subject`` and ``label``.
    size : float or int, default 0.2
        Below 1: share of the clips to test on. A whole number: how many subjects.
    seed : int, default 0

    Yields
    ------
    Fold
        One, named ``test``.

    Raises
    ------
    BadInput
        Nobody or everybody would be tested, or no choice of persons has the size.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": "toy", "subject": list("112233"), "label": list("ababbb")})
    >>> [fold.test.tolist() in ([0, 1], [2, 3]) for fold in holdout(table, size=1)]
    [True]
    """
    subjects, member = np.unique(subject_keys(table).astype(str), return_inverse=True)
    classes, code = np.unique(table["label"].astype(str).to_numpy(str), return_inverse=True)
    counts = np.zeros((len(subjects), len(classes)), np.int64)
    np.add.at(counts, (member, code), 1)
    by_share = isinstance(size, float) and 0 < size < 1
    if not by_share and (isinstance(size, float) or not 0 < size < len(subjects)):
        raise BadInput(
            f"Cannot hold out {size} of {len(subjects)} subjects: name a share of the clips "
            "between 0 and 1, or a number of subjects."
        )
    rng = np.random.default_rng(seed)
    best: tuple[float, np.ndarray] | None = None
    for _ in range(_STARTS):
        chosen = _start(counts.sum(1), size, rng, by_share)
        found = _exchange(counts, chosen, size if by_share else None)
        if np.isfinite(found[0]) and (best is None or found[0] < best[0] - 1e-12):
            best = found
    if best is None:
        raise BadInput(
            f"No choice among {len(subjects)} subjects holds {100 * size:.0f} ± 5 % of the clips: "
            "choose another share, or a number of subjects."
        )
    test = best[1][member]
    yield Fold("test", np.flatnonzero(~test), np.flatnonzero(test))


def _start(sizes: np.ndarray, size: float, rng: np.random.Generator, by_share: bool) -> np.ndarray:
    """Random persons, as many as asked for or until the share is reached."""
    order = rng.permutation(len(sizes))
    if by_share:
        reached = np.cumsum(sizes[order]) / sizes.sum()
        n = 1 + int(np.argmin(np.abs(reached[:-1] - size))) if len(sizes) > 1 else 1
    else:
        n = int(size)
    chosen = np.zeros(len(sizes), bool)
    chosen[order[:n]] = True
    return chosen


def _exchange(
    counts: np.ndarray, chosen: np.ndarray, share: float | None
) -> tuple[float, np.ndarray]:
    """Descend in L1 by single exchanges (and, with a share, by taking or dropping one person)."""
    whole = counts.sum(0) / counts.sum()

    def distance(tested: np.ndarray) -> np.ndarray:
        n = tested.sum(-1)
        far = np.abs(tested / np.maximum(n, 1)[..., None] - whole).sum(-1)
        reached = n / counts.sum()
        # A size that is out of bounds is worse than any distribution, the more so the farther.
        miss = 0.0 if share is None else np.maximum(np.abs(reached - share) - _TOLERANCE, 0)
        return far + 1e3 * miss + 1e6 * ((n == 0) | (n == counts.sum()))

    current = distance(counts[chosen].sum(0))
    while True:
        inside, outside = np.flatnonzero(chosen).tolist(), np.flatnonzero(~chosen).tolist()
        tested = counts[chosen].sum(0)
        moves = [(i, o) for i in inside for o in outside]
        if share is not None:
            moves += [(i, -1) for i in inside] + [(-1, o) for o in outside]
        padded = np.concatenate([counts, np.zeros((1, counts.shape[1]), np.int64)])
        gone, come = np.array(moves).T
        after = distance(tested - padded[gone] + padded[come])
        move = int(after.argmin())
        if after[move] >= current - 1e-12:
            break
        for subject, into in ((gone[move], False), (come[move], True)):
            if subject >= 0:
                chosen[subject] = into
        current = after[move]
    within = share is None or current < 1e2 * _TOLERANCE
    return (float(current) if within else np.inf), chosen
