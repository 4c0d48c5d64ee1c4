"""SAMM Long Videos; the emotions of its micro-expressions stand in the sheet of SAMM."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ...errors import MebenchError
from .load import folders_below, sheet_of, sheets_of
from .videos import Reading, expressions

__all__ = ["read"]

_SHORT = ("micro_facs_codes", "micro_facs")


def read(root: Path) -> Reading:
    """``SAMM_longvideos/006_1/006_1_0001.jpg``; micro and macro in one sheet.

    Marks of macro-expressions were found in videos at another rate and are fractional (566.4): the
    nearest frame is taken. An apex of -1 is none; an onset of 0 says that the expression was there
    before the video.
    """
    from ..sheets import cell_text, read_sheet

    path = sheet_of(root, ("longvideos", "long_videos", "samm_long", "sammlv"),
                    "SAMM_LongVideos_V3_Release.xlsx")  # fmt: skip
    columns = {
        "subject": ("Subject",),
        "clip": ("Filename", "File name"),
        "onset": ("Onset", "Onset Frame"),
        "apex": ("Apex", "Apex Frame"),
        "offset": ("Offset", "Offset Frame"),
        "type": ("Type", "Micro", "Micro/Macro"),
        "au": ("Action Units", "AUs"),
        "emotion": ("Estimated Emotion", "Emotion"),
    }
    sheet = read_sheet(path, columns, optional=["apex", "au", "emotion"])
    named = [i for i, c in zip(sheet.cells.index, sheet.cells["clip"], strict=True)
             if cell_text(c)]  # fmt: skip
    sheet = replace(sheet, cells=sheet.cells.loc[named])
    n = len(sheet)
    marks = {
        mark: sheet.convert(
            mark, _needed if mark == "onset" else _frame, "a frame number, whole or fractional"
        )
        for mark in ("onset", "apex", "offset")
        if mark in sheet.written
    }
    rounded = sum(any(v % 1 for v in row) for row in zip(*marks.values(), strict=True))
    found = []
    emotions, source = _emotions(root)
    for i, (clip, kind, au, emotion) in enumerate(zip(
        sheet.text("clip"), sheet.text("type"),
        sheet.text("au") if "au" in sheet.written else [None] * n,
        sheet.text("emotion") if "emotion" in sheet.written else [None] * n, strict=True,
    )):  # fmt: skip
        which = "macro" if "macro" in (kind or "").lower() else "micro"
        video = re.match(r"(\d{3}_\d+)", str(clip))
        recording = video[1] if video else str(clip)
        onset, offset = (round(marks[m][i]) for m in ("onset", "offset"))
        apex = round(marks["apex"][i]) if "apex" in marks else -1
        if which == "micro" and not emotion:
            emotion = emotions.get(str(clip))
        # A mark of 0 or less says that the expression goes on beyond the video.
        ends = offset if offset > 0 else max(apex, onset)
        found.append((recording[:3], recording, which, max(onset, 0), apex if apex > 0 else None,
                      ends, emotion and emotion.lower(), au))  # fmt: skip
    table = expressions(found)
    micro = table["kind"] == "micro"
    notes = [f"{path.name}: {int(micro.sum())} micro-, {int((~micro).sum())} macro-expressions"]
    if rounded:
        notes.append(f"{rounded} rows have fractional frame numbers: the nearest frame is taken")
    if source:
        known = int(table.loc[micro, "emotion"].notna().sum())
        notes.append(f"emotions of {known} micro-expressions by file name from {source}")
    return Reading(table, _recordings(root), notes)


def _frame(text: str) -> float | None:
    """A frame number; -1 where none is given."""
    return -1.0 if text.strip() in ("", "/", "-") else _needed(text)


def _needed(text: str) -> float | None:
    number = pd.to_numeric(pd.Series([text]), errors="coerce").iloc[0]
    return None if pd.isna(number) else float(number)


def _emotions(root: Path) -> tuple[dict[str, str], str]:
    """Emotion by file name from the sheet of SAMM: beside the long videos, or where SAMM lies."""
    from ..locations import find
    from ..registry import database as database_of
    from ..sheets import read_sheet

    places = [root, root.parent]
    with contextlib.suppress(MebenchError):
        places.append(find(database_of("samm").card))
    for place in places:
        for path in sheets_of(place, _SHORT) if place is not root.parent else _beside(place):
            columns = {"clip": ("Filename", "File name"),
                       "emotion": ("Estimated Emotion", "Emotion")}  # fmt: skip
            sheet = read_sheet(path, columns)
            pairs = zip(sheet.text("clip"), sheet.text("emotion"), strict=True)
            found = {c: e.lower() for c, e in pairs if c and e}
            return {c: "other" if e == "others" else e for c, e in found.items()}, path.name
    return {}, ""


def _beside(folder: Path) -> list[Path]:
    from ..sheets import excel_files

    return [p for p in excel_files(folder) if any(word in p.name.lower() for word in _SHORT)]


def _recordings(root: Path) -> dict[tuple[str, str], str]:
    out = {}
    for folder in folders_below(root, 3):
        if match := re.fullmatch(r"(\d{3})_(\d+)", folder.name):
            out[match[1], folder.name] = str(folder)
    return out
