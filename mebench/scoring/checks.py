"""What samples must be before anything is trained on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..storage.rows import pieces
from ..tables import shortened

__all__ = ["check_names", "check_samples"]


def check_samples(X: Any, table: pd.DataFrame) -> None:
    """Raise on features and a table that do not belong together.

    Parameters
    ----------
    X : ndarray ``(n, …)`` or list
    table : DataFrame
        With ``clip_id``.

    Raises
    ------
    BadInput
        Another number of rows, a clip that stands twice, a name that no table can keep, or
        features that are not finite numbers.

    Examples
    --------
    >>> check_samples(np.array([[1.0], [np.nan]]), pd.DataFrame({"clip_id": ["a", "b"]}))
    Traceback (most recent call last):
    mebench.errors.BadInput: The features of clip 'b' are not all finite numbers.
    """
    if len(X) != len(table):
        raise BadInput(f"Found {len(X)} rows of features but {len(table)} rows of the table.")
    ids = table["clip_id"].astype(str)
    if ids.duplicated().any():
        twice = shortened(ids[ids.duplicated()].iloc[0])
        raise BadInput(f"The clip {twice} stands twice in the table; each is judged once.")
    check_names(ids, "clip_id")
    if np.ma.is_masked(X) or np.iscomplexobj(X):
        kind = "masked" if np.ma.is_masked(X) else "complex"
        raise BadInput(
            f"Found {kind} features; expected real numbers, all of them: nothing is left out "
            "without being said."
        )
    if not (isinstance(X, np.ndarray) and np.issubdtype(X.dtype, np.floating)):
        return
    for part, rows in pieces(X):  # the matrix may be larger than memory
        for clip, row in zip(ids[part], rows, strict=True):
            if not np.isfinite(row).all():
                raise BadInput(
                    f"The features of clip {shortened(clip)} are not all finite numbers."
                )


def check_names(names: Iterable[Any], column: str) -> None:
    """Raise on names that a text file cannot hold in a line of their own.

    Raises
    ------
    BadInput
        A name has a line break or NUL, or is no valid Unicode.
    """
    for name in names:
        text = str(name)
        if any(c in text for c in "\r\n\0") or text != text.encode(errors="replace").decode():
            raise BadInput(
                f"The {column} {shortened(text)} holds a line break, a NUL or no valid Unicode, "
                "which no table can keep. Rename it."
            )
