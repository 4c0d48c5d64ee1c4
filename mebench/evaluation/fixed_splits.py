"""Fixed splits: who trains, who chooses parameters, who is tested, from a file or by name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput, DataNotFound
from ..scoring.subjects import Fold, natural_key, subject_keys
from ..tables import other_separator, read_csv

__all__ = [
    "FixedSplit",
    "dfme_2024",
    "is_fixed",
    "is_split",
    "split_facts",
    "split_header",
    "split_mark",
]

_KEYS = ("clip_id", "subject")
_VALUES = ("split", "fold", "set", "part", "role")
_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("none", "unused", "-", "", "nan"), ""),
}


class FixedSplit:
    """A protocol that a file writes down: the role of each clip, or of each person.

    The file has a column ``clip_id``, or ``subject`` (with ``dataset``, where several have
    a person of that name), and a column ``split`` (or ``fold``, ``set``, ``part``, ``role``):

    * ``train``, ``val``, ``test``: one division. Where there is ``val``, parameters are chosen by
      training on ``train`` and predicting ``val``, and the choice is then trained on both, as
      scikit-learn refits a ``PredefinedSplit``. Several tests (``test-a``, ``test-b``) are
      one fold each.
    * numbers: each is tested by a model trained on all others.
    * ``none``: takes no part.

    Parameters
    ----------
    path : path
        A CSV file; read at once, so that a mistake in it shows before any work.

    Raises
    ------
    DataNotFound
        No such file.
    BadInput
        Columns or words that are not known, numbers and words mixed, one clip with two roles,
        nobody to train or test on.

    See Also
    --------
    mebench.evaluation.protocols.get_protocol : takes the path of such a file for a name.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "split.csv")
    >>> _ = path.write_text("subject,split\\n1,train\\n2,val\\n3,test\\n")
    >>> table = pd.DataFrame({"clip_id": list("abcd"), "dataset": "toy", "subject": list("1123")})
    >>> [fold] = FixedSplit(path)(table)
    >>> fold.name, fold.train.tolist(), fold.test.tolist()
    ('test', [0, 1, 2], [3])
    >>> [(train.tolist(), val.tolist()) for train, val in fold.inner]
    [([0, 1], [2])]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.__name__ = str(path)
        if not self.path.is_file():
            raise DataNotFound(
                f"There is no split file {self.path}: it should be a CSV file with the columns "
                "clip_id (or subject) and split (train, val, test, or the number of a fold)."
            )
        table = read_csv(self.path, [])
        headers = {str(c).strip().lower(): c for c in table}
        keys = [k for k in _KEYS if k in headers]
        values = [v for v in _VALUES if v in headers]
        if not keys or not values:
            raise BadInput(
                f"{self.path} has the columns {', '.join(map(str, table)) or 'none'}; expected "
                "clip_id or subject, and split (train, val, test, or the number of a fold)."
                f"{other_separator(list(map(str, table)))}"
            )
        self._by = ["clip_id"] if keys[0] == "clip_id" else ["subject"]
        if self._by == ["subject"] and "dataset" in headers:
            self._by = ["dataset", "subject"]
        columns = [table[headers[c]].astype(str).str.strip() for c in self._by]
        names = ["/".join(cells) for cells in zip(*columns, strict=True)]
        self._roles: dict[str, str] = {}
        for line, (name, cell) in enumerate(zip(names, table[headers[values[0]]], strict=True), 2):
            role = self._role(str(cell), line)
            if self._roles.setdefault(name, role) != role:
                raise BadInput(
                    f"{self.path}, line {line}: {name} is {role or 'none'} here and "
                    f"{self._roles[name] or 'none'} above. Keep one line of each."
                )
        self._check()

    def _role(self, cell: str, line: int) -> str:
        word = cell.strip().lower()
        if word in _WORDS:
            return _WORDS[word]
        if word.removesuffix(".0").isdecimal():
            return str(int(word.removesuffix(".0")))
        if word.startswith("test"):
            return word
        raise BadInput(
            f"{self.path}, line {line}: {cell!r} is no part of a split; expected train, val, test "
            "(or test-a, test-b), the number of a fold, or none."
        )

    def _check(self) -> None:
        roles = set(self._roles.values()) - {""}
        folds = {r for r in roles if r.isdecimal()}
        if folds and folds != roles:
            raise BadInput(
                f"{self.path} mixes numbers of folds and words ({', '.join(sorted(roles))}): use "
                "one kind."
            )
        if folds:
            if len(folds) < 2:
                raise BadInput(f"{self.path} has one fold only; nobody is left to train on.")
            return
        if "train" not in roles or not any(r.startswith("test") for r in roles):
            raise BadInput(
                f"{self.path} names {', '.join(sorted(roles)) or 'no parts'}: a split needs train "
                "and test."
            )

    def roles(self, table: pd.DataFrame) -> np.ndarray:
        """The role of each row, ``(n,)`` of str; "" where it takes no part.

        Raises
        ------
        BadInput
            A clip or person that the file does not name, or a subject of two databases.
        """
        if self._by == ["subject"] and table["dataset"].nunique() > 1:
            both = table.drop_duplicates(["dataset", "subject"])
            twice = both[both["subject"].duplicated()]["subject"]
            if len(twice):
                raise BadInput(
                    f"{self.path} names subjects only, and {twice.iloc[0]} is a person of several "
                    "databases: add a column dataset."
                )
        names = self._names(table)
        unknown = list(dict.fromkeys(name for name in names if name not in self._roles))
        if unknown:
            what = "clips" if self._by == ["clip_id"] else "persons"
            raise BadInput(
                f"{self.path} says nothing of {len(unknown)} of {len(set(names))} {what}, such as "
                f"{', '.join(unknown[:3])}; it names such as {', '.join(list(self._roles)[:3])}. "
                "Give each a part; none is for those that take no part."
            )
        return np.array([self._roles[name] for name in names], object)

    def strangers(self, table: pd.DataFrame) -> list[str]:
        """What the file gives a part and the table does not have, in the order of the file."""
        there = set(self._names(table))
        return [name for name, role in self._roles.items() if role and name not in there]

    def _names(self, table: pd.DataFrame) -> list[str]:
        return ["/".join(map(str, cells)) for cells in table[self._by].itertuples(index=False)]

    def __call__(self, table: pd.DataFrame) -> Iterator[Fold]:
        """The folds of a table."""
        roles = self.roles(table)
        found = sorted(set(roles) - {""}, key=natural_key)
        if all(role.isdecimal() for role in found):
            for role in found:
                yield Fold(role, np.flatnonzero((roles != role) & (roles != "")),
                           np.flatnonzero(roles == role))  # fmt: skip
            return
        yield from _divided(roles)


def _divided(roles: np.ndarray) -> Iterator[Fold]:
    """One fold per test part, trained on train and val."""
    train, val = np.flatnonzero(roles == "train"), np.flatnonzero(roles == "val")
    inner = ((train, val),) if len(val) else ()
    for role in sorted({r for r in roles if r.startswith("test")}, key=natural_key):
        yield Fold(role, np.sort(np.r_[train, val]), np.flatnonzero(roles == role), inner)


def dfme_2024(table: pd.DataFrame) -> Iterator[Fold]:
    """The parts of DFME's release of 2024: train on one, test on the others that have labels.

    Parameters
    ----------
    table : DataFrame
        With the column ``part`` that the database ``dfme`` gives.

    Raises
    ------
    BadInput
        Other data, or no part to train or to test on.

    Examples
    --------
    >>> table = pd.DataFrame({"part": ["train", "train", "test-a"]})
    >>> [(fold.name, fold.test.tolist()) for fold in dfme_2024(table)]
    [('test-a', [2])]
    """
    parts = set(table["part"].dropna()) if "part" in table else set()
    if "train" not in parts or not parts & {"test-a", "test-b"}:
        raise BadInput(
            "The protocol dfme-2024 takes the database dfme with its training part and a test part "
            f"that has labels; found {', '.join(sorted(parts)) or 'no parts'}. A part without "
            "labels is predicted with --test."
        )
    yield from _divided(table["part"].fillna("").to_numpy(object))


def is_split(name: object) -> bool:
    """Whether the name of a protocol is the path of a split file.

    Examples
    --------
    >>> is_split("lists/split.csv"), is_split("kfold:10")
    (True, False)
    """
    return isinstance(name, (str, os.PathLike)) and str(name).lower().endswith(".csv")


def is_fixed(protocol: object) -> bool:
    """Whether a protocol divides the clips by a list: a file, or one that was published."""
    return is_split(protocol) or isinstance(protocol, FixedSplit) or protocol == "dfme-2024"


def split_mark(name: object) -> str:
    """SHA-256 of a split file; "" of any other protocol."""
    if not is_split(name):
        return ""
    return hashlib.sha256(Path(str(name)).read_bytes()).hexdigest()


def split_facts(
    folds: Sequence[Fold], table: pd.DataFrame, protocol: object = None
) -> dict[str, Any]:
    """What run.json says of a fixed split: its hash, its sizes, and a person on both sides of val.

    Parameters
    ----------
    folds : sequence of Fold
        As the protocol gives them.
    table : DataFrame
        Of the clips.
    protocol : path or FixedSplit, optional
        Where the division is from.

    Returns
    -------
    dict
        ``sha256`` of the sorted lines ``fold,clip_id,train|val|test``, so that two files that
        divide the clips alike agree; ``folds``: name, and number of clips that train, choose and
        are tested; ``strangers``: clips or persons of the file that are not in the table, the
        first of them and their number, where there are any; ``warnings``.
    """
    ids, keys = table["clip_id"].astype(str).to_numpy(), subject_keys(table)
    lines, sizes, warnings = [], [], []
    for fold in folds:
        val = np.concatenate([v for _, v in fold.inner]) if fold.inner else np.empty(0, int)
        train = np.setdiff1d(fold.train, val)
        for role, rows in (("train", train), ("val", val), ("test", fold.test)):
            lines += [f"{fold.name},{ids[i]},{role}\n" for i in rows]
        sizes.append({"fold": fold.name, "train": len(train), "val": len(val),
                      "test": len(fold.test)})  # fmt: skip
        shared = int(np.isin(keys[val], keys[train]).sum())
        if shared:
            warnings.append(
                f"PERSONS OVERLAP while choosing: {shared} of {len(val)} clips of val show a "
                "person on whom the candidates were trained."
            )
    digest = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    found: dict[str, Any] = {
        "sha256": digest,
        "folds": sizes,
        "warnings": list(dict.fromkeys(warnings)),
    }
    given = FixedSplit(str(protocol)) if is_split(protocol) else protocol
    strangers = given.strangers(table) if isinstance(given, FixedSplit) else []
    if strangers:
        found["strangers"] = {"number": len(strangers), "such_as": strangers[:3]}
    return found


def split_header(
    folds: Sequence[Fold], table: pd.DataFrame, protocol: object
) -> tuple[dict[str, Any], list[str]]:
    """What the header of a run holds of a fixed split, and its warnings; of others nothing."""
    if not is_fixed(protocol):
        return {}, []
    facts = split_facts(folds, table, protocol)
    warnings = facts.pop("warnings")
    return {"split": facts}, warnings
