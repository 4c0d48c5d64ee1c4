"""Scores of pooled predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import BadInput

__all__ = [
    "accuracy",
    "bootstrap_intervals",
    "confusion_matrix",
    "per_class",
    "scores",
    "uar",
    "uf1",
]


def confusion_matrix(
    y_true: Sequence[str] | np.ndarray, y_pred: Sequence[str] | np.ndarray, classes: Sequence[str]
) -> np.ndarray:
    """Counts ``(n_classes, n_classes)``: rows are the truth, columns the prediction.

    Raises
    ------
    BadInput
        Lengths differ, or a label is not among `classes`.

    Examples
    --------
    >>> confusion_matrix(list("aab"), list("aba"), list("ab")).tolist()
    [[1, 1], [1, 0]]
    """
    if len(y_true) != len(y_pred):
        raise BadInput(f"Found {len(y_true)} true labels but {len(y_pred)} predicted ones.")
    place = {c: i for i, c in enumerate(classes)}
    out = np.zeros((len(place), len(place)), np.int64)
    for truth, guess in zip(y_true, y_pred, strict=True):
        if truth not in place or guess not in place:
            strange = truth if truth not in place else guess
            raise BadInput(f"The label {strange!r} is not one of the classes {list(classes)}.")
        out[place[truth], place[guess]] += 1
    return out


def accuracy(confusion: np.ndarray) -> float:
    """Share of the samples that are right; 0 where there are none."""
    return float(_accuracy(np.asarray(confusion)))


def uf1(confusion: np.ndarray) -> float:
    """Unweighted F1 (macro-F1): the mean over classes of 2TP / (2TP + FP + FN).

    A class that neither occurs nor is predicted has F1 = 0.

    Examples
    --------
    Everything called negative, on the 442 clips of MEGC 2019:

    >>> confusion = np.array([[250, 0, 0], [109, 0, 0], [83, 0, 0]])
    >>> round(uf1(confusion), 4), round(uar(confusion), 4)
    (0.2408, 0.3333)
    """
    return float(_uf1(np.asarray(confusion)))


def uar(confusion: np.ndarray) -> float:
    """Unweighted average recall (macro-recall), over the classes that occur in the truth."""
    return float(_uar(np.asarray(confusion)))


def per_class(confusion: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Precision, recall, F1 and number of samples of each class (0 where undefined)."""
    hits = np.diag(confusion).astype(float)
    truth, guess = confusion.sum(1), confusion.sum(0)
    return pd.DataFrame(
        {
            "precision": hits / np.maximum(guess, 1),
            "recall": hits / np.maximum(truth, 1),
            "f1": 2 * hits / np.maximum(truth + guess, 1),
            "n": truth,
        },
        index=pd.Index(classes, name="class"),
    )


def scores(confusion: np.ndarray) -> dict[str, float]:
    """The three headline scores by name."""
    return {name: float(score(np.asarray(confusion))) for name, score in _SCORES.items()}


def bootstrap_intervals(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    groups: np.ndarray,
    classes: Sequence[str],
    *,
    level: float = 0.95,
    n_resamples: int = 2000,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Percentile intervals of the headline scores, by resampling subjects.

    Clips of one person are not independent, so whole subjects are drawn with replacement.

    Parameters
    ----------
    y_true, y_pred, groups : ndarray ``(n,)``
        Labels and subject keys.
    classes : sequence of str
    level : float, default 0.95
    n_resamples : int, default 2000
    seed : int, default 0

    Returns
    -------
    dict of score name to (low, high)

    Examples
    --------
    >>> truth, guess = np.array(list("aabbab")), np.array(list("aababb"))
    >>> bootstrap_intervals(truth, guess, np.array([1, 1, 2, 2, 3, 3]), "ab")["accuracy"]
    (0.5, 1.0)
    """
    keys, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    blocks = np.stack(
        [
            confusion_matrix(y_true[member == g], y_pred[member == g], classes)
            for g in range(len(keys))
        ]
    )
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(keys), np.full(len(keys), 1 / len(keys)), size=n_resamples)
    resampled = np.tensordot(counts, blocks, axes=1)
    tail = (1 - level) / 2
    out = {}
    for name, score in _SCORES.items():
        low, high = np.quantile(score(resampled), [tail, 1 - tail])
        out[name] = (float(low), float(high))
    return out


# These take (..., n_classes, n_classes), so that one call scores all bootstrap resamples.


def _accuracy(confusion: np.ndarray) -> np.ndarray:
    total = confusion.sum((-1, -2))
    return np.trace(confusion, axis1=-2, axis2=-1) / np.maximum(total, 1)


def _uf1(confusion: np.ndarray) -> np.ndarray:
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    margin = confusion.sum(-1) + confusion.sum(-2)
    return (2 * hits / np.maximum(margin, 1)).mean(-1)


def _uar(confusion: np.ndarray) -> np.ndarray:
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    n = confusion.sum(-1)
    return (hits / np.maximum(n, 1)).sum(-1) / np.maximum((n > 0).sum(-1), 1)


_SCORES = {"accuracy": _accuracy, "uf1": _uf1, "uar": _uar}
