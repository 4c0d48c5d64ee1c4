"""Spreadsheets that come out the same, byte for byte, whenever they are written."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

__all__ = ["write_workbook", "write_xlsx"]

_DATE = (2014, 5, 8, 0, 0, 0)


def write_xlsx(path: Path, sheet: str, rows: Iterable[Sequence[object]]) -> None:
    """Write rows of cells (None for blank) as the only sheet of a workbook."""
    write_workbook(path, {sheet: rows})


def write_workbook(path: Path, sheets: Mapping[str, Iterable[Sequence[object]]]) -> None:
    """Write several sheets of rows, in that order."""
    from openpyxl import Workbook

    book = Workbook()
    del book["Sheet"]
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    stamp = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*_DATE).encode()
    out = io.BytesIO()
    # The time of writing stands in the document's properties and beside each part of the zip.
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, data)
            new.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)
    path.write_bytes(out.getvalue())
