"""Thresholds of a spotter, tuned on other people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .matching import match_intervals, spans
from .score import persons_of
from .spotter import KINDS, Spotter

__all__ = ["pooled_thresholds", "tuned_thresholds"]

#: Thresholds that are tried per kind: this many quantiles of the heights of all peaks.
_GRID = 32
_NEIGHBOURS = 2  # of a threshold on either side, whose F1 counts too

Counts = tuple[int, int, int]


def tuned_thresholds(
    spotter: Spotter,
    candidates: dict[str, pd.DataFrame],
    videos: pd.DataFrame,
    truth: pd.DataFrame,
    iou: float = 0.5,
) -> dict[str, dict[str, float]]:
    """Thresholds for the videos of each person, from those of all others.

    Everything is taken from the others' videos: the thresholds that are tried, quantiles of the
    heights of their peaks, and the counts by which one is chosen. The macro threshold is chosen
    first and, given that, the micro one.

    Parameters
    ----------
    spotter : Spotter
    candidates : dict of str to DataFrame
        All peaks of each video, of :meth:`Spotter.candidates`.
    videos : DataFrame
        Columns ``video, dataset, subject``.
    truth : DataFrame
        Columns ``video, kind, onset, offset``.
    iou : float, default 0.5

    Returns
    -------
    dict of str to dict
        By person (:func:`mebench.spotting.score.persons_of`): threshold of each kind.
    """
    names = [v for v in videos["video"] if v in candidates]
    owner = dict(zip(videos["video"], persons_of(videos), strict=True))
    films = {v: _Film(spotter, candidates[v], truth[truth["video"] == v], iou) for v in names}
    return {
        left_out: _chosen([film for v, film in films.items() if owner[v] != left_out])
        for left_out in dict.fromkeys(owner[v] for v in videos["video"])
    }


def pooled_thresholds(
    spotter: Spotter, candidates: dict[str, pd.DataFrame], truth: pd.DataFrame, iou: float = 0.5
) -> dict[str, float]:
    """Thresholds from all videos together, for videos of others.

    Parameters
    ----------
    spotter, candidates, truth, iou
        As for :func:`tuned_thresholds`.
    """
    return _chosen([
        _Film(spotter, table, truth[truth["video"] == video], iou)
        for video, table in candidates.items()
    ])  # fmt: skip


def _chosen(films: list[_Film]) -> dict[str, float]:
    """The thresholds about which F1 is highest on these videos: for macro, then for micro."""
    chosen: dict[str, float] = {}
    for kind in ("macro", "micro"):
        grid = _grid(films, kind)
        counts = np.array([
            np.sum([film.counts(kind, {**chosen, kind: t}) for film in films], axis=0)
            if films else (0, 0, 0) for t in grid
        ])  # fmt: skip
        chosen[kind] = float(grid[_best(counts)])
    return {kind: chosen[kind] for kind in KINDS}


class _Film:
    """Counts of one video under any thresholds, each computed once.

    A threshold acts only by how many peaks reach it, so those numbers are the key.
    """

    def __init__(
        self, spotter: Spotter, candidates: pd.DataFrame, truth: pd.DataFrame, iou: float
    ) -> None:
        self._spotter, self._candidates, self._iou = spotter, candidates, iou
        kind = candidates["kind"].to_numpy(object)
        score = candidates["score"].to_numpy(float)
        self.scores = {k: np.sort(score[kind == k]) for k in KINDS}
        self._there = {k: spans(truth[truth["kind"] == k]) for k in KINDS}
        self._known: dict[tuple[str, ...] | tuple[object, ...], Counts] = {}

    def counts(self, kind: str, thresholds: dict[str, float]) -> Counts:
        """True positives, false positives, false negatives of a kind."""
        reached = [
            len(self.scores[k]) - int(np.searchsorted(self.scores[k], t))
            for k, t in sorted(thresholds.items())
        ]
        key = (kind, *reached)
        if key not in self._known:
            # Before a micro threshold is chosen, no macro-expression depends on it.
            bars = {**dict.fromkeys(KINDS, np.inf), **thresholds}
            found = self._spotter.chosen(self._candidates, bars)
            found = found[found["kind"] == kind]
            there = self._there[kind]
            tp = len(match_intervals(spans(found), there, self._iou))
            self._known[key] = (tp, len(found) - tp, len(there) - tp)
        return self._known[key]


def _grid(films: list[_Film], kind: str) -> list[float]:
    """Heights to try: quantiles of those of all peaks, closer together towards the highest."""
    scores = np.concatenate([np.zeros(0), *(film.scores[kind] for film in films)])
    if not len(scores):
        return [0.0]
    share = 1 - np.geomspace(1, max(1 / len(scores), 1e-4), _GRID)
    return sorted(set(np.quantile(scores, share).tolist()))


def _best(counts: np.ndarray) -> int:
    """The threshold about which F1 is highest; of equal ones that in the middle.

    A single threshold may owe its F1 to one expression of one person, so the mean with those next
    to it is taken.
    """
    tp, fp, fn = counts.T
    f1 = 2 * tp / np.maximum(2 * tp + fp + fn, 1)
    window = np.ones(2 * _NEIGHBOURS + 1)
    ones = np.ones(len(f1))
    mean = np.convolve(f1, window, "full") / np.convolve(ones, window, "full")
    mean = mean[_NEIGHBOURS : _NEIGHBOURS + len(f1)]
    best = np.flatnonzero(mean >= mean.max() - 1e-12)
    return int(best[len(best) // 2])
