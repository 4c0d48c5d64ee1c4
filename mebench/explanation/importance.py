"""Grouped permutation importance on held-out clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..scoring.bootstrap import interval, resamples
from ..scoring.subjects import Fold
from .fold_models import FoldModels, SharedMachines

__all__ = ["donors_of", "drops", "exchange_rates"]


def donors_of(folds: Sequence[Fold], n: int, most: int, seed: int) -> list[np.ndarray]:
    """For each test clip of each fold, clips from which it may take over a group of features.

    They are clips that the fold's model has not been trained on: what it does with the values
    of a clip that it knows by heart is not what it does with new ones. Under
    leave-one-subject-out the donors are thus other clips of the same person, and what is
    exchanged is the expression, not the identity.

    Parameters
    ----------
    folds : sequence of Fold
    n : int
        Number of clips.
    most : int
        Per clip; where there are more, so many are drawn by `seed`.

    Returns
    -------
    list of ndarray of int ``(n_test, n_donors)``
        Of each fold; a clip never gives to itself, so a fold with a single clip has none.
    """
    rng = np.random.default_rng(seed)
    out = []
    for fold in folds:
        unseen = np.setdiff1d(np.arange(n), fold.train)
        rows = []
        for clip in fold.test:
            others = unseen[unseen != clip]
            if len(others) > most:
                others = np.sort(rng.choice(others, most, replace=False))
            rows.append(others)
        out.append(np.array(rows, np.int64).reshape(len(fold.test), -1))
    return out


def exchange_rates(
    models: FoldModels | SharedMachines,
    block: np.ndarray,
    donors: Sequence[np.ndarray],
    own: np.ndarray,
) -> np.ndarray:
    """How often each clip is called what, once a group of its features is a donor's.

    Parameters
    ----------
    models : FoldModels or SharedMachines
    block : ndarray
        What ``models.block(columns)`` gives.
    donors : list of ndarray
        As :func:`donors_of` gives them.
    own : ndarray of int ``(n,)``
        Code that each clip is given with its own features; it stays where there is no donor.

    Returns
    -------
    ndarray ``(n, n_classes)``
        Shares over the donors; each tested row sums to 1.
    """
    k = len(models.classes)
    out = np.zeros((len(own), k))
    for place, (fold, givers) in enumerate(zip(models.folds, donors, strict=True)):
        if not givers.size:
            out[fold.test, own[fold.test]] = 1
            continue
        called = models.exchanged(place, givers, block)
        for code in range(k):
            out[fold.test, code] = (called == code).mean(axis=1)
    return out


def drops(
    truth: np.ndarray,
    own: np.ndarray,
    rates: Mapping[str, np.ndarray],
    subjects: np.ndarray,
    classes: Sequence[str],
    *,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """By how much UF1, and the F1 of each class, falls when a group of features is exchanged.

    Parameters
    ----------
    truth, own : ndarray of int ``(n,)``
        True and predicted class of each tested clip.
    rates : dict of str to ndarray ``(n, n_classes)``
        Of each group, see :func:`exchange_rates`.
    subjects : ndarray ``(n,)``
        Subject keys.
    classes : sequence of str
        Their names.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    DataFrame, DataFrame
        ``group, drop, low, high`` and ``group, class, drop, low, high``: the fall from the score of
        the pooled predictions to that of the expected confusion matrix over all exchanges, and
        its 95 % interval by bootstrap over subjects, as that of a score. The mean of a group's
        drops over the classes is its drop of UF1.
    """
    k = len(classes)
    keys, member = np.unique(subjects.astype(str), return_inverse=True)
    drawn = resamples(len(keys), 2000, seed).astype(float)
    before = _blocks(np.eye(k)[own], truth, member, len(keys))
    f1_before = [_f1(c) for c in (before.sum(0), np.tensordot(drawn, before, 1), _without(before))]
    rows, class_rows = [], []
    for group, rate in rates.items():
        after = _blocks(rate, truth, member, len(keys))
        f1_after = (_f1(after.sum(0)), _f1(np.tensordot(drawn, after, 1)), _f1(_without(after)))
        fall = [b - a for b, a in zip(f1_before, f1_after, strict=True)]
        rows.append([group, *_with_interval([f.mean(-1) for f in fall])])
        class_rows += [
            [group, name, *_with_interval([f[..., c] for f in fall])]
            for c, name in enumerate(classes)
        ]
    found = ["drop", "low", "high"]
    return (
        pd.DataFrame(rows, columns=["group", *found]),
        pd.DataFrame(class_rows, columns=["group", "class", *found]),
    )


def _with_interval(fall: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """Value and interval, from the falls of all subjects, of resamples, and without each one."""
    whole, drawn, without = fall
    if not (np.ptp(drawn) or np.ptp(without)):
        return float(whole), float(whole), float(whole)
    low, high = interval(lambda fall: fall, whole, drawn, without)
    return float(whole), low, high


def _f1(confusion: np.ndarray) -> np.ndarray:
    """F1 of each class, ``(..., n_classes)``."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    found: np.ndarray = 2 * hits / np.maximum(confusion.sum(-1) + confusion.sum(-2), 1)
    return found


def _without(blocks: np.ndarray) -> np.ndarray:
    """All subjects but one, for each."""
    found: np.ndarray = blocks.sum(0) - blocks
    return found


def _blocks(rates: np.ndarray, truth: np.ndarray, member: np.ndarray, n: int) -> np.ndarray:
    """One expected confusion matrix per subject, ``(n, k, k)``."""
    k = rates.shape[1]
    out = np.zeros((n, k, k))
    np.add.at(out, (member, truth), rates)
    return out
