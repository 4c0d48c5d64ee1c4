"""CAS(ME)², whole recordings; and the built-in corpus, which has its layout."""

from __future__ import annotations

import re
from pathlib import Path

from ..frames import VIDEO_SUFFIXES
from .load import bad_sheet, sheet_of, sheets_of
from .videos import Reading, expressions, marks

__all__ = ["read"]


def read(root: Path) -> Reading:
    """``rawpic/s15/15_0101disgustingteeth/img001.jpg``, else the videos of ``rawvideo``."""
    from .. import cas_me_2 as sq
    from ..sheets import read_without_header

    path = sheet_of(root, ("code_final", "codefinal", "cas(me)"), "CAS(ME)^2code_final.xlsx",
                    skip=("blink",))  # fmt: skip
    sheet = read_without_header(path, sq.COLUMNS, sq.is_annotation, "CASFEcode_final")
    people, films = sq.naming_rules(path)
    clips = [str(c) for c in sheet.text("clip", required=True)]
    subjects = [str(s) for s in sheet.text("subject", required=True)]
    unknown = sorted({s for s in subjects if s not in people}
                     | {c for c in clips if sq.film_of(c) not in films})  # fmt: skip
    if unknown:
        raise bad_sheet(
            path,
            "the worksheets naming rule1 and naming rule2 do not say in which folder "
            f"{', '.join(unknown[:8])} lies",
        )
    found = []
    for subject, clip, onset, apex, offset, au, emotion, kind in zip(
        subjects, clips, sheet.integers("onset"), sheet.integers("apex", required=False),
        sheet.integers("offset", required=False), sheet.text("au"), sheet.text("emotion"),
        sheet.text("type"), strict=True,
    ):  # fmt: skip
        word = (kind or "").lower()
        if which := next((k for k in ("micro", "macro") if k in word), None):
            found.append((people[subject], films[sq.film_of(clip)], which, onset, apex or None,
                          offset or apex or onset, emotion and emotion.lower(), au))  # fmt: skip
    recordings: dict[tuple[str, str], str] = {}
    notes = [f"{path.name}: {sum(r[2] == 'micro' for r in found)} micro-, "
             f"{sum(r[2] == 'macro' for r in found)} macro-expressions"]  # fmt: skip
    for folders in sq.folders(root):
        if folders.variant == "raw":
            recordings = dict(folders.clips)
    if not recordings:
        for file in sorted(root.rglob("*")):
            who = sq.subject_name(file.parent.name)
            film = sq.code_of(file.stem)
            if file.suffix.lower() in VIDEO_SUFFIXES and who and film:
                recordings[who, film] = str(file)
        notes.append("recordings from video files; their first frame has number 1")
    blinks, said = _blinks(root)
    return Reading(expressions(found), recordings, notes + said, marks(blinks))


def _blinks(root: Path) -> tuple[list[tuple[str, str, str, int, int]], list[str]]:
    """The blinks of ``CAS(ME)^2blink-code.xlsx``, if it lies there: person, film, …, on, off."""
    from .. import cas_me_2 as sq
    from ..sheets import cell_text, worksheets

    path = next(iter(sheets_of(root, ("blink",))), None)
    if path is None:
        return [], []
    found = []
    cells = next(iter(worksheets(path).values()))
    for row in cells.itertuples(index=False):
        texts = [cell_text(v) for v in row][:5]
        number = re.fullmatch(r"s?(\d{1,2})", texts[0].lower()) if len(texts) == 5 else None
        if number and texts[1].isdecimal() and texts[3].isdecimal() and texts[4].isdecimal():
            who = sq.subject_name(f"s{number[1]}") or f"s{number[1]}"
            ends = sorted((int(texts[3]), int(texts[4])))
            found.append((who, texts[1].zfill(4), "blink", ends[0], ends[1]))
    return found, [f"{path.name}: {len(found)} blinks"]
