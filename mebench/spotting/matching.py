"""Which spotted interval found which annotated one: overlap, and pairs one to one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import pandas as pd

from ..errors import BadInput

__all__ = ["match_intervals", "matches", "overlaps", "spans", "typed"]

Spans = np.ndarray | Iterable[tuple[float, float]]


def overlaps(spotted: Spans, annotated: Spans) -> np.ndarray:
    """Intersection over union of each pair of intervals, ``(n_spotted, n_annotated)``.

    Parameters
    ----------
    spotted, annotated : array-like ``(n, 2)``
        First and last frame, both counted: from 3 to 3 is one frame.

    See Also
    --------
    match_intervals : Pairs of intervals by their overlap.

    Examples
    --------
    >>> overlaps([(0, 9), (5, 14)], [(0, 9)]).round(3).tolist()
    [[1.0], [0.333]]
    """
    a, b = (np.asarray(s if isinstance(s, np.ndarray) else list(s), float).reshape(-1, 2)
            for s in (spotted, annotated))  # fmt: skip
    shared = np.minimum(a[:, None, 1], b[:, 1]) - np.maximum(a[:, None, 0], b[:, 0]) + 1
    shared = np.maximum(shared, 0)
    lengths = (a[:, 1] - a[:, 0] + 1)[:, None] + (b[:, 1] - b[:, 0] + 1)
    return np.asarray(shared / (lengths - shared))


def match_intervals(spotted: Spans, annotated: Spans, iou: float = 0.5) -> list[tuple[int, int]]:
    """Pairs of a spotted and an annotated interval, each in one pair at most.

    Of all such assignments the one with most pairs, and of those the one that overlaps most in
    sum: going through the intervals one by one can waste a partner that another one needs.

    Parameters
    ----------
    spotted, annotated : array-like ``(n, 2)``
        First and last frame.
    iou : float, default 0.5
        Least overlap of a pair.

    See Also
    --------
    matches : The same for tables of many videos.

    Examples
    --------
    >>> match_intervals([(0, 9), (3, 12)], [(2, 11), (20, 29)])
    [(1, 0)]
    """
    from scipy.optimize import linear_sum_assignment  # heavy, and spotting itself needs it not

    shared = overlaps(spotted, annotated)
    n = min(shared.shape)
    if not n:
        return []
    # One more pair is worth more than any gain in overlap.
    worth = np.where(shared >= iou, (n + 1) + shared, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if worth[r, c]]


def matches(predictions: pd.DataFrame, truth: pd.DataFrame, iou: float = 0.5) -> pd.DataFrame:
    """Which prediction found which expression: columns ``prediction, truth`` of row labels.

    Parameters
    ----------
    predictions, truth : DataFrame
        Columns ``video, onset, offset`` and, in both or neither, ``kind``; intervals of different
        kinds are never matched, nor those of videos in different databases (``dataset``).
    iou : float, default 0.5

    Raises
    ------
    BadInput
        Only one table has kinds; or only one names databases, and more than one of them.

    See Also
    --------
    count_hits : What follows from it, per video.
    """
    rows = []
    keys = ["video", *(["kind"] if typed(predictions, truth) else [])]
    if _by_database(predictions, truth):
        keys.insert(0, "dataset")
    theirs: dict[Any, pd.DataFrame] = dict(iter(truth.groupby(keys, sort=True)))
    for key, mine in cast(Any, predictions.groupby(keys, sort=True)):
        if key in theirs:
            other = theirs[key]
            for i, j in match_intervals(spans(mine), spans(other), iou):
                rows.append((mine.index[i], other.index[j]))
    return pd.DataFrame(rows, columns=["prediction", "truth"])


def spans(table: pd.DataFrame) -> np.ndarray:
    """First and last frames as ``(n, 2)``."""
    return table[["onset", "offset"]].to_numpy(float)


def typed(predictions: pd.DataFrame, truth: pd.DataFrame) -> bool:
    """Whether both tables tell micro- from macro-expressions; an error if only one does."""
    have = ["kind" in table for table in (predictions, truth)]
    if have[0] != have[1]:
        lacks = "truth" if have[0] else "predictions"
        raise BadInput(
            f"Only one of the two tables has a column kind (micro, macro); the {lacks} lack it. "
            "Give it to both, or to neither: then every interval is an expression of one kind."
        )
    return all(have)


def _by_database(predictions: pd.DataFrame, truth: pd.DataFrame) -> bool:
    named = [t for t in (predictions, truth) if "dataset" in t]
    if len(named) == 1 and named[0]["dataset"].nunique() > 1:
        lacks = "truth" if named[0] is predictions else "predictions"
        raise BadInput(
            f"Videos lie in {named[0]['dataset'].nunique()} databases (column dataset), of which "
            f"the {lacks} say nothing. Add the column to them."
        )
    return len(named) == 2
