"""Features from elsewhere: files of rows, and tables of labels."""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput, DataNotFound
from ..tables import read_csv, shortened

__all__ = [
    "join",
    "read_features",
    "read_table",
    "save_features",
]


def read_features(path: str | os.PathLike[str]) -> tuple[list[str], np.ndarray]:
    """Clip ids and features ``(n, d)`` from an ``.npz`` or a CSV file.

    Parameters
    ----------
    path : path
        ``.npz`` with arrays ``features`` (n, d) and ``clip_id`` (n,); or a CSV whose column
        ``clip_id`` comes with nothing but numbers.

    Raises
    ------
    DataNotFound, BadInput
        The file is missing, damaged, lacks an array or column, or holds values that are not
        finite numbers.
    """
    path = Path(path)
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                missing = [k for k in ("features", "clip_id") if k not in file]
                if missing:
                    raise BadInput(
                        f"{path} has the arrays {', '.join(file.files) or 'none'}; expected "
                        "features (n, d) and clip_id (n,)."
                    )
                ids, X = file["clip_id"], file["features"]
        else:
            table = read_csv(path, ["clip_id"])
            ids, X = table["clip_id"].to_numpy(str), table.drop(columns="clip_id").to_numpy()
        X = np.asarray(X, np.float64)
    except OSError as error:
        raise DataNotFound(f"{path} cannot be read: {error}.") from error
    except BadInput:
        raise
    except (
        ValueError,
        zipfile.BadZipFile,
        KeyError,
        EOFError,
        zlib.error,
        NotImplementedError,
    ) as error:
        raise BadInput(
            f"{path} holds no numeric features: {shortened(error)}. Expected an .npz with "
            "features (n, d) and clip_id (n,), or a CSV of clip_id and numbers."
        ) from error
    if X.ndim != 2 or np.shape(ids) != (len(X),) or 0 in X.shape:
        raise BadInput(
            f"{path}: features have shape {X.shape} and clip_id {np.shape(ids)}; expected (n, d) "
            "and (n,), neither empty."
        )
    if not np.isfinite(X).all():
        row = int(np.flatnonzero(~np.isfinite(X).all(axis=1))[0])
        raise BadInput(f"{path}: the features of clip {ids[row]!s} are not all finite numbers.")
    return [str(i) for i in ids], X


def read_table(path: str | os.PathLike[str], target: str = "label") -> pd.DataFrame:
    """Table of samples from a CSV with ``clip_id, subject, label`` and, if several, ``dataset``.

    With `target` ``au``, a column of that name is needed instead of ``label``; it may be empty.
    """
    path = Path(path)
    table = read_csv(path, ["clip_id", "subject", target])
    for column in table.columns:
        empty = table[column].str.strip() == ""
        needed = column != "label" or target == "label"
        if column in ("clip_id", "subject", "label", "dataset") and needed and empty.any():
            row = int(np.flatnonzero(empty)[0]) + 2
            raise BadInput(f"{path}, line {row}: {column} is empty; every clip needs one.")
    if "dataset" not in table:
        table.insert(1, "dataset", path.stem)
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.npz")
        np.savez_compressed(temporary, **arrays)
        os.replace(temporary, path)
    except OSError as error:
        raise BadInput(f"Cannot write {path}: {error.strerror}.") from error
    return path
