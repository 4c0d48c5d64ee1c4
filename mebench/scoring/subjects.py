"""Fold: one division of the samples; and the keys by which persons are told apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..spelling import family_of_persons, in_words, person_spellings, plain

__all__ = [
    "NEVER_LEFT_OUT",
    "Fold",
    "LeftOut",
    "about_spelling",
    "alike_warning",
    "checked_folds",
    "fold_warnings",
    "natural_key",
    "one_person_each",
    "overlap_warning",
    "parted",
    "subject_keys",
]


@dataclass(frozen=True, eq=False)
class Fold:
    """One division of the samples: its name, and the row numbers to train and to test on.

    ``inner`` are the divisions of the training part on which parameters are chosen, as pairs of
    row numbers (a tuple, or :class:`LeftOut`); empty, each training person is left out once.
    """

    name: str
    train: np.ndarray
    test: np.ndarray
    inner: Sequence[tuple[np.ndarray, np.ndarray]] = ()


#: Key of all rows that are only trained on: nobody who is ever left out, in tuning neither.
NEVER_LEFT_OUT = ""


class LeftOut(Sequence):
    """Subjects of some rows left out: pairs (train, test), made when they are asked for.

    Of 7,500 rows and 650 subjects all pairs are 40 MB, and a nested evaluation wants them of each
    of its folds.

    Parameters
    ----------
    rows : ndarray of int
    groups : ndarray ``(n,)``
        The subject of each row there is; those with :data:`NEVER_LEFT_OUT` are always trained on.
    n_splits : int, optional
        Leave out so many sets of subjects, one after the other (:func:`parted`). Default: each
        subject by itself.

    Examples
    --------
    >>> pairs = LeftOut(np.array([1, 2, 4]), np.array(list("aabab")))
    >>> [(train.tolist(), test.tolist()) for train, test in pairs]
    [([2, 4], [1]), ([1], [2, 4])]
    >>> [test.tolist() for _, test in LeftOut(np.arange(6), np.array(list("abbccd")), 2)]
    [[0, 1, 2], [3, 4, 5]]
    """

    def __init__(self, rows: np.ndarray, groups: np.ndarray, n_splits: int | None = None) -> None:
        keys = groups[rows].astype(str)
        left = keys != NEVER_LEFT_OUT
        subjects, codes = np.unique(keys[left], return_inverse=True)
        self.rows, self._n = rows, len(subjects) if n_splits is None else n_splits
        self._part = np.full(len(rows), -1, np.int32)  # which pair tests a row
        self._part[left] = codes if n_splits is None else parted(keys[left], n_splits)

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, place: Any) -> Any:
        if not 0 <= place < len(self):
            raise IndexError(place)
        tested = self._part == place
        return self.rows[~tested], self.rows[tested]

    def tested(self) -> np.ndarray:
        """The rows that are left out once, in their order."""
        return self.rows[self._part >= 0]


def parted(keys: np.ndarray, n_splits: int) -> np.ndarray:
    """The part of each row, ``(n,)`` of int: whole subjects, and about equally many rows.

    Parameters
    ----------
    keys : ndarray ``(n,)`` of str
        The subject of each row.
    n_splits : int

    Raises
    ------
    BadInput
        More parts than subjects, or fewer than two.

    Examples
    --------
    >>> parted(np.array(list("aaabbc")), 2).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    subjects, member = np.unique(keys.astype(str), return_inverse=True)
    if not 2 <= n_splits <= len(subjects):
        raise BadInput(
            f"{n_splits} folds of whole subjects cannot be made of {len(subjects)} subjects: "
            "choose a number from 2 to that."
        )
    part_of = np.zeros(len(subjects), int)
    filled = np.zeros(n_splits, int)
    sizes = np.bincount(member)
    # Largest first, each into the emptiest part: as near to equal as this simple rule gets.
    for subject in np.argsort(-sizes, kind="stable"):
        part_of[subject] = filled.argmin()
        filled[part_of[subject]] += sizes[subject]
    return part_of[member]


def subject_keys(table: pd.DataFrame) -> np.ndarray:
    """``dataset/subject`` of each row, the only key by which persons are told apart.

    Where a table holds several parts of one database, such as the cameras of SMIC, equal subjects
    in them are one person, and the key begins with the name of the whole
    (:func:`mebench.spelling.family_of_persons`). Rows whose column ``only_trained`` is true, where
    there is one, have :data:`NEVER_LEFT_OUT`.

    Parameters
    ----------
    table : DataFrame
        With columns ``dataset`` and ``subject``.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": ["smic-hs", "smic-vis", "samm"], "subject": ["s1"] * 3})
    >>> subject_keys(table).tolist(), subject_keys(table[:1]).tolist()
    (['smic/s1', 'smic/s1', 'samm/s1'], ['smic-hs/s1'])
    """
    datasets = [plain(d) for d in table["dataset"]]
    subjects = [plain(s) for s in table["subject"]]
    parts: dict[str, set[str]] = {}
    for name in set(datasets):
        parts.setdefault(family_of_persons(name), set()).add(name)
    whole = {name: family for family, names in parts.items() if len(names) > 1 for name in names}
    # Parts of one database may write the same numbers in two ways.
    first = {
        name: person_spellings(
            s for d, s in zip(datasets, subjects, strict=True) if whole.get(d) == name
        )
        for name in set(whole.values())
    }
    keys = [
        f"{whole[d]}/{first[whole[d]][s]}" if d in whole else f"{d}/{s}"
        for d, s in zip(datasets, subjects, strict=True)
    ]
    found = np.array(keys, object)
    if "only_trained" in table:
        found[table["only_trained"].to_numpy(bool)] = NEVER_LEFT_OUT
    return found


def one_person_each(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The table with each person written one way, and in words which spellings were joined.

    Parameters
    ----------
    table : DataFrame
        With columns ``dataset`` and ``subject``. Persons are joined within a database only.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": "toy", "subject": ["sub01", "1", "s2"]})
    >>> joined, alike = one_person_each(table)
    >>> joined["subject"].tolist(), alike
    (['sub01', 'sub01', 's2'], 'sub01 = 1')
    """
    datasets = table["dataset"].astype(str).to_numpy(object)
    subjects = np.array([plain(s) for s in table["subject"]], object)
    alike = []
    for name in dict.fromkeys(datasets):
        rows = np.flatnonzero(datasets == name)
        spellings = person_spellings(subjects[rows])
        subjects[rows] = [spellings[s] for s in subjects[rows]]
        alike.append(in_words(spellings))
    return table.assign(subject=subjects), "; ".join(words for words in alike if words)


def alike_warning(table: pd.DataFrame) -> str | None:
    """A sentence if subjects that count as several look like one person; None if none do.

    Examples
    --------
    >>> alike_warning(pd.DataFrame({"dataset": "toy", "subject": ["s1", "S1", "2"]}))
    'PERSONS LOOK ALIKE: s1 = S1 count as different persons; if they are one, write them one way.'
    """
    _, alike = one_person_each(table)
    if not alike:
        return None
    return (
        f"PERSONS LOOK ALIKE: {alike} count as different persons; if they are one, write them "
        "one way."
    )


def natural_key(text: str) -> list[tuple[int, int | str]]:
    """Sort key under which ``sub2`` comes before ``sub10``."""
    return [(0, int(p)) if p.isdecimal() else (1, p) for p in re.split(r"(\d+)", text) if p]


def checked_folds(folds: Sequence[Fold]) -> Sequence[Fold]:
    """The same folds, if no clip is trained and tested on and none is tested twice.

    Raises
    ------
    BadInput
        They are no fair division; or one of them trains or tests on nothing.
    """
    if not folds:
        raise BadInput("The protocol gives no fold, so there is nothing to test.")
    tested: set[int] = set()
    for fold in folds:
        train, test = set(fold.train.tolist()), set(fold.test.tolist())
        if not train or not test:
            what = "train" if not train else "test"
            raise BadInput(f"Fold {fold.name!r} has no clip to {what} on.")
        if train & test:
            raise BadInput(f"Fold {fold.name!r} trains on clips that it tests.")
        if tested & test:
            raise BadInput(f"Fold {fold.name!r} tests a clip that an earlier fold tested.")
        tested |= test
    return folds


def overlap_warning(folds: Sequence[Fold], table: pd.DataFrame) -> str | None:
    """A sentence if persons are on both sides of a fold; None if nobody is.

    It looks at the folds themselves, so that an external protocol is found out too.

    Parameters
    ----------
    folds : sequence of Fold
    table : DataFrame
        With columns ``dataset`` and ``subject``.

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": "toy", "subject": list("112")})
    >>> print(overlap_warning([Fold("x", np.array([0, 2]), np.array([1]))], table))
    PERSONS OVERLAP: 1 of 1 tested clips (100 %) shows a person on whom the model was trained. This
    is no estimate of performance on new persons; leave-one-subject-out (--protocol loso) is.
    >>> overlap_warning([Fold("x", np.array([0, 1]), np.array([2]))], table) is None
    True
    """
    keys = subject_keys(table)
    shared = sum(int(np.isin(keys[f.test], keys[f.train]).sum()) for f in folds)
    if not shared:
        return None
    total = sum(len(fold.test) for fold in folds)
    share = f"{shared} of {total} tested clips ({100 * shared / total:.0f} %)"
    return (
        f"PERSONS OVERLAP: {share} {'shows' if shared == 1 else 'show'} a person on whom the "
        "model was trained. This is no estimate of performance on new persons; "
        "leave-one-subject-out (--protocol loso) is."
    )


def fold_warnings(folds: Sequence[Fold], table: pd.DataFrame) -> list[str]:
    """What the persons in these folds give reason to warn of."""
    found = (overlap_warning(folds, table), alike_warning(table))
    return [warning for warning in found if warning]


def about_spelling(warning: object) -> bool:
    """Whether a warning of a header is about how persons are written, not about the folds."""
    return str(warning).startswith(("ONE PERSON", "PERSONS LOOK"))
