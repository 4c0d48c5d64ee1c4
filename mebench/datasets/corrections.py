"""Known wrong cells of the official sheets, and what should stand there.

Each database has a file ``corrections/<name>.csv`` with the columns ``subject, clip, onset,
field, wrong, right, source``. A row is found by subject, clip and the onset as the sheet writes
it, never by its number, and changed only where the wrong value stands: so a corrected sheet, or
another version of it, is left alone.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from ..errors import BadInput
from .sheets import BLANK, cell_text

__all__ = ["Correction", "correct", "corrections"]

_FRAMES = ("onset", "apex", "offset")
_FIELDS = (*_FRAMES, "emotion", "objective_class", "au")


@dataclass(frozen=True)
class Correction:
    """One wrong cell; all values as text, a blank cell as ""."""

    subject: str
    clip: str
    onset: str
    field: str
    wrong: str
    right: str
    source: str


def corrections(name: str, path: str | os.PathLike[str] | None = None) -> list[Correction]:
    """The known wrong cells of a database.

    Parameters
    ----------
    name : str
    path : path, optional
        Another file than the one that comes with the package.

    Raises
    ------
    BadInput
        The file lacks a column, or a row names an unknown field or an impossible value.
    """
    file = Path(path) if path else Path(__file__).parent / "corrections" / f"{name}.csv"
    if path is None and not file.exists():
        return []
    columns = [f.name for f in fields(Correction)]
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames != columns:
            raise BadInput(f"{file}: found the columns {reader.fieldnames}, expected {columns}.")
        rows = [Correction(**{k: (v or "").strip() for k, v in r.items()}) for r in reader]
    for i, row in enumerate(rows, start=2):
        if row.field not in _FIELDS:
            raise BadInput(f"{file}, line {i}: unknown field {row.field!r}; known: {_FIELDS}.")
        if row.field in _FRAMES and not row.right.isdigit():
            raise BadInput(f"{file}, line {i}: {row.field} should be a number, not {row.right!r}.")
        if not row.source:
            raise BadInput(f"{file}, line {i}: a correction needs a source.")
    return rows


def correct(table: pd.DataFrame, known: list[Correction]) -> tuple[pd.DataFrame, list[str]]:
    """The table with its known wrong cells corrected, and one note that counts and lists them.

    A corrected apex has ``apex_source`` "corrected".
    """
    table = table.copy()
    done = []
    # By the onset as written: several cells of a row may be wrong, the onset among them.
    places: dict[tuple[str, str, str], list[int]] = {}
    for i, key in enumerate(
        zip(table["subject"], table["clip"], map(_text, table["onset"]), strict=True)
    ):
        places.setdefault(key, []).append(i)
    for row in known:
        for i in places.get((row.subject, row.clip, row.onset), ()):
            label = table.index[i]
            if _text(table.at[label, row.field]) != _text(row.wrong):
                continue
            table.loc[label, row.field] = int(row.right) if row.field in _FRAMES else row.right
            if row.field == "apex":
                table.loc[label, "apex_source"] = "corrected"
            done.append(
                f"{row.subject}/{row.clip} {row.field} {row.wrong or 'blank'} → {row.right} "
                f"({row.source})"
            )
    if not done:
        return table, []
    cells = "cell" if len(done) == 1 else "cells"
    return table, [f"{len(done)} known wrong {cells} corrected: {'; '.join(done)}"]


def _text(value: object) -> str:
    text = cell_text(value)
    return "" if text.lower() in BLANK else text
