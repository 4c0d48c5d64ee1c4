"""Features from elsewhere: files of rows, and tables of labels."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..arrays import PARQUET, SUFFIXES, packed, read_arrays, read_rows
from ..errors import BadInput
from ..scoring.prediction_files import spelled_persons
from ..spelling import in_words, label_spellings, plain
from ..storage.lease import write_whole
from ..tables import read_csv, shortened

__all__ = [
    "join",
    "read_features",
    "read_table",
    "save_features",
]


def read_features(
    path: str | os.PathLike[str], ids: Sequence[str] | None = None
) -> tuple[list[str], np.ndarray]:
    """Clip ids and features ``(n, d)`` from a file of any kind that people keep them in.

    Parameters
    ----------
    path : path
        ``.npz`` or ``.mat`` with ``features`` (n, d) and ``clip_id`` (n,), text or numbers
        (``X``, and ``clip_ids`` or ``ids``, are understood); Parquet with the column
        ``clip_id`` beside numbers, or beside a column ``features`` of lists; ``.npy`` (n, d),
        beside which a CSV of the same name has the column ``clip_id``, a line for each row; or
        a CSV whose column ``clip_id`` comes with nothing but numbers. Nothing is unpickled.
    ids : sequence of str, optional
        Clips of the rows of an ``.npy`` without such a CSV, in their order.

    Raises
    ------
    DataNotFound, BadInput
        The file is missing, damaged, lacks an array or column, or holds values that are not
        finite numbers; an array of Python objects is named.

    See Also
    --------
    save_features : Writes what this reads.
    join : Brings features and a table to one order.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind == ".npy":
        named, X = _ids_beside(path, ids), read_arrays(path)[""]
    elif kind in SUFFIXES:
        named, X = _by_name(path, read_arrays(path))
    else:
        table = read_csv(path, ["clip_id"])
        named, X = table["clip_id"].to_numpy(str), table.drop(columns="clip_id").to_numpy()
    try:
        X = np.asarray(X, np.float64)
    except (ValueError, TypeError) as error:
        raise BadInput(
            f"{path} holds no numeric features: {shortened(error)}. Expected {_EXPECTED}."
        ) from error
    n = len(named)
    if kind == ".mat" and X.ndim == 1 and n and X.size % n == 0:
        X = X.reshape(n, -1)  # one row, or one column
    if X.ndim == 2 and X.shape[1] == n != len(X):
        raise BadInput(
            f"{path}: features have shape {X.shape} for {n} clips: a clip is a row; transpose them."
        )
    if X.ndim != 2 or np.shape(named) != (len(X),) or 0 in X.shape:
        raise BadInput(
            f"{path}: features have shape {X.shape} and clip_id {np.shape(named)}; expected (n, d) "
            "and (n,), neither empty."
        )
    if not np.isfinite(X).all():
        row = int(np.flatnonzero(~np.isfinite(X).all(axis=1))[0])
        raise BadInput(f"{path}: the features of clip {named[row]!s} are not all finite numbers.")
    return [str(i) for i in named], X


_EXPECTED = (
    "features (n, d) and clip_id (n,) in an .npz, .mat or Parquet file, or a CSV of clip_id and "
    "numbers"
)
_IDS = ("clip_id", "clip_ids", "ids")


def _by_name(path: Path, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Ids and features among a file's arrays."""
    there = ", ".join(arrays) or "none"
    ids = next((arrays.pop(name) for name in _IDS if name in arrays), None)
    X = next((arrays.pop(name) for name in ("features", "X") if name in arrays), None)
    if X is None and path.suffix.lower() in PARQUET and ids is not None and arrays:
        other = next((name for name, a in arrays.items() if a.ndim != 1), None)
        if other is not None:
            raise BadInput(f"{path}: the column {other} holds lists; expected {_EXPECTED}.")
        X = np.stack(list(arrays.values()), axis=1)
    if ids is None or X is None:
        lacking = " and ".join(n for n, a in (("features", X), ("clip_id", ids)) if a is None)
        raise BadInput(
            f"{path} has the arrays {there[:300]}; it lacks {lacking}. Expected {_EXPECTED}."
        )
    if ids.dtype.kind == "S":
        ids = np.char.decode(ids, "utf-8", "replace")
    if ids.dtype.kind == "f":
        ids = np.array([f"{value:g}" for value in ids])  # MATLAB numbers are all floats
    return ids, X


def _ids_beside(path: Path, ids: Sequence[str] | None) -> np.ndarray:
    """The clips of an .npy, which cannot hold them: from the CSV of its name, or as given."""
    beside = path.with_suffix(".csv")
    if beside.exists():
        return read_csv(beside, ["clip_id"])["clip_id"].to_numpy(str)
    if ids is None:
        raise BadInput(
            f"{path} holds numbers only: put {beside.name} beside it, a CSV with the column "
            "clip_id and a line for each row, or save both with np.savez(file, features=…, "
            "clip_id=…)."
        )
    warnings.warn(
        f"{path} names no clips: its rows are taken in the order of the table.", stacklevel=3
    )
    return np.asarray(ids, str)


def read_table(
    path: str | os.PathLike[str], target: str = "label", subjects: str = "joined"
) -> pd.DataFrame:
    """Table of samples: ``clip_id, subject, label`` and, if several, ``dataset``.

    From a CSV, or what else :func:`mebench.arrays.read_rows` reads. With `target` ``au``, a column
    of that name is needed instead of ``label``; it may be empty.
    """
    path = Path(path)
    table = read_rows(path, ["clip_id", "subject", target])
    for column in table.columns:
        empty = table[column].str.strip() == ""
        needed = column != "label" or target == "label"
        if column in ("clip_id", "subject", "label", "dataset") and needed and empty.any():
            row = int(np.flatnonzero(empty)[0]) + 2
            raise BadInput(f"{path}, line {row}: {column} is empty; every clip needs one.")
    if "dataset" not in table:
        table.insert(1, "dataset", path.stem)
    table, said = spelled_persons(table, subjects)
    if target == "label":
        spellings = label_spellings(map(plain, table["label"]))
        table["label"] = [spellings[plain(label)] for label in table["label"]]
        if alike := in_words(spellings):
            table.attrs["notes"] = [f"one label, several spellings: {alike}"]
    table.attrs["warnings"] = said
    return table


def join(ids: list[str], X: np.ndarray, table: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Features and table in the order of the table; every clip must be in both, once.

    Raises
    ------
    BadInput
        A clip is there twice, or in one of the two only.
    """
    keys = pd.Index(ids)
    wanted = pd.Index(table["clip_id"].astype(str))
    for name, index in (("features", keys), ("table", wanted)):
        if index.has_duplicates:
            twice = index[index.duplicated()][0]
            raise BadInput(f"The clip {twice!r} stands twice in the {name}.")
    lost, extra = wanted.difference(keys), keys.difference(wanted)
    if len(lost) or len(extra):
        few = ", ".join([*lost[:3], *extra[:3]])
        raise BadInput(
            f"Features and table do not hold the same clips: {len(lost)} only in the table, "
            f"{len(extra)} only in the features, such as {few}. Cut both to the same clips."
        )
    return X[keys.get_indexer(wanted)], table.reset_index(drop=True)


def save_features(
    path: str | os.PathLike[str], ids: list[str], X: np.ndarray, names: list[str] | None = None
) -> Path:
    """Write what :func:`read_features` reads (``.npz``), with the names of the columns."""
    path = Path(path)
    if path.suffix != ".npz":
        raise BadInput(f"Features are written as .npz, found {path.name!r}.")
    arrays: dict[str, Any] = {"features": X, "clip_id": np.array(ids, str)}
    if names is not None:
        arrays["names"] = np.array(names, str)
    return write_whole(path, packed(arrays, compress=True))
