"""What a method's predictions depend on: a test of leaks for any pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..datasets import Samples
from ..evaluation import evaluate
from ..scoring.subjects import Fold, subject_keys
from ..storage.cache import ArrayCache
from .extractors import make_clips

__all__ = ["LeakFound", "check_no_leak", "make_samples"]


#: Scores that differ by less, relative to the largest, are the same but for rounding.
_ROUNDING = 1e-9


class LeakFound(AssertionError):
    """Predictions depend on what they must not depend on; `report` says on what."""

    def __init__(self, message: str, report: pd.DataFrame) -> None:
        super().__init__(message)
        self.report = report


@dataclass(frozen=True)
class _Change:
    """What is changed, why predictions may not move, and of which tested clips that holds."""

    name: str
    words: str
    make: Callable[[Samples, np.ndarray, np.random.Generator], Samples]
    spared: bool = False  # the first tested clip is the changed one, and not looked at
    scores: bool = True  # whether not even a score may move, or rounding may differ


def check_no_leak(
    method: Any,
    samples: Samples | None = None,
    *,
    tuning: str = "nested",
    grid: Any = None,
    tune: Mapping[str, Sequence[Any]] | None = None,
    seed: int = 0,
    cache: ArrayCache | bool = False,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Raise unless a method's predictions depend on training data alone.

    One person is tested by a model trained and tuned on all others. Then, one at a time, the
    labels of the tested clips are changed, another tested clip shows something else or is an
    outlier, the clips come in another order, and the persons have other names. None of that may
    move a prediction, of which the tested clips and the training data are the same; nor, where the
    training data are not so much as sorted anew, the scores behind it.

    Parameters
    ----------
    method : str, Method or estimator
        As in :func:`mebench.evaluate`: a registered name, an import path, or any scikit-learn
        pipeline that takes clips and ends in a classifier.
    samples : Samples, optional
        Clips of three persons or more. Default: :func:`make_samples`.
    tuning, grid, tune, seed, cache, n_jobs
        As in :func:`mebench.evaluate`.

    Returns
    -------
    DataFrame
        One row per change: ``changed``, ``means``, ``compared`` clips, ``moved`` of them, and
        which ``clips``.

    Raises
    ------
    LeakFound
        With that table as its ``report``, where a prediction moved.

    See Also
    --------
    check_extractor : The rules for a step that learns nothing.
    mebench.evaluation.leakage_cost : What the leaks of a protocol are worth.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from mebench import HOOF
    >>> report = check_no_leak(make_pipeline(HOOF(), KNeighborsClassifier(1)))
    >>> report["changed"].tolist(), int(report["moved"].sum())
    (['test labels', 'other test clips', 'outliers', 'order of clips', 'names of persons'], 0)
    """
    samples = make_samples() if samples is None else samples
    rng = np.random.default_rng(seed)
    tested = _tested(samples)

    def predicted(of: Samples) -> pd.DataFrame:
        ids = set(samples.table["clip_id"].iloc[tested])
        found = evaluate(
            method, of, protocol=_one_fold(ids), tuning=tuning, grid=grid, tune=tune, seed=seed,
            cache=cache, n_jobs=n_jobs,
        )  # fmt: skip
        return found.table.set_index("clip_id")

    before, rows = predicted(samples), []
    for change in _CHANGES:
        after = predicted(change.make(samples, tested, rng))
        ids = samples.table["clip_id"].iloc[tested[1:] if change.spared else tested]
        moved = _moved(before.loc[ids], after.loc[ids], change.scores)
        rows.append({"changed": change.name, "means": change.words, "compared": len(ids),
                     "moved": len(moved), "clips": ", ".join(map(str, moved))})  # fmt: skip
    report = pd.DataFrame(rows)
    bad = report[report["moved"] > 0]
    if len(bad):
        words = "; ".join(
            f"{row.changed} ({row.moved} of {row.compared} predictions moved: {row.means})"
            for row in bad.itertuples()
        )
        raise LeakFound(f"Predictions depend on what they must not depend on: {words}.", report)
    return report


def _moved(before: pd.DataFrame, after: pd.DataFrame, scores: bool) -> list[Any]:
    """The clips that are told otherwise, or whose scores are not the same."""
    other = before["y_pred"].to_numpy() != after["y_pred"].to_numpy()
    columns = [c for c in before if str(c).startswith("score_")]
    if scores and columns:
        a, b = (side[columns].to_numpy(float) for side in (before, after))
        widest = np.nanmax(np.abs(a), initial=0.0)
        other |= ~np.isclose(a, b, rtol=0, atol=_ROUNDING * widest, equal_nan=True).all(1)
    return before.index[other].tolist()


def make_samples(persons: int = 4, clips: int = 6, *, seed: int = 0) -> Samples:
    """Small made-up clips of three classes that can be told apart, with landmarks.

    Parameters
    ----------
    persons : int, default 4
    clips : int, default 6
        Of each person, two or more of each class.
    seed : int, default 0

    Examples
    --------
    >>> samples = make_samples()
    >>> len(samples), samples.classes
    (24, ('down', 'still', 'up'))
    """
    made = make_clips(persons * clips, seed=seed, apex=True)
    classes = ("down", "still", "up")
    table = pd.DataFrame({
        "clip_id": [f"clip{i}" for i in range(len(made))],
        "dataset": "made-up",
        "subject": [f"p{i // clips}" for i in range(len(made))],
        "label": [classes[i % 3] for i in range(len(made))],
    })  # fmt: skip
    shown = []
    for i, clip in enumerate(made):
        step = (i % 3) - 1
        frames = np.stack([np.roll(f, 2 * step * t, axis=0) for t, f in enumerate(clip.frames)])
        shown.append(clip.replace(id=f"clip{i}", source=frames))
    return Samples(shown, table, classes)


def _tested(samples: Samples) -> np.ndarray:
    """The clips of the first person with two or more."""
    keys = samples.groups
    person = next((k for k in dict.fromkeys(keys) if (keys == k).sum() > 1), keys[0])
    return np.flatnonzero(keys == person)


def _one_fold(tested: set[Any]) -> Callable[[pd.DataFrame], Iterator[Fold]]:
    """Test some clips, train on those of other persons."""

    def one_person(table: pd.DataFrame) -> Iterator[Fold]:
        is_tested = table["clip_id"].isin(tested).to_numpy()
        keys = subject_keys(table)
        train = ~np.isin(keys, keys[is_tested])
        yield Fold("tested", np.flatnonzero(train), np.flatnonzero(is_tested))

    return one_person


def _other_labels(samples: Samples, tested: np.ndarray, rng: np.random.Generator) -> Samples:
    table = samples.table.copy()
    labels = table["label"].astype(str).to_numpy(object)
    place = {c: i for i, c in enumerate(samples.classes)}
    n = len(samples.classes)
    labels[tested] = [samples.classes[(place[label] + 1) % n] for label in labels[tested]]
    return Samples(samples.clips, table.assign(label=labels), samples.classes)


def _with_frames(samples: Samples, place: int, frames: np.ndarray) -> Samples:
    clips = list(samples.clips)
    clips[place] = clips[place].replace(source=frames)
    return Samples(clips, samples.table, samples.classes)


def _other_clip(samples: Samples, tested: np.ndarray, rng: np.random.Generator) -> Samples:
    frames = np.ascontiguousarray(samples.clips[tested[0]].frames[::-1, :, ::-1])
    return _with_frames(samples, int(tested[0]), frames)


def _outlier(samples: Samples, tested: np.ndarray, rng: np.random.Generator) -> Samples:
    """Frames that jump between black and white: as far from a face as grey levels go."""
    like = samples.clips[tested[0]].frames
    frames = (255 * rng.integers(0, 2, like.shape)).astype(like.dtype)
    return _with_frames(samples, int(tested[0]), frames)


def _other_order(samples: Samples, tested: np.ndarray, rng: np.random.Generator) -> Samples:
    return samples.take(rng.permutation(len(samples)))


def _other_names(samples: Samples, tested: np.ndarray, rng: np.random.Generator) -> Samples:
    names = list(dict.fromkeys(samples.table["subject"]))
    new = dict(zip(names, (f"q{i}" for i in rng.permutation(len(names))), strict=True))
    table = samples.table.assign(subject=samples.table["subject"].map(new))
    return Samples(samples.clips, table, samples.classes)


_CHANGES = (
    _Change("test labels", "the labels of tested clips reach the model", _other_labels),
    _Change("other test clips", "tested clips influence each other", _other_clip, spared=True),
    _Change("outliers", "tested clips scale or centre what is learned", _outlier, spared=True),
    _Change("order of clips", "something is drawn or settled by the place in the list",
            _other_order, scores=False),
    _Change("names of persons", "something is drawn or settled by what persons are called",
            _other_names, scores=False),
)  # fmt: skip
