"""Protocols: functions from a table of samples to folds, and their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import BadInput, did_you_mean
from ..scoring.subjects import Fold, natural_key, subject_keys
from .holdout import holdout
from .subject_overlapping import kfold, lovo, random_split

__all__ = [
    "PROTOCOLS",
    "Fold",
    "Protocol",
    "composite",
    "cross_database",
    "group_kfold",
    "holdout",
    "in_words",
    "kfold",
    "leave_one_database_out",
    "loso",
    "lovo",
    "protocol",
    "random_split",
    "subject_keys",
]

Protocol = Callable[[pd.DataFrame], Iterator[Fold]]


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
    keys = subject_keys(table)
    subjects, member = np.unique(keys.astype(str), return_inverse=True)
    if not 2 <= n_splits <= len(subjects):
        raise BadInput(
            f"{n_splits} folds of whole subjects cannot be made of {len(subjects)} subjects: "
            "choose a number from 2 to that."
        )
    fold_of = np.zeros(len(subjects), int)
    filled = np.zeros(n_splits, int)
    sizes = np.bincount(member)
    # Largest first, each into the emptiest fold: as near to equal as this simple rule gets.
    for subject in np.argsort(-sizes, kind="stable"):
        fold_of[subject] = filled.argmin()
        filled[fold_of[subject]] += sizes[subject]
    for fold in range(n_splits):
        test = fold_of[member] == fold
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


class Named(NamedTuple):
    """A protocol under its name: the function, the sentence under a table, what it takes."""

    function: Callable[..., Iterator[Fold]]
    words: str
    parameter: str = ""  # what stands after the colon in `name:value`
    seeded: bool = False


_POOLED = "scores come from the predictions of all folds pooled."

#: The protocols by name.
PROTOCOLS: dict[str, Named] = {
    "loso": Named(
        loso,
        "Leave-one-subject-out: every person is tested by a model that never saw that person; "
        + _POOLED,
    ),
    "group-kfold": Named(
        group_kfold,
        "k folds of whole persons: every person is tested by a model that never saw that person; "
        + _POOLED,
        "n_splits",
    ),
    "holdout": Named(
        holdout,
        "Hold-out: some persons are tested by a model trained on the others, chosen so that the "
        "classes of the test set are distributed as in the whole.",
        "size",
        True,
    ),
    "cross-database": Named(
        cross_database,
        "Cross-database (HDE): each of two databases is tested by a model trained on the other.",
    ),
    "leave-one-database-out": Named(
        leave_one_database_out,
        "Leave-one-database-out: each database is tested by a model trained on all others; "
        + _POOLED,
    ),
    "composite": Named(
        composite,
        "Composite (CDE): leave-one-subject-out on the union of the databases; scores come from "
        "the predictions of all folds pooled, those of one database from its part of them.",
    ),
    "lovo": Named(
        lovo,
        "Leave-one-clip-out, WITH PERSONS OVERLAPPING: the model has seen other clips of nearly "
        "every person that it is tested on; " + _POOLED,
    ),
    "kfold": Named(
        kfold,
        "Stratified k folds of clips, WITH PERSONS OVERLAPPING: the model has seen other clips of "
        "nearly every person that it is tested on; " + _POOLED,
        "n_splits",
        True,
    ),
    "random-split": Named(
        random_split,
        "One random split of the clips, WITH PERSONS OVERLAPPING: the model has seen other clips "
        "of nearly every person that it is tested on.",
        "size",
        True,
    ),
}


def protocol(name: str | Protocol, *, seed: int = 0) -> Protocol:
    """The protocol called `name`; a function is returned as it is.

    Parameters
    ----------
    name : str or callable
        A name of :data:`PROTOCOLS`, with a number where it takes one: ``kfold:10``,
        ``group-kfold:10``, ``holdout:0.2`` (share of clips), ``holdout:5`` (subjects),
        ``random-split:0.3``.
    seed : int, default 0
        For the protocols that draw.

    Raises
    ------
    BadInput
        No such protocol, or a number that it cannot take.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": "toy", "subject": list("aabbcc")})
    >>> [fold.test.tolist() for fold in protocol("group-kfold:3")(table)]
    [[0, 1], [2, 3], [4, 5]]
    """
    if callable(name):
        return name
    key, _, value = str(name).partition(":")
    if key not in PROTOCOLS:
        raise BadInput(
            f"Unknown protocol {key!r}.{did_you_mean(key, PROTOCOLS)} There is "
            f"{', '.join(PROTOCOLS)}."
        )
    known = PROTOCOLS[key]
    settings: dict[str, Any] = {"seed": seed} if known.seeded else {}
    if value:
        if not known.parameter:
            raise BadInput(f"The protocol {key} takes no number, found {name!r}.")
        settings[known.parameter] = _number(value, str(name), whole=known.parameter == "n_splits")
    return partial(known.function, **settings) if settings else known.function


def in_words(name: str) -> str:
    """The sentence that says what a protocol does."""
    key = name.partition(":")[0]
    return PROTOCOLS[key].words if key in PROTOCOLS else f"Protocol {name}."


def _number(text: str, name: str, whole: bool) -> int | float:
    try:
        return int(text) if whole or text.isdecimal() else float(text)
    except ValueError:
        expected = "a whole number" if whole else "a number"
        raise BadInput(
            f"After the colon in the protocol {name!r} stands {expected}, such as kfold:10 or "
            "holdout:0.2."
        ) from None
