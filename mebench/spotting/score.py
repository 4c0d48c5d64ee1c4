"""Scoring spotted intervals against annotated ones, as the challenges do it.

A spotted interval is right if it overlaps an annotated one by half or more of their union, and
nobody counts twice: one spotted interval for one annotated. Right and wrong ones are counted over
all videos of all databases, those without any expression included, before any ratio is taken
(Micro-Expression Grand Challenges 2019 to 2025).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..scoring.bootstrap import interval, resamples
from ..scoring.subjects import subject_keys
from .matching import matches, typed
from .spotter import KINDS

__all__ = [
    "apex_errors",
    "count_hits",
    "f1_of",
    "of_length",
    "parse_lengths",
    "persons_of",
    "scores_by_database",
    "spotting_scores",
]

#: Of the pooled rows in :func:`scores_by_database`.
OVERALL = "Overall"


def count_hits(
    predictions: pd.DataFrame, truth: pd.DataFrame, videos: pd.DataFrame, iou: float = 0.5
) -> pd.DataFrame:
    """True positives, false positives and false negatives of each video and kind.

    A video is known by its database and its name: the same name in two databases is two videos.

    Parameters
    ----------
    predictions, truth : DataFrame
        As for :func:`matches`.
    videos : DataFrame
        Columns ``video, subject`` and, if there is more than one database, ``dataset``; one row per
        video, those without any expression too.
    iou : float, default 0.5

    Returns
    -------
    DataFrame
        Columns ``dataset, video, subject, kind, tp, fp, fn``; kind is ``"all"`` where the
        intervals have none, dataset blank where nobody names it.

    Raises
    ------
    BadInput
        A prediction or an expression in a video that is not among `videos`; a video whose
        database cannot be told.

    See Also
    --------
    spotting_scores, scores_by_database : Ratios of these counts.

    Examples
    --------
    >>> truth = pd.DataFrame({"dataset": ["A"], "video": ["v1"], "onset": [10], "offset": [20]})
    >>> videos = pd.DataFrame({"dataset": list("AB"), "video": "v1", "subject": "1"})
    >>> count_hits(truth.assign(dataset="B"), truth, videos)[["dataset", "tp", "fp", "fn"]]
      dataset  tp  fp  fn
    0       A   0   0   1
    1       B   0   1   0
    """
    videos = videos if "dataset" in videos else videos.assign(dataset="")
    predictions = _placed(predictions, videos, "predicted")
    truth = _placed(truth, videos, "annotated")
    has_kind = typed(predictions, truth)
    kinds = (
        sorted({*truth["kind"], *predictions["kind"]}, reverse=True) or list(KINDS)
        if has_kind
        else ["all"]
    )
    hit = predictions.loc[matches(predictions, truth, iou)["prediction"]]
    blank = videos[["dataset", "video", "subject"]].merge(pd.DataFrame({"kind": kinds}), "cross")
    where = pd.MultiIndex.from_frame(blank[["dataset", "video", "kind"]])

    def counted(table: pd.DataFrame) -> np.ndarray:
        table = table if has_kind else table.assign(kind="all")
        found = table.groupby(["dataset", "video", "kind"]).size()
        return found.reindex(where, fill_value=0).to_numpy(int)

    tp = counted(hit)
    return blank.assign(tp=tp, fp=counted(predictions) - tp, fn=counted(truth) - tp)


def spotting_scores(
    counts: pd.DataFrame, *, level: float = 0.95, n_resamples: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Precision, recall and F1 of each kind and of all together, counts pooled over all videos.

    Two readings stand side by side, since published tables differ in them: all videos count, or
    (``_shown``) only those in which an expression of the kind is annotated, so that false
    positives in the others do not. Only the first is what a detector does on recordings in which
    nobody knows whether there is anything.

    Parameters
    ----------
    counts : DataFrame
        From :func:`count_hits`.
    level, n_resamples, seed
        Of the intervals of F1, by bootstrap over persons as in
        :func:`mebench.scoring.bootstrap_intervals`; NaN with one person.

    Returns
    -------
    DataFrame
        One row per kind, and ``all``: ``tp, fp, fn, precision, recall, f1, f1_low, f1_high``, then
        ``fp_shown, precision_shown, f1_shown``. A ratio whose denominator is zero is 0.

    See Also
    --------
    scores_by_database : The same per database.

    Examples
    --------
    >>> counts = pd.DataFrame({"video": ["a", "b"], "subject": ["1", "2"], "kind": "micro",
    ...                        "tp": [1, 0], "fp": [0, 1], "fn": [1, 0]})
    >>> spotting_scores(counts).loc["micro", ["precision", "recall", "f1", "f1_shown"]].round(3)
    precision    0.500
    recall       0.500
    f1           0.500
    f1_shown     0.667
    Name: micro, dtype: float64
    """
    names = [kind for kind in dict.fromkeys(counts["kind"]) if kind != "all"]
    # A video shows a kind where an expression of it is annotated, found or not.
    counts = counts.assign(
        fp_shown=counts["fp"].where(counts["tp"] + counts["fn"] > 0, 0),
        person=persons_of(counts),
    )
    columns = ["tp", "fp", "fn", "fp_shown"]
    persons = sorted(set(counts["person"]))
    drawn = resamples(len(persons), n_resamples, seed)
    rows = {}
    for kind in [*names, "all"]:
        part = counts if kind == "all" else counts[counts["kind"] == kind]
        blocks = part.groupby("person")[columns].sum().reindex(persons).to_numpy(float)
        whole = blocks.sum(0)
        tp, fp, fn, shown = (int(n) for n in whole)
        low, high = interval(
            f1_of, whole[:3], np.tensordot(drawn, blocks[:, :3], axes=1),
            whole[:3] - blocks[:, :3], level,
        )  # fmt: skip
        rows[kind] = {
            **{"tp": tp, "fp": fp, "fn": fn},
            "precision": tp / max(tp + fp, 1),
            "recall": tp / max(tp + fn, 1),
            "f1": float(f1_of(whole[:3])),
            **{"f1_low": low, "f1_high": high, "fp_shown": shown},
            "precision_shown": tp / max(tp + shown, 1),
            "f1_shown": float(f1_of(whole[[0, 3, 2]])),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("kind")


def scores_by_database(counts: pd.DataFrame, **settings: float) -> pd.DataFrame:
    """Scores of each database, and ``Overall``, by which the challenges rank: all counts added.

    Parameters
    ----------
    counts : DataFrame
        From :func:`count_hits`.
    **settings
        As for :func:`spotting_scores`.

    Returns
    -------
    DataFrame
        As :func:`spotting_scores`, indexed by ``dataset`` and ``kind``.

    Examples
    --------
    The two unseen databases of the challenge of 2025, its baseline:

    >>> counts = pd.DataFrame({"dataset": ["SAMM", "CAS(ME)3"], "video": "v", "subject": "1",
    ...     "kind": "micro", "tp": [6, 3], "fp": [217, 115], "fn": [202, 34]})
    >>> found = scores_by_database(counts)
    >>> found["f1"].xs("micro", level="kind").round(4).to_dict()
    {'SAMM': 0.0278, 'CAS(ME)3': 0.0387, 'Overall': 0.0307}
    """
    parts = {
        str(name): spotting_scores(part, **settings)  # type: ignore[arg-type]
        for name, part in counts.groupby("dataset", sort=False)
    }
    parts[OVERALL] = spotting_scores(counts, **settings)  # type: ignore[arg-type]
    return pd.concat(parts, names=["dataset"])


def apex_errors(predictions: pd.DataFrame, truth: pd.DataFrame, iou: float = 0.5) -> np.ndarray:
    """Frames between spotted and annotated apex of each expression that was found.

    Positive where the spotted apex is late. Expressions without an annotated apex do not count.
    """
    pairs = matches(predictions, truth, iou)
    late = predictions.loc[pairs["prediction"], "apex"].to_numpy(float) - pd.to_numeric(
        truth.loc[pairs["truth"], "apex"]
    ).to_numpy(float, na_value=np.nan)
    return np.asarray(late[np.isfinite(late)])


def parse_lengths(text: str) -> dict[str, tuple[float, float]]:
    """Least and most frames per kind, of text such as ``micro=7-16,macro=17-``.

    Raises
    ------
    BadInput
        Anything else.

    Examples
    --------
    >>> parse_lengths("micro=7-16,macro=17-")
    {'micro': (7.0, 16.0), 'macro': (17.0, inf)}
    """
    out = {}
    for part in text.split(","):
        kind, equals, words = part.strip().partition("=")
        low, dash, high = words.partition("-")
        numbers = (low.strip() or "0", high.strip() or "inf")
        good = all(n.isdecimal() or n == "inf" for n in numbers)
        if not (equals and dash and good and kind in KINDS) or float(numbers[0]) > float(
            numbers[1]
        ):
            raise BadInput(
                f"Lengths are least and most frames of a kind, such as micro=7-16 or macro=17-, "
                f"separated by commas; found {part.strip()!r}."
            )
        out[kind] = (float(numbers[0]), float(numbers[1]))
    return out


def of_length(
    predictions: pd.DataFrame, lengths: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """The intervals that are neither too short nor too long, as some challenge entries drop them.

    Parameters
    ----------
    predictions : DataFrame
        With ``kind``; kinds without a length are kept.
    lengths : mapping of str to (least, most)
        Frames, the first and the last one counted.

    Examples
    --------
    >>> found = pd.DataFrame({"kind": "micro", "onset": [0, 0], "offset": [6, 16]})
    >>> of_length(found, {"micro": (7, 16)})["offset"].tolist()
    [6]
    """
    if "kind" not in predictions:
        raise BadInput("Lengths are per kind, and the intervals have no column kind.")
    frames = (predictions["offset"] - predictions["onset"] + 1).to_numpy(float)
    least, most = (
        predictions["kind"].map({k: v[i] for k, v in lengths.items()}).to_numpy(float)
        for i in (0, 1)
    )
    return predictions[~((frames < least) | (frames > most))]


def persons_of(videos: pd.DataFrame) -> np.ndarray:
    """The person of each video, by whom alone videos are told apart in training and test."""
    return subject_keys(videos if "dataset" in videos else videos.assign(dataset=""))


def f1_of(counts: np.ndarray) -> np.ndarray:
    """2TP / (2TP + FP + FN) of counts ``(..., 3)``; 0 where there is nothing to find or found."""
    tp, fp, fn = np.moveaxis(np.asarray(counts, float), -1, 0)
    return np.asarray(2 * tp / np.maximum(2 * tp + fp + fn, 1))


def _placed(table: pd.DataFrame, videos: pd.DataFrame, what: str) -> pd.DataFrame:
    """The intervals with the database that each lies in, which must be one of the list."""
    names = set(videos["dataset"])
    if "dataset" not in table:
        places = videos.groupby("video")["dataset"].agg(["first", "nunique"])
        twice = sorted(set(table["video"]) & set(places.index[places["nunique"] > 1]))
        if twice:
            raise BadInput(
                f"The video {twice[0]!r} is in {len(names)} databases, and the {what} intervals do "
                "not say in which they lie. Add a column dataset."
            )
        table = table.assign(dataset=table["video"].map(places["first"]))
    elif names == {""} and table["dataset"].nunique() <= 1:
        table = table.assign(dataset="")  # only one table troubles to name the one database
    known = set(zip(videos["dataset"], videos["video"], strict=True))
    there = [key in known for key in zip(table["dataset"], table["video"], strict=True)]
    if not all(there):
        lost = table[~np.array(there, bool)].drop_duplicates(["dataset", "video"])
        named = ", ".join(
            f"{row.video!r}" + (f" of {row.dataset}" if names != {""} and row.dataset == row.dataset
                                else "")
            for row in lost.itertuples()
        )  # fmt: skip
        raise BadInput(
            f"{len(lost)} video(s) of the {what} intervals are not in the list of videos: {named}. "
            "Write them as they are written there; a video in which nothing is annotated is named "
            "by a row of the truth without onset and offset."
        )
    return table
