"""Random annotation sheets as people have them, with known content: for one test and for trying.

Everything is drawn from one seed: the database, which columns there are, under which names and in
which order, title rows, blank rows and columns, remarks, how cells are typed and padded, and the
file: .xls (with and without the theme of a newer Excel behind it), .xlsx, .ods, or text with any
separator, line ending and encoding.
"""

from __future__ import annotations

import csv
import io
import random
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from mebench.datasets.columns import ALIASES
from mebench.datasets.registry import database

Rows = list[list[Any]]

#: Database → how its subjects may be written (the first as mebench writes them), n a number.
SUBJECTS = {
    "casme": ["sub{n:02}", "{n}", "{n:02}", "Sub{n:02}", "sub{n}", "s{n}"],
    "casme2": ["sub{n:02}", "{n}", "{n:02}", "Sub {n}", "SUB{n:02}"],
    "samm": ["{n:03}", "{n}", "{n:02}"],
    "mmew": ["S{n:02}", "{n}", "{n:02}", "s{n}"],
    "4dme": ["{n}", "{n:03}"],
    "casme3a": ["spNO.{n}", "SPno.{n}", "spNO. {n}", "spno{n}"],
    "casme3c": ["{n:02}", "{n}", "sub{n}"],
}
UNITS = ["4", "12", 12, 4.0, "R4+L12B", "4+7", "4,7", "R4，5", "12 or 15", "14+17+soft focus",
         "AD38", "T28+14", "", None, "/", "1 + 2", "中+4"]  # fmt: skip
BLANKS = [None, "", " ", "/", "-"]
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII"]
_OWN = {"casme3c": {"clip": "count"}, "4dme": {"clip": "fold_name"}}


@dataclass
class Case:
    """A sheet on disk, and what reading it must give."""

    name: str
    path: Path
    expected: list[dict[str, Any]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    error: str = ""


def theme() -> bytes:
    """What Excel puts behind an .xls: a zip with its theme."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("[Content_Types].xml", "<x/>")
        parts.writestr("theme/theme/theme1.xml", "<x/>")
    return out.getvalue()


def write_case(draw: random.Random, folder: Path) -> Case:
    """Draw one sheet and write it into an empty folder."""
    case = Case(draw.choice(sorted(SUBJECTS)), folder)
    names = ["subject", "clip", "onset", "offset", "emotion"]
    names += [n for n in ("apex", "au", "class") if draw.random() < 0.8]
    if case.name == "casme" and "apex" in names and draw.random() < 0.5:
        names.append("apex2")
    if case.name == "casme3c":
        names = [n for n in names if n != "apex"]
    draw.shuffle(names)
    columns: list[str | None] = list(names)
    for _ in range(draw.randint(0, 3)):
        columns.insert(draw.randint(0, len(columns)), None)  # blank, or nobody's
    rows: Rows = []
    for _ in range(draw.choice([0, 0, 1, 2, 13])):
        rows.append([draw.choice(["a title", "Made up", None]), *[None] * draw.randint(0, 2)])
    rows.append([_header(draw, case.name, n) if n else draw.choice(["Notes", None, "Duration"])
                 for n in columns])  # fmt: skip
    _unlike(rows[-1])
    fault = draw.random() < 0.1
    count = draw.randint(1, 6)
    for i in range(count):
        if draw.random() < 0.1:
            rows.append([None] * len(columns))
        cells, meant = _row(draw, case.name, names, i)
        if fault and i == count - 1:
            where = draw.choice(["onset", "offset", "subject"])
            cells[where] = draw.choice(["2_1", "7_0", "x", "5.5", "1e3", "4 5"])
            case.error = "holds"
        case.expected.append(meant)
        case.places.append(len(rows) + 1)
        rows.append([cells[n] if n else draw.choice([None, "x", 3]) for n in columns])
    if draw.random() < 0.2:
        rows.append([None] * len(columns))
        last = [None] * len(columns)
        last[next(i for i, n in enumerate(columns) if n not in ("clip", "onset"))] = "a remark"
        rows.append(last)
    _write(draw, case, folder, rows)
    return case


def _header(draw: random.Random, name: str, column: str) -> str:
    own = _OWN.get(name, {}).get(column)
    text = own or draw.choice(ALIASES[column])
    return draw.choice(
        [text, text.upper(), text.lower(), f" {text} ", text.replace(" ", "_"), f"{text}\u00a0"]
    )


def _unlike(header: list[Any]) -> None:
    """No two columns of one name: which is meant, nobody could say."""
    seen = set()
    for i, cell in enumerate(header):
        if cell in seen:
            header[i] = None
        seen.add(cell)


def _row(
    draw: random.Random, name: str, names: list[str], i: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    n = draw.randint(1, 99)
    ways = SUBJECTS[name]
    subject: Any = draw.choice(ways).format(n=n)
    if "{n}" in ways and draw.random() < 0.3:
        subject = draw.choice([n, float(n)])
    clip: Any = draw.choice([f"EP{i:02}_{n:02}f", f"{n:03}_{i}_1", f"片段{i}_{n}", f"{i}x{n}"])
    if draw.random() < 0.2:
        clip = draw.choice([100 * i + n, float(100 * i + n)])
    onset = draw.randint(0, 9000)
    apex = onset + draw.randint(0, 9) if draw.random() < 0.8 else None
    apex2 = onset + 1 if draw.random() < 0.5 else None
    offset = onset + draw.randint(10, 40) if draw.random() < 0.9 else None
    words = sorted(w for w in database(name).read.emotions if "+" not in w)
    emotion = draw.choice([*words, "其他"])
    au, objective = draw.choice(UNITS), draw.choice([*ROMAN, None])
    number = str(1 + ROMAN.index(objective)) if objective else None
    classes = [objective, number, int(number), f" {objective} "] if number else BLANKS
    cells = {
        "subject": subject, "clip": clip, "emotion": draw.choice([emotion, emotion.title()]),
        "au": au, "class": draw.choice(classes),
        **{k: _mark(draw, v) for k, v in
           (("onset", onset), ("apex", apex), ("apex2", apex2), ("offset", offset))},
    }  # fmt: skip
    source = "annotated"
    if "apex" not in names:
        apex = None
    elif apex is None and "apex2" in names:
        apex = apex2
    if name == "casme3c":
        apex = None if offset is None else (onset + offset) // 2
        source = "estimated"
    written = "" if au is None else str(int(au)) if isinstance(au, float) else str(au)
    meant = {
        "subject": ways[0].format(n=n),
        "clip": str(int(clip)) if isinstance(clip, float) else str(clip),
        "onset": onset, "apex": apex, "offset": offset,
        "apex_source": source if apex is not None else "none",
        "emotion": {"others": "other"}.get(emotion, emotion) if name == "samm" else emotion,
        "au": (written or None) if "au" in names else None,
        "class": objective if "class" in names else None,
    }  # fmt: skip
    return cells, meant


def _mark(draw: random.Random, value: int | None) -> Any:
    if value is None:
        return draw.choice(BLANKS)
    text = str(value)
    return draw.choice([value, value, float(value), text, f" {text}", f"{text}.0", f"{text}\u00a0"])


def _write(draw: random.Random, case: Case, folder: Path, rows: Rows) -> None:
    official = database(case.name).read.example.rsplit(".", 1)[0]
    kind = draw.choice([".xls", ".xls", ".xlsx", ".csv", ".csv", ".csv", ".tsv", ".ods"])
    stem = draw.choice([official, official, "labels", "標註"])
    if kind in (".csv", ".tsv"):
        case.path = folder / f"{stem}{kind}"
        _write_text(draw, case, rows)
        return
    books = {"remarks": [["nothing", 1], ["Subject", "x"]]} if draw.random() < 0.3 else {}
    books["Sheet1"] = rows
    write = {".xls": _write_xls, ".xlsx": _write_xlsx, ".ods": _write_ods}[kind]
    suffix = draw.choice([kind, kind, kind, ".xls", ".xlsx"])  # a name may say anything
    case.path = folder / f"{stem}{suffix}"
    write(draw, case.path, books)


def _write_xls(draw: random.Random, path: Path, books: dict[str, Rows]) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    for title, rows in books.items():
        page = book.add_sheet(title)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if value is not None:
                    page.write(i, j, value)
    book.save(str(path))
    if draw.random() < 0.5:
        path.write_bytes(path.read_bytes() + theme())


def _write_xlsx(draw: random.Random, path: Path, books: dict[str, Rows]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in books.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    with path.open("wb") as file:
        book.save(file)


def _write_ods(draw: random.Random, path: Path, books: dict[str, Rows]) -> None:
    document = OpenDocumentSpreadsheet()
    for title, rows in books.items():
        page = Table(name=title)
        for row in rows:
            line = TableRow()
            for value in row:
                if value is None or value == "":
                    line.addElement(TableCell())
                elif isinstance(value, (int, float)):
                    line.addElement(TableCell(valuetype="float", value=str(value)))
                else:
                    cell = TableCell(valuetype="string")
                    cell.addElement(P(text=value))
                    line.addElement(cell)
            line.addElement(TableCell(numbercolumnsrepeated="1000"))
            page.addElement(line)
        page.addElement(TableRow(numberrowsrepeated="100000"))
        document.spreadsheet.addElement(page)
    document.write(str(path))


def _write_text(draw: random.Random, case: Case, rows: Rows) -> None:
    width = max(map(len, rows))
    separator = "\t" if case.path.suffix == ".tsv" else draw.choice(",,;")
    out = io.StringIO()
    pen = csv.writer(out, delimiter=separator, lineterminator=draw.choice(["\n", "\r\n"]))
    for row in rows:
        pen.writerow([*("" if v is None else v for v in row), *[""] * (width - len(row))])
    text = out.getvalue()
    encoding = draw.choice(["utf-8", "utf-8-sig", "utf-16", "gbk"])
    data = text.encode(encoding, errors="ignore" if encoding == "gbk" else "strict")
    if encoding == "gbk" and not data.isascii():
        case.error = "It looks like GBK"
    case.path.write_bytes(data)
