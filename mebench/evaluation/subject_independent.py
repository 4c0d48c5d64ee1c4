"""Protocols of whole persons and whole databases: nobody is both trained and tested on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..scoring.subjects import Fold, natural_key, parted, subject_keys

__all__ = ["composite", "cross_database", "group_kfold", "leave_one_database_out", "loso"]


def loso(table: pd.DataFrame) -> Iterator[Fold]:
    """Leave one subject out: each person is the test set once, all others the training set.

    Persons are told apart by (dataset, subject), so equal numbers in two databases stay two.

    Parameters
    ----------
    table : DataFrame
        With columns ``dataset`` and ``subject``.

    Yields
    ------
    Fold
        In natural order of the subjects, named ``dataset/subject``.

    Raises
    ------
    BadInput
        There are fewer than two subjects.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": "toy", "subject": ["10", "2", "10"]})
    >>> [(fold.name, fold.test.tolist()) for fold in loso(table)]
    [('toy/2', [1]), ('toy/10', [0, 2])]
    """
    keys = subject_keys(table)
    subjects = sorted(set(keys), key=natural_key)
    if len(subjects) < 2:
        raise BadInput(
            f"Leaving one subject out needs at least two subjects, found {len(subjects)}."
        )
    for subject in subjects:
        test = keys == subject
        yield Fold(subject, np.flatnonzero(~test), np.flatnonzero(test))


def group_kfold(table: pd.DataFrame, *, n_splits: int = 5) -> Iterator[Fold]:
    """k folds of about equally many clips; all clips of a person are in the same fold.

    Parameters
    ----------
    table : DataFrame
        With columns ``dataset`` and ``subject``.
    n_splits : int, default 5
        Number of folds, at most the number of subjects.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": "toy", "subject": list("aaabbc")})
    >>> [fold.test.tolist() for fold in group_kfold(table, n_splits=2)]
    [[0, 1, 2], [3, 4, 5]]
    """
    part = parted(subject_keys(table), n_splits)
    for fold in range(n_splits):
        test = part == fold
        yield Fold(f"{fold + 1}", np.flatnonzero(~test), np.flatnonzero(test))


def cross_database(table: pd.DataFrame) -> Iterator[Fold]:
    """Train on one database and test on the other, both ways.

    The holdout-database evaluation (HDE) of the Micro-Expression Grand Challenge 2018, whose
    scores are the means of UAR and WAR over the two directions
    (:meth:`mebench.evaluation.Predictions.fold_means`).

    Raises
    ------
    BadInput
        There are not exactly two databases.

    References
    ----------
    M. H. Yap et al., "Facial micro-expressions grand challenge 2018 summary", FG 2018.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": list("aab"), "subject": list("121")})
    >>> [(fold.name, fold.test.tolist()) for fold in cross_database(table)]
    [('b→a', [0, 1]), ('a→b', [2])]
    """
    data = table["dataset"].astype(str).to_numpy(object)
    names = list(dict.fromkeys(data))
    if len(names) != 2:
        raise BadInput(
            f"The protocol cross-database takes two databases, found {len(names)} "
            f"({', '.join(names)}). For more, use leave-one-database-out; name several with '+'."
        )
    for test, train in (names, names[::-1]):
        yield Fold(f"{train}→{test}", np.flatnonzero(data == train), np.flatnonzero(data == test))


def leave_one_database_out(table: pd.DataFrame) -> Iterator[Fold]:
    """Test each database by a model trained on all the others, as CD6ME does.

    References
    ----------
    T. Varanka, Y. Li, W. Peng, G. Zhao, "Data leakage and evaluation issues in
    micro-expression analysis", IEEE Transactions on Affective Computing, 2023.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": list("aabc"), "subject": list("1211")})
    >>> [(fold.name, fold.test.tolist()) for fold in leave_one_database_out(table)]
    [('a', [0, 1]), ('b', [2]), ('c', [3])]
    """
    data = table["dataset"].astype(str).to_numpy(object)
    for name in _several(data, "leave-one-database-out"):
        test = data == name
        yield Fold(name, np.flatnonzero(~test), np.flatnonzero(test))


def composite(table: pd.DataFrame) -> Iterator[Fold]:
    """Leave one subject out of a union of databases.

    The composite-database evaluation (CDE) of the Micro-Expression Grand Challenges 2018 and
    2019: :func:`loso` on at least two databases. The scores of each database come from the same
    pooled predictions.

    References
    ----------
    J. See, M. H. Yap, J. Li, X. Hong, S.-J. Wang, "MEGC 2019 – the second facial
    micro-expressions grand challenge", FG 2019.
    """
    _several(table["dataset"].astype(str).to_numpy(object), "composite")
    yield from loso(table)


def _several(data: np.ndarray, name: str) -> list[str]:
    names = list(dict.fromkeys(data))
    if len(names) < 2:
        raise BadInput(
            f"The protocol {name} takes at least two databases, found "
            f"{', '.join(names) or 'none'}. Name several with '+', as in casme2+samm."
        )
    return names
