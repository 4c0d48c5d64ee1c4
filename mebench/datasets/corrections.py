"""Known wrong cells of the official sheets, and what should stand there.

Each database has a file ``corrections/<name>.csv`` with the columns ``subject, clip, onset,
field, wrong, right, source``. A row is found by subject, clip and the onset as the sheet writes
it, never by its number, and changed only where the wrong value stands: so a corrected sheet, or
another version of it, is left alone.

Two things may stand in for what nobody published:

* A blank ``onset`` means any row of that subject and clip; of several with the same wrong value,
  the one with the last onset that is not after the right value.
* ``wrong`` may be ``out of order``: an apex that is missing or outside onset to offset, an offset
  that is missing or before the onset or apex.
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
_DISORDER = "out of order"
_FIELDS = (*_FRAMES, "emotion", "objective_class", "au")


@dataclass(frozen=True)
class Correction:
    """One wrong cell; all values as text, a blank cell as "". See the module for two wildcards."""

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
        if row.wrong == _DISORDER and row.field not in ("apex", "offset"):
            raise BadInput(f"{file}, line {i}: only an apex or offset can be {_DISORDER}.")
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
    for i, (subject, clip, onset) in enumerate(
        zip(table["subject"], table["clip"], map(_text, table["onset"]), strict=True)
    ):
        places.setdefault((subject, clip, onset), []).append(i)
        places.setdefault((subject, clip, ""), []).append(i)
    for row in known:
        here = [table.index[i] for i in places.get((row.subject, row.clip, row.onset), ())]
        here = [label for label in here if _stands(table.loc[label], row)]
        if not row.onset and row.field in _FRAMES:
            before = [k for k in here if _number(table.at[k, "onset"]) <= int(row.right)]
            here = sorted(before, key=lambda k: _number(table.at[k, "onset"]))[-1:]
        for label in here:
            found = _text(table.at[label, row.field]) if row.wrong == _DISORDER else row.wrong
            place = f"{row.subject}/{row.clip} {row.field}"
            table.loc[label, row.field] = int(row.right) if row.field in _FRAMES else row.right
            if row.field == "apex":
                table.loc[label, "apex_source"] = "corrected"
            done.append(f"{place} {found or 'blank'} → {row.right} ({row.source})")
    if not done:
        return table, []
    cells = "cell" if len(done) == 1 else "cells"
    return table, [f"{len(done)} known wrong {cells} corrected: {'; '.join(done)}"]


def _stands(cells: pd.Series, row: Correction) -> bool:
    """Whether the known wrong value stands in these cells."""
    if row.wrong != _DISORDER:
        return _text(cells[row.field]) == _text(row.wrong)
    onset, apex, offset = (cells[mark] for mark in _FRAMES)
    if row.field == "apex":
        return bool(pd.isna(apex) or apex < onset or (pd.notna(offset) and apex > offset))
    return bool(pd.isna(offset) or offset < onset or (pd.notna(apex) and offset < apex))


def _number(value: object) -> int:
    return -1 if _text(value) == "" else int(_text(value))


def _text(value: object) -> str:
    text = cell_text(value)
    return "" if text.lower() in BLANK else text
