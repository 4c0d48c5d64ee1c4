"""What each threshold on the scores would give: ROC curve, and average precision."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd

from ..errors import BadInput
from .matching import matches, overlaps, spans, typed
from .score import f1_of

__all__ = ["COCO_IOUS", "average_precision", "roc"]

#: Of AP@[.5:.95]: the mean over ten overlaps, as the COCO benchmark has it.
COCO_IOUS = tuple(np.round(np.arange(0.5, 1.0, 0.05), 2).tolist())


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

    See Also
    --------
    average_precision : One number over all thresholds.
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
            "precision": tp / max(tp + fp, 1), "f1": float(f1_of(np.array([tp, fp, fn]))),
        })  # fmt: skip
    columns = ["threshold", "tp", "fp", "fn", "tpr", "fpr", "precision", "f1"]
    return pd.DataFrame(rows, columns=columns)


def average_precision(
    predictions: pd.DataFrame, truth: pd.DataFrame, ious: tuple[float, ...] = (0.5,)
) -> dict[str, float]:
    """Area under precision against recall, over all thresholds on the scores.

    Predictions are gone through by falling score, those of equal score together; each takes, of
    the expressions that it overlaps enough and that nobody has taken, the one that it overlaps
    most. Precision at a recall is the best at that recall or beyond (Everingham et al. 2010).

    Parameters
    ----------
    predictions : DataFrame
        As for :func:`matches`, with ``score``.
    truth : DataFrame
    ious : tuple of float, default (0.5,)
        Least overlaps, over which the mean is taken; :data:`COCO_IOUS` for AP@[.5:.95].

    Returns
    -------
    dict
        Of each kind, and ``all``: the mean of the kinds, since scores of different kinds cannot
        be ranked together. NaN of a kind that is not annotated.

    Raises
    ------
    BadInput
        The predictions have no score.

    References
    ----------
    M. Everingham et al., "The Pascal Visual Object Classes (VOC) challenge", IJCV 88, 2010.
    T.-Y. Lin et al., "Microsoft COCO: common objects in context", ECCV 2014.

    See Also
    --------
    roc : The curve of one overlap.

    Examples
    --------
    >>> truth = pd.DataFrame({"video": "a", "onset": [0, 50], "offset": [9, 59]})
    >>> found = pd.DataFrame({"video": "a", "onset": [0, 20, 51], "offset": [9, 29, 59],
    ...                       "score": [3, 2, 1]})
    >>> {k: round(v, 4) for k, v in average_precision(found, truth).items()}
    {'all': 0.8333}
    """
    if "score" not in predictions or predictions["score"].isna().any():
        raise BadInput(
            "Average precision ranks the predictions by their score; give each one (column score)."
        )
    if not typed(predictions, truth):
        return {"all": _mean_area(predictions, truth, ious)}
    kinds = sorted({*truth["kind"], *predictions["kind"]}, reverse=True)
    areas = {
        kind: _mean_area(
            predictions[predictions["kind"] == kind], truth[truth["kind"] == kind], ious
        )
        for kind in kinds
    }
    known = [area for area in areas.values() if np.isfinite(area)]
    return {**areas, "all": float(np.mean(known)) if known else float("nan")}


def _mean_area(predictions: pd.DataFrame, truth: pd.DataFrame, ious: tuple[float, ...]) -> float:
    if not len(truth):
        return float("nan")
    keys = [c for c in ("dataset", "video") if c in predictions and c in truth]
    theirs: dict[Any, np.ndarray] = {
        key: spans(group) for key, group in cast(Any, truth.groupby(keys))
    }
    right = np.zeros((len(ious), len(predictions)), bool)
    scores = predictions["score"].to_numpy(float)
    for key, rows in predictions.groupby(keys).indices.items():
        annotated = theirs.get(key if isinstance(key, tuple) else (key,))
        if annotated is not None:
            rows = rows[np.argsort(-scores[rows], kind="stable")]
            shared = overlaps(spans(predictions.iloc[rows]), annotated)
            for i, iou in enumerate(ious):
                right[i, rows[_greedy(shared, iou)]] = True
    order = np.argsort(-scores, kind="stable")
    # Of equal scores no order is better than another: a threshold takes all of them.
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    return float(np.mean([_area(r[order], last, len(truth)) for r in right]))


def _greedy(shared: np.ndarray, iou: float) -> list[int]:
    """Rows that find an expression, each taking the best that is left."""
    free = np.ones(shared.shape[1], bool)
    found = []
    for row in np.flatnonzero((shared >= iou).any(axis=1)):
        best = int(np.where(free, shared[row], -1).argmax())
        if free[best] and shared[row, best] >= iou:
            free[best] = False
            found.append(int(row))
    return found


def _area(right: np.ndarray, last: np.ndarray, total: int) -> float:
    if not len(right):
        return 0.0
    tp = np.cumsum(right)[last]
    precision = np.maximum.accumulate((tp / (last + 1))[::-1])[::-1]
    return float((np.diff(tp, prepend=0) * precision).sum() / total)
