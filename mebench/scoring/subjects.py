"""Fold: one division of the samples; and the keys by which persons are told apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import BadInput

__all__ = [
    "NEVER_LEFT_OUT",
    "Fold",
    "checked_folds",
    "natural_key",
    "overlap_warning",
    "subject_keys",
]


@dataclass(frozen=True, eq=False)
class Fold:
    """One division of the samples: its name, and the row numbers to train and to test on."""

    name: str
    train: np.ndarray
    test: np.ndarray


#: Key of all rows that are only trained on: nobody who is ever left out, in tuning neither.
NEVER_LEFT_OUT = ""


def subject_keys(table: pd.DataFrame) -> np.ndarray:
    """``dataset/subject`` of each row, the only key by which persons are told apart.

    Rows whose column ``only_trained`` is true, where there is one, have :data:`NEVER_LEFT_OUT`.
    """
    keys = (table["dataset"].astype(str) + "/" + table["subject"].astype(str)).to_numpy(object)
    if "only_trained" in table:
        keys[table["only_trained"].to_numpy(bool)] = NEVER_LEFT_OUT
    return keys


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

    It looks at the folds themselves, so that a protocol of anybody's own is found out too.

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
