"""Spotters on a database of long videos: thresholds tuned on other people, chance beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
import pandas as pd

from ..clip import Clip
from ..errors import BadInput, FaceNotFound
from ..parallel import in_order
from .faces import VERSION as FACES_VERSION
from .faces import follow_face
from .frames import open_source
from .score import apex_errors, count_hits, match_intervals, roc, spotting_scores
from .spot import SPOTTERS, as_curves, get_spotter, measure_faces
from .spotter import KINDS, Spotter

if TYPE_CHECKING:
    from ..datasets.long import LongVideos
    from ..storage.cache import ArrayCache

__all__ = ["Evaluation", "evaluate_spotters", "random_intervals"]

#: Thresholds that are tried per kind: this many quantiles of the heights of all peaks.
_GRID = 32
_NEIGHBOURS = 2  # of a threshold on either side, whose F1 counts too
_CHANCE = 200  # times that random intervals are drawn

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What one spotter did on one database.

    Attributes
    ----------
    spotter : Spotter
    predictions : DataFrame
        Columns ``video, subject, kind, onset, apex, offset, …, score``: what was spotted, each
        video with the thresholds of its fold.
    scores : DataFrame
        See :func:`mebench.spotting.spotting_scores`; further columns ``chance``, the mean F1 of
        random intervals, as many and as long in each video, and ``apex_error``, the mean number of
        frames between spotted and annotated apex of what was found.
    thresholds : DataFrame
        One row per fold: ``subject`` (left out), ``micro``, ``macro``; NaN where they are relative.
    candidates : DataFrame
        Every peak of every video, for :func:`mebench.spotting.roc`.
    notes : list of str
        Videos without a face, in which nothing was spotted.
    """

    spotter: Spotter
    predictions: pd.DataFrame
    scores: pd.DataFrame
    thresholds: pd.DataFrame
    candidates: pd.DataFrame
    notes: list[str]

    def roc(self, database: LongVideos, kind: str = "micro") -> pd.DataFrame:
        """See :func:`mebench.spotting.roc`; of one kind."""
        mine = self.candidates[self.candidates["kind"] == kind].reset_index(drop=True)
        truth = database.truth[database.truth["kind"] == kind].reset_index(drop=True)
        return roc(mine, truth, database.videos)


def evaluate_spotters(
    database: LongVideos,
    methods: Sequence[str | Spotter] | None = None,
    *,
    tune: bool = True,
    iou: float = 0.5,
    cache: ArrayCache | None = None,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> list[Evaluation]:
    """Spot in every video of a database, and score it as the challenges do.

    Parameters
    ----------
    database : LongVideos
        From :func:`mebench.datasets.long.load_long`.
    methods : sequence of str or Spotter, optional
        Default: all of :data:`mebench.spotting.SPOTTERS`.
    tune : bool, default True
        Leave one subject out: the thresholds for a person's videos are those about which F1 is
        highest on the videos of all others. False: the spotter's own thresholds.
    iou : float, default 0.5
    cache : ArrayCache, optional
        Where curves are kept, such as :func:`mebench.evaluation.default_cache`: to tune or to score
        anew then takes seconds. Default: nowhere.
    n_jobs : int, default 1
        Videos at a time, as threads. The results are the same.
    progress : callable, optional
        Called as ``progress(done, total)`` in videos.

    Returns
    -------
    list of Evaluation
        In the order of `methods`.

    Raises
    ------
    BadInput
        Tuning with a single subject, or of a spotter whose threshold is relative (`tau`); unknown
        methods.
    FaceNotFound
        No video shows a face.
    """
    spotters = [get_spotter(m) for m in (methods if methods is not None else list(SPOTTERS))]
    relative = [s.name for s in spotters if s.tau is not None]
    if tune and relative:
        raise BadInput(
            f"The threshold of {', '.join(relative)} is relative to each video (tau), so there is "
            "none to tune: use tune=False."
        )
    subjects = list(dict.fromkeys(database.videos["subject"]))
    if tune and len(subjects) < 2:
        raise BadInput(
            "Thresholds are tuned on other people, and there is only one subject: use tune=False "
            "(--no-tune), or more subjects."
        )
    curves, notes = _all_curves(database, spotters, cache, n_jobs, progress)
    return [_evaluated(s, database, curves[i], tune, iou, notes) for i, s in enumerate(spotters)]


def random_intervals(
    predictions: pd.DataFrame, videos: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """As many intervals of the same kinds and lengths in each video, anywhere in it."""
    length = dict(zip(videos["video"], videos["n_frames"], strict=True))
    out = predictions.copy()
    for video, rows in out.groupby("video").groups.items():
        lasts = (out.loc[rows, "offset"] - out.loc[rows, "onset"]).to_numpy(int)
        out.loc[rows, ["onset", "offset"]] = _anywhere(lasts, int(length[video]), rng).astype(int)
    return out


def _all_curves(
    database: LongVideos,
    spotters: list[Spotter],
    cache: ArrayCache | None,
    n_jobs: int,
    progress: Progress | None,
) -> tuple[list[dict[str, pd.DataFrame]], list[str]]:
    """Curves of each spotter and video; each video is read and its face followed once."""
    jobs = ((video, spotters, cache) for video in database.clips)
    found = in_order(_curves, jobs, n_jobs)
    out: list[dict[str, pd.DataFrame]] = [{} for _ in spotters]
    notes = []
    for done, (video, results) in enumerate(zip(database.clips, found, strict=True), start=1):
        if isinstance(results, str):
            notes.append(f"{video.id}: {results}")
        else:
            for mine, curves in zip(out, results, strict=True):
                mine[video.id] = curves
        if progress is not None:
            progress(done, len(database.clips))
    return out, notes


def _curves(
    video: Clip, spotters: list[Spotter], cache: ArrayCache | None
) -> list[pd.DataFrame] | str:
    """What each spotter measures in a video, or why nothing is."""
    source = open_source(video)
    if source.fps is None:
        raise BadInput(f"{video.id} has no frame rate, on which windows and durations depend.")
    known: dict[int, pd.DataFrame] = {}
    keys = [None if cache is None else _key(video, s, source.fps) for s in spotters]
    for i, key in enumerate(keys):
        if cache is not None and key is not None and (rows := cache.get(key)) is not None:
            known[i] = as_curves(rows, spotters[i])
    missing = [i for i in range(len(spotters)) if i not in known]
    if missing:
        faces = follow_face(source, source.fps)
        try:
            new = measure_faces(faces, source.fps, [spotters[i] for i in missing])
        except FaceNotFound as error:
            return str(error)
        for i, curves in zip(missing, new, strict=True):
            known[i], key = curves, keys[i]
            if cache is not None and key is not None:
                cache.put(key, curves[[*spotters[i].columns, "x", "y"]].to_numpy())
    return [known[i] for i in range(len(spotters))]


def _key(video: Clip, spotter: Spotter, fps: float) -> str | None:
    """All that a curve depends on; None of code from elsewhere, whose changes go unseen."""
    settings = spotter.settings(fps)
    mine = type(spotter).rows.__module__.startswith(f"{__package__}.")
    if settings is None or not mine:
        return None
    return (
        f"spotting {settings} {spotter.version} faces {FACES_VERSION} "
        f"opencv {cv2.__version__} {video.digest()}"
    )


def _evaluated(
    spotter: Spotter,
    database: LongVideos,
    curves: dict[str, pd.DataFrame],
    tune: bool,
    iou: float,
    notes: list[str],
) -> Evaluation:
    videos, truth = database.videos, database.truth
    fps = dict(zip(videos["video"], videos["fps"], strict=True))
    candidates = {v: spotter.candidates(c, float(fps[v])) for v, c in curves.items()}
    subjects = list(dict.fromkeys(videos["subject"]))
    if not candidates:
        raise FaceNotFound(f"No face in any video: {'; '.join(notes)}")
    folds = _tuned(spotter, candidates, videos, truth, iou) if tune else None
    parts = []
    for row in cast(Any, videos.itertuples()):
        if row.video in candidates:
            bars = spotter.bars(curves[row.video], row.fps) if folds is None else folds[row.subject]
            found = spotter.chosen(candidates[row.video], bars)
            found.insert(0, "video", row.video)
            found.insert(1, "subject", row.subject)
            parts.append(found)
    predictions = pd.concat(parts, ignore_index=True)
    counts = count_hits(predictions, truth, videos, iou)
    scores = spotting_scores(counts)
    scores["chance"] = _chance(predictions, truth, videos, iou, list(scores.index))
    scores["apex_error"] = [
        _mean_error(predictions, truth, str(kind), iou) for kind in scores.index
    ]
    own = dict.fromkeys(KINDS, np.nan) if spotter.tau is not None else dict(spotter.thresholds)
    thresholds = pd.DataFrame(
        [{"subject": subject, **(own if folds is None else folds[subject])} for subject in subjects]
    )
    every = pd.concat(
        [table.assign(video=video) for video, table in candidates.items()], ignore_index=True
    )
    return Evaluation(spotter, predictions, scores, thresholds, every, notes)


def _tuned(
    spotter: Spotter,
    candidates: dict[str, pd.DataFrame],
    videos: pd.DataFrame,
    truth: pd.DataFrame,
    iou: float,
) -> dict[str, dict[str, float]]:
    """Thresholds of each fold: for macro first, then, given that, for micro."""
    names = [v for v in videos["video"] if v in candidates]
    owner = dict(zip(videos["video"], videos["subject"], strict=True))
    subject = np.array([owner[v] for v in names])
    grid = {kind: _grid(candidates, kind) for kind in KINDS}
    macro = np.array([
        [_hits(_kept(candidates[v], "macro", t), truth, v, "macro", iou) for v in names]
        for t in grid["macro"]
    ])  # fmt: skip
    micro: dict[float, np.ndarray] = {}
    folds = {}
    for left_out in dict.fromkeys(videos["subject"]):
        train = subject != left_out
        high = grid["macro"][_best(macro[:, train].sum(axis=1))]
        if high not in micro:
            micro[high] = np.array([
                [
                    _hits(
                        spotter.chosen(candidates[v], {"micro": t, "macro": high})
                        .query("kind == 'micro'"),
                        truth, v, "micro", iou,
                    )
                    for v in names
                ]
                for t in grid["micro"]
            ])  # fmt: skip
        low = grid["micro"][_best(micro[high][:, train].sum(axis=1))]
        folds[left_out] = {"micro": float(low), "macro": float(high)}
    return folds


def _grid(candidates: dict[str, pd.DataFrame], kind: str) -> list[float]:
    """Heights to try: quantiles of those of all peaks, closer together towards the highest."""
    scores = np.concatenate([t.loc[t["kind"] == kind, "score"] for t in candidates.values()])
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


def _kept(table: pd.DataFrame, kind: str, threshold: float) -> pd.DataFrame:
    return table[(table["kind"] == kind) & (table["score"] >= threshold)]


def _hits(
    found: pd.DataFrame, truth: pd.DataFrame, video: str, kind: str, iou: float
) -> tuple[int, int, int]:
    there = truth[(truth["video"] == video) & (truth["kind"] == kind)]
    marks = ["onset", "offset"]
    tp = len(match_intervals(found[marks].to_numpy(), there[marks].to_numpy(float), iou))
    return tp, len(found) - tp, len(there) - tp


def _chance(
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    videos: pd.DataFrame,
    iou: float,
    kinds: list[str],
) -> list[float]:
    """Mean F1 of random intervals, per kind and of all."""
    rng = np.random.default_rng(0)
    length = dict(zip(videos["video"], videos["n_frames"], strict=True))
    theirs = {
        key: group[["onset", "offset"]].to_numpy(float)
        for key, group in truth.groupby(["video", "kind"])
    }
    hits = {kind: np.zeros(_CHANCE) for kind in kinds}
    for (video, kind), group in cast(Any, predictions.groupby(["video", "kind"])):
        if (video, kind) in theirs:
            lasts = (group["offset"] - group["onset"]).to_numpy(int)
            for i in range(_CHANCE):
                spans = _anywhere(lasts, int(length[video]), rng)
                hits[kind][i] += len(match_intervals(spans, theirs[video, kind], iou))
    hits["all"] = sum((h for k, h in hits.items() if k != "all"), np.zeros(_CHANCE))
    out = []
    for kind in kinds:
        mine = [t if kind == "all" else t[t["kind"] == kind] for t in (predictions, truth)]
        out.append(float(np.mean(2 * hits[kind] / max(sum(map(len, mine)), 1))))
    return out


def _anywhere(lasts: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """Intervals of those durations, each anywhere in the video, ``(n, 2)``."""
    onset = np.floor(rng.random(len(lasts)) * np.maximum(length - lasts, 1))
    return np.stack([onset, onset + lasts], axis=1)


def _mean_error(predictions: pd.DataFrame, truth: pd.DataFrame, kind: str, iou: float) -> float:
    tables = [t if kind == "all" else t[t["kind"] == kind] for t in (predictions, truth)]
    errors = np.abs(apex_errors(tables[0], tables[1], iou))
    return float(errors.mean()) if len(errors) else float("nan")
