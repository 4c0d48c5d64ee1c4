"""Spreadsheet files as they are: which format by the first bytes, and all cells, uninterpreted."""

from __future__ import annotations

import csv
import io
import itertools
import os
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from openpyxl.utils import get_column_letter

from ..errors import BadInput, DataNotFound, MebenchError
from ..tables import encoding, encoding_hint, shortened

if TYPE_CHECKING:
    import xlrd

__all__ = ["FORMATS", "TEXT", "WORKBOOKS", "excel_files", "worksheets"]

WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".ods")
TEXT = (".csv", ".tsv")
#: What is read, for messages.
FORMATS = ".xlsx, .xls, .ods, .csv or .tsv"

_CELLS = 2_000_000  # of the box around all that is written; the largest official sheet has 60,000
_UNPACKED = 100 * 2**20  # bytes; the largest official sheet unpacks to a few million
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BIFF = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")  # of Excel 2 to 5, without a container
_SEPARATORS = ",;\t"

Rows = Iterable[Sequence[object]]


def worksheets(path: Path) -> dict[str, pd.DataFrame]:
    """All worksheets of a spreadsheet file, cells as they are, no header; blank cells are "".

    The first bytes say what a file is, not its name: an .xls that carries the theme of a newer
    Excel ends in a zip archive, and tables called .xls may be text.

    Parameters
    ----------
    path : Path
        An Excel workbook (.xlsx, .xls), OpenDocument (.ods), or text separated by commas,
        semicolons or tabs (UTF-8, or UTF-16 with its mark), which is one worksheet.

    Raises
    ------
    DataNotFound
        No such file.
    BadInput
        It is none of these, or damaged; the message says what it looks like.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(2048)
    except OSError as error:
        if not path.exists():
            raise DataNotFound(f"The annotation sheet {path} does not exist.") from error
        raise DataNotFound(f"{path} cannot be read: {error.strerror}.") from error
    try:
        with warnings.catch_warnings():
            # Of styles and drop-down lists that the readers pass over (so do we): nothing that a
            # user could act on.
            warnings.simplefilter("ignore")
            return {name: _box(path, name, rows) for name, rows in _open(path, head)}
    except MebenchError:
        raise
    except Exception as error:  # the readers raise anything from zipfile to xlrd errors
        protected = head.startswith(_OLE) and "workbook" in str(error).lower()
        hint = "Is it protected by a password? " if protected else ""
        raise BadInput(
            f"{path} cannot be read as an Excel file ({type(error).__name__}: {shortened(error)}). "
            f"{hint}Open it in a spreadsheet program and save it as .xlsx, or restore it."
        ) from error


def excel_files(folder: Path, suffixes: Sequence[str] = WORKBOOKS) -> list[Path]:
    """Spreadsheet files in a folder, without lock files (``~$``) and macOS leftovers (``._``)."""
    return sorted(
        Path(entry.path)
        for entry in os.scandir(folder)
        if entry.name.lower().endswith(tuple(suffixes)) and not entry.name.startswith(("~", "."))
    )


def _open(path: Path, head: bytes) -> Iterator[tuple[str, Rows]]:
    if not head:
        raise BadInput(f"{path} cannot be read as an Excel file: it is empty. Restore it.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        names = _refuse_bombs(path)
        return _ods(path) if "content.xml" in names else _xlsx(path)
    if head.startswith((_OLE, *_BIFF)):
        return _xls(path)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise BadInput(
            f"{path} cannot be read as an Excel file: it holds a web page or XML, whatever its "
            "name says. Open it in a spreadsheet program and save it as .xlsx."
        )
    return _text(path)


def _xlsx(path: Path) -> Iterator[tuple[str, Rows]]:
    import openpyxl

    with open(path, "rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        for page in book.worksheets:
            page.reset_dimensions()  # what the file says of its own size need not be so
            yield page.title, page.iter_rows(values_only=True)


def _xls(path: Path) -> Iterator[tuple[str, Rows]]:
    import xlrd

    book = xlrd.open_workbook(path, logfile=io.StringIO())
    for page in book.sheets():
        rows = ([_xls_cell(cell, book.datemode) for cell in page.row(i)] for i in range(page.nrows))
        yield page.name, rows


def _xls_cell(cell: xlrd.sheet.Cell, datemode: int) -> object:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate.xldate_as_datetime(cell.value, datemode)
        except (xlrd.xldate.XLDateError, OverflowError, ValueError):
            return cell.value
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#ERROR")
    return cell.value


def _ods(path: Path) -> Iterator[tuple[str, Rows]]:
    from odf.opendocument import load
    from odf.table import Table

    for page in load(str(path)).spreadsheet.getElementsByType(Table):
        yield str(page.getAttribute("name")), _ods_rows(page)


def _ods_rows(page: Any) -> Iterator[Sequence[object]]:
    from odf.table import TableRow

    skipped = 0  # rows at the end of a sheet are repeated to its edge
    for row in page.getElementsByType(TableRow):
        cells: list[object] = []
        blank = 0  # cells at the end of a row are repeated to the edge of the sheet
        for cell in row.childNodes:
            if cell.qname[1] not in ("table-cell", "covered-table-cell"):
                continue
            value = _ods_cell(cell) if cell.qname[1] == "table-cell" else ""
            times = int(cell.getAttribute("numbercolumnsrepeated") or 1)
            if value == "":
                blank += times
            elif blank + times > _CELLS:
                yield [*cells, *[""] * _CELLS, value]  # refused where rows are counted
            else:
                cells += [*[""] * blank, *[value] * times]
                blank = 0
        times = int(row.getAttribute("numberrowsrepeated") or 1)
        if cells:
            yield from itertools.repeat((), skipped)
            yield from itertools.repeat(cells, times)
        skipped = 0 if cells else skipped + times


def _ods_cell(cell: Any) -> object:
    from odf import teletype
    from odf.namespaces import TEXTNS

    kind, value = cell.getAttribute("valuetype"), cell.getAttribute("value")
    if kind in ("float", "percentage", "currency") and value is not None:
        return float(value)
    if kind == "boolean":
        return cell.getAttribute("booleanvalue") == "true"
    if kind == "date":
        return str(cell.getAttribute("datevalue"))
    # Paragraphs only: a comment to the cell is a child of it too.
    lines = [teletype.extractText(p) for p in cell.childNodes if p.qname == (TEXTNS, "p")]
    return "\n".join(lines)


def _text(path: Path) -> Iterator[tuple[str, Rows]]:
    """One worksheet of a text file, separated by whatever cuts its lines into most cells."""
    try:
        with open(path, encoding=encoding(path), newline="") as file:
            text = file.read(_UNPACKED + 1)
    except UnicodeError as error:
        raise BadInput(f"{path} is no text in UTF-8: {error}.{encoding_hint(path)}") from error
    if len(text) > _UNPACKED or "\0" in text:
        raise BadInput(
            f"{path} is neither a spreadsheet nor a table of text. Give the annotation sheet as "
            f"{FORMATS}."
        )
    tables = []
    for separator in _SEPARATORS:
        try:
            tables.append(list(csv.reader(io.StringIO(text), delimiter=separator, strict=True)))
        except csv.Error as error:
            problem = error
    if not tables:
        raise BadInput(f"{path} is no table of text: {problem}. Is a quotation mark missing?")
    rows = max(tables, key=lambda found: sum(map(len, found[:50])))
    _same_width(path, rows)
    yield path.name, rows


def _same_width(path: Path, rows: list[list[str]]) -> None:
    """Raise where a row has more or fewer cells: a comma too many moves cells to other columns."""
    first = 0
    for number, row in enumerate(rows, start=1):
        if sum(bool(cell.strip()) for cell in row) < 2:
            continue  # a title, a remark, or nothing
        first = first or number
        if len(row) != len(rows[first - 1]):
            raise BadInput(
                f"{path}, line {number}: {len(row)} cells, where line {first} has "
                f"{len(rows[first - 1])}. Is a cell with a comma not in quotation marks, or a "
                "separator missing?"
            )


def _box(path: Path, name: str, found: Rows) -> pd.DataFrame:
    """Rows of any length as a table that ends with the last cell in which something stands.

    Each reader would fill every row up to the widest: a single cell in the far corner, left there
    by accident, then takes all memory.
    """
    rows: list[Sequence[object]] = []
    width = last = 0
    for number, row in enumerate(found, start=1):
        filled = [i for i, value in enumerate(row, start=1) if value is not None and value != ""]
        if not filled:
            continue
        last, width = number, max(width, filled[-1])
        if last * width > _CELLS:
            raise BadInput(
                f"{path}: worksheet {name!r} has a cell in row {last}, column "
                f"{get_column_letter(min(width, 18278))}, far beyond any annotation sheet. Remove "
                "what stands there, or get the official sheet again."
            )
        rows += [()] * (last - 1 - len(rows))
        rows.append(row[: filled[-1]])
    cells = [
        [*("" if value is None else value for value in row), *[""] * (width - len(row))]
        for row in rows
    ]
    return pd.DataFrame(cells, dtype=object)


def _refuse_bombs(path: Path) -> set[str]:
    """The parts of a zipped workbook; raises if it unpacks to more than any sheet holds."""
    with zipfile.ZipFile(path) as parts:
        size = sum(part.file_size for part in parts.infolist())
        if size > _UNPACKED:
            raise BadInput(
                f"{path} would unpack to {size / 2**20:.0f} MiB, where an annotation sheet has a "
                "few. It is damaged or made to do harm: get the official sheet again."
            )
        return set(parts.namelist())
