"""Annotation sheets: find the header, name the columns alike, read cells strictly."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..spelling import plain
from ..tables import shortened, whole_number
from .columns import column_key
from .columns import match_header as _match
from .workbooks import excel_files, worksheets

__all__ = [
    "Sheet",
    "cell_text",
    "excel_files",
    "read_sheet",
    "read_without_header",
    "whole",
    "worksheets",
]

#: How annotators write that there is nothing to write.
BLANK = frozenset(["", "/", "\\", "-", "nan", "none", "n/a", "na"])
_HEADER_ROWS = 40  # SAMM's header stands in row 14


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows of one worksheet under our column names.

    Parameters
    ----------
    path : Path
    worksheet : str
    cells : DataFrame of object
        One row per non-empty row below the header, indexed by row number from 0 below the header.
    written : mapping of str to str
        Our column name → the header as it stands in the sheet.
    first_row : int
        Row of the first row below the header, as Excel counts.
    """

    path: Path
    worksheet: str
    cells: pd.DataFrame
    written: Mapping[str, str]
    first_row: int

    def __len__(self) -> int:
        return len(self.cells)

    def where(self, row: int, column: str) -> str:
        """A cell as the user finds it: "Sheet1, row 12, column OnsetFrame"."""
        return f"{self.worksheet}, row {row + self.first_row}, column {self.written[column]!r}"

    def places(self) -> dict[int, str]:
        """Each row as the user finds it: 3 → "Sheet1, row 5"."""
        return {int(i): f"{self.worksheet}, row {i + self.first_row}" for i in self.cells.index}

    def text(self, column: str, required: bool = False) -> list[str | None]:
        """Cells of a column as stripped text; None where they are blank."""
        out: list[str | None] = [cell_text(v) or None for v in self.cells[column]]
        if required:
            self._complain(column, "is blank", (v is None for v in out))
        return out

    def integers(self, column: str, required: bool = True) -> list[int | None]:
        """Cells of a column as whole numbers.

        Parameters
        ----------
        column : str
        required : bool
            Blank cells ("", "/", "-") are an error; otherwise they become None.

        Raises
        ------
        BadInput
            Cells that are no whole numbers, each by worksheet, row and column.
        """
        out: list[int | None] = []
        bad = []
        for value in self.cells[column]:
            number = whole(value)
            blank = number is None and cell_text(value).lower() in BLANK
            bad.append(number is None and (required or not blank))
            out.append(number)
        self._complain(column, "should be a whole number", bad)
        return out

    def convert(self, column: str, function: Callable[[str], Any], expected: str) -> list[Any]:
        """Each cell's text through `function`, which gives None for what it cannot read."""
        out = [function(cell_text(v)) for v in self.cells[column]]
        self._complain(column, f"should be {expected}", (v is None for v in out))
        return out

    def _complain(self, column: str, problem: str, bad: Iterable[bool]) -> None:
        rows = [row for row, wrong in zip(self.cells.index, bad, strict=True) if wrong]
        if not rows:
            return
        listed = "; ".join(
            f"{self.where(row, column)} holds {shortened(self.cells.at[row, column])}"
            for row in rows[:10]
        )
        more = f"; and {len(rows) - 10} more" if len(rows) > 10 else ""
        raise BadInput(
            f"{self.path}: {listed}{more}; each {problem}. Correct the sheet, or choose another "
            "one (`sheet=`)."
        )


def read_sheet(
    path: str | os.PathLike[str],
    columns: Mapping[str, Sequence[str]],
    optional: Iterable[str] = (),
) -> Sheet:
    """Read the worksheet of a spreadsheet file that has the wanted columns.

    Headers are compared without case, spaces and punctuation, and may stand below a title;
    columns in between that nobody asked for are passed over. Of several worksheets the first
    that has all columns is read.

    Parameters
    ----------
    path : path
        What :func:`mebench.datasets.workbooks.worksheets` reads.
    columns : mapping of str to sequence of str
        Our name → the headers under which it circulates, the preferred first.
    optional : iterable of str
        Names that may be missing; they are then missing from ``cells`` too.

    Raises
    ------
    DataNotFound
        No such file.
    BadInput
        Not a spreadsheet, no worksheet has the columns, or a header stands twice over cells
        that differ.
    """
    path = Path(path)
    books = worksheets(path)
    optional = set(optional)
    best: tuple[int, str, dict[str, int], int, list[Any]] | None = None
    for worksheet, raw in books.items():
        for i in range(min(len(raw), _HEADER_ROWS)):
            header = list(raw.iloc[i])
            found = _match(header, columns)
            score = sum(name not in optional for name in found)
            if best is None or score > best[0]:
                best = (score, str(worksheet), found, i, header)
    wanted = [name for name in columns if name not in optional]
    if best is None or best[0] < len(wanted):
        missing = [columns[n][0] for n in wanted if best is None or n not in best[2]]
        seen = [t for t in map(cell_text, best[4]) if t] if best else []
        raise BadInput(
            f"{path}: no worksheet has the column(s) {', '.join(missing)}. The nearest header "
            f"found is {', '.join(seen[:20]) or 'empty'}. Give the official sheet, or rename its "
            "columns back."
        )
    _, worksheet, found, top, header = best
    for place in found.values():
        _refuse_twins(path, worksheet, header, place, books[worksheet].iloc[top + 1 :])
    body = books[worksheet].iloc[top + 1 :, list(found.values())]
    body = body.set_axis(list(found), axis=1).reset_index(drop=True).astype(object)
    return Sheet(
        path=path,
        worksheet=worksheet,
        cells=_filled(body),
        written={name: cell_text(header[i]) for name, i in found.items()},
        first_row=top + 2,
    )


def _refuse_twins(
    path: Path, worksheet: str, header: Sequence[Any], place: int, body: pd.DataFrame
) -> None:
    """Raise where a wanted header stands twice over cells that differ: which of them is meant?"""
    key = column_key(cell_text(header[place]))
    for other in range(place + 1, len(header)):
        if column_key(cell_text(header[other])) != key:
            continue
        a, b = (list(map(cell_text, body.iloc[:, i])) for i in (place, other))
        if a != b:
            raise BadInput(
                f"{path}: in {worksheet} the column {shortened(cell_text(header[place]))} stands "
                "twice, and the cells differ. Remove or rename one of them."
            )


def read_without_header(
    path: str | os.PathLike[str],
    columns: Sequence[str],
    wanted: Callable[[pd.DataFrame], bool],
    name: str,
) -> Sheet:
    """Read the worksheet that `wanted` accepts, whose columns have no names.

    Parameters
    ----------
    path : path
    columns : sequence of str
        Our names of the columns from left to right.
    wanted : callable
        All cells of a worksheet → whether it is the one.
    name : str
        Of the official worksheet, for messages.

    Raises
    ------
    DataNotFound, BadInput
        As :func:`read_sheet`.
    """
    path = Path(path)
    for worksheet, raw in worksheets(path).items():
        if not wanted(raw):
            continue
        body = raw.iloc[:, : len(columns)]
        body = body.set_axis(list(columns[: body.shape[1]]), axis=1).reset_index(drop=True)
        letters = {n: chr(ord("A") + i) for i, n in enumerate(body.columns)}
        return Sheet(path, worksheet, _filled(body.astype(object)), letters, 1)
    raise BadInput(
        f"{path}: no worksheet looks like {name}, with {len(columns)} columns without names: "
        f"{', '.join(columns)}. Restore the official sheet."
    )


def _filled(body: pd.DataFrame) -> pd.DataFrame:
    """The rows in which anything stands."""
    there = [any(cell_text(v) for v in row) for row in body.itertuples(index=False)]
    return body[np.array(there, bool)]  # a list, when empty, would choose columns


def cell_text(value: object) -> str:
    """A cell as text: whole floats without ".0"; :func:`mebench.spelling.plain` otherwise."""
    if (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
    ):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return plain(value)


def whole(value: object) -> int | None:
    """The whole number in a cell, None where it holds something else."""
    return None if isinstance(value, bool) else whole_number(cell_text(value))
