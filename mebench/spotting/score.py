"""Scoring spotted intervals against annotated ones, as the challenges do it.

A spotted interval is right if it overlaps an annotated one by half or more of their union, and
nobody counts twice: one spotted interval for one annotated. Right and wrong ones are counted over
all videos of the database, those without any expression included, before any ratio is taken
(Micro-Expression Grand Challenges 2019 to 2022).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from ..errors import BadInput
from ..scoring.bootstrap import interval, resamples

__all__ = [
    "apex_errors",
    "count_hits",
    "match_intervals",
    "matches",
    "overlaps",
    "roc",
    "spotting_scores",
    "strs",
]

Spans = np.ndarray | Iterable[tuple[float, float]]


def overlaps(spotted: Spans, annotated: Spans) -> np.ndarray:
    """Intersection over union of each pair of intervals, ``(n_spotted, n_annotated)``.

    Parameters
    ----------
    spotted, annotated : array-like ``(n, 2)``
        First and last frame, both counted: from 3 to 3 is one frame.

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

    Examples
    --------
    >>> match_intervals([(0, 9), (3, 12)], [(2, 11), (20, 29)])
    [(1, 0)]
    """
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
        kinds are never matched.
    iou : float, default 0.5
    """
    rows = []
    keys = ["video", "kind"] if _typed(predictions, truth) else ["video"]
    theirs: dict[Any, pd.DataFrame] = dict(iter(truth.groupby(keys, sort=True)))
    for key, mine in cast(Any, predictions.groupby(keys, sort=True)):
        if key in theirs:
            other = theirs[key]
            for i, j in match_intervals(_spans(mine), _spans(other), iou):
                rows.append((mine.index[i], other.index[j]))
    return pd.DataFrame(rows, columns=["prediction", "truth"])


def count_hits(
    predictions: pd.DataFrame, truth: pd.DataFrame, videos: pd.DataFrame, iou: float = 0.5
) -> pd.DataFrame:
    """True positives, false positives and false negatives of each video and kind.

    Parameters
    ----------
    predictions, truth : DataFrame
        As for :func:`matches`.
    videos : DataFrame
        Columns ``video`` and ``subject``, one row per video, those without any expression too.
    iou : float, default 0.5

    Returns
    -------
    DataFrame
        Columns ``video, subject, kind, tp, fp, fn``; kind is ``"all"`` where the intervals have
        none.

    Raises
    ------
    BadInput
        A prediction or an expression in a video that is not among `videos`.
    """
    known = set(videos["video"])
    for name, table in (("predicted", predictions), ("annotated", truth)):
        strange = sorted(set(table["video"]) - known)
        if strange:
            raise BadInput(
                f"{len(strange)} video(s) of the {name} intervals are not in the list of videos, "
                f"such as {strange[0]!r}. Name every video there, also those without expressions."
            )
    typed = _typed(predictions, truth)
    kinds = sorted({*truth["kind"], *predictions["kind"]}, reverse=True) if typed else ["all"]
    found = matches(predictions, truth, iou)
    hit = predictions.loc[found["prediction"]]
    blank = pd.MultiIndex.from_product([list(videos["video"]), kinds], names=["video", "kind"])

    def counted(table: pd.DataFrame) -> pd.Series:
        table = table if typed else table.assign(kind="all")
        return table.groupby(["video", "kind"]).size().reindex(blank, fill_value=0)

    tp = counted(hit)
    out = pd.DataFrame(
        {"tp": tp, "fp": counted(predictions) - tp, "fn": counted(truth) - tp}
    ).reset_index()
    subject = videos.set_index("video")["subject"]
    out.insert(1, "subject", subject.loc[out["video"]].to_numpy())
    return out


def spotting_scores(
    counts: pd.DataFrame, *, level: float = 0.95, n_resamples: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Precision, recall and F1 of each kind and of all together, counts pooled over all videos.

    Parameters
    ----------
    counts : DataFrame
        From :func:`count_hits`.
    level, n_resamples, seed
        Of the interval of F1, by bootstrap over subjects as in
        :func:`mebench.evaluation.bootstrap_intervals`; NaN with one subject.

    Returns
    -------
    DataFrame
        One row per kind, and ``all``: ``tp, fp, fn, precision, recall, f1, f1_low, f1_high``. A
        ratio whose denominator is zero is 0.

    Examples
    --------
    >>> counts = pd.DataFrame({"video": ["a", "b"], "subject": ["1", "2"], "kind": "micro",
    ...                        "tp": [1, 0], "fp": [0, 1], "fn": [1, 0]})
    >>> spotting_scores(counts).loc["micro", ["precision", "recall", "f1"]].tolist()
    [0.5, 0.5, 0.5]
    """
    names = list(dict.fromkeys(counts["kind"]))
    parts = {kind: counts[counts["kind"] == kind] for kind in names if kind != "all"}
    parts["all"] = counts
    subjects = sorted(set(counts["subject"].astype(str)))
    drawn = resamples(len(subjects), n_resamples, seed)
    rows = {}
    for kind, part in parts.items():
        blocks = np.array([
            part.loc[part["subject"].astype(str) == s, ["tp", "fp", "fn"]].sum().to_numpy(float)
            for s in subjects
        ])  # fmt: skip
        whole = blocks.sum(0)
        tp, fp, fn = (int(n) for n in whole)
        low, high = interval(_f1, whole, np.tensordot(drawn, blocks, axes=1), whole - blocks, level)
        rows[kind] = {
            **{"tp": tp, "fp": fp, "fn": fn},
            "precision": tp / max(tp + fp, 1),
            "recall": tp / max(tp + fn, 1),
            "f1": float(_f1(whole)),
            **{"f1_low": low, "f1_high": high},
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("kind")


def apex_errors(predictions: pd.DataFrame, truth: pd.DataFrame, iou: float = 0.5) -> np.ndarray:
    """Frames between spotted and annotated apex of each expression that was found.

    Positive where the spotted apex is late. Expressions without an annotated apex do not count.
    """
    pairs = matches(predictions, truth, iou)
    late = predictions.loc[pairs["prediction"], "apex"].to_numpy(float) - pd.to_numeric(
        truth.loc[pairs["truth"], "apex"]
    ).to_numpy(float, na_value=np.nan)
    return np.asarray(late[np.isfinite(late)])


def roc(
    candidates: pd.DataFrame, truth: pd.DataFrame, videos: pd.DataFrame, iou: float = 0.5
) -> pd.DataFrame:
    """What each threshold on the scores would give.

    Parameters
    ----------
    candidates : DataFrame
        As `predictions` of :func:`matches`, with ``score``; down to scores that nobody would use.
    truth : DataFrame
    videos : DataFrame
        Columns ``video, subject, n_frames``.
    iou : float, default 0.5

    Returns
    -------
    DataFrame
        By falling ``threshold``: ``tp, fp, fn, tpr, fpr, precision, f1``. ``tpr`` is the share of
        expressions that are found, ``fpr`` the share of the frames without any expression that
        lie in a wrong interval, as in Li et al. (2018). At most 200 thresholds are tried.
    """
    scores = np.unique(candidates["score"].to_numpy(float))[::-1]
    if len(scores) > 200:
        scores = scores[np.linspace(0, len(scores) - 1, 200).round().astype(int)]
    calm = {
        str(v): np.ones(int(n), bool)
        for v, n in zip(videos["video"], videos["n_frames"], strict=True)
    }
    for row in cast(Any, truth.itertuples()):
        calm[str(row.video)][max(0, int(row.onset)) : int(row.offset) + 1] = False
    frames = max(1, sum(int(c.sum()) for c in calm.values()))
    rows = []
    for threshold in scores:
        taken = candidates[candidates["score"] >= threshold]
        right = set(matches(taken, truth, iou)["prediction"])
        wrong = taken[[i not in right for i in taken.index]]
        covered = {v: np.zeros_like(c) for v, c in calm.items()}
        for row in cast(Any, wrong.itertuples()):
            covered[str(row.video)][max(0, int(row.onset)) : int(row.offset) + 1] = True
        false = sum(int((covered[v] & calm[v]).sum()) for v in calm)
        tp, fp, fn = len(right), len(wrong), len(truth) - len(right)
        rows.append({
            "threshold": float(threshold), "tp": tp, "fp": fp, "fn": fn,
            "tpr": tp / max(len(truth), 1), "fpr": false / frames,
            "precision": tp / max(tp + fp, 1), "f1": float(_f1(np.array([tp, fp, fn]))),
        })  # fmt: skip
    columns = ["threshold", "tp", "fp", "fn", "tpr", "fpr", "precision", "f1"]
    return pd.DataFrame(rows, columns=columns)


def strs(
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    videos: pd.DataFrame,
    *,
    classes: Iterable[str] | None = None,
    iou: float = 0.5,
) -> dict[str, float]:
    """The score of spot-then-recognise: F1 of spotting × F1 of the recognition that follows.

    Recognition is scored on the expressions that were found, and on those only: the label of a
    true positive against the annotated one, as unweighted F1 over the classes. Both factors are
    there because either is easy alone. This is our reading of the Micro-Expression Grand
    Challenges 2022 and 2023; the label ``"others"`` is left out of the classes there, and here
    only if `classes` leaves it out.

    Parameters
    ----------
    predictions, truth : DataFrame
        As for :func:`matches`, with ``emotion``; a prediction may have none (blank), and is then
        wrong.
    videos : DataFrame
    classes : iterable of str, optional
        Default: the emotions of the annotated expressions. True positives of other emotions count
        as spotted, and not in the recognition.
    iou : float, default 0.5

    Returns
    -------
    dict
        ``f1_spotting, f1_analysis, strs``, and ``n``, the true positives that are recognised.

    Examples
    --------
    >>> truth = pd.DataFrame({"video": list("ab"), "onset": [0, 5], "offset": [9, 14],
    ...                       "emotion": ["glad", "sad"]})
    >>> guess = truth.assign(emotion=["glad", "glad"])
    >>> videos = pd.DataFrame({"video": list("abc"), "subject": list("123")})
    >>> {k: round(v, 3) for k, v in strs(guess, truth, videos).items()}
    {'f1_spotting': 1.0, 'f1_analysis': 0.333, 'strs': 0.333, 'n': 2}
    """
    for name, table in (("predictions", predictions), ("truth", truth)):
        if "emotion" not in table:
            raise BadInput(f"The {name} have no column emotion, which recognition is scored by.")
    counts = count_hits(predictions, truth, videos, iou)
    found = float(_f1(counts[["tp", "fp", "fn"]].sum().to_numpy(float)))
    pairs = matches(predictions, truth, iou)
    said = predictions.loc[pairs["prediction"], "emotion"].astype(str).to_numpy()
    meant = truth.loc[pairs["truth"], "emotion"].astype(str).to_numpy()
    names = sorted(set(truth["emotion"].astype(str))) if classes is None else list(classes)
    kept = np.isin(meant, names)
    said, meant = said[kept], meant[kept]
    each = [
        float(_f1(np.array([
            ((said == c) & (meant == c)).sum(), ((said == c) & (meant != c)).sum(),
            ((said != c) & (meant == c)).sum(),
        ]))) for c in names
    ]  # fmt: skip
    analysis = float(np.mean(each)) if each else 0.0
    return {
        "f1_spotting": found,
        "f1_analysis": analysis,
        "strs": found * analysis,
        "n": int(kept.sum()),
    }


def _f1(counts: np.ndarray) -> np.ndarray:
    """2TP / (2TP + FP + FN) of counts ``(..., 3)``; 0 where there is nothing to find or found."""
    tp, fp, fn = np.moveaxis(np.asarray(counts, float), -1, 0)
    return np.asarray(2 * tp / np.maximum(2 * tp + fp + fn, 1))


def _spans(table: pd.DataFrame) -> np.ndarray:
    return table[["onset", "offset"]].to_numpy(float)


def _typed(predictions: pd.DataFrame, truth: pd.DataFrame) -> bool:
    have = ["kind" in table for table in (predictions, truth)]
    if have[0] != have[1]:
        lacks = "truth" if have[0] else "predictions"
        raise BadInput(
            f"Only one of the two tables has a column kind (micro, macro); the {lacks} lack it. "
            "Give it to both, or to neither: then every interval is an expression of one kind."
        )
    return all(have)
