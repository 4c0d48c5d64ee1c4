"""Spotters on a database of long videos: thresholds tuned on other people, chance beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
import pandas as pd

from ..clip import Clip
from ..errors import BadInput, FaceNotFound
from ..parallel import in_order
from ._spot import SPOTTERS, as_curves, get_spotter, measure_faces
from .causes import count_causes, outcomes
from .faces import VERSION as FACES_VERSION
from .faces import follow_face
from .frames import open_source
from .matching import match_intervals
from .precision_curve import COCO_IOUS, average_precision, roc
from .score import apex_errors, count_hits, persons_of, scores_by_database, spotting_scores
from .spotter import KINDS, Spotter
from .thresholds import pooled_thresholds, tuned_thresholds

if TYPE_CHECKING:
    from ..datasets.long import LongVideos
    from ..storage.cache import ArrayCache
    from ..storage.checkpoint import Parts

__all__ = ["Evaluation", "evaluate_spotters", "learn_thresholds", "random_intervals"]

_CHANCE = 200  # times that random intervals are drawn

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What one spotter did on one database.

    Attributes
    ----------
    spotter : Spotter
    predictions : DataFrame
        Columns ``dataset, video, subject, kind, onset, apex, offset, …, score``, what was spotted,
        each video with the thresholds of its fold; ``result`` is tp or fp, ``cause`` what a false
        positive is laid to (:func:`mebench.spotting.outcomes`), both blank where nobody has
        annotated the videos.
    counts : DataFrame
        Of :func:`mebench.spotting.count_hits`: each video.
    scores : DataFrame
        See :func:`mebench.spotting.spotting_scores`; further columns ``ap`` and ``ap_coco``,
        average precision at the least overlap and at [.5:.95]; ``chance``, the mean F1 of
        random intervals, as many and as long in each video; and ``apex_error``, the mean number of
        frames between spotted and annotated apex of what was found.
    causes : DataFrame
        See :func:`mebench.spotting.count_causes`.
    thresholds : DataFrame
        One row per fold: ``dataset, subject`` (left out), ``micro``, ``macro``; NaN where they are
        relative.
    candidates : DataFrame
        Every peak of every video, for :func:`mebench.spotting.roc`.
    curves : dict of str to DataFrame
        What the spotter measured in each video.
    notes : list of str
        Videos without a face, in which nothing was spotted.
    """

    spotter: Spotter
    predictions: pd.DataFrame
    counts: pd.DataFrame
    scores: pd.DataFrame
    causes: pd.DataFrame
    thresholds: pd.DataFrame
    candidates: pd.DataFrame
    curves: dict[str, pd.DataFrame]
    notes: list[str]

    def roc(self, database: LongVideos, kind: str = "micro") -> pd.DataFrame:
        """See :func:`mebench.spotting.roc`; of one kind."""
        mine = self.candidates[self.candidates["kind"] == kind].reset_index(drop=True)
        truth = database.truth[database.truth["kind"] == kind].reset_index(drop=True)
        return roc(mine, truth, database.videos)

    def by_database(self) -> pd.DataFrame:
        """See :func:`mebench.spotting.scores_by_database`."""
        return scores_by_database(self.counts)


def evaluate_spotters(
    database: LongVideos,
    methods: Sequence[str | Spotter] | None = None,
    *,
    tune: bool = True,
    iou: float = 0.5,
    cache: ArrayCache | None = None,
    keep: Sequence[Parts] | None = None,
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
        highest on the videos of all others, of thresholds laid through their peaks. False: the
        spotter's own thresholds.
    iou : float, default 0.5
    cache : ArrayCache, optional
        Where curves are kept, such as :func:`mebench.evaluation.default_cache`: to tune or to score
        anew then takes seconds. Default: nowhere.
    keep : sequence of mapping, optional
        For each method where its curves are kept by the name of the video until all is done, such
        as a :class:`mebench.storage.Checkpoint`.
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
    if tune and not database.labelled:
        raise BadInput(
            "Nobody has annotated these videos, so no thresholds can be tuned on them: use "
            "tune=False (--no-tune)."
        )
    if tune and len(set(persons_of(database.videos))) < 2:
        raise BadInput(
            "Thresholds are tuned on other people, and there is only one subject: use tune=False "
            "(--no-tune), or more subjects."
        )
    curves, notes = _all_curves(database, spotters, cache, keep, n_jobs, progress)
    return [_evaluated(s, database, curves[i], tune, iou, notes) for i, s in enumerate(spotters)]


def learn_thresholds(
    spotter: Spotter,
    database: LongVideos,
    *,
    iou: float = 0.5,
    cache: ArrayCache | None = None,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Spotter:
    """The spotter with thresholds tuned on annotated videos, for videos of others.

    Parameters
    ----------
    spotter : Spotter
    database : LongVideos
        Annotated.
    iou, cache, n_jobs, progress
        As in :func:`evaluate_spotters`.

    Raises
    ------
    BadInput
        Nobody has annotated the videos.
    """
    if not database.labelled:
        raise BadInput("Thresholds are learnt from annotated videos, and nobody annotated these.")
    curves, _ = _all_curves(database, [spotter], cache, None, n_jobs, progress)
    fps = dict(zip(database.videos["video"], database.videos["fps"], strict=True))
    found = {v: spotter.candidates(c, float(fps[v])) for v, c in curves[0].items()}
    return replace(
        spotter, tau=None, thresholds=pooled_thresholds(spotter, found, database.truth, iou)
    )


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
    keep: Sequence[Parts] | None,
    n_jobs: int,
    progress: Progress | None,
) -> tuple[list[dict[str, pd.DataFrame]], list[str]]:
    """Curves of each spotter and video; each video is read and its face followed once."""
    jobs = ((video, spotters, cache, keep) for video in database.clips)
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
    video: Clip,
    spotters: list[Spotter],
    cache: ArrayCache | None,
    keep: Sequence[Parts] | None,
) -> list[pd.DataFrame] | str:
    """What each spotter measures in a video, or why nothing is."""
    source = open_source(video)
    if source.fps is None:
        raise BadInput(f"{video.id} has no frame rate, on which windows and durations depend.")
    known: dict[int, pd.DataFrame] = {}
    keys = [None if cache is None else _key(video, s, source.fps) for s in spotters]
    for i, key in enumerate(keys):
        if keep is not None and video.id in keep[i]:
            part = keep[i][video.id]
            if "why" in part:
                return str(part["why"])
            known[i] = as_curves(part["rows"], spotters[i])
        elif cache is not None and key is not None and (rows := cache.get(key)) is not None:
            known[i] = as_curves(rows, spotters[i])
    missing = [i for i in range(len(spotters)) if i not in known]
    if missing:
        nobody = f"nobody by dlib at {source.fps} per second {_faces_of(video)}"
        try:
            # That there is nobody takes longest to find out: it is kept, too.
            if cache is not None and (why := cache.get(nobody)) is not None:
                raise FaceNotFound(str(why))
            faces = follow_face(source, source.fps)
            new = measure_faces(faces, source.fps, [spotters[i] for i in missing])
        except FaceNotFound as error:
            for i in missing if keep is not None else ():
                keep[i][video.id] = {"why": np.array(str(error))}  # type: ignore[index]
            if cache is not None:
                cache.put(nobody, np.array(str(error)))
            return str(error)
        for i, curves in zip(missing, new, strict=True):
            known[i], key = curves, keys[i]
            rows = curves[[*spotters[i].columns, "x", "y"]].to_numpy()
            if keep is not None:
                keep[i][video.id] = {"rows": rows}
            if cache is not None and key is not None:
                cache.put(key, rows)
    return [known[i] for i in range(len(spotters))]


def _key(video: Clip, spotter: Spotter, fps: float) -> str | None:
    """All that a curve depends on; None of code from elsewhere, whose changes go unseen."""
    settings = spotter.settings(fps)
    mine = type(spotter).rows.__module__.startswith(f"{__package__}.")
    if settings is None or not mine:
        return None
    return f"spotting {settings} {spotter.version} {_faces_of(video)}"


def _faces_of(video: Clip) -> str:
    """All that the followed face of a video depends on."""
    return f"faces {FACES_VERSION} opencv {cv2.__version__} {video.digest()}"


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
    if not candidates:
        raise FaceNotFound(f"No face in any video: {'; '.join(notes)}")
    folds = tuned_thresholds(spotter, candidates, videos, truth, iou) if tune else None
    persons = persons_of(videos)
    parts = []
    for row, person in zip(cast(Any, videos.itertuples()), persons, strict=True):
        if row.video in candidates:
            bars = spotter.bars(curves[row.video], row.fps) if folds is None else folds[person]
            found = spotter.chosen(candidates[row.video], bars)
            for i, column in enumerate(("dataset", "video", "subject")):
                found.insert(i, column, getattr(row, column))
            parts.append(found)
    predictions = pd.concat(parts, ignore_index=True)
    counts = count_hits(predictions, truth, videos, iou)
    every = pd.concat(
        [table.assign(video=video) for video, table in candidates.items()], ignore_index=True
    )
    predictions = outcomes(predictions, truth, database.events, iou)
    scores = _scores(predictions, every, counts, database, iou)
    causes = count_causes(predictions)
    if not database.labelled:  # what is found is neither right nor wrong
        predictions = predictions.assign(result="", cause="")
    own = dict.fromkeys(KINDS, np.nan) if spotter.tau is not None else dict(spotter.thresholds)
    people = videos.assign(person=persons).drop_duplicates("person")
    thresholds = pd.DataFrame([
        {"dataset": row.dataset, "subject": row.subject,
         **(own if folds is None else folds[row.person])}
        for row in cast(Any, people.itertuples())
    ])  # fmt: skip
    return Evaluation(
        spotter, predictions, counts, scores, causes, thresholds, every, curves, notes
    )


def _scores(
    predictions: pd.DataFrame,
    every: pd.DataFrame,
    counts: pd.DataFrame,
    database: LongVideos,
    iou: float,
) -> pd.DataFrame:
    truth = database.truth
    scores = spotting_scores(counts)
    single, coco = (average_precision(every, truth, ious) for ious in ((iou,), COCO_IOUS))
    kinds = [str(kind) for kind in scores.index]
    scores["ap"] = [single.get(kind, np.nan) for kind in kinds]
    scores["ap_coco"] = [coco.get(kind, np.nan) for kind in kinds]
    scores["chance"] = _chance(predictions, truth, database.videos, iou, kinds)
    scores["apex_error"] = [_mean_error(predictions, truth, kind, iou) for kind in kinds]
    return scores


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
