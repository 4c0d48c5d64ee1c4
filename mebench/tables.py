"""CSV files, read strictly: all cells as text, every row as wide as the header."""

from __future__ import annotations

import contextlib
import csv
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .errors import BadInput, DataNotFound
from .paths import ending

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["encoding", "encoding_hint", "other_separator", "read_csv", "shortened", "whole_number"]

#: Cells in messages are cut to this length.
_LENGTH = 300


def read_csv(path: str | os.PathLike[str], needed: Sequence[str] = ()) -> pd.DataFrame:
    """A CSV file in UTF-8 (or UTF-16 with its mark) as text, nothing interpreted.

    pandas alone would fill rows that are too short, take the first column of rows that are too
    long for an index, and rename a column that stands twice: each moves cells to where nobody
    put them.

    Parameters
    ----------
    path : path
    needed : sequence of str
        Columns that must be there.

    Raises
    ------
    DataNotFound
        The file cannot be read.
    BadInput
        It is no CSV in UTF-8, a row is longer or shorter than the header, a column stands twice,
        or a needed one is missing.
    """
    import pandas as pd

    path = ending(path)
    rows: list[list[str]] = []
    try:
        with open(path, encoding=encoding(path), newline="") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                if not row:
                    continue  # an empty line, as at the end of many files
                if rows and len(row) != len(rows[0]):
                    raise BadInput(
                        f"{path}, line {reader.line_num}: {len(row)} cells where the header has "
                        f"{len(rows[0])}. Is a comma or a quotation mark missing?"
                        f"{other_separator(rows[0])}"
                    )
                rows.append(row)
    except OSError as error:
        raise DataNotFound(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        hint = encoding_hint(path)
        raise BadInput(f"{path} is not a CSV file in UTF-8: {error}.{hint}") from error
    except csv.Error as error:
        raise BadInput(f"{path}, line {reader.line_num}, is not CSV: {error}.") from error
    if not rows:
        raise BadInput(f"{path} is empty; expected a CSV file with a header.")
    header = rows[0]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"{path}: the column {shortened(twice)} stands twice. Remove one.")
    missing = [name for name in needed if name not in header]
    if missing:
        there = ", ".join(header) or "none"
        raise BadInput(
            f"{path} has the columns {there[:500]}; it lacks {', '.join(missing)}."
            f"{other_separator(header)}"
        )
    return pd.DataFrame(rows[1:], columns=header, dtype=object)


def encoding(path: str | os.PathLike[str]) -> str:
    """UTF-16 where a text file begins with its mark, else UTF-8, with or without one."""
    with open(path, "rb") as file:
        return "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def encoding_hint(path: str | os.PathLike[str]) -> str:
    """What the text of a file that is no UTF-8 may be, and what to do; read it is not.

    Nothing in the file says which of the older codes it has, so a guess could turn one name into
    another.
    """
    with open(path, "rb") as file:
        data = file.read(2**16)
    name = "Latin-1 (Windows-1252)"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data.count(0) > len(data) / 4:
        name = "UTF-16"
    else:
        with contextlib.suppress(UnicodeDecodeError):
            text = data[: data.rfind(b"\n") + 1 or None].decode("gb18030")
            if any("\u4e00" <= c <= "\u9fff" or "\uff01" <= c <= "\uff5e" for c in text):
                name = "GBK (GB 18030)"
    return (
        f" It looks like {name}: in the spreadsheet program save it as “CSV UTF-8”, or convert it "
        f"with iconv -f {name.split(' ')[0].upper()} -t UTF-8."
    )


def whole_number(text: str) -> int | None:
    """The whole number that a cell holds, None where it holds something else.

    Examples
    --------
    >>> whole_number("46"), whole_number("46.0"), whole_number("2_1"), whole_number("1e3")
    (46, 46, None, None)
    """
    match = re.fullmatch(r"([+-]?[0-9]+)(?:\.0*)?", text)
    # Beyond 2^53 a float no longer tells neighbouring frames apart.
    return int(match[1]) if match and len(text) < 40 and abs(int(match[1])) < 2**53 else None


def other_separator(header: Sequence[str]) -> str:
    """A question, where the header looks as if spreadsheets of another country had written it."""
    for separator, called in ((";", "semicolons"), ("\t", "tabs")):
        if header[0].count(separator) > len(header) - 1:
            return f" Is it separated by {called}? Commas are expected."
    return ""


def shortened(value: object, most: int = _LENGTH) -> str:
    """A cell (or another's message) as our message shows it.

    Examples
    --------
    >>> shortened("x" * 500, 8)
    "'xxxxxxxx… (500 characters)"
    """
    text = str(value) if isinstance(value, Exception) else repr(value)
    size = len(str(value))
    return text if len(text) <= most else f"{text[: most + 1]}… ({size} characters)"
