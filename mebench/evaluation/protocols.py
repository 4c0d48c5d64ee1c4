"""Protocols: functions from a table of samples to folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import BadInput

__all__ = ["PROTOCOLS", "Fold", "Protocol", "in_words", "loso", "protocol", "subject_keys"]


@dataclass(frozen=True, eq=False)
class Fold:
    """One division of the samples: its name, and the row numbers to train and to test on."""

    name: str
    train: np.ndarray
    test: np.ndarray


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


#: The protocols by name, each with the sentence that stands under a table of scores.
PROTOCOLS: dict[str, tuple[Protocol, str]] = {
    "loso": (
        loso,
        "Leave-one-subject-out: every person is tested by a model that never saw that person; "
        "scores come from the predictions of all folds pooled.",
    ),
}


def protocol(name: str | Protocol) -> Protocol:
    """The protocol called `name`; a function is returned as it is."""
    if callable(name):
        return name
    if name not in PROTOCOLS:
        raise BadInput(f"Unknown protocol {name!r}; there is {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[name][0]


def in_words(name: str) -> str:
    """The sentence that says what a protocol does."""
    return PROTOCOLS[name][1] if name in PROTOCOLS else f"Protocol {name}."


def subject_keys(table: pd.DataFrame) -> np.ndarray:
    """``dataset/subject`` of each row, the only key by which persons are told apart."""
    return (table["dataset"].astype(str) + "/" + table["subject"].astype(str)).to_numpy(object)


def natural_key(text: str) -> list[tuple[int, int | str]]:
    """Sort key under which ``sub2`` comes before ``sub10``."""
    import re

    return [(0, int(p)) if p.isdigit() else (1, p) for p in re.split(r"(\d+)", text) if p]
