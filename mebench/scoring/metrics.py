"""Scores of pooled predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import BadInput, did_you_mean
from ..plugins import Registry, registered

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MEASURES",
    "Measure",
    "accuracy",
    "confusion_matrix",
    "first_best",
    "fold_means",
    "get_measure",
    "macro_precision",
    "per_class",
    "printed_measures",
    "register_measure",
    "scores",
    "uar",
    "uf1",
    "weighted_f1",
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


def accuracy(y_true: Any, y_pred: Any = None, *, classes: Sequence[Any] | None = None) -> float:
    """Share of the samples that are right; 0 where there are none.

    The same number goes by the name of WAR, the weighted average recall: the mean of the
    recalls, each weighted by the number of samples of its class.

    Parameters
    ----------
    y_true, y_pred : array ``(n,)``
        True and predicted labels; or a confusion matrix ``(n_classes, n_classes)``, rows the
        truth, as the only argument. So for the other measures here.
    classes : sequence, optional
        All classes of the task. Default: those that occur in either, sorted.

    Examples
    --------
    >>> accuracy(list("aab"), list("aba")) == accuracy(np.array([[1, 1], [1, 0]]))
    True
    """
    return float(_accuracy(_counts(y_true, y_pred, classes)))


def uf1(y_true: Any, y_pred: Any = None, *, classes: Sequence[Any] | None = None) -> float:
    """Unweighted F1 (macro-F1): the mean over classes of 2TP / (2TP + FP + FN).

    A class that neither occurs nor is predicted has F1 = 0.

    Examples
    --------
    Everything called negative, on the 442 clips of MEGC 2019:

    >>> confusion = np.array([[250, 0, 0], [109, 0, 0], [83, 0, 0]])
    >>> round(uf1(confusion), 4), round(uar(confusion), 4)
    (0.2408, 0.3333)
    """
    return float(_uf1(_counts(y_true, y_pred, classes)))


def uar(y_true: Any, y_pred: Any = None, *, classes: Sequence[Any] | None = None) -> float:
    """Unweighted average recall (macro-recall), over the classes that occur in the truth."""
    return float(_uar(_counts(y_true, y_pred, classes)))


def weighted_f1(y_true: Any, y_pred: Any = None, *, classes: Sequence[Any] | None = None) -> float:
    """F1 of each class, weighted by how often the class occurs in the truth.

    Examples
    --------
    >>> round(weighted_f1(np.array([[3, 1], [1, 1]])), 4)
    0.6667
    """
    return float(_weighted_f1(_counts(y_true, y_pred, classes)))


def macro_precision(
    y_true: Any, y_pred: Any = None, *, classes: Sequence[Any] | None = None
) -> float:
    """Mean over classes of TP / (TP + FP), 0 for a class that is never predicted.

    It is what UAR becomes when truth and prediction are swapped, and has been printed as UAR.
    """
    return float(_macro_precision(_counts(y_true, y_pred, classes)))


def _counts(y_true: Any, y_pred: Any, classes: Sequence[Any] | None) -> np.ndarray:
    """The confusion matrix, given as such or as labels."""
    if y_pred is None:
        counts = np.asarray(y_true)
        if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
            raise BadInput(
                f"Found an array of shape {counts.shape} alone; expected true and predicted "
                "labels, or a square confusion matrix."
            )
        return counts
    if classes is None:
        classes = sorted({*y_true, *y_pred})
    return confusion_matrix(y_true, y_pred, classes)


def per_class(confusion: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """Precision, recall, F1 and number of samples of each class (0 where undefined)."""
    import pandas as pd

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
    """The measures of :data:`MEASURES` by name."""
    return {name: float(score(np.asarray(confusion))) for name, score in MEASURES.items()}


def fold_means(
    y_true: np.ndarray, y_pred: np.ndarray, folds: np.ndarray, classes: Sequence[str]
) -> dict[str, float]:
    """The mean over folds of each measure, which some papers print; not the pooled score.

    A small fold lacks classes. In each fold, UF1 and weighted F1 are over the classes that occur
    in its truth or its predictions (as scikit-learn does), UAR over those in its truth. Where a
    fold is one person with one class, a fold's UF1 is 0 or 1 by a single clip: this is why the
    pooled score is the one to report.

    Parameters
    ----------
    y_true, y_pred, folds : ndarray ``(n,)``
    classes : sequence of str

    Returns
    -------
    dict of str to float
        ``fold_mean_accuracy`` and so on.

    Examples
    --------
    >>> truth, guess = np.array(list("aab")), np.array(list("abb"))
    >>> {k: round(v, 3) for k, v in fold_means(truth, guess, np.array([1, 1, 2]), "ab").items()}
    {'fold_mean_accuracy': 0.75, 'fold_mean_uf1': 0.667, 'fold_mean_uar': 0.75,
     'fold_mean_weighted_f1': 0.833, 'fold_mean_war': 0.75}
    """
    rows = []
    for fold in dict.fromkeys(np.asarray(folds).tolist()):
        here = np.asarray(folds, dtype=object) == fold
        confusion = confusion_matrix(y_true[here], y_pred[here], classes)
        met = np.flatnonzero(confusion.sum(0) + confusion.sum(1))
        rows.append(scores(confusion[np.ix_(met, met)]))
    return {f"fold_mean_{name}": float(np.mean([r[name] for r in rows])) for name in MEASURES}


# These take (..., n_classes, n_classes), so that one call scores all bootstrap resamples.


def _accuracy(confusion: np.ndarray) -> np.ndarray:
    total = confusion.sum((-1, -2))
    return np.trace(confusion, axis1=-2, axis2=-1) / np.maximum(total, 1)


def _f1(confusion: np.ndarray) -> np.ndarray:
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    margin = confusion.sum(-1) + confusion.sum(-2)
    return 2 * hits / np.maximum(margin, 1)


def _uf1(confusion: np.ndarray) -> np.ndarray:
    return _f1(confusion).mean(-1)


def _uar(confusion: np.ndarray) -> np.ndarray:
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    n = confusion.sum(-1)
    return (hits / np.maximum(n, 1)).sum(-1) / np.maximum((n > 0).sum(-1), 1)


def _weighted_f1(confusion: np.ndarray) -> np.ndarray:
    n = confusion.sum(-1)
    return (_f1(confusion) * n).sum(-1) / np.maximum(n.sum(-1), 1)


def _macro_precision(confusion: np.ndarray) -> np.ndarray:
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    return (hits / np.maximum(confusion.sum(-2), 1)).mean(-1)


@dataclass(frozen=True)
class Measure:
    """One way to score confusion matrices; all that is printed anywhere of it stands here.

    Parameters
    ----------
    key : str
        Its name on the command line, in files and in JSON.
    title : str
        Its name in tables and figures.
    of : callable
        From counts ``(..., n_classes, n_classes)``, rows the truth, to scores ``(...)``: one call
        scores all resamples of a bootstrap.
    higher_is_better : bool, default True
    printed : bool, default True
        Whether tables show it unasked. It can be asked for by its key in any case.
    aliases : tuple of str, optional
        Other names that are understood, such as scikit-learn's.

    Examples
    --------
    >>> round(float(MEASURES["uf1"](np.array([[3, 1], [1, 1]]))), 4)
    0.625
    """

    key: str
    title: str
    of: Callable[[np.ndarray], np.ndarray]
    higher_is_better: bool = True
    printed: bool = True
    aliases: tuple[str, ...] = ()

    def __call__(self, confusion: np.ndarray) -> np.ndarray:
        return self.of(confusion)


_OURS = {
    one.key: one
    for one in (
        Measure("accuracy", "accuracy", _accuracy),
        Measure("uf1", "UF1", _uf1, aliases=("macro_f1", "f1_macro")),
        Measure("uar", "UAR", _uar, aliases=("macro_recall", "recall_macro", "balanced_accuracy")),
        Measure("weighted_f1", "weighted F1", _weighted_f1, aliases=("f1_weighted",)),
        Measure("war", "WAR", _accuracy, printed=False),
    )
}

#: Every measure by its key, in print order; those of other packages come last.
MEASURES: dict[str, Measure] = Registry(
    _OURS, registered("measures", lambda name, measure: register_measure(measure))
)


def get_measure(name: str) -> Measure:
    """The measure of that key or alias.

    Raises
    ------
    BadInput
        No such measure; the message lists those there are.

    Examples
    --------
    >>> get_measure("f1_macro").key
    'uf1'
    """
    for one in MEASURES.values():
        if name == one.key or name in one.aliases:
            return one
    raise BadInput(
        f"Unknown measure {name!r}.{did_you_mean(str(name), MEASURES)} There is "
        f"{', '.join(MEASURES)}; scikit-learn's scoring names, such as f1_macro, are understood."
    )


def register_measure(measure: Measure) -> Measure:
    """Make a measure known to ``run``, ``score``, ``compare``, ``table``, ``report`` and tuning.

    Parameters
    ----------
    measure : Measure

    Returns
    -------
    Measure
        The same one.

    Raises
    ------
    BadInput
        Another measure has that key or alias.

    See Also
    --------
    get_measure
    """
    if not isinstance(measure, Measure):
        raise BadInput(f"A measure is a mebench.scoring.metrics.Measure, found {measure!r}.")
    taken = {n for m in MEASURES.values() if m is not measure for n in (m.key, *m.aliases)}
    if twice := taken & {measure.key, *measure.aliases}:
        raise BadInput(f"There is a measure called {sorted(twice)[0]!r} already.")
    return MEASURES.setdefault(measure.key, measure)


def first_best(values: np.ndarray, measure: str | Measure = "uf1") -> np.ndarray:
    """Which of several settings scores best: the first, hence the smallest, of those that tie.

    Scores that differ by rounding alone, by less than 1e-12, are ties.

    Parameters
    ----------
    values : ndarray ``(n_settings, ...)``
    measure : str or Measure, default 'uf1'
        Of which measure they are; it says whether higher is better.

    Returns
    -------
    ndarray of int ``(...)``

    Examples
    --------
    >>> int(first_best(np.array([0.2, 0.5, 0.5])))
    1
    """
    one = measure if isinstance(measure, Measure) else get_measure(measure)
    good = np.asarray(values) if one.higher_is_better else -np.asarray(values)
    found: np.ndarray = (good >= good.max(axis=0) - 1e-12).argmax(axis=0)
    return found


def printed_measures() -> list[Measure]:
    """The measures that tables show unasked, in print order."""
    return [one for one in MEASURES.values() if one.printed]
