"""SMIC-E: the long recordings of the three cameras of SMIC."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path

from ...errors import MebenchError
from .load import sheet_of
from .videos import Reading, expressions

__all__ = ["READERS"]

_EMOTIONS = {"ne": "negative", "po": "positive", "su": "surprise"}
_ENDS = ("onset", "offset")


def _read(camera: str, root: Path) -> Reading:
    """``SMIC_HS_E/s01/s01_ne_01/image######.jpg``; up to three micro-expressions in a row.

    The sheet ends, in some copies, with lines of text; they name no clip and are passed over.
    """
    from ..sheets import cell_text, read_sheet
    from ..smic import clip_name

    mine = [f"{camera}{end}" for end in ("-e_annotation", "_e_annotation", "-e-annotation")]
    path = sheet_of(root, mine, f"SMIC-{camera.upper()}-E_annotation.xlsx")
    columns = {
        "clip": ("Filename", "File name"),
        **{"onset1": ("OnsetF", "Onset1F"), "offset1": ("OffsetF", "Offset1F")},
        **{f"{mark}{i}": (f"{mark.capitalize()}{i}F",) for i in (2, 3) for mark in _ENDS},
        "first": ("FirstF",),
        "emotion": ("Emotion",),
    }
    optional = ["onset2", "offset2", "onset3", "offset3", "first", "emotion"]
    sheet = read_sheet(path, columns, optional=optional)
    named = [i for i, c in zip(sheet.cells.index, sheet.cells["clip"], strict=True)
             if re.match(r"s\d+_(ne|po|su)", cell_text(c).lower())]  # fmt: skip
    sheet = replace(sheet, cells=sheet.cells.loc[named])
    clips = [clip_name(str(c)) for c in sheet.text("clip")]
    n = len(clips)
    words = sheet.text("emotion") if "emotion" in sheet.written else [None] * n
    firsts = sheet.integers("first", required=False) if "first" in sheet.written else [None] * n
    found = []
    for i in (1, 2, 3):
        if f"onset{i}" not in sheet.written or f"offset{i}" not in sheet.written:
            continue
        onsets = sheet.integers(f"onset{i}", required=False)
        offsets = sheet.integers(f"offset{i}", required=False)
        for clip, onset, offset, word in zip(clips, onsets, offsets, words, strict=True):
            if onset is not None and offset is not None and offset > 0:
                emotion = word.lower() if word else _EMOTIONS[clip.split("_")[1][:2]]
                found.append((clip.split("_")[0], clip, "micro", onset, None, offset, emotion,
                              None))  # fmt: skip
    first = {
        (clip.split("_")[0], clip): number
        for clip, number in zip(clips, firsts, strict=True)
        if number is not None
    }
    notes = [f"{path.name}: {len(found)} micro-expressions in {n} recordings, without apex"]
    return Reading(expressions(found), _recordings(camera, root), notes, first=first)


def _recordings(camera: str, root: Path) -> dict[tuple[str, str], str]:
    """Folders of the long recordings, which lie up to five folders deep."""
    from .. import smic
    from ..folders import scan

    database = getattr(smic, camera.upper())
    below = [Path(e.path) for e in scan(root) if e.is_dir()]
    for folder in [root, *sorted(below)]:
        try:
            found = [f for f in database.folders(folder) if f.variant == "long" and f.clips]
        except MebenchError:
            continue
        if found:
            return dict(found[0].clips)
    return {}


READERS = {camera: partial(_read, camera) for camera in ("hs", "vis", "nir")}
