"""Reading annotation sheets as a database declares them: which sheet, which rows, which types."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import BadInput, DataNotFound
from .au import read_aus
from .cards import Card
from .columns import columns
from .corrections import correct, corrections
from .database import Annotations, Database, Sheets
from .folders import walk
from .labels import OBJECTIVE_CLASSES, objective_class
from .sheets import BLANK, Sheet, cell_text, read_sheet
from .workbooks import FORMATS, TEXT, excel_files

__all__ = [
    "annotated",
    "annotation_table",
    "find_sheet",
    "named_sheet",
    "objective_classes",
    "read_annotations",
    "recognise",
    "roman",
    "rows_published",
    "rows_with_a_clip",
    "typed",
    "unread_units",
]

_COLUMNS = ("subject", "clip", "onset", "apex", "offset", "au", "emotion", "class")
#: The file by which a corpus made by :mod:`mebench.synthetic` is known.
_MADE_UP = "synthetic.json"
_OPTIONAL = ("apex", "au", "class")


def read_annotations(database: Database, root: Path, sheet: str | None = None) -> Annotations:
    """The annotations of a database under a root, by its own reader or its declaration.

    Raises
    ------
    DataNotFound, BadInput
        There is no sheet, it lacks a column, or a cell cannot be read.
    """
    rules = database.read
    if isinstance(rules, Sheets):
        annotations = _declared(database, rules, root, sheet)
    else:
        annotations = rules(root, sheet)
    known = rows_published(database.card)
    found = len(annotations.table)
    if not annotations.recognised and database.published and found not in known and known:
        note = f"{annotations.version}: published with {' or '.join(map(str, sorted(known)))}"
        annotations = replace(annotations, notes=[*annotations.notes, note])
    if (root / _MADE_UP).is_file():
        return _made_up(database, annotations)
    return annotations if database.published else replace(annotations, counts={})


def _made_up(database: Database, annotations: Annotations) -> Annotations:
    """The annotations of a made-up corpus, which say so, whoever reads them."""
    note = f"A synthetic corpus in the layout of {database.card.title}, no recordings"
    if not database.published:  # then the name of the database says it
        note = "A synthetic corpus, no recordings"
    version = f"synthetic corpus, {len(annotations.table)} rows"
    notes = [note, *(n.replace(annotations.version, version) for n in annotations.notes)]
    notes = [n for n in notes if ": published with " not in n]
    return replace(annotations, version=version, counts={}, notes=notes, recognised=True)


def rows_published(card: Card) -> set[int]:
    """Numbers of rows that the known versions of a sheet have."""
    known = {sum(c["all"].values()) for c in card.counts.values() if "all" in c}
    return known | ({card.clips} if card.clips is not None else set())


def _declared(database: Database, rules: Sheets, root: Path, sheet: str | None) -> Annotations:
    """The annotations of a database by its declaration."""
    wanted = columns(*_COLUMNS, **rules.columns)
    optional = (*_OPTIONAL, *rules.optional)
    holders = walk(root, rules.folder or rules.subject, database.card.title, rules.depth)
    found, notes = find_sheet(
        database.card, rules, holders, root, sheet, lambda p: read_sheet(p, wanted, optional)
    )
    found, passed = rows_with_a_clip(found)
    table = annotation_table(found, rules)
    notes += [*passed, *(rules.adjust(table, found) if rules.adjust else [])]
    official, sources = _official(table, found, rules, holders)
    notes += [f"objective classes from {source}" for source in sources]
    return annotated(
        database, rules, found.path.name, table, found.places(), official=official, notes=notes
    )


def annotated(
    database: Database,
    rules: Sheets,
    source: str,
    table: pd.DataFrame,
    rows: Mapping[int, str],
    *,
    official: Mapping[Any, str] | None = None,
    notes: Sequence[str] = (),
) -> Annotations:
    """The annotations of a typed table: corrected, with objective classes, version and notes.

    Parameters
    ----------
    database : Database
    rules : Sheets
    source : str
        Name of the sheet.
    table : DataFrame
        As :func:`annotation_table` gives it.
    rows : mapping of int to str
        row_id → the row as the user finds it.
    official : mapping of row_id to str, optional
        Official objective classes; the action units give the others.
    notes : sequence of str
        What there is to say besides.
    """
    card = database.card
    table, corrected = correct(table, corrections(card.name))
    strange = Counter(e or "(blank)" for e in table["emotion"] if e not in rules.emotions)
    said = [*notes, *corrected]
    if strange:
        counted = ", ".join(f"{e!r} {n}" for e, n in sorted(strange.items()))
        said.append(f"Emotions that {card.title} does not have, in no label set: {counted}")
    classes, more = objective_classes(table, official or {}, rules.agreement)
    table["objective_class"] = pd.Series(classes, index=table.index, dtype=object)
    version, counts, known = recognise(card, table)
    if not official:  # action units do not give the official classes, so their counts do not bind
        counts = {k: v for k, v in counts.items() if database.labels[k].column == "emotion"}
    return Annotations(
        table, version, counts, [f"{source}: {version}", *said, *more], rows, recognised=known
    )


def recognise(card: Card, table: pd.DataFrame) -> tuple[str, Mapping[str, Mapping[str, int]], bool]:
    """Version of the sheet by its content, its published counts, and whether it is a known one."""
    n = len(table)
    emotions = Counter(table["emotion"])
    for version, counts in card.counts.items():
        if "all" in counts and emotions == Counter(counts["all"]):
            return f"{version}, {n} rows", counts, True
    # Not a version we know: the published counts are still what it is to be held against.
    first: Mapping[str, Mapping[str, int]] = next(iter(card.counts.values()), {})
    if not first and n == card.clips:
        return f"{n} rows, as published", {}, True
    return f"unknown sheet, {n} rows", first, False


def find_sheet(
    card: Card,
    rules: Sheets,
    folders: Iterable[Path],
    root: Path,
    sheet: str | None,
    read: Callable[[Path], Sheet],
    known_only: bool = False,
) -> tuple[Sheet, list[str]]:
    """The annotation sheet among the files in `folders`, and a note about those not used.

    Files with the names of known versions go first, then those that look alike, then the rest.
    Of several equally likely ones the first that can be read is taken: other people's tables may
    lie there too. With `known_only`, files of other names are none of ours.

    Raises
    ------
    DataNotFound
        There is none, or none or several of the name asked for.
    BadInput
        None of the likeliest can be read; the message is of the first.
    """
    folders = list(folders)
    books = [p for folder in folders for p in excel_files(folder)]
    texts = [p for folder in folders for p in excel_files(folder, TEXT)]

    def rank(path: Path) -> tuple[int, bool]:
        name = path.name.lower()
        place = next((i for i, part in enumerate(rules.known) if part in name), len(rules.known))
        return place, not any(part in name for part in rules.like)

    def mine(paths: Iterable[Path]) -> list[Path]:
        return [p for p in paths if not any(part in p.name.lower() for part in rules.skip)]

    last = (len(rules.known), True)
    there = mine([*books, *(p for p in texts if rank(p) < last)]) or mine(texts)
    if sheet is not None:
        return read(named_sheet(sheet, root, there)), []
    if known_only:
        there = [p for p in there if rank(p)[0] < len(rules.known)]
    there.sort(key=lambda p: (rank(p), len(p.relative_to(root).parts), p.name.lower()))
    problem: BadInput | None = None
    likeliest = last
    for path in there:
        if problem is not None and rank(path) > likeliest:
            break
        try:
            found = read(path)
        except BadInput as error:
            problem, likeliest = problem or error, rank(path)
            continue
        others = [p.name for p in there if p != path]
        if not others:
            return found, []
        plural = "s" if len(others) > 1 else ""
        names = ", ".join(others[:12]) + (", …" if len(others) > 12 else "")
        return found, [f"{len(others)} other sheet{plural} not used: {names} (choose with sheet=)"]
    if problem is not None:
        raise problem
    raise DataNotFound(
        f"No annotation sheet of {card.title} was found under {root}: expected a file such as "
        f"{rules.example} ({FORMATS} are read). Put it there, or name it with --sheet (in Python: "
        "`sheet=`)."
    )


def named_sheet(sheet: str, root: Path, there: Sequence[Path]) -> Path:
    """The sheet of that path or name, or the one file in `there` whose name has that part."""
    for path in (root / sheet, Path(sheet).expanduser()):
        if path.is_file():
            return path
    named = [p for p in there if sheet.lower() in p.stem.lower()]
    if len(named) == 1:
        return named[0]
    raise DataNotFound(
        f"{'No' if not named else 'More than one'} sheet under {root} is called {sheet!r}. "
        f"There: {', '.join(p.name for p in there) or 'none'}."
    )


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


def annotation_table(sheet: Sheet, rules: Sheets) -> pd.DataFrame:
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

    emotion = [t.lower() if t else None for t in sheet.text("emotion")]
    table = pd.DataFrame(
        {
            "subject": sheet.convert("subject", lambda t: rules.subject(_whole(t)), rules.expected),
            "clip": [_whole(str(t)) for t in sheet.text("clip", required=True)],
            "onset": sheet.integers("onset", required=there("onset")),
            "apex": sheet.integers("apex", required=False) if there("apex") else empty,
            "offset": sheet.integers("offset", required=False),
            "emotion": [rules.renamed.get(e, e) if e else None for e in emotion],
            "au": [t and _whole(t) for t in sheet.text("au")] if there("au") else empty,
            "row_id": list(rows),
        }
    )
    return typed(table)


def _whole(text: str) -> str:
    """``7`` of ``7.0``, as a program writes a column with gaps."""
    return re.sub(r"^([0-9]+)\.0+$", r"\1", text)


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """Marks as nullable integers, text as objects with None, `apex_source` from the apex."""
    table = table.astype({c: "Int64" for c in ("onset", "apex", "offset")})
    if "apex_source" not in table:
        table["apex_source"] = ["none" if v else "annotated" for v in table["apex"].isna()]
    for column in ("subject", "clip", "emotion", "au", "apex_source"):
        table[column] = table[column].astype(object).where(table[column].notna(), None)
    return table


def _official(
    table: pd.DataFrame, sheet: Sheet, rules: Sheets, holders: Iterable[Path]
) -> tuple[dict[int, str], list[str]]:
    """Official objective classes by row_id, and the files that they are from.

    The column of the sheet goes before a file of their own.
    """
    official: dict[int, str] = {}
    sources = []
    if rules.objective:
        keys = list(zip(table["subject"], map(str.lower, table["clip"]), strict=True))
        books = [p for f in holders for p in excel_files(f) if rules.objective in p.name.lower()]
        for path in books[:1]:
            found = read_sheet(path, columns("subject", "clip", "class"))
            subjects = found.convert("subject", lambda t: rules.subject(_whole(t)), rules.expected)
            clips = [str(c).lower() for c in found.text("clip", required=True)]
            classes = dict(zip(zip(subjects, clips, strict=True), _classes(found), strict=True))
            pairs = zip(table["row_id"], keys, strict=True)
            official = {row: classes[key] for row, key in pairs if classes.get(key)}
            sources.append(path.name)
    if "class" in sheet.written:
        column = {r: c for r, c in zip(table["row_id"], _classes(sheet), strict=True) if c}
        if column:
            official |= column
            sources.insert(0, sheet.path.name)
    return official, sources


def _classes(sheet: Sheet) -> list[str]:
    def read(text: str) -> str | None:
        return roman(text) or ("" if text.lower() in BLANK else None)

    return sheet.convert("class", read, "an objective class, 1 to 7 or I to VII")


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
    derived = 0
    for row, au in zip(table["row_id"], table["au"], strict=True):
        found = official.get(row)
        if found is None and au is not None:
            found = objective_class(au)
            derived += found is not None
        classes.append(found)
    notes = []
    if derived:
        note = f"{derived} objective classes derived from the action units"
        notes.append(f"{note}, {agreement}" if agreement else note)
    if unread := unread_units(table):
        pieces = Counter(piece for found in unread.values() for piece in found)
        counted = ", ".join(f"{p!r} {n}" for p, n in list(pieces.items())[:12])
        notes.append(
            f"{len(unread)} cells of action units hold pieces that were not read and code no "
            f"unit: {counted}{', …' if len(pieces) > 12 else ''}"
        )
    return classes, notes


def unread_units(table: pd.DataFrame) -> dict[int, tuple[str, ...]]:
    """row_id → the pieces of its action units that cannot be read, of the rows that have some."""
    read = {row: read_aus(au).unread for row, au in zip(table["row_id"], table["au"], strict=True)}
    return {int(row): unread for row, unread in read.items() if unread}


def roman(text: str) -> str | None:
    """Class "I" to "VII" of "1" to "7" or "I" to "VII"; None of anything else.

    Examples
    --------
    >>> roman("3"), roman("vi"), roman("8")
    ('III', 'VI', None)
    """
    word = _whole(text.strip()).upper()
    if word in OBJECTIVE_CLASSES:
        return word
    return OBJECTIVE_CLASSES[int(word) - 1] if re.fullmatch("[1-7]", word) else None
