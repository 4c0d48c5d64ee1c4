"""The score of spot-then-recognise: STRS, as its authors compute it and as it is often read."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..scoring.bootstrap import interval, resamples
from .matching import matches
from .score import count_hits, f1_of, persons_of

__all__ = ["harmonic", "strs"]


def strs(
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    videos: pd.DataFrame,
    *,
    classes: Iterable[str] | None = None,
    iou: float = 0.5,
    level: float = 0.95,
    n_resamples: int = 2000,
    seed: int = 0,
) -> dict[str, float]:
    """The score of spot-then-recognise: F1 of spotting × F1 of the analysis that follows.

    The analysis is scored on the expressions that were found, and on those only: the label of a
    true positive against the annotated one. F1 of its authors (Liong, See and Chan 2023) is
    2PR / (P + R) of macro-precision P and macro-recall R over the classes that are annotated or
    predicted in any true positive. It is not the unweighted F1, which other papers put there;
    ``strs_uf1`` is that.

    Parameters
    ----------
    predictions, truth : DataFrame
        As for :func:`matches`, with ``emotion``; a prediction may have none (blank), and is then
        wrong.
    videos : DataFrame
        As for :func:`count_hits`.
    classes : iterable of str, optional
        Default: the emotions of the annotated expressions. True positives of other emotions count
        as spotted, and not in the analysis; the challenges leave out ``others`` in some years.
    iou : float, default 0.5
    level, n_resamples, seed
        Of the interval of STRS, by bootstrap over persons.

    Returns
    -------
    dict
        ``f1_spotting``; ``precision_analysis, recall_analysis, f1_analysis`` and ``strs``, the
        authors' product; ``uf1_analysis`` (over all `classes`, one without a true positive
        counting 0) and ``strs_uf1``; ``strs_low, strs_high``; and ``n``, the true positives that
        are analysed.

    Raises
    ------
    BadInput
        No emotions, or as :func:`count_hits`.

    References
    ----------
    G.-B. Liong, J. See, C.-S. Chan, "Spot-then-recognize: a micro-expression analysis network for
    seamless evaluation of long videos", Signal Processing: Image Communication 110, 2023.

    See Also
    --------
    harmonic : From printed P and R.
    recognise_spotted : Gives spotted intervals their emotions.

    Examples
    --------
    >>> truth = pd.DataFrame({"video": list("ab"), "onset": [0, 5], "offset": [9, 14],
    ...                       "emotion": ["glad", "sad"]})
    >>> guess = truth.assign(emotion=["glad", "glad"])
    >>> videos = pd.DataFrame({"video": list("abc"), "subject": list("123")})
    >>> found = strs(guess, truth, videos)
    >>> {k: round(found[k], 3) for k in ("f1_spotting", "f1_analysis", "strs", "strs_uf1", "n")}
    {'f1_spotting': 1.0, 'f1_analysis': 0.333, 'strs': 0.333, 'strs_uf1': 0.333, 'n': 2}
    """
    for name, table in (("predictions", predictions), ("truth", truth)):
        if "emotion" not in table:
            raise BadInput(f"The {name} have no column emotion, which recognition is scored by.")
    counts = count_hits(predictions, truth, videos, iou)
    counts["person"] = persons_of(counts)
    persons = sorted(set(counts["person"]))
    owner = dict(zip(zip(counts["dataset"], counts["video"], strict=True), counts["person"],
                     strict=True))  # fmt: skip
    place = {person: i for i, person in enumerate(persons)}
    names = _labels(truth["emotion"]) if classes is None else [_label(c) for c in classes]
    code = {name: i for i, name in enumerate(names)}
    # Per person: what was spotted, then who was called what; the last column is no class.
    hits = counts.groupby("person")[["tp", "fp", "fn"]].sum().reindex(persons).to_numpy(float)
    confusion = np.zeros((len(persons), len(names), len(names) + 1))
    pairs = matches(predictions, truth, iou)
    there = truth.loc[pairs["truth"]]
    said = [_label(e) for e in predictions.loc[pairs["prediction"], "emotion"]]
    meant = [_label(e) for e in there["emotion"]]
    dataset = there["dataset"] if "dataset" in there else _dataset_of(there["video"], videos)
    for video, home, true, guess in zip(there["video"], dataset, meant, said, strict=True):
        if true in code:
            who = owner.get((home, video)) or owner[("", video)]
            confusion[place[who], code[true], code.get(guess, len(names))] += 1
    blocks = np.hstack([hits, confusion.reshape(len(persons), -1)])
    k = len(names)

    def product(x: np.ndarray) -> np.ndarray:
        return np.asarray(f1_of(x[..., :3]) * _analysis(x[..., 3:], k)[2])

    whole = blocks.sum(0)
    drawn = resamples(len(persons), n_resamples, seed) @ blocks
    low, high = interval(product, whole, drawn, whole - blocks, level)
    precision, recall, f1, uf1 = (float(v) for v in _analysis(whole[3:], k))
    found = float(f1_of(whole[:3]))
    return {
        "f1_spotting": found,
        "precision_analysis": precision,
        "recall_analysis": recall,
        "f1_analysis": f1,
        "strs": found * f1,
        "uf1_analysis": uf1,
        "strs_uf1": found * uf1,
        **{"strs_low": low, "strs_high": high},
        "n": int(whole[3:].sum()),
    }


def harmonic(precision: np.ndarray | float, recall: np.ndarray | float) -> np.ndarray:
    """2PR / (P + R); 0 where both are.

    Examples
    --------
    STRS of MEAN on CASME II, from what its table prints:

    >>> round(float(0.6516 * harmonic(0.5983, 0.5872)), 4)
    0.3862
    """
    p, r = np.asarray(precision, float), np.asarray(recall, float)
    return np.asarray(2 * p * r / np.where(p + r > 0, p + r, 1))


def _analysis(x: np.ndarray, k: int) -> tuple[np.ndarray, ...]:
    """Macro-precision, macro-recall, their F1, and UF1 of confusions ``(..., k * (k + 1))``."""
    table = x.reshape(*x.shape[:-1], k, k + 1)
    right = np.diagonal(table[..., :k], axis1=-2, axis2=-1)
    annotated, called = table.sum(-1), table[..., :k].sum(-2)
    met = (annotated + called) > 0
    many = np.maximum(met.sum(-1), 1)
    precision = (right / np.maximum(called, 1)).sum(-1) / many
    recall = (right / np.maximum(annotated, 1)).sum(-1) / many
    uf1 = (2 * right / np.maximum(annotated + called, 1)).sum(-1) / max(k, 1)
    return precision, recall, harmonic(precision, recall), uf1


def _labels(emotions: pd.Series) -> list[str]:
    return sorted({_label(e) for e in emotions} - {""})


def _label(emotion: object) -> str:
    """Written one way: ``Negative `` is ``negative``; blank where there is none."""
    return "" if pd.isna(emotion) else str(emotion).strip().lower()


def _dataset_of(video: pd.Series, videos: pd.DataFrame) -> list[str]:
    if "dataset" not in videos:
        return [""] * len(video)
    home = dict(zip(videos["video"], videos["dataset"], strict=True))
    return [str(home[v]) for v in video]
