"""Spot, then recognise: what is spotted in a database gets an emotion, and both are scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from ..clip import Clip, FrameFiles, VideoFile
from ..errors import BadInput
from .score import persons_of
from .spot_then_recognise import strs
from .submission import BROAD

if TYPE_CHECKING:
    from ..datasets.long import LongVideos
    from ..storage.cache import ArrayCache

__all__ = ["broad", "recognise_spotted"]


def recognise_spotted(
    database: LongVideos,
    predictions: pd.DataFrame,
    method: Any = "bi-woof",
    *,
    iou: float = 0.5,
    learn_from: LongVideos | None = None,
    cache: ArrayCache | None = None,
    n_jobs: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Recognise the emotion of spotted intervals, leaving one subject out.

    For each person, the method is fitted to the annotated expressions of all others, of the same
    kind (micro or macro), and asked about what was spotted in the videos of that person. The
    method keeps its own parameters, which were chosen on no data: nothing is tuned. No annotation
    of the person's own enters.

    Parameters
    ----------
    database : LongVideos
    predictions : DataFrame
        Of :class:`mebench.spotting.Evaluation`, or of your own: ``video, subject, kind, onset,
        apex, offset``.
    method : str, Method or estimator, default 'bi-woof'
        As in :func:`mebench.evaluate`.
    iou : float, default 0.5
    learn_from : LongVideos, optional
        Annotated videos of other databases, from which all is learnt, in the four broad classes
        of the challenges (:data:`mebench.spotting.submission.BROAD`); for videos that nobody has
        annotated. Scores then say nothing.
    cache : ArrayCache, optional
        Of features.
    n_jobs : int, optional
        Threads.
    seed : int, default 0
    progress : callable, optional
        Called as ``progress(done, total)`` in clips.

    Returns
    -------
    predictions : DataFrame
        With a column ``emotion``; blank where no face is found in the first frame, or the others
        show fewer than two emotions.
    scores : DataFrame
        One row per kind, and ``all``: see :func:`mebench.spotting.strs`.

    Raises
    ------
    BadInput
        The database names no emotions, or there is only one subject.
    """
    from ..evaluation._evaluate import seeded
    from ..methods import get_method
    from ..methods.extract import extract
    from ..methods.fitting import fit_tail, rows_of
    from ..methods.parts import split_pipeline

    truth = database.truth if learn_from is None else broad(learn_from.truth)
    named = truth[truth["emotion"].fillna("").astype(str) != ""].reset_index(drop=True)
    if not len(named):
        raise BadInput("The annotated expressions have no emotions, so none can be learnt.")
    if learn_from is None and len(set(persons_of(database.videos))) < 2:
        raise BadInput("Emotions are learnt from other people, and there is only one subject.")
    predictions = predictions.reset_index(drop=True)
    sources = [database, *([] if learn_from is None else [learn_from])]
    films = {clip.id: clip for source in sources for clip in source.clips}
    homes = pd.concat([source.videos for source in sources], ignore_index=True)
    owner = dict(zip(homes["video"], persons_of(homes), strict=True))
    both = pd.concat([named, predictions], ignore_index=True)
    clips = [
        _cut(films[row.video], int(row.onset), row.apex, int(row.offset))
        for row in cast(Any, both.itertuples())
    ]
    recipe = get_method(method)
    steps, tail = split_pipeline(seeded(recipe.build(), seed), recipe.tune)
    found = extract(
        steps, clips, cache=cache, on_error="skip", n_jobs=n_jobs, progress=progress
    )  # fmt: skip
    X, kept = found.matrix(), np.asarray(found.kept)
    both = both.iloc[kept]
    emotions = both["emotion"].astype(str).to_numpy()
    learnt, kind = kept < len(named), both["kind"].to_numpy()
    subject = both["video"].map(owner).to_numpy(object)
    said = np.full(len(predictions), "", object)
    for person in dict.fromkeys(subject[~learnt]):
        for which in dict.fromkeys(kind):
            asked = np.flatnonzero(~learnt & (subject == person) & (kind == which))
            others = np.flatnonzero(learnt & (subject != person) & (kind == which))
            if len(asked) and len(set(emotions[others])) > 1:
                fitted = fit_tail(
                    _fresh(tail), rows_of(X, others), emotions[others], subject[others]
                )  # fmt: skip
                said[kept[asked] - len(named)] = fitted.predict(rows_of(X, asked))
    labelled = predictions.assign(emotion=said)
    truth = database.truth
    if not database.labelled:
        return labelled, pd.DataFrame()
    names, rows = sorted(set(named["emotion"].astype(str))), {}
    for which in [*dict.fromkeys(truth["kind"].astype(str)), "all"]:
        mine, theirs = labelled, truth
        if which != "all":
            mine, theirs = mine[mine["kind"] == which], theirs[theirs["kind"] == which]
        rows[which] = strs(mine, theirs, database.videos, classes=names, iou=iou)
    return labelled, pd.DataFrame.from_dict(rows, orient="index").rename_axis("kind")


def broad(truth: pd.DataFrame) -> pd.DataFrame:
    """Emotions as the challenges name them: negative, positive, surprise, others."""
    words = truth["emotion"].astype(object).where(truth["emotion"].notna(), "")
    words = words.astype(str).str.strip().str.lower()
    return truth.assign(emotion=words.replace(BROAD))


def _fresh(tail: Any) -> Any:
    from sklearn.base import clone

    return clone(tail)


def _cut(video: Clip, onset: int, apex: Any, offset: int) -> Clip:
    """The frames from onset to offset as a clip; two at least, so that there is a movement."""
    onset = max(0, min(onset, len(video) - 2))
    offset = max(onset + 1, min(offset, len(video) - 1))
    source, frames = video.source, slice(onset, offset + 1)
    part: Any
    if isinstance(source, FrameFiles):
        part = replace(source, paths=source.paths[frames])
    elif isinstance(source, VideoFile):
        part = replace(source, first=source.first + onset, count=offset + 1 - onset)
    else:
        part = source[frames]
    # As an index into the clip; where there is none, the middle.
    at = (offset - onset) // 2 if pd.isna(apex) else min(max(int(apex) - onset, 0), offset - onset)
    return Clip(f"{video.id} {onset}–{offset}", part, fps=video.fps, apex=at)
