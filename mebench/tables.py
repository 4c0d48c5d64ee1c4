"""CSV files, read strictly: all cells as text, every row as wide as the header."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import BadInput, DataNotFound

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["other_separator", "read_csv", "shortened"]

#: Cells in messages are cut to this length.
_LENGTH = 300


def read_csv(path: str | os.PathLike[str], needed: Sequence[str] = ()) -> pd.DataFrame:
    """A CSV file in UTF-8 as text, nothing interpreted.

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

    path = Path(path)
    rows: list[list[str]] = []
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
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
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not a CSV file in UTF-8: {error}.") from error
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
