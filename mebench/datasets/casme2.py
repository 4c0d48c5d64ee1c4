"""CASME II (Yan et al. 2014): card, label sets, annotation sheets, frame folders."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, DataNotFound
from .cards import Card
from .labels import MEGC3, OBJECTIVE_CLASSES, LabelSet, objective_class, same
from .loader import Annotations, Database, Folders

if TYPE_CHECKING:
    import pandas as pd

    from .sheets import Sheet

__all__ = ["DATABASE"]

EMOTIONS = ("happiness", "disgust", "repression", "surprise", "others", "sadness", "fear")

_COUNTS_255 = {
    "all": dict(zip(EMOTIONS, (32, 63, 27, 25, 99, 7, 2), strict=True)),
    "5class": dict(zip(EMOTIONS[:5], (32, 63, 27, 25, 99), strict=True)),
    "3class": {"negative": 88, "positive": 32, "surprise": 25},
    "objective": dict(zip(OBJECTIVE_CLASSES, (25, 15, 99, 26, 20, 1, 69), strict=True)),
    "objective5": dict(zip(OBJECTIVE_CLASSES[:5], (25, 15, 99, 26, 20), strict=True)),
}
_COUNTS_256 = {
    "all": {**_COUNTS_255["all"], "disgust": 64},
    "5class": {**_COUNTS_255["5class"], "disgust": 64},
    "3class": _COUNTS_255["3class"],
}

CARD = Card(
    name="casme2",
    title="CASME II",
    citation=(
        "W.-J. Yan, X. Li, S.-J. Wang, G. Zhao, Y.-J. Liu, Y.-H. Chen, X. Fu. CASME II: An "
        "Improved Spontaneous Micro-Expression Database and the Baseline Evaluation. PLoS ONE "
        "9(1), e86041, 2014."
    ),
    bibtex="""@article{yan2014casme2,
  author  = {Yan, Wen-Jing and Li, Xiaobai and Wang, Su-Jing and Zhao, Guoying and
             Liu, Yong-Jin and Chen, Yu-Hsin and Fu, Xiaolan},
  title   = {{CASME II}: An Improved Spontaneous Micro-Expression Database and the
             Baseline Evaluation},
  journal = {PLoS ONE},
  volume  = {9},
  number  = {1},
  pages   = {e86041},
  year    = {2014},
  doi     = {10.1371/journal.pone.0086041}
}""",
    licence=(
        "Given out by the Institute of Psychology, Chinese Academy of Sciences, to those who sign "
        "its licence agreement. Not to be passed on: no frames, no annotation sheets."
    ),
    request_page="http://casme.psych.ac.cn/casme/e2",
    fps=200.0,
    resolution="640×480; cropped faces about 280×340",
    annotated="onset, apex (in some clips not), offset, action units, estimated emotion; "
    "objective classes in a sheet of their own",
    clips=255,
    subjects=26,
    counts={"20140508": _COUNTS_255, "256 rows": _COUNTS_256},
    unpublishable=("sub12", "sub22"),
    remarks=(
        "The faces of sub12 and sub22 must not appear in publications.",
        "The paper counts 247 clips, the sheet of 20140508 has 255 rows, of which 246 are in "
        "the five classes; an updated sheet has 256 rows (247).",
        "The cropped frames of sub16/EP01_08 are incomplete.",
        "3class is the Micro-Expression Grand Challenge 2019: 145 clips of 24 subjects; the "
        "official list leaves out sub04/EP12_01f and sub05/EP09_05f.",
    ),
)

LABELS = {
    "5class": LabelSet(
        "5class",
        "happiness, disgust, repression, surprise, others; sadness and fear left out",
        same(*EMOTIONS[:5]),
        EMOTIONS[:5],
    ),
    "3class": LabelSet(
        "3class",
        "Micro-Expression Grand Challenge 2019: disgust and repression are negative, happiness "
        "positive, surprise; the rest and the clips missing in the official list left out",
        {e: MEGC3[e] for e in ("happiness", "disgust", "repression", "surprise")},
        ("negative", "positive", "surprise"),
        # The third is the row that the sheet of 20140508, from which the list was made, lacks.
        exclude=frozenset(
            [("sub04", "EP12_01f"), ("sub05", "EP09_05f"), ("sub24", "EP02_07")],
        ),
    ),
    "all": LabelSet("all", "the estimated emotions as annotated", same(*EMOTIONS), EMOTIONS),
    "objective": LabelSet(
        "objective",
        "objective classes I to VII by action units",
        same(*OBJECTIVE_CLASSES),
        OBJECTIVE_CLASSES,
        column="objective_class",
    ),
    "objective5": LabelSet(
        "objective5",
        "objective classes I to V by action units, as in the Micro-Expression Grand Challenge 2018",
        same(*OBJECTIVE_CLASSES[:5]),
        OBJECTIVE_CLASSES[:5],
        column="objective_class",
    ),
}

_COLUMNS = {
    "subject": ("Subject", "Subject ID", "Sub"),
    "clip": ("Filename", "File name", "Clip", "Video"),
    "onset": ("OnsetFrame", "Onset", "OnsetF"),
    "apex": ("ApexFrame", "Apex", "ApexF"),
    "offset": ("OffsetFrame", "Offset", "OffsetF"),
    "au": ("Action Units", "Action Unit", "AUs", "AU"),
    "emotion": ("Estimated Emotion", "Emotion"),
}
#: Of several sheets in one folder, the first of these is read, then any other by name.
_SHEETS = ("20140508", "20190701", "ver_2")
_EXTRA_ROW = ("sub24", "EP02_07")  # only in the sheet of 256 rows
_DEPTH = 3  # folders of sheets and frames nest at most this deep in the copies around


def read(root: Path, sheet: str | None = None) -> Annotations:
    """The annotations in a folder of CASME II, from any of the sheets in circulation."""
    import pandas as pd

    from .corrections import correct, corrections
    from .sheets import read_sheet

    path, others = _choose_sheet(root, sheet)
    found = read_sheet(path, _COLUMNS, optional=("apex", "au"))
    found, notes = _rows_with_a_clip(found)
    if others:
        notes.append(
            f"{len(others)} other sheet{'s' if len(others) > 1 else ''} not used: "
            f"{', '.join(p.name for p in others)} (choose with sheet=)"
        )
    rows = found.cells.index
    empty = [None] * len(rows)
    table = pd.DataFrame(
        {
            "subject": found.convert("subject", subject_name, "a subject such as 1, 01 or sub01"),
            "clip": found.text("clip", required=True),
            "onset": found.integers("onset"),
            "apex": found.integers("apex", required=False) if "apex" in found.written else empty,
            "offset": found.integers("offset", required=False),
            "emotion": [t.lower() if t else None for t in found.text("emotion")],
            "au": found.text("au") if "au" in found.written else empty,
            "row_id": list(rows),
        }
    )
    table = table.astype({c: "Int64" for c in ("onset", "apex", "offset")})
    table["apex_source"] = ["none" if v else "annotated" for v in table["apex"].isna()]
    for column in ("subject", "clip", "emotion", "au", "apex_source"):
        table[column] = table[column].astype(object).where(table[column].notna(), None)
    table, corrected = correct(table, corrections(CARD.name))
    strange = Counter(e or "(blank)" for e in table["emotion"] if e not in EMOTIONS)
    if strange:
        counted = ", ".join(f"{e!r} {n}" for e, n in sorted(strange.items()))
        corrected.append(f"Emotions that CASME II does not have, in no label set: {counted}")
    official, name = _official_objective(root)
    table["objective_class"], objective = _objective(official, name, table)
    version, counts = _version(table)
    if not official:  # action units do not give the official classes, so their counts do not bind
        counts = {k: v for k, v in counts.items() if LABELS[k].column == "emotion"}
    return Annotations(
        table,
        version,
        counts,
        [f"{path.name}: {version}", *notes, *corrected, *objective],
        {i: f"{found.worksheet}, row {i + found.first_row}" for i in rows},
    )


def folders(root: Path) -> list[Folders]:
    """Raw and cropped frame folders under a root, recognised by the subject folders they hold."""
    found: dict[str, tuple[tuple[bool, int, str], Path]] = {}
    for holder in _walk(root):
        subjects = _subjects(holder)
        if not subjects:
            continue
        path = str(holder.relative_to(root)).lower()
        variant = "cropped" if "crop" in path or _registered(subjects) else "raw"
        # The selected frames before the long recordings; then the least nested.
        rank = ("select" not in path, path.count(os.sep), path)
        if variant not in found or rank < found[variant][0]:
            found[variant] = (rank, holder)
    return [_clips(v, found[v][1]) for v in ("raw", "cropped") if v in found]


DATABASE = Database(CARD, LABELS, ("raw", "cropped"), read, folders)


def subject_name(text: str) -> str | None:
    """``sub01`` of ``1``, ``01``, ``sub01``, ``Sub 1`` or ``s1``; None of anything else.

    Examples
    --------
    >>> subject_name("1"), subject_name("Sub07"), subject_name("total")
    ('sub01', 'sub07', None)
    """
    match = re.fullmatch(r"(?:s|sub|subject)?[\s_-]*0*([1-9]\d{0,2})", text.strip().lower())
    return f"sub{int(match[1]):02d}" if match else None


def _choose_sheet(root: Path, sheet: str | None) -> tuple[Path, list[Path]]:
    from .sheets import excel_files

    there = [p for folder in _walk(root) for p in excel_files(folder)]
    sheets = [p for p in there if "objective" not in p.name.lower()]
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
            f"No annotation sheet of CASME II was found under {root}: expected an Excel file such "
            "as CASME2-coding-20140508.xlsx. Put it there, or name it with `sheet=`."
        )

    def rank(path: Path) -> tuple[int, bool, int, str]:
        name = path.name.lower()
        known = next((i for i, part in enumerate(_SHEETS) if part in name), len(_SHEETS))
        like = "casme" in name or "coding" in name
        return known, not like, len(path.relative_to(root).parts), name

    sheets.sort(key=rank)
    return sheets[0], sheets[1:]


def _rows_with_a_clip(sheet: Sheet) -> tuple[Sheet, list[str]]:
    from .sheets import BLANK, cell_text

    def blank(column: str) -> pd.Series:
        return sheet.cells[column].map(lambda v: cell_text(v).lower() in BLANK)

    remark = blank("clip") & blank("onset")
    if not remark.any():
        return sheet, []
    rows = ", ".join(str(i + sheet.first_row) for i in sheet.cells.index[remark])
    kept = replace(sheet, cells=sheet.cells[~remark])
    return kept, [f"{int(remark.sum())} rows without clip and onset passed over (row {rows})"]


def _version(table: pd.DataFrame) -> tuple[str, dict[str, dict[str, int]]]:
    n = len(table)
    emotions = Counter(table["emotion"])
    keys = set(zip(table["subject"], table["clip"], strict=True))
    if n == 255 and emotions == _COUNTS_255["all"]:
        return "sheet 20140508, 255 rows", _COUNTS_255
    if n == 256 and _EXTRA_ROW in keys:
        return "updated sheet, 256 rows", _COUNTS_256
    # Not a version we know: the published counts are still what it is to be held against.
    return f"unknown sheet, {n} rows", _COUNTS_255


def _objective(
    official: dict[tuple[str, str], str], name: str, table: pd.DataFrame
) -> tuple[list[str | None], list[str]]:
    """Objective class of each row: the official one, else the one that the action units give."""
    classes: list[str | None] = []
    derived = unreadable = 0
    for subject, clip, au in zip(table["subject"], table["clip"], table["au"], strict=True):
        found = official.get((subject, clip.lower()))
        if found is None and au is not None:
            try:
                found = objective_class(au)
                derived += 1
            except BadInput:
                unreadable += 1
        classes.append(found)
    notes = []
    if name:
        notes.append(f"objective classes from {name}")
    if derived:
        notes.append(
            f"{derived} objective classes derived from the action units, which give the official "
            "class in 241 of 255 clips"
        )
    if unreadable:
        notes.append(
            f"{unreadable} rows have action units that cannot be read, so no objective class"
        )
    return classes, notes


def _official_objective(root: Path) -> tuple[dict[tuple[str, str], str], str]:
    from .sheets import excel_files, read_sheet

    files = [p for f in _walk(root) for p in excel_files(f) if "objective" in p.name.lower()]
    if not files:
        return {}, ""
    columns = {k: _COLUMNS[k] for k in ("subject", "clip")}
    sheet = read_sheet(files[0], {**columns, "class": ("Objective Class", "Objective Classes")})
    subjects = sheet.convert("subject", subject_name, "a subject such as 1, 01 or sub01")
    clips = [str(c).lower() for c in sheet.text("clip", required=True)]
    classes = sheet.convert("class", _roman, "an objective class, 1 to 7 or I to VII")
    return dict(zip(zip(subjects, clips, strict=True), classes, strict=True)), files[0].name


def _roman(text: str) -> str | None:
    if text.upper() in OBJECTIVE_CLASSES:
        return text.upper()
    return OBJECTIVE_CLASSES[int(text) - 1] if re.fullmatch("[1-7]", text) else None


def _walk(root: Path, depth: int = _DEPTH) -> list[Path]:
    """`root` and the folders in it, nearest first, without subjects' own and hidden ones."""
    found = [root]
    level = [root]
    for _ in range(depth):
        level = [
            Path(entry.path)
            for folder in level
            for entry in sorted(_scan(folder), key=lambda e: e.name)
            if entry.is_dir() and subject_name(entry.name) is None
        ]
        found += level
        if len(found) > 2000:
            raise BadInput(
                f"{root} holds more than 2000 folders that are not subjects: give the folder of "
                "CASME II itself."
            )
    return found


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [e for e in entries if not e.name.startswith((".", "__MACOSX"))]
    except PermissionError as error:
        raise DataNotFound(f"The folder {folder} cannot be read: {error.strerror}.") from error


def _subjects(folder: Path) -> list[tuple[str, str]]:
    return sorted(
        (name, entry.path)
        for entry in _scan(folder)
        if entry.is_dir() and (name := subject_name(entry.name))
    )


def _clips(variant: str, holder: Path) -> Folders:
    found: dict[tuple[str, str], str] = {}
    stray = []
    for subject, path in _subjects(holder):
        for entry in _scan(Path(path)):
            if not entry.is_dir():
                stray.append(entry.path)
                continue
            key = (subject, entry.name.strip().lower())
            if key in found:
                raise BadInput(
                    f"{found[key]} and {entry.path} are both {subject}/{entry.name}. Remove one."
                )
            found[key] = entry.path
    return Folders(variant, holder, found, tuple(sorted(stray)))


def _registered(subjects: list[tuple[str, str]]) -> bool:
    """Whether the frames are called reg_img*.jpg, as the cropped ones are."""
    for _, path in subjects:
        for clip in _scan(Path(path)):
            if clip.is_dir():
                return any(e.name.lower().startswith("reg_") for e in _scan(Path(clip.path)))
    return False
