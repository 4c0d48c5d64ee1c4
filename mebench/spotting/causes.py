"""False alarms by cause: what a spotter took for an expression.

A false positive is laid to that of the marked causes with which it shares most frames; to
``other`` if it shares none. Where nobody has marked a cause, its false alarms are among the
others, so the figures compare spotters on the same videos, not databases.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd

from ..datasets.long.videos import CAUSES
from .matching import matches

__all__ = ["OTHER", "causes_of", "count_causes", "outcomes"]

#: Of a false alarm where nothing is marked.
OTHER = "other"


def outcomes(
    predictions: pd.DataFrame, truth: pd.DataFrame, events: pd.DataFrame, iou: float = 0.5
) -> pd.DataFrame:
    """The predictions with ``result`` (tp or fp) and, of the false ones, ``cause``.

    Parameters
    ----------
    predictions, truth : DataFrame
        As for :func:`mebench.spotting.matches`.
    events : DataFrame
        Columns ``video, cause, onset, offset``: what is no expression, as in
        :class:`mebench.datasets.long.LongVideos`.
    iou : float, default 0.5

    See Also
    --------
    count_causes : How many false alarms each cause has.

    Examples
    --------
    >>> truth = pd.DataFrame({"video": ["a"], "onset": [0], "offset": [9]})
    >>> found = pd.DataFrame({"video": "a", "onset": [0, 20, 50], "offset": [9, 29, 59]})
    >>> events = pd.DataFrame({"video": "a", "cause": ["blink", "talk"], "onset": [18, 25],
    ...                        "offset": [23, 60]})
    >>> outcomes(found, truth, events)[["result", "cause"]].values.tolist()
    [['tp', ''], ['fp', 'talk'], ['fp', 'talk']]
    """
    right = set(matches(predictions, truth, iou)["prediction"])
    result = np.where([i in right for i in predictions.index], "tp", "fp")
    cause = causes_of(predictions, events)
    return predictions.assign(result=result, cause=np.where(result == "fp", cause, ""))


def causes_of(intervals: pd.DataFrame, events: pd.DataFrame) -> np.ndarray:
    """The cause with which each interval shares most frames, ``(n,)``; :data:`OTHER` where none.

    Of causes with equally many, the one that comes first in ``CAUSES``.
    """
    marked: dict[Any, dict[str, list[tuple[int, int]]]] = {}
    for row in cast(Any, events.itertuples()):
        marked.setdefault(row.video, {}).setdefault(row.cause, []).append((row.onset, row.offset))
    out = np.full(len(intervals), OTHER, object)
    for i, row in enumerate(cast(Any, intervals.itertuples())):
        most = 0
        for cause in CAUSES:
            shared = _shared(row.onset, row.offset, marked.get(row.video, {}).get(cause, ()))
            if shared > most:
                most, out[i] = shared, cause
    return out


def count_causes(found: pd.DataFrame) -> pd.DataFrame:
    """False positives per kind and cause; each is in one column, so rows sum to ``fp``.

    Parameters
    ----------
    found : DataFrame
        From :func:`outcomes`.

    Returns
    -------
    DataFrame
        One row per kind, and ``all``: ``blink, talk, turn, light, other, fp``.

    Examples
    --------
    >>> found = pd.DataFrame({"kind": "micro", "result": ["fp", "fp", "tp"],
    ...                       "cause": ["blink", "other", ""]})
    >>> count_causes(found).loc["micro"].to_dict()
    {'blink': 1, 'talk': 0, 'turn': 0, 'light': 0, 'other': 1, 'fp': 2}
    """
    false = found[found["result"] == "fp"]
    kinds = sorted(set(found["kind"]), reverse=True) if "kind" in found else []
    rows = {}
    for kind in [*kinds, "all"]:
        mine = false if kind == "all" else false[false["kind"] == kind]
        counts = mine["cause"].value_counts()
        rows[kind] = {
            **{c: int(counts.get(c, 0)) for c in (*CAUSES, OTHER)},
            "fp": len(mine),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("kind")


def _shared(onset: float, offset: float, spans: Any) -> int:
    """Frames of an interval that lie in any of the spans."""
    first, last = int(onset), int(offset)
    covered = np.zeros(last - first + 1, bool)
    for begin, end in spans:
        covered[max(0, int(begin) - first) : max(0, int(end) - first + 1)] = True
    return int(covered.sum())
