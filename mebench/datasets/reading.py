"""What the readers of annotation sheets have in common: which sheet, which rows, which types."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import BadInput, DataNotFound
from .cards import Card
from .corrections import correct, corrections
from .database import Annotations
from .labels import OBJECTIVE_CLASSES, LabelSet, objective_class
from .sheets import BLANK, Sheet, cell_text, excel_files

__all__ = [
    "Rules",
    "annotated",
    "annotation_table",
    "choose_sheet",
    "objective_classes",
    "roman",
    "rows_with_a_clip",
]


@dataclass(frozen=True)
class Rules:
    """How the sheets of one database are known and read.

    Parameters
    ----------
    card : Card
    labels : mapping of str to LabelSet
    emotions : collection of str
        The words that the annotators use, lower case.
    example : str
        Name of the official sheet.
    columns : mapping of str to sequence of str
        Our column → the headers under which it circulates.
    subject : callable (text) -> str or None
        A cell → the subject as this database writes it.
    expected : str
        What a subject's cell should be, for messages.
    known : sequence of str
        Parts of sheet names in lower case, the preferred version first.
    like : sequence of str
        Other parts of names that make an Excel file likely to be the sheet.
    skip : sequence of str
        Parts of names of Excel files that are something else.
    optional : sequence of str
        Columns that a sheet may lack.
    """

    card: Card
    labels: Mapping[str, LabelSet]
    emotions: Collection[str]
    example: str
    columns: Mapping[str, Sequence[str]]
    subject: Callable[[str], str | None]
    expected: str
    known: Sequence[str] = ()
    like: Sequence[str] = ()
    skip: Sequence[str] = ()
    optional: Sequence[str] = ("apex", "au")


def annotated(
    rules: Rules,
    source: str,
    table: pd.DataFrame,
    rows: Mapping[int, str],
    *,
    others: Sequence[Path] = (),
    official: Mapping[Any, str] | None = None,
    notes: Sequence[str] = (),
    agreement: str = "",
) -> Annotations:
    """The annotations of a typed table: corrected, with objective classes, version and notes.

    Parameters
    ----------
    rules : Rules
    source : str
        Name of the sheet.
    table : DataFrame
        As :func:`annotation_table` gives it.
    rows : mapping of int to str
        row_id → the row as the user finds it.
    others : sequence of Path
        Sheets that lie there too.
    official : mapping of row_id to str, optional
        Official objective classes; the action units give the others.
    notes : sequence of str
        What there is to say besides.
    agreement : str
        How well classes from action units agree with the official ones in this database.
    """
    table, corrected = correct(table, corrections(rules.card.name))
    strange = Counter(e or "(blank)" for e in table["emotion"] if e not in rules.emotions)
    said = [*notes, *corrected]
    if others:
        said.insert(0, _not_used(others))
    if strange:
        counted = ", ".join(f"{e!r} {n}" for e, n in sorted(strange.items()))
        said.append(f"Emotions that {rules.card.title} does not have, in no label set: {counted}")
    classes, more = objective_classes(table, official or {}, agreement)
    table["objective_class"] = pd.Series(classes, index=table.index, dtype=object)
    version, counts, known = recognise(rules, table)
    if not official:  # action units do not give the official classes, so their counts do not bind
        counts = {k: v for k, v in counts.items() if rules.labels[k].column == "emotion"}
    return Annotations(
        table,
        version,
        counts,
        [f"{source}: {version}", *said, *more],
        rows,
        recognised=known,
    )


def recognise(
    rules: Rules, table: pd.DataFrame
) -> tuple[str, Mapping[str, Mapping[str, int]], bool]:
    """Version of the sheet by its content, its published counts, and whether it is a known one."""
    n = len(table)
    emotions = Counter(table["emotion"])
    for version, counts in rules.card.counts.items():
        if "all" in counts and emotions == Counter(counts["all"]):
            return f"{version}, {n} rows", counts, True
    # Not a version we know: the published counts are still what it is to be held against.
    first: Mapping[str, Mapping[str, int]] = next(iter(rules.card.counts.values()), {})
    if not first and n == rules.card.clips:
        return f"{n} rows, as published", {}, True
    return f"unknown sheet, {n} rows", first, False


def choose_sheet(
    rules: Rules, folders: Iterable[Path], root: Path, sheet: str | None
) -> tuple[Path, list[Path]]:
    """The annotation sheet among the Excel files in `folders`, and those not used.

    Raises
    ------
    DataNotFound
        There is none, or none or several of the name asked for.
    """
    there = [p for folder in folders for p in excel_files(folder)]
    sheets = [p for p in there if not any(part in p.name.lower() for part in rules.skip)]
    if sheet is not None:
        for path in (root / sheet, Path(sheet).expanduser()):
            if path.is_file():
                return path, []
        named = [p for p in sheets if sheet.lower() in p.stem.lower()]
        if len(named) == 1:
            return named[0], []
        raise DataNotFound(
            f"{'No' if not named else 'More than one'} sheet under {root} is called {sheet!r}. "
            f"There: {', '.join(p.name for p in sheets) or 'none'}."
        )
    if not sheets:
        raise DataNotFound(
            f"No annotation sheet of {rules.card.title} was found under {root}: expected an Excel "
            f"file such as {rules.example}. Put it there, or name it with `sheet=`."
        )

    def rank(path: Path) -> tuple[int, bool, int, str]:
        name = path.name.lower()
        place = next((i for i, part in enumerate(rules.known) if part in name), len(rules.known))
        like = any(part in name for part in rules.like)
        return place, not like, len(path.relative_to(root).parts), name

    sheets.sort(key=rank)
    return sheets[0], sheets[1:]


def rows_with_a_clip(sheet: Sheet) -> tuple[Sheet, list[str]]:
    """The sheet without remarks below the table (rows without clip and onset), and a note."""

    def blank(column: str) -> pd.Series:
        return sheet.cells[column].map(lambda v: cell_text(v).lower() in BLANK)

    remark = blank("clip") & blank("onset")
    if not remark.any():
        return sheet, []
    rows = ", ".join(str(i + sheet.first_row) for i in sheet.cells.index[remark])
    kept = replace(sheet, cells=sheet.cells[~remark])
    return kept, [f"{int(remark.sum())} rows without clip and onset passed over (row {rows})"]


def annotation_table(sheet: Sheet, rules: Rules) -> pd.DataFrame:
    """Cells to types: subjects and clips as text, marks as nullable integers, emotions lower case.

    Raises
    ------
    BadInput
        Cells that cannot be read, by worksheet, row and column.
    """
    rows = sheet.cells.index
    empty = [None] * len(rows)

    def there(column: str) -> bool:
        return column in sheet.written

    table = pd.DataFrame(
        {
            "subject": sheet.convert("subject", rules.subject, rules.expected),
            "clip": sheet.text("clip", required=True),
            "onset": sheet.integers("onset"),
            "apex": sheet.integers("apex", required=False) if there("apex") else empty,
            "offset": sheet.integers("offset", required=False),
            "emotion": [t.lower() if t else None for t in sheet.text("emotion")],
            "au": sheet.text("au") if there("au") else empty,
            "row_id": list(rows),
        }
    )
    return typed(table)


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """Marks as nullable integers, text as objects with None, `apex_source` from the apex."""
    table = table.astype({c: "Int64" for c in ("onset", "apex", "offset")})
    if "apex_source" not in table:
        table["apex_source"] = ["none" if v else "annotated" for v in table["apex"].isna()]
    for column in ("subject", "clip", "emotion", "au", "apex_source"):
        table[column] = table[column].astype(object).where(table[column].notna(), None)
    return table


def objective_classes(
    table: pd.DataFrame, official: Mapping[Any, str], agreement: str = ""
) -> tuple[list[str | None], list[str]]:
    """Objective class of each row: the official one, else the one that the action units give.

    Parameters
    ----------
    table : DataFrame
    official : mapping of row_id to str
    agreement : str
        Said of the derived ones.
    """
    classes: list[str | None] = []
    derived = unreadable = 0
    for row, au in zip(table["row_id"], table["au"], strict=True):
        found = official.get(row)
        if found is None and au is not None:
            try:
                found = objective_class(au)
                derived += found is not None
            except BadInput:
                unreadable += 1
        classes.append(found)
    notes = []
    if derived:
        note = f"{derived} objective classes derived from the action units"
        notes.append(f"{note}, {agreement}" if agreement else note)
    if unreadable:
        notes.append(
            f"{unreadable} rows have action units that cannot be read, so no objective class"
        )
    return classes, notes


def roman(text: str) -> str | None:
    """Class "I" to "VII" of "1" to "7" or "I" to "VII"; None of anything else.

    Examples
    --------
    >>> roman("3"), roman("vi"), roman("8")
    ('III', 'VI', None)
    """
    if text.upper() in OBJECTIVE_CLASSES:
        return text.upper()
    return OBJECTIVE_CLASSES[int(text) - 1] if re.fullmatch("[1-7]", text) else None


def _not_used(others: Sequence[Path]) -> str:
    return (
        f"{len(others)} other sheet{'s' if len(others) > 1 else ''} not used: "
        f"{', '.join(p.name for p in others)} (choose with sheet=)"
    )
