"""Annotation sheets: find the header, name the columns alike, read cells strictly."""

from __future__ import annotations

import math
import os
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.utils import get_column_letter

from ..errors import BadInput, DataNotFound
from ..tables import shortened

__all__ = [
    "Sheet",
    "cell_text",
    "excel_files",
    "read_sheet",
    "read_without_header",
    "worksheets",
]

#: How annotators write that there is nothing to write.
BLANK = frozenset(["", "/", "\\", "-", "nan", "none", "n/a", "na"])
_CELLS = 2_000_000  # of the box around all that is written; the largest official sheet has 60,000
_UNPACKED = 100 * 2**20  # bytes; the largest official sheet unpacks to a few million
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
            number = _integer(value)
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
    """Read the worksheet of an Excel file that has the wanted columns.

    Headers are compared without case, spaces and punctuation, and may stand below a title;
    columns in between that nobody asked for are passed over. Of several worksheets the first
    that has all columns is read.

    Parameters
    ----------
    path : path
        ``.xlsx`` or ``.xls``.
    columns : mapping of str to sequence of str
        Our name → the headers under which it circulates, the preferred first.
    optional : iterable of str
        Names that may be missing; they are then missing from ``cells`` too.

    Raises
    ------
    DataNotFound
        No such file.
    BadInput
        Not an Excel file, or no worksheet has the columns.
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
    body = books[worksheet].iloc[top + 1 :, list(found.values())]
    body = body.set_axis(list(found), axis=1).reset_index(drop=True).astype(object)
    return Sheet(
        path=path,
        worksheet=worksheet,
        cells=_filled(body),
        written={name: cell_text(header[i]) for name, i in found.items()},
        first_row=top + 2,
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


def worksheets(path: Path) -> dict[str, pd.DataFrame]:
    """All worksheets of an Excel file, cells as they are, no header.

    Raises
    ------
    DataNotFound
        No such file.
    BadInput
        Not an Excel file.
    """
    _refuse_bombs(path)
    try:
        # Headers are looked for, so the cells stay what they are until then: no header, no
        # dtypes, and "NA" or "None" are words, not missing values.
        with warnings.catch_warnings():
            # Of styles and drop-down lists that openpyxl passes over (so do we), and of pandas'
            # plans for its .xls reader: nothing that a user could act on.
            warnings.simplefilter("ignore")
            if zipfile.is_zipfile(path):
                return _workbook(path)
            books = pd.read_excel(path, sheet_name=None, header=None, dtype=object, na_filter=False)
            return {str(k): v for k, v in books.items()}
    except BadInput:
        raise
    except FileNotFoundError as error:
        raise DataNotFound(f"The annotation sheet {path} does not exist.") from error
    except Exception as error:  # the readers raise anything from zipfile to xlrd errors
        raise BadInput(
            f"{path} cannot be read as an Excel file ({type(error).__name__}: {shortened(error)}). "
            "Open it in a spreadsheet program and save it as .xlsx, or restore it."
        ) from error


def _workbook(path: Path) -> dict[str, pd.DataFrame]:
    """Worksheets of an .xlsx, read row by row.

    pandas would fill every row up to the widest: a single cell in the far corner, left there by
    accident, then takes all memory.
    """
    with open(path, "rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        found = {}
        for page in book.worksheets:
            page.reset_dimensions()  # what the file says of its own size need not be so
            rows: list[tuple[object, ...]] = []
            width = last = 0
            for number, row in enumerate(page.iter_rows(values_only=True), start=1):
                filled = [i for i, value in enumerate(row, start=1) if value is not None]
                if filled:
                    last, width = number, max(width, filled[-1])
                    if last * width > _CELLS:
                        raise BadInput(
                            f"{path}: worksheet {page.title!r} has a cell in row {last}, column "
                            f"{get_column_letter(width)}, far beyond any annotation sheet. Remove "
                            "what stands there, or get the official sheet again."
                        )
                    rows += [()] * (last - 1 - len(rows))
                    rows.append(row[: filled[-1]])
            full = [[*row, *[""] * (width - len(row))] for row in rows]
            cells = [["" if value is None else value for value in row] for row in full]
            found[page.title] = pd.DataFrame(cells, dtype=object)
    return found


def _refuse_bombs(path: Path) -> None:
    """Raise on an .xlsx that unpacks to more than any annotation sheet holds."""
    try:
        with zipfile.ZipFile(path) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return  # an .xls, or what the reader will complain of
    if size > _UNPACKED:
        raise BadInput(
            f"{path} would unpack to {size / 2**20:.0f} MiB, where an annotation sheet has a few. "
            "It is damaged or made to do harm: get the official sheet again."
        )


def excel_files(folder: Path) -> list[Path]:
    """Excel files in a folder, without lock files (``~$``) and macOS leftovers (``._``)."""
    return sorted(
        Path(entry.path)
        for entry in os.scandir(folder)
        if entry.name.lower().endswith((".xlsx", ".xls")) and not entry.name.startswith(("~", "."))
    )


def cell_text(value: object) -> str:
    """A cell as text: whole floats without ".0", no-break spaces and outer blanks removed."""
    if (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
    ):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).replace("\ufeff", "").split())


def _integer(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    text = cell_text(value)
    try:
        number = float(text)
    except ValueError:
        return None
    # Beyond 2^53 a float no longer tells neighbouring frames apart.
    return int(number) if abs(number) < 2**53 and number.is_integer() else None


def _match(header: list[Any], columns: Mapping[str, Sequence[str]]) -> dict[str, int]:
    places: dict[str, int] = {}
    for i, cell in enumerate(header):
        places.setdefault(_key(cell_text(cell)), i)
    found = {}
    for name, aliases in columns.items():
        for alias in aliases:
            if _key(alias) in places:
                found[name] = places[_key(alias)]
                break
    return found


def _key(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
