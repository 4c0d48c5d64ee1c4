"""CAS(ME)³: the recordings of part A with blinks, and of part C."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import DataNotFound
from ..known_damage import damaged_pictures, hidden_apexes
from .load import bad_sheet, sheet_of, sheets_of
from .videos import Reading, expressions, marks

__all__ = ["read_a", "read_c"]

_SKIP = ("wrongly", "error_list", "self_report", "part_b", "part_c")
_KIND = {"macro": "macro", "mae": "macro", "micro": "micro", "me": "micro"}
#: Headers, as the sheets that circulate have them.
_HEADERS = {
    "subject": ("subject", "sub"),
    "clip": ("filename", "file"),
    "onset": ("onset", "onsetframe"),
    "apex": ("apex", "apexframe"),
    "offset": ("offset", "offsetframe"),
    "au": ("au", "aus", "actionunits"),
    "kind": ("expressiontype", "type"),
    "emotion": ("emotion",),
}
_COUNTS = ("micro", "macro", "blink")


def read_a(root: Path) -> Reading:
    """``spNO.1/a/color/1.jpg``; micro, macro and blinks in ``CAS(ME)3_part_A_v2.xls``.

    The official workbook has all expressions in one worksheet (column *Expression type*), without
    emotions, and the blinks in another; a second file has the micro-expressions again, with
    emotions. Each expression is taken once. In other copies micro- and macro-expressions come in
    files of their own.
    """
    from .. import cas_me_3 as cas3

    books = sheets_of(root, ("part_a",), _SKIP)
    if not books:
        raise DataNotFound(
            f"No annotation sheet was found under {root}: expected an Excel file such as "
            "CAS(ME)3_part_A_v2.xls."
        )
    # The newest version of each kind of file; an older one would give its rows again.
    books = sorted(books, key=lambda p: (-_version(p), len(p.parts), p))
    pages = [page for path in books for page in _worksheets(path)]
    together = next((p for p in pages if p.whole), None)
    notes: list[str] = []
    rows: dict[tuple[str, str, str, int], dict[str, Any]] = {}
    if together is not None:
        taken = [together]
    else:
        micro = next((p for p in pages if p.kind == "micro"), None)
        macro = next((p for p in pages if p.kind == "macro"), None)
        taken = [p for p in (micro, macro) if p is not None]
        if micro is None:
            raise bad_sheet(books[0], "no worksheet holds micro-expressions")
        if macro is None:
            notes.append("no sheet with macro-expressions was found: micro-expressions only")
    for page in taken:
        for row in page.rows():
            rows.setdefault((row["subject"], row["clip"], row["kind"], row["onset"]), row)
    named = _name_emotions(rows, pages)
    blinks = next((list(p.rows()) for p in pages if p.kind == "blink"), [])
    counts = [sum(r["kind"] == k for r in rows.values()) for k in _COUNTS[:2]]
    notes.insert(0, f"{', '.join(sorted({p.path.name for p in taken}))}: {counts[0]} micro-, "
                    f"{counts[1]} macro-expressions; {len(blinks)} blinks")  # fmt: skip
    if named:
        notes.append(f"emotions of {named} expressions from the sheets that have them")
    hidden = {(h.subject, h.clip, h.onset) for h in hidden_apexes(root)}
    covered = [k for k in rows if (k[0], k[1], k[3]) in hidden and k[2] == "micro"]
    for key in covered:
        rows[key]["apex"] = None
    if covered:
        notes.append(f"{len(covered)} apexes at which the face is covered, by the list beside the "
                     "data, are not used")  # fmt: skip
    turned = sum(r["offset"] < r["onset"] for r in blinks)
    if turned:
        notes.append(f"{turned} blinks end before they begin in the sheet; their ends are swapped")
    events = marks(
        (r["subject"], r["clip"], "blink", *sorted((r["onset"], r["offset"]))) for r in blinks
    )
    table = expressions(
        (r["subject"], r["clip"], r["kind"], r["onset"], r["apex"],
         r["offset"] or r["apex"] or r["onset"], r.get("emotion"), r["au"])
        for r in rows.values()
    )  # fmt: skip
    recordings: dict[tuple[str, str], str] = {}
    for folders in cas3.A.folders(root):
        recordings = {(s, c.lower()): p for (s, c), p in folders.clips.items()}
    return Reading(table, recordings, notes, events, damaged=damaged_pictures(root))


def read_c(root: Path) -> Reading:
    """``01/a/color/1.jpg``; all expressions in one sheet, micro-expressions with emotion in one.

    ``CAS(ME)3_part_C.xls`` tells kinds apart in *Exp_type* (1 is micro). Its micro-expressions
    stand in ``CAS(ME)3_part_C_ME.xlsx`` again, which also has those of the first three persons.
    """
    from .. import cas_me_3 as cas3
    from ..sheets import cell_text, read_sheet

    path = sheet_of(root, ("part_c_me",), "CAS(ME)3_part_C_ME.xlsx", skip=("self_report",))
    columns = {
        "subject": ("sub", "Subject"),
        "onset": ("onset",),
        "offset": ("offset",),
        "au": ("au", "AUs"),
        "emotion": ("emotion",),
    }
    found: dict[tuple[str, str, int], tuple[Any, ...]] = {}
    sheet = read_sheet(path, columns, optional=["au", "emotion"])
    n = len(sheet)
    aus, emotions = (sheet.text(c) if c in sheet.written else [None] * n for c in ("au", "emotion"))
    for who, onset, offset, au, emotion in zip(
        _people(sheet), sheet.integers("onset"), sheet.integers("offset"), aus, emotions,
        strict=True,
    ):  # fmt: skip
        found[who, "micro", int(onset or 0)] = (offset, emotion and emotion.lower(), au)
    notes = [f"{path.name}: {len(found)} micro-expressions, without apex"]
    others = [p for p in sheets_of(root, ("part_c",), ("self_report",)) if p != path]
    if others:
        columns = {"subject": ("Subject", "sub"), "onset": ("Onset",), "offset": ("Offset",),
                   "kind": ("Exp_type", "Expression type")}  # fmt: skip
        sheet = read_sheet(others[0], columns)
        before = len(found)
        for who, onset, offset, kind in zip(
            _people(sheet), sheet.integers("onset"), sheet.integers("offset"),
            [cell_text(v).lower() for v in sheet.cells["kind"]], strict=True,
        ):  # fmt: skip
            which = "micro" if kind == "1" or kind.startswith("micro") else "macro"
            found.setdefault((who, which, int(onset or 0)), (offset, None, None))
        macro = sum(k[1] == "macro" for k in found)
        notes.append(f"{others[0].name}: {macro} macro-expressions, and "
                     f"{len(found) - before - macro} micro-expressions more")  # fmt: skip
    else:
        notes.append("no sheet with macro-expressions was found: micro-expressions only")
    recordings: dict[tuple[str, str], str] = {}
    for folders in cas3.C.folders(root):
        recordings = {(who, ""): where for (who, _), where in folders.clips.items()}
    table = expressions(
        (who, "", kind, onset, None, offset, emotion, au)
        for (who, kind, onset), (offset, emotion, au) in found.items()
    )
    return Reading(table, recordings, notes)


def _people(sheet: Any) -> list[str]:
    from .. import cas_me_3 as cas3

    people: list[str] = sheet.convert("subject", cas3.subject_c, "a subject such as 1 or 01")
    return people


class _Page:
    """One worksheet that has subject, clip and onset: whose rows, of what kind."""

    def __init__(self, path: Path, name: str, cells: pd.DataFrame, places: dict[str, int]) -> None:
        self.path, self.name, self.cells, self.places = path, name, cells, places
        words = f"{name} {path.stem}".lower()
        #: Whether it tells micro- from macro-expressions row by row, and has both.
        self.whole = "kind" in places and len({_kind(v) for v in self._column("kind")}) > 1
        if "blink" in name.lower():
            self.kind = "blink"
        elif re.search(r"mae|macro", words):
            self.kind = "macro"
        else:
            self.kind = "micro" if "apex" in places else ""
        self.whole &= self.kind != "blink"

    def _column(self, column: str) -> list[object]:
        return list(self.cells.iloc[:, self.places[column]])

    def rows(self) -> Iterator[dict[str, Any]]:
        """Its rows, those of no kind or without a subject left out."""
        from .. import cas_me_3 as cas3
        from ..sheets import cell_text

        for row in self.cells.itertuples(index=False):
            cell = {column: row[i] for column, i in self.places.items()}
            subject = cas3.subject_a(cell_text(cell["subject"]))
            onset, apex, offset = (_number(cell.get(m)) for m in ("onset", "apex", "offset"))
            kind = _kind(cell["kind"]) if self.whole else self.kind
            if subject is None or onset is None or not kind:
                continue
            yield {
                "subject": subject, "clip": cell_text(cell["clip"]).lower(), "kind": kind,
                "onset": onset, "apex": apex, "offset": offset or apex or onset,
                "au": cell_text(cell.get("au")) or None,
                "emotion": cell_text(cell.get("emotion")).lower() or None,
            }  # fmt: skip


def _worksheets(path: Path) -> Iterator[_Page]:
    from ..sheets import cell_text, worksheets

    for name, cells in worksheets(path).items():
        for top in range(min(len(cells), 5)):
            header = [re.sub(r"[^a-z]", "", cell_text(v).lower()) for v in cells.iloc[top]]
            places = {
                column: header.index(alias)
                for column, aliases in _HEADERS.items()
                for alias in aliases
                if alias in header
            }
            if {"subject", "clip", "onset", "offset"} <= set(places):
                yield _Page(path, name, cells.iloc[top + 1 :], places)
                break


def _name_emotions(
    rows: dict[tuple[str, str, str, int], dict[str, Any]], pages: list[_Page]
) -> int:
    """Emotions from pages that have them, by clip and onset; the apex helps where one is mistyped.

    Gives the number of expressions that got one.
    """
    apexes = {(k[0], k[1], k[2], row["apex"]): k for k, row in rows.items()}
    named = 0
    for page in pages:
        if "emotion" not in page.places or page.kind == "blink":
            continue
        for row in page.rows():
            key = (row["subject"], row["clip"], row["kind"], row["onset"])
            if key not in rows:
                key = apexes.get((*key[:3], row["apex"]), key)
            if row["emotion"] and key in rows and not rows[key].get("emotion"):
                rows[key]["emotion"] = row["emotion"]
                named += 1
    return named


def _kind(value: object) -> str:
    from ..sheets import cell_text

    word = re.split(r"[^a-z]", cell_text(value).lower())[0]
    return _KIND.get(word, "")


def _number(value: object) -> int | None:
    number = pd.to_numeric(pd.Series([value]), errors="coerce").iloc[0]
    return None if pd.isna(number) else round(float(number))


def _version(path: Path) -> int:
    found = re.search(r"_v(\d+)", path.name.lower())
    return int(found[1]) if found else 0
